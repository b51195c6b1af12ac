"""Calls of installed packages: lowered from their own source, where that can be done.

A function of a package that has a declared operation never comes here. One without is
lowered like a function of the user's; what cannot be lowered becomes a call that srcad
does not know, which is refused only where its derivative is needed, with the reason.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any

from srcad.errors import SrcadError
from srcad.frontend.frame import Frame
from srcad.frontend.functions import call_function
from srcad.frontend.installed import shown_place
from srcad.frontend.refs import Ref
from srcad.frontend.session import InPlaceOnly
from srcad.ir.builder import current


@dataclass(frozen=True)
class Failed:
    """Why the source of a function of a package could not be lowered."""

    reason: str


def lowered_from_source(
    frame: Frame,
    function: types.FunctionType,
    args: list[Ref],
    kwargs: dict[str, Ref],
    node: Any,
) -> Ref | Failed:
    """Lower a call of a package's function from its source; undone if that fails."""
    session = frame.session
    undo = Snapshot(frame)
    outermost = session.entered is None
    if outermost:
        session.entered = frame.span(node)
    try:
        return call_function(frame, function, args, kwargs, node)
    except Exception as error:  # the source was not written for srcad: any may come
        undo.restore()
        return Failed(_reason(error))
    finally:
        if outermost:
            session.entered = None


def _reason(error: Exception) -> str:
    """What went wrong inside a package, in one line."""
    if isinstance(error, RecursionError):
        return "its calls are nested too deeply"
    if isinstance(error, InPlaceOnly):
        return "its arguments share objects in a way that cannot be followed"
    if not isinstance(error, SrcadError):
        return f"lowering it ended with {type(error).__name__}: {error}"
    place = f" ({shown_place(error.span)})" if error.span is not None else ""
    return error.message + place


class Snapshot:
    """What lowering a call may change, to be put back if it fails half-way."""

    def __init__(self, frame: Frame) -> None:
        session, context, builder = frame.session, frame.context, current()
        self.frame, self.builder = frame, builder
        self.world = session.world.copy()
        self.nodes = len(builder.nodes), len(context.prologue.nodes)
        self.hidden, self.known = dict(context.hidden), dict(context.known)
        self.guards, self.written = dict(session.guards), set(session.written)

    def restore(self) -> None:
        """Put everything back."""
        session, context = self.frame.session, self.frame.context
        session.world, session.guards = self.world, self.guards
        session.written = self.written
        context.hidden, context.known = self.hidden, self.known
        del self.builder.nodes[self.nodes[0] :]
        del context.prologue.nodes[self.nodes[1] :]
