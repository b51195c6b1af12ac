"""Windows that slide along axes: np.lib.stride_tricks.sliding_window_view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.lib.stride_tricks import sliding_window_view as window_view

from srcad.errors import MissingRule
from srcad.ir.graph import Value, as_value
from srcad.ops.axes import moveaxis
from srcad.ops.bodies import length, minus, rank_for
from srcad.ops.declare import Arguments, Op, static
from srcad.ops.derived import derived
from srcad.ops.domain import at, spaced
from srcad.ops.grids import arange
from srcad.ops.ranks import expand_dims
from srcad.ops.rearrange import take
from srcad.ops.sizes import bound

WHAT = "sliding_window_view"


def _whole(given: Any) -> tuple[int, ...]:
    return tuple(map(int, given)) if isinstance(given, (tuple, list)) else (int(given),)


def _bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(
        ("x", "window_shape", "axis"),
        args,
        kwargs,
        WHAT,
        ignored={"subok": [True, False], "writeable": [False]},
    )
    x = as_value(given["x"])
    (rank,) = rank_for(WHAT, x)
    windows = _whole(static(given["window_shape"], f"{WHAT}(window_shape=...)"))
    axis = static(given.get("axis"), f"{WHAT}(axis=...)")
    axes = tuple(range(rank)) if axis is None else _whole(axis)
    if len(axes) != len(windows):
        raise MissingRule(f"{WHAT}: there must be a window for each axis")
    return [x], {"windows": windows, "axes": tuple(k % rank for k in axes)}


def _windows(x: Value, windows: tuple[int, ...], axes: tuple[int, ...]) -> Value:
    for n, axis in zip(windows, axes, strict=True):
        count = minus(length(x, axis), n - 1)
        places = expand_dims(arange(0, count, 1), axis=1) + arange(0, n, 1)
        x = moveaxis(take(x, places, axis=axis), a=axis + 1, b=-1)
    return x


def _sample(x: Any, windows: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    return at(
        x,
        windows=windows,
        axes=axes,
        expected=lambda x: window_view(x, windows, axes),
    )


sliding_window_view: Op = derived(
    "sliding_window_view",
    calls=("numpy.lib.stride_tricks.sliding_window_view",),
    signature="x, windows=(), axes=()",
    bind=_bind,
    code="np.lib.stride_tricks.sliding_window_view(x, windows, axes)",
    body=_windows,
    memory="view",
    facts={"ranked": True},
    domain=lambda: [
        _sample(spaced(-1, 1, (5,)), (2,), (0,)),
        _sample(spaced(-1, 1, (3, 4)), (2, 3), (0, 1)),
        _sample(spaced(-1, 1, (3, 4)), (2,), (1,)),
        _sample(spaced(-1, 1, (4, 2)), (2,), (0,)),
    ],
)
