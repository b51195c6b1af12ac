import numpy as np


def primal(x):
    x_part = x[:-1]
    difference = x[1:] - x_part ** 2
    difference_1 = 1.0 - x_part
    value = np.sum(100.0 * difference ** 2 + difference_1 ** 2)

    # return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
    product = 200.0 * difference
    x_bar = np.zeros_like(x)
    x_bar[:-1] = -2.0 * (difference_1 + x_part * product)
    x_bar[1:] += product
    return value, (x_bar,)
