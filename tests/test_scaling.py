"""The benchmarks of scaling measure what they say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import scaling, transform_time

import srcad


def test_the_slope_is_the_power():
    lengths = [10, 100, 1000, 10_000]
    assert scaling.slope(lengths, [n**1.5 for n in lengths]) == pytest.approx(1.5)
    assert scaling.slope(lengths, [None, None, 1, 2]) is None


PEAKS = """
import numpy as np
from benchmarks import peak
print(peak.resident(lambda: np.ones(8 << 20)), peak.resident(lambda: None))
"""


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the system does not say"
)
def test_the_peak_is_that_of_the_call():
    """In a process of its own: the suite's has had higher peaks, and keeps memory."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", PEAKS], env=env, capture_output=True, text=True
    )
    found, nothing = done.stdout.split()
    assert float(found) == pytest.approx(64 << 20, rel=0.1)
    assert nothing == "None"


@pytest.mark.parametrize("kind", transform_time.KINDS)
def test_the_generated_programs_have_gradients(kind):
    f = transform_time.function_of(kind, 12)
    x = transform_time.argument_of(kind)
    srcad.check_grads(f, (x,), order=1)
