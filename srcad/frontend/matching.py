"""`match`: each case becomes a condition, the names it binds, and a branch.

Takes the subject and the patterns; gives the `if` statements that say the same. What a
pattern asks of structure and classes is decided while lowering; what it asks of numbers
becomes a condition of the program.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.comparisons import compared
from srcad.frontend.conditions import as_number, choose, none_test, truth_of
from srcad.frontend.context import constant_ref
from srcad.frontend.control import MATCH
from srcad.frontend.expressions import attribute
from srcad.frontend.frame import Frame, expression, statement
from srcad.frontend.intrinsics import INTRINSICS
from srcad.frontend.refs import Entries, Items, Number, Ref, Static, Table
from srcad.frontend.structures import parts_of_known, static_key
from srcad.frontend.subscripts import element
from srcad.ir.graph import Value, literal
from srcad.ir.types import BOOL, Array, List, Range, Scalar, Unknown, unwrapped
from srcad.ops.arithmetic import not_

Condition = Value | bool


@dataclass(frozen=True, eq=False)
class Found:
    """Whether a pattern fits, and the names it binds if so."""

    condition: Condition = True
    names: dict[str, Ref] = field(default_factory=dict)


FAILED = Found(False)

# Since NumPy 2.5 sequence patterns fit arrays (CPython's Py_TPFLAGS_SEQUENCE).
ARRAYS_ARE_SEQUENCES = bool(np.ndarray.__flags__ & 1 << 5)


# ---- syntax that stands for the cases ------------------------------------------------


class Fits(gast.AST):  # type: ignore[misc]
    """An expression: whether a pattern fits a subject (it binds no names)."""

    def __init__(self, found: Found, pattern: Any) -> None:
        super().__init__()
        self.found = found
        gast.copy_location(self, pattern)


class Guarded(Fits):
    """An expression: whether a pattern fits, then with its names bound, the guard."""

    def __init__(self, found: Found, pattern: Any, guard: Any) -> None:
        super().__init__(found, pattern)
        self.guard = guard


class Bind(gast.AST):  # type: ignore[misc]
    """A statement: bind the names of a pattern that fits."""

    def __init__(self, found: Found, pattern: Any) -> None:
        super().__init__()
        self.found = found
        gast.copy_location(self, pattern)


@expression(Fits)
def _fits(frame: Frame, node: Fits) -> Ref:
    return as_number(node.found.condition)


@expression(Guarded)
def _guarded(frame: Frame, node: Guarded) -> Ref:
    def guard() -> Ref:
        _bind_all(frame, node.found)
        before = dict(frame.world.contents)
        held = truth_of(frame, frame.lower(node.guard))
        after = frame.world.contents
        if any(after.get(cell) is not content for cell, content in before.items()):
            # The patterns of later cases were matched before.
            raise frame.refuse(
                "a guard that writes to an object is not supported",
                node.guard,
                "write in the body of the case",
            )
        return as_number(held)

    no = constant_ref(False)
    return choose(frame, node.found.condition, guard, lambda: no)


@statement(Bind)
def _bind(frame: Frame, node: Bind) -> None:
    _bind_all(frame, node.found)


def _bind_all(frame: Frame, found: Found) -> None:
    for name, ref in found.names.items():
        frame.bind(name, ref)


def as_branches(frame: Frame, node: gast.Match) -> list[Any]:
    """The statements that a `match` stands for, its subject being computed now."""
    with frame.place(node.subject):
        subject = frame.lower(node.subject)
    return _branches(frame, subject, node.cases)


def _branches(frame: Frame, subject: Ref, cases: list[Any]) -> list[Any]:
    for k, case in enumerate(cases):
        found = fits(frame, case.pattern, subject)
        if found.condition is False:
            continue
        bind = [Bind(found, case.pattern)] if found.names else []
        body = [*bind, *case.body]
        if found.condition is True and case.guard is None:
            return body
        test: Any = Fits(found, case.pattern)
        if case.guard is not None:
            test = Guarded(found, case.pattern, case.guard)
        branch = gast.If(test, body, _branches(frame, subject, cases[k + 1 :]))
        return [gast.copy_location(branch, case.pattern)]
    return []


# ---- patterns ------------------------------------------------------------------------


def fits(frame: Frame, pattern: Any, subject: Ref) -> Found:
    """Whether a pattern fits a subject, and what it binds."""
    with frame.place(pattern):
        found: Found = _PATTERNS[type(pattern)](frame, pattern, subject)
        return found


def _value(frame: Frame, pattern: gast.MatchValue, subject: Ref) -> Found:
    wanted = frame.lower(pattern.value)
    plain = isinstance(wanted, Static) and not isinstance(wanted.value, bool)
    if _parts(frame, subject) is not None and (plain or isinstance(wanted, Number)):
        return FAILED
    return Found(truth_of(frame, compared(frame, gast.Eq, subject, wanted)))


def _singleton(frame: Frame, pattern: gast.MatchSingleton, subject: Ref) -> Found:
    wanted = pattern.value
    if isinstance(subject, Static):
        return Found(subject.value is wanted)
    if wanted is None:
        return Found(none_test(frame, subject))
    if _parts(frame, subject) is not None:
        return FAILED
    value = frame.read(subject)
    if isinstance(unwrapped(value.type), Unknown):
        raise _unclear()
    if value.type != BOOL:
        return FAILED
    condition = truth_of(frame, subject)
    if isinstance(condition, bool):
        return Found(condition is wanted)
    return Found(condition if wanted else not_(condition))


def _sequence(frame: Frame, pattern: gast.MatchSequence, subject: Ref) -> Found:
    items = _items_of_sequence(frame, subject)
    if items is None:
        return FAILED
    patterns = pattern.patterns
    starred = [k for k, p in enumerate(patterns) if isinstance(p, gast.MatchStar)]
    if not starred:
        return _each(frame, patterns, items)
    if len(items) < len(patterns) - 1:
        return FAILED
    k = starred[0]
    tail = len(patterns) - k - 1
    middle = items[k : len(items) - tail]
    rest = items[len(items) - tail :]
    name = patterns[k].name
    found = _each(frame, [*patterns[:k], *patterns[k + 1 :]], [*items[:k], *rest])
    if name is None or found.condition is False:
        return found
    return Found(
        found.condition, {**found.names, name: frame.new(Entries(tuple(middle)))}
    )


def _mapping(frame: Frame, pattern: gast.MatchMapping, subject: Ref) -> Found:
    known = _parts(frame, subject)
    if not isinstance(known, Table):
        if known is None:
            _kind_known(frame, subject)
        return FAILED
    keys = [static_key(frame, frame.lower(k)) for k in pattern.keys]
    if not all(k in known.items for k in keys):
        return FAILED
    found = _each(frame, pattern.patterns, [known.items[k] for k in keys])
    if pattern.rest is None or found.condition is False:
        return found
    left = {k: r for k, r in known.items.items() if k not in keys}
    return Found(found.condition, {**found.names, pattern.rest: frame.new(Table(left))})


def _class(frame: Frame, pattern: gast.MatchClass, subject: Ref) -> Found:
    cls = frame.lower(pattern.cls)
    if not (isinstance(cls, Static) and isinstance(cls.value, type)):
        raise UnsupportedSyntax("the class of this pattern is not known")
    handler = INTRINSICS[id(builtins.isinstance)]
    asked = handler(frame, [subject, cls], {})
    assert asked is not None
    condition = truth_of(frame, asked)
    if condition is False:
        return FAILED
    positional = list(pattern.patterns)
    if cls.value in _WHOLE and len(positional) == 1:
        found = fits(frame, positional[0], subject)
        return Found(_both(frame, condition, found.condition), found.names)
    wanted = getattr(cls.value, "__match_args__", ())
    if len(positional) > len(wanted):
        raise UnsupportedSyntax(
            f"{cls.value.__name__}() accepts {len(wanted)} positional sub-patterns, "
            f"{len(positional)} given"
        )
    names = [*wanted[: len(positional)], *pattern.kwd_attrs]
    patterns = [*positional, *pattern.kwd_patterns]
    parts = [_attribute(frame, subject, name, pattern) for name in names]
    found = _each(frame, patterns, parts)
    return Found(_both(frame, condition, found.condition), found.names)


def _attribute(frame: Frame, subject: Ref, name: str, place: Any) -> Ref:
    """`subject.name`, as if the user had written it there."""
    with frame.place(place):
        return attribute(frame, subject, name, frame.here)


# Classes whose one positional sub-pattern is about the whole object.
_WHOLE = (bool, bytes, dict, float, frozenset, int, list, set, str, tuple)


def _either(frame: Frame, pattern: gast.MatchOr, subject: Ref) -> Found:
    found = FAILED
    for part in pattern.patterns:
        other = fits(frame, part, subject)
        if other.condition is False:
            continue
        if found.condition is False:
            found = other
        else:
            found = _one_of(frame, found, other)
        if found.condition is True:
            break
    return found


def _one_of(frame: Frame, first: Found, second: Found) -> Found:
    """The first that fits of two patterns; both bind the same names."""
    assert not isinstance(first.condition, bool)
    names = {
        name: choose(
            frame,
            first.condition,
            lambda name=name: first.names[name],  # type: ignore[misc]
            lambda name=name: second.names[name],  # type: ignore[misc]
        )
        for name in first.names
    }
    yes = constant_ref(True)
    whole = choose(
        frame, first.condition, lambda: yes, lambda: as_number(second.condition)
    )
    return Found(truth_of(frame, whole), names)


def _as(frame: Frame, pattern: gast.MatchAs, subject: Ref) -> Found:
    found = Found()
    if pattern.pattern is not None:
        found = fits(frame, pattern.pattern, subject)
    if pattern.name is None or found.condition is False:
        return found
    return Found(found.condition, {**found.names, pattern.name: subject})


def _each(frame: Frame, patterns: list[Any], items: list[Ref]) -> Found:
    """Patterns for the entries of something, one each; all must fit."""
    if len(patterns) != len(items):
        return FAILED
    condition: Condition = True
    names: dict[str, Ref] = {}
    for pattern, item in zip(patterns, items, strict=True):
        found = fits(frame, pattern, item)
        condition = _both(frame, condition, found.condition)
        if condition is False:
            return FAILED
        names.update(found.names)
    return Found(condition, names)


def _both(frame: Frame, a: Condition, b: Condition) -> Condition:
    """`a and b`."""
    if isinstance(a, bool):
        return b if a else False
    if isinstance(b, bool):
        return a if b else False
    no = Number(literal(False))
    return truth_of(frame, choose(frame, a, lambda: Number(b), lambda: no))


_PATTERNS: dict[type, Any] = {
    gast.MatchValue: _value,
    gast.MatchSingleton: _singleton,
    gast.MatchSequence: _sequence,
    gast.MatchMapping: _mapping,
    gast.MatchClass: _class,
    gast.MatchOr: _either,
    gast.MatchAs: _as,
}


# ---- subjects ------------------------------------------------------------------------


def _parts(frame: Frame, subject: Ref) -> Entries | Table | Items | None:
    return parts_of_known(frame, subject)


def _items_of_sequence(frame: Frame, subject: Ref) -> list[Ref] | None:
    """The entries of a tuple or list; None for what is no sequence."""
    known = _parts(frame, subject)
    if known is not None:
        return None if isinstance(known, Table) else list(known.items)
    if isinstance(subject, Static):
        return None
    t = unwrapped(frame.read(subject).type)
    if ARRAYS_ARE_SEQUENCES and isinstance(t, Array):
        if t.dims and isinstance(t.dims[0], int):
            return [element(frame, subject, literal(k)) for k in range(t.dims[0])]
    elif _kind_known(frame, subject):
        return None
    raise UnsupportedSyntax(
        "a sequence pattern needs a tuple, list or array whose length is known",
        hint="pass a tuple, or compare len() and take the entries by index",
    )


def _kind_known(frame: Frame, subject: Ref) -> bool:
    """Whether the subject is for certain neither a sequence nor a mapping."""
    if not isinstance(subject, Static):
        t = unwrapped(frame.read(subject).type)
        if isinstance(t, Unknown):
            raise _unclear()
        return isinstance(t, (Array, Scalar)) or not isinstance(t, (List, Range))
    return True


def _unclear() -> UnsupportedSyntax:
    return UnsupportedSyntax(
        "the type of what is matched is not known before the first call",
        hint="call the function once, or ask for source_for(*args)",
    )


MATCH.append(as_branches)
