"""How the Numba dialect writes norms along axes, and logarithms of sums.

Numba's norm is of a vector or a matrix; it knows no `np.logaddexp.reduce`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from srcad.backend.numba_order import left_shape
from srcad.ir.graph import Node
from srcad.ir.types import Array, dims_of, kind_of
from srcad.ops.reduced import axes_of

Code = Callable[[Node], str | None]


def _norm_code(node: Node) -> str | None:
    """`np.linalg.norm` along an axis, or over all axes."""
    x, order = node.inputs[0].type, node.params.get("ord")
    dims, axis = dims_of(x), node.params.get("axis")
    if not dims or not isinstance(x, Array) or kind_of(x) not in ("float", "complex"):
        return None
    axes, keep = axes_of(axis, len(dims)), bool(node.params.get("keepdims"))
    if len(axes) == len(dims):
        return _whole(order, len(dims), keep, axis)
    if order is None or (order == "fro" and len(axes) == 2):
        return _summed("np.abs(x) ** 2", axes, keep, "np.sqrt({})")
    if len(axes) > 1 or isinstance(order, str):
        return None
    if np.isinf(order):
        minus = "" if order > 0 else "-"
        text = f"{minus}runtime.max_along({minus}np.abs(x), {axes[0]})"
        return f"{text}.reshape({left_shape(node)})"
    if order == 0:
        return None
    power = "np.abs(x)" if order == 1 else f"np.abs(x) ** {order}"
    return _summed(
        power, axes, keep, "{}" if order == 1 else f"({{}}) ** (1.0 / {order})"
    )


def _whole(order: Any, rank: int, keep: bool, axis: Any) -> str | None:
    """Of all entries, or of a matrix by Numba's own."""
    if order == "fro":
        order = None
    given = tuple(k % rank for k in np.atleast_1d(axis)) if axis is not None else None
    turned = rank > 1 and given not in (None, (0, 1))
    if (rank > 2 and axis is not None) or (order is not None and (turned or rank > 2)):
        return None
    text = "np.linalg.norm(x)" if order is None else "np.linalg.norm(x, ord)"
    text = "np.sqrt(np.sum(np.abs(x) ** 2))" if rank > 2 else text
    return f"np.full({(1,) * rank}, {text})" if keep else text


def _summed(power: str, axes: tuple[int, ...], keep: bool, root: str) -> str:
    """The root of a sum over axes, one at a time."""
    text = power
    for k in reversed(axes):
        text = f"np.sum({text}, axis={k})"
    text = root.format(text)
    for k in axes if keep else ():
        text = f"np.expand_dims({text}, {k})"
    return text


def _spectral_code(node: Node) -> str | None:
    """By singular values, of a matrix."""
    order, axis = node.params["ord"], node.params.get("axis") or (0, 1)
    plain = len(dims_of(node.inputs[0].type) or ()) == 2
    if not plain or tuple(k % 2 for k in axis) != (0, 1):
        return None
    values = "np.linalg.svd(x)[1]"
    text = {"nuc": f"np.sum({values})", 2: f"np.max({values})"}.get(
        order, f"np.min({values})"
    )
    return f"np.full((1, 1), {text})" if node.params.get("keepdims") else text


def _log_sum_code(node: Node) -> str | None:
    x = node.inputs[0].type
    dims = dims_of(x)
    if not dims or kind_of(x) != "float":
        return None
    axes, keep = (
        axes_of(node.params.get("axis"), len(dims)),
        node.params.get("keepdims"),
    )
    if len(axes) == len(dims):
        text = "runtime.log_sum_along(np.ascontiguousarray(x).reshape(-1), 0)[0, 0]"
        return f"np.full({(1,) * len(dims)}, {text})" if keep else text
    if len(axes) > 1:
        return None
    return f"runtime.log_sum_along(x, {axes[0]}).reshape({left_shape(node)})"


NORMS: Mapping[str, Code] = {
    "norm": _norm_code,
    "spectral_norm": _spectral_code,
    "logaddexp_reduce": _log_sum_code,
    "logsumexp": _log_sum_code,
}
