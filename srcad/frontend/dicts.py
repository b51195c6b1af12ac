"""Dicts: their methods, what their views give, and `collections`' kinds of them.

The keys of a dict are known while lowering; its values may be anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Cell, Items, Ref, Static, Table
from srcad.frontend.structures import parts_of_known, static_key, without_key

Handler = Callable[[Frame, Any, Any, list[Ref], dict[str, Ref]], Ref]
DICT_METHODS: dict[str, Handler] = {}


def _method(name: str) -> Callable[[Handler], Handler]:
    def enter(handler: Handler) -> Handler:
        DICT_METHODS[name] = handler
        return handler

    return enter


# ---- methods -------------------------------------------------------------------------


@_method("get")
def _get(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    key, default = _key_and_default("get", args, kwargs, Static(None))
    found: Ref = known.items.get(static_key(frame, key), default)
    return found


def _key_and_default(
    name: str, args: list[Ref], kwargs: dict[str, Ref], default: Ref | None
) -> tuple[Ref, Ref | None]:
    if kwargs or not 1 <= len(args) <= 2:
        raise UnsupportedSyntax(f"dict.{name} takes a key and perhaps a default")
    return args[0], args[1] if len(args) > 1 else default


@_method("setdefault")
def _setdefault(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    key, default = _key_and_default("setdefault", args, kwargs, Static(None))
    wanted = static_key(frame, key)
    if wanted not in known.items:
        assert default is not None
        frame.store(owner, Table({**known.items, wanted: default}))
        return default
    found: Ref = known.items[wanted]
    return found


@_method("pop")
def _pop(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    key, default = _key_and_default("pop", args, kwargs, None)
    wanted = static_key(frame, key)
    if wanted not in known.items:
        if default is None:
            raise without_key(wanted)
        return default
    found: Ref = known.items[wanted]
    frame.store(owner, Table({k: r for k, r in known.items.items() if k != wanted}))
    return found


@_method("popitem")
def _popitem(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    if args or kwargs or not known.items:
        raise UnsupportedSyntax("dict.popitem needs a dict that is not empty, no more")
    *kept, last = known.items
    frame.store(owner, Table({k: known.items[k] for k in kept}))
    return Items((constant_ref(last), known.items[last]))


@_method("clear")
def _clear(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    frame.store(owner, Table({}))
    return Static(None)


@_method("update")
def _update(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    more = pairs_of(frame, args[0]) if args else {}
    frame.store(owner, Table({**known.items, **more, **kwargs}))
    return Static(None)


@_method("copy")
def _copy(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    twin = frame.new(Table(dict(known.items)))
    _same_kind(frame, owner, twin)
    return twin


@_method("fromkeys")
def _fromkeys(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    return from_keys(frame, args, kwargs)


def from_keys(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    """`dict.fromkeys(keys, value)`."""
    keys = parts_of_known(frame, args[0]) if args else None
    if keys is None or kwargs:
        raise UnsupportedSyntax("dict.fromkeys needs keys that are known, and a value")
    held = args[1] if len(args) > 1 else Static(None)
    if isinstance(keys, Table):
        return frame.new(Table(dict.fromkeys(keys.items, held)))
    return frame.new(Table({static_key(frame, k): held for k in keys.items}))


def pairs_of(frame: Frame, ref: Ref) -> dict[Any, Ref]:
    """What `dict(ref)` holds: of another dict, or of pairs."""
    known = parts_of_known(frame, ref)
    if isinstance(known, Table):
        return dict(known.items)
    if known is None:
        raise UnsupportedSyntax("the keys that this dict is made from are not known")
    found: dict[Any, Ref] = {}
    for entry in known.items:
        pair = parts_of_known(frame, entry)
        if pair is None or isinstance(pair, Table) or len(pair.items) != 2:
            raise UnsupportedSyntax("a dict is made from another dict or from pairs")
        found[static_key(frame, pair.items[0])] = pair.items[1]
    return found


def merged(frame: Frame, left: Ref, right: Ref, in_place: bool) -> Ref | None:
    """`left | right` of dicts; None for anything else."""
    a, b = parts_of_known(frame, left), parts_of_known(frame, right)
    if not (isinstance(a, Table) and isinstance(b, Table)):
        return None
    if in_place and isinstance(left, Cell):
        frame.store(left, Table({**a.items, **b.items}))
        return left
    whole = frame.new(Table({**a.items, **b.items}))
    _same_kind(frame, left, whole)
    return whole


def _same_kind(frame: Frame, ref: Ref, twin: Cell) -> None:
    """Let a dict be of the kind that another one is."""
    session = frame.session
    if isinstance(ref, Cell) and ref in session.kinds:
        session.kinds[twin] = session.kinds[ref]
    if isinstance(ref, Cell) and ref in session.factories:
        session.factories[twin] = session.factories[ref]
