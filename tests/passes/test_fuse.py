"""Array operations as loops: the same numbers, for every program and every shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from handwritten import NAMES, arguments, load
from programs import test_programs as programs
from trees import close

import srcad
from srcad.arrays import leaves
from srcad.backend import function as loading
from srcad.backend.generate import generate
from srcad.pipeline import Step, for_loops
from srcad.transform import Transform, extended


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def both(transform: Transform, args: Sequence[Any]) -> Iterator[tuple[Any, Any, str]]:
    """Each half of a transform as it is, and fused and printed as Python."""
    entry = transform.entry(args)
    for plain, finished in zip(entry.functions, entry.programs, strict=True):
        made = generate(for_loops(finished))
        yield plain, loading.load(made), made.text


def numbers(tree: Any) -> list[Any]:
    """The numbers and arrays of a result, those of objects too."""
    found = [leaf for leaf in leaves(tree) if np.asarray(leaf).dtype.kind in "bifc"]
    return [leaf for leaf in found if np.size(leaf)]


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_programs(name: str) -> None:
    """The gradient, or the pullback of the value."""
    case = programs.PROGRAMS[name]
    where = programs._argnums(case)
    out = case.function(*case.fresh())
    scalar = not isinstance(out, (tuple, list, dict)) and np.size(out) == 1
    if scalar:
        transform = srcad.value_and_grad(case.function, where)
    else:
        transform = extended(case.function, Step("vjp", where, False), None)
    args = transform.arguments(case.fresh(), {})
    entry = transform.entry(args)
    hidden = [b.read() for b in entry.lowered.hidden]
    halves = list(both(transform, args))
    given: Sequence[Any] = (*args, *hidden)
    for k, (plain, fused, _) in enumerate(halves):
        expected, found = plain(*given), fused(*given)
        if len(halves) > k + 1:
            given = (expected[1], expected[0])
            expected, found = expected[0], found[0]
        assert close(numbers(found), numbers(expected), 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_handwritten(name: str) -> None:
    case = load(name)
    transform = srcad.value_and_grad(case.primal, argnums=case.WRT)
    for size in ("tiny", "small"):
        args = arguments(case, size)
        for plain, fused, _ in both(transform, args):
            assert close(fused(*args), plain(*args), 1e-9)
