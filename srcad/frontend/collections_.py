"""`collections` created in the function: defaultdict and OrderedDict are dicts here."""

from __future__ import annotations

import builtins
import collections
from collections.abc import Callable
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import constant_ref
from srcad.frontend.deques import made_deque
from srcad.frontend.dicts import from_keys, pairs_of
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Cell, Closure, Entries, Members, Ref, Static, Table
from srcad.frontend.written_at import is_at, made_at

_EMPTY: dict[Any, Callable[[Frame], Ref]] = {
    builtins.float: lambda frame: constant_ref(0.0),
    builtins.int: lambda frame: constant_ref(0),
    builtins.list: lambda frame: frame.new(Entries(())),
    builtins.dict: lambda frame: frame.new(Table({})),
    builtins.set: lambda frame: frame.new(Members(frozenset())),
}


def made_dict(
    frame: Frame, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref | None:
    """`defaultdict(...)`, `OrderedDict(...)`, `dict.fromkeys(...)`; None for others."""
    if target == dict.fromkeys:
        return from_keys(frame, args, kwargs)
    if target is collections.deque:
        return made_deque(frame, args, kwargs)
    if is_at(target):
        return made_at(frame, args, kwargs)
    if target is collections.OrderedDict:
        return _made(frame, target, args, kwargs)
    if target is not collections.defaultdict:
        return None
    made = _made(frame, target, args[1:], kwargs)
    factory = args[0] if args else Static(None)
    if isinstance(factory, Closure):
        frame.session.factories[made] = lambda: frame.call(factory, [])
    elif isinstance(factory, Static) and factory.value in _EMPTY:
        empty = _EMPTY[factory.value]
        frame.session.factories[made] = lambda: empty(frame)
    elif not (isinstance(factory, Static) and factory.value is None):
        raise UnsupportedSyntax(
            "what this defaultdict makes for a missing key is not supported",
            hint="use float, int, list, dict or a function defined here",
        )
    return made


def _made(frame: Frame, kind: type, args: list[Ref], kwargs: dict[str, Ref]) -> Cell:
    table = pairs_of(frame, args[0]) if args else {}
    made = frame.new(Table({**table, **kwargs}))
    frame.session.kinds[made] = kind
    return made
