"""Padding by what is in the array: edges, mirrors, wraps, ramps and statistics.

Mirrored and wrapped borders read entries again, at places that padding a row of numbers
gives. The other modes go axis by axis, as NumPy does: a later axis is padded from what
an earlier one has put there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Value, as_value
from srcad.ir.sizes import shifted
from srcad.ir.types import Array, Scalar, Type
from srcad.ops.bodies import ahead, length, part, rank_for
from srcad.ops.copies import repeat
from srcad.ops.declare import Arguments, Op, static, zero
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.extremes import max_, min_
from srcad.ops.fit import cast
from srcad.ops.grids import linspace
from srcad.ops.joins import concatenate
from srcad.ops.quantiles import median
from srcad.ops.rearrange import flip, take
from srcad.ops.reductions import mean
from srcad.ops.sizes import bound, own_length

PLACES = ("edge", "reflect", "symmetric", "wrap")
STATISTICS: dict[str, Callable[..., Value]] = {
    "maximum": max_,
    "minimum": min_,
    "mean": mean,
    "median": median,
}
MODES = (*PLACES, *STATISTICS, "linear_ramp")


def _places_type(n: Type, width: Any = (0, 0), mode: str = "") -> Type:
    size = n.size if isinstance(n, Scalar) else None
    total = own_length() if size is None else shifted(size, sum(width))
    return Array("int64", (total,))


# Where each entry of a padded row of n comes from.
padded_places: Op = zero(
    "padded_places",
    signature="n, width=(0, 0), mode=''",
    infer=_places_type,
    code="np.pad(np.arange(n), width, mode=mode)",
    domain=lambda: [at(4, width=(2, 1), mode="reflect")],
)


def _pad(x: Value, width: Any = 0, mode: str = "edge", ends: Any = 0) -> Value:
    (rank,) = rank_for("pad", x)
    pairs = np.broadcast_to(np.asarray(width), (rank, 2)).tolist()
    limits = np.broadcast_to(np.asarray(ends, dtype=float), (rank, 2)).tolist()
    for k, (a, b) in enumerate(pairs):
        if a == b == 0:
            continue
        if mode in PLACES:
            places = padded_places(length(x, k), width=(a, b), mode=mode)
            x = take(x, places, axis=k)
            continue
        if mode == "linear_ramp":
            low, high = limits[k]
            before = _ramp(part(x, 0, 1, k), a, low, rank - 1 - k)
            after = flip(_ramp(part(x, -1, None, k), b, high, rank - 1 - k), axis=k)
        else:
            middle = STATISTICS[mode](x, axis=k, keepdims=True)
            before, after = (repeat(middle, n, axis=k) for n in (a, b))
        parts = [*([before] if a else []), x, *([after] if b else [])]
        x = concatenate(*parts, **({"axis": k} if k else {}))
    return x


def _ramp(edge: Value, count: int, end: float, behind: int) -> Value:
    """From a number to an edge, which is not reached."""
    share = ahead(linspace(0.0, 1.0, count, endpoint=False), behind)
    dtype = edge.type.dtype if isinstance(edge.type, Array) else "float64"
    share = share if dtype == "float64" else cast(share, dtype=dtype)
    return edge * share + end * (1.0 - share)


def _tuples(given: Any) -> Any:
    if isinstance(given, (list, tuple, np.ndarray)):
        return tuple(map(_tuples, given))
    return given


def _bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("array", "pad_width", "mode", "end_values")
    plain: dict[str, list[Any]] = {"reflect_type": ["even"], "stat_length": [None]}
    given = bound(names, args, kwargs, "pad", ignored=plain)
    mode = static(given["mode"], "pad(mode=...)")
    if mode not in MODES:
        raise MissingRule(
            f"pad(mode={mode!r}) has no derivative rule",
            hint=f"modes with one: constant, {', '.join(MODES)}",
        )
    params = {"width": _tuples(static(given["pad_width"], "pad(pad_width)"))}
    ends = _tuples(static(given.get("end_values", 0), "pad(end_values=...)"))
    inputs = [as_value(given["array"])]
    return inputs, {**params, "mode": mode, **({"ends": ends} if ends != 0 else {})}


def _samples() -> list[Sample]:
    def sample(width: Any, mode: str, make: Any = at, **more: Any) -> Sample:
        pad: Any = np.pad
        expected: Any = lambda x: pad(x, width, mode=mode, **more)  # noqa: E731
        ends = {"ends": more["end_values"]} if more else {}
        x = spaced(-1, 1, (2, 3))
        found: Sample = make(x, width=width, mode=mode, expected=expected, **ends)
        return found

    return [
        *(sample(((1, 0), (2, 1)), mode) for mode in MODES),
        sample(1, "symmetric"),
        sample((1, 2), "mean"),
        sample(((0, 2), (1, 1)), "linear_ramp", end_values=((1.0, 2.0), (0.5, 0.0))),
        sample(5, "wrap", value_at),
    ]


def _code(node: Any) -> str:
    ends = ", end_values=ends" if node.params.get("ends", 0) != 0 else ""
    return f"np.pad(x, width, mode=mode{ends})"


# `np.pad` in any mode but the constant one, which is `pad` itself.
pad_by: Op = derived(
    "pad_by",
    signature="x, width=0, mode='', ends=0",
    bind=_bind,
    code=_code,
    body=_pad,
    facts={"ranked": True},
    domain=_samples,
)
