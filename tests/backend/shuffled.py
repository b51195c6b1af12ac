"""Loops on threads, run as Python with their rounds in another order.

A round that reads what another one wrote then gives other numbers, on any machine and
every time, which threads do only now and then.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from trees import close

from srcad.arrays import leaves
from srcad.backend import function as loading
from srcad.backend.compiled import INSTALLED, typed_list
from srcad.backend.generate import Generated, generate
from srcad.pipeline import for_loops
from srcad.transform import Transform


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
    own = typed_list() if INSTALLED else None
    names = {n: list if t is own else t for n, t in made.names.items()}
    names["numba"] = fake
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
        for seed in (1, 2, 3) if "prange" in made.text else ():
            found = shuffled(made, seed)(*given)
            if len(halves) > k + 1:
                assert close(numbers(found[0]), numbers(expected[0]), tolerance)
            else:
                assert close(numbers(found), numbers(expected), tolerance)
        if len(halves) > k + 1:
            given = (shuffled(made, 4)(*given)[1], expected[0])
