"""Derivatives taken inside: in control flow, and as they are used."""

import math

import numpy as np

import srcad
from srcad import grad, hessian, jacfwd, jacobian, value_and_grad

from .registry import program

V = np.array([0.3, -0.5, 1.2])
W = np.array([[0.4, -0.2, 0.7], [0.1, 0.9, -0.3]])
RATE = 0.1


# ---- control flow --------------------------------------------------------------------


@program(0.7)
@program(-0.7)
def branch_inside(x):
    def f(t):
        if t > 0.0:
            return t**3 * x
        return t * t

    return grad(f)(x) * x


@program(0.7)
@program(-0.7)
def inside_a_branch(x):
    if x > 0.0:
        return grad(lambda t: t**3 * x)(x)
    y = grad(lambda t: t * t * x)(x)
    return y * 2.0


@program(V)
def loop_inside(x):
    def f(t):
        s = 0.0
        for k in range(3):
            s = s * t[k] + t[k] ** 2 * x[k]
        return s

    g = grad(f)(x * 0.5)
    return np.sum(g * g)


@program(0.7)
def while_inside(x):
    def f(t):
        k = 0
        while k < 3 and t < 10.0:
            t = t * t + x
            k += 1
        return t

    return grad(f)(x)


@program(V)
def in_nested_loops(x):
    s = 0.0
    for a in x:
        for k in range(2):
            s += grad(lambda t: math.sin(t * a) * s)(a + k)
    return s


@program(0.9)
def newtons_method(a):
    f = lambda x: x**3 + x - a
    df = grad(f)
    x = 1.0
    while abs(f(x)) > 1e-12:
        x = x - f(x) / df(x)
    return x


@program(0.7)
def recursive_inside(x):
    def power(t, n):
        return 1.0 if n == 0 else t * power(t, n - 1)

    return grad(lambda t: power(t, 3) * x)(x)


# ---- as they are used ----------------------------------------------------------------


@program(V)
def newton_system(x):
    def residual(u):
        return np.array([u[0] ** 2 + u[1] - x[0] * 3, u[1] ** 3 - u[0] * x[1] + x[2]])

    u = np.array([1.0, 1.0])
    for _ in range(3):
        u = u - np.linalg.solve(jacfwd(residual)(u), residual(u))
    return u


def lagrangian(q, v, m, k):
    return 0.5 * m * np.sum(v * v) - 0.5 * k * np.sum(q * q) - 0.1 * np.sum(q**4)


@program(V[:2], V[1:], 0.7, 1.5)
def euler_lagrange(q, v, m, k):
    """The acceleration: M a = dL/dq - (d2L/dv dq) v."""
    L = lambda q, v: lagrangian(q, v, m, k)
    M = hessian(L, 1)(q, v)
    C = jacobian(grad(L, 1), 0)(q, v)
    return np.linalg.solve(M, grad(L, 0)(q, v) - C @ v)


def logp(q, scale):
    return -0.5 * np.sum(q * q / scale) - 0.25 * np.sum(q**4)


@program(V, V * 0.3, 0.8)
def leapfrog(q, p, scale):
    dlogp = srcad.grad(logp)
    eps = 0.1
    p = p + 0.5 * eps * dlogp(q, scale)
    for i in range(3):
        q = q + eps * p
        if i != 2:
            p = p + eps * dlogp(q, scale)
    p = p + 0.5 * eps * dlogp(q, scale)
    return logp(q, scale) - 0.5 * np.sum(p * p)


@program(0.05, V)
def learning_rate(rate, w):
    loss = lambda w: np.sum((w**2 - V) ** 2)
    for _ in range(3):
        w = w - rate * grad(loss)(w)
    return loss(w)


@program({"w": V, "b": 0.1}, order=1)
def adapts(params):
    """One step of adaptation by task, then the loss after it (MAML)."""

    def loss(p, x):
        return (np.sum(np.tanh(p["w"] * x)) + p["b"] - x) ** 2

    total = 0.0
    for x in (0.5, 1.5):
        g = grad(loss)(params, x)
        adapted = {"w": params["w"] - RATE * g["w"], "b": params["b"] - RATE * g["b"]}
        total += loss(adapted, 2.0 * x)
    return total


@program(V, V * 0.5, order=1)
def residual_of_a_network(w, b):
    """The residual of u'' + u = 0 at a few points (a PINN)."""
    u = lambda t: np.sum(b * np.tanh(w * t + 0.1))
    uxx = grad(grad(u))
    total = 0.0
    for t in (0.1, 0.4, 0.9):
        total += (uxx(t) + u(t)) ** 2
    return total


@program(np.array([0.5, 0.8]))
def implicit_layer(theta):
    """A fixed point by iteration, then one Newton step that carries the derivative."""
    f = lambda z: np.tanh(W[:, :2] @ z + theta) - z
    z = np.zeros(2)
    for _ in range(20):
        z = z + f(z)
    return z - np.linalg.solve(jacobian(f)(z), f(z))


@program(V)
def prints_once(x):
    def f(t):
        y = np.sum(t * t * x)
        assert y > 0.0, "negative"
        return y * y

    value, g = value_and_grad(f)(x * x)
    return value + np.sum(g)
