"""Systems with Toeplitz and circulant matrices, and products with them.

The user's call stays, in its fast algorithm; so does the solution with the transposed
matrix. Cotangents of the first column and row are sums along diagonals.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Type,
    dims_of,
    dtype_of,
    elementwise_type,
    kind_of,
    number_type,
)
from srcad.ops.axes import transpose
from srcad.ops.banded import scalar
from srcad.ops.complexes import conj_of
from srcad.ops.declare import Arguments, Contribution, Op, custom
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched, real, zeros_like
from srcad.ops.formulas import by_formula
from srcad.ops.fourier import fft, ifft
from srcad.ops.linalg import double_only, float_dtype
from srcad.ops.products import left_cotangent, rank_of
from srcad.ops.ranks import expand_dims
from srcad.ops.scipy_calls import free_bind, pair_of
from srcad.ops.structured import diagonal_sums, toeplitz


def _pair(given: Any, name: str) -> tuple[Any, Any]:
    """First column and first row; one array stands for both."""
    if isinstance(given, Value) and rank_of(given) is not None:
        return given, conj_of(given)
    return pair_of(given, name)


def _vectors(name: str, *values: Any) -> None:
    for value in values:
        if not isinstance(value, Value) or rank_of(value) != 1:
            raise MissingRule(
                f"{name} has a derivative rule for first columns and rows of one axis",
                hint="make the array with np.array first",
            )


def _system_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    (given, b), _ = free_bind("solve_toeplitz", ["c_or_cr", "b"])(args, kwargs)
    c, r = _pair(given, "solve_toeplitz")
    _vectors("solve_toeplitz", c, r)
    if isinstance(b, Value) and rank_of(b) not in (1, 2):
        raise MissingRule("solve_toeplitz: b must be an array of one or two axes")
    return [c, r, b], {}


def _system_type(c: Type, r: Type, b: Type) -> Type:
    dims, dtype = dims_of(b), float_dtype(scalar(c), scalar(r), scalar(b))
    if dims is None or dtype is None:
        return UNKNOWN
    return double_only(number_type(dtype, dims))


def _system_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (c, r, _), (dc, dr, db), x = node.inputs, ts, node.out
    total = None
    if dc is not None or dr is not None:
        column = zeros_like(c) if dc is None else dc
        row = zeros_like(r) if dr is None else dr
        total = -(toeplitz(column, row) @ x)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else toeplitz_system(c, r, total)]


def _system_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    """The transposed matrix has r as its column, but for the corner, which is c's."""
    (c, r, b), x = node.inputs, node.out
    y = toeplitz_back(c, r, known(cts[0]))
    whole = -left_cotangent(y, toeplitz(c, r), x)
    above = diagonal_sums(whole, r, above=True)
    return [matched(diagonal_sums(whole, c), c), matched(above, r), matched(y, b)]


def _call(name: str) -> Callable[..., Any]:
    def expected(c: Any, r: Any, b: Any) -> Any:
        return getattr(sys.modules["scipy.linalg"], name)((c, r), b)

    return expected


def _system_points() -> list[Sample]:
    c, r = spaced(-1, 1, (3,)), spaced(0, 1, (3,))
    c[0] = 3.0
    call = _call("solve_toeplitz")
    return [at(c, r, spaced(-1, 1, s), expected=call) for s in ((3,), (3, 2))]


def _system_code(node: Node) -> str:
    c, r, _ = node.inputs
    pair = "c" if c is r else "(c, r)"
    return f"scipy.linalg.solve_toeplitz({pair}, b)"


toeplitz_system: Op = custom(
    "toeplitz_system",
    calls=("scipy.linalg.solve_toeplitz",),
    signature="c, r, b",
    bind=_system_bind,
    infer=_system_type,
    code=_system_code,
    jvp=_system_jvp,
    vjp=_system_vjp,
    domain=_system_points,
)


def _back_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (c, r, _), (dc, dr, db), x = node.inputs, ts, node.out
    total = None
    if dc is not None or dr is not None:
        column = zeros_like(c) if dc is None else dc
        row = zeros_like(r) if dr is None else dr
        total = -(transpose(toeplitz(column, row)) @ x)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else toeplitz_back(c, r, total)]


def _back_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (c, r, b), x = node.inputs, node.out
    y = toeplitz_system(c, r, known(cts[0]))
    whole = -left_cotangent(x, toeplitz(c, r), y)
    above = diagonal_sums(whole, r, above=True)
    return [matched(diagonal_sums(whole, c), c), matched(above, r), matched(y, b)]


# The solution with the transposed matrix.
toeplitz_back: Op = custom(
    "toeplitz_back",
    signature="c, r, b",
    infer=_system_type,
    code="scipy.linalg.solve_toeplitz((np.append(c[:1], r[1:]), c), b)",
    jvp=_back_jvp,
    vjp=_back_vjp,
    domain=lambda: [
        Sample(s.inputs, expected=_turned_solution) for s in _system_points()
    ],
)


def _turned_solution(c: Any, r: Any, b: Any) -> Any:
    linalg = sys.modules["scipy.linalg"]
    return linalg.solve_toeplitz((np.append(c[:1], r[1:]), c), b)


# ---- products ------------------------------------------------------------------------


def _product_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names, asked = ["c_or_cr", "x"], {"workers": [None]}
    order = "c_or_cr x check_finite workers"
    (pair, x), _ = free_bind("matmul_toeplitz", names, {}, asked, order)(args, kwargs)
    c, r = _pair(pair, "matmul_toeplitz")
    _vectors("matmul_toeplitz", c, r)
    return [c, r, x], {}


def _product_type(c: Type, r: Type, x: Type) -> Type:
    rows, dims = dims_of(c), dims_of(x)
    dtype = dtype_of(elementwise_type(*map(scalar, (c, r, x)), at_least="float"))
    if not rows or not dims or dtype is None:
        return UNKNOWN
    return double_only(Array(dtype, (rows[0], *dims[1:])))


matmul_toeplitz: Op = by_formula(
    "matmul_toeplitz",
    calls=("scipy.linalg.matmul_toeplitz",),
    signature="c, r, x",
    bind=_product_bind,
    infer=_product_type,
    code="scipy.linalg.matmul_toeplitz((c, r), x)",
    formula=lambda c, r, x: toeplitz(c, r) @ x,
    domain=lambda: [
        at(
            spaced(-1, 1, (3,)),
            spaced(1, 2, (4,)),
            spaced(-1, 1, shape),
            expected=_call("matmul_toeplitz"),
        )
        for shape in ((4,), (4, 2))
    ],
)

# ---- circulant systems ---------------------------------------------------------------


def _circulant_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    asked: dict[str, Sequence[Any]] = {
        "singular": ["raise"],
        "tol": [None],
        "caxis": [-1],
        "baxis": [0],
        "outaxis": [0],
    }
    (c, b), _ = free_bind("solve_circulant", ["c", "b"], {}, asked)(args, kwargs)
    _vectors("solve_circulant", c)
    if not isinstance(b, Value) or rank_of(b) not in (1, 2):
        raise MissingRule(
            "solve_circulant has a derivative rule for b of one or two axes"
        )
    return [c, b], {}


def _by_fourier(c: Value, b: Value) -> Value:
    """The quotient of the transforms."""
    below = fft(c)
    matrix = rank_of(b) == 2
    axis = {"axis": 0} if matrix else {}
    found = ifft(
        fft(b, **axis) / (expand_dims(below, axis=-1) if matrix else below), **axis
    )
    plain = all(kind_of(v.type) in ("int", "float") for v in (c, b))
    return real(found) if plain else found


solve_circulant: Op = by_formula(
    "solve_circulant",
    calls=("scipy.linalg.solve_circulant",),
    signature="c, b",
    bind=_circulant_bind,
    infer=lambda c, b: _system_type(c, c, b),
    code="scipy.linalg.solve_circulant(c, b)",
    formula=_by_fourier,
    domain=lambda: [
        at(np.array([3.0, 0.4, -0.7, 0.2]), spaced(-1, 1, (4,))),
        Sample((np.array([3.0, 0.4, -0.7]), spaced(-1, 1, (3, 2))), ranked=True),
    ],
)
