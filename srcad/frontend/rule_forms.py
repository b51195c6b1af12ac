"""The forms of what rules are given and return: structures, and errors about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from srcad.errors import SignatureError, SrcadError
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Cell, Items, Number, Ref, Static
from srcad.frontend.rule_arguments import place_of
from srcad.ir.types import (
    Bottom,
    Dict,
    Tuple,
    Type,
    Unknown,
    dims_of,
    is_number,
    unwrapped,
)

# ---- structures ----------------------------------------------------------------------


def leaves_in(spec: Any) -> list[int]:
    """The positions of the leaves of a structure, in order."""
    if spec[0] == "leaf":
        return [spec[1]]
    if spec[0] in ("static", "ref"):
        return []
    parts = spec[2] if spec[0] == "items" else spec[1]
    if spec[0] in ("dict", "object"):
        parts = [s for _, s in parts]
    return [leaf for s in parts for leaf in leaves_in(s)]


def zeroed(spec: Any) -> Any:
    """The structure of a tangent: what is no number has None there."""
    if spec[0] == "leaf":
        return spec
    if spec[0] in ("static", "ref"):
        number = isinstance(spec[1], (int, float)) and not isinstance(spec[1], bool)
        return ("static", 0.0 if spec[0] == "static" and number else None, None)
    if spec[0] == "items":
        return (*spec[:2], tuple(map(zeroed, spec[2])))
    if spec[0] == "list":
        return ("list", tuple(map(zeroed, spec[1])))
    return (spec[0], tuple((k, zeroed(s)) for k, s in spec[1]), *spec[2:])


def leaf_refs(frame: Frame, ref: Ref, spec: Any) -> Iterator[Ref]:
    """The leaves of an object that has this structure."""
    if spec[0] == "leaf":
        yield ref
    elif spec[0] not in ("static", "ref"):
        content: Any = ref if isinstance(ref, Items) else None
        if isinstance(ref, Cell):
            content = frame.content(ref)
        named = spec[0] in ("dict", "object")
        parts = spec[2] if spec[0] == "items" else spec[1]
        for k, part in enumerate(parts):
            key, inner = part if named else (k, part)
            yield from leaf_refs(frame, content.items[key], inner)


def unfinished(frame: Frame, ref: Ref) -> bool:
    """Whether a result has no type yet: its function is being lowered."""
    return isinstance(ref, Number) and isinstance(ref.value.type, Bottom)


def is_new(ref: Ref, given: Sequence[Ref]) -> bool:
    """Whether an object was made by the call that gave it."""
    if isinstance(ref, Items):
        return all(is_new(part, given) for part in ref.items)
    if isinstance(ref, Cell):
        return ref not in given and not ref.linked
    return isinstance(ref, (Number, Static))


def alike(a: Type, b: Type) -> bool:
    """Whether two types may be those of one value."""
    a, b = unwrapped(a), unwrapped(b)
    if isinstance(a, (Unknown, Bottom)) or isinstance(b, (Unknown, Bottom)):
        return True
    if is_number(a) and is_number(b):
        return len(dims_of(a) or ()) == len(dims_of(b) or ())
    if isinstance(a, (Tuple, Dict)) and isinstance(b, (Tuple, Dict)):
        same = type(a) is type(b) and len(a.items) == len(b.items)
        return same and all(map(alike, a.items, b.items))
    return type(a) is type(b) or not (is_number(a) or is_number(b))


# ---- errors --------------------------------------------------------------------------


@contextmanager
def judged(function: Any) -> Iterator[None]:
    """Give errors about what a rule returned the place where it returns."""
    try:
        yield
    except SrcadError as error:
        raise error.at(place_of(function)) from error.__cause__


def refuse_nothing(ref: Ref, what: str) -> None:
    """Refuse None in place of a tangent or cotangent."""
    if isinstance(ref, Static) and ref.value is None:
        raise SignatureError(
            f"{what} is None",
            hint="return zeros where it is zero: np.zeros_like(x), or 0.0",
        )
