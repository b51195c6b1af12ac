"""Extended arrays correlated with weights, along one axis or over all.

Each axis is extended as the mode says (`ops/borders.py`); then the weights are taken
where they overlap in whole. Linear in the array and in the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from srcad.ir.graph import Literal, Value, literal
from srcad.ops.bodies import cast_like, length, rank_for
from srcad.ops.borders import extended, half, less_by, plus
from srcad.ops.convolution import inner_convolved
from srcad.ops.declare import as_array
from srcad.ops.ranks import expand_dims
from srcad.ops.rearrange import flip

# SciPy's names of modes, and those of `ops/borders.py`.
MODES = {
    "reflect": "reflect",
    "grid-mirror": "reflect",
    "constant": "constant",
    "grid-constant": "constant",
    "nearest": "nearest",
    "mirror": "mirror",
    "wrap": "wrap",
    "grid-wrap": "wrap",
}


def _wide(
    x: Value, axis: int, rank: int, size: Any, origin: int, mode: str, fill: float
) -> Value:
    """x with what weights of a size reach beyond an axis."""
    before = plus(half(size), origin)
    after = less_by(less_by(size, 1), before)
    return extended(x, axis, rank, before, after, MODES[mode], fill)


def along(
    x: Value,
    kernel: Value,
    axis: int,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int = 0,
) -> Value:
    """The correlation with weights along an axis, given in reverse."""
    (rank,) = rank_for("ndimage", x)
    axis = axis % rank
    wide = _wide(x, axis, rank, length(kernel), origin, mode, cval)
    for k in range(rank):
        if k != axis:
            kernel = expand_dims(kernel, axis=0 if k < axis else -1)
    return cast_like(inner_convolved(wide, kernel), x)


def turned(weights: Sequence[float]) -> Value:
    """Weights in reverse."""
    found: Value = as_array([float(w) for w in reversed(weights)])
    return found


def correlated_along(
    x: Value, w: Value, axis: int = -1, back: bool = False, origin: int = 0, **to: Any
) -> Value:
    """`correlate1d`, or `convolve1d` (back)."""
    if not back:
        return along(x, flip(w), axis, origin=origin, **to)
    return along(x, w, axis, origin=_origin(length(w), origin), **to)


def _origin(size: Value, origin: int) -> Any:
    """The origin for the reverse of weights."""
    n = size.value if isinstance(size, Literal) else None
    if n is not None:
        return -origin - (1 if n % 2 == 0 else 0)
    even = half(plus(size, 2)) - half(plus(size, 1))  # 1 for an even size
    return literal(-origin) - even


def correlated(
    x: Value, w: Value, back: bool = False, origin: Any = 0, **to: Any
) -> Value:
    """`correlate`, or `convolve` (back)."""
    (rank,) = rank_for("ndimage", x)
    origins = origin if isinstance(origin, tuple) else (origin,) * rank
    mode, cval = to.get("mode", "reflect"), to.get("cval", 0.0)
    wide = x
    for k in range(rank):
        size = length(w, k)
        shift = _origin(size, origins[k]) if back else origins[k]
        wide = _wide(wide, k, rank, size, shift, mode, cval)
    return cast_like(inner_convolved(wide, w if back else flip(w)), x)
