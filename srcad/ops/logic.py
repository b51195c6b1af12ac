"""Logic and tests, whose derivative is zero."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from srcad.ir.types import BOOL, Type, elementwise_type, of_kind
from srcad.ops.arithmetic import comparison
from srcad.ops.declare import zero
from srcad.ops.domain import at, spaced, value_at
from srcad.ops.ufunc import step_function

FLAGS = np.array([True, False, True])


def _pairs() -> list[Any]:
    return [at(FLAGS, ~FLAGS), at(FLAGS, True), at(True, False), at(1.5, FLAGS)]


logical_and = step_function("logical_and", np.logical_and, domain=_pairs)
logical_or = step_function("logical_or", np.logical_or, domain=_pairs)
logical_xor = step_function("logical_xor", np.logical_xor, domain=_pairs)
logical_not = step_function(
    "logical_not", np.logical_not, domain=lambda: [at(FLAGS), at(True), at(0.5)]
)


def _one(*types: Type, **_: Any) -> Type:
    return BOOL


def _close_type(a: Type, b: Type, **_: Any) -> Type:
    found = comparison(a, b)
    return np_bool if found == BOOL else found


np_bool = type(BOOL)("bool", "bool")


def _close_points() -> list[Any]:
    x = spaced(-1.0, 1.0, (2, 3))
    return [at(x, x + 1e-9), at(x, x[0], atol=0.1), at(1.0, 1.1)]


CLOSE = "a, b, rtol=1e-05, atol=1e-08, equal_nan=False"
isclose = zero(
    "isclose",
    interpreted="np.isclose of several dimensions",
    calls=(np.isclose,),
    signature=CLOSE,
    infer=_close_type,
    domain=_close_points,
)
allclose = zero(
    "allclose",
    calls=(np.allclose,),
    signature=CLOSE,
    infer=_one,
    domain=_close_points,
)
array_equal = zero(
    "array_equal",
    calls=(np.array_equal,),
    signature="a1, a2, equal_nan=False",
    infer=_one,
    domain=lambda: [at(FLAGS, FLAGS), at(FLAGS, 1.0 * ~FLAGS)],
)
math_isclose = zero(
    "math_isclose",
    calls=(math.isclose,),
    signature="a, b, *, rel_tol=1e-09, abs_tol=0.0",
    infer=_one,
    domain=lambda: [at(1.0, 1.1), at(1.0, 1.1, rel_tol=0.5)],
)


def _float_test(x: Type) -> Type:
    found = of_kind(elementwise_type(x), "bool")
    return np_bool if found == BOOL else found


isposinf = zero(
    "isposinf",
    calls=(np.isposinf,),
    infer=_float_test,
    domain=lambda: [value_at(np.array([1.0, np.inf])), at(1.0)],
)
isneginf = zero(
    "isneginf",
    calls=(np.isneginf,),
    infer=_float_test,
    domain=lambda: [value_at(np.array([1.0, -np.inf])), at(1.0)],
)
