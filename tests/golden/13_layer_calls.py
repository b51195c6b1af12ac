import numpy as np


def primal(params, X, y):
    h = X
    saved_h = []
    saved_total = []
    for W, b in params:
        saved_h.append(h)
        # return np.maximum(x @ W + b, 0.0)
        total = h @ W + b
        saved_total.append(total)
        h = np.maximum(total, 0.0)
    error = h - y
    value = 0.5 * np.mean(error * error)

    # return 0.5 * np.mean(error * error)
    error_bar = error / error.size
    h_bar = error_bar
    params_bar = []
    for h, (W, _), total in zip(
        reversed(saved_h), reversed(params), reversed(saved_total)
    ):
        # return np.maximum(x @ W + b, 0.0)
        product = h_bar * (0.5 * np.sign(total) + 0.5)
        b_bar = np.sum(product, axis=0)
        h_bar = product @ W.T
        W_bar = h.T @ product
        params_bar.append((W_bar, b_bar))
    params_bar.reverse()
    return value, (params_bar, h_bar)
