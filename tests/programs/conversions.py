"""Conversions between kinds of numbers, arrays, lists and texts; questions of type."""

import collections.abc
import logging
import numbers
import typing

import numpy as np

from .registry import program

LOG = logging.getLogger("srcad.tests")
LOG.disabled = True


@program(0.75)
def python_numbers(x):
    return float(x) * int(x * 10) * bool(x) * x


@program(0.75)
def items(x):
    v = np.array([x, 2 * x])
    return v[0].item() * v.sum().item() + v[:1].item()


@program(0.75)
def to_lists(x):
    v = np.array([[x, 2 * x], [1.0, x * x]])
    (a, b), (_, d) = v.tolist()
    return a * b * d + sum(v[0].tolist())


@program(0.75)
def to_arrays(x):
    v = np.asarray([x, x * x]).astype(float).copy()
    w = np.array([x, 2.0]).astype(int)
    return float(np.sum(v * v)) + np.float64(x) * np.array(x) * np.asarray(x) + w[1] * x


@program(0.75)
def complex_numbers(x):
    z = complex(x, 2 * x)
    w = complex(real=x, imag=1.0) * complex(2)
    return (z * z.conjugate()).real + abs(w) + complex(x).real


@program(0.75)
def whole_numbers(x):
    q, r = divmod(x * 10, 3)
    return q * x + r * r + np.int64(x * 10) * x + round(x * 3) * x


@program(0.75)
def powers(x):
    return pow(x, 2) + pow(x, 0.5) + abs(-x)


@program(0.75)
def questions_of_type(x):
    total = 0.0
    if isinstance(x, numbers.Number):
        total += x
    if isinstance(x, int | float) and isinstance(x, (int, typing.Union[float, str])):
        total += x * x
    if isinstance([1], collections.abc.Sequence):
        total += x**3
    if isinstance({}, collections.abc.Mapping) and not isinstance(x, (str, (list,))):
        total += x**4
    if type(x) is float and not isinstance(x, collections.abc.Iterable):
        total *= x
    return total


@program(0.75)
def questions_of_attributes(x):
    v = np.array([x, x * x])
    total = getattr(v, "sum")() * getattr(np, "nothing", np.cos)(x)
    if callable(np.sin) and callable(lambda: 0) and not callable(x):
        total += x
    if hasattr(x, "real") and hasattr(v, "shape") and not hasattr(np, "nothing"):
        total *= getattr(np, "sin")(x)
    return total


@program(0.75)
def texts(x):
    label = str(3) + repr("a") + f"{2:03d}"
    name = "loss_fn".upper().split("_")[0]
    return x**2 * len(label) if name == "LOSS" else x


@program(0.75)
def logs(x):
    for i in range(2):
        LOG.info("step %d: %s", i, x)
    logging.getLogger("srcad.tests").warning(f"{x:.3f}")
    return x * x
