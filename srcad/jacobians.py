"""Jacobians and Hessians, whole or times a vector."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, cast

from srcad.arrays import columns, rows
from srcad.backend.generate import Generated
from srcad.entry import Entry
from srcad.errors import SignatureError
from srcad.export import exported
from srcad.export.exportable import Exportable
from srcad.frontend.jacobians import NotOneArray
from srcad.gradients import Argnums, grad
from srcad.ir.graph import Graph
from srcad.options import OPTIONS
from srcad.pipeline import Step
from srcad.plain import is_replaced, made_of, plain_function
from srcad.products import cached, jvp, moving, pulled_at, pushed_at
from srcad.reading.doc import introduced
from srcad.reading.readable import Readable
from srcad.transform import (
    Transform,
    root,
    run_by,
    signature_of,
    step_for,
)
from srcad.typed import P


class Jacobian(Readable, Exportable):
    """A Jacobian by argument: rows from pullbacks, or columns from tangents.

    In Python it is assembled call by call. Compiled, it is one function with the loop
    in it; where arguments or results are containers or complex, the pullback or tangent
    is compiled, and the Jacobian assembled in Python.

    Attributes
    ----------
    primal : callable
        The function it is the Jacobian of.
    source : str
        The generated source of the whole, or of the pullback or tangent it is assembled
        from.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        argnums: Argnums,
        mode: str,
        backend: str | None = None,
        parallel: bool | None = None,
    ) -> None:
        self.primal = f
        self.mode = mode
        self.backend, self.parallel = run_by(f, backend, parallel)
        self.step = step_for(f, mode, argnums)
        self.wrt = self.step.wrt
        self._assembled = False  # whether a call has shown that there is no whole
        self._function, *_ = plain_function(root(f)[0])
        self._made_of = made_of(self._function)
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

    def __reduce__(self) -> Any:
        asked = (self.primal, self._argnums, self.mode, self.backend, self.parallel)
        return Jacobian, asked

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_replaced(self._function, self._made_of):
            self._signature = signature_of(self.primal)
            self._made_of = made_of(self._function)
        if self._is_whole():
            try:
                return self.whole(*args, **kwargs)
            except NotOneArray:
                self._assembled = True
        given = self._signature.bind(*args, **kwargs)
        given.apply_defaults()
        asked = self._by_call.arguments(given.args, given.kwargs)
        values = list(given.arguments.values())
        found = tuple(self._assemble(asked, values, k) for k in self.wrt)
        return found[0] if self.step.single else found

    def _assemble(self, asked: Sequence[Any], values: Sequence[Any], k: int) -> Any:
        """The Jacobian by argument k, row by row or column by column."""
        transform, at = self._by_call, self._by.index(k)
        if self.mode == "vjp":
            out, pullback = pulled_at(transform, asked)
            return rows(out, lambda cotangent: pullback(cotangent)[at], values[k])
        push = functools.partial(pushed_at, transform, asked)
        return columns(push, [values[j] for j in self._by], at)

    def _is_whole(self) -> bool:
        """Whether one compiled function serves."""
        compiles = (self.backend or OPTIONS.backend) != "python"
        return compiles and not self._assembled

    @functools.cached_property
    def whole(self) -> Transform:
        """The Jacobian as one function: the loop over rows or columns is in it."""
        inner = Jacobian(self.primal, self._argnums, self.mode, self.backend)
        return Transform(inner, (), self.backend, self.parallel)

    @property
    def _argnums(self) -> Argnums:
        return self.wrt[0] if self.step.single else self.wrt

    def transform(self) -> Transform:
        """The transform that serves: the whole, or called for each row or column."""
        whole: Transform = self.whole if self._is_whole() else self._by_call
        return whole

    @property
    def _by(self) -> tuple[int, ...]:
        """By which arguments each call differentiates, in their order."""
        return tuple(sorted(set(self.wrt)))

    @property
    def _by_call(self) -> Transform:
        """The transform that is called for each row or column."""
        count = len(self._signature.parameters)
        return cached(self.primal, self.mode, count, backend=self.backend, wrt=self._by)

    def compiled_for(self, *args: Any, **kwargs: Any) -> Any:
        """The compiled function for arguments like these, for other compiled functions.

        As of a gradient: see `Transform.compiled_for`.
        """
        return self.whole.compiled_for(*args, **kwargs)

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
        target, steps, _ = root(self.primal)
        primal = Transform(target, steps, "python")
        moved = primal.dispatcher.steps
        inner: Any = primal.dispatcher.function
        wrt = tuple(k + primal.offset for k in self.step.wrt)
        argnums = wrt[0] if self.step.single else wrt
        inner = Transform(inner, moved) if moved else inner
        whole = Jacobian(inner, argnums, self.mode)
        derived = Transform(whole, (), self.backend, self.parallel)
        step = Step("jacobian", wrt, self.step.single)
        return exported(derived, primal, step, at, made_by)

    def clear(self) -> None:
        """Forget all compiled functions."""
        self.transform().clear()
        self._assembled = False


if TYPE_CHECKING:

    class JacobianOf(Jacobian, Generic[P]):
        """What a type checker sees: it knows the parameters of the function."""

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
            """The Jacobian at these arguments."""
            ...

else:
    JacobianOf = Jacobian


def jacrev(
    f: Callable[P, Any],
    argnums: Argnums = 0,
    *,
    backend: str | None = None,
    parallel: bool | None = None,
) -> JacobianOf[P]:
    """The Jacobian by reverse mode: one pullback for each element of the result.

    For a result of shape (m...) and an argument of shape (n...) the Jacobian has shape
    (m..., n...). Containers give containers; `argnums`, `backend` and `parallel` as in
    `grad`.
    """
    return cast("JacobianOf[P]", Jacobian(f, argnums, "vjp", backend, parallel))


def jacfwd(
    f: Callable[P, Any],
    argnums: Argnums = 0,
    *,
    backend: str | None = None,
    parallel: bool | None = None,
) -> JacobianOf[P]:
    """The Jacobian by forward mode: one tangent for each element of the argument.

    Shapes and options as in `jacrev`.
    """
    return cast("JacobianOf[P]", Jacobian(f, argnums, "jvp", backend, parallel))


jacobian = jacrev


def hessian(
    f: Callable[P, Any],
    argnums: int = 0,
    *,
    backend: str | None = None,
    parallel: bool | None = None,
) -> JacobianOf[P]:
    """The matrix of second derivatives of a function that returns one number.

    For an argument of shape (n...), shape (n..., n...): forward mode over the gradient.
    """
    if not isinstance(argnums, int):
        raise SignatureError("hessian takes one argument number")
    slope = grad(f, argnums, backend=backend, parallel=parallel)
    return jacfwd(slope, argnums)


def hvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    vectors: Sequence[Any],
    *,
    backend: str | None = None,
) -> Any:
    """The Hessian of f times a vector, without the Hessian.

    Parameters
    ----------
    f : callable
        Returns one number.
    primals, vectors : sequences
        The arguments, and one vector for each of the same structure. None for what
        stays as it is: a number of steps, say.
    backend : str, optional
        "python", "numba" or "auto".

    Returns
    -------
    The product for one vector, a tuple for several.
    """
    primals, wrt = tuple(primals), moving(vectors)
    gradient = cached(f, "gradients", len(primals), backend=backend, wrt=wrt)
    return jvp(gradient, primals, vectors)[1]
