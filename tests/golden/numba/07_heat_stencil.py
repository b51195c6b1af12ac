import numpy as np

from srcad.backend.runtime_lanes import plus
from srcad.backend.runtime_loops import agreed


def primal(u0, target, alpha, steps):
    u = u0.copy()
    n = len(u) - 2
    products = np.empty(max(n, 0))
    for _ in range(steps):
        # u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        for i in range(n):
            products[i] = alpha * (u[i + 2] - 2.0 * u[i + 1] + u[i])
        for i in range(n):
            u[i + 1] += products[i]
    n = len(u)
    misfit = np.empty(n)
    # misfit = u - target
    n = agreed(n, len(target))
    total = 0.0
    for i in range(n):
        difference = u[i] - target[i]
        misfit[i] = difference
        # return 0.5 * np.sum(misfit * misfit)
        total = plus(total, difference * difference)
    # return 0.5 * np.sum(misfit * misfit)
    value = 0.5 * total

    n = len(misfit) - 2
    products = np.empty(max(n, 0))
    u_bar = misfit
    for k in range(steps - 1, -1, -1):
        # u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        for i in range(n):
            products[i] = alpha * u_bar[i + 1]
        for i in range(n):
            u_bar[i] += products[i]
        n_1 = len(products)
        for i in range(n_1):
            u_bar[i + 1] -= 2.0 * products[i]
        for i in range(n_1):
            u_bar[i + 2] += products[i]
    return value, (u_bar,)
