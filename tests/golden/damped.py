import numpy as np
import scipy


def rhs(t, y, k):
    # return np.array([y[1], -k[0] * y[0] - k[1] * y[1]])
    y_1 = y[1]
    return np.array([y_1, -k[0] * y[0] - k[1] * y_1])


def rhs_vjp(t, y, k, seed):
    # return np.array([y[1], -k[0] * y[0] - k[1] * y[1]])
    seed_1 = seed[1]
    k_bar = np.zeros_like(k)
    k_bar[1] = -(seed_1 * y[1])
    y_bar = np.zeros_like(y)
    y_bar[0] = -(seed_1 * k[0])
    k_bar[0] = -(seed_1 * y[0])
    y_bar[1] = seed[0] - seed_1 * k[1]
    return y_bar, k_bar


def rhs_with_sensitivities(t, z, k):
    # solution = scipy.integrate.solve_ivp(rhs, (0.0, 5.0), start, t_eval=ti ...
    y = z[:2]
    eye_2 = np.eye(2)
    saved_concatenate = []
    for i in range(2):
        y_bar_part, k_bar_part = rhs_vjp(t, y, k, eye_2[i])
        saved_concatenate.append(np.concatenate([y_bar_part, k_bar_part]))
    jacobian = np.stack(saved_concatenate)
    transposed = jacobian[:, :2].T
    rhs_value = rhs(t, y, k)
    total = (z[2:].reshape(-1, 2) @ transposed + jacobian[:, 2:].T).ravel()
    return np.concatenate([rhs_value, total])


def damped(k, times, data):
    start = np.array([1.0, 0.0])
    # solution = scipy.integrate.solve_ivp(rhs, (0.0, 5.0), start, t_eval=ti ...
    solution = scipy.integrate.solve_ivp(
        rhs, (0.0, 5.0), start, t_eval=times, args=(k,), rtol=1e-08, atol=1e-08
    )
    solution_part = solution.y
    # return np.sum((solution.y[0] - data) ** 2)
    difference = solution_part[0] - data
    value = np.sum(difference ** 2)

    # return np.sum((solution.y[0] - data) ** 2)
    t = np.zeros_like(solution_part)
    t[0] = 2.0 * difference
    # solution = scipy.integrate.solve_ivp(rhs, (0.0, 5.0), start, t_eval=ti ...
    size_of_k = k.size
    concatenate = np.concatenate([start, np.zeros(size_of_k * 2)])
    solution = scipy.integrate.solve_ivp(
        rhs_with_sensitivities,
        (0.0, 5.0),
        concatenate,
        t_eval=times,
        args=(k,),
        rtol=1e-08,
        atol=1e-08,
    )
    k_bar = solution.y[2:].reshape(size_of_k, -1) @ t.ravel()
    return value, (k_bar,)
