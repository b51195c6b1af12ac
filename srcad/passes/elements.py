"""Which element an index names, and whether two indices surely name different ones.

Takes the integers of an index; gives for each axis a `Spot`: a value and a constant
that is added to it. What a loop's range gives has bounds, and another value in each
round. An index that may be negative counts from the end, so of it nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from srcad.ir.graph import Graph, Literal, Node, Value, is_literal, nodes_of
from srcad.ir.sizes import Dim, same_length
from srcad.ir.structure import for_, loop_of
from srcad.ir.types import Scalar
from srcad.ir.walk import definitions
from srcad.ops.index import index_of
from srcad.ops.layout import components, is_integer
from srcad.ops.lists import range_
from srcad.passes.extents import is_length


@dataclass(frozen=True)
class Spot:
    """The integer `base + offset`; without a base, the offset itself."""

    base: Value | None
    offset: int

    def moved(self, by: int) -> Spot:
        """The integer that is greater by a constant."""
        return Spot(self.base, self.offset + by)


@dataclass(frozen=True)
class Walk:
    """How a loop walks a range.

    start, stop : the range's ends. step : its step, a constant.
    reverse : whether the loop takes it from the end.
    """

    start: Value
    stop: Value
    step: int
    reverse: bool

    @property
    def by(self) -> int:
        """What is added from one round to the next."""
        return -self.step if self.reverse else self.step

    def covers(self, length: Dim) -> bool:
        """Whether it gives each of 0, 1, 2, ... up to a length."""
        t = self.stop.type
        size = t.size if isinstance(t, Scalar) else None
        if isinstance(self.stop, Literal) and type(self.stop.value) is int:
            size = max(self.stop.value, 0)
        first = self.step == 1 and is_literal(self.start, 0)
        return first and size is not None and same_length(size, length)


class Elements:
    """The indices of a graph.

    walks : how the items of loops come about that walk ranges.
    """

    def __init__(self, graph: Graph) -> None:
        self.makers: Mapping[Value, Node] = definitions(graph.body)
        self.walks: dict[Value, Walk] = {}
        for node in nodes_of(graph.body):
            if node.op is for_:
                self.walks.update(self._walks(node))

    def _walks(self, node: Node) -> Iterator[tuple[Value, Walk]]:
        loop = loop_of(node)
        for walked, item in zip(loop.walked, loop.items, strict=True):
            made = self.makers.get(walked)
            if made is None or made.op is not range_:
                continue
            start, stop, step = made.inputs
            if isinstance(step, Literal) and type(step.value) is int and step.value:
                yield item, Walk(start, stop, step.value, loop.reverse)

    def index(self, node: Node) -> tuple[Spot | None, ...]:
        """Where a `getitem`, `update` or `add_at` is along each of the first axes.

        None: somewhere.
        """
        found: list[Spot | None] = []
        for entry, item in components(*index_of(node)):
            if entry == "at" and is_integer(item.type):
                found.append(self.spot(item))
            elif isinstance(entry, tuple):
                found.append(None)
            else:
                break
        return tuple(found)

    def spot(self, value: Value) -> Spot:
        """An integer as another and a constant."""
        if isinstance(value, Literal) and type(value.value) is int:
            return Spot(None, value.value)
        node = self.makers.get(value)
        if node is not None and node.op.name in ("add", "subtract"):
            x, by = node.inputs
            if node.op.name == "add" and isinstance(x, Literal):
                x, by = by, x
            if isinstance(by, Literal) and type(by.value) is int and is_integer(x.type):
                more = by.value if node.op.name == "add" else -by.value
                return self.spot(x).moved(more)
        return Spot(value, 0)

    def least(self, spot: Spot) -> list[Spot]:
        """The integer, and others that it is never less than."""
        return self._bounds(spot, True)

    def most(self, spot: Spot) -> list[Spot]:
        """The integer, and others that it is never more than."""
        return self._bounds(spot, False)

    def _bounds(self, spot: Spot, low: bool) -> list[Spot]:
        found = [spot]
        while spot.base in self.walks:
            walk = self.walks[spot.base]
            if (walk.step > 0) == low:
                end = self.spot(walk.start)
            else:
                end = self.spot(walk.stop).moved(1 if low else -1)
            spot = end.moved(spot.offset)
            found.append(spot)
        return found

    def from_front(self, spot: Spot) -> bool:
        """Whether an index surely does not count from the end."""
        last = self.least(spot)[-1]
        return last.offset >= 0 and (last.base is None or is_length(last.base))

    def apart(
        self,
        first: Sequence[Spot | None],
        second: Sequence[Spot | None],
        fixed: Callable[[Value], bool],
        later: Collection[Value] = (),
    ) -> bool:
        """Whether two indices surely name different elements.

        fixed : whether a value is the same where both are read.
        later : the items of a loop of which the second is in a later round.
        """
        return any(
            a is not None
            and b is not None
            and self.from_front(a)
            and self.from_front(b)
            and (_moves_away(self.walks, a, b, later) or self._ordered(a, b, fixed))
            for a, b in zip(first, second, strict=False)
        )

    def _ordered(self, a: Spot, b: Spot, fixed: Callable[[Value], bool]) -> bool:
        """Whether one of two integers is surely less than the other."""

        def less(lower: Spot, upper: Spot) -> bool:
            return any(
                x.base is y.base
                and x.offset < y.offset
                and (x.base is None or fixed(x.base))
                for x in self.most(lower)
                for y in self.least(upper)
            )

        return less(a, b) or less(b, a)


def _moves_away(
    walks: Mapping[Value, Walk], a: Spot, b: Spot, later: Collection[Value]
) -> bool:
    """Whether an item of a later round is not, and never comes, where one was."""
    if a.base is None or a.base is not b.base or a.base not in later:
        return False
    if a.base not in walks:
        return False
    by, d = walks[a.base].by, b.offset - a.offset
    return d > -by if by > 0 else d < -by
