"""Indices: what a layout says, which elements an index picks, how it is printed.

An index is a static `layout` plus inputs. The layout has one entry per component:

    "at"                one input: an integer, an integer array or a boolean array
    ("slice", a, b, c)  start, stop, step; each boolean tells whether there is an input
    "new"               None
    "..."               Ellipsis
    "]["                what follows is an index of that part: `x[i][j]`
    "T", "flat"         alone between "][": that attribute of the part, `x.T[i]`
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Value
from srcad.ir.sizes import Dim, Size, shifted
from srcad.ir.types import (
    UNKNOWN,
    Array,
    List,
    Maybe,
    Scalar,
    Static,
    Tuple,
    Type,
    broadcast_dims,
    dims_of,
    dtype_of,
    kind_of_dtype,
    number_type,
)
from srcad.ops.sizes import own_length, product

Entry = str | tuple[str, bool, bool, bool]
Layout = tuple[Entry, ...]
THEN = "]["
TRANSPOSED, FLAT = "T", "flat"


def is_attribute(segment: Layout) -> bool:
    """Whether a link of a chain is an attribute rather than an index."""
    return segment in ((TRANSPOSED,), (FLAT,))


def input_count(entry: Entry) -> int:
    """How many inputs a component of the layout takes."""
    if isinstance(entry, tuple):
        return sum(entry[1:])
    return 1 if entry == "at" else 0


def components(layout: Layout, inputs: Sequence[Any]) -> Iterator[tuple[Entry, Any]]:
    """Each component with its inputs; a slice's as (start, stop, step) or None."""
    rest = iter(inputs)
    for entry in layout:
        if isinstance(entry, tuple):
            yield entry, tuple(next(rest) if given else None for given in entry[1:])
        else:
            yield entry, next(rest) if entry == "at" else None


# ---- which kind of index -------------------------------------------------------------


def index_array(t: Type) -> Array | None:
    """The array type an index of this type stands for; None for an integer."""
    t = t.inner if isinstance(t, Maybe) else t
    if isinstance(t, Array):
        return t
    if isinstance(t, List):
        return Array(dtype_of(t.item) or "int64", (t.length or own_length(),))
    if isinstance(t, Tuple):
        dtype = dtype_of(t.items[0]) if t.items else "int64"
        return Array(dtype or "int64", (len(t.items),))
    if isinstance(t, Static) and isinstance(t.value, (list, np.ndarray)):
        array = np.asarray(t.value)
        return Array(str(array.dtype), array.shape)
    return None


def is_integer(t: Type) -> bool:
    """Whether an index of this type picks one entry."""
    t = t.inner if isinstance(t, Maybe) else t
    return isinstance(t, Scalar) and t.kind == "int"


def is_basic(layout: Layout, index: Sequence[Value]) -> bool:
    """Whether the index has only integers, slices, None and Ellipsis: gives a view."""
    return all(
        entry != "at" or is_integer(v.type) for entry, v in components(layout, index)
    )


def may_repeat(layout: Layout, index: Sequence[Value]) -> bool:
    """Whether the index may name one element twice: it holds an integer array."""

    def repeats(t: Type) -> bool:
        array = index_array(t)
        if array is None:
            return not is_integer(t)
        return kind_of_dtype(array.dtype) != "bool"

    return any(
        entry == "at" and repeats(v.type) for entry, v in components(layout, index)
    )


def one_index(
    first: Layout, firsts: Sequence[Value], second: Layout, seconds: Sequence[Value]
) -> Layout | None:
    """The layout of x[first][second] as one index, where integers pick the first part.

    firsts, seconds : the inputs of the two.
    """
    rows = bool(first) and all(entry == "at" for entry in first)
    if not rows or THEN in second or is_attribute(second):
        return None
    basic = is_basic(first, firsts) and is_basic(second, seconds)
    return (*first, *second) if basic else None


# ---- lengths of slices ---------------------------------------------------------------


def _text(bound: Type, name: str) -> str:
    size = bound.size if isinstance(bound, Scalar) else None
    return name if size is None else str(size).rstrip("?")


def _constant(bound: Type | None, default: int | None) -> int | None:
    if bound is None:
        return default
    size = bound.size if isinstance(bound, Scalar) else None
    return size if isinstance(size, int) else None


def slice_length(dim: Dim, bounds: Sequence[Type | None], names: Sequence[str]) -> Dim:
    """The length of `x[start:stop:step]`, exact where a bound's size is known.

    names : one for each bound, that tells it from other values of no known size.
    """
    start, stop, step = bounds
    by = _constant(step, 1)
    span = _span(dim, start, stop) if by is not None and by > 0 else None
    if by == -1 and start is None and stop is None:
        return dim
    if by is not None and isinstance(dim, int):
        ends = _constant(start, 0), _constant(stop, 0)
        if None not in ends:
            a, b = (e if t else None for e, t in zip(ends, bounds[:2], strict=True))
            return len(range(*slice(a, b, by).indices(dim)))
    if span is not None and by == 1:
        return span
    if span is not None:
        return Size(f"ceil({str(span).rstrip('?')}/{by})", 0, may_be_one=True)
    texts = [
        "" if t is None else _text(t, n) for t, n in zip(bounds, names, strict=True)
    ]
    return Size(f"{str(dim).rstrip('?')}[{':'.join(texts)}]", 0, may_be_one=True)


def _span(dim: Dim, start: Type | None, stop: Type | None) -> Dim | None:
    """The length of `x[start:stop]` as max(dim - k, 0), where it has this form."""
    begin = _constant(start, 0)
    if begin is None or begin < 0:
        return None
    end = _constant(stop, 0)
    if end is not None:
        return shifted(dim, end - begin) if end < 0 or stop is None else None
    # x[:n - k] is x[:-k] for k of 1 or 2; past that n - k < 0 counts from the end.
    size = stop.size if isinstance(stop, Scalar) else None
    if isinstance(size, Size) and isinstance(dim, Size) and size.base == dim.base:
        by = min(size.offset - dim.offset, 0)
        return shifted(dim, by - begin) if by >= -2 else None
    return None


# ---- the type of a part --------------------------------------------------------------


def part_type(
    x: Type, *index: Type, layout: Layout = (), names: Sequence[str] = ()
) -> Type:
    """The type of `x[index]`."""
    names = names or [own_length().base for _ in index]
    if THEN in layout:
        k = layout.index(THEN)
        n = sum(map(input_count, layout[:k]))
        inner = part_type(x, *index[:n], layout=layout[:k], names=names[:n])
        rest, names = layout[k + 1 :], names[n:]
        return part_type(inner, *index[n:], layout=rest, names=names)
    dims, dtype = dims_of(x), dtype_of(x)
    if dims is not None and dtype is not None and is_attribute(layout):
        flat = layout[0] == FLAT
        return Array(dtype, (product(dims),) if flat else dims[::-1])
    items = list(components(layout, list(zip(index, names, strict=True))))
    if dims is None or dtype is None:
        return UNKNOWN
    used = 0
    for entry, item in items:
        if entry == "at":
            array = index_array(item[0])
            if array is None and not is_integer(item[0]):
                return UNKNOWN
            masks = array is not None and kind_of_dtype(array.dtype) == "bool"
            used += len(array.dims) if array is not None and masks else 1
        used += isinstance(entry, tuple)
    if used > len(dims):
        return UNKNOWN
    return number_type(dtype, _part_dims(list(dims), items, len(dims) - used))


def _part_dims(
    dims: list[Dim], items: list[tuple[Entry, Any]], rest: int
) -> tuple[Dim, ...]:
    """NumPy's rule: arrays broadcast, in place if side by side, else in front."""
    result: list[Dim] = []
    arrays: list[tuple[Dim, ...]] = []
    places: list[int] = []
    mixed = any(e == "at" and index_array(i[0]) is not None for e, i in items)
    where = 0
    if not any(entry == "..." for entry, _ in items):
        items = [*items, ("...", None)]
    for k, (entry, item) in enumerate(items):
        if entry == "new":
            result.append(1)
        elif entry == "...":
            result += dims[:rest]
            del dims[:rest]
        elif isinstance(entry, tuple):
            bounds = [None if i is None else i[0] for i in item]
            labels = ["" if i is None else i[1] for i in item]
            result.append(slice_length(dims.pop(0), bounds, labels))
        else:
            array = index_array(item[0])
            if mixed:
                where = where if places else len(result)
                places.append(k)
            if array is not None and kind_of_dtype(array.dtype) == "bool":
                del dims[: len(array.dims)]
                arrays.append((Size(item[1], 0, may_be_one=True),))
            else:
                dims.pop(0)
                arrays.append(array.dims if array is not None else ())
    if not mixed:
        return tuple(result)
    if places[-1] - places[0] >= len(places):
        where = 0
    return (*result[:where], *broadcast_dims(*arrays), *result[where:])


# ---- code ----------------------------------------------------------------------------


def subscripted(layout: Layout) -> str:
    """`x[...]` as template text over `index0`, `index1`, ...: `x[index0, :index1]`."""
    links = zip(segments(layout), subscripts(layout), strict=True)
    return "x" + "".join(
        f".{text}" if is_attribute(segment) else f"[{text}]" for segment, text in links
    )


def subscripts(layout: Layout, sliced: bool = True) -> list[str]:
    """The links of a chain `x[...][...]`, each as template text.

    sliced : written with colons, for brackets; else as a tuple of `slice(...)`, and
        attributes as strings.
    """
    names = iter([f"index{k}" for k in range(sum(map(input_count, layout)))])
    found = []
    for segment in segments(layout):
        count = sum(map(input_count, segment))
        inputs = [next(names) for _ in range(count)]
        if is_attribute(segment):
            found.append(str(segment[0]) if sliced else repr(segment[0]))
        else:
            found.append(_subscript(segment, inputs, sliced))
    return found


def segments(layout: Layout) -> list[Layout]:
    """The layouts of a chain of indices, split at "]["."""
    found: list[list[Entry]] = [[]]
    for entry in layout:
        if entry == THEN:
            found.append([])
        else:
            found[-1].append(entry)
    return [tuple(part) for part in found]


def _subscript(layout: Layout, names: Sequence[str], sliced: bool) -> str:
    texts = []
    for entry, item in components(layout, names):
        if isinstance(entry, tuple) and sliced:
            start, stop, step = (part or "" for part in item)
            texts.append(f"{start}:{stop}" + (f":{step}" if step else ""))
        elif isinstance(entry, tuple):
            parts = ", ".join(str(part) for part in item)
            texts.append(f"slice({parts})" if any(item) else "slice(None)")
        else:
            texts.append({"at": item, "new": "None", "...": "..."}[entry])
    if len(texts) == 1:
        return str(texts[0])
    return ", ".join(texts) if sliced and texts else f"({', '.join(texts)})"
