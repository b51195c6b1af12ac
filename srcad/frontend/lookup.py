"""What a name stands for, here or outside, and the check that it has a value."""

from __future__ import annotations

import builtins
import types
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.boxes import box_of, function_around, global_box, new_box, opened
from srcad.frontend.context import Binding, constant_ref, guard_of, is_data
from srcad.frontend.forks import Fork, Status
from srcad.frontend.frame import Frame, is_unbound
from srcad.frontend.installed import is_fixed
from srcad.frontend.refs import UNBOUND, Cell, Items, Number, Ref
from srcad.frontend.snapshot import CONTAINERS
from srcad.ir.graph import Literal
from srcad.ir.types import Static as StaticType
from srcad.ops import arithmetic as ops
from srcad.ops.effects import raise_


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
        cells = function.__closure__ or ()
        cell = cells[code.co_freevars.index(name)]
        if cell_holds_fixed(function, cell):
            return known_ref(frame, cell.cell_contents)
        return outside(frame, Binding("closure", cell, name))
    return _global(frame, function, name)


def _global(frame: Frame, function: types.FunctionType, name: str) -> Ref | None:
    binding = Binding("global", function.__globals__, name)
    box = global_box(frame, binding)
    if box is not None:
        held = opened(frame, box)
        return None if is_unbound(held) else held
    if name in function.__globals__:
        value = function.__globals__[name]
        if is_fixed(function, value):
            return known_ref(frame, value)
        return outside(frame, binding)
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
    if binding.kind != "default" or isinstance(value, CONTAINERS):
        frame.session.guards.setdefault(binding.key, guard_of(binding, value))
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


def without_value(frame: Frame, name: str, node: Any) -> UnsupportedSyntax:
    """The error for a name that has no value, and what Python raises there."""
    error = frame.refuse(
        f"{name!r} has no value here", node, "assign to it on every path"
    )
    if name in frame.local:
        return error.for_certain(UnboundLocalError(_unassigned(name)))
    function = function_around(frame)
    if function is None or name not in function.__code__.co_cellvars:
        return error
    text = f"cannot access free variable {name!r} where it is not associated with a "
    return error.for_certain(NameError(f"{text}value in enclosing scope"))


def _unassigned(name: str) -> str:
    return (
        f"cannot access local variable {name!r} where it is not associated with a value"
    )


def ensure_bound(frame: Frame, name: str, ref: Ref) -> None:
    """Raise, when the program runs, what Python raises for a name without a value."""
    del frame.world.doubts[ref]
    if not isinstance(ref, (Number, Cell)):
        return
    text = _unassigned(name)
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
