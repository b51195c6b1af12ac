"""Whether an array lies in memory row by row, so that reshape and ravel give views.

`a.reshape(-1)` and `a.ravel()` are views of an array that is C-contiguous; of another
they may be copies. For arrays made here the operation that made them tells; for the
arguments of the differentiated function dispatch asks at each call, where the answer
matters (`Lowered.contiguous`).
"""

from __future__ import annotations

from srcad.frontend.frame import Frame
from srcad.frontend.refs import Cell, Ref, View
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import Scalar, dims_of, unwrapped
from srcad.ops.declare import Op, memory_of
from srcad.ops.layout import Layout, components

# The positions of the arguments that must be C-contiguous; None: it cannot be known.
Order = frozenset[int] | None
SURE: Order = frozenset()

# Operations whose results are C-contiguous, whatever they are given.
_ROW_BY_ROW = ("zeros", "ones", "empty", "full", "arange", "eye", "copy_in_rows")
_PRODUCTS = ("outer", "matmul")  # of matrices
# Operations that keep the order of axes of what they are given.
_KEEPING = ("zeros_as", "ones_as", "empty_as", "full_as", "copy", "cast", "array_of")
_JOINING = ("concatenate", "vstack", "hstack", "stack")
# Views that are contiguous where their base is.
_SAME = ("reshape", "ravel", "expand_dims", "squeeze")


def contiguity(frame: Frame, ref: Ref) -> Order:
    """On which arguments' being C-contiguous it depends that an array is."""
    if isinstance(ref, View):
        if ref.origin is not None:
            return None
        if ref.index is not None and ref.entry is None and leading(*ref.index):
            return contiguity(frame, ref.base)
        return contiguity(frame, ref.base) if ref.name in _SAME else None
    if not isinstance(ref, Cell):
        return None
    position = frame.session.parameters.get(ref)
    if position is not None:
        return frozenset([position])
    return fresh(frame, ref.made) if isinstance(ref.made, Value) else None


def leading(layout: Layout, inputs: tuple[Value, ...]) -> bool:
    """Whether an index takes one piece of memory: `x[i]`, `x[i, a:b]`, `x[a:b]`."""
    sliced = False
    for entry, bounds in components(layout, inputs):
        if isinstance(entry, tuple):
            full = not any(entry[1:])
            if (sliced and not full) or bounds[2] is not None:
                return False
            sliced = True
        elif entry != "at" or sliced:
            return False
    return True


def fresh(frame: Frame, value: Value) -> Order:
    """The same for an array that an operation made."""
    node = current().definitions.get(value)
    rank = _rank(value)
    if node is None or rank is None or not isinstance(node.op, Op):
        return None
    name = node.op.name
    if name in ("update", "add_at"):
        return fresh(frame, node.inputs[0])
    if memory_of(node) != "new":
        return None
    if rank <= 1 or name in _ROW_BY_ROW:
        return SURE
    if name in _PRODUCTS and rank == 2:
        return SURE
    if name == "array_of" and node.params.get("layout", "x") != "x":
        return SURE
    if name in _KEEPING:
        return _ordered(frame, node.inputs[0])
    if name in _JOINING or node.op.kind == "elementwise":
        return _all_ordered(frame, node)
    return None


def _all_ordered(frame: Frame, node: Node) -> Order:
    found: frozenset[int] = frozenset()
    for v in node.inputs:
        order = _ordered(frame, v)
        if order is None:
            return None
        found |= order
    return found


def _ordered(frame: Frame, value: Value) -> Order:
    """Whether the axes of a value lie in memory in their order, maybe with gaps."""
    if isinstance(value, Literal) or isinstance(unwrapped(value.type), Scalar):
        return SURE
    rank = _rank(value)
    if rank is None:
        return None
    position = frame.session.parameters.get(value)
    if position is not None:
        return frozenset([position]) if rank > 1 else SURE
    if rank <= 1:
        return SURE
    node = current().definitions.get(value)
    if node is None or not isinstance(node.op, Op):
        return None
    if node.op.name == "getitem" and memory_of(node) == "view":
        entries = components(node.params["layout"], node.inputs[1:])
        steps = [item[2] for e, item in entries if isinstance(e, tuple)]
        if _rank(node.inputs[0]) == 1:
            return SURE
        plain = "new" not in node.params["layout"] and not any(steps)
        return _ordered(frame, node.inputs[0]) if plain else None
    if node.op.name in _SAME:
        return _ordered(frame, node.inputs[0])
    return fresh(frame, value)


def _rank(value: Value) -> int | None:
    dims = dims_of(value.type)
    return None if dims is None else len(dims)
