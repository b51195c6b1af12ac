"""How often an inner loop goes round, and how long an array is, known further out.

Takes integers that the body of a loop computes; gives the same numbers as values of a
block around it, where they surely do not change from round to round.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping

from srcad.ir.builder import Builder
from srcad.ir.graph import Literal, Node, Value, is_literal, literal
from srcad.ir.sizes import Dim, same_length
from srcad.ir.structure import Loop
from srcad.ir.types import Array, Range, Scalar
from srcad.ops.choice import max_of
from srcad.ops.lists import list_len, range_, range_len
from srcad.ops.shapes import dim, len_of

# Integers from integers, defined for all.
WHOLE = frozenset(["add", "subtract", "multiply", "negative", "min_of", "max_of"])


class Extents:
    """Lengths as values of the block that `builder` writes.

    visible : the values that the block may read, the first ones from furthest out.
    makers : the node that made each value.
    """

    def __init__(
        self, builder: Builder, visible: Iterable[Value], makers: Mapping[Value, Node]
    ) -> None:
        self.builder, self.makers = builder, makers
        self.visible = dict.fromkeys(visible)
        self.found: dict[object, Value | None] = {}

    def rounds(self, loop: Loop) -> Value | None:
        """How many rounds a loop does that does not stop before its end."""
        for walked in loop.walked:
            node = self.makers.get(walked)
            if isinstance(walked.type, Range):
                if node is None or node.op is not range_:
                    return None
                if not isinstance(node.inputs[2], Literal):
                    return None  # it may be 0, which raises
                ends = [self.number(v) for v in node.inputs]
                known = [v for v in ends if v is not None]
                return self.steps(*known) if len(known) == len(ends) else None
        first = loop.walked[0]
        if first not in self.visible:
            return None
        return self.once(("len", first), lambda: list_len(first))

    def steps(self, start: Value, stop: Value, step: Value) -> Value | None:
        """`len(range(start, stop, step))`, which is often the stop."""
        if is_literal(start, 0) and is_literal(step, 1):
            if isinstance(stop, Literal):
                return literal(max(stop.value, 0))
            if is_length(stop):
                return stop
            return self.once(("most", stop), lambda: max_of(stop, literal(0)))
        parts = (start, stop, step)
        key = [v.value if isinstance(v, Literal) else v for v in parts]
        return self.once(("steps", *key), lambda: range_len(range_(*parts)))

    def number(self, value: Value) -> Value | None:
        """An integer as the block has it, or None where it may change."""
        if isinstance(value, Literal) or value in self.visible:
            return value
        return self.once(value, lambda: self.computed(value))

    def computed(self, value: Value) -> Value | None:
        """An integer of further in, computed here."""
        t, node = value.type, self.makers.get(value)
        if not isinstance(t, Scalar) or t.kind != "int":
            return None
        if isinstance(t.size, int):
            return literal(t.size)
        if node is None:
            return None
        if node.op in (dim, len_of):
            x = node.inputs[0]
            if x not in self.visible:
                k = node.params.get("k", 0)
                dims = x.type.dims if isinstance(x.type, Array) else ()
                return self.length(dims[k]) if k < len(dims) else None
            inputs = [x]
        elif node.op.name in WHOLE:
            found = [self.number(v) for v in node.inputs]
            inputs = [v for v in found if v is not None]
            if len(inputs) < len(found):
                return None
        else:
            return None
        out = self.builder.emit(node.op, inputs, (t,), node.params, names=[value.name])[
            0
        ]
        self.visible[out] = None
        return out

    def length(self, size: Dim) -> Value | None:
        """A length, read off an array in sight."""
        if isinstance(size, int):
            return literal(size)
        for x in self.visible:
            if not isinstance(x.type, Array):
                continue
            for k, d in enumerate(x.type.dims):
                if same_length(d, size):
                    return self.once((x, k), functools.partial(self.measured, x, k))
        return None

    def measured(self, x: Value, k: int) -> Value:
        """The length of an array along an axis."""
        assert isinstance(x.type, Array)
        return len_of(x) if len(x.type.dims) == 1 else dim(x, k=k)

    def once(self, key: object, make: Callable[[], Value | None]) -> Value | None:
        """What `make` gives, asked for once."""
        if key not in self.found:
            with self.builder.active():
                self.found[key] = make()
        return self.found[key]


def is_length(value: Value) -> bool:
    """Whether an integer is surely not negative."""
    t = value.type
    return isinstance(t, Scalar) and t.size is not None and "-" not in str(t.size)
