"""Names that are bound from more than one function: they live in boxes.

A name that an inner function declares `nonlocal` is kept in a box: a cell of the world
that holds one object, so that branches, loops and calls merge it like any other. So is
a global that the function writes to; each write to it is also an effect.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import Binding
from srcad.frontend.refs import UNBOUND, Cell, Entries, Number, Ref, Static
from srcad.frontend.session import InPlaceOnly
from srcad.ir.types import Scalar
from srcad.ops.effects import set_global

if TYPE_CHECKING:
    from srcad.frontend.frame import Frame


class Restart(Exception):
    """A global is written to: lowering starts again, with a box for it."""

    def __init__(self, binding: Binding) -> None:
        super().__init__(binding.name)
        self.binding = binding


def box_of(frame: Frame, name: str) -> Cell | None:
    """The box of a name, where it lives in one."""
    here: Frame | None = frame
    while here is not None:
        if name in here.boxes:
            return here.boxes[name]
        if name in here.local or name in here.declared_global:
            return None
        here = here.lexical
    return None


def opened(frame: Frame, box: Cell) -> Ref:
    """The object in a box."""
    content = frame.content(box)
    assert isinstance(content, Entries)
    return content.items[0]


def enter_boxes(frame: Frame, names: frozenset[str]) -> None:
    """Give the frame's names that inner functions bind a box each."""
    for name in sorted(names & frame.local):
        held = frame.names.pop(name, UNBOUND)
        frame.boxes[name] = new_box(frame, name, held)


def new_box(frame: Frame, name: str, held: Ref) -> Cell:
    """A box for a name."""
    return frame.new(Entries((held,)))


# ---- globals -------------------------------------------------------------------------


def function_around(frame: Frame) -> types.FunctionType | None:
    """The Python function whose globals the frame's names come from."""
    here: Frame | None = frame
    while here is not None:
        if here.function is not None:
            found: types.FunctionType = here.function
            return found
        here = here.lexical
    return None


def global_box(frame: Frame, binding: Binding) -> Cell | None:
    """The box of a global that is written to in this lowering.

    Raises
    ------
    InPlaceOnly
        The function being lowered as a graph of its own reads it or writes to it.
    """
    box: Cell | None = frame.session.shared.get(binding.key)
    if box is not None:
        _only_in_place(frame)
    return box


def _only_in_place(frame: Frame) -> None:
    session = frame.session
    if session.stack:
        for callee in session.stack:
            code = getattr(callee.key.keep, "__code__", None)
            session.in_place.add(code)
        raise InPlaceOnly


def bind_global(frame: Frame, name: str, ref: Ref) -> None:
    """`name = ref` where name is declared global."""
    function = function_around(frame)
    if function is None:
        raise InPlaceOnly
    if not _carries_nothing(ref):
        raise UnsupportedSyntax(
            f"a write to the global {name!r} is not supported: what it holds may carry "
            "a derivative",
            hint="return the value instead of assigning to a global",
        )
    binding = Binding("global", function.__globals__, name)
    _only_in_place(frame)
    if binding.key not in frame.session.shared:
        raise Restart(binding)
    value = frame.read(ref)
    if isinstance(ref, Number):
        ref = Number(frame.named(value, name))
    set_global(value, module=_module_of(function, name), name=name)
    frame.store(frame.session.shared[binding.key], Entries((ref,)))


def _module_of(function: types.FunctionType, name: str) -> types.ModuleType:
    """The module whose globals a function has."""
    module = sys.modules.get(function.__globals__.get("__name__", ""))
    if module is None or vars(module) is not function.__globals__:
        raise UnsupportedSyntax(
            f"a write to the global {name!r} is not supported: the function is in no "
            "module",
            hint="define it in a module",
        )
    return module


def _carries_nothing(ref: Any) -> bool:
    """Whether an object is a whole number, a flag or a text."""
    if isinstance(ref, Static):
        return ref.value is None or isinstance(ref.value, (bool, str, bytes))
    if not isinstance(ref, Number):
        return False
    t = ref.value.type
    return isinstance(t, Scalar) and t.kind in ("int", "bool")
