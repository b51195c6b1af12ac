"""Where an element of an array is found, when a loop asks for it.

Takes an array and the loop's axes that its dimensions run along; gives an `Access`: the
array behind slices, transposes and new axes, and an index for each of its dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from srcad.ir.graph import Literal, Node, Value
from srcad.ir.sizes import Dim, Size, same_length
from srcad.ir.types import Array, dims_of
from srcad.ops.layout import Layout, components, is_integer
from srcad.ops.reduced import axes_of


@dataclass(eq=False)
class Axis:
    """One loop of a nest, until it is known which others it is the same as.

    dim : its length, as types know it.
    """

    dim: Dim


@dataclass(frozen=True)
class Entry:
    """An index: an axis and an offset, or no axis and a fixed place (0, or a value)."""

    axis: Axis | None
    offset: int = 0
    place: Value | None = None


@dataclass(frozen=True)
class Access:
    """The element `root[entries]`."""

    root: Value
    entries: tuple[Entry, ...]


ZERO = Entry(None)


def resolved(
    value: Value, entries: Sequence[Entry], makers: Mapping[Value, Node]
) -> Access:
    """The element of a value at an index, as an element of what it is a view of."""
    found = tuple(entries)
    while True:
        node = makers.get(value)
        step = VIEWS.get(node.op.name) if node is not None else None
        if node is None or step is None or not isinstance(value.type, Array):
            return Access(value, found)
        if not isinstance(node.inputs[0].type, Array):
            return Access(value, found)
        behind = step(node, found)
        if behind is None or len(behind) != len(dims_of(node.inputs[0].type) or ()):
            return Access(value, found)
        value, found = node.inputs[0], behind


def shift(dim: Dim, whole: Dim) -> int | None:
    """By how much a length is shorter than that of the whole; None: not known."""
    if same_length(dim, whole):
        return 0
    if isinstance(dim, Size) and isinstance(whole, Size) and dim.base == whole.base:
        by = dim.offset - whole.offset
        return by if by <= 0 and not dim.base.startswith("~") else None
    return None


# ---- the views -----------------------------------------------------------------------

Entries = tuple[Entry, ...]


def indexed(
    x: Value,
    part: Sequence[Dim],
    layout: Layout,
    index: Sequence[Value],
    entries: Entries,
) -> Entries | None:
    """The index into x of the element of `x[...]` at the given index.

    part : the dimensions of `x[...]`.
    """
    dims, rest, lengths = list(dims_of(x.type) or ()), list(entries), list(part)
    parts = list(components(layout, index))
    if any(
        e not in ("at", "new", "...") and not isinstance(e, tuple) for e, _ in parts
    ):
        return None
    used = sum(1 for e, _ in parts if e == "at" or isinstance(e, tuple))
    if "..." not in [e for e, _ in parts]:
        parts.append(("...", None))
    found: list[Entry] = []
    for entry, item in parts:
        if entry == "new":
            rest.pop(0)
            lengths.pop(0)
        elif entry == "...":
            count = len(dims) - used
            found += rest[:count]
            del rest[:count], lengths[:count]
        elif entry == "at":
            if not is_integer(item.type):
                return None
            found.append(Entry(None, 0, item))
        else:
            moved = _sliced(dims[len(found)], lengths.pop(0), item, rest.pop(0))
            if moved is None:
                return None
            found.append(moved)
    return tuple(found)


def _sliced(
    whole: Dim, part: Dim, bounds: Sequence[Value | None], entry: Entry
) -> Entry | None:
    """The entry moved by where a slice begins; None where that is not plain."""
    start, _, step = bounds
    if step is not None or entry.place is not None:
        return None
    if start is None:
        begin = 0
    elif isinstance(start, Literal) and type(start.value) is int and start.value >= 0:
        begin = start.value
    else:
        return None
    if entry.axis is None:
        return Entry(None, entry.offset + begin)
    if not isinstance(part, int) and shift(part, whole) is None:
        return None
    return Entry(entry.axis, entry.offset + begin)


def _getitem(node: Node, entries: Entries) -> Entries | None:
    x, *index = node.inputs
    return indexed(
        x, dims_of(node.out.type) or (), node.params["layout"], index, entries
    )


def _expand_dims(node: Node, entries: Entries) -> Entries | None:
    axes = axes_of(node.params.get("axis", 0), len(entries))
    return tuple(e for k, e in enumerate(entries) if k not in axes)


def _squeeze(node: Node, entries: Entries) -> Entries | None:
    axis, dims = node.params.get("axis"), dims_of(node.inputs[0].type)
    if axis is None or dims is None:
        return None
    axes, rest = axes_of(axis, len(dims)), list(entries)
    return tuple(ZERO if k in axes else rest.pop(0) for k in range(len(dims)))


def _transpose(node: Node, entries: Entries) -> Entries | None:
    axes = node.params.get("axes")
    if axes is None:
        return entries[::-1]
    order = [a % len(entries) for a in axes]
    return tuple(entries[order.index(k)] for k in range(len(entries)))


VIEWS: Mapping[str, Callable[[Node, Entries], Entries | None]] = {
    "getitem": _getitem,
    "expand_dims": _expand_dims,
    "squeeze": _squeeze,
    "transpose": _transpose,
}
