"""`scipy.interpolate.interp1d`: lines and splines through points, with fill values.

Between two points the value is on the line through them; splines are those of
`make_interp_spline`, whose points are constants. Points are put in order first.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ops.arithmetic import less
from srcad.ops.bodies import ahead, entry, rank_for
from srcad.ops.bsplines import bs_value
from srcad.ops.choice import where
from srcad.ops.declare import Arguments, Op, as_array, is_none, static
from srcad.ops.derived import derived, macro
from srcad.ops.domain import Sample, spaced
from srcad.ops.library_classes import (
    array_part,
    known_part,
    library_class,
    object_of_class,
)
from srcad.ops.order import argsort
from srcad.ops.rearrange import take
from srcad.ops.sizes import bound
from srcad.ops.splines import HOME, interval
from srcad.ops.through_points import through, through_knots

SPLINES = {"slinear": 1, "quadratic": 2, "cubic": 3}
EXTRAPOLATE = "extrapolate"


def _value(
    x: Value,
    y: Value,
    t: Value,
    kind: str = "linear",
    fill: Any = None,
    raises: Any = 0,
) -> Value:
    behind = rank_for("interp1d", y)[0] - 1
    order = argsort(x)
    x, y = take(x, order), take(y, order, axis=0)
    if kind == "linear":
        place = interval(x, t)
        after = place + literal(1)
        first, last = take(x, place), take(x, after)
        share = ahead((t - first) / (last - first), behind)
        found = take(y, place, axis=0) * (1.0 - share) + take(y, after, axis=0) * share
    else:
        k = SPLINES[kind]
        params = {} if k == 3 else {"k": k}
        c = through(x, y, **params)
        found = bs_value(through_knots(x, **params), c, literal(k), t)
    if fill == EXTRAPOLATE:
        return found
    below, above = fill if isinstance(fill, tuple) else (fill, fill)
    ends = ((below, less(t, entry(x, 0))), (above, less(entry(x, -1), t)))
    for value, outside in ends:
        number = literal(float("nan") if value is None else float(value))
        found = where(ahead(outside, behind), number, found)
    return found


def _fill_code(fill: Any) -> str:
    if isinstance(fill, tuple):
        return f"({', '.join(map(_fill_code, fill))})"
    return "np.nan" if fill is None or fill != fill else repr(fill)


def _code(node: Node) -> str:
    fill = _fill_code(node.params.get("fill"))
    return (
        "scipy.interpolate.interp1d(x, y, kind=kind, axis=0, bounds_error=raises, "
        f"fill_value={fill})(t)"
    )


def _sample(y: Any, kind: str, t: Any, **params: Any) -> Sample:
    x = np.array([0.0, 1.2, 0.5, 2.0, 2.6])

    def expected(x: Any, y: Any, t: Any) -> Any:
        fill = params.get("fill", float("nan"))
        cls = sys.modules[HOME].interp1d
        return cls(x, y, kind, axis=0, bounds_error=False, fill_value=fill)(t)

    given = {"kind": kind, "raises": False, **params}
    return Sample((x, y, t), given, expected=expected)


INSIDE, BEYOND = np.array([0.2, 0.7, 1.9]), np.array([[0.2, -0.7], [1.9, 3.0]])

line_value: Op = derived(
    "line_value",
    signature="x, y, t, kind='linear', fill=None, raises=None",
    code=_code,
    body=_value,
    facts={"ranked": True},
    domain=lambda: [
        _sample(spaced(-1, 1, (5,)), "linear", INSIDE),
        _sample(spaced(-1, 1, (5, 2)), "linear", BEYOND, fill=EXTRAPOLATE),
        _sample(spaced(-1, 1, (5,)), "linear", BEYOND, fill=(0.5, 2.0)),
    ],
)

library_class(
    f"{HOME}.interp1d",
    arrays=("x", "y"),
    kind=lambda line: (
        line._kind
        if line._kind != "spline"
        else {v: k for k, v in SPLINES.items()}.get(line._spline.k, "spline")
    ),
    axis=lambda line: int(line.axis),
    fill=lambda line: _shown(line.fill_value),
    raises=lambda line: "yes" if line.bounds_error else "no",
)


def _shown(fill: Any) -> str:
    """A fill value as text, which is a constant that can be compared."""
    if isinstance(fill, str):
        return fill
    if isinstance(fill, (tuple, list)):
        return " ".join(map(_shown, fill))
    array = np.asarray(fill, dtype=float)
    return repr(float(array.ravel()[0])) if array.size == 1 else "array"


def _read(text: str) -> Any:
    if text == EXTRAPOLATE:
        return text
    if "array" in text:
        raise MissingRule("interp1d: fill values are numbers")
    numbers = [float(word) for word in text.split()]
    found = numbers[0] if len(numbers) == 1 else tuple(numbers)
    return None if found != found else found


def _made_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("x", "y", "kind", "axis", "copy", "bounds_error", "fill_value")
    free: dict[str, list[Any]] = {"assume_sorted": [True, False]}
    given = bound(names, args, kwargs, "interp1d", ignored=free)
    given.pop("copy", None)
    params = {k: static(given[k], f"interp1d({k}=...)") for k in given if k not in "xy"}
    return [as_array(given["x"]), as_array(given["y"])], params


def _made(
    x: Value,
    y: Value,
    kind: Any = "linear",
    axis: int = -1,
    bounds_error: Any = None,
    fill_value: Any = float("nan"),
) -> Value:
    (rank,) = rank_for("interp1d", y)
    text = _shown(fill_value)
    if bounds_error is None:
        bounds_error = text == "nan"
    if text == EXTRAPOLATE:
        bounds_error = False
    kinds = {v: k for k, v in SPLINES.items()}
    return object_of_class(
        f"{HOME}.interp1d",
        {"x": x, "y": y},
        kind=kinds.get(kind, kind),
        axis=axis % rank,
        fill=text,
        raises="yes" if bounds_error else "no",
    )


line_made: Op = macro(
    "line_made",
    calls=(f"{HOME}.interp1d",),
    signature="x, y, kind='linear', axis=-1, bounds_error=None, fill_value=None",
    bind=_made_bind,
    body=_made,
)


def _call_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("self", "x"), args, kwargs, "interp1d")
    line = given["self"]
    kind = known_part(line, "kind", "interp1d")
    if kind != "linear" and kind not in SPLINES:
        raise MissingRule(
            f"interp1d(kind={kind!r}) has no derivative rule",
            hint="kinds with one: linear, slinear, quadratic, cubic",
        )
    if known_part(line, "axis", "interp1d"):
        raise MissingRule("interp1d: only y with its first axis along x has a rule")
    params: dict[str, Any] = {} if kind == "linear" else {"kind": kind}
    fill = _read(known_part(line, "fill", "interp1d"))
    params |= {} if is_none(fill) else {"fill": fill}
    params["raises"] = known_part(line, "raises", "interp1d") == "yes"
    return [array_part(line, "x"), array_part(line, "y"), as_array(given["x"])], params


line_call: Op = macro(
    "line_call",
    calls=(f"{HOME}:interp1d.__call__",),
    signature="x, y, t, kind='linear', fill=None, raises=None",
    bind=_call_bind,
    body=lambda x, y, t, **params: line_value(x, y, t, **params),
)
