"""Comprehensions and generator expressions: loops in a small scope of their own.

A comprehension is lowered as the loops it stands for, in a frame whose names end with
it; a generator expression as that when it is walked, so that a sum needs no list and
`any` stops early.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend import prelude
from srcad.frontend.bodies import body_of
from srcad.frontend.frame import Frame, expression
from srcad.frontend.inline import inline
from srcad.frontend.refs import (
    Cell,
    Conflict,
    Entries,
    Items,
    Iteration,
    Number,
    Ref,
    Static,
    Table,
    Use,
)
from srcad.frontend.scopes import targets_of, walrus_names
from srcad.frontend.statements import assign
from srcad.frontend.structures import structure
from srcad.frontend.uses import use_up
from srcad.frontend.walk import (
    ITERATORS,
    UNROLL_LIMIT,
    Entry,
    Walk,
    known_walk,
    walk,
    walk_of,
)
from srcad.frontend.walk_iterators import entries_of
from srcad.frontend.walk_together import together
from srcad.ir.builder import current
from srcad.ir.graph import Literal
from srcad.ops.lists import list_of

_FIRST = "$first"  # what the first `for` walks, evaluated outside


@dataclass(frozen=True, eq=False)
class Generator:
    """A generator expression and the frame it stands in."""

    node: gast.GeneratorExp
    frame: Frame


def _place(new: Any, node: Any) -> Any:
    """A made node of syntax, standing where another does."""
    for n in gast.walk(new):
        if not hasattr(n, "lineno"):
            gast.copy_location(n, node)
    return new


def _name(text: str, context: Any) -> gast.Name:
    return gast.Name(text, context(), None, None)


def _loops(node: Any, sink: list[Any]) -> Any:
    """The nest of loops that a comprehension stands for, around statements."""
    body = sink
    for k, part in reversed(list(enumerate(node.generators))):
        for condition in reversed(part.ifs):
            body = [_place(gast.If(condition, body, []), condition)]
        walked = part.iter if k else _place(_name(_FIRST, gast.Load), part.iter)
        loop = gast.For(part.target, walked, body, [], None)
        body = [_place(loop, part.iter)]
    return body[0]


def _statements(
    frame: Frame, node: Any, kind: str, sink: Callable[[], list[Any]], *last: Any
) -> Any:
    """The statements of a comprehension, made once so that loops know themselves."""
    key = (id(node), kind)
    known = frame.session.rewritten.get(key)
    if known is None:
        if any(part.is_async for part in node.generators):
            raise frame.refuse("an async comprehension is not supported", node)
        body = [_loops(node, [_place(s, node) for s in sink()])]
        known = SimpleNamespace(body=[*body, *(_place(s, node) for s in last)])
        frame.session.rewritten[key] = known
    return known


def _scope(frame: Frame, node: Any, first: Ref) -> Frame:
    """The frame of a comprehension; what it binds by `:=` is the function's."""
    inner = Frame(
        frame.session,
        frame.context,
        frame.source,
        frame.function,
        frame,
        {_FIRST: first},
        frozenset({*targets_of(node), *walrus_names(node)}),
        path=(*frame.path, id(node)),
        tentative=frame.tentative - set(targets_of(node)),
    )
    for name in walrus_names(node):
        if name in frame.names:
            inner.names[name] = frame.names[name]
        frame.names[name] = Conflict(
            f"{name!r} is bound by := in this comprehension, so a function called in "
            "it cannot read it",
            frame.span(node),
        )
    return inner


def _run(frame: Frame, node: Any, first: Ref, tree: Any, **slots: Ref) -> Ref:
    """Lower a comprehension's statements; gives what they return."""
    inner = _scope(frame, node, first)
    inner.names.update({f"${name}": ref for name, ref in slots.items()})
    with current().at(current().span or frame.span(node)):
        found = body_of(inner, tree)
    frame.tolerated |= inner.tolerated
    inner.local = frozenset(targets_of(node))
    for name in walrus_names(node):
        frame.names.pop(name)
        if name in inner.names:
            frame.names[name] = inner.names.pop(name)
    return found


def _first(frame: Frame, node: Any) -> Ref:
    return frame.lower(node.generators[0].iter)


class Loose(gast.AST):  # type: ignore[misc]
    """A list of numbers, `[0.0] * 3`, as one that may be indexed by any integer."""

    _fields = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


@expression(Loose)
def _loose(frame: Frame, node: Loose) -> Ref:
    found = frame.lower(node.value)
    known = structure(frame, found)
    if not isinstance(known, Entries) or not known.items:
        return found
    values = [frame.read(r) for r in known.items if isinstance(r, Number)]
    types = {v.type for v in values}
    if len(values) < len(known.items) or len(types) > 1:
        return found
    return frame.new(list_of(*values))


def _entry(node: Any) -> Any:
    """The entry of a list comprehension: a row of a table may be written to."""
    repeated = isinstance(node, gast.BinOp) and isinstance(node.op, gast.Mult)
    return Loose(node) if repeated else node


def _spelled_out(frame: Frame, node: Any, first: Ref) -> Ref:
    """A short range entry by entry, where a loop could not give such entries."""
    made = getattr(node, "elt", None)
    if not isinstance(made, (gast.Lambda, type(None))) or not isinstance(first, Number):
        return first
    found = walk_of(frame, first)
    if found.count is None or found.count > UNROLL_LIMIT or found.at is None:
        return first
    entries = tuple(found.at(k) for k in range(found.count))
    return Iteration("walked", (), known_walk(entries))


def _append(node: Any, target: str) -> Callable[[], list[Any]]:
    def sink() -> list[Any]:
        method = gast.Attribute(_name(target, gast.Load), "append", gast.Load())
        return [gast.Expr(gast.Call(method, [_entry(node.elt)], []))]

    return sink


def _collected(frame: Frame, node: Any, first: Ref) -> Cell:
    """The list of a comprehension's entries."""
    out = frame.new(Entries(()))
    _run(
        frame,
        node,
        first,
        _statements(frame, node, "list", _append(node, "$out")),
        out=out,
    )
    return out


@expression(gast.ListComp)
def _list(frame: Frame, node: gast.ListComp) -> Ref:
    first = _spelled_out(frame, node, _first(frame, node))
    return _collected(frame, node, first)


@expression(gast.SetComp)
def _set(frame: Frame, node: gast.SetComp) -> Ref:
    first = _first(frame, node)
    if isinstance(first, Number):
        found = entries_of(frame, first)
        if found is not None:
            first = Items(tuple(found))
    return known_set(frame, _collected(frame, node, first))


def known_set(frame: Frame, ref: Cell) -> Ref:
    """A set of entries that are known while lowering."""
    content = frame.content(ref)
    known = []
    for r in content.items if isinstance(content, Entries) else (ref,):
        if isinstance(r, Static):
            known.append(r.value)
        elif isinstance(r, Number) and isinstance(r.value, Literal):
            known.append(r.value.value)
        else:
            raise UnsupportedSyntax(
                "the entries of a set must be known before the program runs",
                hint="use a list",
            )
    return Static(frozenset(known))


def required(frame: Frame, ref: Ref) -> Ref:
    """What a dict's keys come from: all must be there, or the program raises."""
    if not isinstance(ref, Iteration):
        return ref
    found = walk_of(frame, ref)
    absent = [e.present for e in found.known or () if e.present is not None]
    if found.known is not None and absent:
        text = "what this dict is made from is shorter than its keys"
        inline(frame, prelude.enough, Number(absent[-1]()), Static(text))
        found.known = tuple(Entry(e.get) for e in found.known)
    return Iteration("walked", (), found)


@expression(gast.DictComp)
def _dict(frame: Frame, node: gast.DictComp) -> Ref:
    def sink() -> list[Any]:
        place = gast.Subscript(_name("$out", gast.Load), node.key, gast.Store())
        return [gast.Assign([place], node.value)]

    out = frame.new(Table({}))
    tree = _statements(frame, node, "dict", sink)
    first = _spelled_out(frame, node, _first(frame, node))
    _run(frame, node, required(frame, first), tree, out=out)
    return out


# ---- generator expressions -----------------------------------------------------------


@expression(gast.GeneratorExp)
def _generator(frame: Frame, node: gast.GeneratorExp) -> Ref:
    return Iteration(
        "generator",
        (_first(frame, node),),
        Generator(node, frame),
        Use(current()),
    )


def listed(ref: Iteration) -> Ref:
    """All entries of a generator expression, as a list."""
    generator: Generator = ref.make
    return _collected(generator.frame, generator.node, ref.args[0])


def total(ref: Iteration, start: Ref) -> Ref:
    """The sum of a generator expression's entries, without a list of them."""
    frame, node = ref.make.frame, ref.make.node

    def sink() -> list[Any]:
        old = _name("$total", gast.Load)
        return [
            gast.Assign(
                [_name("$total", gast.Store)], gast.BinOp(old, gast.Add(), node.elt)
            )
        ]

    last = gast.Return(_name("$total", gast.Load))
    tree = _statements(frame, node, "sum", sink, last)
    return _run(frame, node, ref.args[0], tree, total=start)


def decided(ref: Iteration, on: bool) -> Ref:
    """`any` (on true) or `all` (on false) of a generator expression."""
    frame, node = ref.make.frame, ref.make.node

    def sink() -> list[Any]:
        test = node.elt if on else gast.UnaryOp(gast.Not(), node.elt)
        return [gast.If(test, [gast.Return(gast.Constant(on, None))], [])]

    last = gast.Return(gast.Constant(not on, None))
    tree = _statements(frame, node, f"decided{on}", sink, last)
    return _run(frame, node, ref.args[0], tree)


def _walked(frame: Frame, ref: Iteration, live: bool) -> Walk:
    """A generator expression walked by a loop: each entry is computed at its turn.

    Where it has filters or loops of its own, the entries are computed before.
    """
    generator: Generator = ref.make
    node, outer = generator.node, generator.frame
    part = node.generators[0]
    plain = len(node.generators) == 1 and not part.ifs and not walrus_names(node)
    scopes = (gast.Lambda, gast.GeneratorExp)
    if not plain or any(isinstance(n, scopes) for n in gast.walk(node.elt)):
        later = Iteration("lazy", (ref,), lambda: listed(ref))
        return ITERATORS["lazy"](frame, later, live)
    if not live:
        use_up(ref.args[0])
    inner = _scope(outer, node, ref.args[0])

    def entry(items: tuple[Ref, ...]) -> Ref:
        inner.tentative = outer.tentative - inner.local
        assign(inner, part.target, items[0])
        found = inner.lower(node.elt)
        outer.tolerated |= inner.tolerated
        return found

    return together(frame, [walk(frame, ref.args[0], live)], entry)


ITERATORS["generator"] = _walked
