"""The table of programs: `@program(*args)` enters a function with its arguments."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Program:
    """A function and a point at which it is smooth.

    order : up to which order its derivatives are checked.
    argnums : what it is differentiated by; None for all arguments with floats.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    order: int
    argnums: int | tuple[int, ...] | None
    tol: float | None

    def fresh(self) -> tuple[Any, ...]:
        """The arguments, copied."""
        return copy.deepcopy(self.args)


PROGRAMS: dict[str, Program] = {}


def program(
    *args: Any,
    order: int = 2,
    argnums: int | tuple[int, ...] | None = None,
    tol: float | None = None,
) -> Callable[[Any], Any]:
    """Enter a function; several entries of one function get numbers."""

    def enter(function: Any) -> Any:
        theme = function.__module__.rpartition(".")[2]
        name = f"{theme}.{function.__name__}"
        while name in PROGRAMS:
            name += "_"
        PROGRAMS[name] = Program(function, args, order, argnums, tol)
        return function

    return enter
