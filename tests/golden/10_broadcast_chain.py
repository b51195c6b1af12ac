import numpy as np


def primal(row, col):
    grid = row * col
    exp_col = np.exp(-col ** 2)
    wave = np.sin(grid) + exp_col * row
    profile = np.sum(wave, axis=1)
    sqrt_profile = np.sqrt(1.0 + profile ** 2)
    value = np.mean(sqrt_profile)

    # return np.mean(np.sqrt(1.0 + profile**2))
    profile_bar = profile / sqrt_profile / sqrt_profile.size
    # profile = np.sum(wave, axis=1)
    profile_bar_part = profile_bar[:, None]
    # wave = np.sin(grid) + np.exp(-(col**2)) * row
    product = profile_bar_part * exp_col
    grid_bar = profile_bar_part * np.cos(grid)
    # grid = row * col
    row_bar = np.sum(product, axis=0) + col[:, 0] @ grid_bar
    col_bar = (grid_bar @ row)[:, None] - 2.0 * np.sum(row) * product * col
    return value, (row_bar, col_bar)
