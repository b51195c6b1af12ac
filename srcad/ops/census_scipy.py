"""Every public name of SciPy's modules, sorted: what has no rule, and why.

As `ops/census.py` does for NumPy. A name of a module in `SCIPY` has an operation, or
stands here: `known` names need none (no functions, or lowered from their own source in
SciPy), `refused` ones have no derivative, with the reason that stands in the error.
A refused function is never lowered from its own source.
`tests/ops/test_census_scipy.py` walks the names, and fails on one that nobody sorted.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from srcad.ops import (
    census_signal,
    census_solvers,
    census_special,
    census_stats,
)
from srcad.ops.census import Names, sorted_names


@dataclass(frozen=True)
class Sorted:
    """The names of one module that have no operation."""

    known: Names = field(default_factory=dict)
    refused: Names = field(default_factory=dict)


LOWERED = "it is lowered from its own source, where that can be done"
NO_FUNCTION = "it is no function of numbers"

# ---- scipy.linalg --------------------------------------------------------------------

LINALG = Sorted(
    known={
        LOWERED: "companion convolution_matrix fiedler fiedler_companion leslie",
        NO_FUNCTION: """
            LinAlgError LinAlgWarning find_best_blas_type get_blas_funcs
            get_lapack_funcs test""",
    },
    refused={
        "its columns are any basis of a space, so they have no derivative": """
            null_space orth""",
        "it reorders or blocks a decomposition that is not unique": """
            cdf2rdf cossin hessenberg ordqz qz rsf2csf schur""",
        "it draws a random sketch: draw it outside": "clarkson_woodruff_transform",
        "it calls a function on a matrix: use the named one, such as expm": "funm",
        "it scales by powers of two, which jump": "matrix_balance",
        "it changes a decomposition: decompose the changed matrix": """
            qr_delete qr_insert qr_update""",
        "multiply by the factor of scipy.linalg.qr": "qr_multiply",
        "its pivots jump with the values: use scipy.linalg.cholesky": "ldl",
        "it maximizes over perturbations": "expm_cond",
    },
)

# ---- all of them ---------------------------------------------------------------------

SCIPY: Mapping[str, Sorted] = {
    "scipy.stats": Sorted(census_stats.KNOWN, census_stats.REFUSED),
    "scipy.special": Sorted(census_special.KNOWN, census_special.REFUSED),
    "scipy.linalg": LINALG,
    "scipy.optimize": Sorted(
        census_solvers.OPTIMIZE_KNOWN, census_solvers.OPTIMIZE_REFUSED
    ),
    "scipy.integrate": Sorted(
        census_solvers.INTEGRATE_KNOWN, census_solvers.INTEGRATE_REFUSED
    ),
    "scipy.fft": Sorted(census_signal.FFT_KNOWN),
    "scipy.signal": Sorted(census_signal.SIGNAL_KNOWN, census_signal.SIGNAL_REFUSED),
    "scipy.signal.windows": Sorted(census_signal.WINDOWS_KNOWN),
    "scipy.interpolate": Sorted(
        census_signal.INTERPOLATE_KNOWN, census_signal.INTERPOLATE_REFUSED
    ),
    "scipy.ndimage": Sorted(census_signal.NDIMAGE_KNOWN, census_signal.NDIMAGE_REFUSED),
}


def scipy_reason(target: Any) -> str | None:
    """Why a function of SciPy is refused; None where nothing is known about it.

    A method of an object, such as a distribution, is refused with the object.
    """
    thing = target.__self__ if isinstance(target, types.MethodType) else target
    for home in (h for h in SCIPY if h in sys.modules):
        for name, why in _refused(home).items():
            if getattr(sys.modules[home], name, None) is thing:
                return why
    return None


@cache
def _refused(home: str) -> dict[str, str]:
    return sorted_names(SCIPY[home].refused)
