"""Rules for parts of one array of zeros: what nothing was added to yet is set.

`x_bar[1:] = u; x_bar[0] += v` is `x_bar[1:] = u; x_bar[0] = v`, where an array of zeros
was written to at other places only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import Scalar
from srcad.ops.layout import is_basic
from srcad.passes.rules import Inputs, Params, adjoint, made_by, op, same_value

WRITES = 12  # so many parts are looked at


@dataclass(frozen=True)
class _Along:
    """The places of an index along one axis: one, or those from start to stop."""

    at: Value | None = None
    start: Value | None = None
    stop: Value | None = None


def _along(layout: Sequence[object], index: Sequence[Value]) -> Iterator[_Along | None]:
    """The axes of a basic index, up to one whose place is not known; None for steps."""
    rest = iter(index)
    for entry in layout:
        if entry == "at":
            yield _Along(at=next(rest))
        elif isinstance(entry, tuple):
            start, stop, step = (next(rest) if given else None for given in entry[1:])
            yield None if step is not None else _Along(start=start, stop=stop)
        else:
            return


def _integer(value: Value | None) -> int | None:
    known = isinstance(value, Literal) and type(value.value) is int
    return value.value if known and isinstance(value, Literal) else None


def _not_after(stop: Value | None, start: Value | None) -> bool:
    """Whether what ends before `stop` has nothing from `start` on."""
    if stop is None or start is None:
        return False
    if same_value(stop, start):
        return isinstance(stop.type, Scalar) and stop.type.kind == "int"
    a, b = _integer(stop), _integer(start)
    return a is not None and b is not None and (a < 0) == (b < 0) and a <= b


def _before(one: _Along, other: _Along) -> bool:
    """Whether the places of one come before those of the other."""
    k = _integer(one.at)
    if one.at is None:
        return _not_after(one.stop, other.start if other.at is None else other.at)
    if k is None:
        return False
    # From k on, the first that is not k; for the last one there is no such index.
    j = _integer(other.at if other.at is not None else other.start)
    return j is not None and (j < 0) == (k < 0) and k < j


def _apart(a: Node, b: tuple[Sequence[object], Sequence[Value]]) -> bool:
    """Whether a write and an index have no place in common."""
    first, second = tuple(a.params.get("layout", ())), tuple(b[0])
    if first[:1] == second[:1] == ("...",) and len(first) == len(second):
        first, second = first[1:], second[1:]  # of the last axes, as many
        if any(isinstance(e, str) and e != "at" for e in (*first, *second)):
            return False
    pairs = zip(_along(first, a.inputs[2:]), _along(second, b[1]), strict=False)
    return any(
        x is not None and y is not None and (_before(x, y) or _before(y, x))
        for x, y in pairs
    )


@adjoint("add_at")
def added_beside(inputs: Inputs, params: Params) -> Value | None:
    """Zeros that are written to at other places are still zeros here."""
    x, v, *index = inputs
    layout = params.get("layout", ())
    if params.get("inplace") or not is_basic(layout, index):
        return None
    written = x
    for _ in range(WRITES):
        node = made_by(written, "update", "add_at")
        if node is None:
            break
        if not is_basic(node.params.get("layout", ()), node.inputs[2:]):
            return None
        if not _apart(node, (layout, index)):
            return None
        written = node.inputs[0]
    if written is x or not made_by(written, "zeros_like", "zeros"):
        return None
    return op("update")(x, v, *index, layout=layout)
