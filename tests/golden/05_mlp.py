import numpy as np


def primal(params, X, y):
    params_W2 = params["W2"]
    hidden = np.tanh(X @ params["W1"] + params["b1"])
    pred = hidden @ params_W2 + params["b2"]
    error = pred - y
    value = np.mean(error ** 2)

    # return np.mean(error**2)
    error_bar = 2.0 / max(error.size, 1) * error
    # pred = hidden @ params["W2"] + params["b2"]
    params_b2_bar = np.sum(error_bar, axis=0)
    hidden_bar = error_bar @ params_W2.T
    params_W2_bar = hidden.T @ error_bar
    # hidden = np.tanh(X @ params["W1"] + params["b1"])
    product = hidden_bar * (1.0 - hidden * hidden)
    params_b1_bar = np.sum(product, axis=0)
    params_W1_bar = X.T @ product
    params_bar = {
        "W1": params_W1_bar,
        "b1": params_b1_bar,
        "W2": params_W2_bar,
        "b2": params_b2_bar,
    }
    return value, (params_bar,)
