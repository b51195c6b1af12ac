"""How the Numba dialect writes what runs along axes: reductions, scans, turned axes.

Numba sums over one axis at a time and keeps none; other reductions and scans know no
axis and go by the helpers of `runtime_along.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from srcad.backend.numba_order import left_shape
from srcad.ir.graph import Node
from srcad.ir.types import dims_of, dtype_of, kind_of, same_dims
from srcad.ops.reduced import axes_of

Code = Callable[[Node], str | None]


def sum_code(node: Node) -> str | None:
    """Numba sums over one axis at a time, and keeps none."""
    axis, dims = node.params.get("axis"), dims_of(node.inputs[0].type)
    keep = node.params.get("keepdims", False)
    if dims is None or _other_dtype(node) or (axis is None and not keep):
        return None
    axes = axes_of(axis, len(dims))
    if keep and dims and len(axes) == len(dims):
        return f"np.full({(1,) * len(dims)}, np.sum(x))"
    text = _summed("x", axes)
    return _kept(text, axes) if keep else text


def _summed(text: str, axes: Sequence[int]) -> str:
    """A sum over some axes, of an expression."""
    for k in reversed(axes):
        text = f"np.sum({text}, axis={k})"
    return text


def _kept(text: str, axes: Sequence[int]) -> str:
    """What a reduction gives, with the axes that it keeps."""
    for k in axes:
        text = f"np.expand_dims({text}, {k})"
    return text


def _other_dtype(node: Node) -> bool:
    """Whether a reduction computes in another dtype than that of its input."""
    dtype = node.params.get("dtype")
    return dtype is not None and dtype_of(node.inputs[0].type) != str(dtype)


def gathered(name: str, axes: tuple[int, ...], rank: int) -> tuple[str, int]:
    """An array of a name in which some axes are one, and which that is."""
    if len(axes) == 1:
        return name, axes[0]
    left = [k for k in range(rank) if k not in axes]
    sizes = [f"{name}.shape[{k}]" for k in left]
    sizes.append(" * ".join(f"{name}.shape[{k}]" for k in axes))
    x = turned(name, (*left, *axes))
    return f"np.ascontiguousarray({x}).reshape(({', '.join(sizes)}))", len(left)


def _ptp_code(node: Node) -> str | None:
    """The largest entries less the smallest ones."""
    if kind_of(node.inputs[0].type) != "float":
        return None
    top, bottom = (_extreme_code(*ends)(node) for ends in (("max", "+"), ("min", "-")))
    return None if top is None or bottom is None else f"({top}) - ({bottom})"


def _extreme_code(name: str, sign: str) -> Code:
    """`np.max` and `np.min` over one axis, or over all and keeping them."""

    def code(node: Node) -> str | None:
        axis, dims = node.params.get("axis"), dims_of(node.inputs[0].type)
        keep = node.params.get("keepdims", False)
        if dims is None or (axis is None and not keep):
            return None
        axes = axes_of(axis, len(dims))
        if len(axes) == len(dims):
            whole = f"np.{name}(x)"
            return f"np.full({(1,) * len(dims)}, {whole})" if keep else whole
        minus = "" if sign == "+" else "-"
        given, k = gathered("x", axes, len(dims))
        text = f"{minus}runtime.max_along({minus}{given}, {k})"
        return f"{text}.reshape({left_shape(node)})"

    return code


def _prod_code(node: Node) -> str | None:
    """`np.prod` over one axis, or over all and keeping them."""
    axis, dims = node.params.get("axis"), dims_of(node.inputs[0].type)
    keep = node.params.get("keepdims", False)
    inexact = kind_of(node.inputs[0].type) in ("float", "complex")
    if not dims or not inexact or _other_dtype(node) or (axis is None and not keep):
        return None
    axes = axes_of(axis, len(dims))
    if len(axes) == len(dims):
        return f"np.full({(1,) * len(dims)}, np.prod(x))" if keep else "np.prod(x)"
    given, k = gathered("x", axes, len(dims))
    return f"runtime.prod_along({given}, {k}).reshape({left_shape(node)})"


def _cumprod_code(node: Node) -> str | None:
    """`np.cumprod` along an axis, in the dtype of its input."""
    x, axis = node.inputs[0].type, node.params.get("axis")
    dims = dims_of(x)
    if not dims or axis is None or dtype_of(x) != dtype_of(node.out.type):
        return None
    (axis,) = axes_of(axis, len(dims))
    return "np.cumprod(x)" if len(dims) == 1 else f"runtime.cumprod_along(x, {axis})"


def _nan_extreme_code(name: str, minus: str) -> Code:
    """`np.nanmax` and `np.nanmin` over one axis."""

    def code(node: Node) -> str | None:
        dims, axis = dims_of(node.inputs[0].type), node.params.get("axis")
        keep = node.params.get("keepdims", False)
        if not dims or axis is None or kind_of(node.inputs[0].type) != "float":
            return None
        axes = axes_of(axis, len(dims))
        if len(axes) != 1:
            return None
        if len(dims) == 1:
            return f"np.full(1, np.{name}(x))" if keep else f"np.{name}(x)"
        text = f"{minus}runtime.nanmax_along({minus}x, {axes[0]})"
        return f"{text}.reshape({left_shape(node)})"

    return code


def _mean_code(node: Node) -> str | None:
    """`np.mean` over some axes, or over all and keeping them."""
    axis, dims = node.params.get("axis"), dims_of(node.inputs[0].type)
    keep = node.params.get("keepdims", False)
    if not dims or _other_dtype(node) or (axis is None and not keep):
        return None
    axes = axes_of(axis, len(dims))
    if len(axes) == len(dims):
        return f"np.full({(1,) * len(dims)}, np.mean(x))" if keep else "np.mean(x)"
    text = f"{_summed('x', axes)} / {_count(axes)}"
    return _kept(text, axes) if keep else text


def _count(axes: Sequence[int]) -> str:
    """How many entries there are along some axes."""
    count = " * ".join(f"x.shape[{k}]" for k in axes)
    return count if len(axes) == 1 else f"({count})"


def _average_code(node: Node) -> str | None:
    """`np.average` along axes, or along one with a weight for each of its entries."""
    if len(node.inputs) < 2:
        return _mean_code(node)
    dims, weights = (dims_of(v.type) for v in node.inputs)
    axis, keep = node.params.get("axis"), node.params.get("keepdims", False)
    if not dims or len(dims) < 2 or axis is None or len(weights or ()) != 1:
        return None
    axes = axes_of(axis, len(dims))
    if len(axes) != 1 or kind_of(node.inputs[0].type) != "float":
        return None
    (k,) = axes
    shape = ", ".join(f"x.shape[{k}]" if j == k else "1" for j in range(len(dims)))
    spread = f"np.ascontiguousarray(weights).reshape(({shape}))"
    text = f"np.sum(x * {spread}, {k}) / np.sum(weights)"
    return f"np.expand_dims({text}, {k})" if keep else text


def _var_code(root: bool) -> Code:
    """`np.var` and `np.std` over some axes, or over all with ddof or as they are."""

    def code(node: Node) -> str | None:
        axis, dims = node.params.get("axis"), dims_of(node.inputs[0].type)
        if not dims or kind_of(node.inputs[0].type) != "float" or _other_dtype(node):
            return None
        keep, ddof = node.params.get("keepdims", False), node.params.get("ddof", 0)
        axes = axes_of(axis, len(dims))
        if not isinstance(ddof, (int, float)):
            return None
        less = f" - {ddof}" if ddof else ""
        if len(axes) == len(dims):
            text = f"np.sum((x - np.mean(x)) ** 2) / (x.size{less})"
            text = f"np.sqrt({text})" if root else text
            shape, dtype = (1,) * len(dims), dtype_of(node.out.type)
            return f"np.full({shape}, {text}, np.{dtype})" if keep else text
        mean = _kept(f"{_summed('x', axes)} / {_count(axes)}", axes)
        text = f"{_summed(f'(x - {mean}) ** 2', axes)} / ({_count(axes)}{less})"
        text = f"np.sqrt({text})" if root else text
        return _kept(text, axes) if keep else text

    return code


def _started(code: Code, plain: str, join: str) -> Code:
    """A reduction with `initial=`, which Numba has not."""

    def started(node: Node) -> str | None:
        dims, dtype = dims_of(node.inputs[0].type), dtype_of(node.inputs[0].type)
        if not dims or _other_dtype(node) or dtype != dtype_of(node.out.type):
            return None
        whole = node.params.get("axis") is None and not node.params.get("keepdims")
        text = plain if whole else code(node)
        return None if text is None else join.format(text)

    return started


def _extreme_from(name: str) -> Code:
    """`np.max` and `np.min` of all entries and a number, of which there may be none."""

    def code(node: Node) -> str | None:
        x, initial = (v.type for v in node.inputs)
        whole = node.params.get("axis") is None and not node.params.get("keepdims")
        if not whole or dtype_of(x) != "float64" or dims_of(initial) != ():
            return None
        found = f"np.{name}imum(np.{name}(x), initial)"
        return f"({found} if x.size else np.float64(initial))"

    return code


def _cumsum_code(x: str, back: bool) -> Code:
    """`np.cumsum` of x along an axis, in its dtype; back: from the other end."""

    def code(node: Node) -> str | None:
        t, axis = node.inputs[0].type, node.params.get("axis")
        dims = dims_of(t) or ()
        inexact = kind_of(t) in ("float", "complex")
        if len(dims) < 2 or axis is None or dtype_of(t) != dtype_of(node.out.type):
            return None
        (axis,) = axes_of(axis, len(dims))
        return f"runtime.cumsum_along({x}, {axis}, {back})" if inexact else None

    return code


def _along(name: str, *inputs: str) -> Code:
    """A scan by its helper, along an axis of arrays of one shape and dtype."""

    def code(node: Node) -> str | None:
        types = [v.type for v in node.inputs]
        dims, axis = dims_of(types[0]), node.params.get("axis")
        if not dims or kind_of(types[0]) not in ("float", "complex"):
            return None
        alike = all(same_dims(t, types[0]) for t in types)
        if not alike or len({dtype_of(t) for t in types}) > 1:
            return None
        back, given = bool(node.params.get("back", False)), ", ".join(inputs)
        if axis is not None:
            (axis,) = axes_of(axis, len(dims))
            return f"runtime.{name}({given}, {axis}, {back})"
        if len(dims) == 1:
            return f"runtime.{name}({given}, 0, {back})"
        given = ", ".join(f"np.ascontiguousarray({x}).reshape(-1)" for x in inputs)
        first = inputs[0]
        return f"runtime.{name}({given}, 0, {back}).reshape(np.shape({first}))"

    return code


def turned(x: str, order: Sequence[int]) -> str:
    """An array with its axes in this order, without Numba's `np.transpose`."""
    order, rank = tuple(order), len(order)
    if order == tuple(range(rank)):
        return x
    if order == tuple(reversed(range(rank))):
        return f"{x}.T"
    if rank > 4:
        return f"np.transpose({x}, {order})"
    return f"runtime.turned_{rank}({x}, {', '.join(map(str, order))})"


def _transpose_code(node: Node) -> str | None:
    """`x.T`, or by its helper."""
    dims, axes = dims_of(node.inputs[0].type), node.params.get("axes")
    if dims is None or axes is None:
        return None
    return turned("x", [k % len(dims) for k in axes])


def _swapaxes_code(node: Node) -> str | None:
    dims = dims_of(node.inputs[0].type)
    if not dims:
        return None
    a, b = (node.params[k] % len(dims) for k in "ab")
    order = list(range(len(dims)))
    order[a], order[b] = b, a
    return turned("x", order)


def _moveaxis_code(node: Node) -> str | None:
    """A transposition of more than two axes."""
    dims = dims_of(node.inputs[0].type)
    if dims is None:
        return None
    rank, a, b = len(dims), node.params["a"], node.params["b"]
    a, b = (p if isinstance(p, tuple) else (p,) for p in (a, b))
    places = dict(zip((k % rank for k in b), (k % rank for k in a), strict=True))
    rest = iter([k for k in range(rank) if k not in places.values()])
    order = tuple(places[k] if k in places else next(rest) for k in range(rank))
    return turned("x", order)


def _flip_code(node: Node) -> str | None:
    """`x[:, ::-1]` for `np.flip(x, axis=1)`."""
    dims, axis = dims_of(node.inputs[0].type), node.params.get("axis")
    if not dims:
        return None
    axes = axes_of(axis, len(dims))
    return f"x[{', '.join('::-1' if k in axes else ':' for k in range(len(dims)))}]"


def _take_code(node: Node) -> str | None:
    """`np.take` along an axis, where Numba takes a vector of indices only."""
    dims, places = (dims_of(v.type) for v in node.inputs)
    axis = node.params.get("axis")
    if not dims or places is None or len(places) < 2 or axis is None:
        return None
    (k,) = axes_of(axis, len(dims))
    shape = [f"x.shape[{j}]" for j in range(len(dims))]
    shape[k : k + 1] = [f"indices.shape[{j}]" for j in range(len(places))]
    found = f"np.take(x, np.ascontiguousarray(indices).reshape(-1), axis={k})"
    return f"{found}.reshape(({', '.join(shape)}))"


def _expand_code(node: Node) -> str | None:
    """A number as an array of one entry."""
    dims = dims_of(node.out.type)
    number = dims_of(node.inputs[0].type) == ()
    return f"np.full({(1,) * len(dims)}, x)" if number and dims else None


# Operations along axes that Numba wants written in another way.
AXES: Mapping[str, Code] = {
    "sum_": sum_code,
    "max_": _extreme_code("max", "+"),
    "min_": _extreme_code("min", "-"),
    "mean": _mean_code,
    "average": _average_code,
    "prod": _prod_code,
    "cumprod": _cumprod_code,
    "cumsum": _cumsum_code("x", False),
    "suffix_sum": _cumsum_code("g", True),
    "ptp": _ptp_code,
    "nanmax": _nan_extreme_code("nanmax", ""),
    "nanmin": _nan_extreme_code("nanmin", "-"),
    "var": _var_code(False),
    "std": _var_code(True),
    "sum_from": _started(sum_code, "np.sum(x)", "{} + initial"),
    "prod_from": _started(_prod_code, "np.prod(x)", "{} * initial"),
    "max_from": _extreme_from("max"),
    "min_from": _extreme_from("min"),
    "shift": _along("shifted_along", "x"),
    "exclusive": _along("exclusive_along", "x"),
    "recurrence": _along("recurrence_along", "a", "b"),
    "moveaxis": _moveaxis_code,
    "transpose": _transpose_code,
    "swapaxes": _swapaxes_code,
    "flip": _flip_code,
    "take": _take_code,
    "expand_dims": _expand_code,
    "atleast_1d": _expand_code,
    "atleast_2d": _expand_code,
    "atleast_3d": _expand_code,
}
