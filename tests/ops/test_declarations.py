"""Every declared operation, at every sample of its domain."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import srcad.ops  # noqa: F401  (declares every family)
from srcad.backend.template import static_parameters
from srcad.ops.declare import OPS, Op, same_constant
from srcad.ops.domain import Sample, typical

from .check import check_derivatives, check_value

# What is given to a param that no sample of a declaration gives a value to.
USUAL = {"dtype": "float32", "keepdims": True, "axis": 0}
# Params that a graph of one node cannot have, or that change no number.
NOT_SAMPLED = {
    "signal_periodogram: nfft": "one segment, the whole signal",
    "signal_periodogram: noverlap": "one segment, the whole signal",
    "signal_periodogram: nperseg": "one segment, the whole signal",
    "line_value: kind": "splines are tested in test_grids_of_scipy.py",
    "stats_boxcox_llf stats_entropy stats_gmean stats_hmean stats_kurtosis "
    "stats_moment stats_pmean stats_sem stats_skew stats_tmean stats_tsem "
    "stats_tstd stats_tvar stats_variation stats_yeojohnson_llf stats_zmap "
    "stats_zscore: nan_policy": "only the usual one is bound",
    "stats_tmean stats_tsem stats_tstd stats_tvar: limits": "only None is bound",
    "stats_tsem stats_tstd stats_tvar: ddof": "the body is that of sem, std and var",
    "vstack hstack column_stack vsplit: axis": "their own; the calls have none",
    "concatenate vstack hstack column_stack stack: whole": "lists of any length",
    "broadcast_to: scalar": "how its shape was written",
    "ravel flatten: order": "only the usual one is bound",
    "einsum: optimize": "the order of products",
    "sort: stable": "of equal entries, which share",
    "romb: by": "its call has none: it takes a distance only",
    "special_comb special_perm special_factorial: exact": "exact ones are integers",
    "signal_convolve signal_correlate: method": "two ways to one result",
    "distinct: equal_nan": "nan has no derivative",
    "polyfit: cov": "only the usual one is bound",
    "scipy_lstsq: cond": "where it cuts",
    "pinvh: atol": "where it cuts",
    "pinvh: rtol": "where it cuts",
    "image_gaussian_filter1d image_gaussian_filter: cval": "border",
    "image_uniform_filter1d: cval": "border",
    "image_sobel image_prewitt image_gaussian_laplace: cval": "border",
    "image_gaussian_gradient_magnitude: cval": "border",
    "image_gaussian_filter: radius": "a filter of one axis has it",
    "image_uniform_filter1d: mode": "the filter of several axes has it",
    "image_uniform_filter: origin": "the filter of one axis has it",
    "image_sobel image_prewitt: axis": "both are one filter per axis",
}


def params_without_samples(op: Op) -> list[str]:
    """The params of an operation with a derivative that no sample gives a value to."""
    given = [s.params for s in op.samples() if s.derivative]
    return [
        p.name
        for p in (static_parameters(op) if op.vjp is not None and given else ())
        if p.name != "via"
        and all(same_constant(g.get(p.name, p.default), p.default) for g in given)
    ]


def generated(op: Op) -> list[Sample]:
    """The usual values of those params, at a sample that has a callable to ask."""
    found = []
    sample = typical(op.samples())
    for name in params_without_samples(op) if sample is not None else ():
        assert sample is not None
        if name in USUAL and sample.expected is None and op.calls:
            params = {**sample.params, name: USUAL[name]}
            found.append(replace(sample, params=params))
    return found


SAMPLES = [
    pytest.param(op, sample, id=f"{name}-{k}")
    for name, op in OPS.items()
    for k, sample in enumerate([*op.samples(), *generated(op)])
]
# What cannot be a graph of one node of numbers and arrays: tested by hand.
BY_HAND = {
    "test_containers.py": """
        add_any make_tuple make_dict item make_residual residual_item list_of list_get
        list_set list_append list_prefix list_popped list_suffix list_padded
        list_reversed list_concat list_filled list_sum rows""",
    "test_effects.py": "foreign",  # it has no rule, and says so
    "test_splines.py": "through",
    "test_special_functions.py": """
        ncfdtrinc roots_jacobi roots_sh_jacobi roots_gegenbauer roots_genlaguerre""",
    "test_sparse.py": "spsolve",
    "test_sections.py": "sosfilt sosfilt_zi sosfiltfilt",
}
# What only rules write, or only checks, seen through the second order of what uses it.
# Without samples of its own so far: each of these is better off with some.
THROUGH_OTHERS = """
    bs_value bs_spread through_back through_knots pencil sparse_times times_sparse
    opaque"""


@pytest.mark.parametrize("op, sample", SAMPLES)
def test_value_and_type(op: Op, sample: Sample) -> None:
    with np.errstate(all="ignore"):
        check_value(op, sample)


@pytest.mark.parametrize("op, sample", SAMPLES)
def test_derivatives(op: Op, sample: Sample) -> None:
    if sample.derivative:
        with np.errstate(all="ignore"):
            check_derivatives(op, sample)


def untested(op: Op) -> str:
    """What is missing of the samples of an operation that has a derivative; or ""."""
    if op.vjp is None and op.jvp is None:
        return ""
    samples = op.samples()
    implied = bool(samples) and op.name.startswith("stats_")  # see `points` in stats.py
    if not implied and not any(s.derivative for s in samples):
        return f"{op.name}: no sample where its derivative is checked"
    return ""


def unsampled(op: Op) -> list[str]:
    """What is missing among the samples of an operation's params."""
    done = {k for s in generated(op) for k in s.params}
    missing = [name for name in params_without_samples(op) if name not in done]
    return [f"{op.name}: no sample with {name}=" for name in missing]


def test_what_has_a_derivative_has_samples() -> None:
    by_hand = {name for names in BY_HAND.values() for name in names.split()}
    by_hand.update(THROUGH_OTHERS.split())
    missing = [untested(op) for name, op in OPS.items() if name not in by_hand]
    assert not [text for text in missing if text]


def test_every_param_is_sampled() -> None:
    excused = {
        f"{op}: no sample with {name}="
        for entry in NOT_SAMPLED
        for ops, _, name in [entry.partition(": ")]
        for op in ops.split()
    }
    missing = {text for op in OPS.values() for text in unsampled(op)}
    assert sorted(missing - excused) == []


def test_what_is_tested_by_hand_is() -> None:
    for file, names in BY_HAND.items():
        text = (Path(__file__).parent / file).read_text(encoding="utf-8")
        for name in names.split():
            assert re.search(rf"\b{name}\b", text), f"{name} is not in {file}"
            assert untested(OPS[name]), f"{name} has samples: take it out of BY_HAND"
