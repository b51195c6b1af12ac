"""What was gathered so far: the cotangent of each leaf of each value of one scope.

A first contribution assigns, later ones add; one that is a function takes what was
gathered and gives the new total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from srcad.ad.activity import Activity
from srcad.ad.leaves import (
    Path,
    at,
    entries,
    is_nothing,
    leaf_name,
    leaf_types,
    made_sure,
    packed,
    with_added,
    zero_leaf,
)
from srcad.ir.builder import current
from srcad.ir.graph import Block, Literal, Value
from srcad.ir.joining import join
from srcad.ir.types import Array, Maybe, Scalar, Unknown, kind_of
from srcad.ir.walk import defined_in
from srcad.ops.arithmetic import is_zero
from srcad.ops.containers import add_any
from srcad.ops.declare import Contribution
from srcad.ops.fit import matched, wide_enough, zeros_of

Leaf = tuple[Value, Path]
PLAIN = (Scalar, Array, Unknown)


def added(a: Value, b: Value) -> Value:
    """The sum of two cotangents of one leaf."""
    if is_nothing(a) or (is_zero(a) and isinstance(b.type, PLAIN)):
        return b
    if is_nothing(b) or (is_zero(b) and isinstance(a.type, PLAIN)):
        return a
    if isinstance(a.type, PLAIN) and isinstance(b.type, PLAIN):
        return a + b
    if isinstance(a.type, Maybe) and isinstance(b.type, Maybe):
        # Where both are undefined the sum is: `add_any` by itself would not say so.
        form = join(a.type, b.type)
        return current().emit(add_any, (a, b), (form,))[0]
    if isinstance(b.type, Maybe):
        return with_added(b, a)
    return with_added(a, b) if isinstance(a.type, Maybe) else add_any(a, b)


class Names:
    """Names for values that were made without one: `x_bar`, `x_dot`."""

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix
        self.chosen: dict[Value, str] = {}

    def give(self, value: Value, leaf: Leaf) -> None:
        """Name a value after what it belongs to, unless it has a name."""
        name = leaf_name(*leaf, self.suffix)
        if name and not value.name and not isinstance(value, Literal):
            self.chosen.setdefault(value, name)

    def apart_from(self, primal: Block) -> dict[Value, str]:
        """The names without those of primal values, which may be cotangents too."""
        own = defined_in(primal)
        return {v: name for v, name in self.chosen.items() if v not in own}


class Gathered:
    """The cotangents gathered for the values of one block and of those around it.

    local : the values the block defines itself.
    outer : for a leaf from above, what there is already; asked when it first counts.
    stand_ins : for a leaf that may be undefined, a value that surely has its shape.
    start : for a leaf from above, what is added to in place where there is nothing yet;
        None makes it here.
    """

    def __init__(
        self,
        activity: Activity,
        names: Names,
        local: Iterable[Value],
        outer: Callable[[Value, Path], Value | None] | None = None,
        stand_ins: dict[Leaf, Value] | None = None,
        start: Callable[[Value, Path], Value] | None = None,
    ) -> None:
        self.activity = activity
        self.names = names
        self.local = set(local)
        self.outer = outer
        self.stand_ins = {} if stand_ins is None else stand_ins
        self.start = start
        self.totals: dict[Leaf, Value] = {}
        self.above: dict[Leaf, Value | None] = {}  # what `outer` gave: it holds still

    def get(self, value: Value, path: Path) -> Value | None:
        """The total for a leaf so far."""
        leaf = value, path
        total = self.totals.get(leaf)
        if total is None and value not in self.local and self.outer is not None:
            if leaf not in self.above:
                self.above[leaf] = self.outer(value, path)
            total = self.above[leaf]
        return total

    def get_or_zero(self, value: Value, path: Path) -> Value:
        """The total for a leaf, zero where nothing was gathered."""
        total = self.get(value, path)
        if total is None:
            return self.zero(value, path)
        return wide_enough(total, leaf_types(value.type).get(path, total.type))

    def zero(self, value: Value, path: Path) -> Value:
        """Zero for a leaf, in the shape of what stands in for it."""
        stand_in = self.stand_ins.get((value, path))
        return zero_leaf(value, path) if stand_in is None else zeros_of(stand_in)

    def total(self, value: Value, path: Path) -> Value:
        """The total for a leaf that is read here, so it is not undefined."""
        total = self.get_or_zero(value, path)
        if is_nothing(total) or isinstance(total.type, Maybe):
            return made_sure(total, at(value, path))
        return total

    def known(self, value: Value) -> bool:
        """Whether anything was gathered for a value of this block."""
        return any((value, path) in self.totals for path in leaf_types(value.type))

    def leaves(self, value: Value) -> list[tuple[Path, Value]]:
        """The leaves of a value of this block that have a total."""
        paths = leaf_types(value.type)
        return [(p, self.totals[value, p]) for p in paths if (value, p) in self.totals]

    def whole(self, value: Value) -> Value | None:
        """The cotangent of a value in one piece; None where nothing was gathered."""
        return self.whole_or_zero(value) if self.known(value) else None

    def whole_or_zero(self, value: Value) -> Value:
        """The cotangent of a value in one piece."""
        return packed(value.type, lambda path: self.get_or_zero(value, path))

    def given_out(self, params: Sequence[Value]) -> list[Value]:
        """The cotangents of parameters, each under the name of its parameter."""
        found = [self.whole_or_zero(v) for v in params]
        for v, g in zip(params, found, strict=True):
            if entries(v.type) is not None:
                self.names.give(g, (v, ()))
        return found

    def touched(self) -> list[Leaf]:
        """The leaves from above that were given something here."""
        return [leaf for leaf in self.totals if leaf[0] not in self.local]

    def add(self, value: Value, contribution: Contribution) -> None:
        """Gather a contribution to a value."""
        active = self.activity(value)
        if contribution is None or not active:
            return
        if entries(value.type) is None:
            self.add_leaf(value, (), contribution)
            return
        if not isinstance(contribution, Value):
            contribution = contribution(None)
        for path in leaf_types(value.type):
            if path in active:
                self.add_leaf(value, path, at(contribution, path))

    def flow(self, value: Value, path: Path, g: Value) -> None:
        """Gather what flows back through a merge into one of the merged values."""
        if path in leaf_types(value.type):
            inner = leaf_types(value.type)[path]
            if kind_of(inner) == "float" and kind_of(g.type) == "complex":
                g = matched(g, at(value, path))
            self.add_leaf(value, path, g)
        elif not path:
            self.add(value, g)

    def add_leaf(self, value: Value, path: Path, contribution: Contribution) -> None:
        """Gather a contribution to one leaf of a value."""
        if path not in self.activity(value) or contribution is None:
            return
        if isinstance(contribution, Value) and is_nothing(contribution):
            return
        total = self.get(value, path)
        if not isinstance(contribution, Value):
            if total is None and value not in self.local and self.start is not None:
                total = self.start(value, path)
            # The value is read here, so it is defined, and its total must be a number.
            into = None if total is None else self._number(total, value, path)
            total = contribution(into)
        elif total is None:
            total = contribution
        else:
            total = added(total, contribution)
        total = self._sure(total, value, path)
        self.names.give(total, (value, path))
        self.totals[value, path] = total

    def _sure(self, g: Value, value: Value, path: Path) -> Value:
        """A cotangent that may be undefined as a number, where the value is one."""
        maybe = isinstance(leaf_types(value.type)[path], Maybe)
        return g if maybe else self._number(g, value, path)

    def _number(self, g: Value, value: Value, path: Path) -> Value:
        return made_sure(g, at(value, path)) if isinstance(g.type, Maybe) else g
