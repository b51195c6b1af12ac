"""The benchmarks of scaling measure what they say."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks import scaling, transform_time

import srcad


def test_the_slope_is_the_power():
    lengths = [10, 100, 1000, 10_000]
    assert scaling.slope(lengths, [n**1.5 for n in lengths]) == pytest.approx(1.5)
    assert scaling.slope(lengths, [None, None, 1, 2]) is None


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the system does not say"
)
def test_the_peak_is_that_of_the_call():
    size = 64 << 20
    found = scaling.peak(lambda: np.ones(size // 8))
    assert found == pytest.approx(size, rel=0.1)
    assert scaling.peak(lambda: None) is None


@pytest.mark.parametrize("kind", transform_time.KINDS)
def test_the_generated_programs_have_gradients(kind):
    f = transform_time.function_of(kind, 12)
    x = transform_time.argument_of(kind)
    srcad.check_grads(f, (x,), order=1)
