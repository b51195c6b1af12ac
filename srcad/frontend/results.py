"""From an operation's result to the object it is: a new one, or a view of its input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from srcad.frontend.frame import Frame
from srcad.frontend.refs import Cell, Items, Number, Ref, View
from srcad.ir.builder import current
from srcad.ir.graph import Node, Value
from srcad.ir.types import Array, Scalar, Unknown, unwrapped
from srcad.ops.declare import Op, memory_of
from srcad.ops.shapes import ATTRIBUTES, transpose, transpose_back

# Views that NumPy never makes copies of, so that reading them again is always right.
CERTAIN = (
    "transpose",
    "expand_dims",
    "squeeze",
    "broadcast_to",
    "diagonal",
    "swapaxes",
)


def result_object(
    frame: Frame, op: Op, base: Ref | None, inputs: Sequence[Any], found: Value
) -> Ref:
    """The object that an operation gave, `base` being its first argument."""
    node = current().definitions.get(found)
    array = isinstance(unwrapped(found.type), (Array, Unknown))
    if node is None or not array or not isinstance(base, (Cell, View)):
        return frame.object_of(found)
    if not isinstance(node.op, Op) or memory_of(node) == "new":
        return frame.object_of(found)
    if not node.inputs or node.inputs[0] is not frame.read(base):
        return frame.object_of(found)
    return view_of(frame, base, node, found)


def view_of(frame: Frame, base: Ref, node: Node, found: Value) -> Ref:
    """The result of an operation that gives (or may give) a view of its first input."""
    op, rest, params = node.op, node.inputs[1:], dict(node.params)
    assert isinstance(op, Op)
    source = node.inputs[0]

    def read(b: Value) -> Value:
        return op(b, *rest, **params)

    write = _inverse(op, params, found)
    certain = op.name in CERTAIN and not isinstance(unwrapped(source.type), Unknown)
    view = View(base, read, write, None if certain else source)
    frame.world.views[view] = (source, found)
    return view


def _inverse(
    op: Op, params: Mapping[str, Any], found: Value
) -> Callable[[Value, Value], Value] | None:
    if op is not transpose:
        return None
    return lambda b, new: transpose_back(new, **params)


def attribute_view(frame: Frame, owner: Ref, value: Value, name: str) -> Ref:
    """`owner.name` of an array or number."""
    found = ATTRIBUTES[name](value)
    if isinstance(found, tuple):
        return Items(tuple(Number(v) for v in found))
    if found is value:
        return owner
    node = current().definitions.get(found)
    if node is None or isinstance(unwrapped(found.type), Scalar):
        return frame.object_of(found)
    if not isinstance(node.op, Op) or memory_of(node) == "new":
        return frame.object_of(found)
    if node.inputs[0] is not value or not isinstance(owner, (Cell, View)):
        return frame.object_of(found)
    return view_of(frame, owner, node, found)
