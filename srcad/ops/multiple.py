"""Broadcasting functions of `scipy.special` that give several numbers at once.

    airy = several("airy", "z", 4, lambda outs, z: [[outs[1], z * outs[0], ...]])

`partials(outs, *inputs)` gives, for each input, one partial per output, as those of
`elementwise` are: a value or number, a function of g, `Refused`, or None for zero; or
`Refused` for all outputs at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import UNKNOWN, Type
from srcad.ops.declare import Contribution, Infer, Op, declared
from srcad.ops.domain import Domain
from srcad.ops.fit import matched, shaped_like
from srcad.ops.kinds import scaled, weighed
from srcad.ops.refused import Refused
from srcad.ops.ufunc import ufunc_types

Partials = Callable[..., Sequence[Any]]


def _types(name: str, outputs: int) -> Infer:
    """By the ufunc, once it is imported."""

    def infer(*types: Type) -> tuple[Type, ...]:
        ufunc = getattr(sys.modules.get("scipy.special"), name, None)
        if isinstance(ufunc, np.ufunc):
            return ufunc_types(ufunc, *types)
        return (UNKNOWN,) * outputs

    return infer


def several(
    name: str,
    signature: str,
    outputs: int,
    partials: Partials,
    domain: Domain,
    **facts: Any,
) -> Op:
    """A function of `scipy.special` with several outputs."""

    def weights(node: Node) -> list[Sequence[Any]]:
        found = partials(node.outputs, *node.inputs)
        return [(w,) * outputs if isinstance(w, Refused) else w for w in found]

    def jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
        totals: list[Value | None] = [None] * outputs
        for row, t in zip(weights(node), tangents, strict=True):
            for k, weight in enumerate(row):
                if t is not None and weight is not None:
                    term, before = scaled(t, weight), totals[k]
                    totals[k] = term if before is None else before + term
        pairs = zip(totals, node.outputs, strict=True)
        return [None if t is None else shaped_like(t, out) for t, out in pairs]

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        return [
            None if isinstance(x, Literal) else _gathered(row, cts, x)
            for row, x in zip(weights(node), node.inputs, strict=True)
        ]

    return declared(
        Op(
            name,
            signature,
            _types(name, outputs),
            None,
            calls=(f"scipy.special.{name}",),
            jvp=jvp,
            vjp=vjp,
            outputs=outputs,
            domain=domain,
            **facts,
        )
    )


def _gathered(
    row: Sequence[Any], cts: Sequence[Value | None], x: Value
) -> Contribution:
    """What the cotangents of all outputs give to one input."""
    total: Value | None = None
    for weight, g in zip(row, cts, strict=True):
        if weight is None or g is None:
            continue
        if isinstance(weight, Refused):
            return weight
        term = matched(weighed(g, weight), x)
        total = term if total is None else total + term
    return total
