import numpy as np


def primal(row, col):
    rows = col.shape[0]
    products = np.empty((rows, 1))
    totals = np.empty(1)
    n = len(row)
    totals1 = np.zeros(n)
    totals_2 = np.empty(rows)
    # profile = np.sum(wave, axis=1)
    total = 0.0
    total_1 = 0.0
    for i in range(rows):
        col_i_0 = col[i, 0]
        # wave = np.sin(grid) + np.exp(-(col**2)) * row
        exp_value = np.exp(-col_i_0 ** 2)
        profile = 0.0
        for j in range(n):
            row_j = row[j]
            # grid = row * col
            grid = row_j * col_i_0
            # wave = np.sin(grid) + np.exp(-(col**2)) * row
            wave = np.sin(grid) + exp_value * row_j
            profile += wave
        # return np.mean(np.sqrt(1.0 + profile**2))
        sqrt_profile = np.sqrt(1.0 + profile ** 2)
        profile_bar = profile / sqrt_profile / rows
        # wave = np.sin(grid) + np.exp(-(col**2)) * row
        product = profile_bar * exp_value
        products[i, 0] = product
        total_1 += product
        # return np.mean(np.sqrt(1.0 + profile**2))
        total += sqrt_profile
        col_i_0_1 = col[i, 0]
        # grid = row * col
        total_2 = 0.0
        for j in range(n):
            row_j = row[j]
            grid = row_j * col_i_0
            # wave = np.sin(grid) + np.exp(-(col**2)) * row
            grid_bar = profile_bar * np.cos(grid)
            total_2 += grid_bar * row_j
            totals1[j] += col_i_0_1 * grid_bar
        totals_2[i] = total_2
    # return np.mean(np.sqrt(1.0 + profile**2))
    value = total / rows

    # wave = np.sin(grid) + np.exp(-(col**2)) * row
    totals[0] = total_1
    # grid = row * col
    col_bar = totals_2[:, None] - 2.0 * np.sum(row) * products * col
    row_bar = totals + totals1
    return value, (row_bar, col_bar)
