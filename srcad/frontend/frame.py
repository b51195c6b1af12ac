"""A frame: one function being lowered, its names, and the handlers of its syntax.

Expressions and statements are lowered by handlers entered in `EXPRESSIONS` and
`STATEMENTS`, one per class of syntax; the modules beside this one fill the tables.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from srcad.errors import Span, SrcadError, UnsupportedSyntax
from srcad.frontend.boxes import bind_global, box_of
from srcad.frontend.objects import Objects
from srcad.frontend.refs import (
    UNBOUND,
    Cell,
    Conflict,
    Entries,
    Number,
    Ref,
    View,
)
from srcad.frontend.syntax import construct
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Literal, Value, literal
from srcad.source import FunctionSource

EXPRESSIONS: dict[type, Callable[[Frame, Any], Ref]] = {}
STATEMENTS: dict[type, Callable[[Frame, Any], Any]] = {}
CALLS: dict[type, Callable[..., Ref]] = {}


def expression(*classes: type) -> Callable[[Any], Any]:
    """Enter a handler for expressions of the given classes of syntax."""

    def enter(handler: Any) -> Any:
        EXPRESSIONS.update(dict.fromkeys(classes, handler))
        return handler

    return enter


def caller(*classes: type) -> Callable[[Any], Any]:
    """Enter a handler for calls of the given classes of refs."""

    def enter(handler: Any) -> Any:
        CALLS.update(dict.fromkeys(classes, handler))
        return handler

    return enter


def statement(*classes: type) -> Callable[[Any], Any]:
    """Enter a handler for statements of the given classes of syntax."""

    def enter(handler: Any) -> Any:
        STATEMENTS.update(dict.fromkeys(classes, handler))
        return handler

    return enter


class Home:
    """One iteration, or one call: where a jump out of it was not taken.

    left : where one was.
    """

    def __init__(self) -> None:
        self.left = object()


class _Place(AbstractContextManager[None]):
    """A class and no generator, for it is entered for every expression."""

    def __init__(self, frame: Frame, node: Any) -> None:
        self.frame, self.node = frame, node

    def __exit__(self, kind: object, error: object, *traceback: object) -> None:
        if isinstance(error, SrcadError):
            raise error.at(self.frame.span(self.node)) from error.__cause__


@dataclass(eq=False, repr=False)
class Frame(Objects):
    """One function being lowered.

    source : where its text is; `lexical` is the frame it was defined in, if any.
    names : its local names now. Names starting with `$` are ours: the flags that say
        whether the rest of a region is skipped, a loop stops, the function returned.
    region : counts regions (function body, loop bodies) for the flags' names.
    here : the syntax being lowered.
    at_break : for each region, the names that had a value at every `break` out of it.
    loops : the regions of the loops around this point, the outermost first.
    path : what tells two lowerings of one syntax apart.
    home : the region instance around this point: one iteration, one call.
    error : inside a handler, the exception it has.
    tentative : names that the loop being lowered for the first time may have bound in
        an earlier iteration. tolerated : whether one was read.
    boxes : the cells of names that inner functions bind (boxes.py).
    declared_global : the names declared `global`.
    """

    source: FunctionSource
    function: Any = None
    lexical: Frame | None = None
    names: dict[str, Ref] = field(default_factory=dict)
    local: frozenset[str] = frozenset()
    region: int = 0
    loops: tuple[int, ...] = ()
    path: tuple[Any, ...] = ()
    at_break: dict[int, set[str]] = field(default_factory=dict)
    tentative: frozenset[str] = frozenset()
    tolerated: bool = False
    boxes: dict[str, Cell] = field(default_factory=dict)
    declared_global: frozenset[str] = frozenset()
    here: Any = None
    home: Home = field(default_factory=Home)
    error: Value | None = None

    # ---- places ------------------------------------------------------------------

    def span(self, node: Any) -> Span:
        """Where a node of syntax stands."""
        return self.source.span(node)

    def refuse(self, message: str, node: Any, hint: str = "") -> UnsupportedSyntax:
        """The error for syntax that is not supported, at its place."""
        return UnsupportedSyntax(message, self.span(node), hint)

    def unsupported(self, node: Any) -> UnsupportedSyntax:
        """The error for a construct that has no meaning here."""
        row = construct(node)
        return self.refuse(row.message, node, row.hint)

    def place(self, node: Any) -> AbstractContextManager[None]:
        """Give errors raised meanwhile the node's place, where they have none."""
        return _Place(self, node)

    # ---- lowering ----------------------------------------------------------------

    def lower(self, node: Any) -> Ref:
        """The object that an expression gives."""
        handler = EXPRESSIONS.get(type(node))
        if handler is None:
            raise self.unsupported(node)
        self.here = node
        with self.place(node):
            ref = handler(self, node)
            if isinstance(ref, Conflict):
                raise ref.error()
            return ref

    def value(self, node: Any) -> Value:
        """The value that an expression gives."""
        with self.place(node):
            return self.read(self.lower(node))

    def statement(self, node: Any) -> Any:
        """Lower one statement; gives how it ends, where its handler says."""
        handler = STATEMENTS.get(type(node))
        if handler is None:
            raise self.unsupported(node)
        self.here = node
        with current().at(self.span(node)), self.place(node):
            return handler(self, node)

    def call(
        self,
        callee: Ref,
        args: list[Ref],
        kwargs: dict[str, Ref] | None = None,
        node: Any = None,
    ) -> Ref:
        """What a call of an object gives; `node` is the call, if not `here`."""
        handler = CALLS.get(type(callee))
        if handler is None:
            raise UnsupportedSyntax("this object is not a function that can be called")
        return handler(self, callee, args, kwargs or {}, node or self.here)

    # ---- names -------------------------------------------------------------------

    def bind(self, name: str, ref: Ref) -> None:
        """Let a name stand for an object; a value without a name takes this one."""
        if name.startswith("$"):
            self.names[name] = ref
            return
        if name in self.declared_global:
            bind_global(self, name, ref)
            return
        if isinstance(ref, Number):
            ref = Number(self.named(ref.value, name))
        elif isinstance(ref, Cell) and isinstance(
            content := self.world.contents.get(ref), Value
        ):
            self.world.contents[ref] = self.named(content, name)
        elif isinstance(ref, View):
            self._name_view(ref, name)
        box = box_of(self, name)
        if box is not None:
            self.store(box, Entries((ref,)))
            return
        self.names[name] = ref

    def _name_view(self, view: View, name: str) -> None:
        """Give the value that a view has now a user's name."""
        known = self.world.views.get(view)
        if known is None:
            self.read(view)
            known = self.world.views[view]
        self.world.views[view] = (known[0], self.named(known[1], name))

    def named(self, value: Value, name: str) -> Value:
        """The value under a user's name, where it was just made and has none.

        Other references may hold the value already (`a = b = x * x`), so it is the
        same value that gets the name.
        """
        if value.name or isinstance(value, Literal):
            return value
        if _just_made(current(), value):
            object.__setattr__(value, "name", name)
        return value

    def flag(self, name: str) -> Value:
        """One of our boolean flags."""
        ref = self.names.get(name)
        return ref.value if isinstance(ref, Number) else literal(False)

    def set_flag(self, name: str) -> None:
        """Set one of our flags."""
        self.names[name] = Number(literal(True))


def _just_made(builder: Builder, value: Value) -> bool:
    """Whether the block in use makes a value, and no node reads it yet."""
    for node in reversed(builder.nodes):
        if value in node.outputs:
            return True
        if value in node.inputs or node.blocks:
            return False
    return False


def is_unbound(ref: Ref | None) -> bool:
    """Whether a name has no value."""
    return ref is None or ref is UNBOUND
