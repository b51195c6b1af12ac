"""Polynomials solved, fitted and multiplied: roots, polyfit, polymul.

The slope of a simple root r of p is -r**k / p'(r) by the coefficient of r**k; a
multiple root has none (the division gives inf).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, as_value
from srcad.ir.types import UNKNOWN, Array, Type, dtype_of, kind_of
from srcad.ops.axes import transpose
from srcad.ops.bodies import flat, length, part, rank_for
from srcad.ops.declare import Arguments, Op, is_none, static, zero
from srcad.ops.derived import derived
from srcad.ops.domain import at, spaced, value_at
from srcad.ops.elementary import sqrt
from srcad.ops.filters import convolve
from srcad.ops.fit import matched, sum_
from srcad.ops.formulas import by_tangent, entries
from srcad.ops.least import lstsq
from srcad.ops.linalg import inv
from srcad.ops.polynomials import polyder, powers, vander
from srcad.ops.products import outer
from srcad.ops.ranks import expand_dims
from srcad.ops.rearrange import take
from srcad.ops.sizes import bound, own_length

X = np.array([0.1, 0.5, 1.2, 1.9, 2.4])
Y = np.array([0.3, -0.5, 1.2, 0.8, -1.4])

# ---- roots ---------------------------------------------------------------------------


def _roots_type(p: Type) -> Type:
    dtype = dtype_of(p)
    if dtype is None or kind_of(p) != "complex":
        return UNKNOWN  # complex where a root is
    return Array(dtype, (own_length(),))


def _roots_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    (dp,) = ts
    if dp is None:
        return None
    p, r = node.inputs[0], node.out
    table = powers(r, length(p), increasing=False)
    slopes = part(table, 1, None, axis=1) @ polyder(p)
    return matched(-(table @ dp) / slopes, r)


roots: Op = by_tangent(
    "roots",
    calls=(np.roots,),
    signature="p",
    infer=_roots_type,
    code="np.roots(p)",
    tangent=_roots_tangent,
    domain=lambda: [
        at(np.array([1.5, -3.0, 0.7])),
        at(np.array([1.0, 0.5, 2.0, -0.3])),
        at(np.array([2.0, -1.0])),
        at(np.array([1.0 + 0.1j, -3.0 + 0.5j, 1.0])),
        value_at(np.array([0.0, 1.0, -3.0, 0.0])),
    ],
)

# ---- polyfit -------------------------------------------------------------------------


def _fit_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("x", "y", "deg", "rcond", "full", "w", "cov")
    given = bound(names, args, kwargs, "polyfit")
    if not is_none(given.get("rcond")):
        raise MissingRule("polyfit(rcond=...) has no derivative rule")
    if static(given.get("full", False), "polyfit(full=...)"):
        raise MissingRule(
            "polyfit(full=True) has no derivative rule",
            hint="use np.linalg.lstsq with np.vander",
        )
    degree = static(given["deg"], "polyfit(deg=...)")
    cov = static(given.get("cov", False), "polyfit(cov=...)")
    inputs = [given["x"], given["y"]]
    if not is_none(given.get("w")):
        inputs.append(given["w"])
    return inputs, {"deg": int(degree), **({"cov": cov} if cov else {})}


def _fitted(
    x: Value, y: Value, w: Value | None = None, deg: int = 0, cov: Any = False
) -> Any:
    """Least squares in columns of one length."""
    (rank,) = rank_for("polyfit", y)
    table = vander(x * 1.0, as_value(deg + 1))
    right = y
    if w is not None:
        table = table * expand_dims(w, axis=1)
        right = y * (expand_dims(w, axis=1) if rank == 2 else w)
    scale = sqrt(sum_(table * table, axis=0))
    table = table / scale
    found = entries(lstsq(table, right), 4)[0]
    wide = expand_dims(scale, axis=1) if rank == 2 else scale
    fit = matched(found / wide, found)
    if not cov:
        return fit
    base = inv(transpose(table) @ table) / outer(scale, scale)
    if cov == "unscaled":
        return fit, base
    left = right - table @ found
    factor = sum_(left * left, axis=0) / (length(x) - (deg + 1))
    return fit, (expand_dims(base, axis=2) if rank == 2 else base) * factor


def _fit_code(node: Node) -> str:
    weights = ", w=w" if len(node.inputs) > 2 else ""
    cov = ", cov=cov" if "cov" in node.params else ""
    return f"np.polyfit(x, y, deg{weights}{cov})"


def _expected(deg: int) -> Any:
    return lambda x, y, w=None: np.polyfit(x, y, deg, w=w)


polyfit: Op = derived(
    "polyfit",
    calls=(np.polyfit,),
    signature="x, y, w=None, deg=0, cov=False",
    inputs=("w",),
    bind=_fit_bind,
    code=_fit_code,
    body=_fitted,
    facts={"ranked": True},
    domain=lambda: [
        at(*inputs, deg=deg, expected=_expected(deg))
        for inputs, deg in (
            ((X, Y), 1),
            ((X, Y), 2),
            ((X, np.stack([Y, Y**2], axis=1)), 2),
            ((X, Y, np.array([0.5, 1.0, 2.0, 1.5, 0.7])), 1),
        )
    ],
)

# ---- polymul -------------------------------------------------------------------------

leading_places: Op = zero(
    "leading_places",
    signature="p",
    infer=lambda p: Array("int64", (own_length(),)),
    code="runtime.leading_places(p)",
    domain=lambda: [at(np.array([0.0, 1.5, 0.0])), at(np.zeros(2))],
)


def _polymul(a: Value, b: Value) -> Value:
    a, b = flat(a), flat(b)
    return convolve(take(a, leading_places(a)), take(b, leading_places(b)))


polymul: Op = derived(
    "polymul",
    calls=(np.polymul,),
    signature="a, b",
    code="np.polymul(a, b)",
    body=_polymul,
    facts={"ranked": True},
    domain=lambda: [
        at(spaced(-1, 1, (3,)), spaced(1, 2, (2,))),
        value_at(np.array([0.0, 1.0, 2.0]), np.array([0.0, 3.0])),
    ],
)
