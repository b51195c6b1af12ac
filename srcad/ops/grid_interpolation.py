"""Lines between samples on a grid: `RegularGridInterpolator`, `map_coordinates`.

In each axis a place lies between two samples, and the value is the sum over the corners
of its cell, each weighed by the product of its shares; so it is linear in the samples,
and by the places smooth inside each cell.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import Tuple, dims_of
from srcad.ops.arithmetic import less_equal
from srcad.ops.bodies import ahead, cast_like, doubled, entry, length, rank_for
from srcad.ops.borders import places
from srcad.ops.choice import where
from srcad.ops.declare import Arguments, Op, as_array, is_none, static
from srcad.ops.derived import derived, macro
from srcad.ops.domain import Sample, spaced
from srcad.ops.fit import cast
from srcad.ops.index import getitem
from srcad.ops.library_classes import (
    array_part,
    known_part,
    library_class,
    object_of_class,
)
from srcad.ops.logic import logical_and
from srcad.ops.rearrange import take
from srcad.ops.rounding import floor
from srcad.ops.shapes import reshape
from srcad.ops.sizes import bound
from srcad.ops.splines import HOME, interval
from srcad.ops.tuples import item, make_tuple


def _corners(values: Value, low: Any, high: Any, shares: Sequence[Value]) -> Value:
    """The sum over the corners of cells, of which `low` and `high` tell the places."""
    ranks = rank_for("a grid", values, low[0])
    behind = ranks[0] - len(low)
    total: Value | None = None
    for corner in itertools.product((0, 1), repeat=len(low)):
        weight: Value | None = None
        for side, share in zip(corner, shares, strict=True):
            part = share if side else 1.0 - share
            weight = part if weight is None else weight * part
        index = [(high if side else low)[k] for k, side in enumerate(corner)]
        found = getitem(values, *index, layout=("at",) * len(low))
        assert weight is not None
        term = found * ahead(weight, behind)
        total = term if total is None else total + term
    assert total is not None
    return total


# ---- map_coordinates -----------------------------------------------------------------

MODES = {
    "constant": "nearest",
    "nearest": "nearest",
    "reflect": "reflect",
    "grid-mirror": "reflect",
    "mirror": "mirror",
    "grid-wrap": "wrap",
}


def _mapped(
    x: Value, where_: Value, order: int = 3, mode: str = "constant", cval: float = 0.0
) -> Value:
    (rank,) = rank_for("map_coordinates", x)
    low, high, shares, inside = [], [], [], None
    for k in range(rank):
        t, n = entry(where_, k), length(x, k)
        below = floor(t)
        first = cast(below, dtype="int64")
        low.append(places(first, n, MODES[mode]))
        high.append(places(first + literal(1), n, MODES[mode]))
        shares.append(t - below)
        here = logical_and(less_equal(literal(0.0), t), less_equal(t, n - literal(1)))
        inside = here if inside is None else logical_and(inside, here)
    found = _corners(x, low, high, shares)
    if mode == "constant":
        assert inside is not None
        found = where(inside, found, literal(float(cval)))
    return cast_like(found, x)


def _map_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("input", "coordinates", "output", "order", "mode", "cval", "prefilter")
    given = bound(names, args, kwargs, "map_coordinates")
    what = "map_coordinates(%s=...)"
    if not is_none(given.pop("output", None)):
        raise MissingRule("map_coordinates: output= has no derivative rule")
    static(given.pop("prefilter", True), what % "prefilter")  # nothing at order 1
    params = {k: static(given[k], what % k) for k in names[3:6] if k in given}
    if params.get("order", 3) != 1:
        raise MissingRule("map_coordinates: only order=1 has a derivative rule")
    if params.get("mode", "constant") not in MODES:
        raise MissingRule(f"map_coordinates(mode={params['mode']!r}) has no rule")
    return [as_array(given[k]) for k in names[:2]], params


def _map_sample(shape: tuple[int, ...], where_: Any, **params: Any) -> Sample:
    def expected(x: Any, t: Any) -> Any:
        return sys.modules["scipy.ndimage"].map_coordinates(x, t, order=1, **params)

    return Sample(
        (spaced(-1, 1, shape), where_), {"order": 1, **params}, expected=expected
    )


ROWS = np.array([[0.2, 1.7, 2.9, -0.6], [0.4, 0.8, 1.3, 3.7]])

map_coordinates: Op = derived(
    "map_coordinates",
    calls=("scipy.ndimage.map_coordinates",),
    signature="x, t, order=3, mode='constant', cval=0.0",
    bind=_map_bind,
    code="scipy.ndimage.map_coordinates(x, t, order=order, mode=mode, cval=cval)",
    body=_mapped,
    facts={"ranked": True},
    domain=lambda: [
        *(_map_sample((4, 3), ROWS, mode=m) for m in MODES),
        _map_sample((4,), ROWS[:1].reshape(1, 2, 2), cval=0.5),
    ],
)


# ---- grids with points of their own --------------------------------------------------


def _grid(
    values: Value, t: Value, *points: Value, fill: Any = None, raises: bool = True
) -> Value:
    low, high, shares, inside = [], [], [], None
    t = doubled(t)
    for k, p in enumerate(points):
        at = entry(t, k, -1)
        place = interval(p, at)
        after = place + literal(1)
        first, last = take(p, place), take(p, after)
        low.append(place)
        high.append(after)
        shares.append((at - first) / (last - first))
        ends = entry(p, 0), entry(p, -1)
        here = logical_and(less_equal(ends[0], at), less_equal(at, ends[1]))
        inside = here if inside is None else logical_and(inside, here)
    found = _corners(values, low, high, shares)
    if fill is None:
        return found
    assert inside is not None
    behind = rank_for("a grid", values)[0] - len(points)
    return where(ahead(inside, behind), found, literal(float(fill)))


def _grid_code(node: Node) -> str:
    count = len(node.inputs) - 2
    points = ", ".join(f"points{k}" for k in range(count))
    return (
        f"scipy.interpolate.interpn(({points},), values, t, bounds_error=raises, "
        f"fill_value={_fill_code(node.params.get('fill'))})"
    )


def _fill_code(fill: Any) -> str:
    return "np.nan" if fill is not None and np.isnan(fill) else repr(fill)


def _grid_sample(t: Any, *more: int, **params: Any) -> Sample:
    points = np.array([0.0, 0.5, 1.2, 2.0]), np.array([-1.0, 0.3, 0.9])

    def expected(values: Any, t: Any, *points: Any) -> Any:
        return sys.modules[HOME].interpn(
            points, values, t, bounds_error=False, fill_value=params.get("fill")
        )

    inputs = (spaced(-1, 1, (4, 3, *more)), t, *points)
    return Sample(inputs, {"raises": False, **params}, expected=expected)


grid_value: Op = derived(
    "grid_value",
    signature="values, t, *points, fill=None, raises=None",
    code=_grid_code,
    body=_grid,
    facts={"ranked": True},
    domain=lambda: [
        _grid_sample(np.array([[0.1, 0.2], [0.7, 0.5], [1.9, -0.6], [2.5, 1.4]])),
        _grid_sample(np.array([[[0.1, 0.2], [1.7, 0.5]]]), 2, fill=0.5),
    ],
)


def _points_of(given: Any, what: str) -> list[Any]:
    if isinstance(given, Value) and isinstance(given.type, Tuple):
        given = [item(given, key=k) for k in range(len(given.type.items))]
    if not isinstance(given, (tuple, list)):
        raise MissingRule(f"{what}: the points must be a tuple of arrays")
    return [as_array(p) for p in given]


def _where(given: Any, count: int, what: str) -> Value:
    """The places as an array with one column per axis of the grid."""
    if isinstance(given, tuple) and any(
        isinstance(v, Value) and dims_of(v.type) != () for v in given
    ):
        raise MissingRule(
            f"{what}: places in a tuple have no derivative rule",
            hint="stack them: np.stack((x, y), axis=-1)",
        )
    t: Value = as_array(given)
    return reshape(t, -1, count) if rank_for(what, t) == [1] else t


def _settings(given: Mapping[str, Any], what: str) -> dict[str, Any]:
    method = static(given.get("method", "linear"), f"{what}(method=...)")
    if method != "linear":
        raise MissingRule(f"{what}: only method='linear' has a derivative rule")
    raises = static(given.get("bounds_error", True), f"{what}(bounds_error=...)")
    fill = static(given.get("fill_value", float("nan")), f"{what}(fill_value=...)")
    return {"raises": bool(raises), "fill": None if fill is None else float(fill)}


def _interpn_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("points", "values", "xi", "method", "bounds_error", "fill_value")
    given = bound(names, args, kwargs, "interpn")
    points = _points_of(given["points"], "interpn")
    t = _where(given["xi"], len(points), "interpn")
    return [as_array(given["values"]), t, *points], _settings(given, "interpn")


interpn: Op = macro(
    "interpn",
    calls=(f"{HOME}.interpn",),
    signature="values, t, *points, fill=None, raises=True",
    bind=_interpn_bind,
    body=lambda values, t, *points, **params: grid_value(values, t, *points, **params),
)

GRID = "RegularGridInterpolator"
library_class(
    f"{HOME}.{GRID}",
    arrays=("grid", "values"),
    method=lambda grid: grid.method,
    raises=lambda grid: "yes" if grid.bounds_error else "no",
    fill=lambda grid: repr(None if grid.fill_value is None else float(grid.fill_value)),
)


def _made_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("points", "values", "method", "bounds_error", "fill_value")
    free: dict[str, list[Any]] = {"solver": [None], "solver_args": [None]}
    given = bound(names, args, kwargs, GRID, ignored=free)
    points = _points_of(given["points"], GRID)
    return [as_array(given["values"]), *points], _settings(given, GRID)


def _made(
    values: Value, *points: Value, fill: Any = None, raises: bool = True
) -> Value:
    from_points = make_tuple(*points)
    return object_of_class(
        f"{HOME}.{GRID}",
        {"grid": from_points, "values": values},
        method="linear",
        raises="yes" if raises else "no",
        fill=repr(fill),
    )


grid_made: Op = macro(
    "grid_made",
    calls=(f"{HOME}.{GRID}",),
    signature="values, *points, fill=None, raises=True",
    bind=_made_bind,
    body=_made,
)


def _call_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    free = {"nu": [None]}
    given = bound(("self", "xi", "method"), args, kwargs, GRID, ignored=free)
    grid, method = given["self"], given.get("method")
    usual = known_part(grid, "method", GRID)
    method = usual if is_none(method) else static(method, f"{GRID}(method=...)")
    if method != "linear":
        raise MissingRule(f"{GRID}: only method='linear' has a derivative rule")
    points = _points_of(array_part(grid, "grid"), GRID)
    fill = known_part(grid, "fill", GRID)
    params = {
        "fill": None if fill == "None" else float(fill),
        "raises": known_part(grid, "raises", GRID) == "yes",
    }
    t = _where(given["xi"], len(points), GRID)
    return [array_part(grid, "values"), t, *points], params


grid_call: Op = macro(
    "grid_call",
    calls=(f"{HOME}:{GRID}.__call__",),
    signature="values, t, *points, fill=None, raises=True",
    bind=_call_bind,
    body=lambda values, t, *points, **params: grid_value(values, t, *points, **params),
)
