"""Methods of arrays, lists, dicts, tuples and known objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from srcad.errors import MissingRule, UnsupportedSyntax
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.lists import extend, list_method, walked_list
from srcad.frontend.refs import (
    Entries,
    Items,
    Iteration,
    Method,
    Ref,
    Static,
    Table,
)
from srcad.frontend.results import result_object
from srcad.frontend.subscripts import as_list, static_key, structure
from srcad.frontend.walk import COPY
from srcad.frontend.walk_iterators import found_walk
from srcad.ir.graph import Literal
from srcad.ir.types import List, unwrapped
from srcad.ops import arithmetic as ops
from srcad.ops.census import METHODS_REFUSED, sorted_names
from srcad.ops.complexes import abs_
from srcad.ops.declare import METHODS, variant_of
from srcad.ops.products import matmul


def call_method(
    frame: Frame, method: Method, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    """`owner.name(*args, **kwargs)`."""
    owner, name = method.owner, method.name
    known = structure(frame, owner)
    table = _TABLES.get(type(known)) if known is not None else None
    if table is not None:
        handler = table.get(name)
        if handler is None:
            kind = {Entries: "list", Table: "dict", Items: "tuple"}[type(known)]
            raise UnsupportedSyntax(f"{kind}.{name} is not supported")
        return handler(frame, owner, known, args, kwargs)
    value = frame.read(owner)
    if isinstance(unwrapped(value.type), List):
        return list_method(frame, owner, value, name, args)
    op = METHODS.get(name) or _SPECIAL.get(name)
    if op is None:
        reason = sorted_names(METHODS_REFUSED).get(name)
        raise MissingRule(
            f"the array method {name!r} has no derivative rule"
            + (f": {reason}" if reason else ""),
            hint="use a NumPy function that has one",
        )
    op = variant_of(op, len(args) + 1, kwargs)
    given = [_argument(frame, r) for r in args]
    named = {k: _argument(frame, r) for k, r in kwargs.items()}
    inputs, params = op.arguments([value, *given], named)
    outputs = op.several(*inputs, **params)
    return result_object(frame, op, owner, inputs, outputs[0])


# The methods behind operators, which arithmetic on arrays may call by name.
_SPECIAL = {
    f"__{name}__": op
    for name, op in (
        ("abs", abs_),
        ("add", ops.add),
        ("matmul", matmul),
        ("mul", ops.multiply),
        ("neg", ops.negative),
        ("pow", ops.power),
        ("sub", ops.subtract),
        ("truediv", ops.divide),
    )
}


def _argument(frame: Frame, ref: Ref) -> Any:
    known = structure(frame, ref)
    if isinstance(known, Items):
        return tuple(_argument(frame, r) for r in known.items)
    if isinstance(known, Entries):
        return [_argument(frame, r) for r in known.items]
    return frame.read(ref)


# ---- lists -------------------------------------------------------------------------


Handler = Callable[[Frame, Any, Any, list[Ref], dict[str, Ref]], Ref]


def _append(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    frame.store(owner, Entries((*known.items, args[0])))
    return Static(None)


def _extend(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    more = found_walk(frame, args[0])
    if isinstance(more, list):
        frame.store(owner, Entries((*known.items, *more)))
        return Static(None)
    for item in known.items:
        frame.hand_over(item, owner)
    frame.store(owner, as_list(frame, known))
    return extend(frame, owner, frame.read(owner), walked_list(frame, args[0], more))


def _insert(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    items = list(known.items)
    items.insert(_position(frame, args[0]), args[1])
    frame.store(owner, Entries(tuple(items)))
    return Static(None)


def _pop(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    items = list(known.items)
    taken: Ref = items.pop(_position(frame, args[0]) if args else -1)
    frame.store(owner, Entries(tuple(items)))
    return taken


def _reverse(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    frame.store(owner, Entries(tuple(reversed(known.items))))
    return Static(None)


def _copy_list(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    return frame.new(Entries(known.items))


def _clear(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    frame.store(owner, Entries(()))
    return Static(None)


def _index(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    """The first entry that is the same, where all are known."""
    wanted, *bounds = (static_key(frame, r) for r in args)
    entries = [static_key(frame, r) for r in known.items]
    try:
        return constant_ref(entries.index(wanted, *bounds))
    except ValueError as error:
        raise UnsupportedSyntax(f"this call fails: {error}") from None


def _count(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    entries = [static_key(frame, r) for r in known.items]
    return constant_ref(entries.count(static_key(frame, args[0])))


def _position(frame: Frame, ref: Ref) -> int:
    value = frame.read(ref)
    if not isinstance(value, Literal):
        raise UnsupportedSyntax("the position must be known before the program runs")
    position: int = value.value
    return position


# ---- dicts -------------------------------------------------------------------------


def _view(
    frame: Frame, owner: Ref, known: Table, entry: Callable[[Any, Ref], Ref]
) -> Ref:
    """A view of a dict, which shows what the dict holds when an entry is looked at."""
    keys = list(known.items)

    def get(k: int) -> Ref:
        now = structure(frame, owner)
        if not isinstance(now, Table) or list(now.items) != keys:
            raise UnsupportedSyntax(
                "the keys of this dict change while it is walked", hint=COPY
            )
        return entry(keys[k], now.items[keys[k]])

    args = tuple(entry(k, r) for k, r in known.items.items())
    return Iteration("view", args, get)


def _items(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    return _view(frame, owner, known, lambda k, r: Items((constant_ref(k), r)))


def _keys(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    return _view(frame, owner, known, lambda k, r: constant_ref(k))


def _values(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    return _view(frame, owner, known, lambda k, r: r)


def _get(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    default = args[1] if len(args) > 1 else Static(None)
    found: Ref = known.items.get(static_key(frame, args[0]), default)
    return found


def _update(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    more = structure(frame, args[0]) if args else Table({})
    if not isinstance(more, Table):
        raise UnsupportedSyntax("dict.update takes a dict here")
    frame.store(owner, Table({**known.items, **more.items, **kwargs}))
    return Static(None)


def _copy_dict(
    frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    return frame.new(Table(dict(known.items)))


_TABLES: dict[type, dict[str, Handler]] = {
    Entries: {
        "append": _append,
        "extend": _extend,
        "insert": _insert,
        "pop": _pop,
        "reverse": _reverse,
        "copy": _copy_list,
        "clear": _clear,
        "index": _index,
        "count": _count,
    },
    Table: {
        "items": _items,
        "keys": _keys,
        "values": _values,
        "get": _get,
        "update": _update,
        "copy": _copy_dict,
    },
    Items: {"index": _index, "count": _count},
}
