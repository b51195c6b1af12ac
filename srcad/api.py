"""The public transforms: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, cast, overload

from srcad.arrays import check_like, columns, rows
from srcad.backend.generate import Generated
from srcad.entry import Entry
from srcad.errors import SignatureError
from srcad.export import exported
from srcad.export.exportable import Exportable
from srcad.ir.graph import Graph
from srcad.pipeline import Step
from srcad.reading.doc import introduced
from srcad.reading.readable import Readable
from srcad.results import shown, taken
from srcad.transform import Transform, extended, implied, root, signature_of, step_for
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


# ---- jvp and vjp ---------------------------------------------------------------------


def _cached(f: Any, kind: str, count: int, has_aux: bool = False) -> Transform:
    """The transform of f for a kind of call, made once."""
    try:
        return _remembered(f, kind, count, has_aux)
    except TypeError:  # a callable that cannot be hashed
        return _made(f, kind, count, has_aux)


def _made(f: Any, kind: str, count: int, has_aux: bool) -> Transform:
    numbers = tuple(range(count))
    if kind == "gradients":
        gradient: Transform = grad(f, 0 if count == 1 else numbers)
        return gradient
    return extended(f, step_for(f, kind, numbers, has_aux=has_aux), None)


_remembered = functools.lru_cache(maxsize=512)(_made)


def jvp(
    f: Callable[..., R], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[R, R]:
    """The value of f and its derivative along a direction (forward mode).

    Parameters
    ----------
    f : callable
    primals : sequence
        The arguments of f.
    tangents : sequence
        One tangent for each, of the same structure.

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
    check_like(tangents, primals, "a tangent")
    transform = _cached(f, "jvp", len(primals))
    values = transform.primals(primals)
    entry = transform.entry(values)
    found: tuple[R, R] = shown(entry, entry.run(values, tangents))
    return found


@overload
def vjp(
    f: Callable[..., R], *primals: Any, has_aux: Literal[False] = False
) -> tuple[R, Pulled]: ...
@overload
def vjp(
    f: Callable[..., tuple[R, A]], *primals: Any, has_aux: Literal[True]
) -> tuple[R, Pulled, A]: ...
@overload
def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool) -> Any: ...
def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of f and its pullback (reverse mode).

    Parameters
    ----------
    f : callable
    *primals
        The arguments of f.
    has_aux : bool
        f returns `(value, aux)`; only the value is differentiated.

    Returns
    -------
    tuple
        `(f(*primals), pullback)`; `pullback(cotangent)` gives a tuple with one
        cotangent for each primal, and may be called more than once. With `has_aux`,
        `(value, pullback, aux)`.
    """
    transform = _cached(f, "vjp", len(primals), has_aux)
    values = transform.primals(primals)
    entry = transform.entry(values)
    out, residual = entry.run(values)
    out = shown(entry, out)
    value = out[0] if has_aux else out
    pullback = Pulled(entry, residual, value)
    return (value, pullback, out[1]) if has_aux else (value, pullback)


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
        given = taken(self._entry, cotangent)
        found: tuple[Any, ...] = self._entry.called(1, self._residual, given)
        return found


# ---- jacobian, hessian, hvp ----------------------------------------------------------


class Jacobian(Readable, Exportable):
    """A Jacobian by argument: rows from pullbacks, or columns from tangents.

    Attributes
    ----------
    primal : callable
        The function it is the Jacobian of.
    source : str
        The generated source of the pullback or tangent it is assembled from.
    """

    def __init__(self, f: Callable[..., Any], argnums: Argnums, mode: str) -> None:
        self.primal = f
        self.mode = mode
        self.step = step_for(f, mode, argnums)
        self._signature = signature_of(f)
        self.__name__ = f"jacobian_of_{getattr(f, '__name__', 'f')}"
        names = list(self._signature.parameters)
        by = ", ".join(names[k] for k in self.step.wrt)
        name = getattr(f, "__name__", "f")
        self.__doc__ = introduced(f"Jacobian of {name} with respect to {by}.", f)
        self.__signature__ = self._signature

    def __repr__(self) -> str:
        name = getattr(self.primal, "__qualname__", self.primal)
        return f"<srcad jacobian of {name}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = self._signature.bind(*args, **kwargs)
        given.apply_defaults()
        values = list(given.arguments.values())
        method = rows if self.mode == "vjp" else columns
        found = tuple(method(self.primal, values, k, vjp, jvp) for k in self.step.wrt)
        return found[0] if self.step.single else found

    def transform(self) -> Transform:
        """The transform that is called once for each row or column."""
        return _cached(self.primal, self.mode, len(self._signature.parameters))

    def _generated(self) -> Sequence[Generated]:
        return self.transform()._generated()

    def _entry_for(
        self, args: Sequence[Any], kwargs: dict[str, Any]
    ) -> tuple[Entry, Sequence[Any]]:
        return self.transform()._entry_for(args, kwargs)

    def _read_from(self) -> Any:
        return self.transform()._read_from()

    @property
    def graph(self) -> Graph:
        """The graph of the latest call."""
        return self.transform().graph

    @property
    def kinds(self) -> tuple[str, ...]:
        """The transforms, the innermost first."""
        return (*(step.kind for step in root(self.primal)[1]), "jacobian")

    def exported(self, at: Sequence[Any] = (), made_by: str = "") -> str:
        """The text that `export` writes: the loop over rows or columns is in it."""
        target, steps, backend = root(self.primal)
        primal = Transform(target, steps, "python")
        moved = primal.dispatcher.steps
        inner: Any = primal.dispatcher.function
        wrt = tuple(k + primal.offset for k in self.step.wrt)
        argnums = wrt[0] if self.step.single else wrt
        inner = Transform(inner, moved) if moved else inner
        whole = Jacobian(inner, argnums, self.mode)
        derived = Transform(whole, (), backend or implied(target))
        step = Step("jacobian", wrt, self.step.single)
        return exported(derived, primal, step, at, made_by)

    def clear(self) -> None:
        """Forget all compiled functions."""
        self.transform().clear()


if TYPE_CHECKING:

    class JacobianOf(Jacobian, Generic[P]):
        """What a type checker sees: it knows the parameters of the function."""

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
            """The Jacobian at these arguments."""
            ...

else:
    JacobianOf = Jacobian


def jacrev(f: Callable[P, Any], argnums: Argnums = 0) -> JacobianOf[P]:
    """The Jacobian by reverse mode: one pullback for each element of the result.

    For a result of shape (m...) and an argument of shape (n...) the Jacobian has shape
    (m..., n...). Containers give containers; `argnums` as in `grad`.
    """
    return cast("JacobianOf[P]", Jacobian(f, argnums, "vjp"))


def jacfwd(f: Callable[P, Any], argnums: Argnums = 0) -> JacobianOf[P]:
    """The Jacobian by forward mode: one tangent for each element of the argument.

    Shapes as in `jacrev`.
    """
    return cast("JacobianOf[P]", Jacobian(f, argnums, "jvp"))


jacobian = jacrev


def hessian(f: Callable[P, Any], argnums: int = 0) -> JacobianOf[P]:
    """The matrix of second derivatives of a function that returns one number.

    For an argument of shape (n...), shape (n..., n...): forward mode over the gradient.
    """
    if not isinstance(argnums, int):
        raise SignatureError("hessian takes one argument number")
    return jacfwd(grad(f, argnums), argnums)


def hvp(f: Callable[..., Any], primals: Sequence[Any], vectors: Sequence[Any]) -> Any:
    """The Hessian of f times a vector, without the Hessian.

    Parameters
    ----------
    f : callable
        Returns one number.
    primals, vectors : sequences
        The arguments, and one vector for each of the same structure.

    Returns
    -------
    The product for one argument, a tuple for several.
    """
    primals = tuple(primals)
    return jvp(_cached(f, "gradients", len(primals)), primals, vectors)[1]
