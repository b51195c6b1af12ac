"""Piecewise constant functions of numbers, and those that only ask about an array."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.ir.graph import Value
from srcad.ir.types import BOOL, UNKNOWN, Array, Scalar, Type, dims_of
from srcad.ops.bodies import in_line, part
from srcad.ops.creation import asarray
from srcad.ops.declare import Op, zero
from srcad.ops.derived import macro
from srcad.ops.domain import Sample, at, binary, spaced, unary, value_at
from srcad.ops.joins import concatenate
from srcad.ops.likes import full_as
from srcad.ops.scans import cumprod, cumsum
from srcad.ops.ufunc import real_function, step_function

# The next number in a direction moves with the number.
nextafter: Op = real_function(
    "nextafter",
    np.nextafter,
    partials=lambda out, x, y: [1, None],
    domain=binary((-2.0, 2.0), (-1.0, 1.0)),
)
spacing = step_function("spacing", np.spacing, domain=unary(0.6, 0.9))
np_gcd = step_function(
    "np_gcd", np.gcd, domain=lambda: [value_at(12, np.array([8, 9]))]
)
np_lcm = step_function(
    "np_lcm", np.lcm, domain=lambda: [value_at(12, np.array([8, 9]))]
)


def _truths(x: Type, *_: Type, **__: Any) -> Type:
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    return Array("bool", dims) if dims else UNKNOWN


def _question(name: str, signature: str, infer: Any, *samples: Sample) -> Op:
    return zero(
        name,
        calls=(getattr(np, name),),
        signature=signature,
        infer=infer,
        domain=lambda: list(samples),
    )


X = spaced(-1, 1, (2, 3))

isin = _question(
    "isin",
    "element, test_elements, *, assume_unique=False, invert=False, kind=None",
    _truths,
    value_at(X, X[0]),
    value_at(X, X[0], invert=True),
)
isreal = _question("isreal", "x", _truths, value_at(X), value_at(X + 1j))
iscomplex = _question("iscomplex", "x", _truths, value_at(X), value_at(X + 1j))
array_equiv = _question(
    "array_equiv", "a1, a2", lambda *_: BOOL, value_at(X, X), value_at(X, X[0])
)
isrealobj = _question("isrealobj", "x", lambda *_: BOOL, value_at(X), value_at(X + 1j))
iscomplexobj = _question(
    "iscomplexobj", "x", lambda *_: UNKNOWN, value_at(X), value_at(X + 1j)
)

# ---- windows -------------------------------------------------------------------------


def _window(name: str) -> Op:
    """A window of a number of points: it is a constant."""

    def infer(m: Type) -> Type:
        return Array("float64", (m.size,)) if _known(m) else UNKNOWN  # type: ignore[attr-defined]

    return zero(
        name,
        calls=(getattr(np, name),),
        signature="m",
        infer=infer,
        domain=lambda: [value_at(5)],
    )


def _known(m: Type) -> bool:
    return isinstance(m, Scalar) and isinstance(m.size, int) and m.size > 0


bartlett, blackman, hamming, hanning = map(
    _window, ("bartlett", "blackman", "hamming", "hanning")
)

# ---- arrays as they are --------------------------------------------------------------


def _checked_array(name: str) -> Op:
    """`np.asarray`, by a name that also checks or lays out."""
    return macro(
        f"{name}_call",
        calls=(getattr(np, name),),
        signature="x",
        body=lambda x: asarray(x, layout="x"),
        domain=lambda: [at(X, expected=np.asarray)],
    )


asfortranarray = _checked_array("asfortranarray")
asarray_chkfinite = _checked_array("asarray_chkfinite")

# ---- scans of newer versions of NumPy ------------------------------------------------


def _cumulative(name: str, op: Op, first: float) -> Op:
    """A scan that may begin with what it starts from."""

    def body(x: Value, axis: int | None = None, include_initial: bool = False) -> Value:
        x, where = in_line(x, axis)
        found = op(x, axis=where)
        if not include_initial:
            return found
        start = full_as(part(found, 0, 1, where), first)
        return concatenate(start, found, **({"axis": where} if where else {}))

    def expected(x: Any, k: int) -> Any:
        start = np.full((1, 3) if k == 0 else (2, 1), first)
        return np.concatenate([start, getattr(np, op.name)(x, axis=k)], axis=k)

    function = getattr(np, name, None)
    return macro(
        name,
        calls=() if function is None else (function,),
        signature="x, *, axis=None, include_initial=False",
        body=body,
        domain=lambda: [
            at(X, axis=k, include_initial=True, expected=lambda x, k=k: expected(x, k))
            for k in (0, 1)
        ],
    )


cumulative_sum = _cumulative("cumulative_sum", cumsum, 0.0)
cumulative_prod = _cumulative("cumulative_prod", cumprod, 1.0)
