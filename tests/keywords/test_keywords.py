"""Every keyword of every NumPy function with a rule: right, or refused by name.

The cases come from NumPy's own signatures (`calls.py`) and a table of values
(`samples.py`). A keyword that nobody has a value for fails.
"""

from __future__ import annotations

import inspect
import re
import warnings
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.errors import SrcadError

from .calls import Case, Target, cases_of, targets
from .samples import NAMES, NOT_TAKEN

TARGETS = list(targets())


def _tangent(x: np.ndarray) -> np.ndarray:
    along = np.cos(np.arange(x.size)).reshape(x.shape)
    return along + 0.3j if x.dtype.kind == "c" else along


def _parts(result: Any) -> list[np.ndarray]:
    parts = result if isinstance(result, (tuple, list)) else [result]
    return [np.asarray(p) for p in parts]


def _single(parts: list[np.ndarray]) -> bool:
    return any(p.dtype in (np.float32, np.complex64) for p in parts)


def function(case: Case) -> Any:
    """The case as a function with a source."""
    body = "\n    ".join(case.text.split("\n"))
    return srcad.from_source(f"def f(x):\n    {body}\n", dict(NAMES))


def check(case: Case) -> None:
    """Value as NumPy's, tangent as differences, cotangent as the tangent."""
    f, x, t = function(case), case.x, _tangent(case.x)
    want = f(x.copy())
    got, tangent = srcad.jvp(f, (x.copy(),), (t,))
    expected, moved = _parts(want), _parts(tangent)
    single = _single(expected)
    for a, b in zip(expected, _parts(got), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype), case.text
        np.testing.assert_allclose(b, a, 1e-6 if single else 1e-12, 1e-14)
    step = 1e-3 if single else 1e-5
    pairs = zip(_parts(f(x + step * t)), _parts(f(x - step * t)), moved, strict=True)
    for above, below, found in pairs:
        differences = (above - below) / (2 * step)
        np.testing.assert_allclose(found, differences, 1e-3, 1e-2 if single else 1e-5)
    if all(p.dtype.kind in "fc" for p in expected):
        _check_reverse(f, x, t, want, moved, single)


def _check_reverse(
    f: Any, x: np.ndarray, t: np.ndarray, want: Any, moved: list[Any], single: bool
) -> None:
    """The cotangent of x, paired with t, is what the tangents pair to."""
    seeds = [
        np.sin(1 + np.arange(p.size)).reshape(p.shape).astype(p.dtype)[()]
        for p in _parts(want)
    ]
    _, pull = srcad.vjp(f, x.copy())
    (x_bar,) = pull(tuple(seeds) if isinstance(want, tuple) else seeds[0])
    left = sum(np.nansum(g * v).real for g, v in zip(seeds, moved, strict=True))
    np.testing.assert_allclose(np.sum(x_bar * t).real, left, 1e-4 if single else 1e-8)
    assert x_bar.dtype == x.dtype


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.call.format(""))
def test_keywords(target: Target) -> None:
    """All keywords of one function."""
    missing = []
    for keyword in target.keywords:
        cases = cases_of(target, keyword)
        if not cases and keyword not in NOT_TAKEN.get(target.name, ()):
            missing.append(keyword)
        for case in cases:
            _right_or_refused(case)
    assert not missing, f"no value in samples.py that NumPy takes: {missing}"


def _right_or_refused(case: Case) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            check(case)
        except SrcadError as error:
            said, asked = (
                f"{error.message} {error.hint}",
                re.findall(r"(\w+)=", case.text),
            )
            assert any(name in said for name in asked), f"{case.text}\n{said}"
            assert error.span is not None
            assert f"{case.keyword}=" in error.span.text
        except AssertionError as error:
            raise AssertionError(f"{case.name}\n{case.text}\n{error}") from None


def test_what_is_refused() -> None:
    """The keywords that are refused whatever their value: few, and known."""
    refused: dict[str, set[str]] = {}
    for target in TARGETS:
        for keyword in target.keywords:
            cases = cases_of(target, keyword)
            if cases and all(map(_is_refused, cases)):
                refused.setdefault(keyword, set()).add(target.name)
    assert refused == {k: set(names.split()) for k, names in REFUSED.items()}


def _is_refused(case: Case) -> bool:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            srcad.jvp(function(case), (case.x.copy(),), (_tangent(case.x),))
        except SrcadError:
            return True
    return False


REFUSED = {
    "axes": "matmul matvec tensorsolve vecdot vecmat",  # transpose first
    "full": "polyfit",
    "hermitian": "pinv svd",
    "keepdims": "vecdot",
    "mean": "nanstd nanvar",
    "ndmax": "array",
    "order": "asarray_chkfinite",
    "out": "trace",
    "signature": "ldexp",
    "weights": "nanpercentile nanquantile percentile quantile",
}
if "descending" in inspect.signature(np.sort).parameters:  # new in NumPy 2.5
    REFUSED["descending"] = "argsort sort"
