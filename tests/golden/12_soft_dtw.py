import math

import numpy as np


def primal(x, y, gamma):
    n = len(x)
    m = len(y)
    total_1 = n + 1
    total_2 = m + 1
    D = np.full((total_1, total_2), np.inf)
    D[0, 0] = 0.0
    saved_diag = []
    saved_up = []
    saved_left = []
    saved_best = []
    saved_exp_value = []
    saved_exp_value_1 = []
    saved_exp_value_2 = []
    for i in range(1, total_1):
        saved_diag_1 = []
        saved_up_1 = []
        saved_left_1 = []
        saved_best_1 = []
        saved_exp_value_3 = []
        saved_exp_value_4 = []
        saved_exp_value_5 = []
        for j in range(1, total_2):
            difference = i - 1
            difference_1 = j - 1
            cost = (x[difference] - y[difference_1]) ** 2
            diag = D[difference, difference_1]
            saved_diag_1.append(diag)
            up = D[difference, j]
            saved_up_1.append(up)
            left = D[i, difference_1]
            saved_left_1.append(left)
            best = min(diag, up, left)
            saved_best_1.append(best)
            exp_value = math.exp((best - diag) / gamma)
            saved_exp_value_3.append(exp_value)
            exp_value_1 = math.exp((best - up) / gamma)
            saved_exp_value_4.append(exp_value_1)
            exp_value_2 = math.exp((best - left) / gamma)
            saved_exp_value_5.append(exp_value_2)
            total = exp_value + exp_value_1 + exp_value_2
            D[i, j] = cost + best - gamma * math.log(total)
        saved_diag.append(saved_diag_1)
        saved_up.append(saved_up_1)
        saved_left.append(saved_left_1)
        saved_best.append(saved_best_1)
        saved_exp_value.append(saved_exp_value_3)
        saved_exp_value_1.append(saved_exp_value_4)
        saved_exp_value_2.append(saved_exp_value_5)
    value = D[n, m]

    # return D[n, m]
    D_bar = np.zeros_like(D)
    D_bar[n, m] = 1.0
    y_bar = np.zeros_like(y)
    x_bar = np.zeros_like(x)
    for i, saved_diag, saved_up, saved_left, saved_best, exp_value, exp_value_before, exp_value_1 in zip(reversed(range(1, total_1)), reversed(saved_diag), reversed(saved_up), reversed(saved_left), reversed(saved_best), reversed(saved_exp_value), reversed(saved_exp_value_1), reversed(saved_exp_value_2)):
        for j, diag, up, left, best, t, t_1, t_2 in zip(
            reversed(range(1, total_2)),
            reversed(saved_diag),
            reversed(saved_up),
            reversed(saved_left),
            reversed(saved_best),
            reversed(exp_value),
            reversed(exp_value_before),
            reversed(exp_value_1),
        ):
            # cost = (x[i - 1] - y[j - 1]) ** 2
            difference = i - 1
            difference_1 = j - 1
            # total = (math.exp((best - diag) / gamma) + math.exp((best - up) / gamm ...
            total = t + t_1 + t_2
            # D[i, j] = cost + best - gamma * math.log(total)
            cost_bar = D_bar[i, j]
            D_bar[i, j] = 0.0
            ratio = cost_bar * gamma / total
            # total = (math.exp((best - diag) / gamma) + math.exp((best - up) / gamm ...
            left_bar = ratio * t_2 / gamma
            best_bar = cost_bar - left_bar
            up_bar = ratio * t_1 / gamma
            best_bar -= up_bar
            diag_bar = ratio * t / gamma
            best_bar -= diag_bar
            # best = min(diag, up, left)
            winner_value = (diag, up, left).index(best)
            diag_bar += best_bar if winner_value == 0 else 0.0
            up_bar += best_bar if winner_value == 1 else 0.0
            left_bar += best_bar if winner_value == 2 else 0.0
            # left = D[i, j - 1]
            D_bar[i, difference_1] += left_bar
            # up = D[i - 1, j]
            D_bar[difference, j] += up_bar
            # diag = D[i - 1, j - 1]
            D_bar[difference, difference_1] += diag_bar
            # cost = (x[i - 1] - y[j - 1]) ** 2
            product = 2.0 * cost_bar * (x[difference] - y[difference_1])
            y_bar[difference_1] -= product
            x_bar[difference] += product
    return value, (x_bar, y_bar)
