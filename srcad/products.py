"""Products with Jacobians: jvp, vjp and the pullbacks that it gives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

from srcad.arrays import check_like, fitted
from srcad.entry import Entry
from srcad.errors import SignatureError
from srcad.results import shown, taken
from srcad.transform import Transform, extended, step_for
from srcad.typed import A, R


def cached(
    f: Any,
    kind: str,
    count: int,
    has_aux: bool = False,
    backend: str | None = None,
    wrt: tuple[int, ...] | None = None,
) -> Transform:
    """The transform of f for a kind of call, made once; by all arguments or `wrt`."""
    try:
        return _remembered(f, kind, count, has_aux, backend, wrt)
    except TypeError:  # a callable that cannot be hashed
        return _made(f, kind, count, has_aux, backend, wrt)


def _made(
    f: Any,
    kind: str,
    count: int,
    has_aux: bool,
    backend: str | None,
    wrt: tuple[int, ...] | None,
) -> Transform:
    numbers = tuple(range(count)) if wrt is None else wrt
    if kind == "gradients":
        step = step_for(f, "grad", numbers[0] if len(numbers) == 1 else numbers)
    else:
        step = step_for(f, kind, numbers, has_aux=has_aux)
    return extended(f, step, backend)


_remembered = functools.lru_cache(maxsize=512)(_made)


def jvp(
    f: Callable[..., R],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    backend: str | None = None,
) -> tuple[R, R]:
    """The value of f and its derivative along a direction (forward mode).

    Parameters
    ----------
    f : callable
    primals : sequence
        The arguments of f.
    tangents : sequence
        One tangent for each, of the same structure. None for what stays as it is: a
        number of steps, say.
    backend : str, optional
        "python", "numba" or "auto".

    Returns
    -------
    tuple
        `(f(*primals), tangent of the result)`.

    Raises
    ------
    SignatureError
        There are not as many tangents as primals.
    ShapeError
        A tangent does not have the structure and shapes of its primal.
    """
    primals, tangents = tuple(primals), tuple(tangents)
    if len(primals) != len(tangents):
        raise SignatureError(
            f"jvp got {len(primals)} primals and {len(tangents)} tangents"
        )
    wrt = moving(tangents)
    given, like = [tangents[k] for k in wrt], [primals[k] for k in wrt]
    check_like(given, like, "a tangent")
    transform = cached(f, "jvp", len(primals), backend=backend, wrt=wrt)
    found: tuple[R, R] = pushed(transform, primals, fitted(given, like))
    return found


def moving(tangents: Sequence[Any]) -> tuple[int, ...]:
    """By which arguments to differentiate: those with a tangent, or else all."""
    every = range(len(tangents))
    return tuple(k for k in every if tangents[k] is not None) or tuple(every)


def pushed(
    transform: Transform, primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """The value and the tangent; of arguments not differentiated by, no tangents."""
    return pushed_at(transform, transform.primals(primals), tangents)


def pushed_at(
    transform: Transform, values: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """The same for arguments in the order of the parameters."""
    entry = transform.entry(values)
    found: tuple[Any, Any] = shown(entry, entry.run(values, tangents))
    return found


@overload
def vjp(
    f: Callable[..., R],
    *primals: Any,
    has_aux: Literal[False] = False,
    backend: str | None = None,
) -> tuple[R, Pulled]: ...
@overload
def vjp(
    f: Callable[..., tuple[R, A]],
    *primals: Any,
    has_aux: Literal[True],
    backend: str | None = None,
) -> tuple[R, Pulled, A]: ...
@overload
def vjp(
    f: Callable[..., Any], *primals: Any, has_aux: bool, backend: str | None = None
) -> Any: ...
def vjp(
    f: Callable[..., Any],
    *primals: Any,
    has_aux: bool = False,
    backend: str | None = None,
) -> Any:
    """The value of f and its pullback (reverse mode).

    Parameters
    ----------
    f : callable
    *primals
        The arguments of f.
    has_aux : bool
        f returns `(value, aux)`; only the value is differentiated.
    backend : str, optional
        "python", "numba" or "auto".

    Returns
    -------
    tuple
        `(f(*primals), pullback)`; `pullback(cotangent)` gives a tuple with one
        cotangent for each primal, and may be called more than once. With `has_aux`,
        `(value, pullback, aux)`.
    """
    transform = cached(f, "vjp", len(primals), has_aux, backend)
    out, pullback = pulled(transform, primals, has_aux)
    return (out[0], pullback, out[1]) if has_aux else (out, pullback)


def pulled(
    transform: Transform, primals: Sequence[Any], has_aux: bool = False
) -> tuple[Any, Pulled]:
    """What the function gives, and the pullback of its value."""
    return pulled_at(transform, transform.primals(primals), has_aux)


def pulled_at(
    transform: Transform, values: Sequence[Any], has_aux: bool = False
) -> tuple[Any, Pulled]:
    """The same for arguments in the order of the parameters."""
    entry = transform.entry(values)
    out, residual = entry.run(values)
    out = shown(entry, out)
    return out, Pulled(entry, residual, out[0] if has_aux else out)


class Pulled:
    """A pullback: from a cotangent of a value to one for each primal.

    Attributes
    ----------
    plain : function
        The same without what names the user's line in errors; it can be lowered.
    """

    def __init__(self, entry: Entry, residual: Any, value: Any) -> None:
        self._entry, self._residual, self._value = entry, residual, value

        def plain(cotangent: Any) -> Any:
            check_like(cotangent, value, "the cotangent")
            return entry.functions[1](residual, cotangent)

        self.plain = plain

    def __call__(self, cotangent: Any) -> tuple[Any, ...]:
        check_like(cotangent, self._value, "the cotangent")
        given = taken(self._entry, fitted(cotangent, self._value))
        found: tuple[Any, ...] = self._entry.called(1, self._residual, given)
        return found
