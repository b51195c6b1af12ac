"""Products of vectors, one per row: cross, vecdot, matvec, vecmat; kron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Value
from srcad.ops.axes import moveaxis
from srcad.ops.bodies import entry, length, rank_for
from srcad.ops.complexes import conj_of
from srcad.ops.declare import Arguments, Op, static
from srcad.ops.derived import derived, macro
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import sum_
from srcad.ops.ranks import expand_dims, squeeze
from srcad.ops.shapes import reshape
from srcad.ops.sizes import bound
from srcad.ops.stacks import stack

# ---- cross ---------------------------------------------------------------------------


def _cross(
    a: Value, b: Value, axisa: int = -1, axisb: int = -1, axisc: int = -1
) -> Value:
    x = [entry(a, k, axisa) for k in range(3)]
    y = [entry(b, k, axisb) for k in range(3)]
    turns = ((1, 2), (2, 0), (0, 1))
    parts = [x[i] * y[j] - x[j] * y[i] for i, j in turns]
    return stack(*parts, axis=axisc)


def _cross_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("a", "b", "axisa", "axisb", "axisc", "axis")
    given = bound(names, args, kwargs, "cross")
    axis = static(given.get("axis"), "cross(axis=...)")
    params = {k: static(given.get(k, -1), f"cross({k}=...)") for k in names[2:5]}
    if axis is not None:
        params = dict.fromkeys(params, axis)
    return [given["a"], given["b"]], {k: v for k, v in params.items() if v != -1}


# Of vectors of three entries: those of two, which NumPy is about to give up, raise.
cross: Op = derived(
    "cross",
    calls=(np.cross,),
    signature="a, b, axisa=-1, axisb=-1, axisc=-1",
    bind=_cross_bind,
    code="np.cross(a, b, axisa=axisa, axisb=axisb, axisc=axisc)",
    body=_cross,
    domain=lambda: [
        at(spaced(-1, 1, (3,)), spaced(1, 2, (3,))),
        at(spaced(-1, 1, (2, 3)), spaced(1, 2, (2, 3))),
        at(spaced(-1, 1, (2, 3)), spaced(1, 2, (3,))),
        at(spaced(-1, 1, (3, 2)), spaced(1, 2, (3, 2)), axisa=0, axisb=0, axisc=0),
    ],
)

# ---- rows of vectors and matrices ----------------------------------------------------


def _vecdot(x: Value, y: Value, axis: int = -1) -> Value:
    return sum_(conj_of(x) * y, axis=axis)


def _matvec(x: Value, v: Value) -> Value:
    return squeeze(x @ expand_dims(v, axis=-1), axis=-1)


def _vecmat(v: Value, x: Value) -> Value:
    return squeeze(expand_dims(conj_of(v), axis=-2) @ x, axis=-2)


def _product(name: str, signature: str, body: Any, *shapes: Any, **facts: Any) -> Any:
    """A ufunc of newer versions of NumPy, where this one has it."""
    function = getattr(np, name, None)

    def points() -> list[Sample]:
        found = []
        for first, second in shapes if function is not None else ():
            x, y = spaced(-1, 1, first), spaced(1, 2, second)
            found += [at(x, y), at(x + 0.5j, y - 1j)]
        return found

    calls = () if function is None else (function,)
    return derived(
        name,
        calls=calls,
        signature=signature,
        body=body,
        domain=points,
        **facts,
    )


vecdot = _product(
    "vecdot",
    "x, y, axis=-1",
    _vecdot,
    ((3,), (3,)),
    ((2, 3), (3,)),
)
matvec = _product("matvec", "x, v", _matvec, ((2, 3), (3,)), ((2, 2, 3), (2, 3)))
vecmat = _product("vecmat", "v, x", _vecmat, ((3,), (3, 2)), ((2, 3), (2, 3, 2)))

# ---- kron ----------------------------------------------------------------------------


def _kron(a: Value, b: Value) -> Value:
    """Each axis of the result runs over one of a, and within it over one of b."""
    ranks = rank_for("kron", a, b)
    rank = max(ranks)
    first, second = (
        expand_dims(x, axis=tuple(range(rank - r))) if r < rank else x
        for x, r in zip((a, b), ranks, strict=True)
    )
    sizes = [length(first, k) * length(second, k) for k in range(rank)]
    wide = expand_dims(first, axis=tuple(range(1, 2 * rank, 2)))
    fine = expand_dims(second, axis=tuple(range(0, 2 * rank, 2)))
    return reshape(wide * fine, *sizes) if rank else wide * fine


kron: Op = derived(
    "kron",
    calls=(np.kron,),
    signature="a, b",
    body=_kron,
    facts={"ranked": True},
    domain=lambda: [
        at(spaced(-1, 1, (2,)), spaced(1, 2, (3,))),
        at(spaced(-1, 1, (2, 3)), spaced(1, 2, (2, 2))),
        at(spaced(-1, 1, (2,)), spaced(1, 2, (2, 2))),
    ],
)


# ---- turns ---------------------------------------------------------------------------


def _rolled_axis(x: Value, axis: int = 0, start: int = 0) -> Value:
    (rank,) = rank_for("rollaxis", x)
    axis, start = axis % rank, start + rank if start < 0 else start
    return moveaxis(x, a=axis, b=start - 1 if axis < start else start)


rollaxis: Op = macro(
    "rollaxis",
    calls=(np.rollaxis,),
    signature="x, axis=None, start=0",
    body=_rolled_axis,
    facts={"ranked": True},
    domain=lambda: [
        at(spaced(-1, 1, (2, 3, 2)), axis=2),
        at(spaced(-1, 1, (2, 3, 2)), axis=0, start=2),
    ],
)
