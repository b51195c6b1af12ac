"""Every public name of SciPy's modules is sorted: a rule, known, or refused."""

from __future__ import annotations

import importlib
import types
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import srcad
import srcad.ops  # (declares every family)
from srcad.errors import MissingRule
from srcad.ops.census import sorted_names
from srcad.ops.census_scipy import SCIPY, scipy_reason
from srcad.ops.declare import find

linalg = pytest.importorskip("scipy.linalg")


def names_of(module: types.ModuleType) -> Iterator[tuple[str, Any]]:
    """The public callables of a module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in dir(module):
            thing = getattr(module, name)
            if not name.startswith("_") and callable(thing):
                yield name, thing


def counts(module: types.ModuleType, home: str) -> dict[str, int]:
    """In how many places each name is sorted."""
    tables = [sorted_names(t) for t in (SCIPY[home].known, SCIPY[home].refused)]
    return {
        name: (find(thing) is not None) + sum(name in t for t in tables)
        for name, thing in names_of(module)
    }


@pytest.mark.parametrize("home", SCIPY)
def test_every_name_is_sorted_once(home: str) -> None:
    found = counts(importlib.import_module(home), home)
    unsorted = [name for name, n in found.items() if n == 0]
    assert not unsorted, f"declare these, or say why not: {unsorted}"
    twice = [name for name, n in found.items() if n > 1]
    assert not twice, f"these stand in two places: {twice}"


def test_a_name_that_nobody_sorted_is_seen() -> None:
    module = types.ModuleType("made_up")
    module.something = lambda x: x  # type: ignore[attr-defined]
    assert counts(module, "scipy.linalg") == {"something": 0}


@pytest.mark.parametrize("home", SCIPY)
def test_every_refusal_has_its_reason(home: str) -> None:
    module = importlib.import_module(home)
    for name, why in sorted_names(SCIPY[home].refused).items():
        if hasattr(module, name):
            assert scipy_reason(getattr(module, name)) == why, name


def basis(x: Any) -> Any:
    return np.sum(linalg.null_space(x))


def test_the_reason_stands_in_the_error() -> None:
    with pytest.raises(MissingRule) as error:
        srcad.grad(basis)(np.ones((2, 2)))
    assert scipy_reason(linalg.null_space) in str(error.value)
    assert "linalg.null_space(x)" in str(error.value)
