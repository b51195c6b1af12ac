"""Methods of arrays, lists, dicts, tuples and known objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from srcad.errors import MissingRule, UnsupportedSyntax, unknown_yet
from srcad.frontend.context import constant_ref
from srcad.frontend.dicts import DICT_METHODS
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_inputs
from srcad.frontend.keywords import masks, with_keywords
from srcad.frontend.lists import extend, list_method, walked_list
from srcad.frontend.named_tuples import is_named_tuple, named_method
from srcad.frontend.plain_keywords import plain_cast
from srcad.frontend.refs import (
    Entries,
    Items,
    Iteration,
    Method,
    Ref,
    Static,
    Table,
)
from srcad.frontend.results import note_shared, result_object
from srcad.frontend.sets import members_of, set_method
from srcad.frontend.sparse import sparse_method, sparse_value
from srcad.frontend.spelled import spelled_call
from srcad.frontend.spellings import SPELLED_METHODS, reshaped_copy
from srcad.frontend.structures import as_list, parts_of_known, static_key, structure
from srcad.frontend.to_list import to_list
from srcad.frontend.walk_iterators import found_walk
from srcad.frontend.writers import WRITING_METHODS
from srcad.ir.graph import Literal, Value
from srcad.ir.types import List, unwrapped
from srcad.ops import arithmetic as ops
from srcad.ops.census import METHODS_REFUSED, sorted_names
from srcad.ops.complexes import abs_
from srcad.ops.declare import METHODS, variant_of
from srcad.ops.powers import power
from srcad.ops.products import matmul


def call_method(
    frame: Frame, method: Method, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    """`owner.name(*args, **kwargs)`."""
    owner, name = method.owner, method.name
    if members_of(frame, owner) is not None:
        return set_method(frame, owner, name, args, kwargs)
    if isinstance(owner, Static):
        return outside_method(frame, owner, name, args, kwargs)
    matrix = sparse_value(owner)
    if matrix is not None:
        return sparse_method(frame, matrix, name, args, kwargs)
    known = structure(frame, owner)
    if isinstance(known, Items) and is_named_tuple(known.cls):
        found = named_method(frame, known, name, args, kwargs)
        if found is not None:
            return found
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
    if name == "tolist" and not args and not kwargs:
        return to_list(frame, value)
    if name in WRITING_METHODS:
        return WRITING_METHODS[name](frame, owner, args, kwargs)
    if name in SPELLED_METHODS:
        target = getattr(np, name)
        by_another = spelled_call(frame, target, [owner, *args], kwargs)
        if by_another is not None:
            return by_another
    if name == "reshape" and "copy" in kwargs:
        return reshaped_copy(frame, method, args, kwargs)
    if name == "astype":
        kwargs = plain_cast(frame, value, args, kwargs)
    op = METHODS.get(name) or _SPECIAL.get(name)
    if op is None:
        reason = sorted_names(METHODS_REFUSED).get(name)
        raise MissingRule(
            f"the array method {name!r} has no derivative rule"
            + (f": {reason}" if reason else ""),
            hint="use a NumPy function that has one",
        )
    if not masks(op, kwargs):
        op = variant_of(op, len(args) + 1, kwargs)
    inputs: list[Any] = []

    def plain(args: list[Ref], kwargs: dict[str, Ref]) -> tuple[Value, ...]:
        given = [_argument(frame, r) for r in args]
        named = {k: _argument(frame, r) for k, r in kwargs.items()}
        found, params = op.arguments(given, named)
        inputs[:] = array_inputs(found)
        return op.several(*inputs, **params)

    written = with_keywords(frame, op, None, [owner, *args], kwargs, plain)
    if written is not None:
        return written
    outputs = plain([owner, *args], kwargs)
    result = result_object(frame, op, owner, inputs, outputs[0])
    return note_shared(frame, name, "order" in kwargs, owner, result)


# The methods behind operators, which arithmetic on arrays may call by name.
_SPECIAL = {
    f"__{name}__": op
    for name, op in (
        ("abs", abs_),
        ("add", ops.add),
        ("matmul", matmul),
        ("mul", ops.multiply),
        ("neg", ops.negative),
        ("pow", power),
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


WRITING = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "reverse",
        "sort",
        "update",
        "setdefault",
        "popitem",
    ]
)


def outside_method(
    frame: Frame, owner: Static, name: str, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    """A method of a list, dict or tuple from outside, which is only read."""
    if name in WRITING:
        raise UnsupportedSyntax(
            "a write to an object outside the function is not supported",
            hint="return the value instead",
        )
    known = parts_of_known(frame, owner)
    copied = Entries(known.items) if isinstance(known, Items) else known
    here = owner if copied is None else frame.new(copied)
    if copied is None or name not in _TABLES[type(copied)]:
        raise UnsupportedSyntax(f"{type(owner.value).__name__}.{name} is not supported")
    return _TABLES[type(copied)][name](frame, here, copied, args, kwargs)


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
    where = _position(frame, args[0]) if args else -1
    if not -len(items) <= where < len(items):
        raise UnsupportedSyntax(f"pop({where}) of a list of {len(items)} entries fails")
    taken: Ref = items.pop(where)
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
        raise unknown_yet("the position")
    position: int = value.value
    return position


# ---- views of dicts ----------------------------------------------------------------


def _view(which: str) -> Handler:
    """`d.keys()` and the like: it shows what the dict holds when it is looked at."""

    def handler(
        frame: Frame, owner: Any, known: Any, args: list[Ref], kwargs: dict[str, Ref]
    ) -> Ref:
        return Iteration("view", (owner, Static(which)))

    return handler


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
    Table: {**DICT_METHODS, **{w: _view(w) for w in ("items", "keys", "values")}},
    Items: {"index": _index, "count": _count},
}
