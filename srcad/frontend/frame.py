"""A frame: one function being lowered, its names, and how objects are read and written.

Expressions and statements are lowered by handlers entered in `EXPRESSIONS` and
`STATEMENTS`, one per class of syntax; the modules beside this one fill the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from srcad.errors import Span, SrcadError, UnsupportedSyntax
from srcad.frontend.abstract import type_of
from srcad.frontend.context import Binding, Context
from srcad.frontend.refs import (
    UNBOUND,
    Cell,
    Closure,
    Conflict,
    Content,
    Entries,
    Items,
    Number,
    Ref,
    Static,
    Table,
    Unbound,
    View,
    World,
    parts_of,
    root_of,
)
from srcad.frontend.syntax import instead, words
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Graph, Literal, Value, literal
from srcad.ir.types import (
    Array,
    Bottom,
    Dict,
    List,
    Maybe,
    Scalar,
    Tuple,
    Type,
    Unknown,
)
from srcad.ir.types import Static as StaticType
from srcad.ops import containers
from srcad.ops.arithmetic import unwrapped
from srcad.source import FunctionSource

EXPRESSIONS: dict[type, Callable[[Frame, Any], Ref]] = {}
STATEMENTS: dict[type, Callable[[Frame, Any], Any]] = {}


def expression(*classes: type) -> Callable[[Any], Any]:
    """Enter a handler for expressions of the given classes of syntax."""

    def enter(handler: Any) -> Any:
        EXPRESSIONS.update(dict.fromkeys(classes, handler))
        return handler

    return enter


def statement(*classes: type) -> Callable[[Any], Any]:
    """Enter a handler for statements of the given classes of syntax."""

    def enter(handler: Any) -> Any:
        STATEMENTS.update(dict.fromkeys(classes, handler))
        return handler

    return enter


@dataclass(eq=False)
class Session:
    """What all frames of one lowering share.

    graphs : the program's graphs, as they are done.
    loops : what each loop carried when it was last lowered (by syntax node).
    guards : what the source relied on: (holder, name, object) to compare by `is`.
    stack : the callees being lowered, the outermost first.
    rewritten : loops whose test binds a name, by the loop's id, as they are lowered.
    lower_call : the callee machinery, set by `lower.py`.
    """

    world: World = field(default_factory=World)
    graphs: dict[Any, Graph] = field(default_factory=dict)
    loops: dict[Any, Any] = field(default_factory=dict)
    guards: dict[Any, Any] = field(default_factory=dict)
    active: dict[Any, Any] = field(default_factory=dict)
    callees: dict[Any, Any] = field(default_factory=dict)
    sources: dict[Any, FunctionSource] = field(default_factory=dict)
    written: set[Cell] = field(default_factory=set)
    rewritten: dict[int, Any] = field(default_factory=dict)
    stack: list[Any] = field(default_factory=list)
    call_count: int = 0
    depth: int = 0
    open: set[Any] = field(default_factory=set)


@dataclass(eq=False)
class Frame:
    """One function being lowered.

    source : where its text is; `lexical` is the frame it was defined in, if any.
    names : its local names now. Names starting with `$` are ours: the flags that say
        whether the rest of a region is skipped, a loop stops, the function returned.
    region : counts regions (function body, loop bodies) for the flags' names.
    at_break : for each region, the names that had a value at every `break` out of it.
    tentative : names that the loop being lowered for the first time may have bound in
        an earlier iteration. tolerated : whether one was read.
    """

    session: Session
    context: Context
    source: FunctionSource
    function: Any = None
    lexical: Frame | None = None
    names: dict[str, Ref] = field(default_factory=dict)
    local: frozenset[str] = frozenset()
    region: int = 0
    loops: tuple[int, ...] = ()
    path: tuple[int, ...] = ()
    at_break: dict[int, set[str]] = field(default_factory=dict)
    tentative: frozenset[str] = frozenset()
    tolerated: bool = False

    @property
    def world(self) -> World:
        """The contents of all objects at this point."""
        return self.session.world

    @contextmanager
    def within(self, world: World) -> Iterator[None]:
        """Work in another world meanwhile."""
        before, self.session.world = self.session.world, world
        try:
            yield
        finally:
            self.session.world = before

    # ---- places ------------------------------------------------------------------

    def span(self, node: Any) -> Span:
        """Where a node of syntax stands."""
        return self.source.span(node)

    def refuse(self, message: str, node: Any, hint: str = "") -> UnsupportedSyntax:
        """The error for syntax that is not supported, at its place."""
        return UnsupportedSyntax(message, self.span(node), hint)

    @contextmanager
    def place(self, node: Any) -> Iterator[None]:
        """Give errors raised meanwhile the node's place, where they have none."""
        try:
            yield
        except SrcadError as error:
            raise error.at(self.span(node)) from error.__cause__

    # ---- lowering ----------------------------------------------------------------

    def lower(self, node: Any) -> Ref:
        """The object that an expression gives."""
        handler = EXPRESSIONS.get(type(node))
        if handler is None:
            raise self.refuse(f"{words(node)} is not supported", node, instead(node))
        with self.place(node):
            ref = handler(self, node)
            if isinstance(ref, Conflict):
                raise UnsupportedSyntax(ref.reason, ref.span)
            return ref

    def value(self, node: Any) -> Value:
        """The value that an expression gives."""
        with self.place(node):
            return self.read(self.lower(node))

    def statement(self, node: Any) -> Any:
        """Lower one statement; gives how it ends, where its handler says."""
        handler = STATEMENTS.get(type(node))
        if handler is None:
            raise self.refuse(f"{words(node)} is not supported", node, instead(node))
        with current().at(self.span(node)), self.place(node):
            return handler(self, node)

    # ---- objects -----------------------------------------------------------------

    def object_of(self, value: Value) -> Ref:
        """The object behind a fresh value: containers are taken apart."""
        t = value.type
        if isinstance(value, Literal) and isinstance(t, StaticType):
            return Static(value.value)
        if isinstance(t, StaticType):
            return Static(t.value)
        if isinstance(t, (Array, Unknown, List)):
            return self.new(value)
        if isinstance(t, Maybe) and isinstance(t.inner, (Array, Unknown, List)):
            return self.new(value)
        if isinstance(t, Tuple):
            parts = [
                self.object_of(containers.item(value, key=k))
                for k in range(len(t.items))
            ]
            if t.cls is list:
                return self.new(Entries(tuple(parts)))
            return Items(tuple(parts), t.cls)
        if isinstance(t, Dict):
            return self.new(
                Table(
                    {k: self.object_of(containers.item(value, key=k)) for k in t.keys}
                )
            )
        return Number(value)

    def new(self, content: Content, captured: str = "") -> Cell:
        """A new mutable object with this content."""
        cell = Cell(captured=captured)
        self.world.contents[cell] = content
        return cell

    def content(self, cell: Cell) -> Content:
        """What a cell holds now; refused where a write elsewhere may have changed it.

        Raises
        ------
        UnsupportedSyntax
            At the write that cannot be followed.
        """
        if cell in self.world.stale:
            raise UnsupportedSyntax(
                "this may change an object that is read later by another name",
                self.world.stale[cell],
                "copy the array before the write, or use one name for it",
            )
        found = self.world.contents.get(cell)
        return self.context.contents[cell] if found is None else found

    def result(self, value: Value) -> Ref:
        """The object behind a value that an operation just made."""
        return self.object_of(value)

    def hidden(self, binding: Binding, value: Any) -> Ref:
        """Data from outside the function: a hidden parameter of the graph."""
        context = self.context
        known = context.hidden.get(binding.key)
        if known is None:
            parameter = Value(binding.name, type_of(value, binding.name))
            with context.prologue.active(), self.within(World()):
                ref = self.object_of(parameter)
                for cell, content in self.world.contents.items():
                    context.contents[cell] = content
            known = context.hidden[binding.key] = (binding, parameter, ref)
        return known[2]

    def read(self, ref: Ref) -> Value:
        """The value of an object as it is now; containers are packed."""
        if isinstance(ref, Number):
            return ref.value
        if isinstance(ref, Cell):
            content = self.content(ref)
            if isinstance(content, Value):
                return content
            return self._packed(content)
        if isinstance(ref, View):
            return self._read_view(ref)
        if isinstance(ref, Items):
            parts = [self.read(r) for r in ref.items]
            return containers.make_tuple(*parts, cls=ref.cls)
        if isinstance(ref, Static):
            return Literal("", StaticType(ref.value), ref.value)
        if isinstance(ref, Unbound):
            raise UnsupportedSyntax("this name has no value here")
        if isinstance(ref, Conflict):
            raise UnsupportedSyntax(ref.reason, ref.span)
        raise UnsupportedSyntax(
            f"a {type(ref).__name__.lower()} is not a number or an array here"
        )

    def _packed(self, content: Entries | Table) -> Value:
        if isinstance(content, Entries):
            items = [self.read(r) for r in content.items]
            return containers.make_tuple(*items, cls=list)
        items = [self.read(r) for r in content.items.values()]
        return containers.make_dict(*items, keys=tuple(content.items))

    def _read_view(self, view: View) -> Value:
        base = self.read(view.base)
        known = self.world.views.get(view)
        if known is not None and known[0] is base:
            return known[1]
        root = root_of(view)
        if view.entry is not None and ("touched", root) not in self.world.marks:
            return view.entry
        if view.origin is not None and view.origin is not base:
            raise UnsupportedSyntax(
                "this may be a view of an array that was written to since",
                hint="copy the view before the write: .copy()",
            )
        value = view.read(base)
        self.world.views[view] = (base, value)
        return value

    def write(self, ref: Ref, value: Value) -> None:
        """Give an array a new content, through views to their base.

        Raises
        ------
        UnsupportedSyntax
            Where it cannot be known which object the write changes.
        """
        if isinstance(ref, View):
            if ref.write is None:
                raise UnsupportedSyntax(
                    "a write through this result cannot be followed: it may be a "
                    "view or a copy",
                    hint="write to the array itself",
                )
            if ref.entry is not None:
                self._write_entry(ref)
            base = ref.write(self.read(ref.base), value)
            self.write(ref.base, base)
            if ref.entry is not None:
                self.world.views[ref] = (base, value)
            return
        if not isinstance(ref, Cell):
            raise UnsupportedSyntax("only arrays, lists and dicts can be written to")
        self.store(ref, value)

    def _write_entry(self, view: View) -> None:
        """Check a write to an entry of a list of unknown length, and note it."""
        world, root = self.world, root_of(view)
        known = world.views.get(view, (view.origin, None))
        if ("mixed", root) in world.marks or known[0] is not self.read(view.base):
            raise UnsupportedSyntax(
                "it cannot be known which entries of the list this write changes",
                hint="write to the array before it is stored in the list",
            )
        if root is not None:
            world.marks["touched", root] = current().span
        for kind, cell in list(world.marks):
            if kind == "handed":
                world.stale[cell] = current().span

    def hand_over(self, ref: Ref, into: Ref) -> None:
        """Note that an object is stored in a list of unknown length."""
        if isinstance(ref, Items):
            for part in ref.items:
                self.hand_over(part, into)
            return
        cell, root, marks = root_of(ref), root_of(into), self.world.marks
        if cell is None or root is None:
            return
        content = self.world.contents.get(cell)
        if isinstance(content, (Entries, Table)):
            for part in parts_of(content):
                self.hand_over(part, into)
        if any(("handed", c) in marks for c in (cell, *cell.linked)):
            marks["mixed", root] = current().span
        marks["handed", cell] = current().span

    def store(self, cell: Cell, content: Content) -> None:
        """Give a cell a new content."""
        if any(("handed", c) in self.world.marks for c in (cell, *cell.linked)):
            raise UnsupportedSyntax(
                "this object was stored in a list whose length is not known, so a "
                "write to it cannot be followed",
                hint="store a copy in the list: .copy()",
            )
        if cell.captured or cell in self.context.contents:
            what = cell.captured or "an object from outside the function"
            raise UnsupportedSyntax(
                f"a write to {what} cannot be followed",
                hint="pass the object as an argument, or copy it first",
            )
        self.content(cell)
        self.world.contents[cell] = content
        self.session.written.add(cell)
        for other in cell.linked:
            self.world.stale[other] = current().span

    # ---- names -------------------------------------------------------------------

    def bind(self, name: str, ref: Ref) -> None:
        """Let a name stand for an object; a value without a name takes this one."""
        if name.startswith("$"):
            self.names[name] = ref
            return
        if isinstance(ref, Number):
            ref = Number(self.named(ref.value, name))
        elif isinstance(ref, Cell) and isinstance(
            content := self.world.contents.get(ref), Value
        ):
            self.world.contents[ref] = self.named(content, name)
        elif isinstance(ref, View):
            self._name_view(ref, name)
        self.names[name] = ref

    def _name_view(self, view: View, name: str) -> None:
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

    def known_type(self, ref: Ref) -> Type:
        """The type of the value an object has, Bottom where it has none."""
        if isinstance(ref, (Number, Cell, View, Items)):
            return self.read(ref).type
        if isinstance(ref, Static):
            return StaticType(ref.value)
        return Bottom()


def _just_made(builder: Builder, value: Value) -> bool:
    """Whether the block in use makes a value, and no node reads it yet."""
    for node in reversed(builder.nodes):
        if value in node.outputs:
            return True
        if value in node.inputs or node.blocks:
            return False
    return False


def is_scalar(value: Value) -> bool:
    """Whether a value is a number that cannot be written to."""
    return isinstance(unwrapped(value.type), Scalar)


def is_unbound(ref: Ref | None) -> bool:
    """Whether a name has no value."""
    return ref is None or ref is UNBOUND


def closure_name(ref: Closure) -> str:
    """A closure's name in generated source."""
    return ref.name if ref.name != "<lambda>" else "lambda_"
