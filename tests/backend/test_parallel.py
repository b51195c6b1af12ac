"""Loops on threads: which loops get `prange`, and that their rounds may go in any order.

What is printed is run as Python with a `prange` that shuffles: a round that reads what
another one wrote then gives other numbers, on any machine and every time.
"""

from __future__ import annotations

import itertools
import math
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handwritten import NAMES, arguments, load
from programs import test_programs as programs
from trees import close

import srcad
from srcad.arrays import leaves
from srcad.backend import function as loading
from srcad.backend.compiled import CannotCompile
from srcad.backend.generate import Generated, generate
from srcad.pipeline import Step, for_loops
from srcad.transform import Transform, extended

R = np.random.default_rng(11)


def printed(transform: Transform, args: Sequence[Any]) -> list[Generated]:
    """Each half of a transform in the Numba dialect, with loops on threads."""
    finished = transform.entry(args).programs.finished
    return [generate(for_loops(p, True), dialect="numba") for p in finished]


def shuffled(made: Generated, seed: int) -> Callable[..., Any]:
    """What was printed, as Python, with the rounds of `prange` in another order."""
    order = np.random.default_rng(seed)

    def prange(*bounds: int) -> list[int]:
        return [int(k) for k in order.permutation(np.arange(*bounds))]

    fake = types.SimpleNamespace(prange=prange)
    text = made.text.replace("import numba\n", "")
    names = {**made.names, "numba": fake}
    return loading.load(replace(made, text=text, names=names, dialect="python"))


def numbers(tree: Any) -> list[Any]:
    """The numbers and arrays of a result."""
    found = [leaf for leaf in leaves(tree) if np.asarray(leaf).dtype.kind in "bifc"]
    return [leaf for leaf in found if np.size(leaf)]


def any_order(
    transform: Transform, args: Sequence[Any], tolerance: float = 1e-9
) -> Iterator[str]:
    """Check what is printed against the Python dialect; gives the texts."""
    entry = transform.entry(args)
    hidden = [b.read() for b in entry.contract.hidden]
    halves = printed(transform, args)
    given: Sequence[Any] = (*args, *hidden)
    for k, (plain, made) in enumerate(zip(entry.functions, halves, strict=True)):
        yield made.text
        expected = plain(*given)
        for seed in (1, 2, 3):
            found = shuffled(made, seed)(*given)
            if len(halves) > k + 1:
                assert close(numbers(found[0]), numbers(expected[0]), tolerance)
            else:
                assert close(numbers(found), numbers(expected), tolerance)
        if len(halves) > k + 1:
            given = (shuffled(made, 4)(*given)[1], expected[0])


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_programs_in_any_order(name: str) -> None:
    case = programs.PROGRAMS[name]
    where = programs._argnums(case)
    out = case.function(*case.fresh())
    scalar = not isinstance(out, (tuple, list, dict)) and np.size(out) == 1
    if scalar:
        transform = srcad.value_and_grad(case.function, where)
    else:
        transform = extended(case.function, Step("vjp", where, False), None)
    try:
        list(any_order(transform, transform.arguments(case.fresh(), {})))
    except CannotCompile:
        pytest.skip("the Numba dialect refuses it")


@pytest.mark.parametrize("name", NAMES)
def test_handwritten_in_any_order(name: str) -> None:
    case = load(name)
    transform = srcad.value_and_grad(case.primal, argnums=case.WRT)
    for size in ("tiny", "small"):
        list(any_order(transform, arguments(case, size)))
