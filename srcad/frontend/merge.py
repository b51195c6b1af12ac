"""Bringing two worlds together: what a name is after a branch or an iteration.

Both sides' refs are paired; where their values differ, the pair is asked for one merged
value (`pick`), which becomes a result of the branch or a carried value of the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from srcad.errors import Span
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    UNBOUND,
    Bound,
    Cell,
    Choice,
    Closure,
    Conflict,
    Content,
    Items,
    Members,
    Number,
    Ref,
    Static,
    Unbound,
    View,
    World,
    parts_of,
    places,
    root_of,
    with_parts,
)
from srcad.ir.graph import UNDEFINED, Literal, Value, literal
from srcad.ir.joining import join
from srcad.ir.types import CONTAINERS, Dict, Maybe, Tuple, Unknown
from srcad.ir.types import Static as StaticType

# (value on one side, value on the other, name) -> the merged value
Pick = Callable[[Value, Value, str], Value]


@dataclass(repr=False)
class Side:
    """One side: its names and contents, and how to read a ref there.

    home : the region that it always leaves by a jump, if it does.
    """

    names: dict[str, Ref]
    world: World
    read: Callable[[Ref], Value]
    dead: bool = False
    home: object = None


@dataclass(repr=False)
class Merger:
    """Merges two sides into the frame's present names and world.

    lost : names and cells that are what the left side leaves them.
    """

    frame: Frame
    left: Side
    right: Side
    pick: Pick
    span: Span | None = None
    lost: Collection[str | Cell] = ()
    condition: Value | None = None  # of the branch whose arms the sides are

    def merge(self) -> None:
        """Merge all contents, then all names."""
        left, right = self.left, self.right
        world = self.frame.world
        cells = [c for c in left.world.contents if c in right.world.contents]
        for side, other in ((left, right), (right, left)):
            for cell, content in side.world.contents.items():
                if cell not in other.world.contents:
                    world.contents[cell] = content
        for cell in cells:
            a, b = left.world.contents[cell], right.world.contents[cell]
            alive = self.alive(cell)
            if a is b:
                world.contents[cell] = a
            elif alive is None:
                world.contents[cell] = self.content(a, b, "")
            else:
                mine = a if alive is left else b
                world.contents[cell] = self.surviving_content(mine, alive)
        world.stale = {}
        for side in (left, right):
            world.stale.update({} if side.dead else side.world.stale)
        world.marks = {**left.world.marks, **right.world.marks}
        world.views = {
            view: known
            for view, known in left.world.views.items()
            if right.world.views.get(view) == known
        }
        for side in (left, right):
            world.doubts.update({} if side.dead else side.world.doubts)
        names = {**left.names, **right.names}
        merged = {
            name: self.named(
                name, left.names.get(name, UNBOUND), right.names.get(name, UNBOUND)
            )
            for name in names
        }
        self.frame.names = merged

    def content(self, a: Content, b: Content, name: str) -> Content:
        """The content of a cell whose sides differ."""
        keys = places(a, b)
        if keys is not None and not isinstance(a, Value) and not isinstance(b, Value):
            x, y = parts_of(a), parts_of(b)
            items = {
                k: self.ref(x.get(k, UNBOUND), y.get(k, UNBOUND), "") for k in keys
            }
            return with_parts(a, items)
        if isinstance(a, Members) and isinstance(b, Members):
            if self.left.dead or self.right.dead:
                return b if self.left.dead else a
            return a if a.items == b.items else Members(None)
        return self.pick(
            a if isinstance(a, Value) else self._packed(self.left, a),
            b if isinstance(b, Value) else self._packed(self.right, b),
            name,
        )

    def _packed(self, side: Side, content: Content) -> Value:
        cell = Cell()
        side.world.contents[cell] = content
        value = side.read(cell)
        del side.world.contents[cell]
        return value

    def ref(self, a: Ref, b: Ref, name: str) -> Ref:
        """The object a name stands for, given what it is on either side."""
        if a is b:
            return a
        if isinstance(a, Conflict) or isinstance(b, Conflict):
            return self._unsure(a, b, name)
        if isinstance(a, Items) and isinstance(b, Items) and a.cls is b.cls:
            if len(a.items) == len(b.items):
                pairs = zip(a.items, b.items, strict=True)
                return Items(tuple(self.ref(x, y, name) for x, y in pairs), a.cls)
        if same_static(a, b):
            return a
        if isinstance(a, Unbound) or isinstance(b, Unbound):
            found = self._where_fallen(a, b, name)
            if found is not None:
                return found
        if isinstance(a, Cell) and isinstance(b, Cell):
            x, y = (
                s.world.contents.get(r) for s, r in ((self.left, a), (self.right, b))
            )
            if x is not None and y is not None and places(x, y) is not None:
                return self._linked(self.content(x, y, name), [a, b])
        if not (_has_value(a) and _has_value(b)):
            return self._choice(a, b) or self._conflict(name)
        return self._merged_value(a, b, name)

    # ---- where only one side matters -----------------------------------------------

    def alive(self, key: str | Cell) -> Side | None:
        """The only side that says what a name or cell is; None for both."""
        if key in self.lost or self.right.dead:
            return self.left
        return self.right if self.left.dead else None

    def named(self, name: str, a: Ref, b: Ref) -> Ref:
        """The object that a name stands for."""
        alive = self.alive(name)
        if a is b or alive is None:
            return self.ref(a, b, name)
        return self.surviving(a if alive is self.left else b, name, alive)

    def surviving(self, ref: Ref, name: str, alive: Side) -> Ref:
        """The object that one side knows, where the other does not matter."""
        other = self.right if alive is self.left else self.left
        if isinstance(ref, Items):
            parts = tuple(self.surviving(r, name, alive) for r in ref.items)
            return Items(parts, ref.cls)
        root = root_of(ref)
        if isinstance(ref, Cell) and root in other.world.contents:
            return ref
        plain = isinstance(ref, Closure) and not ref.defaults
        if plain or isinstance(ref, (Static, Conflict, Unbound)):
            return ref
        constant = _constant(ref)
        if constant is not None:
            return constant
        if not _has_value(ref):
            return self._conflict(name)
        found = self._merged_object(
            ref, UNBOUND, self._one_sided(self._value(alive, ref), name, alive)
        )
        if ref in alive.world.doubts:
            self.frame.world.doubts[found] = alive.world.doubts[ref]
        return found

    def surviving_content(self, content: Content, alive: Side) -> Content:
        """The content of a cell that one side knows."""
        if isinstance(content, Value):
            return self._one_sided(content, "", alive)
        parts = parts_of(content).items()
        return with_parts(content, {k: self.surviving(r, "", alive) for k, r in parts})

    def _one_sided(self, value: Value, name: str, alive: Side) -> Value:
        pair = [value, literal(UNDEFINED)]
        x, y = pair if alive is self.left else pair[::-1]
        return self.pick(x, y, name)

    def _unsure(self, a: Ref, b: Ref, name: str) -> Ref:
        """A name of which one side does not know what it stands for."""
        known = [r for r in (a, b) if isinstance(r, Conflict)]
        first, home = known[0], known[0].home
        if home is None or any(r.home is not home for r in known):
            return Conflict(first.reason, first.span)
        x, y = (r.fallen or UNBOUND if isinstance(r, Conflict) else r for r in (a, b))
        inner = self.ref(x, y, name)
        if isinstance(inner, Conflict):
            return inner
        return Conflict(first.reason, first.span, inner, home)

    def _where_fallen(self, a: Ref, b: Ref, name: str) -> Ref | None:
        """A constant that is bound where the other side always leaves by a jump.

        It stays known where that was not taken: `low` in `c, low = cho_factor(a)`, say,
        of a `try` whose handler returns.
        """
        bound, there, other = b, self.right, self.left
        if isinstance(b, Unbound):
            bound, there, other = a, self.left, self.right
        if other.home is None or name.startswith("$") or not _has_constant(bound):
            return None
        reason = f"{name!r} has no value on one of the ways here"
        known = self.surviving(bound, name, there)
        return Conflict(reason, self.span, known, other.home)

    def _merged_value(self, a: Ref, b: Ref, name: str) -> Ref:
        x, y = self._value(self.left, a), self._value(self.right, b)
        if x is y and isinstance(a, Number):
            return a
        if self._unlike(x, y):
            return self._conflict(name)
        merged = self.pick(x, y, name)
        if isinstance(merged, Literal) and isinstance(merged.type, StaticType):
            return Static(merged.value)
        ref = self._merged_object(a, b, merged)
        homes = [*self._doubt(a, self.left), *self._doubt(b, self.right)]
        if not name.startswith("$") and homes:
            same = all(home is homes[0] for home in homes)
            self.frame.world.doubts[ref] = homes[0] if same else None
        return ref

    def _doubt(self, ref: Ref, side: Side) -> list[object]:
        """Where a name may have no value on this side, the region that tells."""
        if side.dead:
            return []
        if isinstance(ref, Unbound):
            return [side.home]
        doubts = side.world.doubts
        return [side.home or doubts[ref]] if ref in doubts else []

    def _merged_object(self, a: Ref, b: Ref, merged: Value) -> Ref:
        cells = [c for c in map(root_of, (a, b)) if c is not None]
        return self._linked(merged, cells) if cells else self.frame.object_of(merged)

    def _linked(self, content: Content, cells: list[Cell]) -> Cell:
        """A new object that may be one of some others."""
        cell = self.frame.new(content)
        for root in cells:
            for other in (root, *root.linked):
                cell.linked.add(other)
                other.linked.add(cell)
        return cell

    def _unlike(self, x: Value, y: Value) -> bool:
        """Whether two values, containers among them, have no common form."""
        if self.left.dead or self.right.dead:
            return False
        if not isinstance(x.type, CONTAINERS) and not isinstance(y.type, CONTAINERS):
            return False
        both = join(x.type, y.type)
        return isinstance(both, Unknown) or (
            isinstance(both, Maybe) and isinstance(both.inner, (Tuple, Dict))
        )

    def _value(self, side: Side, ref: Ref) -> Value:
        return literal(UNDEFINED) if isinstance(ref, Unbound) else side.read(ref)

    def _choice(self, a: Ref, b: Ref) -> Ref | None:
        """Two functions, of which the condition chooses one at each call."""
        if self.condition is None or not (_is_function(a) and _is_function(b)):
            return None
        return Choice(self.condition, a, b)

    def _conflict(self, name: str) -> Conflict:
        shown = "this object" if name.startswith("$") or not name else f"{name!r}"
        return Conflict(
            f"{shown} stands for things of different kinds, depending on the branch "
            "or iteration",
            self.span,
        )


def _has_constant(ref: Ref) -> bool:
    """Whether an object is a number known while lowering, or a tuple with one."""
    if isinstance(ref, Items):
        return any(map(_has_constant, ref.items))
    return _constant(ref) is not None


def _constant(ref: Ref) -> Number | None:
    """A number known while lowering, which is the same everywhere."""
    if not isinstance(ref, Number):
        return None
    if isinstance(ref.value, Literal):
        return ref
    known = ref.value.type
    if isinstance(known, StaticType) and isinstance(known.value, (bool, int, float)):
        return Number(literal(known.value))
    return None


def _is_function(ref: Ref) -> bool:
    if isinstance(ref, Static):
        return callable(ref.value) and not isinstance(ref.value, type)
    return isinstance(ref, Closure)


def same_static(a: Ref, b: Ref) -> bool:
    """Whether two objects that are no run-time values are one and the same."""
    if isinstance(a, Static) and isinstance(b, Static):
        same_type = type(a.value) is type(b.value)
        return a.value is b.value or (
            same_type and isinstance(a.value, (str, bytes, bool)) and a.value == b.value
        )
    if isinstance(a, Closure) and isinstance(b, Closure):
        return (
            a.same(b)
            and a.defaults.keys() == b.defaults.keys()
            and all(same_static(r, b.defaults[k]) for k, r in a.defaults.items())
        )
    if isinstance(a, Bound) and isinstance(b, Bound):
        return a.function is b.function and same_static(a.owner, b.owner)
    return a is b


def _has_value(ref: Ref) -> bool:
    if isinstance(ref, Static):
        return ref.value is None
    return isinstance(ref, (Number, Cell, View, Items, Unbound))
