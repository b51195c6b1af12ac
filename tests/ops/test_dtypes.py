"""Dtypes and sizes, for every declaration: float32 stays, empty and size-1 arrays run.

The samples of a declaration's `domain` with their arrays of floats in another dtype, or
cut to one entry, or to none, wherever NumPy itself takes them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.ndimage
import scipy.signal
import scipy.special
import scipy.stats  # noqa: F401  (types and expected values ask what is imported)

import srcad.ops  # noqa: F401  (declares every family)
from srcad.ops.declare import OPS, Op
from srcad.ops.domain import Sample

from .check import callable_of, fits, leaves, node_graph, pullback, pushforward, run

# NumPy gives nan for no entries, with a warning; their gradient raises, as it must read
# an entry. The same for a result made by repeating none, or between no points.
READS_AN_ENTRY = {
    "take",
    "resize",
    "median",
    "nanmedian",
    "nanquantile",
    "nanpercentile",
    "polymul",
    "interp",  # NumPy 2.5 takes no points at all, its slopes have none to begin with
    "solve_circulant",  # its adjoint transforms by Fourier, which takes no empty array
    "lagged",  # the filters of its adjoint take no empty signal, nor does SciPy's own
    "resample_poly",  # of no sample there is no length of the filtered signal
    # The same: what SciPy takes empty, the convolutions of the adjoint do not.
    "fftconvolve",
    "oaconvolve",
    "image_gaussian_filter1d",
    "image_gaussian_filter",
    "image_uniform_filter1d",
    "image_uniform_filter",
    "image_sobel",
    "image_prewitt",
    "image_laplace",
    "image_gaussian_laplace",
    "image_gaussian_gradient_magnitude",
    "signal_stft",
    "signal_welch",
    "signal_csd",
    "signal_periodogram",
}


def sampled() -> Iterator[Any]:
    """One sample of arrays for each operation that has a derivative."""
    for name, op in OPS.items():
        for sample in op.samples() if op.kind != "zero" else ():
            arrays = [v for v in sample.inputs if isinstance(v, np.ndarray)]
            if arrays and all(v.dtype == float for v in arrays) and sample.derivative:
                yield pytest.param(op, sample, id=name)
                break


CASES = list(sampled())


def changed(sample: Sample, change: Any) -> Sample:
    def each(v: Any) -> Any:
        if isinstance(v, (list, tuple)):
            return type(v)(map(each, v))
        return change(v) if isinstance(v, np.ndarray) and v.dtype == float else v

    return replace(sample, inputs=tuple(map(each, sample.inputs)))


def by_numpy(op: Op, sample: Sample, *, own: bool = False) -> Any:
    """What NumPy gives, or a skip where it takes no such arrays.

    own : skip what has no callable of its own: the parts of other operations, whose
        inputs fit each other as those make them.
    """
    target = callable_of(op, sample)
    if target is None:
        if own:
            pytest.skip("no callable of its own")
        return None
    try:
        return target(*sample.inputs)
    except Exception as error:  # LAPACK's wrappers have classes of their own
        pytest.skip(f"NumPy raises: {error}")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def both_modes(op: Op, sample: Sample) -> tuple[list[Any], list[Any], list[Any]]:
    """Results, tangents of results, and cotangents, for tangents and seeds of ones."""
    graph, values = node_graph(op, sample)
    results, _ = run(graph, values)
    ones = [_ones(v) for v in values]
    tangents = [t for t, v in zip(ones, values, strict=True) if leaves(v)]
    forward, _ = run(pushforward(graph), [*values, *tangents])
    seeds = [_ones(r) for r in results]
    backward, _ = run(pullback(graph), [*values, *seeds])
    return results, forward, backward


def _ones(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        items = [_ones(v) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value if value is None or not leaves(value) else value * 0 + 1


# SciPy's own do not come back in single precision.
STALLS = ("pro_ang1", "pro_rad1", "obl_ang1", "obl_rad1")


# SciPy itself says so since 1.18, of what it calls inside a spline.
HALF = "ignore:Calling _solve_banded with arguments of dtype=float16:DeprecationWarning"


@pytest.mark.filterwarnings(HALF)
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("op, sample", CASES)
def test_low_precision_stays(op: Op, sample: Sample, dtype: str) -> None:
    if op.name in STALLS:
        pytest.skip("SciPy does not come back")
    single = changed(sample, lambda v: v.astype(dtype))
    if dtype == "float16" and any(isinstance(c, str) for c in op.calls):
        pytest.skip("SciPy computes in single precision at least")
    by_numpy(op, single, own=dtype == "float16")
    results, _, backward = both_modes(op, single)
    graph, _ = node_graph(op, single)
    for value, found in zip(results, graph.body.results, strict=True):
        assert fits(value, found.type)
    given = [v for v in node_graph(op, single)[1] if leaves(v)]
    for ct, v in zip(backward, given, strict=True):
        if isinstance(ct, np.ndarray) and isinstance(v, np.ndarray):
            assert ct.dtype == v.dtype


def _cut(count: int) -> Any:
    def change(v: np.ndarray) -> np.ndarray:
        return v[(slice(count),) * v.ndim] if v.ndim else v

    return change


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("op, sample", CASES)
def test_empty_and_single_arrays(op: Op, sample: Sample, count: int) -> None:
    if count == 0 and op.name in READS_AN_ENTRY:
        pytest.skip("there is no entry to read")
    small = changed(sample, _cut(count))
    expected = by_numpy(op, small, own=True)
    results, _, backward = both_modes(op, small)
    for mine, theirs in zip(leaves(results), leaves([expected]), strict=False):
        assert mine.shape == theirs.shape
    given = [v for v in node_graph(op, small)[1] if leaves(v)]
    for ct, v in zip(backward, given, strict=True):
        if isinstance(ct, np.ndarray):
            assert ct.shape == np.shape(v)
