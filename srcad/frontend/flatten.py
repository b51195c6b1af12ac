"""Arguments and results of a callee taken apart into values, and put together again.

A structure (`spec`) is nested tuples: ("leaf", position), ("static", object, None:
three entries, so that no pair of a name and a part looks like one), ("items", class,
parts), ("list", parts), ("dict", (key, part) pairs), ("object", (name, part) pairs,
class), for a result that is an argument itself ("given", position), and for a part that
has no values, and is used where it is, ("ref", object).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    UNBOUND,
    Cell,
    Closure,
    Conflict,
    Entries,
    Fields,
    Items,
    Members,
    Number,
    Ref,
    Static,
    Table,
    View,
    root_of,
)
from srcad.frontend.session import InPlaceOnly
from srcad.ir.graph import Literal, Value


@dataclass
class Flat:
    """Arguments taken apart: leaves that are values, and the structure around them.

    known : whether integers that are constants here are constants for the callee too.
    """

    frame: Frame
    known: bool = False
    leaves: list[Ref] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    roots: list[Cell] = field(default_factory=list)

    def spec(self, ref: Ref, name: str) -> Any:
        """The structure of an argument; leaves are noted."""
        if isinstance(ref, Static):
            return ("static", ref.value, None)
        if isinstance(ref, Number) and isinstance(ref.value, Literal):
            value = ref.value.value
            if isinstance(value, bool) or (self.known and type(value) is int):
                return ("static", value, None)
        if isinstance(ref, Items):
            parts = enumerate(ref.items)
            return (
                "items",
                ref.cls,
                tuple(self.spec(r, f"{name}{k}") for k, r in parts),
            )
        if isinstance(ref, Cell):
            content = self.frame.content(ref)
            if isinstance(content, Members) or ref in self.frame.session.kinds:
                raise InPlaceOnly
            if isinstance(content, Entries):
                items = enumerate(content.items)
                return ("list", tuple(self.spec(r, f"{name}{k}") for k, r in items))
            if isinstance(content, Table):
                pairs = content.items.items()
                parts_ = tuple((k, self.spec(r, _joined(name, k))) for k, r in pairs)
                return ("dict", parts_)
            if isinstance(content, Fields):
                return self._object(content, name)
        if not isinstance(ref, (Number, Cell, View)):
            raise InPlaceOnly
        root = root_of(ref)
        if root is not None:
            if root in self.roots:
                raise InPlaceOnly
            self.roots.append(root)
        self.leaves.append(ref)
        self.names.append(name)
        return ("leaf", len(self.leaves) - 1)

    def _object(self, content: Fields, name: str) -> Any:
        """The structure of an object of the user's."""
        doubts = self.frame.world.doubts
        if any(r is UNBOUND or r in doubts for r in content.items.values()):
            raise InPlaceOnly
        pairs = content.items.items()
        parts = tuple((k, self.spec(r, _joined(name, k))) for k, r in pairs)
        return ("object", parts, content.cls)


def _joined(name: str, key: Any) -> str:
    return f"{name}_{key}" if str(key).isidentifier() else name


def rebuilt(frame: Frame, spec: Any, leaves: list[Ref]) -> Ref:
    """An argument inside the callee, whose parameters are the leaves."""
    kind = spec[0]
    if kind == "static":
        return constant_ref(spec[1])
    if kind in ("leaf", "ref"):
        part: Ref = leaves[spec[1]] if kind == "leaf" else spec[1]
        return part
    if kind == "items":
        return Items(tuple(rebuilt(frame, s, leaves) for s in spec[2]), spec[1])
    if kind == "list":
        return frame.new(Entries(tuple(rebuilt(frame, s, leaves) for s in spec[1])))
    items = {k: rebuilt(frame, s, leaves) for k, s in spec[1]}
    return frame.new(Fields(spec[2], items) if kind == "object" else Table(items))


def returned(
    frame: Frame, ref: Ref, given: list[Ref], results: list[Value], seen: set[Cell]
) -> Any:
    """The structure of what a function returns; values are added to `results`.

    seen : the objects it was given, and those returned so far: one that comes again
        could not be told from a second object, so the call is lowered in place.
    """
    if isinstance(ref, Static):
        return ("static", ref.value)
    if isinstance(ref, Number) and isinstance(ref.value, Literal):
        if type(ref.value.value) in (bool, int):
            return ("static", ref.value.value)
    if isinstance(ref, Items):
        parts = tuple(returned(frame, r, given, results, seen) for r in ref.items)
        return ("items", ref.cls, parts)
    if ref in given and isinstance(ref, Cell):
        return ("given", given.index(ref))
    if isinstance(ref, Cell):
        if ref in seen:
            raise InPlaceOnly
        seen.add(ref)
        content = frame.content(ref)
        if isinstance(content, Members) or ref in frame.session.kinds:
            raise InPlaceOnly
        if isinstance(content, Entries):
            parts = tuple(
                returned(frame, r, given, results, seen) for r in content.items
            )
            return ("list", parts)
        if isinstance(content, Table):
            pairs = content.items.items()
            return (
                "dict",
                tuple((k, returned(frame, r, given, results, seen)) for k, r in pairs),
            )
        if isinstance(content, Fields):
            if UNBOUND in content.items.values():
                raise InPlaceOnly
            pairs = content.items.items()
            inner = tuple(
                (k, returned(frame, r, given, results, seen)) for k, r in pairs
            )
            return ("object", inner, content.cls)
        if ref.linked:
            raise InPlaceOnly
    if isinstance(ref, (View, Closure, Conflict)) or not isinstance(
        ref, (Number, Cell)
    ):
        raise InPlaceOnly
    results.append(frame.read(ref))
    return ("leaf", len(results) - 1)


def given_back(
    frame: Frame, spec: Any, outputs: tuple[Value, ...], leaves: list[Ref]
) -> Ref:
    """What a call returned, from the structure and the values of its results."""
    if spec[0] == "given":
        leaf: Ref = leaves[spec[1]]
        return leaf
    if spec[0] == "leaf":
        return frame.object_of(outputs[spec[1]])
    if spec[0] == "items":
        parts = tuple(given_back(frame, s, outputs, leaves) for s in spec[2])
        return Items(parts, spec[1])
    if spec[0] == "list":
        parts = tuple(given_back(frame, s, outputs, leaves) for s in spec[1])
        return frame.new(Entries(parts))
    if spec[0] == "object":
        items = {k: given_back(frame, s, outputs, leaves) for k, s in spec[1]}
        return frame.new(Fields(spec[2], items))
    if spec[0] == "dict":
        return frame.new(
            Table({k: given_back(frame, s, outputs, leaves) for k, s in spec[1]})
        )
    return constant_ref(spec[1])


def hashable(spec: Any) -> Any:
    """A structure to compare by: constants by value, other objects by identity."""
    if isinstance(spec, tuple) and len(spec) == 3 and spec[0] == "static":
        value = spec[1]
        return ("static", type(value), value if _is_plain(value) else id(value))
    if isinstance(spec, tuple):
        return tuple(map(hashable, spec))
    return spec


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, bytes, bool, int, float, type(None)))
