"""Sample points of an operation's own tests: what a declaration's `domain` holds.

`domain` is a function without arguments (so that nothing is made on import) that gives
a sequence of `Sample`s:

    domain=lambda: [at(x, 2, axis=0), value_at(np.zeros(0))]

Helpers make the usual ones: `unary(lo, hi)` and `binary((lo, hi), (lo, hi))` are such
functions. `tests/ops/test_declarations.py` draws every sample of every operation and
checks value, type, both modes of the derivative and the second order there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Sample:
    """One point.

    inputs : the node's inputs, concrete: numbers, arrays, tuples, lists, ...
    params : the node's static params.
    derivative : whether derivatives are checked here. They are by central differences,
        so a kink, a tie or an edge of the domain says False (its convention is then
        tested by a test of its own).
    order : up to which order they are checked.
    expected : a function of the inputs that gives the expected value, for an operation
        without a callable of its own; None: the first of `calls`, called with the
        inputs and params (by keyword, `via` apart), or nothing where there is none.
    fixed : positions of inputs that are constants of the graph.
    usual : whether it stands for the operation where there is time for one only; else
        the first with an array does.
    ranked : whether the rules need to know the number of axes.
    """

    inputs: tuple[Any, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    derivative: bool = True
    order: int = 2
    expected: Callable[..., Any] | None = None
    fixed: tuple[int, ...] = ()
    usual: bool = False
    ranked: bool = False


def typical(samples: Sequence[Sample]) -> Sample | None:
    """The one that stands for an operation where there is time for one: of an array."""
    usual = [s for s in samples if s.usual]
    checked = [s for s in samples if s.derivative]
    arrays = [s for s in checked if any(np.ndim(v) for v in s.inputs if is_array(v))]
    return next(iter([*usual, *arrays, *checked, *samples]), None)


def is_array(value: object) -> bool:
    """Whether an input is an array."""
    return isinstance(value, np.ndarray)


Domain = Callable[[], Sequence[Sample]]


def at(*inputs: Any, expected: Any = None, **params: Any) -> Sample:
    """A point where everything is checked."""
    return Sample(inputs, params, expected=expected)


def at_fixed(fixed: tuple[int, ...], *inputs: Any, **params: Any) -> Sample:
    """A point where the inputs at these positions, numbers, are constants."""
    return Sample(inputs, params, fixed=fixed)


def value_at(*inputs: Any, expected: Any = None, **params: Any) -> Sample:
    """A point where only value and type are checked."""
    return Sample(inputs, params, derivative=False, expected=expected)


def spaced(lo: float, hi: float, shape: tuple[int, ...], dtype: Any = float) -> Any:
    """Fixed, irregular numbers between lo and hi, none equal to another."""
    count = int(np.prod(shape))
    steps = (np.arange(1, count + 1) * 0.6180339887498949) % 1.0
    return (lo + (hi - lo) * (0.02 + 0.96 * steps)).reshape(shape).astype(dtype)


def unary(
    lo: float, hi: float, *, via: Sequence[str] = (), holomorphic: bool = False
) -> Domain:
    """Points of a function of one real number between lo and hi.

    via : the other modules that have the function, such as "math".
    holomorphic : also complex points.
    """

    def points() -> list[Sample]:
        x = float(spaced(lo, hi, (1,))[0])
        found = [
            at(x),
            at(np.float64(x)),
            at(spaced(lo, hi, (4,))),
            at(spaced(lo, hi, (2, 3))),
            at(spaced(lo, hi, ())),
            at(spaced(lo, hi, (3,), np.float32)),
            value_at(spaced(lo, hi, (0, 2))),
        ]
        found += [at(x, via=module) for module in via]
        if holomorphic:
            found += [at(x + 0.3j), at(spaced(lo, hi, (3,)) - 0.2j)]
        return found

    return points


def binary(
    first: tuple[float, float],
    second: tuple[float, float],
    *,
    via: Sequence[str] = (),
    holomorphic: bool = False,
) -> Domain:
    """Points of a broadcasting function of two real numbers in two intervals."""

    def points() -> list[Sample]:
        def pair(a: tuple[int, ...], b: tuple[int, ...], dtype: Any = float) -> Any:
            other = spaced(*second, (*b, 2))[..., 1]
            return spaced(*first, a, dtype), other.astype(dtype)

        x, y = float(pair((), ())[0]), float(pair((), ())[1])
        found = [
            at(x, y),
            at(np.float64(x), y),
            at(*pair((3,), (3,))),
            at(*pair((2, 3), (3,))),
            at(*pair((2, 1), (1, 3))),
            at(x, pair((3,), (3,))[1]),
            at(pair((3,), (3,), np.float32)[0], y),
            at(*pair((2,), (2,), np.float32)),
            value_at(*pair((0, 2), (2,))),
        ]
        found += [at(x, y, via=module) for module in via]
        if holomorphic:
            z = pair((3,), (3,))
            found.append(at(z[0] + 0.3j, z[1] - 0.2j))
        return found

    return points
