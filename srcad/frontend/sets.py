"""Sets: data known while lowering, asked what is in them.

A set made in the function is a cell whose content are its `Members`; a frozenset, or a
set from outside, is known as it is. Their entries are constants. The order in which
Python walks a set is no property of the program, so only a set of one entry is walked.
"""

from __future__ import annotations

import builtins
import operator
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax, unknown_yet
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame, expression
from srcad.frontend.refs import (
    Cell,
    Entries,
    Items,
    Members,
    Number,
    Ref,
    Static,
    Table,
)
from srcad.frontend.structures import parts_of_known
from srcad.ir.graph import Literal


@expression(gast.Set)
def _set(frame: Frame, node: gast.Set) -> Ref:
    refs: list[Ref] = []
    for part in node.elts:
        if isinstance(part, gast.Starred):
            refs += [constant_ref(k) for k in entries_for_set(frame, part.value)]
        else:
            refs.append(frame.lower(part))
    return frame.new(Members(frozenset(member(frame, r) for r in refs)))


def entries_for_set(frame: Frame, node: Any) -> frozenset[Any]:
    """The entries of `*node` in a set."""
    return _as_members(frame, frame.lower(node))


def member(frame: Frame, ref: Ref) -> Any:
    """An entry of a set, which must be known."""
    if isinstance(ref, Static):
        return ref.value
    if isinstance(ref, Items):
        return tuple(member(frame, r) for r in ref.items)
    if isinstance(ref, Number) and isinstance(ref.value, Literal):
        return ref.value.value
    raise unknown_yet("an entry of a set", "use a list, a tuple or an array")


def members_of(frame: Frame, ref: Ref) -> frozenset[Any] | None:
    """The entries of a set; None for anything else.

    Raises
    ------
    UnsupportedSyntax
        They depend on the way the program takes.
    """
    if isinstance(ref, Static) and isinstance(ref.value, (set, frozenset)):
        return frozenset(ref.value)
    if not isinstance(ref, Cell):
        return None
    content = frame.content(ref)
    if not isinstance(content, Members):
        return None
    if content.items is None:
        raise UnsupportedSyntax(
            "what this set holds depends on a branch", hint="use numbers as flags"
        )
    return content.items


def _as_members(frame: Frame, ref: Ref) -> frozenset[Any]:
    """What `set(ref)` holds."""
    known = members_of(frame, ref)
    if known is not None:
        return known
    if isinstance(ref, Static) and isinstance(ref.value, (str, bytes)):
        return frozenset(ref.value)
    parts = parts_of_known(frame, ref)
    if isinstance(parts, Table):
        return frozenset(parts.items)
    if parts is None:
        raise unknown_yet("what a set is made from")
    return frozenset(member(frame, r) for r in parts.items)


def in_any_order(frame: Frame, ref: Ref) -> tuple[Ref, ...]:
    """The entries of a set for a loop, where their order does not matter."""
    known = members_of(frame, ref) or frozenset()
    if len(known) > 1:
        raise UnsupportedSyntax(
            "the order in which a set is walked is not known",
            hint="walk sorted(the set)",
        )
    return tuple(constant_ref(k) for k in known)


# ---- calls ---------------------------------------------------------------------------

_ASKED = (len, sum, min, max, any, all, bool)


def call_on_set(
    frame: Frame, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref | None:
    """A builtin called with a set, or that makes one; None for other calls."""
    if target is builtins.set or target is builtins.frozenset:
        if len(args) > 1 or kwargs:
            raise UnsupportedSyntax(f"{target.__name__}() takes one argument")
        held = _as_members(frame, args[0]) if args else frozenset()
        return _made(frame, held, frozen=target is builtins.frozenset)
    known = members_of(frame, args[0]) if len(args) == 1 else None
    if known is None:
        return None
    if any(target is f for f in _ASKED) and not kwargs:
        return constant_ref(_computed(lambda: target(sorted_(known))))
    if target is builtins.sorted and set(kwargs) <= {"reverse"}:
        back = kwargs.get("reverse", constant_ref(False))
        ordered = sorted_(known, bool(member(frame, back)))
        return frame.new(Entries(tuple(constant_ref(k) for k in ordered)))
    if target is builtins.list:
        return frame.new(Entries(in_any_order(frame, args[0])))
    if target is builtins.tuple:
        return Items(in_any_order(frame, args[0]))
    return None


def sorted_(known: frozenset[Any], reverse: bool = False) -> list[Any]:
    """The entries in order; sums and extremes do not depend on which one."""
    try:
        return sorted(known, reverse=reverse)
    except TypeError:
        return list(known)


def _computed(compute: Any) -> Any:
    try:
        return compute()
    except Exception as error:
        raise UnsupportedSyntax(f"this call fails: {error}") from None


def _made(frame: Frame, held: frozenset[Any], frozen: bool) -> Ref:
    return Static(held) if frozen else frame.new(Members(held))


# ---- methods and operators -----------------------------------------------------------

_COMBINING: dict[str, Any] = {
    "union": frozenset.union,
    "intersection": frozenset.intersection,
    "difference": frozenset.difference,
    "symmetric_difference": frozenset.symmetric_difference,
}
_UPDATING: dict[str, Any] = {
    "update": frozenset.union,
    "intersection_update": frozenset.intersection,
    "difference_update": frozenset.difference,
    "symmetric_difference_update": frozenset.symmetric_difference,
}
_ASKING = ("issubset", "issuperset", "isdisjoint")


def set_method(
    frame: Frame, owner: Ref, name: str, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    """`owner.name(*args)` of a set."""
    known = members_of(frame, owner)
    assert known is not None
    if name in _COMBINING and not kwargs:
        others = [_as_members(frame, r) for r in args]
        return _made(frame, _COMBINING[name](known, *others), _is_frozen(owner))
    if name in _ASKING and len(args) == 1:
        other = _as_members(frame, args[0])
        return constant_ref(getattr(known, name)(other))
    if name == "copy":
        return _made(frame, known, _is_frozen(owner))
    changed = _changed(frame, known, name, args)
    if changed is None or kwargs:
        raise UnsupportedSyntax(f"set.{name} is not supported")
    if not isinstance(owner, Cell):
        raise UnsupportedSyntax(
            "a write to an object outside the function is not supported",
            hint="make a copy of the set first",
        )
    frame.store(owner, Members(changed))
    return Static(None)


def _changed(
    frame: Frame, known: frozenset[Any], name: str, args: list[Ref]
) -> frozenset[Any] | None:
    """What a set holds after a method that changes it."""
    if name in _UPDATING:
        others = [_as_members(frame, r) for r in args]
        whole: frozenset[Any] = _UPDATING[name](known, *others)
        return whole
    if name == "clear":
        return frozenset()
    if name not in ("add", "discard", "remove") or len(args) != 1:
        return None
    entry = member(frame, args[0])
    if name == "add":
        return known | {entry}
    if name == "remove" and entry not in known:
        raise UnsupportedSyntax(f"the set has no entry {entry!r} here")
    return known - {entry}


def _is_frozen(ref: Ref) -> bool:
    return isinstance(ref, Static) and isinstance(ref.value, frozenset)


_OPERATORS: dict[type, Any] = {
    gast.BitOr: operator.or_,
    gast.BitAnd: operator.and_,
    gast.Sub: operator.sub,
    gast.BitXor: operator.xor,
}


def combined_sets(
    frame: Frame, sign: type, left: Ref, right: Ref, in_place: bool = False
) -> Ref | None:
    """`left sign right` of sets; None for anything else."""
    a, b = members_of(frame, left), members_of(frame, right)
    if a is None or b is None or sign not in _OPERATORS:
        return None
    found = _OPERATORS[sign](a, b)
    if in_place and isinstance(left, Cell):
        frame.store(left, Members(found))
        return left
    return _made(frame, found, _is_frozen(left))
