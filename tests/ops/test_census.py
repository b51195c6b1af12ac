"""Every public name of NumPy is sorted: a rule, known, plain, or refused."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import srcad
import srcad.ops
from srcad.errors import MissingRule
from srcad.ops import census
from srcad.ops.declare import METHODS, find


def names_of(module: Any) -> Iterator[tuple[str, Any]]:
    """The public names of a module, with what they name; deprecated ones too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in dir(module):
            if not name.startswith("_") and hasattr(module, name):
                yield name, getattr(module, name)


def places(name: str, *tables: census.Names) -> list[str]:
    return [why for t in tables if (why := census.sorted_names(t).get(name))]


TOP = (census.KNOWN, census.PLAIN, census.REFUSED, census.VALUES)


def test_every_name_of_numpy_is_sorted_once() -> None:
    unsorted, twice = [], []
    for name, thing in names_of(np):
        found = len(places(name, *TOP)) + (callable(thing) and find(thing) is not None)
        (unsorted if found == 0 else twice if found > 1 else []).append(name)
    assert not unsorted, f"declare these, or say why not in ops/census.py: {unsorted}"
    assert not twice, f"these have a rule and a reason: {twice}"


def test_every_method_of_arrays_is_sorted_once() -> None:
    tables = (census.METHODS_KNOWN, census.METHODS_REFUSED)
    counts = {
        name: len(places(name, *tables)) + (name in METHODS)
        for name in dir(np.ndarray)
        if not name.startswith("_")
    }
    assert not [name for name, n in counts.items() if n != 1]


@pytest.mark.parametrize("module", [np.linalg, np.fft])
def test_every_name_of_the_modules_is_sorted(module: Any) -> None:
    table = census.ELSEWHERE[module.__name__]
    missing = [
        name
        for name, thing in names_of(module)
        if callable(thing) and find(thing) is None and not places(name, table)
    ]
    assert not missing


UFUNCS = sorted({f for _, f in names_of(np) if isinstance(f, np.ufunc)}, key=str)


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_every_method_of_ufuncs_is_sorted(ufunc: np.ufunc) -> None:
    for name in ("reduce", "accumulate", "outer", "at", "reduceat"):
        method = getattr(ufunc, name)
        assert find(method) is not None or census.reason_for(method)
    if (ufunc.nin, ufunc.nout, ufunc.signature) == (2, 1, None) and find(ufunc):
        assert find(ufunc.outer) is not None


def test_every_ufunc_of_floats_has_a_rule() -> None:
    missing = [
        f.__name__
        for f in UFUNCS
        if any(t[:1] in "fdFD" for t in f.types) and find(f) is None
    ]
    assert not missing


def counted(x: Any) -> Any:
    return np.sum(np.unique_values(x))


def parts(x: Any) -> Any:
    return np.sum(np.maximum.reduceat(x, [0, 2]))


@pytest.mark.parametrize("f", [counted, parts])
def test_the_reason_stands_in_the_error(f: Any) -> None:
    tables = (census.REFUSED, census.METHODS_REFUSED)
    reasons = [*census.UFUNC_METHODS.values(), *(why for t in tables for why in t)]
    with pytest.raises(MissingRule) as error:
        srcad.grad(f)(np.array([1.0, -3.0, 2.0]))
    assert any(why in str(error.value) for why in reasons)
