"""Calls of user functions: positional, keyword, defaults, stars."""

import functools
import math

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2])


def square(x):
    return x * x


def scaled(x, scale=2.0, *, shift=0.0):
    return x * scale + shift


def apply(f, x):
    return f(f(x))


def total(*xs):
    s = 0.0
    for x in xs:
        s += x * x
    return s


def options(x, **kwargs):
    return x * kwargs["a"] + kwargs.get("b", 1.0)


def pair(x, y):
    return x * y, x - y


def branchy(x):
    if x > 0:
        return x * x
    return -x


def loop(x, n):
    y = 1.0
    for _ in range(n):
        y *= x
    return y


def layer(w, b, x):
    return np.tanh(w * x + b)


def nothing(x):
    x = x * 2


@program(0.7)
def plain(x):
    return square(x) * square(square(x))


@program(0.7)
def keywords(x):
    return scaled(x) + scaled(x, 3.0) + scaled(scale=x, x=x, shift=x)


@program(0.7)
def higher_order(x):
    return apply(square, x) + apply(math.sin, x) + apply(lambda t: t * x, x)


@program(0.7, 0.2)
def star_args(x, y):
    args = (x, y, x * y)
    return total(*args) + total(x, *(y, x)) + total()


@program(0.7, 0.2)
def star_kwargs(x, y):
    return options(x, a=y, b=x) + options(y, **{"a": x})


@program(0.7, 0.2)
def tuple_results(x, y):
    a, b = pair(x, y)
    c, d = pair(*pair(a, b))
    return c * d


@program(0.7)
@program(-0.7)
def callee_with_branch(x):
    return branchy(x) * branchy(x - 1) + branchy(-x)


@program(0.7)
def callee_with_loop(x):
    return loop(x, 3) + loop(x * x, 2)


@program(V)
def call_in_loop(x):
    s = 0.0
    for a in x:
        s += branchy(a) * loop(a, 2)
    return s


@program(V, 0.3, V * 0.5)
def layers(w, b, x):
    for _ in range(3):
        x = layer(w, b, x)
    return x


@program(0.7)
def returns_none(x):
    nothing(x)
    assert nothing(x) is None
    return x * x


tripled = functools.partial(scaled, scale=3.0, shift=1.0)


@program(0.7)
def global_partial(x):
    return tripled(x) * x


def decorated_by(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return 2 * f(*args, **kwargs)

    return inner


@decorated_by
def doubled(x, y=1.0):
    return x * x * y


@program(0.7)
def decorated(x):
    return doubled(x) + doubled(x, y=x)


class Model:
    scale = 3.0

    def __init__(self, w):
        self.w = w

    def predict(self, x):
        return self.w * x * self.scale

    @staticmethod
    def loss(p):
        return p * p


MODEL = Model(2.0)


@program(0.7)
def methods_of_objects(x):
    return Model.loss(MODEL.predict(x)) * MODEL.w


@program(V)
def callee_reads_shape(x):
    return mean(x) * mean(x[1:])


def mean(x):
    n = x.shape[0]
    return np.sum(x) / n


@program(V, 0.5)
def same_callee_other_types(x, s):
    return np.sum(square(x)) + square(s) + square(2)


@program(V)
def array_twice(x):
    return dot(x, x) + dot(x, x[::-1])


def dot(a, b):
    return np.sum(a * b)


@program(V)
def function_table(x):
    fs = {"sin": np.sin, "sq": square}
    y = fs["sin"](x)
    for f in (np.cos, square, np.tanh):
        y = y + f(x)
    return y


@program(0.4)
def four_deep(x):
    return d1(x)


def d1(x):
    return d2(x) * x


def d2(x):
    return d3(x) + x


def d3(x):
    return d4(x) ** 2


def d4(x):
    return math.exp(x)


def _decay(x, amount, rate, level):
    return amount * np.exp(-rate * x) + level


@program(V, V + 1.0)
def parameters_behind_a_star(p, x):
    return np.sum(_decay(x, *p) ** 2) + _decay(p[0], 2.0, *x[1:])


@program([0.3, -0.5, 1.2], V)
def list_behind_a_star(p, x):
    return _decay(x[0], *[2.0 * v for v in p])


class _Line:
    def __init__(self, slope, level):
        self.slope, self.level = slope, level

    def at(self, x, y):
        return self.slope * x + self.level * y


@program(V[:2], np.outer(V, V[:2]))
def stars_of_classes_and_methods(p, points):
    line = _Line(*p)
    scaled = functools.partial(_decay, 2.0, level=p[1])
    return sum(line.at(*row) for row in points) + scaled(*p) + np.hypot(*p)
