import math

import numpy as np


def primal(x, y, gamma):
    n = len(x)
    m = len(y)
    D = np.full((n + 1, m + 1), np.inf)
    D[0, 0] = 0.0
    saved_diag = []
    saved_up = []
    saved_left = []
    saved_best = []
    saved_exp_value = []
    saved_exp_value_1 = []
    saved_exp_value_2 = []
    for i in range(1, n + 1):
        saved_diag_1 = []
        saved_up_1 = []
        saved_left_1 = []
        saved_best_1 = []
        saved_exp_value_3 = []
        saved_exp_value_4 = []
        saved_exp_value_5 = []
        for j in range(1, m + 1):
            cost = (x[i - 1] - y[j - 1]) ** 2
            diag = D[i - 1, j - 1]
            saved_diag_1.append(diag)
            up = D[i - 1, j]
            saved_up_1.append(up)
            left = D[i, j - 1]
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
    for (
        i,
        saved_diag,
        saved_up,
        saved_left,
        saved_best,
        saved_exp_value,
        saved_exp_value_1,
        saved_exp_value_2,
    ) in zip(
        reversed(range(1, n + 1)),
        reversed(saved_diag),
        reversed(saved_up),
        reversed(saved_left),
        reversed(saved_best),
        reversed(saved_exp_value),
        reversed(saved_exp_value_1),
        reversed(saved_exp_value_2),
    ):
        for j, diag, up, left, best, exp_value, exp_value_1, exp_value_2 in zip(
            reversed(range(1, m + 1)),
            reversed(saved_diag),
            reversed(saved_up),
            reversed(saved_left),
            reversed(saved_best),
            reversed(saved_exp_value),
            reversed(saved_exp_value_1),
            reversed(saved_exp_value_2),
        ):
            # total = (math.exp((best - diag) / gamma) + math.exp((best - up) / gamm ...
            total = exp_value + exp_value_1 + exp_value_2
            # D[i, j] = cost + best - gamma * math.log(total)
            cost_bar = D_bar[i, j]
            ratio = cost_bar * gamma / total
            # total = (math.exp((best - diag) / gamma) + math.exp((best - up) / gamm ...
            left_bar = ratio * exp_value_2 / gamma
            best_bar = cost_bar - left_bar
            up_bar = ratio * exp_value_1 / gamma
            best_bar -= up_bar
            diag_bar = ratio * exp_value / gamma
            best_bar -= diag_bar
            # best = min(diag, up, left)
            winner = (diag, up, left).index(best)
            diag_bar += best_bar if winner == 0 else 0.0
            up_bar += best_bar if winner == 1 else 0.0
            left_bar += best_bar if winner == 2 else 0.0
            # left = D[i, j - 1]
            D_bar[i, j - 1] += left_bar
            # up = D[i - 1, j]
            D_bar[i - 1, j] += up_bar
            # diag = D[i - 1, j - 1]
            D_bar[i - 1, j - 1] += diag_bar
            # cost = (x[i - 1] - y[j - 1]) ** 2
            product = 2.0 * cost_bar * (x[i - 1] - y[j - 1])
            y_bar[j - 1] -= product
            x_bar[i - 1] += product
    return value, (x_bar, y_bar)
