"""How the Numba dialect writes copies and moved entries: tile, repeat, roll, diagonals.

Numba has no `np.tile`, repeats and rolls all entries in a row only, and takes diagonals
of matrices; the rest goes by the helpers of `runtime_copies.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from srcad.backend.numba_axes import turned
from srcad.ir.graph import Node, Value
from srcad.ir.types import Array, Scalar, dims_of, kind_of
from srcad.ops.reduced import axes_of

Code = Callable[[Node], str | None]


def tuple_of(entries: Sequence[str]) -> str:
    """The text of a tuple."""
    return f"({', '.join(entries)}{',' if len(entries) == 1 else ''})"


# ---- several times over --------------------------------------------------------------


def _tile_text(x: Value, reps: Sequence[Value]) -> tuple[str, str] | None:
    """An array with an axis for each count, and the shape of all its copies."""
    dims = dims_of(x.type)
    if not dims or any(kind_of(v.type) != "int" for v in reps):
        return None
    rank = max(len(dims), len(reps))
    first, plain = rank - len(dims), rank - len(reps)
    sizes = ["" if k < first else f"x.shape[{k - first}]" for k in range(rank)]
    counts = ["" if k < plain else f"shape{k - plain}" for k in range(rank)]
    shape = [" * ".join(filter(None, pair)) for pair in zip(sizes, counts, strict=True)]
    given = f"x[{'None, ' * first}...]" if first else "x"
    return given, tuple_of(shape)


def _tile_code(node: Node) -> str | None:
    x, *reps = node.inputs
    found = _tile_text(x, reps)
    return None if found is None else f"runtime.tiled({found[0]}, {found[1]})"


def _untiled_code(node: Node) -> str | None:
    g, x, *reps = node.inputs
    found = _tile_text(x, reps)
    if found is None or not isinstance(g.type, Array):
        return None
    return f"runtime.tiles_summed(g, {found[0]}).reshape(np.shape(x))"


def _counts(node: Node, place: int, length: str) -> str | None:
    """How often each entry of an axis is repeated."""
    repeats = node.inputs[place].type
    if kind_of(repeats) != "int":
        return None
    if isinstance(repeats, Scalar):
        return f"np.full({length}, repeats)"
    return "repeats" if len(dims_of(repeats) or ()) == 1 else None


def _repeat_code(node: Node) -> str | None:
    dims, axis = dims_of(node.inputs[0].type), node.params.get("axis")
    if not dims:
        return None
    if axis is None:
        return "np.repeat(x, repeats)"
    (k,) = axes_of(axis, len(dims))
    counts = _counts(node, 1, f"x.shape[{k}]")
    if counts is None:
        return None
    total = f"x.shape[{k}] * repeats" if counts != "repeats" else "np.sum(repeats)"
    shape = [total if j == k else f"x.shape[{j}]" for j in range(len(dims))]
    return f"runtime.repeated_along(x, {counts}, {tuple_of(shape)}, {k})"


def _unrepeated_code(node: Node) -> str | None:
    g, x, _ = node.inputs
    dims, axis = dims_of(x.type), node.params.get("axis")
    if not dims or not isinstance(g.type, Array):
        return None
    if axis is None:
        counts, line = _counts(node, 2, "x.size"), "np.ascontiguousarray(x).reshape(-1)"
        summed = f"runtime.repeats_summed(g, {line}, {counts}, 0)"
        return None if counts is None else f"{summed}.reshape(np.shape(x))"
    (k,) = axes_of(axis, len(dims))
    counts = _counts(node, 2, f"x.shape[{k}]")
    return None if counts is None else f"runtime.repeats_summed(g, x, {counts}, {k})"


# ---- moved along an axis -------------------------------------------------------------


def _roll_code(node: Node) -> str | None:
    """Along one axis after the other."""
    x, *shifts = node.inputs
    dims, axis = dims_of(x.type), node.params.get("axis")
    if not dims or any(kind_of(v.type) != "int" for v in shifts):
        return None
    if axis is None:
        return f"np.roll(x, {' + '.join(f'shape{k}' for k in range(len(shifts)))})"
    axes = axis if isinstance(axis, tuple) else (axis,)
    if 1 not in (len(axes), len(shifts)) and len(axes) != len(shifts):
        return None
    text = "x"
    for n in range(max(len(axes), len(shifts))):
        (k,) = axes_of(axes[n if len(axes) > 1 else 0], len(dims))
        text = f"runtime.rolled({text}, shape{n if len(shifts) > 1 else 0}, {k})"
    return text


def _diff_code(node: Node) -> str | None:
    """Numba's goes along the last axis."""
    dims, axis = dims_of(node.inputs[0].type), node.params.get("axis", -1)
    if not dims:
        return None
    (k,) = axes_of(axis, len(dims))
    if k == len(dims) - 1:
        return "np.diff(x)"
    full = ":, " * k
    return f"(x[{full}1:] - x[{full}:-1])"


# ---- diagonals -----------------------------------------------------------------------


def _turn(node: Node, rank: int) -> tuple[int, ...]:
    """The order of axes in which those of the diagonal come last."""
    a, b = (node.params.get(f"axis{k}", k - 1) % rank for k in (1, 2))
    return (*(k for k in range(rank) if k not in (a, b)), a, b)


def _diagonal_code(node: Node) -> str | None:
    dims, offset = dims_of(node.inputs[0].type), node.params.get("offset", 0)
    if not dims or len(dims) < 2:
        return None
    order = _turn(node, len(dims))
    if order == (0, 1):
        return f"np.diag(x, {offset})" if offset else "np.diag(x)"
    return f"runtime.diagonals({turned('x', order)}, {offset})"


def _trace_code(node: Node) -> str | None:
    text = _diagonal_code(node)
    if text is None or text == "np.diag(x)":
        return text and "np.trace(x)"
    axis = len(dims_of(node.inputs[0].type) or ()) - 2  # the diagonals' own
    return f"np.sum({text}, axis={axis})" if axis else f"np.sum({text})"


def _undiagonal_code(node: Node) -> str | None:
    dims, offset = dims_of(node.inputs[1].type), node.params.get("offset", 0)
    if not dims or not isinstance(node.inputs[0].type, Array):
        return None
    if len(dims) == 1:
        return f"np.diag(g, {offset})" if offset else "np.diag(g)"
    order = _turn(node, len(dims))
    if order == tuple(range(len(dims))):
        return f"runtime.with_diagonals(g, x, {offset})"
    made = f"runtime.with_diagonals(g, {turned('x', order)}, {offset})"
    return turned(made, [order.index(k) for k in range(len(dims))])


# ---- axes of one entry ---------------------------------------------------------------


def _squeeze_code(node: Node) -> str | None:
    """`x[:, 0]` for `np.squeeze(x, axis=1)`."""
    x, axis = node.inputs[0], node.params.get("axis")
    dims = dims_of(x.type)
    if dims is None or not isinstance(x.type, Array):
        return None
    if axis is None and len(dims_of(node.out.type) or ()) != sum(d != 1 for d in dims):
        return None
    single = [k for k, d in enumerate(dims) if d == 1]
    axes = single if axis is None else axes_of(axis, len(dims))
    return f"x[{', '.join('0' if k in axes else ':' for k in range(len(dims)))}]"


COPIES: Mapping[str, Code] = {
    "tile": _tile_code,
    "untiled": _untiled_code,
    "repeat": _repeat_code,
    "unrepeated": _unrepeated_code,
    "roll": _roll_code,
    "diff": _diff_code,
    "diagonal": _diagonal_code,
    "trace": _trace_code,
    "undiagonal": _undiagonal_code,
    "squeeze": _squeeze_code,
}
