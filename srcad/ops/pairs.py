"""Functions of several results: frexp, modf, divmod."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Tuple, Type, dims_of, number_type
from srcad.ops.arithmetic import floor_divide, remainder
from srcad.ops.containers import item, make_tuple
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.derived import macro
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.elementary import ldexp
from srcad.ops.fit import known, matched, zeros_of
from srcad.ops.ufunc import ufunc_type


def _types(second: str) -> Callable[..., Type]:
    """A pair: the first of the type of `np.trunc`, the second a float or a count."""
    first_type = ufunc_type(np.fabs)

    def infer(x: Type) -> Type:
        first, dims = first_type(x), dims_of(x)
        if second == "float" or first == UNKNOWN or dims is None:
            return Tuple((first, first if second == "float" else UNKNOWN))
        return Tuple((first, number_type(second, dims)))

    return infer


def _pair(
    name: str, second: str, slope: Callable[[Value, Node], Value], points: Any
) -> Op:
    """A function whose first result has a slope, and whose second has steps."""

    def jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
        if ts[0] is None:
            return [None]
        rest = item(node.out, key=1)
        rest = rest * 0 if name == "frexp" else zeros_of(rest)  # whole numbers stay
        return [make_tuple(slope(ts[0], node), rest)]

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        g = item(known(cts[0]), key=0)
        return [matched(slope(g, node), node.inputs[0])]

    return custom(
        name,
        calls=(getattr(np, name),),
        signature="x",
        infer=_types(second),
        jvp=jvp,
        vjp=vjp,
        domain=points,
    )


def _points() -> list[Sample]:
    x = spaced(1.2, 1.8, (2, 3))
    numbers = [Sample((v,), order=1) for v in (1.3, np.float64(-5.3))]
    return [at(x), at(-x[0]), at(x[0].astype(np.float32)), *numbers]


frexp = _pair(
    "frexp",
    "int32",
    lambda g, node: ldexp(g, -item(node.out, key=1)),
    _points,
)
modf = _pair("modf", "float", lambda g, node: g, _points)

# divmod(x, y) is x // y and x % y, also Python's.
divmod_: Op = macro(
    "divmod_",
    calls=(np.divmod, builtins.divmod),
    signature="x, y",
    body=lambda x, y: (floor_divide(x, y), remainder(x, y)),
    domain=lambda: [
        at(np.array([4.3, -5.2]), np.array([1.7, 1.6]), expected=np.divmod),
        at(4.3, 1.7, expected=divmod),
    ],
)
