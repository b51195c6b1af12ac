"""Discrete convolution and correlation of vectors.

The full convolution has two transposes, both of them the part of a convolution where
the vectors overlap in whole; and the transposes of that part are again of the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Value, as_value
from srcad.ir.sizes import combined, shifted
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, dtype_of, elementwise_type
from srcad.ops.arithmetic import floor_divide
from srcad.ops.bodies import length, minus, part
from srcad.ops.choice import max_of, min_of
from srcad.ops.complexes import conj_of
from srcad.ops.declare import Arguments, Op, static
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.fit import known, matched
from srcad.ops.kinds import bilinear
from srcad.ops.rearrange import flip
from srcad.ops.sizes import bound

MODES = ("full", "same", "valid")


def _full_type(a: Type, v: Type) -> Type:
    da, dv, dtype = dims_of(a), dims_of(v), dtype_of(elementwise_type(a, v))
    if not da or not dv or dtype is None:
        return UNKNOWN
    return Array(dtype, (shifted(combined("+", da[0], dv[0]), -1),))


def _whole_type(a: Type, v: Type) -> Type:
    found = _full_type(a, v)
    return found if found == UNKNOWN else Array(dtype_of(found) or "", (_own(a, v),))


def _own(a: Type, v: Type) -> Any:
    da, dv = dims_of(a) or (1,), dims_of(v) or (1,)
    if isinstance(da[0], int) and isinstance(dv[0], int):
        return abs(da[0] - dv[0]) + 1
    return shifted(combined("-", da[0], dv[0]), 1)


# All of the convolution.
convolved: Op = bilinear(
    "convolved",
    signature="a, v",
    infer=_full_type,
    code="np.convolve(a, v)",
    transposes=(
        lambda g, node: matched(
            overlapped(known(g), flip(node.inputs[1])), node.inputs[0]
        ),
        lambda g, node: matched(
            overlapped(known(g), flip(node.inputs[0])), node.inputs[1]
        ),
    ),
    domain=lambda: [
        at(spaced(-1, 1, (4,)), spaced(1, 2, (2,))),
        at(spaced(-1, 1, (2,)), spaced(1, 2, (3,))),
    ],
)

# Where v overlaps the longer vector a in whole.
overlapped: Op = bilinear(
    "overlapped",
    signature="a, v",
    infer=_whole_type,
    code="np.convolve(a, v, 'valid')",
    transposes=(
        lambda g, node: matched(
            convolved(known(g), flip(node.inputs[1])), node.inputs[0]
        ),
        lambda g, node: matched(
            flip(overlapped(node.inputs[0], flip(known(g)))), node.inputs[1]
        ),
    ),
    domain=lambda: [
        at(spaced(-1, 1, (4,)), spaced(1, 2, (2,))),
        at(spaced(-1, 1, (3,)), spaced(1, 2, (3,))),
    ],
)


def _bind(name: str, usual: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("a", "v", "mode"), args, kwargs, name)
        mode = static(given.get("mode", usual), f"{name}(mode=...)")
        if mode not in MODES:
            raise MissingRule(f"{name}(mode={mode!r}) has no derivative rule")
        return [given["a"], given["v"]], {} if mode == usual else {"mode": mode}

    return bind


def _cut(full: Value, a: Value, v: Value, mode: str, later: bool = False) -> Value:
    """The part of a full convolution that a mode keeps.

    later : whether `same` is one entry later where a is the shorter, as it is in a
        correlation, which then changes the places of the two.
    """
    if mode == "full":
        return full
    sizes = [length(a), length(v)]
    short, long = _least(*sizes), _most(*sizes)
    if mode == "valid":
        return part(full, minus(short, 1), long)
    least = _least(sizes[0], minus(sizes[1], 1)) if later else minus(short, 1)
    start = _half(least)
    return part(full, start, start + long)


def _known(*sizes: Value) -> list[Any] | None:
    found = [n.value for n in sizes if isinstance(n, Literal)]
    return found if len(found) == len(sizes) else None


def _least(m: Value, n: Value) -> Value:
    both = _known(m, n)
    return min_of(m, n) if both is None else as_value(min(both))


def _most(m: Value, n: Value) -> Value:
    both = _known(m, n)
    return max_of(m, n) if both is None else as_value(max(both))


def _half(n: Value) -> Value:
    return as_value(n.value // 2) if isinstance(n, Literal) else floor_divide(n, 2)


def _convolve(a: Value, v: Value, mode: str = "full") -> Value:
    return _cut(convolved(a, v), a, v, mode)


def _correlate(a: Value, v: Value, mode: str = "valid") -> Value:
    return _cut(convolved(a, conj_of(flip(v))), a, v, mode, later=True)


def _points(name: str) -> Any:
    def points() -> list[Sample]:
        long, short = spaced(-1, 1, (5,)), spaced(1, 2, (2,))
        found = [
            at(x, y, **({"mode": mode} if mode else {}))
            for mode in ("", *MODES)
            for x, y in ((long, short), (short, long), (long, spaced(1, 2, (3,))))
        ]
        return [
            *found,
            at(long + 1j, short - 2j, mode="same"),
            at(long.astype(np.float32), short.astype(np.float32)),
            value_at(long[:1], short[:1]),
        ]

    return points


def _filter(name: str, usual: str, body: Any) -> Op:
    return derived(
        name,
        calls=(getattr(np, name),),
        signature=f"a, v, mode={usual!r}",
        bind=_bind(name, usual),
        code=f"np.{name}(a, v, mode=mode)",
        body=body,
        domain=_points(name),
    )


convolve = _filter("convolve", "full", _convolve)
correlate = _filter("correlate", "valid", _correlate)
