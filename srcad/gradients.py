"""Gradients of functions that return one number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

from srcad.transform import Transform, extended, step_for
from srcad.typed import A, Derivative, GradDecorator, P, R, ValueAndGradDecorator

Argnums = int | Sequence[int]


@overload
def grad(
    f: Callable[P, Any],
    argnums: int = 0,
    *,
    argnames: str | Sequence[str] | None = None,
    has_aux: Literal[False] = False,
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> Derivative[P, Any]: ...
@overload
def grad(
    f: Callable[P, Any],
    argnums: Sequence[int],
    *,
    has_aux: Literal[False] = False,
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> Derivative[P, tuple[Any, ...]]: ...
@overload
def grad(
    f: Callable[P, tuple[Any, A]],
    argnums: Argnums = 0,
    *,
    argnames: str | Sequence[str] | None = None,
    has_aux: Literal[True],
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> Derivative[P, tuple[Any, A]]: ...
@overload
def grad(
    f: Callable[P, Any],
    argnums: Argnums = 0,
    *,
    argnames: str | Sequence[str] | None = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> Derivative[P, Any]: ...
@overload
def grad(
    f: None = None,
    argnums: Argnums = 0,
    *,
    argnames: str | Sequence[str] | None = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> GradDecorator: ...
def grad(
    f: Callable[..., Any] | None = None,
    argnums: Argnums = 0,
    *,
    argnames: str | Sequence[str] | None = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> Any:
    """The gradient of a function that returns one number.

    Works as `grad(f)`, as `@grad` and as `@grad(argnums=(0, 1))`.

    Parameters
    ----------
    f : callable
        A Python function whose source can be read, a NumPy function with a rule, or
        another transform.
    argnums : int or tuple of int
        Which parameters to differentiate by; an int gives a bare gradient, a tuple a
        tuple of them.
    argnames : str or tuple of str, optional
        The same by name.
    has_aux : bool
        f returns `(value, aux)`; the result is `(gradient, aux)`.
    holomorphic : bool
        f is holomorphic and returns a complex number.
    backend : str, optional
        "python", "numba" or "auto".
    parallel : bool, optional
        In Numba, run loops whose rounds are independent on several threads, those of
        the gradient too. The default is that of `set_default_backend`, or True for a
        function under `@njit(parallel=True)`.

    Returns
    -------
    Transform
        A function of f's arguments; each gradient has the structure, shape and dtype of
        its argument.

    Raises
    ------
    SignatureError
        argnums does not fit f; at a call: an argument cannot be differentiated by.
    ShapeError
        At a call: f returns more than one number.
    UnsupportedSyntax, MissingRule
        At a call: with the place in f's file.
    """
    how = (has_aux, holomorphic, backend, parallel)
    return _gradient("grad", f, argnums, argnames, *how)


@overload
def value_and_grad(
    f: Callable[P, R],
    argnums: int = 0,
    *,
    argnames: str | Sequence[str] | None = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> Derivative[P, tuple[R, Any]]: ...
@overload
def value_and_grad(
    f: Callable[P, R],
    argnums: Sequence[int],
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> Derivative[P, tuple[R, tuple[Any, ...]]]: ...
@overload
def value_and_grad(
    f: Callable[P, R],
    argnums: Argnums = 0,
    *,
    argnames: str | Sequence[str] | None = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> Derivative[P, tuple[R, Any]]: ...
@overload
def value_and_grad(
    f: None = None,
    argnums: Argnums = 0,
    *,
    argnames: str | Sequence[str] | None = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> ValueAndGradDecorator: ...
def value_and_grad(
    f: Callable[..., Any] | None = None,
    argnums: Argnums = 0,
    *,
    argnames: str | Sequence[str] | None = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str | None = None,
    parallel: bool | None = None,
) -> Any:
    """The value of a function and its gradient, as `(value, gradient)`.

    With `has_aux`, `((value, aux), gradient)`. Parameters and errors as in `grad`.
    """
    how = (has_aux, holomorphic, backend, parallel)
    return _gradient("value_and_grad", f, argnums, argnames, *how)


def _gradient(
    kind: str,
    f: Callable[..., Any] | None,
    argnums: Argnums,
    argnames: str | Sequence[str] | None,
    has_aux: bool,
    holomorphic: bool,
    backend: str | None,
    parallel: bool | None,
) -> Any:
    def decorate(function: Callable[..., Any]) -> Transform:
        step = step_for(function, kind, argnums, argnames, has_aux, holomorphic)
        return extended(function, step, backend, parallel)

    return decorate if f is None else decorate(f)
