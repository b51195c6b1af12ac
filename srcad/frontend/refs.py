"""What names and expressions stand for while a function is lowered.

A `Ref` is an object of the user's program. Immutable numbers are `Number`; whatever can
be written to is a `Cell`, whose present content is kept in the `World`, so that two
names of one object are one cell; a basic slice or transpose is a `View` of a cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from srcad.errors import Span, UnsupportedSyntax
from srcad.ir.graph import Value


@dataclass(frozen=True, eq=False)
class Ref:
    """The root of the classes below."""


@dataclass(frozen=True, eq=False)
class Number(Ref):
    """An immutable value: a number, a range, a walked index."""

    value: Value


@dataclass(frozen=True, eq=False, repr=False)
class Cell(Ref):
    """One mutable object: an array, a list, a dict, or an unknown value.

    linked : cells that may be the same object, where branches or iterations left a
        name on different ones; a write to one makes the others stale.
    captured : where set, why a write is refused (the object lives outside).
    made : what it held first.
    known : where set, the list or dict from outside that this is.
    """

    linked: set[Cell] = field(default_factory=set)
    captured: str = ""
    made: Any = None
    known: Any = None


@dataclass(frozen=True, eq=False, repr=False)
class View(Ref):
    """Part of an array: reads are computed from the base, writes go to the base.

    read : the base's value -> the view's value.
    write : (base's value, new value of the view) -> the base's new value; None where
        the result may be a copy as well, so that a write cannot be followed.
    origin : set where it may be a copy: the base's value it was made from; once the
        base has another, reading is refused.
    entry : set for an entry of a list of unknown length: its value when it was taken
        (from `origin`); it stays that while entries are replaced, not written to.
    index : for a basic subscript, its layout and inputs. name : the operation else.
    needs : the arguments of the function (their positions) that must be C-contiguous,
        or else it is a copy.
    """

    base: Ref
    read: Callable[[Value], Value]
    write: Callable[[Value, Value], Value] | None
    origin: Value | None = None
    entry: Value | None = None
    index: tuple[tuple[Any, ...], tuple[Value, ...]] | None = None
    name: str = ""
    needs: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Flat(View):
    """`x.flat`: a view that is subscripted by one number, slice or array of numbers."""


@dataclass(frozen=True, eq=False)
class Items(Ref):
    """A tuple (or named tuple) of references."""

    items: tuple[Ref, ...]
    cls: type = tuple


@dataclass(frozen=True, eq=False)
class Static(Ref):
    """A Python object known while lowering: a function, module, string, None, type."""

    value: Any


@dataclass(frozen=True, eq=False, repr=False)
class Closure(Ref):
    """A `def` or `lambda` met in the function being lowered.

    frame : the frame it was made in; its names are looked up when it is called.
    """

    node: Any
    frame: Any
    defaults: dict[str, Ref]
    name: str

    def same(self, other: Ref) -> bool:
        """Whether another is this function, made in the same place."""
        if not isinstance(other, Closure) or self.node is not other.node:
            return False
        return self.frame is other.frame


@dataclass(frozen=True, eq=False)
class Derivative(Closure):
    """`grad(target)`, say: a function that a transform made of another.

    node : the user's code that made it, or its target; frame : where.
    target : the function differentiated; None in `grad(argnums=1)`, which awaits it.
    request : which transform, and of which arguments (`transforms.Request`).
    """

    target: Ref | None
    request: Any

    def same(self, other: Ref) -> bool:
        """Whether another is this derivative of the same function."""
        if not isinstance(other, Derivative) or self.request != other.request:
            return False
        a, b = self.target, other.target
        if isinstance(a, Static) and isinstance(b, Static):
            return a.value is b.value
        return a is b or (isinstance(a, Closure) and b is not None and a.same(b))


@dataclass(frozen=True, eq=False)
class Pullback(Ref):
    """What `vjp` gave besides the value: from a cotangent to those of the arguments.

    residual : what the forward half keeps. key : that of the `transform` node.
    out : the value. types : those of the cotangents given.
    """

    residual: Value
    key: Any
    out: Ref
    types: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Partial(Ref):
    """A `functools.partial` made in the function being lowered."""

    function: Ref
    args: tuple[Ref, ...]
    kwargs: dict[str, Ref]


@dataclass(frozen=True, eq=False)
class Frozen(Ref):
    """A distribution of SciPy with its parameters: `scipy.stats.norm(0, scale)`.

    law : the distribution. method : the one of its methods that is about to be called.
    """

    law: Any
    args: tuple[Ref, ...]
    kwargs: dict[str, Ref]
    method: str = ""


@dataclass(frozen=True, eq=False)
class Method(Ref):
    """`owner.name`, about to be called."""

    owner: Ref
    name: str


@dataclass(eq=False)
class Use:
    """The one time that an iterator may be walked.

    block : the builder of the block it was made in; elsewhere it may be walked more
        than once, or not at all. done : whether it was walked. taken : how many
        entries `next` took.
    """

    block: Any
    done: bool = False
    taken: int = 0


@dataclass(frozen=True, eq=False)
class Bound(Ref):
    """A function of a class, bound to the object (or class) it was taken from."""

    function: Any
    owner: Ref


@dataclass(frozen=True, eq=False)
class Super(Ref):
    """`super()`: the owner's attributes as they are after `after` in its classes."""

    after: type
    owner: Ref


@dataclass(frozen=True, eq=False)
class Iteration(Ref):
    """`enumerate(...)`, `zip(...)`, a generator expression: walked by a `for`.

    make : what computes entries: of a `map` from those of its iterables; of a filter,
        a chain and the like the list of all of them.
    use : where set, it is an iterator, which is empty once it was walked.
    """

    kind: str
    args: tuple[Ref, ...]
    make: Any = None
    use: Use | None = None


@dataclass(frozen=True, eq=False)
class Choice(Ref):
    """One of two functions, by a condition of the program."""

    condition: Value
    left: Ref
    right: Ref


@dataclass(frozen=True, eq=False)
class Unbound(Ref):
    """A name that has no value yet."""


UNBOUND = Unbound()


@dataclass(frozen=True, eq=False)
class Conflict(Ref):
    """A name left on things that have no common form; reading it is refused.

    fallen : what it is where no jump was taken out of the region `home`.
    looping : whether that is so from one iteration of a loop to the next.
    """

    reason: str
    span: Span | None = None
    fallen: Ref | None = None
    home: object = None
    looping: bool = False

    def error(self) -> UnsupportedSyntax:
        """What reading it raises."""
        if self.looping:
            return unsettled(self.reason, self.span)
        return UnsupportedSyntax(self.reason, self.span)


def unsettled(
    message: str, span: Span | None = None, hint: str = ""
) -> UnsupportedSyntax:
    """The error where what a loop carries has no one form in all its iterations.

    Each iteration by itself may: the loop may unroll, where its count is known.
    """
    error = UnsupportedSyntax(message, span, hint)
    error.needs_known = True
    return error


@dataclass(frozen=True, eq=False)
class Caught(Ref):
    """The exception that a handler has: it can be shown and raised again."""

    value: Value
    words = "caught exception"


@dataclass(frozen=True, eq=False)
class Entries:
    """The content of a cell that is a list of known length."""

    items: tuple[Ref, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """The content of a cell that is a dict with known keys."""

    items: dict[Any, Ref]


@dataclass(frozen=True, eq=False)
class Fields:
    """The content of a cell that is an object of a plain class: its attributes."""

    cls: type
    items: dict[str, Ref]


@dataclass(frozen=True, eq=False)
class Members:
    """The content of a cell that is a set; None where branches left it in doubt."""

    items: frozenset[Any] | None


Parts = Entries | Table | Fields
Held = Parts | Members
Content = Value | Held


def parts_of(content: Held) -> dict[Any, Ref]:
    """The objects in a list, dict or object, by position, key or name."""
    if isinstance(content, Entries):
        return dict(enumerate(content.items))
    return {} if isinstance(content, Members) else content.items


def places(a: Content | None, b: Content | None) -> list[Any] | None:
    """The places of two lists, dicts or objects of one form; None where they differ.

    Of two objects of one class either may lack an attribute.
    """
    if isinstance(a, Fields) and isinstance(b, Fields) and a.cls is b.cls:
        return list({**a.items, **b.items})
    for kind in (Entries, Table):
        if isinstance(a, kind) and isinstance(b, kind):
            known = list(parts_of(a))
            return known if known == list(parts_of(b)) else None
    return None


def with_parts(content: Held, items: dict[Any, Ref]) -> Held:
    """A list, dict or object of the same form with other parts."""
    if isinstance(content, Members):
        return content
    if isinstance(content, Entries):
        return Entries(tuple(items.values()))
    if isinstance(content, Fields):
        return Fields(content.cls, items)
    return Table(items)


def root_of(ref: Ref) -> Cell | None:
    """The object that a view is part of, or the object itself."""
    while isinstance(ref, View):
        ref = ref.base
    return ref if isinstance(ref, Cell) else None


@dataclass(repr=False)
class World:
    """The contents of all cells at one point of the program.

    stale : cells that a write elsewhere may have changed, with the place of the write,
        or why their content is not known.
    views : values of views read before, by view, with the base value they came from.
    marks : what happened to objects and lists of unknown length: an object was "handed"
        to such a list; a list is "mixed" if it may hold one object twice, and "touched"
        if one of its entries was written to.
    doubts : objects of names that may have no value, depending on the path; with the
        region in which they have one where no jump out of it was taken, or None.
    """

    contents: dict[Cell, Content] = field(default_factory=dict)
    stale: dict[Cell, Span | Conflict | None] = field(default_factory=dict)
    views: dict[View, tuple[Value, Value]] = field(default_factory=dict)
    marks: dict[tuple[str, Cell], Span | None] = field(default_factory=dict)
    doubts: dict[Ref, object] = field(default_factory=dict)

    def copy(self) -> World:
        """An independent copy, for a branch."""
        parts = (self.contents, self.stale, self.views, self.marks, self.doubts)
        return World(*map(dict, parts))  # type: ignore[arg-type]

    def restore(self, other: World) -> None:
        """Become a copy of another world."""
        self.contents = dict(other.contents)
        self.stale = dict(other.stale)
        self.marks = dict(other.marks)
        self.views = dict(other.views)
        self.doubts = dict(other.doubts)
