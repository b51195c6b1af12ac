"""Arithmetic on numbers: assignment, swaps, augmented assignment, conversions."""

import math

import numpy as np

from .registry import program


@program(1.3, -0.7)
def polynomial(x, y):
    """A docstring."""
    z = x * x * y - 3 * y**2
    w = z / (1 + x * x)
    return w - 2.0 * z


@program(1.3, 0.7)
def swap(a, b):
    a, b = b, a * b
    a, b = a + b, a - b
    return a * b + a


@program(1.3, 0.7, 0.2)
def rotate(a, b, c):
    a, b, c = b, c, a
    (a, b), c = (b * c, c), a
    return a * b + math.sin(c)


@program(0.8)
def augmented(x):
    y = x
    y += 2.0
    y *= x
    y -= x**3
    y /= 1.0 + x
    y **= 2
    return y


@program(0.8)
def chained_targets(x):
    a = b = x * x
    a += 1.0
    return a * b


@program(2.5)
def floor_and_remainder(x):
    return (x // 0.8) * x + (x % 0.8) ** 2


@program(0.6)
def unary(x):
    return -x + +x * x - -(x**3)


@program(0.6, 3)
def integers(x, n):
    k = n * 2 + 1
    return x**n + x * k + x / n


@program(1.2)
def powers(x):
    return x**2 + x**-1.5 + 2.0**x + x**x + x**0.5


@program(0.4)
def elementary(x):
    return math.exp(math.sin(x)) + math.log(x) * math.sqrt(x) + math.atan2(x, 2.0)


@program(0.4)
def numpy_functions(x):
    return np.tanh(x) + np.log1p(x) * np.cosh(x) - np.arctan(x)


@program(0.4)
def conversions(x):
    k = int(3.7)
    y = float(x) * k
    return y * float(2) + bool(k) * x


@program(3.0)
def constant(x):
    return 2.0


@program(3.0)
def identity(x):
    return x


@program(1.5, 0.3)
def unused(x, y):
    z = y * 2
    z = x
    return z * z


@program(1.5)
def deleted_by_rebinding(x):
    y = x * x
    y = math.sin(x)
    y = y * y
    return y


@program(np.float64(0.7))
def numpy_scalar(x):
    return x * x + np.exp(x)


@program(np.float32(0.7), order=1)
def single_precision(x):
    return x * x + np.sin(x)


@program(0.3 + 0.4j, order=1)
def complex_modulus(z):
    w = z * z + 1j * z
    return (w * w.conjugate()).real


@program(0.7)
def annotated(x: float) -> float:
    y: float = x * x
    z: float
    z = y + x
    return z


@program(1.4)
def many_names(x):
    x_bar = x * x
    x_dot = x_bar + x
    t = x_dot * 2
    np_ = t + 1
    saved_x = np_ * x
    return saved_x + x_bar


@program(0.9)
def sum_bar(sum):
    max = sum * sum
    len = max + sum
    return len * max
