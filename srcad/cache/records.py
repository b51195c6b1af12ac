"""A compiled function as a record, and back: its source, and what it relied on.

A record is JSON. It holds the generated text, where each name in it is found, what
calls must keep to, and the facts: for each guard where to read, and what stood there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from srcad.backend.generate import Generated
from srcad.cache.fingerprint import Untold, fingerprint
from srcad.cache.places import Places, walked
from srcad.errors import Span
from srcad.frontend.context import Binding, Contract, Guard, guard_of
from srcad.signature import Same, key_of

Record = dict[str, Any]

# What reading a record raises where something is not as it was, or is damaged.
_NOT_SO = (LookupError, AttributeError, TypeError, ValueError, RecursionError, Untold)


@dataclass(frozen=True, eq=False)
class Stored:
    """What a record gives back."""

    contract: Contract
    generated: tuple[Generated, ...]


def key_text(key: Any) -> str:
    """A key of `signature` as text; equal texts for equal keys.

    Raises
    ------
    Untold
        It holds an object that another process would not know again.
    """
    if isinstance(key, tuple):
        return f"({', '.join(map(key_text, key))})"
    if isinstance(key, frozenset):
        return f"{{{', '.join(sorted(map(key_text, key)))}}}"
    return fingerprint(key.value if isinstance(key, Same) else key)


# ---- to a record ---------------------------------------------------------------------


def record_of(function: Any, stored: Stored) -> Record:
    """The record of a compiled function.

    Raises
    ------
    Untold
        It relies on something that another process would not know again.
    """
    contract, places = stored.contract, Places(function)
    guards = [
        [*where, fingerprint(g.expected), g.is_container]
        for g, where in _located(contract.guards, places)
    ]
    hidden = [
        [b.kind, places.of(b.holder), b.name, key_text(key_of(b.read()))]
        for b in contract.hidden
    ]
    spans = _Spans()
    return {
        "guards": guards,
        "hidden": hidden,
        "parameters": contract.parameters,
        "written": contract.written,
        "filled": contract.filled,
        "contiguous": [[k, spans.of(s)] for k, s in contract.contiguous.items()],
        "place": spans.of(contract.place),
        "generated": [_text(g, places, spans) for g in stored.generated],
        "spans": spans.listed,
    }


def _located(
    guards: Sequence[Guard], places: Places
) -> Iterator[tuple[Guard, list[Any]]]:
    """The guards with where they read, each after those that lead there."""
    left = list(guards)
    while left:
        later = []
        for guard in left:
            b = guard.binding
            try:
                holder = places.of(b.holder)
            except Untold:
                later.append(guard)
                continue
            places.add(guard.expected, [*holder, [b.kind, b.name]])
            yield guard, [b.kind, holder, b.name]
        if len(later) == len(left):
            raise Untold("where a guard reads")
        left = later


def _text(generated: Generated, places: Places, spans: _Spans) -> Record:
    return {
        "text": generated.text,
        "name": generated.name,
        "names": {name: places.of(t) for name, t in generated.names.items()},
        "lines": [[line, spans.of(s)] for line, s in generated.lines.items()],
        "dialect": generated.dialect,
        "kernel": generated.kernel,
        "adjoint": sorted(generated.adjoint),
    }


class _Spans:
    """Places in the user's code, each written once."""

    def __init__(self) -> None:
        self.listed: list[list[Any]] = []
        self._numbers: dict[Span, int] = {}

    def of(self, span: Span | None) -> int | None:
        """The number of a place."""
        if span is None:
            return None
        if span not in self._numbers:
            self._numbers[span] = len(self.listed)
            self.listed.append([getattr(span, f.name) for f in fields(Span)])
        return self._numbers[span]


# ---- from a record -------------------------------------------------------------------


def stored_in(record: Mapping[str, Any], function: Any) -> Stored | None:
    """What a record holds, if all that it relied on is so in this process."""
    try:
        return _stored(record, function)
    except _NOT_SO:
        return None


def _stored(record: Mapping[str, Any], function: Any) -> Stored | None:
    guards = []
    for kind, holder, name, known, contains in record["guards"]:
        binding = Binding(kind, walked(holder, function), name)
        value = binding.read()
        guard = guard_of(binding, value)
        if guard.is_container != contains or fingerprint(value) != known:
            return None
        guards.append(guard)
    hidden = []
    for kind, holder, name, known in record["hidden"]:
        binding = Binding(kind, walked(holder, function), name)
        if key_text(key_of(binding.read())) != known:
            return None
        hidden.append(binding)
    spans = [Span(*parts) for parts in record["spans"]]
    contract = Contract(
        tuple(record["parameters"]),
        tuple(hidden),
        tuple(guards),
        tuple(record["written"]),
        {k: None if s is None else spans[s] for k, s in record["contiguous"]},
        spans[record["place"]],
        filled=tuple(record["filled"]),
    )
    texts = record["generated"]
    return Stored(contract, tuple(_generated(t, spans, function) for t in texts))


def _generated(
    text: Mapping[str, Any], spans: Sequence[Span], function: Any
) -> Generated:
    return Generated(
        text["text"],
        text["name"],
        {name: walked(path, function) for name, path in text["names"].items()},
        {line: spans[s] for line, s in text["lines"]},
        text["dialect"],
        text["kernel"],
        frozenset(text["adjoint"]),
    )
