import numpy as np


def nested_calls(a, b, weight):
    a_minus_b = a - b
    sqrt_value = np.sqrt(np.sum(a_minus_b * a_minus_b))
    sqrt_b = np.sqrt(np.sum(b * b))
    value = weight * sqrt_value + sqrt_b

    # return np.sqrt(np.sum(v * v))
    b_bar = 2.0 * (0.5 / sqrt_b) * b
    a_bar = 2.0 * (0.5 * weight / sqrt_value) * a_minus_b
    # return weight * norm(a - b)
    b_bar -= a_bar
    return value, (a_bar, b_bar, sqrt_value)
