"""Bessel functions: j, y, i, k, Hankel, Struve, spherical.

Each derivative is by the argument, written with neighbouring orders so that it is
smooth at 0; by the order there is no closed form. Source: DLMF 10.6, 10.29, 10.51,
11.4.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import kind_of
from srcad.ops.arithmetic import quotient
from srcad.ops.declare import Arguments, Op, custom, static
from srcad.ops.domain import Domain, Sample, at, at_fixed, spaced, unary
from srcad.ops.families import neighbour, special
from srcad.ops.fit import known, matched
from srcad.ops.gammas import rgamma
from srcad.ops.linalg import double_only
from srcad.ops.refused import Refused, no_partial
from srcad.ops.rounding import sign
from srcad.ops.sizes import bound
from srcad.ops.ufunc import floating

Slope = Callable[[Value, Value, Value], Any]

# ---- any order -----------------------------------------------------------------------


def _orders(lo: float, hi: float, holomorphic: bool = True) -> Domain:
    def points() -> list[Any]:
        found = [
            at(1, float(spaced(lo, hi, (1,))[0])),
            at(2, spaced(lo, hi, (2, 3))),
            at_fixed((0,), 0.5, spaced(lo, hi, (3,))),
        ]
        if holomorphic:
            found.append(at_fixed((0,), 1.5, spaced(lo, hi, (2,)) + 0.3j))
        return found

    return points


def _of_order(name: str, slope: Slope, domain: Domain, argument: str = "v") -> Op:
    """A function of an order and a number; `slope(out, v, z)` by the number."""
    return special(
        name,
        signature="v, z",
        partials=lambda out, v, z: [no_partial(name, argument), slope(out, v, z)],
        domain=domain,
    )


def _difference(f: Callable[[], Op]) -> Slope:
    """(f of the order below - f of the order above) / 2."""
    return lambda out, v, z: 0.5 * (f()(neighbour(v, -1), z) - f()(neighbour(v, 1), z))


def _mean(f: Callable[[], Op]) -> Slope:
    return lambda out, v, z: 0.5 * (f()(neighbour(v, -1), z) + f()(neighbour(v, 1), z))


jv: Op = _of_order("jv", _difference(lambda: jv), _orders(0.5, 6.0))
yv: Op = _of_order("yv", _difference(lambda: yv), _orders(0.5, 6.0))
yn: Op = _of_order(
    "yn",
    _difference(lambda: yn),
    lambda: [at(1, 2.5), at(2, spaced(0.5, 6.0, (2, 3)))],
    argument="n",
)
iv: Op = _of_order("iv", _mean(lambda: iv), _orders(0.5, 3.0))
kv: Op = _of_order(
    "kv",
    lambda out, v, z: -0.5 * (kv(neighbour(v, -1), z) + kv(neighbour(v, 1), z)),
    _orders(0.5, 3.0),
)
kn: Op = _of_order(
    "kn",
    lambda out, v, z: -0.5 * (kn(neighbour(v, -1), z) + kn(neighbour(v, 1), z)),
    lambda: [at(1, 2.5), at(2, spaced(0.5, 3.0, (2, 3)))],
    argument="n",
)
hankel1: Op = _of_order("hankel1", _difference(lambda: hankel1), _orders(0.5, 4.0))
hankel2: Op = _of_order("hankel2", _difference(lambda: hankel2), _orders(0.5, 4.0))

# ---- exponentially scaled: real arguments, as the scale is not holomorphic -----------

_REAL = _orders(0.5, 3.0, holomorphic=False)


def _real_only(name: str, slope: Slope) -> Slope:
    def checked(out: Value, v: Value, z: Value) -> Any:
        if kind_of(z.type) == "complex":
            return Refused(f"{name} of complex numbers has no derivative rule")
        return slope(out, v, z)

    return checked


jve: Op = _of_order("jve", _real_only("jve", _difference(lambda: jve)), _REAL)
yve: Op = _of_order("yve", _real_only("yve", _difference(lambda: yve)), _REAL)
ive: Op = _of_order(
    "ive",
    _real_only(
        "ive",
        lambda out, v, z: _mean(lambda: ive)(out, v, z) - sign(z) * out,
    ),
    _REAL,
)
kve: Op = _of_order(
    "kve",
    lambda out, v, z: out - 0.5 * (kve(neighbour(v, -1), z) + kve(neighbour(v, 1), z)),
    _orders(0.5, 3.0),
)

# ---- orders 0 and 1 ------------------------------------------------------------------

j0: Op = special("j0", partials=lambda out, x: [-j1(x)], domain=unary(-4.0, 4.0))
j1: Op = special(
    "j1",
    partials=lambda out, x: [0.5 * (j0(x) - jv(2, x))],
    domain=lambda: [*unary(-4.0, 4.0)(), at(0.0)],
)
y0: Op = special("y0", partials=lambda out, x: [-y1(x)], domain=unary(0.5, 5.0))
y1: Op = special(
    "y1",
    partials=lambda out, x: [0.5 * (y0(x) - yn(2, x))],
    domain=unary(0.5, 5.0),
)
i0: Op = special(
    "i0_",
    target="i0",
    code="scipy.special.i0(x)",
    partials=lambda out, x: [i1(x)],
    domain=unary(-3.0, 3.0),
)
i1: Op = special(
    "i1",
    partials=lambda out, x: [0.5 * (i0(x) + iv(2, x))],
    domain=lambda: [*unary(-3.0, 3.0)(), at(0.0)],
)
i0e: Op = special(
    "i0e",
    partials=lambda out, x: [i1e(x) - sign(x) * out],
    domain=unary(-3.0, 3.0),
)
i1e: Op = special(
    "i1e",
    partials=lambda out, x: [0.5 * (i0e(x) + ive(2, x)) - sign(x) * out],
    domain=unary(-3.0, 3.0),
)
k0: Op = special("k0", partials=lambda out, x: [-k1(x)], domain=unary(0.5, 3.0))
k1: Op = special(
    "k1",
    partials=lambda out, x: [lambda g: -g * k0(x) - quotient(g * out, x)],
    domain=unary(0.5, 3.0),
)
k0e: Op = special("k0e", partials=lambda out, x: [out - k1e(x)], domain=unary(0.5, 3.0))
k1e: Op = special(
    "k1e",
    partials=lambda out, x: [
        lambda g: g * (out - k0e(x)) - quotient(g * out, x),
    ],
    domain=unary(0.5, 3.0),
)

# ---- Struve --------------------------------------------------------------------------


def _struve_term(v: Value, x: Value) -> Value:
    return (0.5 * x) ** v * rgamma(neighbour(v, 1.5)) / math.sqrt(math.pi)


struve: Op = special(
    "struve",
    signature="v, x",
    partials=lambda out, v, x: [
        no_partial("struve", "v"),
        0.5
        * (
            struve(neighbour(v, -1), x)
            - struve(neighbour(v, 1), x)
            + _struve_term(v, x)
        ),
    ],
    domain=_orders(0.5, 4.0, holomorphic=False),
)
modstruve: Op = special(
    "modstruve",
    signature="v, x",
    partials=lambda out, v, x: [
        no_partial("modstruve", "v"),
        0.5
        * (
            modstruve(neighbour(v, -1), x)
            + modstruve(neighbour(v, 1), x)
            + _struve_term(v, x)
        ),
    ],
    domain=_orders(0.5, 3.0, holomorphic=False),
)

# ---- spherical -----------------------------------------------------------------------


def _spherical_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("n", "z", "derivative"), args, kwargs, name)
        n = static(given["n"], f"{name}(n=...)")
        if static(given.get("derivative", False), f"{name}(derivative=...)"):
            raise MissingRule(f"{name}(derivative=True) has no derivative rule")
        if not isinstance(n, int):
            raise MissingRule(f"{name}: the order must be one known integer")
        return [given["z"]], {"n": n}

    return bind


def _spherical(name: str, up: float, signs: tuple[float, float]) -> Op:
    """The recurrence (2n + 1) f' = a * n * f[n - 1] + b * (n + 1) * f[n + 1]."""

    def slope(node: Node) -> Value:
        (z,), n = node.inputs, node.params["n"]
        if n == 0:
            first: Value = op(z, n=1)
            return first if up > 0 else -first
        below = op(z, n=n - 1) * (signs[0] * n / (2 * n + 1))
        found: Value = below + op(z, n=n + 1) * (signs[1] * (n + 1) / (2 * n + 1))
        return found

    op: Op = custom(
        name,
        calls=(f"scipy.special.{name}",),
        signature="z, n=None",
        bind=_spherical_bind(name),
        infer=lambda z, n: double_only(floating(z)),
        code=f"scipy.special.{name}(n, z)",
        jvp=lambda node, ts: [None if ts[0] is None else ts[0] * slope(node)],
        vjp=lambda node, cts: [matched(known(cts[0]) * slope(node), node.inputs[0])],
        domain=lambda: [
            Sample((spaced(0.5, 4.0, shape),), {"n": n}, expected=_expected(name, n))
            for n, shape in ((0, (3,)), (1, (2, 2)), (2, (3,)))
        ],
    )
    return op


def _expected(name: str, n: int) -> Any:
    return lambda z: getattr(sys.modules["scipy.special"], name)(n, z)


spherical_jn: Op = _spherical("spherical_jn", -1.0, (1.0, -1.0))
spherical_yn: Op = _spherical("spherical_yn", -1.0, (1.0, -1.0))
spherical_in: Op = _spherical("spherical_in", 1.0, (1.0, 1.0))
spherical_kn: Op = _spherical("spherical_kn", -1.0, (-1.0, -1.0))
