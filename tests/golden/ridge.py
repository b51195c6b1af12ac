import numpy as np
import scipy


def cost(x, target, weights):
    return np.sum(weights * (x - target) ** 2) + np.sum(x ** 4)


def cost_grad_jacfwd(x, target, weights):
    # best = scipy.optimize.minimize(cost, np.zeros(3), jac=srcad.grad(cost) ...
    columns = np.empty((3, 3))
    basis = np.eye(3)
    # return np.sum(weights * (x - target) ** 2) + np.sum(x**4)
    x_squared = x ** 2
    # best = scipy.optimize.minimize(cost, np.zeros(3), jac=srcad.grad(cost) ...
    for i in range(3):
        basis_i = basis[i]
        # return np.sum(weights * (x - target) ** 2) + np.sum(x**4)
        x_bar_dot = 12.0 * (x_squared * basis_i)
        x_bar_dot += 2.0 * basis_i * weights
        columns[i] = x_bar_dot
    return columns.T


def cost_grad(x, target, weights):
    # return np.sum(weights * (x - target) ** 2) + np.sum(x**4)
    x_bar = 4.0 * x ** 3
    x_bar += 2.0 * (x - target) * weights
    return x_bar


def cost_grad_jvp(x, target, weights, x_dot):
    # return np.sum(weights * (x - target) ** 2) + np.sum(x**4)
    x_bar_dot = 12.0 * (x ** 2 * x_dot)
    x_bar_dot += 2.0 * x_dot * weights
    return x_bar_dot


def cost_grad_vjp(x, target, weights, seed):
    # return np.sum(weights * (x - target) ** 2) + np.sum(x**4)
    weights_bar = 2.0 * (x - target) * seed
    target_bar = -2.0 * (seed * weights)
    return target_bar, weights_bar


def ridge(weights, target):
    # best = scipy.optimize.minimize(cost, np.zeros(3), jac=srcad.grad(cost) ...
    zeros_3 = np.zeros(3)
    solution = scipy.optimize.minimize(
        cost,
        zeros_3,
        args=(target, weights),
        method="trust-exact",
        tol=1e-13,
        hess=cost_grad_jacfwd,
        jac=cost_grad,
    )
    solution_part = solution.x
    # return np.sum(best.x**2)
    value = np.sum(solution_part ** 2)

    # return np.sum(best.x**2)
    product = 2.0 * solution_part
    # best = scipy.optimize.minimize(cost, np.zeros(3), jac=srcad.grad(cost) ...
    eye_3 = np.eye(3)
    saved_x_bar_dot_part = []
    for i in range(3):
        x_bar_dot_part = cost_grad_jvp(solution_part, target, weights, eye_3[i])
        saved_x_bar_dot_part.append(x_bar_dot_part)
    jacobian = np.stack(saved_x_bar_dot_part, axis=1)
    target_bar, weights_bar = cost_grad_vjp(
        solution_part, target, weights, -np.linalg.solve(jacobian.T, product)
    )
    return value, (weights_bar, target_bar)
