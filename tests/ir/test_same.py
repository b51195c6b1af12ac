"""Whether two blocks are one program."""

import numpy as np
import pytest

from srcad.frontend.abstract import type_of
from srcad.frontend.lower import lower
from srcad.ir.same import same_block


def body(f, *args):
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    types = {n: type_of(a, n) for n, a in zip(names, args, strict=True)}
    return lower(f, types).program.graph.body


def one(x, y):
    s = 0.0
    for k in range(3):
        s = s * x + y if s > k else s - 2.0
    return s


def named_otherwise(x, y):
    t = 0.0
    for i in range(3):
        t = t * x + y if t > i else t - 2.0
    return t


def operands_swapped(x, y):
    s = 0.0
    for k in range(3):
        s = s * y + x if s > k else s - 2.0
    return s


def another_constant(x, y):
    s = -0.0
    for k in range(3):
        s = s * x + y if s > k else s - 2.0
    return s


def another_operation(x, y):
    s = 0.0
    for k in range(3):
        s = s * x - y if s > k else s - 2.0
    return s


def longer(x, y):
    s = 0.0
    for k in range(3):
        s = s * x + y if s > k else s - 2.0
    return s * x


def test_equal():
    assert same_block(body(one, 1.0, 2.0), body(named_otherwise, 1.0, 2.0))


@pytest.mark.parametrize(
    "other", [operands_swapped, another_constant, another_operation, longer]
)
def test_different(other):
    assert not same_block(body(one, 1.0, 2.0), body(other, 1.0, 2.0))


def test_other_types():
    assert not same_block(body(one, 1.0, 2.0), body(one, 1.0, np.float64(2.0)))


def test_other_params():
    x = np.ones((2, 3))
    rows = body(lambda x: np.sum(x, axis=0), x)
    columns = body(lambda x: np.sum(x, axis=1), x)
    assert same_block(rows, rows)
    assert not same_block(rows, columns)
