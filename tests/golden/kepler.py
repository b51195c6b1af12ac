import numpy as np
import scipy


def equation(E, e, mean):
    return E - e * np.sin(E) - mean


def kepler(mean, e):
    # E = scipy.optimize.brentq(lambda E: E - e * np.sin(E) - mean, 0.0, 7.0)
    E = scipy.optimize.brentq(equation, 0.0, 7.0, args=(e, mean))
    cos_E = np.cos(E)
    value = 1.0 - e * cos_E

    # return 1.0 - e * np.cos(E)
    sin_E = np.sin(E)
    E_bar = e * sin_E
    # E = scipy.optimize.brentq(lambda E: E - e * np.sin(E) - mean, 0.0, 7.0)
    E_bar_over_value = E_bar / value
    e_bar = E_bar_over_value * sin_E - cos_E
    return value, (E_bar_over_value, e_bar)
