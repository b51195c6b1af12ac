"""What is exported: a derivative, at a point."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from srcad.errors import Span
from srcad.ir.graph import Program


@dataclass(frozen=True)
class Derivative:
    """What is exported.

    name : the function's; kinds : the transforms, the innermost first.
    wrt : the parameters to differentiate by; single : the gradient is a bare one.
    parameters : of the function, in order.
    values, hidden : at the point of the self-test, the arguments and the data that the
        function reads from outside.
    result : what the derivative gives there.
    fixed, written, contiguous : what of the arguments the source relied on.
    primal, programs, dialect : what is printed; threads : with loops on these.
    made_by : how to export again; origin : of what source.
    """

    name: str
    kinds: tuple[str, ...]
    wrt: tuple[str, ...]
    single: bool
    has_aux: bool
    doc: str
    parameters: tuple[inspect.Parameter, ...]
    values: tuple[Any, ...]
    hidden: tuple[Any, ...]
    result: Any
    fixed: frozenset[int]
    written: tuple[int, ...]
    contiguous: tuple[int, ...]
    primal: Program
    programs: tuple[Program, ...]
    dialect: str
    threads: bool
    place: Span
    made_by: str
    origin: str

    @property
    def kind(self) -> str:
        """The last transform."""
        return self.kinds[-1]

    @property
    def said(self) -> tuple[str, ...]:
        """The transforms, by name."""
        return by_name(self.kinds)


def by_name(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Transforms as users call them: the Jacobian of a gradient is a Hessian."""
    return (*kinds[:-2], "hessian") if kinds[-2:] == ("grad", "jacobian") else kinds
