"""Jacobians that the user's own code asks for: loops over pullbacks or tangents.

They are written as Python functions (`prelude.py`) and lowered in place, as if they
stood where the user wrote `jacobian(f)(x)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend import jacobian_prelude as prelude
from srcad.frontend.detached import detached, differentiable
from srcad.frontend.form import like
from srcad.frontend.frame import Frame, caller
from srcad.frontend.parameters import Parameters
from srcad.frontend.placed import placed
from srcad.frontend.refs import Derivative, Items, Pullback, Ref
from srcad.frontend.transforms import Request, differentiated
from srcad.ir.types import Array, Scalar, Type, Unknown, dims_of, kind_of, unwrapped


class NotOneArray(UnsupportedSyntax):
    """What a jacobian is of, or by, is not one real number or array."""


@dataclass(frozen=True, eq=False)
class Pull(Ref):
    """A pullback of which one cotangent is wanted."""

    pullback: Pullback
    position: int


@dataclass(frozen=True, eq=False)
class Push(Ref):
    """From a tangent of one argument to that of the result."""

    target: Ref
    given: Parameters
    position: int


@caller(Pull)
def _pull(
    frame: Frame, callee: Pull, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    found = frame.call(callee.pullback, args, kwargs, node)
    assert isinstance(found, Items)
    return found.items[callee.position]


@caller(Push)
def _push(
    frame: Frame, callee: Push, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    k, given = callee.position, callee.given
    tangent = like(frame, args[0], given.refs[k], "the tangent", node)
    request = Request("jvp")
    found = differentiated(frame, callee.target, request, given, [k], node, [tangent])
    assert isinstance(found, Items)
    return found.items[1]


def jacobian(
    frame: Frame,
    callee: Derivative,
    given: Parameters,
    where: tuple[int, ...],
    node: Any,
) -> Ref:
    """`jacobian(f)(*args)`: an array of shape (m..., n...) for each argument wanted."""
    target, request = callee.target, callee.request
    assert target is not None
    for k in where:
        given.refs[k] = differentiable(frame, given.refs[k], given.shown(k))
    if request.kind == "jacrev":
        asked = replace(request, kind="vjp", argnums=where, argnames=None)
        both = differentiated(frame, target, asked, given, where, node)
        assert isinstance(both, Items)
        y, pullback = both.items
        assert isinstance(pullback, Pullback)
        found = [
            _assembled(frame, "rows", Pull(pullback, k), y, given.refs[w], node)
            for k, w in enumerate(where)
        ]
    else:
        args, kwargs = given.spread(detached(frame, given.refs, {}))
        y = frame.call(target, args, kwargs, node)
        found = [
            _assembled(frame, "columns", Push(target, given, w), y, given.refs[w], node)
            for w in where
        ]
    return found[0] if request.single else Items(tuple(found))


def _assembled(frame: Frame, way: str, move: Ref, y: Ref, x: Ref, node: Any) -> Ref:
    """Lower the function of the prelude for these shapes."""
    out, inner = (_leaf(frame.known_type(r)) for r in (y, x))
    function: Callable[..., Any]
    if way == "rows" and dims_of(out) == ():
        function = prelude.row_of_number
    elif way == "columns" and dims_of(inner) == ():
        function = prelude.column_of_number
    elif way == "rows" and dims_of(inner) == ():
        function = prelude.rows_by_number
    elif way == "columns" and dims_of(out) == ():
        function = prelude.columns_to_number
    elif _is_vector(out) and _is_vector(inner):
        function = getattr(prelude, f"{way}_of_vector")
    else:
        function = getattr(prelude, f"{way}_of_array")
    return placed(frame, function, [move, y, x], node)


def _is_vector(t: Type) -> bool:
    dims = dims_of(t)
    return dims is not None and len(dims) == 1


def _leaf(t: Type) -> Type:
    """The type, if it is that of a real number or array.

    Raises
    ------
    UnsupportedSyntax
        It is not known before a call.
    NotOneArray
        It is a container, or complex.
    """
    t = unwrapped(t)
    if isinstance(t, Unknown):
        raise UnsupportedSyntax(
            "the shape of this jacobian is not known before the first call",
            hint="call the function once, or ask for source_for(*args)",
        )
    if not isinstance(t, (Scalar, Array)) or kind_of(t) == "complex":
        raise NotOneArray(
            f"a jacobian in generated source is of real numbers and arrays, not {t}",
            hint="use vjp or jvp here, or pack the numbers into one array",
        )
    return t
