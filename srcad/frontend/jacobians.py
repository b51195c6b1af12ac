"""Jacobians that the user's own code asks for: loops over pullbacks or tangents.

They are written as Python functions (`prelude.py`) and lowered in place, as if they
stood where the user wrote `jacobian(f)(x)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend import jacobian_prelude as prelude
from srcad.frontend.detached import detached, differentiable
from srcad.frontend.form import like
from srcad.frontend.frame import Frame, caller
from srcad.frontend.parameters import Parameters
from srcad.frontend.placed import placed
from srcad.frontend.refs import Derivative, Items, Number, Ref, Static
from srcad.frontend.transforms import Request, differentiated
from srcad.ir.graph import literal
from srcad.ir.types import (
    Array,
    Scalar,
    Type,
    Unknown,
    dims_of,
    dtype_of,
    kind_of,
    unwrapped,
)

# So many rows at most are written one by one, not in a loop.
FEW = 4


class NotOneArray(UnsupportedSyntax):
    """What a jacobian is of, or by, is not one real number or array."""


@dataclass(frozen=True, eq=False)
class Push(Ref):
    """From a tangent of one argument to that of the result."""

    target: Ref
    given: Parameters
    position: int


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
        found = _rows(frame, pullback, y, [given.refs[w] for w in where], node)
    else:
        args, kwargs = given.spread(detached(frame, given.refs, {}))
        y = frame.call(target, args, kwargs, node)
        found = [
            _columns(frame, Push(target, given, w), y, given.refs[w], node)
            for w in where
        ]
    return found[0] if request.single else Items(tuple(found))


def _rows(
    frame: Frame, pullback: Ref, y: Ref, xs: Sequence[Ref], node: Any
) -> list[Ref]:
    """The rows of a result by each argument, from one pullback for each element."""
    out, *_ = [_leaf(frame.known_type(r)) for r in (y, *xs)]
    if dims_of(out) == ():
        found = frame.call(pullback, [Number(literal(1.0))], {}, node)
        assert isinstance(found, Items)
        return list(found.items)
    few = _few(out)
    length = prelude.length_of if _is_vector(out) else prelude.size_of
    count = Number(literal(few)) if few else placed(frame, length, [y], node)
    rows = [_begun(frame, count, x, node) for x in xs]
    arrays = Items(tuple(rows))
    for i in range(few):
        seed = Items(tuple(Number(literal(float(j == i))) for j in range(few)))
        args = [pullback, seed, arrays, Number(literal(i))]
        placed(frame, prelude.one_row, args, node)
    if _is_vector(out):
        if not few:
            placed(frame, prelude.every_row_of_vector, [pullback, y, arrays], node)
        return rows
    placed(frame, prelude.every_row_of_array, [pullback, y, arrays], node)
    pairs = zip(rows, xs, strict=True)
    return [placed(frame, prelude.rows_ended, [r, y, x], node) for r, x in pairs]


def _begun(frame: Frame, count: Ref, x: Ref, node: Any) -> Ref:
    """An array for the rows by one argument."""
    dtype = Static(np.dtype(dtype_of(_leaf(frame.known_type(x))) or "float64"))
    return placed(frame, prelude.rows_begun, [count, x, dtype], node)


def _few(out: Type) -> int:
    """How many rows there are, where that is known and they are written one by one.

    What the cotangents 1 and 0 leave of each pullback is then seen.
    """
    dims = dims_of(out) or ()
    if len(dims) != 1 or dtype_of(out) != "float64":
        return 0
    (m,) = dims
    return m if isinstance(m, int) and m <= FEW else 0


def _columns(frame: Frame, push: Ref, y: Ref, x: Ref, node: Any) -> Ref:
    """The columns of a result by an argument, from one tangent for each element."""
    out, inner = (_leaf(frame.known_type(r)) for r in (y, x))
    function: Callable[..., Any]
    if dims_of(inner) == ():
        function = prelude.column_of_number
    elif dims_of(out) == ():
        function = prelude.columns_to_number
    elif _is_vector(out) and _is_vector(inner):
        function = prelude.columns_of_vector
    else:
        function = prelude.columns_of_array
    return placed(frame, function, [push, y, x], node)


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
