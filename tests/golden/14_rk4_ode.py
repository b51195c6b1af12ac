import numpy as np


def f_fwd(y, p):
    prey = y[0]
    hunter = y[1]
    # return np.array([p[0] * prey - p[1] * prey * hunter, p[2] * prey * hun ...
    p_0 = p[0]
    p_1 = p[1]
    p_2 = p[2]
    p_3 = p[3]
    difference = p_2 * prey * hunter - p_3 * hunter
    return (
        np.array([p_0 * prey - p_1 * prey * hunter, difference]),
        (prey, hunter, p_0, p_1, p_2, p_3),
    )


def f_bwd(residual, out_bar, y_bar, p_bar):
    prey, hunter, p_0, p_1, p_2, p_3 = residual

    # return np.array([p[0] * prey - p[1] * prey * hunter, p[2] * prey * hun ...
    out_bar_0 = out_bar[0]
    out_bar_1 = out_bar[1]
    product = out_bar_1 * hunter
    p_bar[3] -= product
    hunter_bar = out_bar_1 * (p_2 * prey - p_3)
    prey_bar = product * p_2
    p_bar[2] += product * prey
    product = out_bar_0 * hunter
    hunter_bar -= out_bar_0 * (p_1 * prey)
    prey_bar -= product * p_1
    p_bar[1] -= product * prey
    prey_bar += out_bar_0 * p_0
    p_bar[0] += out_bar_0 * prey
    # hunter = y[1]
    y_bar[1] += hunter_bar
    # prey = y[0]
    y_bar[0] += prey_bar
    return y_bar, p_bar


def primal(y0, p, h, steps, target):
    y = y0
    saved_k1_residual = []
    saved_k2_residual = []
    saved_k3_residual = []
    saved_k4_residual = []
    for _ in range(steps):
        k1, k1_residual = f_fwd(y, p)
        saved_k1_residual.append(k1_residual)
        product = 0.5 * h
        k2, k2_residual = f_fwd(y + product * k1, p)
        saved_k2_residual.append(k2_residual)
        k3, k3_residual = f_fwd(y + product * k2, p)
        saved_k3_residual.append(k3_residual)
        k4, k4_residual = f_fwd(y + h * k3, p)
        saved_k4_residual.append(k4_residual)
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    misfit = y - target
    value = 0.5 * np.sum(misfit * misfit)

    y_bar = misfit
    p_bar = np.zeros_like(p)
    for k1_residual, k2_residual, k3_residual, k4_residual in zip(
        reversed(saved_k1_residual),
        reversed(saved_k2_residual),
        reversed(saved_k3_residual),
        reversed(saved_k4_residual),
    ):
        # k2 = f(y + 0.5 * h * k1, p)
        product = 0.5 * h
        # y = y + (h / 6.0) * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        k4_bar = h / 6.0 * y_bar
        k3_bar = 2.0 * k4_bar
        # k4 = f(y + h * k3, p)
        y_bar_part, p_bar = f_bwd(k4_residual, k4_bar, np.zeros_like(y0), p_bar)
        y_bar += y_bar_part
        k3_bar_1 = k3_bar + h * y_bar_part
        # k3 = f(y + 0.5 * h * k2, p)
        y_bar_part, p_bar = f_bwd(k3_residual, k3_bar_1, np.zeros_like(y0), p_bar)
        y_bar += y_bar_part
        k2_bar = k3_bar + product * y_bar_part
        # k2 = f(y + 0.5 * h * k1, p)
        y_bar_part, p_bar = f_bwd(k2_residual, k2_bar, np.zeros_like(y0), p_bar)
        y_bar += y_bar_part
        k1_bar = k4_bar + product * y_bar_part
        # k1 = f(y, p)
        y_bar, p_bar = f_bwd(k1_residual, k1_bar, y_bar, p_bar)
    return value, (y_bar, p_bar)
