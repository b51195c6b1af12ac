"""B-splines through points: `make_interp_spline`, and FITPACK's tuples.

The coefficients solve a banded system whose right-hand side is y, so they are linear in
y; the points x, and the knots that follow from them, are constants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import UNKNOWN, Array, Dict, Tuple, Type, dims_of
from srcad.ops.bodies import length, part, rank_for
from srcad.ops.borders import less_by
from srcad.ops.bsplines import bs_value, spline_facts, spline_of
from srcad.ops.declare import Arguments, Contribution, Op, as_array, custom, static
from srcad.ops.derived import macro
from srcad.ops.filled import zeros
from srcad.ops.fit import known, matched
from srcad.ops.joins import concatenate
from srcad.ops.refused import no_partial
from srcad.ops.sizes import bound
from srcad.ops.sizes import length as length_of
from srcad.ops.splines import HOME
from srcad.ops.tridiagonal import doubled_dtype
from srcad.ops.tuples import item, make_tuple


def _refusing(op_name: str) -> Any:
    return no_partial(op_name, "x")


def _through_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    x, op = node.inputs[0], node.op
    if ts[0] is not None:
        _refusing("make_interp_spline")(None)
    assert isinstance(op, Op)
    return [None if ts[1] is None else op(x, ts[1], *node.inputs[2:], **node.params)]


def _through_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    x, y = node.inputs
    back = through_back(x, known(cts[0]), **node.params)
    return [_refusing("make_interp_spline"), matched(back, y)]


def _back_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    x, g = node.inputs
    found = through(x, known(cts[0]), **node.params)
    return [_refusing("make_interp_spline"), matched(found, g)]


# The coefficients of the spline through points, linear in y; and the transpose.
through: Op = custom(
    "through",
    signature="x, y, k=3, bc=None",
    infer=lambda x, y, k=3, bc=None: _points_type(x, y, bc),
    code="scipy.interpolate.make_interp_spline(x, y, k=k, bc_type=bc).c",
    jvp=_through_jvp,
    vjp=_through_vjp,
)
through_back: Op = custom(
    "through_back",
    signature="x, g, k=3, bc=None",
    infer=lambda x, g, k=3, bc=None: _back_type(x, g),
    code="runtime.through_back(scipy.interpolate.make_interp_spline, x, g, k=k, bc=bc)",
    jvp=_through_jvp,
    vjp=_back_vjp,
)


def _points_type(x: Type, y: Type, bc: Any) -> Type:
    dx, dy = dims_of(x), dims_of(y)
    if dx is None or dy is None:
        return UNKNOWN
    count = dx[0] if bc is None else length_of(UNKNOWN)
    return Array(doubled_dtype(y), (count, *dy[1:]))


def _back_type(x: Type, g: Type) -> Type:
    dx, dg = dims_of(x), dims_of(g)
    if dx is None or dg is None:
        return UNKNOWN
    return Array(doubled_dtype(g), (dx[0], *dg[1:]))


def _knots_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    return [_refusing("make_interp_spline")]


def _knots_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is not None:
        _refusing("make_interp_spline")(None)
    return [None]


# The knots of the spline through points.
through_knots: Op = custom(
    "through_knots",
    signature="x, k=3, bc=None",
    infer=lambda x, k=3, bc=None: Array("float64", (length_of(UNKNOWN),)),
    code="scipy.interpolate.make_interp_spline(x, 0.0 * x, k=k, bc_type=bc).t",
    jvp=_knots_jvp,
    vjp=_knots_vjp,
)


def _interpolated(
    x: Value, y: Value, k: int = 3, bc_type: Any = None, axis: int = 0
) -> Value:
    (rank,) = rank_for("make_interp_spline", y)
    if axis % rank:
        raise MissingRule("make_interp_spline: only axis=0 has a rule")
    params: dict[str, Any] = {} if k == 3 else {"k": k}
    params |= {} if bc_type is None else {"bc": bc_type}
    return spline_of(through_knots(x, **params), through(x, y, **params), k)


def _interpolated_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    name = "make_interp_spline"
    free: dict[str, list[Any]] = {"t": [None], "check_finite": [True, False]}
    kwargs = {**dict(zip(("x", "y", "k", "t"), args, strict=False)), **kwargs}
    names = ("x", "y", "k", "bc_type", "axis")
    given = bound(names, (), kwargs, name, ignored=free)
    params: dict[str, Any] = {
        n: static(given[n], f"{name}({n}=...)") for n in names[2:] if n in given
    }
    if params.get("bc_type") == "not-a-knot":
        del params["bc_type"]
    if params.get("bc_type") not in (None, "natural", "clamped"):
        raise MissingRule(f"{name}: bc_type is None, 'natural' or 'clamped'")
    return [as_array(given["x"]), as_array(given["y"])], params


make_interp_spline: Op = macro(
    "make_interp_spline",
    calls=(f"{HOME}.make_interp_spline",),
    signature="x, y, k=3, bc_type=None, axis=0",
    bind=_interpolated_bind,
    body=_interpolated,
)


# ---- FITPACK's tuples ----------------------------------------------------------------


def _splev_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("x", "tck", "der", "ext"), args, kwargs, "splev")
    if static(given.get("ext", 0), "splev(ext=...)") not in (0, 2):
        raise MissingRule("splev: ext is 0 or 2")
    der, tck = static(given.get("der", 0), "splev(der=...)"), given["tck"]
    params = {"nu": der} if der else {}
    if isinstance(tck, Value) and isinstance(tck.type, Dict):
        t, c, k, *_ = spline_facts(tck)
        return [t, c, literal(k), as_array(given["x"])], params
    if isinstance(tck, Value) and isinstance(tck.type, Tuple):
        tck = [item(tck, key=n) for n in range(len(tck.type.items))]
    if not isinstance(tck, (tuple, list)) or len(tck) != 3:
        raise MissingRule("splev: tck is a tuple (t, c, k) or a BSpline")
    return [as_array(tck[0]), as_array(tck[1]), tck[2], as_array(given["x"])], params


def _splev(t: Value, c: Value, k: Value, x: Value, nu: int = 0) -> Value:
    c = part(c, None, less_by(less_by(length(t), k), 1))
    return bs_value(t, c, k, x, **({"nu": nu} if nu else {}))


# FITPACK keeps more coefficients than the knots tell; the last ones do not count.
splev: Op = macro(
    "splev",
    calls=(f"{HOME}.splev",),
    signature="t, c, k, x, nu=0",
    bind=_splev_bind,
    body=_splev,
)


def _splrep_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    free: dict[str, list[Any]] = {
        **{k: [None] for k in ("w", "xb", "xe", "t")},
        **{k: [0] for k in ("task", "full_output", "per")},
        "s": [None, 0, 0.0],
        "quiet": [0, 1],
    }
    order = ("x", "y", "w", "xb", "xe", "k", "task", "s", "t", "full_output", "per")
    kwargs = {**dict(zip(order, args, strict=False)), **kwargs}
    given = bound(("x", "y", "k"), (), kwargs, "splrep", ignored=free)
    k = static(given.get("k", 3), "splrep(k=...)")
    if k % 2 == 0:
        raise MissingRule("splrep: the degree k is odd")
    return [as_array(given["x"]), as_array(given["y"])], {"k": k}


def _splrep(x: Value, y: Value, k: int = 3) -> Value:
    params = {} if k == 3 else {"k": k}
    c = concatenate(through(x, y, **params), zeros(literal(k + 1)))
    return make_tuple(through_knots(x, **params), c, literal(k))


# Without smoothing it is the spline through points, with zeros behind the coefficients.
splrep: Op = macro(
    "splrep",
    calls=(f"{HOME}.splrep",),
    signature="x, y, k=3",
    bind=_splrep_bind,
    body=_splrep,
)
