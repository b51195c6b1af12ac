"""What a name stands for, here or outside, and the check that it has a value."""

from __future__ import annotations

import builtins
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import Binding, Guard, constant_ref, contents_of, is_data
from srcad.frontend.control import Fork, Status
from srcad.frontend.frame import Frame
from srcad.frontend.installed import is_fixed
from srcad.frontend.refs import Cell, Entries, Items, Number, Ref, Table
from srcad.ir.graph import Literal
from srcad.ir.types import Static as StaticType
from srcad.ops import arithmetic as ops
from srcad.ops.effects import raise_

WATCHED = 1000  # of a list or dict from outside that is longer, changes go unnoticed


def lookup(frame: Frame, name: str) -> Ref | None:
    """What a name stands for: local, enclosing, closure, global or builtin."""
    found = frame.names.get(name)
    if found is not None:
        return found
    if name in frame.local:
        return None
    if frame.lexical is not None:
        return lookup(frame.lexical, name)
    function = frame.function
    if function is None:
        return None
    code = function.__code__
    if name in code.co_freevars:
        cell = function.__closure__[code.co_freevars.index(name)]
        if cell_holds_fixed(function, cell):
            return known_ref(frame, cell.cell_contents)
        return outside(frame, Binding("closure", cell, name))
    if name in function.__globals__:
        value = function.__globals__[name]
        if is_fixed(function, value):
            return known_ref(frame, value)
        return outside(frame, Binding("global", function.__globals__, name))
    if hasattr(builtins, name):
        return constant_ref(getattr(builtins, name))
    return None


def outside(frame: Frame, binding: Binding) -> Ref:
    """An object from outside the function: data is read at each call."""
    try:
        value = binding.read()
    except LookupError:
        raise UnsupportedSyntax(f"{binding.name!r} has no value yet") from None
    if is_data(value):
        return frame.hidden(binding, value)
    small = isinstance(value, (list, dict, set, tuple)) and len(value) <= WATCHED
    contents = contents_of(value) if small else None
    if binding.kind != "default" or contents is not None:
        guard = Guard(binding, value, contents)
        frame.session.guards.setdefault(binding.key, guard)
    if contents is None or type(value) not in (list, dict):
        return constant_ref(value)
    return _container(frame, binding, value)


def _container(frame: Frame, binding: Binding, value: Any) -> Ref:
    """A list or dict from outside, which holds more than data; it is not written to."""
    known = frame.context.known.get(binding.key)
    if known is not None:
        return known
    keys = value if isinstance(value, dict) else range(len(value))
    parts = {k: _part(frame, Binding("item", value, k), value[k]) for k in keys}
    whole = parts if isinstance(value, dict) else None
    content = Entries(tuple(parts.values())) if whole is None else Table(whole)
    cell = Cell(captured=f"{binding.name!r}, which outlives the call", known=value)
    frame.context.contents[cell] = content
    frame.context.known[binding.key] = cell
    return cell


def _part(frame: Frame, binding: Binding, value: Any) -> Ref:
    if is_data(value):
        return frame.hidden(binding, value)
    if type(value) in (list, dict):
        return _container(frame, binding, value)
    return constant_ref(value)


def cell_holds_fixed(function: Any, cell: Any) -> bool:
    """Whether a cell of a package's closure holds numbers that are constants."""
    try:
        return is_fixed(function, cell.cell_contents)
    except ValueError:
        return False


def known_ref(frame: Frame, value: Any) -> Ref:
    """A known object, taken apart where it is a tuple."""
    if isinstance(value, tuple):
        return Items(tuple(known_ref(frame, entry) for entry in value), type(value))
    return constant_ref(value)


def ensure_bound(frame: Frame, name: str, ref: Ref) -> None:
    """Raise, when the program runs, what Python raises for a name without a value."""
    del frame.world.doubts[ref]
    if not isinstance(ref, (Number, Cell)):
        return
    text = (
        f"cannot access local variable {name!r} where it is not associated with a value"
    )
    fork = Fork(frame, ops.unbound(frame.read(ref)))

    def fail() -> Status:
        message = Literal("", StaticType(text), text)
        raise_(message, exception=UnboundLocalError, layout=("value",))
        return Status.DEAD

    fork.left(fail)
    fork.right(lambda: Status.FALL)
    fork.merge()
