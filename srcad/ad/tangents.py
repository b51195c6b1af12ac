"""The tangents known so far: one for each leaf of each value of a graph.

Forward mode's counterpart of `accumulate.py`: nothing is added up here, as a tangent is
given once, by what makes its value.
"""

from __future__ import annotations

from srcad.ad.accumulate import Leaf, Names
from srcad.ad.activity import Activity
from srcad.ad.leaves import Path, at, leaf_types, made_sure, packed, zero_leaf
from srcad.ir.graph import UNDEFINED, Literal, Value, literal
from srcad.ir.types import Maybe, Scalar, Type, unwrapped
from srcad.ops.fit import wide_enough


class Tangents:
    """The tangents of the leaves that are active."""

    def __init__(self, activity: Activity) -> None:
        self.activity = activity
        self.names = Names("dot")
        self.tangents: dict[Leaf, Value] = {}

    def give(self, value: Value, path: Path, tangent: Value | None) -> None:
        """Set the tangent of one leaf."""
        if tangent is not None and path in self.activity(value):
            maybe = isinstance(leaf_types(value.type)[path], Maybe)
            if isinstance(tangent.type, Maybe) and not maybe:
                tangent = made_sure(tangent, at(value, path))
            self.names.give(tangent, (value, path))
            self.tangents[value, path] = tangent

    def give_whole(self, value: Value, tangent: Value | None) -> None:
        """Set the tangent of a value in one piece."""
        if tangent is not None:
            for path in leaf_types(value.type):
                if path in self.activity(value):
                    self.give(value, path, at(tangent, path))

    def known(self, value: Value) -> bool:
        """Whether any leaf of a value has a tangent."""
        return any((value, p) in self.tangents for p in leaf_types(value.type))

    def leaf(self, value: Value, path: Path, t: Type) -> Value:
        """The tangent of a leaf of a value that is merged into a leaf of type t."""
        if isinstance(value, Literal) and value.value in (UNDEFINED, None):
            return literal(value.value)
        if path not in leaf_types(value.type):
            return self.whole_or_zero(value)
        found = self.tangents.get((value, path))
        if found is not None:
            return wide_enough(found, t)
        inner = unwrapped(t)
        if isinstance(inner, Scalar):
            return literal(0j if inner.kind == "complex" else 0.0)
        return zero_leaf(value, path)

    def whole(self, value: Value) -> Value | None:
        """The tangent of a value in one piece; None for zero."""
        return self.whole_or_zero(value) if self.known(value) else None

    def whole_or_zero(self, value: Value) -> Value:
        """The tangent of a value in one piece."""
        found = packed(
            value.type,
            lambda path: self.leaf(value, path, leaf_types(value.type)[path]),
        )
        self.names.give(found, (value, ()))
        return found

    def active_leaves(self, value: Value) -> list[tuple[Path, Type]]:
        """The leaves of a value that get a tangent."""
        active = self.activity(value)
        return [(p, t) for p, t in leaf_types(value.type).items() if p in active]

    def carried_leaves(self, carried: Value, final: Value) -> list[tuple[Path, Type]]:
        """The leaves of a carried value that get a tangent."""
        active = self.activity(carried) | self.activity(final)
        return [(p, t) for p, t in leaf_types(carried.type).items() if p in active]
