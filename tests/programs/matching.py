"""match: all patterns; numbers become conditions, structure is decided beforehand."""

import enum
from collections import namedtuple

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2])
Point = namedtuple("Point", "x y")


class Mode(enum.Enum):
    FAST = 1
    EXACT = 2


@program(0.75)
def numbers(x):
    match int(x * 10):
        case 0:
            return x
        case 7 | 8:
            return x * x
        case _:
            return x**3


@program(1.7)
@program(0.7)
@program(0.3)
def guards(x):
    match x:
        case a if a > 1:
            r = a * 2
        case a if a > 0.5:
            r = a * a
        case _:
            r = x
    return r * a


@program(0.7, ("circle", 2.0), argnums=0)
@program(0.7, ("rect", 2.0, 3.0), argnums=0)
def sequences(x, shape):
    match shape:
        case ("circle", r):
            return x * r * x
        case ("rect", a, b):
            return x * a * b


@program(0.7)
def starred(x):
    match [x, x * x, 3.0, x**3]:
        case [a]:
            return a
        case [a, *middle, b]:
            return a * b * sum(middle) * len(middle)


@program(0.7)
def mappings(x):
    match {"kind": "p", "v": x, "w": 2.0}:
        case {"kind": "q"}:
            return 0.0
        case {"kind": "p", "v": v, **rest}:
            return v * v * rest["w"] * len(rest)


@program(0.7)
def classes(x):
    match Point(x, 2 * x):
        case Point(x=0, y=y):
            return y
        case Point(a, b) if b > 100:
            return a
        case Point(a, y=b):
            return a * b


@program(0.7)
def builtin_classes(x):
    match x:
        case int() | str():
            return 1.0 * x
        case float(v):
            return v * v


@program(0.7)
def in_a_loop(x):
    total = 0.0
    for i in range(6):
        match i:
            case 0 | 1:
                continue
            case 4:
                break
            case n:
                total += x * n
    return total * x


@program(0.75)
@program(0.65)
@program(0.35)
@program(0.95)
def tuples_of_numbers(x):
    k = int(x * 10)
    match (k % 2, k % 3):
        case (0, 0):
            return x
        case (0, a) | (a, 0):
            return x**2 * a
        case (1, 1) as both:
            return x * x * both[0]
        case _:
            return x**4


@program(0.7, None, argnums=0)
@program(0.7, "b", argnums=0)
@program(0.7, "c", argnums=0)
def singletons(x, mode):
    match mode:
        case None:
            y = x * x
        case "a" | "b":
            y = x
        case _:
            y = 3 * x**3
    return y


@program(0.7, Mode.FAST, argnums=0)
@program(0.7, Mode.EXACT, argnums=0)
def named_values(x, mode):
    match mode:
        case Mode.FAST:
            return x * x
        case Mode.EXACT:
            return x**3


@program(0.7)
def truth(x):
    match x > 0.3:
        case True:
            return x * x
        case False:
            return x


@program(0.7, V)
def none_fits(x, v):
    match v:
        case {"a": b}:  # an array is no mapping
            return b
    match x:
        case [a, b]:
            return a
        case str():
            return 1.0
        case 3:
            return x
    return x * np.sum(v)


@program(0.7)
def an_array(x):
    # A sequence for patterns since NumPy 2.5, and not before.
    v = np.ones(3) * x
    match v:
        case [a, b]:
            return a + b
        case [a, *_, b]:
            return 2.0 * a * b
    return x * np.sum(v)


@program((0.7, (0.3, 0.4)))
def nested(t):
    match t:
        case (a, [b, c]) if a > b:
            return a * b * c
        case (a, _):
            return a


@program(0.7)
def captures_outlive_the_match(x):
    a = 1.0
    match (x, 2):
        case (a, 3):
            pass
        case (b, 2):
            a = a + b
    return a * b
