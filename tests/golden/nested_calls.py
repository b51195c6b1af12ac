import numpy as np


def nested_calls(a, b, weight):
    # return weight * norm(a - b)
    a_minus_b = a - b
    # return np.sqrt(np.sum(v * v))
    sqrt_value = np.sqrt(np.sum(a_minus_b * a_minus_b))
    sqrt_b = np.sqrt(np.sum(b * b))
    # return distance(a, b, weight) + norm(b)
    value = weight * sqrt_value + sqrt_b

    # return np.sqrt(np.sum(v * v))
    b_bar = b / sqrt_b
    a_bar = 2.0 * (0.5 * weight / sqrt_value) * a_minus_b
    # return weight * norm(a - b)
    b_bar -= a_bar
    return value, (a_bar, b_bar, sqrt_value)
