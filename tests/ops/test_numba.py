"""Each operation's gradient in the Numba dialect: compiled, or refused as foretold.

One sample of each, for a compilation takes up to a second; `python -m
tests.ops.numba_matrix` tries them all. What `srcad coverage` says of Numba is held to
Numba here, both ways: what is said to compile does and gives what `evaluate` gives,
and what is said to lack something does not compile.
"""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

import srcad.ops  # noqa: F401  (declares every family)
from srcad.backend.compiled import CannotCompile, compile_for
from srcad.backend.compiles import lacking
from srcad.backend.evaluate import evaluate
from srcad.backend.function import load
from srcad.backend.generate import generate
from srcad.coverage import gradient_program
from srcad.errors import MissingRule
from srcad.ops.declare import OPS, Op
from srcad.ops.domain import Sample, typical

from .numbers import close, random_like

pytest.importorskip("numba")

CASES = [
    pytest.param(op, sample, id=name)
    for name, op in OPS.items()
    if (sample := typical(op.samples())) is not None
]


def compiled(op: Op, sample: Sample) -> str:
    """Compile a sample's gradient and compare it, or raise; gives the source."""
    program, values = gradient_program(op, sample)
    if len(program.graph.body.params) > len(values):  # a seed: like the result
        results, _ = evaluate(*gradient_program(op, replace(sample, derivative=False)))
        values = [*values, random_like(results[0], np.random.default_rng(2))]
    generated = generate(program, dialect="numba")
    function = load(generated)
    compile_for(function, values)
    expected, _ = evaluate(program, copy.deepcopy(values))
    close([function(*values)], expected, 1e-10, 1e-12)
    return generated.text


def check_numba(op: Op, sample: Sample) -> None:
    """What is foretold of a sample holds."""
    try:
        program, _ = gradient_program(op, sample)
    except MissingRule:
        pytest.skip("it asks for lengths that a signature does not tell")
    reason = op.interpreted or lacking(generate(program, dialect="numba"))
    if not reason:
        compiled(op, sample)
        return
    with pytest.raises((CannotCompile, ValueError, NotImplementedError)):
        compiled(op, sample)
        pytest.fail(f"it compiles, though it is said that Numba has no {reason}")


@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaPendingDeprecationWarning")
@pytest.mark.parametrize("op, sample", CASES)
def test_typical_samples(op: Op, sample: Sample) -> None:
    with np.errstate(all="ignore"):
        check_numba(op, sample)
