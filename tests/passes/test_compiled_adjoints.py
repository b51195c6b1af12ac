"""The passes for compiled adjoints together, on every program that has zeros."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from handwritten import NAMES, arguments, load
from programs import test_programs as programs

import srcad
from srcad.backend.compiled import CannotCompile

from .compiled_adjoints import checked, gradient, pullback


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_programs(name: str) -> None:
    case = programs.PROGRAMS[name]
    where = programs._argnums(case)
    out = case.function(*case.fresh())
    scalar = not isinstance(out, (tuple, list, dict)) and np.size(out) == 1
    make = (gradient if scalar else pullback)(case.function, where)
    args = make().arguments(case.fresh(), {})
    if "np.zeros_like" in make().source_for(*args):
        with contextlib.suppress(CannotCompile):  # the last thing that is asked
            checked(make, args)


@pytest.mark.parametrize("name", NAMES)
def test_handwritten(name: str) -> None:
    case = load(name)
    checked(gradient(case.primal, case.WRT), arguments(case, "tiny"))


def array_on_one_branch(x: Any, v: Any) -> Any:
    """Where it is not made, a dummy is kept: all that names NumPy in the first half."""
    if x > 0:
        w = v.copy()
        w[0] = x
        z = np.sum(w * w) * x
    else:
        z = x
    return z * z


@pytest.mark.parametrize("x", [0.7, -0.7])
def test_what_is_made_on_one_branch_only(x: float) -> None:
    args = [x, np.array([0.1, 0.2, 0.5])]
    checked(gradient(array_on_one_branch), args)
    checked(pullback(array_on_one_branch, (0, 1)), args)
    checked(pullback(srcad.grad(array_on_one_branch), (0,)), args)
