import numpy as np


def conditions(x, mode):
    # y = np.tanh(x) if mode == "plain" else x
    y = np.tanh(x)
    test = bool(np.sum(y) > 0.0)
    if test:
        scale = np.mean(y)
        if scale > 0.5:
            y_1 = y * scale
        else:
            y_1 = y
        n = len(y_1)
        y_1 = y_1.copy()
        saved_y_k = []
        for k in range(n):
            y_k = y_1[k]
            saved_y_k.append(y_k)
            y_1[k] = y_k * y_k
    else:
        y_1 = -y
        n = None
    value = np.sum(y_1 ** 3)

    # return np.sum(y**3)
    y_bar = 3.0 * y_1 ** 2
    if test:
        test = bool(scale > 0.5)
        for k, t in zip(reversed(range(n)), reversed(saved_y_k)):
            # y[k] = y[k] * y[k]
            y_bar[k] = 2.0 * y_bar[k] * t
        if test:
            # y = y * scale
            y_bar_1 = scale * y_bar
            scale_bar = y @ y_bar
        else:
            y_bar_1 = y_bar
            scale_bar = 0.0
        # scale = np.mean(y)
        y_bar_1 += scale_bar / max(y.size, 1)
    else:
        # y = -y
        np.negative(y_bar, y_bar)
        y_bar_1 = y_bar
    # y = np.tanh(x) if mode == "plain" else x
    x_bar = y_bar_1 * (1.0 - y * y)
    return value, (x_bar,)
