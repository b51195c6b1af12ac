"""Band matrices, stored by diagonals: solve_banded, cholesky_banded and their kin.

`ab[u + i - j, j]` is entry (i, j) of a matrix with u diagonals above the main one.
Derivatives cost the length of the diagonals, too: the cotangent of a diagonal is the
product of two vectors along it. The corners of `ab` that stand for no entry are not
read, and have derivative zero. Symmetric matrices are in `ops/half_bands.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Type,
    dims_of,
    dtype_of,
    elementwise_type,
    number_type,
)
from srcad.ops.declare import Arguments, Contribution, Op, custom, static
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched
from srcad.ops.kinds import bilinear, linear
from srcad.ops.linalg import float_dtype
from srcad.ops.scipy_calls import free_bind

# ---- what diagonals are multiplied with ----------------------------------------------


def scalar(t: Type) -> Type:
    """The type of an entry."""
    dtype = dtype_of(t)
    return UNKNOWN if dtype is None else Array(dtype, ())


def _joint(a: Type, b: Type) -> str | None:
    return dtype_of(elementwise_type(scalar(a), scalar(b)))


def times_type(ab: Type, x: Type, **_: Any) -> Type:
    """The type of a band matrix times x."""
    dims, dtype = dims_of(x), _joint(ab, x)
    return UNKNOWN if dims is None or dtype is None else Array(dtype, dims)


def _outer_type(y: Type, x: Type, lower: int = 0, upper: int = 0) -> Type:
    dims, dtype = dims_of(x), _joint(y, x)
    if not dims or dtype is None:
        return UNKNOWN
    return Array(dtype, (lower + upper + 1, dims[0]))


def _swapped(node: Node) -> dict[str, int]:
    """The params for the transposed matrix."""
    lower, upper = (node.params.get(k, 0) for k in ("lower", "upper"))
    return sides(upper, lower)


def sides(lower: int, upper: int) -> dict[str, int]:
    """The numbers of diagonals as params, of which zero is the default."""
    return {k: n for k, n in (("lower", lower), ("upper", upper)) if n}


# The diagonals of the transposed matrix. Undone by itself, with `lower` for `upper`.
turned_bands: Op = linear(
    "turned_bands",
    signature="ab, lower=0, upper=0",
    infer=lambda ab, lower=0, upper=0: ab,
    code="runtime.turned_bands(ab, upper)",
    transpose=lambda g, node: turned_bands(g, **_swapped(node)),
    domain=lambda: [at(spaced(-1, 1, (4, 5)), lower=1, upper=2)],
)
# The band matrix times x.
band_times: Op = bilinear(
    "band_times",
    signature="ab, x, lower=0, upper=0",
    infer=times_type,
    code="runtime.band_times(ab, x, upper)",
    transposes=(
        lambda g, node: matched(
            band_outer(g, node.inputs[1], **node.params), node.inputs[0]
        ),
        lambda g, node: matched(
            band_times(
                turned_bands(node.inputs[0], **node.params), g, **_swapped(node)
            ),
            node.inputs[1],
        ),
    ),
    domain=lambda: [
        at(spaced(-1, 1, (4, 5)), spaced(-1, 1, (5,)), lower=1, upper=2),
        at(spaced(-1, 1, (2, 3)), spaced(-1, 1, (3, 2)), lower=1),
    ],
)
# The diagonals of y x^T, summed over the columns of y and x.
band_outer: Op = bilinear(
    "band_outer",
    signature="y, x, lower=0, upper=0",
    infer=_outer_type,
    code="runtime.band_outer(y, x, lower, upper)",
    transposes=(
        lambda g, node: matched(
            band_times(g, node.inputs[1], **node.params), node.inputs[0]
        ),
        lambda g, node: matched(
            band_times(
                turned_bands(g, **node.params), node.inputs[0], **_swapped(node)
            ),
            node.inputs[1],
        ),
    ),
    domain=lambda: [
        at(spaced(-1, 1, (5,)), spaced(1, 2, (5,)), lower=1, upper=2),
        at(spaced(-1, 1, (3, 2)), spaced(1, 2, (3, 2)), lower=1),
    ],
)

# ---- solve_banded --------------------------------------------------------------------


def refuse_stacks(name: str, *values: Any) -> None:
    """Refuse stacks of matrices."""
    for value in values:
        dims = dims_of(value.type) if isinstance(value, Value) else None
        if dims is not None and len(dims) > 2:
            raise MissingRule(
                f"{name} has a derivative rule for arrays of at most two axes",
                hint="loop over the first axis",
            )


def _banded_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    asked = {"overwrite_ab": [False]}
    names = ["l_and_u", "ab", "b"]
    (given, ab, b), _ = free_bind("solve_banded", names, {}, asked)(args, kwargs)
    lower, upper = static(given, "solve_banded(l_and_u=...)")
    refuse_stacks("solve_banded", ab, b)
    return [ab, b], sides(lower, upper)


def solved_type(ab: Type, b: Type, **_: Any) -> Type:
    """The type of a solution of a band system."""
    dims, dtype = dims_of(b), float_dtype(scalar(ab), scalar(b))
    return UNKNOWN if dims is None or dtype is None else number_type(dtype, dims)


def _banded_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (ab, _), (change, db), x = node.inputs, ts, node.out
    total = None if change is None else -band_times(change, x, **node.params)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else solve_banded(ab, total, **node.params)]


def _banded_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (ab, b), x = node.inputs, node.out
    turned = turned_bands(ab, **node.params)
    y = solve_banded(turned, known(cts[0]), **_swapped(node))
    return [-matched(band_outer(y, x, **node.params), ab), matched(y, b)]


def by_scipy(name: str, arguments: Callable[..., Any]) -> Callable[..., Any]:
    """SciPy's own value of a call."""

    def expected(*inputs: Any) -> Any:
        return getattr(sys.modules["scipy.linalg"], name)(*arguments(*inputs))

    return expected


def dominant(rows: int, n: int, middle: int) -> Any:
    """Diagonals of a regular matrix, for sample points."""
    ab = spaced(-1, 1, (rows, n))
    ab[middle] += 4.0
    return ab


def _banded_point(lower: int, upper: int, *shape: int) -> Sample:
    call = by_scipy("solve_banded", lambda ab, b: ((lower, upper), ab, b))
    inputs = dominant(lower + upper + 1, shape[0], upper), spaced(-1, 1, shape)
    return Sample(inputs, sides(lower, upper), expected=call)


solve_banded: Op = custom(
    "solve_banded",
    calls=("scipy.linalg.solve_banded",),
    signature="ab, b, lower=0, upper=0",
    bind=_banded_bind,
    infer=solved_type,
    code=lambda node: (
        f"scipy.linalg.solve_banded(({node.params.get('lower', 0)}, "
        f"{node.params.get('upper', 0)}), ab, b)"
    ),
    jvp=_banded_jvp,
    vjp=_banded_vjp,
    domain=lambda: [
        _banded_point(1, 2, 5),
        _banded_point(1, 1, 4, 2),
        _banded_point(0, 1, 3),
    ],
)
