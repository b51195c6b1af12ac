"""Gradients with the passes for compiled adjoints, run as Python.

Memory that nobody filled holds nan here, so that reading it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
from backend.shuffled import any_order
from trees import close

import srcad
from srcad.arrays import leaves
from srcad.backend import function as loading
from srcad.backend.generate import Generated, generate
from srcad.ir.graph import Program
from srcad.pipeline import COMPILED_ADJOINT, Pass, Step, finished, for_loops, improved
from srcad.transform import Transform, extended


@contextmanager
def with_passes(passes: Sequence[Pass] = COMPILED_ADJOINT) -> Iterator[None]:
    """New transforms in the Python dialect get passes of the Numba dialect."""

    def improved_first(program: Program) -> Program:
        return finished(improved(program, passes))

    with mock.patch("srcad.dispatch.finished", improved_first):
        yield


@contextmanager
def _nan_in_new_memory() -> Iterator[None]:
    def like(x: Any, **more: Any) -> Any:
        found = np.zeros_like(x, **more)
        found.fill(np.nan if found.dtype.kind in "fc" else 123)
        return found

    with mock.patch.object(np, "empty_like", like):
        yield


def checked(make: Callable[[], Transform], args: Sequence[Any]) -> str:
    """What a transform prints with the passes; it gives the numbers it does without."""
    plain = make().entry(args)
    with with_passes():
        transform = make()
        entry = transform.entry(args)
    hidden = [binding.read() for binding in plain.contract.hidden]
    programs = entry.programs.finished
    made = [
        [generate(p) for p in programs],
        [generate(p, copies=True) for p in programs],
    ]
    made.append([generate(for_loops(p)) for p in programs])
    for halves in made:
        _compare(plain.functions, halves, (*args, *hidden))
    list(any_order(transform, args))
    return "\n".join(half.text for half in made[0])


def _compare(
    plain: Sequence[Callable[..., Any]], halves: Sequence[Generated], given: Any
) -> None:
    with _nan_in_new_memory():
        for k, (function, half) in enumerate(zip(plain, halves, strict=True)):
            expected, found = function(*given), loading.load(half)(*given)
            if len(halves) > k + 1:
                given = (expected[1], expected[0])
                expected, found = expected[0], found[0]
            assert close(_numbers(found), _numbers(expected), 1e-12)


def _numbers(tree: Any) -> list[Any]:
    found = [leaf for leaf in leaves(tree) if np.asarray(leaf).dtype.kind in "bifc"]
    return [leaf for leaf in found if np.size(leaf)]


def gradient(function: Callable[..., Any], wrt: Any = None) -> Callable[[], Transform]:
    """Makes the gradient of a function that returns a number."""

    def make() -> Transform:
        count = function.__code__.co_argcount
        return srcad.value_and_grad(
            function, tuple(range(count)) if wrt is None else wrt
        )

    return make


def pullback(function: Callable[..., Any], wrt: tuple[int, ...]) -> Callable[[], Any]:
    """Makes the pullback of a function."""
    return lambda: extended(function, Step("vjp", wrt, False), None)
