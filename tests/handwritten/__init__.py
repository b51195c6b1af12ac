"""Fourteen small programs, each with the adjoint an expert would write by hand.

A module `NN_name` holds `primal`, the function as a user writes it; `WRT`, the
positions of the arguments to differentiate by; `adjoint`, which returns `(value,
(gradient, ...))`; `adjoint_numba`, the same in a form that Numba compiles, or None;
`primal_numba` where Numba does not compile `primal`; and `inputs(size, rng)` for the
sizes "tiny", "small" and "large". They are the code to match, in readability and time.
"""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

SEED = 20
NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[0-9][0-9]_*.py"))


def load(name: str) -> ModuleType:
    """The case of this name."""
    return importlib.import_module(f"{__name__}.{name}")


def arguments(case: ModuleType, size: str) -> tuple[Any, ...]:
    """Arguments of a case, the same ones each time."""
    found: tuple[Any, ...] = case.inputs(size, np.random.default_rng(SEED))
    return found
