"""A few seeds of the random programs in every run; `python -m tests.fuzz.programs` has
the rest."""

import warnings

import pytest

from tests.fuzz import arrays
from tests.fuzz.programs import asked, check


@pytest.mark.parametrize(
    "seed", [*range(30), 60, 100, 114, 193, 209, 245, 287, 418, 1357]
)
def test_right_or_refused(seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # overflow in a random program is no finding
        assert check(seed, second=seed % 5 == 0) in ("ok", "refused", "skipped")


@pytest.mark.parametrize("seed", [2, 3, 5, 6, 8, 12, 15])
def test_right_or_refused_with_derivatives_inside(seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert check(seed, second=seed % 5 == 0, nested=True) in ("ok", "refused")


@pytest.mark.parametrize("seed", [2, 5, 8, 12, 15, 1357])
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_right_or_refused_in_other_dtypes(seed, dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert asked(seed, (dtype,)) in ("ok", "refused", "skipped")


def test_right_in_a_module_and_compiled():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert asked(0, ("everywhere",)) in ("ok in 2", "ok in 4", "refused")


@pytest.mark.parametrize("seed", range(24))
def test_arrays_as_loops(seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert arrays.check(seed) == "ok"
