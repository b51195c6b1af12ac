"""How the Numba dialect writes differences on grids, grids of points, lines, padding.

Numba has none of `np.gradient`, `np.meshgrid` and `np.pad`; they go by the helpers of
`runtime_grids.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from srcad.ir.graph import Node
from srcad.ir.types import Array, Scalar, Tuple, Type, dims_of, dtype_of, kind_of
from srcad.ops.reduced import axes_of

Code = Callable[[Node], str | None]
PLACES = ("edge", "reflect", "symmetric", "wrap")  # modes that read entries again


def _gradient_code(node: Node) -> str | None:
    """`np.gradient`, axis by axis."""
    f, *steps = (v.type for v in node.inputs)
    dims, axis = dims_of(f), node.params.get("axis")
    exact = kind_of(f) in ("float", "complex")
    if not dims or not (exact or kind_of(f) == "int"):
        return None
    dtype = dtype_of(f) if exact else "float64"
    if any(dtype_of(v.type) != dtype for v in node.outputs):
        return None
    asked = range(len(dims)) if axis is None else np.atleast_1d(axis).tolist()
    axes = [k for a in asked for k in axes_of(a, len(dims))]
    if len(set(axes)) < len(axes) or len(axes) != len(node.outputs):
        return None
    edge, given = node.params.get("edge_order", 1), "f" if exact else "1.0 * f"
    found = []
    for n, k in enumerate(axes):
        at = n if len(steps) > 1 else 0
        step = f"spacing{at}" if steps else "1.0"
        helper = _helper(steps[at] if steps else Scalar("float"))
        if helper is None:
            return None
        found.append(f"runtime.{helper}({given}, {step}, {k}, {edge})")
    return found[0] if len(found) == 1 else f"({', '.join(found)})"


def _helper(step: Type) -> str | None:
    """Which takes such steps: one for all, or the points of an axis."""
    if kind_of(step) not in ("float", "int"):
        return None
    if isinstance(step, Scalar):
        return "gradient_along"
    dims = dims_of(step)
    return "gradient_at" if dims is not None and len(dims) == 1 else None


def _interp_code(node: Node) -> str | None:
    """`np.interp` with what it gives before and after the points."""
    outer, types = node.params.get("given", ()), [v.type for v in node.inputs]
    if not outer or any(kind_of(t) != "float" for t in types[:3]):
        return None
    text, number = "np.interp(x, xp, fp)", isinstance(types[0], Scalar)
    for k, side in enumerate(outer):
        beyond = "x < xp[0]" if side == "left" else "x > xp[-1]"
        if number:
            text = f"(ends{k} if {beyond} else {text})"
        else:
            text = f"np.where({beyond}, ends{k}, {text})"
    return text


def _meshgrid_code(node: Node) -> str | None:
    """`np.meshgrid` of arrays, each taken as a vector."""
    count, indexing = len(node.inputs), node.params.get("indexing", "xy")
    arrays = [v.type for v in node.inputs if isinstance(v.type, Array) and v.type.dims]
    kind = node.out.type.cls if isinstance(node.out.type, Tuple) else None
    plain = kind in (tuple, list) and indexing in ("xy", "ij")
    if len(arrays) < count or not count or not plain:
        return None
    order = list(range(count))
    if indexing == "xy" and count > 1:
        order[:2] = [1, 0]
    sizes = "".join(f"xs{k}.size, " for k in order)
    parts = [
        f"runtime.mesh_along(xs{k}, ({sizes.strip()}), {order.index(k)})"
        for k in range(count)
    ]
    return f"[{', '.join(parts)}]" if kind is list else f"({', '.join(parts)},)"


def _widths(node: Node) -> list[tuple[int, int]] | None:
    """How many entries come before and after each axis; None where some go."""
    dims = dims_of(node.inputs[0].type)
    if not dims or not isinstance(node.inputs[0].type, Array):
        return None
    pairs = np.broadcast_to(np.asarray(node.params.get("width", 0)), (len(dims), 2))
    whole = pairs.dtype.kind == "i" and bool((pairs >= 0).all())
    return [(int(a), int(b)) for a, b in pairs] if whole else None


def _pad_code(node: Node) -> str | None:
    """`np.pad` with one number around."""
    widths, fill = _widths(node), node.params.get("fill", 0)
    kinds = {bool: 0, int: 1, float: 2}
    want = {"int": 1, "float": 2, "complex": 2}.get(kind_of(node.inputs[0].type) or "")
    if not widths or want is None or kinds.get(type(fill), 3) > want:
        return None
    before = "".join(f"{a}, " for a, _ in widths).strip()
    sizes = "".join(
        f"x.shape[{k}]{f' + {a + b}' if a + b else ''}, "
        for k, (a, b) in enumerate(widths)
    ).strip()
    return f"runtime.padded(x, ({before}), ({sizes}), fill)"


def _pad_by_code(node: Node) -> str | None:
    """`np.pad` by entries of the array itself."""
    widths, mode = _widths(node), node.params.get("mode", "")
    if not widths or mode not in PLACES:
        return None
    text = "x"
    for k, (a, b) in enumerate(widths):
        if a or b:
            places = f"runtime.padded_places(x.shape[{k}], {a}, {b}, {mode!r})"
            text = f"{text}[{':, ' * k}{places}]"
    return "x.copy()" if text == "x" else text


def _padded_places_code(node: Node) -> str:
    before, after = node.params.get("width", (0, 0))
    mode = node.params.get("mode", "")
    return f"runtime.padded_places(n, {before}, {after}, {mode!r})"


GRIDS: Mapping[str, Code] = {
    "gradient": _gradient_code,
    "interp": _interp_code,
    "meshgrid": _meshgrid_code,
    "pad": _pad_code,
    "pad_by": _pad_by_code,
    "padded_places": _padded_places_code,
}
