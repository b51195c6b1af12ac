import numpy as np

from srcad.backend.runtime_lanes import plus, tanh
from srcad.backend.runtime_loops import agreed


def primal_kernel(params_W1, params_b1, params_W2, params_b2, X, y):
    # hidden = np.tanh(X @ params["W1"] + params["b1"])
    X_at_params_W1 = X @ params_W1
    # pred = hidden @ params["W2"] + params["b2"]
    transposed = params_W2.T
    # hidden = np.tanh(X @ params["W1"] + params["b1"])
    transposed_1 = X.T
    rows, columns = X_at_params_W1.shape
    hidden = np.empty((rows, columns))
    n = agreed(columns, len(params_b1))
    for i in range(rows):
        for j in range(n):
            hidden[i, j] = tanh(X_at_params_W1[i, j] + params_b1[j])
    # pred = hidden @ params["W2"] + params["b2"]
    product = hidden @ params_W2
    rows, columns = product.shape
    # return np.mean(error**2)
    ratio = 2.0 / max(rows * columns, 1)
    # pred = hidden @ params["W2"] + params["b2"]
    transposed_2 = hidden.T
    error_bar = np.empty((rows, columns))
    params_b2_bar = np.zeros(columns)
    n = agreed(agreed(columns, len(params_b2)), y.shape[1])
    # return np.mean(error**2)
    n_1 = agreed(rows, y.shape[0])
    total = 0.0
    for i in range(n_1):
        for j in range(n):
            # pred = hidden @ params["W2"] + params["b2"]
            pred = product[i, j] + params_b2[j]
            # error = pred - y
            error = pred - y[i, j]
            ratio_times_error = ratio * error
            error_bar[i, j] = ratio_times_error
            # pred = hidden @ params["W2"] + params["b2"]
            params_b2_bar[j] += ratio_times_error
            total = plus(total, error ** 2)
    value = total / (n_1 * n)

    # pred = hidden @ params["W2"] + params["b2"]
    hidden_bar = error_bar @ transposed
    params_W2_bar = transposed_2 @ error_bar
    rows, columns = hidden.shape
    products = np.empty((rows, columns))
    params_b1_bar = np.zeros(columns)
    n = agreed(columns, hidden_bar.shape[1])
    # hidden = np.tanh(X @ params["W1"] + params["b1"])
    for i in range(rows):
        for j in range(n):
            hidden_i_j = hidden[i, j]
            product = hidden_bar[i, j] * (1.0 - hidden_i_j * hidden_i_j)
            products[i, j] = product
            params_b1_bar[j] += product
    params_W1_bar = transposed_1 @ products
    return value, params_W1_bar, params_b1_bar, params_W2_bar, params_b2_bar


def primal(params, X, y):
    primal_kernel_value, params_W1_bar, params_b1_bar, params_W2_bar, params_b2_bar = (
        primal_kernel(params["W1"], params["b1"], params["W2"], params["b2"], X, y)
    )
    parts = {
        "W1": params_W1_bar,
        "b1": params_b1_bar,
        "W2": params_W2_bar,
        "b2": params_b2_bar,
    }
    return primal_kernel_value, (parts,)
