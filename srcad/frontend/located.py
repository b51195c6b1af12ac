"""Parts of parts: `row[j]`, where row is `x[i]`, is `x[i, j]`; `x.T[i][j]` is that.

What is written to a part of a part is one write to the array itself, and what is read
after such a write is read from there: nothing between needs to be made or copied.
"""

from __future__ import annotations

from srcad.frontend.frame import Frame
from srcad.frontend.refs import Ref, View
from srcad.ir.graph import Value
from srcad.ops.layout import FLAT, THEN, Layout, is_attribute, is_basic

_ALL = (("...",), (("slice", False, False, False),))


def located(
    frame: Frame, base: Ref, layout: Layout, inputs: list[Value]
) -> tuple[Ref, Layout, list[Value]]:
    """The array that `base[...]` is a part of, and the index there."""
    while isinstance(base, View) and base.index is not None and base.origin is None:
        before, first = base.index
        found = _chained(before, layout, inputs)
        if found is None:
            break
        frame.rely_on(base)
        layout, inputs, base = found, [*first, *inputs], base.base
    return base, layout, inputs


def _chained(before: Layout, layout: Layout, inputs: list[Value]) -> Layout | None:
    """One index for `x[before][layout]`; None where there is none."""
    if FLAT in before[:-1]:
        return None  # a slice of x.flat is a copy
    if is_attribute(before[-1:]):
        one = len(layout) == 1 and is_basic(layout, inputs)
        if before[-1] == FLAT and not (one and layout[0] not in ("new", FLAT)):
            return None  # x.flat is no array
        return (*before, THEN, *layout)
    if layout in _ALL:
        return before
    plain = is_basic(layout, inputs) and not is_attribute(layout[:1])
    if plain and all(entry == "at" for entry in before):
        return (*before, *layout)
    return (*before, THEN, *layout)


def is_stale(frame: Frame, ref: Ref) -> bool:
    """Whether a part of an array would be read anew: its array was written to."""
    if not isinstance(ref, View) or ref.index is None or ref.origin is not None:
        return False
    known = frame.world.views.get(ref)
    return known is not None and known[0] is not frame.read(ref.base)
