"""Surfaces of B-splines: FITPACK's `bisplev`.

A surface is the sum of c[i, j] B_i(x) B_j(y): a spline in y whose coefficients are
splines in x. Outside of its knots FITPACK takes the value at the edge (P. Dierckx,
"Curve and Surface Fitting with Splines", 1993, section 2.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Value
from srcad.ir.types import Tuple, dims_of
from srcad.ops.axes import transpose
from srcad.ops.bodies import entry, length, rank_for
from srcad.ops.borders import less_by
from srcad.ops.bsplines import bs_value
from srcad.ops.choice import clip
from srcad.ops.declare import Arguments, Op, as_array, static
from srcad.ops.derived import macro
from srcad.ops.ranks import expand_dims
from srcad.ops.shapes import reshape
from srcad.ops.sizes import bound
from srcad.ops.splines import HOME
from srcad.ops.tuples import item


def _bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("x", "y", "tck", "dx", "dy"), args, kwargs, "bisplev")
    names = ("dx", "dy")
    orders = {n: static(given.get(n, 0), f"bisplev({n}=...)") for n in names}
    tck = given["tck"]
    if isinstance(tck, Value) and isinstance(tck.type, Tuple):
        tck = [item(tck, key=n) for n in range(len(tck.type.items))]
    if not isinstance(tck, (tuple, list)) or len(tck) != 5:
        raise MissingRule("bisplev: tck is a tuple (tx, ty, c, kx, ky)")
    tx, ty, c, kx, ky = tck
    arrays = [as_array(v) for v in (given["x"], given["y"], tx, ty, c)]
    return [*arrays, kx, ky], {n: order for n, order in orders.items() if order}


def _surface(
    x: Value,
    y: Value,
    tx: Value,
    ty: Value,
    c: Value,
    kx: Value,
    ky: Value,
    dx: int = 0,
    dy: int = 0,
) -> Value:
    ranks = rank_for("bisplev", x, y)
    if max(ranks) > 1 or any(dims_of(v.type) == (1,) for v in (x, y)):
        raise MissingRule("bisplev: x and y are numbers, or vectors of several entries")
    counts = [less_by(less_by(length(t), k), 1) for t, k in ((tx, kx), (ty, ky))]
    along_x = _within(reshape(c, *counts), x, tx, kx, counts[0], dx)
    if ranks[0]:
        along_x = transpose(along_x)
    found = _within(along_x, y, ty, ky, counts[1], dy)
    if ranks == [1, 0]:
        return expand_dims(found, axis=1)
    return transpose(found) if ranks == [1, 1] else found


def _within(c: Value, x: Value, t: Value, k: Value, count: Value, nu: int) -> Value:
    """The splines of coefficients c, at x or at the edge next to it."""
    inside = clip(x, entry(t, k), entry(t, count))
    return bs_value(t, c, k, inside, **({"nu": nu} if nu else {}))


bisplev: Op = macro(
    "bisplev",
    calls=(f"{HOME}.bisplev",),
    signature="x, y, tx, ty, c, kx, ky, dx=0, dy=0",
    bind=_bind,
    body=_surface,
)
