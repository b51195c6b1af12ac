"""What is stated of a distribution: formulas of a standard variable and its shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LOG_2PI = math.log(2.0 * math.pi)
INF = math.inf
Formula = Callable[..., Any]


@dataclass(frozen=True)
class Distribution:
    """Formulas of z = (x - loc) / scale and the shapes.

    shapes : the names of the shape parameters.
    logpdf, cdf, sf, logcdf, logsf, ppf : the formulas; None where there is none.
    support : where the density is not 0. inside, safe : where that depends on the
        shapes, whether z is there, and a number that is, by the shapes.
    values, between : sample shapes, and two numbers inside the support.
    fixed : how many of the first shapes are constant in the samples (no rule).
    """

    logpdf: Formula
    shapes: tuple[str, ...] = ()
    cdf: Formula | None = None
    sf: Formula | None = None
    logcdf: Formula | None = None
    logsf: Formula | None = None
    ppf: Formula | None = None
    support: tuple[float, float] = (-INF, INF)
    inside: Formula | None = None
    safe: Formula | None = None
    values: tuple[float, ...] = ()
    between: tuple[float, float] = (-1.5, 1.5)
    fixed: int = 0
