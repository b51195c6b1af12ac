"""The benchmarks' programs: each form gives the answer of the adjoint by hand."""

import numpy as np
import pytest
from benchmarks import ours
from benchmarks.gradbench import vector
from benchmarks.programs import NAMES, kind_of, load

TINY = {
    "hello": (),
    "gmm": (3, 4, 6),
    "ba": (8,),
    "lstm": (2, 5, 3),
    "kmeans": (3, 20, 2),
    "lse": (7,),
    "llsq": (4, 9),
    "ode": (6, 3),
    "logistic": (9,),
}
every_program = pytest.mark.parametrize("name", NAMES)


def wanted(program, args):
    """By hand, in plain Python."""
    found = program.by_hand(*args)
    return ours.flat(*found) if kind_of(program) == "gradient" else list(found)


@every_program
def test_plain_numpy_gives_the_answer_by_hand(name):
    program = load(name)
    args = program.arguments(*TINY[name])
    found = vector(program, ours.by_numpy(program, args)())
    assert np.allclose(found, vector(program, wanted(program, args)), 1e-10, 1e-12)


@every_program
def test_plain_loops_give_the_answer_by_hand(name):
    program = load(name)
    args = program.arguments(*TINY[name])
    found = vector(program, ours.by_loops(program, args, "python")())
    assert np.allclose(found, vector(program, wanted(program, args)), 1e-10, 1e-12)


@pytest.mark.parametrize("name", ["ba", "logistic", "kmeans"])
def test_compiled_loops_give_the_answer_by_hand(name, optimised):
    pytest.importorskip("numba")
    program = load(name)
    args = program.arguments(*TINY[name])
    found = vector(program, ours.by_numba(program, args)())
    by_hand = vector(program, ours.by_hand(program, args)())
    assert np.allclose(found, by_hand, 1e-10, 1e-12)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("ba", "kmeans")])
def test_both_forms_have_the_same_value(name):
    program = load(name)
    args = program.arguments(*TINY[name])
    assert np.allclose(program.plain(*args), program.loops(*args), 1e-12, 1e-12)


def test_a_wrong_answer_is_not_measured(monkeypatch):
    pytest.importorskip("numba")
    from benchmarks import gradbench

    program = load("hello")
    monkeypatch.setattr(program, "by_hand", lambda x: (x * x, (3.0 * x,)))
    with pytest.raises(AssertionError, match="numpy differs"):
        gradbench.calls_of(program, "one", slow=False)
