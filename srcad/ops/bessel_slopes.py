"""Derivatives of Bessel functions (`jvp` and so on), and scaled Hankel functions.

Source: DLMF 10.6.7 and 10.29.5. They are derivatives by the argument, and so each is
the one of the next order; by the order of the function there is no closed form.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import Type
from srcad.ops.declare import Arguments, Op, custom, static
from srcad.ops.domain import Sample, at, at_fixed, spaced
from srcad.ops.families import asked_type, neighbour, special
from srcad.ops.fit import known, matched
from srcad.ops.refused import no_partial
from srcad.ops.sizes import bound


def _bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("v", "z", "n"), args, kwargs, name)
        n = static(given.get("n", 1), f"{name}(n=...)")
        if not isinstance(n, int) or n < 0:
            raise MissingRule(f"{name}: the number of derivatives must be known")
        return [given["v"], given["z"]], {"n": n}

    return bind


def _slope(name: str) -> Op:
    def type_of(v: Type, z: Type, n: int = 1) -> Type:
        return asked_type(f"scipy.special.{name}", v, z, n=n)

    def slope(node: Node, g: Value) -> Value:
        v, z = node.inputs
        found: Value = g * op(v, z, n=node.params.get("n", 1) + 1)
        return found

    def jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
        by_order, by_argument = ts
        if by_order is not None:
            return [no_partial(name, "v")(by_order)]
        return [None if by_argument is None else slope(node, by_argument)]

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Any]:
        by_argument = matched(slope(node, known(cts[0])), node.inputs[1])
        return [no_partial(name, "v"), by_argument]

    def expected(n: int) -> Any:
        return lambda v, z: getattr(sys.modules["scipy.special"], name)(v, z, n)

    op = custom(
        f"special_{name}",
        calls=(f"scipy.special.{name}",),
        signature="v, z, n=1",
        bind=_bind(name),
        infer=type_of,
        code=f"scipy.special.{name}(v, z, n)",
        jvp=jvp,
        vjp=vjp,
        domain=lambda: [
            Sample((v, z), {"n": n}, expected=expected(n), fixed=(0,))
            for v, z, n in (
                (1, spaced(0.7, 3.0, (2, 2)), 1),
                (0, 1.3, 0),
                (1.5, spaced(0.7, 2.0, (3,)), 2),
            )
        ],
    )
    return op


for _name in ("jvp", "yvp", "ivp", "kvp", "h1vp", "h2vp"):
    _slope(_name)

# ---- Hankel functions times exp(-i * z) or exp(i * z) --------------------------------


def _scaled(name: str, turn: complex) -> Op:
    def slope(out: Value, v: Value, z: Value) -> Value:
        pair = op(neighbour(v, -1), z) - op(neighbour(v, 1), z)
        return 0.5 * pair + turn * out

    op = special(
        name,
        signature="v, z",
        partials=lambda out, v, z: [no_partial(name, "v"), slope(out, v, z)],
        domain=lambda: [
            at(1, 1.3),
            at(2, spaced(0.5, 4.0, (2, 3))),
            at_fixed((0,), 1.5, spaced(0.5, 4.0, (2,)) + 0.3j),
        ],
    )
    return op


hankel1e: Op = _scaled("hankel1e", -1j)
hankel2e: Op = _scaled("hankel2e", 1j)
