"""Nested functions, lambdas, globals and closures, defaults."""

import math

import numpy as np

from .registry import program

SCALE = 2.5
WEIGHTS = np.array([0.5, 1.5, -0.5])
CONFIG = {"rate": 0.1, "steps": 3}
NAMES = ("a", "b")
V = np.array([0.3, -0.5, 1.2])


@program(0.7)
def nested(x):
    def f(t):
        return t * x

    return f(x) + f(2.0)


@program(0.7)
def lambdas(x):
    f = lambda t, k=2.0: t * k + x
    g = lambda t: f(f(t))
    return g(x) * f(1.0, 3.0)


@program(0.7)
def late_binding(x):
    def f():
        return y * 2

    y = x
    a = f()
    y = x * x
    return a * f()


@program(V)
def global_data(x):
    return np.sum(x * WEIGHTS) * SCALE


@program(0.7)
def global_dict(x):
    for _ in range(CONFIG["steps"]):
        x = x - CONFIG["rate"] * x**2
    return x


def _made(scale, offsets):
    def f(x):
        return np.sum((x * scale + offsets) ** 2)

    return f


made = program(V)(_made(2.0, np.array([1.0, 2.0, 3.0])))


@program(0.7)
def closure_in_loop(x):
    y = x
    for i in range(3):

        def f(t):
            return t * i + x

        y = f(y)
    return y


@program(0.7)
def returns_function(x):
    def make(k):
        def f(t):
            return t * k

        return f

    return make(x)(3.0) + make(2.0)(x)


@program(0.7)
def default_of_nested(x):
    def f(t, k=x * x):
        return t * k

    x = 3.0
    return f(x)


@program(V)
def closure_writes_array(x):
    y = x.copy()

    def bump(i):
        y[i] += y[i - 1] ** 2

    bump(1)
    bump(2)
    return np.sum(y)


@program(V)
def closure_appends(x):
    ys = []

    def add(t):
        ys.append(t * t)

    for a in (x[0], x[1]):
        add(a)
    return ys[0] * ys[1]


@program(0.7)
def rk4(y):
    def f(t, y):
        return -y * math.sin(t) + y * y

    h = 0.1
    t = 0.0
    for _ in range(4):
        k1 = f(t, y)
        k2 = f(t + h / 2, y + h / 2 * k1)
        k3 = f(t + h / 2, y + h / 2 * k2)
        k4 = f(t + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        t = t + h
    return y


@program(0.7)
def shadows_global(x):
    SCALE = x * x
    return SCALE * x


@program(0.7)
def branch_chooses_function(x):
    if len(NAMES) == 2:
        f = math.sin
    else:
        f = math.cos
    return f(x) * x
