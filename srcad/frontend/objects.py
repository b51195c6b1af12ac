"""How objects are made, read and written while a function is lowered.

Reading gives the value an object has in the present world, with lists, tuples and dicts
packed; a write to a view becomes a write to the array it is part of.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.abstract import type_of
from srcad.frontend.context import Binding, Context
from srcad.frontend.refs import (
    UNBOUND,
    Cell,
    Conflict,
    Content,
    Entries,
    Fields,
    Items,
    Members,
    Number,
    Parts,
    Ref,
    Static,
    Table,
    Unbound,
    View,
    World,
    parts_of,
    root_of,
    unsettled,
)
from srcad.frontend.session import CALLEE, InPlaceOnly, Session
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value
from srcad.ir.types import (
    Array,
    Bottom,
    Dict,
    List,
    Maybe,
    Tuple,
    Type,
    Unknown,
)
from srcad.ir.types import Static as StaticType
from srcad.ops import containers

_NAMES = {
    "Caught": "a caught exception",
    "Closure": "a function",
    "Frozen": "a frozen distribution",
    "Iteration": "an iterator (or a tuple of unknown length)",
    "Partial": "a partial function",
}


@dataclass(eq=False, repr=False)
class Objects:
    """How a frame reads and writes the objects of its program.

    session : what all frames share, the present world among it. context : the graph
        being written.
    """

    session: Session
    context: Context

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

    # ---- new objects ---------------------------------------------------------------

    def object_of(self, value: Value, form: Type | None = None) -> Ref:
        """The object behind a fresh value: containers are taken apart.

        form : the type to go by, where the value may be undefined or None as well.
        """
        t = value.type if form is None else form
        if isinstance(value, Literal) and isinstance(t, StaticType):
            return Static(value.value)
        if isinstance(t, StaticType):
            return Static(t.value)
        if isinstance(t, (Array, Unknown, List)):
            return self.new(value)
        if isinstance(t, Maybe) and isinstance(t.inner, (Array, Unknown, List)):
            return self.new(value)
        if isinstance(t, Tuple):
            parts = [self.object_of(_entry(value, k)) for k in range(len(t.items))]
            if t.cls is list:
                return self.new(Entries(tuple(parts)))
            return Items(tuple(parts), t.cls)
        if isinstance(t, Dict):
            items = {k: self.object_of(containers.item(value, key=k)) for k in t.keys}
            if t.cls is dict:
                return self.new(Table(items))
            return self.new(Fields(t.cls, {str(k): r for k, r in items.items()}))
        return Number(value)

    def result(self, value: Value) -> Ref:
        """The object behind a value that an operation just made."""
        return self.object_of(value)

    def new(self, content: Content, captured: str = "") -> Cell:
        """A new mutable object with this content."""
        cell = Cell(captured=captured, made=content)
        self.world.contents[cell] = content
        return cell

    def hidden(self, binding: Binding, value: Any) -> Ref:
        """Data from outside the function: a hidden parameter of the graph."""
        context = self.context
        known = context.hidden.get(binding.key)
        if known is None:
            name = binding.parameter
            parameter = Value(name, type_of(value, name))
            with context.prologue.active(), self.within(World()):
                ref = self.object_of(parameter)
                for cell, content in self.world.contents.items():
                    context.contents[cell] = content
            known = context.hidden[binding.key] = (binding, parameter, ref)
        return known[2]

    # ---- reading -------------------------------------------------------------------

    def content(self, cell: Cell) -> Content:
        """What a cell holds now; refused where a write elsewhere may have changed it.

        Raises
        ------
        UnsupportedSyntax
            At the write that cannot be followed.
        """
        if cell in self.world.stale:
            place = self.world.stale[cell]
            if isinstance(place, Conflict):
                raise UnsupportedSyntax(place.reason, place.span)
            what = self.session.unknown.get(place, "this")
            raise UnsupportedSyntax(
                f"{what} may change an object that is read later by another name",
                place,
                "copy the array before the write, or use one name for it",
            )
        found = self.world.contents.get(cell)
        return self.context.contents[cell] if found is None else found

    def read(self, ref: Ref) -> Value:
        """The value of an object as it is now; containers are packed."""
        if isinstance(ref, Number):
            return ref.value
        if isinstance(ref, Cell):
            content = self.content(ref)
            if isinstance(content, Value):
                return content
            if ref.known is not None:
                return Literal("", StaticType(ref.known), ref.known)
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
            raise ref.error()
        name = _NAMES.get(type(ref).__name__, f"a {type(ref).__name__.lower()}")
        # A loop that keeps functions may unroll.
        raise unsettled(f"{name} is not a number or an array here")

    def shape_source(self, ref: Ref) -> Value:
        """A value with the shape of an object: an array keeps the one it was made with.

        So what asks for the shape of an array does not depend on what is written to it.
        """
        if isinstance(ref, Cell) and isinstance(ref.made, Value):
            given = ref in self.session.parameters
            if isinstance(ref.made.type, Array) and (given or current().sees(ref.made)):
                return ref.made
        return self.read(ref)

    def _packed(self, content: Parts | Members) -> Value:
        """A list, dict or object as one value."""
        if isinstance(content, Members):
            raise unsettled(
                "a set is supported only as data known while lowering, not here",
                hint="use a list, a tuple or an array",
            )
        parts = parts_of(content).items()
        items = {k: self.read(r) for k, r in parts if r is not UNBOUND}
        if isinstance(content, Entries):
            return containers.make_tuple(*items.values(), cls=list)
        cls = content.cls if isinstance(content, Fields) else dict
        return containers.make_dict(*items.values(), keys=tuple(items), cls=cls)

    def _read_view(self, view: View) -> Value:
        """The value of a view, computed anew where its base has changed."""
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
        self.rely_on(view)
        value = view.read(base)
        self.world.views[view] = (base, value)
        return value

    def known_type(self, ref: Ref) -> Type:
        """The type of the value an object has, Bottom where it has none."""
        if isinstance(ref, (Number, Cell, View, Items)):
            return self.read(ref).type
        if isinstance(ref, Static):
            return StaticType(ref.value)
        return Bottom()

    # ---- writing -------------------------------------------------------------------

    def write(self, ref: Ref, value: Value) -> None:
        """Give an array a new content, through views to their base.

        Raises
        ------
        UnsupportedSyntax
            Where it cannot be known which object the write changes.
        """
        if isinstance(ref, View):
            if ref.write is None:
                raise _not_written(ref)
            self.rely_on(ref)
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

    def rely_on(self, view: View) -> None:
        """Note that a view is written through, or read after its base was written to.

        Whether it is a view may depend on arguments' being C-contiguous.
        """
        if CALLEE in view.needs:
            raise InPlaceOnly  # only then it is known which array was given
        for position in view.needs:
            self.session.contiguous.setdefault(position, current().span)

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
        if cell in self.session.frozen:
            raise UnsupportedSyntax(
                "a function that is differentiated, or given to a solver, writes to an "
                "object from outside of it here",
                hint="pass the object as an argument, or copy it first",
            )
        self.content(cell)
        self.world.contents[cell] = content
        self.session.written.add(cell)
        if isinstance(content, Value):
            self.session.filled.add(cell)
        for other in cell.linked:
            self.world.stale[other] = current().span

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
        if content is not None and not isinstance(content, Value):
            for part in parts_of(content).values():
                self.hand_over(part, into)
        if any(("handed", c) in marks for c in (cell, *cell.linked)):
            marks["mixed", root] = current().span
        marks["handed", cell] = current().span


def _not_written(view: View) -> UnsupportedSyntax:
    """The error for a write through a view that has none."""
    if view.name in ("broadcast_to", "diagonal", "diag"):
        return UnsupportedSyntax(
            f"the result of {view.name} is read-only: NumPy raises here",
            hint="write to the array itself",
        )
    if view.name == "imag":
        return UnsupportedSyntax("the imaginary part of a real array is read-only")
    return UnsupportedSyntax(
        "a write through this result cannot be followed: it may be a view or a copy",
        hint="write to the array itself, or to a copy: .copy()",
    )


def _entry(whole: Value, k: int) -> Value:
    """An entry of a tuple; a number that it was made with is known for ever."""
    made = current().definitions.get(whole)
    if made is not None and made.op is containers.make_tuple:
        entry = made.inputs[k]
        if isinstance(entry, Literal):
            return entry
    return containers.item(whole, key=k)
