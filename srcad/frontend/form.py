"""Tangents and cotangents have the form of what they belong to: known, or checked."""

from __future__ import annotations

from typing import Any

from srcad.errors import ShapeError
from srcad.frontend import jacobian_prelude as prelude
from srcad.frontend.detached import differentiable
from srcad.frontend.frame import Frame
from srcad.frontend.placed import placed
from srcad.frontend.refs import Items, Ref, Static, Table
from srcad.frontend.structures import structure
from srcad.ir.graph import Value
from srcad.ir.types import Array, Scalar, Type, same_dims, unwrapped


def like(
    frame: Frame, ref: Ref, want: Ref, what: str, node: Any, at_run: bool = True
) -> Value:
    """A tangent or cotangent as a value, its Python ints made floats.

    Parameters
    ----------
    want : what it belongs to.
    what : how to call it in a message.
    node : the user's call.
    at_run : whether shapes that are not known yet are looked at when the program runs.

    Raises
    ------
    ShapeError
        It has another structure. Where shapes are not known yet, the program raises
        ValueError when it runs.
    """
    given = differentiable(frame, ref, what)
    _check(frame, given, want, what, node if at_run else None)
    return frame.read(given)


def _check(frame: Frame, given: Ref, want: Ref, what: str, node: Any) -> None:
    a, b = structure(frame, given), structure(frame, want)
    if a is not None or b is not None:
        for key in _keys(a, b, what):
            _check(frame, a.items[key], b.items[key], what, node)  # type: ignore
        return
    if isinstance(want, Static):
        return
    got, like_ = (unwrapped(frame.known_type(r)) for r in (given, want))
    if isinstance(got, Scalar) and isinstance(like_, Scalar):
        return
    known = isinstance(got, (Scalar, Array)) and isinstance(like_, (Scalar, Array))
    if known and _rank(got) != _rank(like_):
        raise ShapeError(f"{what} is {_shown(got)}, and must be {_shown(like_)}")
    if known and node is not None and not same_dims(got, like_):
        placed(frame, prelude.checked_shape, [given, want], node)


def _keys(a: Any, b: Any, what: str) -> list[Any]:
    """The keys under which two structures have entries.

    Raises
    ------
    ShapeError
        They are not alike.
    """
    same = type(a) is type(b) and len(a.items) == len(b.items)
    if same and isinstance(a, Items):
        same = a.cls is b.cls
    if same and isinstance(a, Table):
        same = set(a.items) == set(b.items)
    if not same:
        raise ShapeError(f"{what} must have the structure of what it belongs to")
    return list(a.items) if isinstance(a, Table) else list(range(len(a.items)))


def _rank(t: Type) -> int:
    return len(t.dims) if isinstance(t, Array) else 0


def _shown(t: Type) -> str:
    if isinstance(t, Array):
        return f"an array with {len(t.dims)} dimension{'s' * (len(t.dims) != 1)}"
    return "a number" if isinstance(t, Scalar) else f"a {type(t).__name__.lower()}"
