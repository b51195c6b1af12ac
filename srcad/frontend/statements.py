"""Statements other than branches, loops and jumps."""

from __future__ import annotations

from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.array_attributes import augment_part, store_part
from srcad.frontend.attributes import store_attribute
from srcad.frontend.classes import fields
from srcad.frontend.conditions import truth_of
from srcad.frontend.context import constant_ref
from srcad.frontend.decorating import decorated
from srcad.frontend.dicts import merged
from srcad.frontend.dunders import inplace_of_objects
from srcad.frontend.expressions import attribute, closure
from srcad.frontend.forks import Fork, Status
from srcad.frontend.frame import Frame, expression, statement
from srcad.frontend.lists import extend
from srcad.frontend.methods import call_method
from srcad.frontend.operators import BINARY, binary, operand
from srcad.frontend.refs import (
    Caught,
    Cell,
    Entries,
    Items,
    Iteration,
    Method,
    Number,
    Ref,
    Static,
    View,
)
from srcad.frontend.sets import combined_sets
from srcad.frontend.stores import (
    augment_subscript,
    is_mutable_array,
    outgrows,
    store_subscript,
    write_part,
)
from srcad.frontend.structures import structure
from srcad.frontend.unpacking import unpacked
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value
from srcad.ir.types import Array, List, Scalar, Unknown, dtype_of, kind_of, unwrapped
from srcad.ops.effects import format_, raise_, reraise
from srcad.ops.fit import cast


@statement(gast.Expr)
def _expr(frame: Frame, node: gast.Expr) -> None:
    if not isinstance(node.value, gast.Constant):  # a docstring
        frame.lower(node.value)


@statement(gast.Assign)
def _assign(frame: Frame, node: gast.Assign) -> None:
    ref = frame.lower(node.value)
    for target in node.targets:
        assign(frame, target, ref)


@statement(gast.AnnAssign)
def _annotated(frame: Frame, node: gast.AnnAssign) -> None:
    if node.value is not None:
        assign(frame, node.target, frame.lower(node.value))


def assign(frame: Frame, target: Any, ref: Ref) -> None:
    """`target = ref`."""
    with frame.place(target):
        if isinstance(target, gast.Name):
            frame.bind(target.id, ref)
        elif isinstance(target, (gast.Tuple, gast.List)):
            for part, item in unpacked(frame, target, ref):
                assign(frame, part, item)
        elif isinstance(target, gast.Subscript):
            store_subscript(frame, target, ref)
        else:
            _assign_attribute(frame, target, frame.lower(target.value), ref)


def _assign_attribute(
    frame: Frame, target: gast.Attribute, owner: Ref, new: Ref
) -> None:
    """`owner.name = new`."""
    if isinstance(new, (Cell, Number)):
        new = _named(frame, target.attr, new)
    if store_attribute(frame, owner, target.attr, new):
        return
    if not store_part(frame, target, owner, new):
        raise frame.refuse(
            f"an assignment to the attribute {target.attr!r} of this object is not "
            "supported",
            target,
            "keep the value in a local name and return it",
        )


def _named(frame: Frame, name: str, ref: Ref) -> Ref:
    """An object whose value, if it was just made, is named after an attribute."""
    if isinstance(ref, Number):
        return Number(frame.named(ref.value, name))
    content = frame.world.contents.get(ref) if isinstance(ref, Cell) else None
    if isinstance(ref, Cell) and isinstance(content, Value):
        frame.world.contents[ref] = frame.named(content, name)
    return ref


@statement(gast.AugAssign)
def _augmented(frame: Frame, node: gast.AugAssign) -> None:
    sign = type(node.op)

    def combine(old: Ref, new: Ref) -> Value:
        return _in_dtype(frame.read(binary(frame, sign, old, new)), frame.read(old))

    if isinstance(node.target, gast.Subscript):
        direction = {gast.Add: 1, gast.Sub: -1}.get(sign, 0)
        augment_subscript(
            frame, node.target, lambda: frame.lower(node.value), combine, direction
        )
        return
    if isinstance(node.target, gast.Attribute):
        _augmented_attribute(frame, node, combine)
        return
    old = frame.lower(node.target)
    new = frame.lower(node.value)
    found = inplace_of_objects(frame, sign, old, new)
    if found is None:
        found = combined_sets(frame, sign, old, new, in_place=True)
    if found is None and sign is gast.BitOr:
        found = merged(frame, old, new, in_place=True)
    if found is not None:
        frame.bind(node.target.id, found)
        return
    if isinstance(old, Static) and isinstance(old.value, (str, bytes)):
        frame.bind(node.target.id, binary(frame, sign, old, new))
        return
    if structure(frame, old) is not None:
        _extend(frame, node, old, new)
        return
    before = operand(frame, old)
    if isinstance(unwrapped(before.type), List) and isinstance(old, Cell):
        kind = None if isinstance(new, Iteration) else frame.known_type(new)
        if sign is not gast.Add or isinstance(unwrapped(kind), (Array, Unknown)):  # type: ignore[arg-type]
            frame.bind(node.target.id, binary(frame, sign, old, new))
            return
        extend(frame, old, before, new)
        return
    if not is_mutable_array(before):
        frame.bind(node.target.id, binary(frame, sign, old, new))
        return
    after = _in_dtype(BINARY[sign](before, operand(frame, new)), before)
    if outgrows(after.type, before.type):  # it is written, or NumPy raises
        write_part(frame, old, after, ("...",), [])
        return
    frame.write(old, frame.named(after, node.target.id))


def _augmented_attribute(frame: Frame, node: Any, combine: Any) -> None:
    """`owner.name op= value`."""
    target, sign = node.target, type(node.op)
    owner = frame.lower(target.value)
    if augment_part(
        frame, target, owner, lambda old: combine(old, frame.lower(node.value))
    ):
        return
    with frame.place(target):
        old = attribute(frame, owner, target.attr, target)
    new = frame.lower(node.value)
    found = inplace_of_objects(frame, sign, old, new)
    written = isinstance(old, (Cell, View)) and fields(frame, old) is None
    if found is None and written:
        _write_augmented(frame, node, old, new, combine)
        return
    if found is None:
        found = binary(frame, sign, old, new)
    _assign_attribute(frame, target, owner, found)


def _write_augmented(frame: Frame, node: Any, old: Ref, new: Ref, combine: Any) -> None:
    """`op=` that writes into a list or array."""
    a, b = structure(frame, old), structure(frame, new)
    if isinstance(a, Entries) and isinstance(b, (Entries, Items)):
        assert isinstance(old, Cell)
        frame.store(old, Entries((*a.items, *b.items)))
    elif a is None and is_mutable_array(frame.read(old)):
        frame.write(old, frame.named(combine(old, new), node.target.attr))
    else:
        raise frame.refuse("this op= on an attribute is not supported", node)


def _in_dtype(after: Value, before: Value) -> Value:
    """What NumPy stores when `op=` writes into an array of another dtype."""
    if not isinstance(unwrapped(before.type), Array):
        return after
    want, got = dtype_of(before.type), dtype_of(after.type)
    if got is None or want is None or want == got:
        return after
    order = ("bool", "int", "float", "complex")
    if order.index(str(kind_of(after.type))) > order.index(str(kind_of(before.type))):
        raise UnsupportedSyntax(
            f"an array of {want} cannot hold the {got} written to it",
            hint=f"make the array with dtype {got}",
        )
    return cast(after, dtype=want)


def _extend(frame: Frame, node: gast.AugAssign, old: Ref, new: Ref) -> None:
    a, b = structure(frame, old), structure(frame, new)
    if isinstance(a, Entries) and isinstance(b, (Entries, Items)):
        assert isinstance(old, Cell)
        frame.store(old, Entries((*a.items, *b.items)))
        return
    arrays = (Array, Unknown, Scalar)  # list += array is the array's sum
    extends = isinstance(new, Iteration) or not isinstance(
        unwrapped(frame.known_type(new)), arrays
    )
    if isinstance(a, Entries) and isinstance(node.op, gast.Add) and extends:
        call_method(frame, Method(old, "extend"), [new], {})
        return
    frame.bind(node.target.id, binary(frame, type(node.op), old, new))


@statement(gast.FunctionDef)
def _function(frame: Frame, node: gast.FunctionDef) -> None:
    refuse_generators(frame, node)
    function: Ref = closure(frame, node, node.name)
    frame.bind(node.name, decorated(frame, node, function))


def refuse_generators(frame: Frame, node: Any) -> None:
    """Refuse a function that yields."""
    todo = list(node.body) if isinstance(node.body, list) else [node.body]
    while todo:
        item = todo.pop()
        if isinstance(item, (gast.Yield, gast.YieldFrom)):
            raise frame.unsupported(item)
        if not isinstance(item, (gast.FunctionDef, gast.Lambda)):
            todo.extend(gast.iter_child_nodes(item))


# ---- assert and raise ----------------------------------------------------------------


@statement(gast.Raise)
def _raise(frame: Frame, node: gast.Raise) -> Status:
    call = node.exc
    if call is None or _is_caught(frame, call):
        if frame.error is None:
            raise frame.refuse(
                "raise without an exception is only supported in a handler",
                node,
                "name the exception",
            )
        reraise()
        return Status.DEAD
    args = call.args if isinstance(call, gast.Call) else []
    kind = frame.lower(call.func if isinstance(call, gast.Call) else call)
    if not (
        isinstance(kind, Static)
        and isinstance(kind.value, type)
        and issubclass(kind.value, BaseException)
    ):
        raise frame.refuse("only exceptions given by class are supported", node)
    _raise_with(frame, kind.value, args)
    return Status.DEAD


def _is_caught(frame: Frame, node: Any) -> bool:
    """Whether an expression is the exception that is being handled."""
    found = frame.names.get(node.id) if isinstance(node, gast.Name) else None
    return isinstance(found, Caught) and found.value is frame.error


def _raise_with(frame: Frame, exception: Any, args: list[Any]) -> None:
    """Write the effect node of a raise."""
    parts: list[Value] = []
    layouts = tuple(message(frame, a, parts) for a in args)
    raise_(*parts, exception=exception, layout=layouts)


def message(frame: Frame, node: Any, parts: list[Value]) -> Any:
    """An argument of an exception: its layout (`ops/effects.py`), values to `parts`."""
    if isinstance(node, gast.JoinedStr):
        return f_string(frame, node, parts)
    parts.append(shown(frame, frame.lower(node)))
    return "value"


def shown(frame: Frame, ref: Ref) -> Value:
    """An object as the value that a text shows."""
    return ref.value if isinstance(ref, Caught) else frame.read(ref)


@expression(gast.JoinedStr)
def _f_string(frame: Frame, node: gast.JoinedStr) -> Ref:
    parts: list[Value] = []
    layout = f_string(frame, node, parts)
    if all(isinstance(p, Literal) and type(p.value) in _PLAIN for p in parts):
        return constant_ref(text_of(layout, [p.value for p in parts]))  # type: ignore[attr-defined]
    return frame.result(format_(*parts, layout=layout))


_PLAIN = (str, bytes, bool, int, float, type(None))


def text_of(layout: Any, values: list[Any]) -> str:
    """The text of an f-string whose values are known."""
    rest = iter(values)
    found = []
    for piece in layout:
        if isinstance(piece, str):
            found.append(piece)
            continue
        conversion, spec = piece
        known: Any = {"r": repr, "s": str, "a": ascii}.get(conversion, lambda v: v)
        found.append(format(known(next(rest)), spec))
    return "".join(found)


def f_string(frame: Frame, node: gast.JoinedStr, parts: list[Value]) -> Any:
    """The pieces of an f-string; its values are added to `parts`."""
    return tuple(_piece(frame, v, parts) for v in node.values)


def _piece(frame: Frame, node: Any, parts: list[Value]) -> Any:
    if isinstance(node, gast.Constant):
        return node.value
    spec = ""
    if node.format_spec is not None:
        if not all(isinstance(v, gast.Constant) for v in node.format_spec.values):
            raise frame.refuse("a format that is computed is not supported", node)
        spec = "".join(str(v.value) for v in node.format_spec.values)
    with frame.place(node.value):
        parts.append(shown(frame, frame.lower(node.value)))
    conversion = chr(node.conversion) if node.conversion and node.conversion > 0 else ""
    return (conversion, spec)


@statement(gast.Assert)
def _assert(frame: Frame, node: gast.Assert) -> None:
    if not __debug__:
        return
    condition = truth_of(frame, frame.lower(node.test))
    args = [] if node.msg is None else [node.msg]
    if isinstance(condition, bool):
        if not condition:
            _raise_with(frame, AssertionError, args)
        return
    fork = Fork(frame, condition)
    fork.left(lambda: Status.FALL)

    def fail() -> Status:
        _raise_with(frame, AssertionError, args)
        return Status.DEAD

    with current().at(frame.span(node)):
        fork.right(fail)
    fork.merge()
