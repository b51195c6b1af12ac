"""An index between brackets, and what else NumPy takes for an array."""

from __future__ import annotations

from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame, expression
from srcad.frontend.refs import (
    Items,
    Iteration,
    Number,
    Ref,
    Static,
    Table,
)
from srcad.frontend.structures import nested, structure
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import Array, List, Scalar, unwrapped
from srcad.ops.creation import array_of, array_of_nested
from srcad.ops.layout import Layout


@expression(gast.Slice)
def _slice(frame: Frame, node: gast.Slice) -> Ref:
    parts = (node.lower, node.upper, node.step)
    none = literal(None)
    return Iteration(
        "slice",
        tuple(Number(none) if p is None else frame.lower(p) for p in parts),
    )


def lower_index(frame: Frame, node: Any) -> tuple[Layout, list[Value]]:
    """An index as the layout and inputs that `getitem` takes."""
    return index_of_refs(frame, [frame.lower(node)])


def index_of_refs(frame: Frame, refs: list[Ref]) -> tuple[Layout, list[Value]]:
    """Index components as the layout and inputs that `getitem` takes."""
    layout: list[Any] = []
    inputs: list[Value] = []
    todo = list(refs)
    while todo:
        ref = todo.pop(0)
        if isinstance(ref, Items):
            todo[:0] = ref.items
        elif isinstance(ref, Iteration) and ref.kind == "slice":
            values = [frame.read(r) for r in ref.args]
            given = [not (isinstance(v, Literal) and v.value is None) for v in values]
            layout.append(("slice", *given))
            inputs += [v for v, g in zip(values, given, strict=True) if g]
        elif isinstance(ref, Static) and ref.value is None:
            layout.append("new")
        elif isinstance(ref, Static) and ref.value is Ellipsis:
            layout.append("...")
        elif isinstance(ref, Static) and isinstance(ref.value, slice):
            parts = (ref.value.start, ref.value.stop, ref.value.step)
            layout.append(("slice", *(p is not None for p in parts)))
            inputs += [literal(p) for p in parts if p is not None]
        elif isinstance(ref, Static) and isinstance(ref.value, str):
            raise UnsupportedSyntax(
                f"{ref.value!r} is no index of an array; if this is a dict, its type "
                "is not known before the first call",
                hint="call it once, or ask for source_for(*args)",
            )
        else:
            layout.append("at")
            inputs.append(array_like(frame, ref))
    return tuple(layout), inputs


def array_like(frame: Frame, ref: Ref) -> Value:
    """A value that NumPy takes for an array: lists of numbers become one."""
    if isinstance(ref, Iteration) and ref.kind == "tuple":
        return array_like(frame, ref.args[0])
    known = structure(frame, ref)
    if known is not None and not isinstance(known, Table):
        return array_of_nested(nested(frame, ref))
    value = frame.read(ref)
    return array_of(value) if is_list_of_numbers(value) else value


def is_list_of_numbers(value: Value) -> bool:
    """Whether a value is a list of unknown length that NumPy takes for an array."""
    t = unwrapped(value.type)
    while isinstance(t, List):
        t = unwrapped(t.item)
        if isinstance(t, (Scalar, Array)):
            return True
    return False


def array_inputs(inputs: list[Any]) -> list[Any]:
    """Inputs of an operation: Python lists and tuples become arrays."""
    return [array_of_nested(v) if isinstance(v, (list, tuple)) else v for v in inputs]
