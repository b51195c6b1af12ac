"""Arguments of a function that is differentiated: promoted, and copies of their own.

Asking for a derivative never changes the caller's objects, so inside the function the
arguments are objects of their own. Where the function writes to one, reading the
original under another name is refused: a plain call would see the write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.errors import SignatureError
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    Cell,
    Entries,
    Items,
    Number,
    Ref,
    Static,
    Table,
    View,
    root_of,
)
from srcad.frontend.structures import structure
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import List, Range, Scalar, is_python_int, kind_of, unwrapped
from srcad.ops.convert import to_float

Pairs = list[tuple[Cell, Cell]]


def differentiable(frame: Frame, ref: Ref, where: str) -> Ref:
    """An argument to differentiate by, its Python ints made floats.

    Raises
    ------
    SignatureError
        It holds an integer array, or nothing that can be differentiated.
    """
    known = structure(frame, ref)
    if known is None and not isinstance(ref, (Number, Cell, View)):
        shown = repr(ref.value) if isinstance(ref, Static) else "a function"
        raise SignatureError(
            f"{where} is {shown}: it cannot be differentiated by",
            hint="choose other argnums",
        )
    return _promoted(frame, ref, where)


def _promoted(frame: Frame, ref: Ref, where: str) -> Ref:
    known = structure(frame, ref)
    if isinstance(known, Items):
        return Items(tuple(_promoted(frame, r, where) for r in known.items), known.cls)
    if isinstance(known, Entries):
        return frame.new(
            Entries(tuple(_promoted(frame, r, where) for r in known.items))
        )
    if isinstance(known, Table):
        items = {k: _promoted(frame, r, where) for k, r in known.items.items()}
        return frame.new(Table(items))
    return ref if isinstance(ref, Static) else _promoted_leaf(frame, ref, where)


def _promoted_leaf(frame: Frame, ref: Ref, where: str) -> Ref:
    value = frame.read(ref)
    t = unwrapped(value.type)
    if t == Scalar("bool"):
        return ref
    if is_python_int(t):
        if isinstance(value, Literal):
            return Number(literal(float(value.value)))
        return Number(to_float(value))
    inner = t.item if isinstance(t, List) else t
    if isinstance(t, Range) or kind_of(inner) in ("int", "bool"):
        raise SignatureError(
            f"{where} holds integers ({t}): derivatives need floats",
            hint=f"pass it as floats: {where.split()[-1]}.astype(float)",
        )
    return ref


def detached(
    frame: Frame, refs: Sequence[Any], params: Mapping[int, Value]
) -> list[Any]:
    """Arguments as the function sees them: `params` for some, copies of the others."""
    pairs: Pairs = []
    found: list[Any] = []
    for k, ref in enumerate(refs):
        new = frame.object_of(params[k]) if k in params else _copied(frame, ref, pairs)
        if k in params:
            _pair(frame, new, ref, pairs)
        found.append(new)
    for cell, root in pairs:
        same = (other for other, r in pairs if r is root and other is not cell)
        cell.linked.update((root, *root.linked, *same))
    return found


def _copied(frame: Frame, ref: Any, pairs: Pairs) -> Any:
    """An object of its own with the same content."""
    if isinstance(ref, Items):
        return Items(tuple(_copied(frame, r, pairs) for r in ref.items), ref.cls)
    root = root_of(ref) if isinstance(ref, Ref) else None
    if root is None:
        return ref
    content = frame.content(ref) if isinstance(ref, Cell) else None
    if isinstance(content, Entries):
        items = tuple(_copied(frame, r, pairs) for r in content.items)
        new = frame.new(Entries(items))
    elif isinstance(content, Table):
        table = {k: _copied(frame, r, pairs) for k, r in content.items.items()}
        new = frame.new(Table(table))
    else:
        new = frame.new(frame.read(ref))
    pairs.append((new, root))
    return new


def _pair(frame: Frame, new: Ref, old: Ref, pairs: Pairs) -> None:
    """Note which object each part of a new one stands for."""
    root = root_of(old)
    if isinstance(new, Cell) and root is not None:
        pairs.append((new, root))
    a, b = structure(frame, new), structure(frame, old)
    if a is None or b is None:
        return
    keys: Any = a.items if isinstance(a, Table) else range(len(a.items))
    for key in keys:
        _pair(frame, a.items[key], b.items[key], pairs)
