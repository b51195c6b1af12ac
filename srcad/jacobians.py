"""Jacobians and Hessians, whole or times a vector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, cast

from srcad.arrays import columns, rows
from srcad.backend.generate import Generated
from srcad.entry import Entry
from srcad.errors import SignatureError
from srcad.export import exported
from srcad.export.exportable import Exportable
from srcad.gradients import Argnums, grad
from srcad.ir.graph import Graph
from srcad.pipeline import Step
from srcad.products import cached, jvp, vjp
from srcad.reading.doc import introduced
from srcad.reading.readable import Readable
from srcad.transform import Transform, implied, root, signature_of, step_for
from srcad.typed import P


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
        return cached(self.primal, self.mode, len(self._signature.parameters))

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
    return jvp(cached(f, "gradients", len(primals)), primals, vectors)[1]
