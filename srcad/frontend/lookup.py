"""What a name stands for, here or outside, and the check that it has a value."""

from __future__ import annotations

import builtins
<<<<<<< HEAD
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import Binding, Guard, constant_ref, contents_of, is_data
from srcad.frontend.control import Fork, Status
from srcad.frontend.frame import Frame
from srcad.frontend.installed import is_fixed
from srcad.frontend.refs import Cell, Entries, Items, Number, Ref, Table
=======
import types

from srcad.errors import UnsupportedSyntax
from srcad.frontend.boxes import box_of, function_around, global_box, new_box, opened
from srcad.frontend.context import Binding, constant_ref, guard_of, is_data
from srcad.frontend.control import Fork, Status
from srcad.frontend.frame import Frame, is_unbound
from srcad.frontend.refs import UNBOUND, Cell, Number, Ref
from srcad.frontend.snapshot import CONTAINERS
>>>>>>> main
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
    box = box_of(frame, name)
    if box is not None:
        held = opened(frame, box)
        return None if is_unbound(held) else held
    function = function_around(frame)
    if name in frame.declared_global and function is not None:
        return _global(frame, function, name)
    if name in frame.local:
        return None
    if frame.lexical is not None:
        return lookup(frame.lexical, name)
    if function is None:
        return None
    code = function.__code__
    if name in code.co_freevars:
<<<<<<< HEAD
        cell = function.__closure__[code.co_freevars.index(name)]
        if cell_holds_fixed(function, cell):
            return known_ref(frame, cell.cell_contents)
=======
        cells = function.__closure__ or ()
        cell = cells[code.co_freevars.index(name)]
>>>>>>> main
        return outside(frame, Binding("closure", cell, name))
    return _global(frame, function, name)


def _global(frame: Frame, function: types.FunctionType, name: str) -> Ref | None:
    binding = Binding("global", function.__globals__, name)
    box = global_box(frame, binding)
    if box is not None:
        held = opened(frame, box)
        return None if is_unbound(held) else held
    if name in function.__globals__:
<<<<<<< HEAD
        value = function.__globals__[name]
        if is_fixed(function, value):
            return known_ref(frame, value)
        return outside(frame, Binding("global", function.__globals__, name))
=======
        return outside(frame, binding)
>>>>>>> main
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
<<<<<<< HEAD
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
=======
    if binding.kind != "default" or isinstance(value, CONTAINERS):
        frame.session.guards.setdefault(binding.key, guard_of(binding, value))
>>>>>>> main
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


def share(frame: Frame, binding: Binding) -> None:
    """Keep a global that is written to in a box from here on."""
    try:
        held: Ref = outside(frame, binding)
    except UnsupportedSyntax:
        held = UNBOUND
    frame.session.shared[binding.key] = new_box(frame, binding.name, held)
