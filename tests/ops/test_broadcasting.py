"""Every elementwise operation at shapes that broadcast, which no declaration lists.

The numbers are those of a sample of the declaration, so they are where the operation
is smooth; the shapes are the same for all.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import srcad.ops  # noqa: F401  (declares every family)
from srcad import ShapeError, grad
from srcad.ops.declare import OPS, Op
from srcad.ops.domain import Sample

from .check import check_derivatives, check_value
from .test_dtypes import by_numpy
from .test_printed import cases, check_printed

# They take numbers only, or complex ones; the last have no derivative by any argument.
NUMBERS = """
    to_float to_complex math_remainder math_hypot math_pow math_log lgamma wofz
    mathieu_a mathieu_b pro_cv obl_cv
"""
# For one input, for two, and for any more; None is a Python number.
SHAPES: dict[int, list[tuple[tuple[int, ...] | None, ...]]] = {
    1: [((2, 1, 3),), ((1,),), ((),)],
    2: [
        ((3,), (2, 3)),
        ((2, 1), (3,)),
        ((1,), (2, 1)),
        ((), (2,)),
        (None, (2, 1)),
        ((2, 3), None),
        ((2, 1, 2), (3, 1)),
        ((1, 1), (1,)),
    ],
    3: [((3,), (2, 1), None), ((1, 3), (2, 1), (2, 3)), ((), (2,), (1,))],
    4: [((3,), (2, 1), None, (1, 1)), ((2, 3), (3,), (2, 1), ())],
}


def base(op: Op) -> Sample | None:
    """The sample with the most numbers, of an operation that takes arrays."""
    usable = [s for s in op.samples() if s.derivative and moving(s)]
    if op.kind != "elementwise" or not any(
        np.ndim(v) for s in usable for v in s.inputs
    ):
        return None
    return max(usable, key=lambda s: sum(np.size(s.inputs[k]) for k in moving(s)))


def moving(sample: Sample) -> list[int]:
    """Which inputs are floats; others, such as orders, stay as they are."""
    return [
        k
        for k, v in enumerate(sample.inputs)
        if isinstance(v, (float, np.ndarray))  # np.float64 is a float
        and np.asarray(v).dtype == np.dtype(float)
        and k not in sample.fixed
    ]


def filled(numbers: np.ndarray, shape: tuple[int, ...] | None) -> Any:
    """An array of a shape, or a Python number, of these numbers."""
    if shape is None:
        return float(np.ravel(numbers)[0])
    return np.resize(numbers, shape)


def found() -> Iterator[Any]:
    for name, op in OPS.items():
        sample = base(op)
        for shapes in SHAPES.get(len(moving(sample)), ()) if sample else ():
            assert sample is not None
            inputs = list(sample.inputs)
            for k, shape in zip(moving(sample), shapes, strict=True):
                inputs[k] = filled(inputs[k], shape)
            shown = "-".join(str(s).replace(" ", "") for s in shapes)
            at_shapes = replace(sample, inputs=tuple(inputs), order=1)
            yield pytest.param(op, at_shapes, id=f"{name}-{shown}")


CASES = list(found())


@pytest.mark.parametrize("op, sample", CASES)
def test_broadcast(op: Op, sample: Sample) -> None:
    with np.errstate(all="ignore"):
        by_numpy(op, sample)
        check_value(op, sample)
        check_derivatives(op, sample)
        for graph, values in cases(op, sample):
            check_printed(graph, values)


def test_nearly_all_operations_are_there() -> None:
    covered = {case.values[0].name for case in CASES}
    without = [
        op.name
        for op in OPS.values()
        if op.kind == "elementwise"
        and op.name not in covered
        and op.name not in NUMBERS
    ]
    assert not without


def test_the_shapes_do_broadcast() -> None:
    for shapes in itertools.chain.from_iterable(SHAPES.values()):
        np.broadcast_shapes(*(s or () for s in shapes))


def unfitting_choice(x: Any) -> Any:
    chosen = np.where(np.arange(3) > 1, np.ones(2), x)
    return np.sum(chosen * 0.0) + np.sum(x)


def trace_of_no_square(x: Any) -> Any:
    return np.einsum("ii", np.ones((2, 3)) * x[0])


@pytest.mark.parametrize("f", [unfitting_choice, trace_of_no_square])
def test_lengths_that_are_known_not_to_fit_are_refused(f: Any) -> None:
    """Where no one reads the value, it is not computed, and NumPy raises nothing."""
    x = np.array([1.0, 2.0, 3.0])
    with pytest.raises(ValueError):
        f(x)
    with pytest.raises(ShapeError, match="lengths 2 and 3") as caught:
        grad(f)(x)
    assert caught.value.span is not None and "np." in caught.value.span.text
