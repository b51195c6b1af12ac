"""Every declared operation, at every sample of its domain."""

from __future__ import annotations

import numpy as np
import pytest

import srcad.ops  # noqa: F401  (declares every family)
from srcad.ops.declare import OPS, Op
from srcad.ops.domain import Sample

from .check import check_derivatives, check_value
from .points import POINTS

SAMPLES = [
    pytest.param(op, sample, id=f"{name}-{k}")
    for name, op in OPS.items()
    if (domain := op.domain or POINTS.get(name)) is not None
    for k, sample in enumerate(domain())
]


@pytest.mark.parametrize("op, sample", SAMPLES)
def test_value_and_type(op: Op, sample: Sample) -> None:
    with np.errstate(all="ignore"):
        check_value(op, sample)


@pytest.mark.parametrize("op, sample", SAMPLES)
def test_derivatives(op: Op, sample: Sample) -> None:
    if sample.derivative:
        with np.errstate(all="ignore"):
            check_derivatives(op, sample)
