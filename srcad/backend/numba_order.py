"""How the Numba dialect puts arrays in order along axes, and asks questions along them.

Numba sorts vectors only; the rest goes by the helpers of `runtime_order.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from srcad.ir.graph import Node
from srcad.ir.types import Array, dims_of, dtype_of, kind_of
from srcad.ops.reduced import axes_of

Code = Callable[[Node], str | None]


def left_shape(node: Node, name: str = "x") -> str:
    """The shape that a reduction leaves of its input, as text."""
    dims, keep = dims_of(node.inputs[0].type), node.params.get("keepdims", False)
    assert dims is not None
    axes = axes_of(node.params.get("axis"), len(dims))
    left = [
        "1" if k in axes else f"{name}.shape[{k}]"
        for k in range(len(dims))
        if keep or k not in axes
    ]
    return f"({', '.join(left)}{',' if len(left) == 1 else ''})"


def _axis(node: Node, usual: int | None = -1) -> int | None:
    """The one axis that a node works along, counted from the first; None: another way.

    Only of arrays of real numbers.
    """
    x = node.inputs[0].type
    dims, axis = dims_of(x), node.params.get("axis", usual)
    if not dims or axis is None or kind_of(x) not in ("float", "int", "bool"):
        return None
    axes = axes_of(axis, len(dims))
    return axes[0] if len(axes) == 1 else None


def _is_vector(node: Node) -> bool:
    return len(dims_of(node.inputs[0].type) or ()) == 1


def _argsort_code(node: Node) -> str | None:
    axis = _axis(node)
    if axis is None or (_is_vector(node) and set(node.params) <= {"axis"}):
        return None if axis is None else "np.argsort(x)"
    return f"runtime.argsort_along(x, {axis})"


def _argpartition_code(node: Node) -> str | None:
    """In order: then each entry is where a partition wants it."""
    axis = _axis(node)
    return None if axis is None else f"runtime.argsort_along(x, {axis})"


def _sort_code(node: Node) -> str | None:
    axis = _axis(node)
    if axis is None:
        return None
    return "np.sort(x)" if _is_vector(node) else f"runtime.sort_along(x, {axis})"


def _ties_code(node: Node) -> str | None:
    axis = _axis(node)
    t, x = (v.type for v in node.inputs)
    alike = dtype_of(t) is not None and len(dims_of(t) or ()) == len(dims_of(x) or ())
    if axis is None or not alike or kind_of(t) not in ("float", "complex"):
        return None
    return f"runtime.ties_along(t, x, {axis})"


def _put_back_code(node: Node) -> str | None:
    g, indices, x = (v.type for v in node.inputs)
    ranks = {len(dims_of(t) or ()) for t in (g, indices, x)}
    axis = node.params.get("axis", -1)
    if len(ranks) > 1 or not max(ranks) or axis is None or not isinstance(g, Array):
        return None
    (axis,) = axes_of(axis, max(ranks))
    return f"runtime.put_back_along(g, indices, x, {axis})"


def _along(helper: str, plain: str, name: str = "x") -> Code:
    """A reduction along one axis by a helper; over all by Numba's own."""

    def code(node: Node) -> str | None:
        x, keep = node.inputs[0].type, node.params.get("keepdims", False)
        dims = dims_of(x)
        if not dims or kind_of(x) not in ("float", "int", "bool"):
            return None
        axes = axes_of(node.params.get("axis"), len(dims))
        if len(axes) == len(dims):
            return f"np.full({(1,) * len(dims)}, {plain})" if keep else plain
        if len(axes) != 1:
            return None
        return f"runtime.{helper}({name}, {axes[0]}).reshape({left_shape(node, name)})"

    return code


def _median_code(node: Node) -> str | None:
    if kind_of(node.inputs[0].type) != "float":
        return None
    if node.params.get("axis") is None and not node.params.get("keepdims"):
        array = isinstance(node.inputs[0].type, Array)
        return "runtime.median_all(a)" if array else None
    return _along("median_along", "runtime.median_all(a)", "a")(node)


def _compress_code(node: Node) -> str | None:
    """`x[np.flatnonzero(condition)]`: a condition may be shorter than the vector."""
    dims = dims_of(node.inputs[1].type)
    vector = dims is not None and len(dims) == 1
    axis = node.params.get("axis")
    return "x[np.flatnonzero(condition)]" if vector and axis in (None, 0, -1) else None


def _weights_code(node: Node) -> str | None:
    """The weights of an axis, in a shape to multiply x by."""
    w, x = (dims_of(v.type) for v in node.inputs)
    axis = node.params.get("axis")
    if w is None or not x or axis is None:
        return None
    axes = axes_of(axis, len(x))
    if len(w) == len(x):
        return "w"
    if len(w) != 1 or len(axes) != 1:
        return None
    return f"w[{', '.join(':' if k in axes else 'None' for k in range(len(x)))}]"


def _distinct_code(helper: str) -> Code:
    def code(node: Node) -> str | None:
        x, alike = node.inputs[0].type, bool(node.params.get("equal_nan", True))
        plain = isinstance(x, Array) and kind_of(x) in ("float", "int")
        return f"runtime.{helper}(x, {alike})" if plain else None

    return code


ORDER: Mapping[str, Code] = {
    "argsort": _argsort_code,
    "argpartition": _argpartition_code,
    "sort": _sort_code,
    "shared_ties": _ties_code,
    "added_along": _put_back_code,
    "any_": _along("any_along", "np.any(x)"),
    "all_": _along("all_along", "np.all(x)"),
    "median": _median_code,
    "first_places": _distinct_code("first_places"),
    "repeats": _distinct_code("entry_counts"),
    "compress": _compress_code,
    "along_axis": _weights_code,
}
