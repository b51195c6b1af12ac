"""Subscripts: reading parts of arrays, lists, tuples and dicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax, unknown_yet
from srcad.frontend.abstract import refuse_changing
from srcad.frontend.classes import fields, special
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame, expression
from srcad.frontend.indices import index_of_refs, lower_index
from srcad.frontend.located import is_stale, located
from srcad.frontend.refs import (
    Cell,
    Entries,
    Flat,
    Items,
    Iteration,
    Number,
    Ref,
    Static,
    Table,
    View,
    parts_of,
    with_parts,
)
from srcad.frontend.structures import (
    as_list,
    static_key,
    static_slice,
    structure,
    without_key,
)
from srcad.ir.graph import Literal, Value
from srcad.ir.types import (
    Array,
    Dict,
    List,
    Maybe,
    Scalar,
    Tuple,
    Unknown,
    unwrapped,
)
from srcad.ops.index import getitem, update
from srcad.ops.layout import Layout, is_basic
from srcad.ops.lists import list_get, list_set

# How a list of unknown length is sliced (`lists.py` says).
SLICES: list[Callable[[Frame, Ref, Value, Iteration], Ref]] = []
# Objects that are only there to be indexed (`np.r_`), by id: the object, and what an
# index of it gives (`index_objects.py`).
INDEXED: dict[int, tuple[object, Callable[[Frame, Ref], Ref]]] = {}
ENTRY = "an entry of a list of unknown length"


@expression(gast.Subscript)
def _subscript(frame: Frame, node: gast.Subscript) -> Ref:
    base = frame.lower(node.value)
    return subscript(frame, base, node.slice)


def subscript(frame: Frame, base: Ref, index: Any) -> Ref:
    """The object `base[index]`."""
    if isinstance(base, Iteration) and base.kind == "tuple":
        found = subscript(frame, base.args[0], index)
        return Iteration("tuple", (found,)) if isinstance(index, gast.Slice) else found
    named = fields(frame, base)
    if named is not None and issubclass(named.cls, dict):  # SciPy's results are both
        return known_item(frame, base, Table(named.items), frame.lower(index), index)
    item = special(frame, base, "__getitem__")
    if item is not None:
        return frame.call(item, [frame.lower(index)])
    known = structure(frame, base)
    if known is not None:
        return known_item(frame, base, known, frame.lower(index), index)
    if isinstance(base, Static):
        if id(base.value) in INDEXED:
            key = frame.lower(index)
            frame.here = index
            return INDEXED[id(base.value)][1](frame, key)
        return _static_item(frame, base, frame.lower(index))
    if isinstance(base, Flat):
        return _flat_part(frame, base, *lower_index(frame, index))
    if is_stale(frame, base):
        return part(frame, *located(frame, base, *lower_index(frame, index)))
    value = frame.read(base)
    t = unwrapped(value.type)
    if isinstance(t, List):
        key = frame.lower(index)
        if isinstance(key, Iteration) and key.kind == "slice":
            return SLICES[0](frame, base, value, key)
        return list_entry(frame, base, value, frame.read(key))
    if isinstance(t, (Tuple, Dict)):
        return subscript(frame, _whole(frame, value), index)
    if isinstance(t, Scalar):
        raise UnsupportedSyntax("a number cannot be subscripted")
    layout, inputs = lower_index(frame, index)
    return part(frame, base, layout, inputs)


def subscript_of(frame: Frame, base: Ref, key: Ref) -> Ref:
    """The object `base[key]`, for a key that is an object already."""
    known = structure(frame, base)
    if known is not None:
        return known_item(frame, base, known, key, None)
    value = frame.read(base)
    if isinstance(unwrapped(value.type), List):
        return list_entry(frame, base, value, frame.read(key))
    layout, inputs = index_of_refs(frame, [key])
    return part(frame, base, layout, inputs)


def known_item(
    frame: Frame, base: Ref, known: Entries | Table | Items, key: Ref, node: Any
) -> Ref:
    """The object `base[key]` of a tuple, list or dict whose parts are known."""
    if isinstance(known, Table):
        wanted = static_key(frame, key)
        if wanted not in known.items:
            factories = frame.session.factories
            if isinstance(base, Cell) and base in factories:
                made: Ref = factories[base]()
                frame.store(base, Table({**known.items, wanted: made}))
                return made
            raise without_key(wanted)
        return known.items[wanted]
    if isinstance(key, Iteration) and key.kind == "slice":
        picked = known.items[static_slice(frame, key)]
        return Items(picked) if isinstance(known, Items) else frame.new(Entries(picked))
    index = frame.read(key)
    if isinstance(index, Literal):
        try:
            entry: Ref = known.items[index.value]
            return entry
        except (IndexError, TypeError):
            raise UnsupportedSyntax(
                f"index {index.value!r} does not fit a sequence of {len(known.items)}"
            ) from None
    if isinstance(known, Items) or all(isinstance(r, Number) for r in known.items):
        entries = as_list(frame, known)
        return entry_object(frame, list_get(entries, index))
    raise unknown_yet(
        "the index of this list", "walk the list with for, or use an array"
    )


def _static_item(frame: Frame, base: Static, key: Ref) -> Ref:
    refuse_changing(base.value)
    try:
        if isinstance(key, Iteration):
            found = base.value[static_slice(frame, key)]
        else:
            found = base.value[static_key(frame, key)]
    except (TypeError, KeyError, IndexError) as error:
        refusal = UnsupportedSyntax(f"this subscript fails: {error}")
        if base.value is None or isinstance(base.value, (tuple, str)):
            refusal.for_certain(error)
        raise refusal from None
    return constant_ref(found)


def list_entry(frame: Frame, base: Ref, value: Value, index: Value) -> Ref:
    """An entry of a list of unknown length: arrays in it are views of the list."""
    entry = list_get(value, index)
    if isinstance(unwrapped(entry.type), (Array, Unknown, List)):
        view = View(
            base,
            lambda b: list_get(b, index),
            lambda b, new: list_set(b, index, new),
            value,
            entry,
        )
        frame.world.views[view] = (value, entry)
        return view
    return entry_object(frame, entry)


def entry_object(frame: Frame, entry: Value) -> Ref:
    """The object behind an entry; arrays inside it must not be written to."""
    contents = frame.world.contents
    before = set(contents)
    ref = frame.object_of(entry)
    twins = {c: Cell(captured=ENTRY) for c in contents if c not in before}
    for cell, twin in twins.items():
        content = contents.pop(cell)
        if not isinstance(content, Value):
            parts = parts_of(content).items()
            content = with_parts(content, {k: _replaced(r, twins) for k, r in parts})
        contents[twin] = content
    return _replaced(ref, twins)


def _replaced(ref: Ref, twins: dict[Cell, Cell]) -> Ref:
    if isinstance(ref, Cell):
        return twins.get(ref, ref)
    if isinstance(ref, Items):
        return Items(tuple(_replaced(r, twins) for r in ref.items), ref.cls)
    return ref


def part(frame: Frame, base: Ref, layout: Layout, inputs: list[Value]) -> Ref:
    """The object `base[...]` of an array."""
    last = _at_end(frame, base, layout, inputs) if frame.session.ends else None
    if last is not None:
        return last
    value = frame.read(base)
    found = getitem(value, *inputs, layout=layout)
    if isinstance(found.type, Scalar):
        return Number(found)
    if not is_basic(layout, inputs):
        return frame.new(found)

    def read(b: Value) -> Value:
        return getitem(b, *inputs, layout=layout)

    def write(b: Value, new: Value) -> Value:
        return update(b, new, *inputs, layout=layout)

    origin = value if isinstance(found.type, Unknown) else None
    view = View(base, read, write, origin, index=(layout, tuple(inputs)))
    frame.world.views[view] = (value, found)
    return view


def _at_end(frame: Frame, base: Ref, layout: Layout, inputs: list[Value]) -> Ref | None:
    """`y[:, -1]`, `y[i, -1]` or `y[i][-1]` of the solution of an equation."""
    if isinstance(base, View) and base.index is not None and len(layout) == 1:
        layout, inputs = (*base.index[0], *layout), [*base.index[1], *inputs]
        base = base.base
    if not isinstance(base, Cell) or base not in frame.session.ends:
        return None
    which = inputs[-1] if inputs and layout[-1] == "at" else None
    first, written = layout[:-1], frame.content(base) is not base.made
    if not isinstance(which, Literal) or which.value != -1 or written:
        return None
    end = frame.session.ends[base]
    if first in (("...",), (("slice", False, False, False),)):
        return end
    return part(frame, end, first, inputs[:-1]) if first == ("at",) else None


def _flat_part(frame: Frame, base: Flat, layout: Layout, inputs: list[Value]) -> Ref:
    """`x.flat[...]`: a number, or a copy."""
    owner, layout, inputs = located(frame, base, layout, inputs)
    found = getitem(frame.read(owner), *inputs, layout=layout)
    return Number(found) if isinstance(found.type, Scalar) else frame.new(found)


def element(frame: Frame, ref: Ref, index: Value) -> Ref:
    """Entry `index` of an array, list or tuple, as a loop over it meets it."""
    known = structure(frame, ref)
    if known is not None and not isinstance(known, Table):
        return known.items[_position(index)]
    value = frame.read(ref)
    t = unwrapped(value.type)
    if isinstance(t, List):
        return list_entry(frame, ref, value, index)
    if isinstance(t, Tuple):
        known = structure(frame, _whole(frame, value))
        assert known is not None and not isinstance(known, Table)
        return known.items[_position(index)]
    return part(frame, ref, ("at",), [index])


def _whole(frame: Frame, value: Value) -> Ref:
    """A tuple or dict of the run with its parts."""
    if isinstance(value.type, Maybe):
        raise UnsupportedSyntax(
            "a tuple or dict that may be None cannot be taken apart here",
            hint="begin with one of numbers, or give each entry a name of its own",
        )
    return frame.object_of(value)


def _position(index: Value) -> int:
    assert isinstance(index, Literal)
    return int(index.value)
