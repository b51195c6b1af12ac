import numpy as np


def primal(u0, target, alpha, steps):
    u = u0.copy()
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    misfit = u - target
    value = 0.5 * np.sum(misfit * misfit)

    u_bar = misfit
    for _ in range(steps):
        # u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        product = alpha * u_bar[1:-1]
        u_bar[:-2] += product
        u_bar[1:-1] -= 2.0 * product
        u_bar[2:] += product
    return value, (u_bar,)
