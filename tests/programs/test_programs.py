"""Every program: value, both modes, second order, copies, memory, text."""

from __future__ import annotations

import ast
import copy
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srcad import grad, value_and_grad
from srcad.arrays import leaves
from srcad.check import check_grads
from srcad.options import OPTIONS
from srcad.pipeline import Step
from srcad.transform import extended

from .registry import PROGRAMS, Program

for family in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    # Importing a family enters its programs in the table.
    if not family.stem.startswith("test_"):
        importlib.import_module(f".{family.stem}", __package__)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


@pytest.fixture(params=PROGRAMS)
def case(request: pytest.FixtureRequest) -> Iterator[Program]:
    yield PROGRAMS[request.param]


def _inexact(x: Any) -> bool:
    return np.asarray(x).dtype.kind in "fc"


def _argnums(case: Program) -> tuple[int, ...]:
    if case.argnums is None:
        found = [k for k, a in enumerate(case.args) if any(map(_inexact, leaves(a)))]
        return tuple(found)
    return (case.argnums,) if isinstance(case.argnums, int) else case.argnums


def _equal(a: Any, b: Any) -> bool:
    pairs = zip(leaves(a), leaves(b), strict=True)
    return all(
        x is y or (np.array_equal(np.asarray(x), np.asarray(y)) and type(x) is type(y))
        for x, y in pairs
    )


def test_derivatives(case: Program) -> None:
    """Both modes against differences, transforms of transforms to the given order."""
    args = case.fresh()
    check_grads(
        case.function,
        args,
        order=case.order,
        argnums=_argnums(case),
        atol=case.tol,
        rtol=case.tol,
    )
    assert _equal(args, case.fresh())


def test_gradient(case: Program) -> None:
    """Value, structure, memory, arguments untouched; copies give the same bits."""
    where = _argnums(case)
    out = case.function(*case.fresh())
    scalar = not isinstance(out, (tuple, list, dict)) and np.size(out) == 1
    if scalar:
        transform = value_and_grad(case.function, where)
        args = case.fresh()
        value, gradient = transform(*args)
        # The order of a sum follows the memory order, which is not kept.
        assert np.allclose(value, np.reshape(out, np.shape(value)), rtol=1e-14, atol=0)
    else:
        transform, args = extended(case.function, Step("vjp", where, False), None), ()
        args = case.fresh()
        entry = transform.entry(args)
        value, residual = entry.run(args)
        assert _equal_numbers(value, out)
        kept = copy.deepcopy(value)
        gradient = entry.functions[1](residual, value)
        again = entry.functions[1](residual, kept)
        assert _equal(gradient, again), "a pullback that runs twice differs"
        assert _equal(kept, value)
    assert _equal(args, case.fresh())
    _check_structure(gradient, [case.args[k] for k in where])
    _check_memory(gradient, args)
    text = transform.source_for(*case.fresh())
    ast.parse(text)
    transform.clear()
    assert transform.source_for(*case.fresh()) == text
    OPTIONS.copies = True
    try:
        if scalar:
            other = value_and_grad(case.function, where)
            same = other(*case.fresh())[1]
        else:
            other = extended(case.function, Step("vjp", where, False), None)
            fresh = case.fresh()
            entry = other.entry(fresh)
            value, residual = entry.run(fresh)
            same = entry.functions[1](residual, value)
    finally:
        OPTIONS.copies = False
    assert _equal(gradient, same), "in-place planning changes the answer"


def test_second_order_copies(case: Program) -> None:
    """The gradient of the gradient with every update copied: the same bits."""
    where = _argnums(case)
    args = case.fresh()
    floats = [k for k in where if type(args[k]) is float]
    out = case.function(*case.fresh())
    if case.order < 2 or not floats or type(out) not in (float, np.float64):
        return
    k = floats[0]
    found = grad(grad(case.function, k), k)(*case.fresh())
    OPTIONS.copies = True
    try:
        assert _equal(found, grad(grad(case.function, k), k)(*case.fresh()))
    finally:
        OPTIONS.copies = False


def _equal_numbers(a: Any, b: Any) -> bool:
    pairs = zip(leaves(a), leaves(b), strict=True)
    return all(np.array_equal(np.asarray(x), np.asarray(y)) for x, y in pairs)


def _check_structure(got: Any, like: Any) -> None:
    if isinstance(like, dict):
        assert list(got) == list(like)
        for key in like:
            _check_structure(got[key], like[key])
    elif isinstance(like, (list, tuple)):
        assert len(got) == len(like)
        for g, x in zip(got, like, strict=True):
            _check_structure(g, x)
    elif _inexact(like):
        assert np.shape(got) == np.shape(like)
        assert np.asarray(got).dtype == np.asarray(like).dtype
        if np.ndim(like):
            assert isinstance(got, np.ndarray)


def _check_memory(got: Any, args: Any) -> None:
    arrays_ = [g for g in leaves(got) if isinstance(g, np.ndarray)]
    others = [a for a in leaves(list(args)) if isinstance(a, np.ndarray)]
    for k, g in enumerate(arrays_):
        assert g.flags.writeable
        for other in (*others, *arrays_[:k]):
            assert not np.shares_memory(g, other)
