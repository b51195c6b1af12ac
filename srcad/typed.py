"""What a type checker is told of the objects that transforms return.

A checker sees classes that know the parameters of the user's function; a running
program has `Transform`, the one there is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar

from srcad.transform import Transform

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")

if TYPE_CHECKING:

    class Derivative(Transform, Generic[P, R]):
        """A transform of a function with parameters P, which returns R."""

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
            """Call it with the arguments of the function."""
            ...

else:
    Derivative = Transform


class GradDecorator(Protocol):
    """`@grad(...)`: from a function to its gradient."""

    def __call__(self, f: Callable[P, Any], /) -> Derivative[P, Any]:
        """The gradient of a function."""
        ...


class ValueAndGradDecorator(Protocol):
    """`@value_and_grad(...)`: from a function to its value and gradient."""

    def __call__(self, f: Callable[P, R], /) -> Derivative[P, tuple[R, Any]]:
        """The value and gradient of a function."""
        ...
