"""Descriptive statistics of `scipy.stats`: means, moments, scores, entropy, transforms.

The user's call stays; its derivative is that of the definition. Source: N. Johnson,
S. Kotz, N. Balakrishnan, "Continuous univariate distributions", 1994, 1.2; G. Box,
D. Cox (1964) and I. Yeo, R. Johnson (2000) for the transforms.
"""

from __future__ import annotations

import math
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value
from srcad.ops.arithmetic import less
from srcad.ops.bodies import at_least_float, only
from srcad.ops.choice import where
from srcad.ops.complexes import abs_
from srcad.ops.declare import Op
from srcad.ops.derived import derived
from srcad.ops.divergences import boxcox as special_boxcox
from srcad.ops.divergences import boxcox1p, rel_entr
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.elementary import exp, log, log1p, sqrt
from srcad.ops.fit import sum_
from srcad.ops.reductions import count, mean, std, var
from srcad.ops.rounding import sign
from srcad.ops.special import entr

Axis = int | None
X = spaced(0.5, 3.0, (3, 4))
LONG = spaced(0.5, 3.0, (5, 4))  # of three numbers the kurtosis is constant


def _over(axis: Axis, keepdims: bool = False) -> dict[str, Any]:
    """The params of a reduction."""
    found: dict[str, Any] = {} if axis is None else {"axis": axis}
    return {**found, "keepdims": True} if keepdims else found


def _number(x: Value, axis: Axis) -> Value:
    found: Value = count(x, axis=axis)
    return found


def _propagating(name: str, nan_policy: str) -> None:
    only(nan_policy, ("propagate",), f"{name}: nan_policy")


def _stats(
    name: str, signature: str, call: str, body: Any, samples: list[Sample], **facts: Any
) -> Op:
    """A function of arrays; `signature` and `call` without the policy for nan."""

    def checked(*inputs: Value, nan_policy: str = "propagate", **params: Any) -> Any:
        _propagating(name, nan_policy)
        return body(*map(at_least_float, inputs), **params)

    needed = sum("=" not in part for part in call.split(","))

    def code(node: Node) -> str:
        """Without the input that may be left out, where it is."""
        given = call
        for option in facts.get("inputs", ()):
            if len(node.inputs) == needed:
                given = given.replace(f", {option}={option}", "")
        return f"scipy.stats.{name}({given})"

    return derived(
        f"stats_{name}",
        calls=(f"scipy.stats.{name}",),
        signature=f"{signature}, nan_policy='propagate'",
        code=code,
        body=checked,
        domain=lambda: samples,
        **facts,
    )


def _axes(*inputs: Any, **params: Any) -> list[Sample]:
    """A sample over each axis, and over all of an array."""
    options: tuple[dict[str, Any], ...] = ({}, {"axis": 1}, {"axis": None})
    return [at(*inputs, **{**params, **more}) for more in options]


# ---- scores --------------------------------------------------------------------------


def _zmap(scores: Value, compare: Value, axis: Axis = 0, ddof: int = 0) -> Value:
    kept = _over(axis, keepdims=True)
    return (scores - mean(compare, **kept)) / std(compare, ddof=ddof, **kept)


zscore: Op = _stats(
    "zscore",
    "a, axis=0, ddof=0",
    "a, axis=axis, ddof=ddof",
    lambda a, axis=0, ddof=0: _zmap(a, a, axis, ddof),
    [*_axes(X), at(X, ddof=1), at(X[0])],
)
zmap: Op = _stats(
    "zmap",
    "scores, compare, axis=0, ddof=0",
    "scores, compare, axis=axis, ddof=ddof",
    _zmap,
    [at(X[:2], X), at(X[0], X[1], ddof=1)],
)

# ---- means ---------------------------------------------------------------------------


def _weighted(x: Value, weights: tuple[Value, ...], over: dict[str, Any]) -> Value:
    if not weights:
        found: Value = mean(x, **over)
        return found
    (w,) = weights
    return sum_(w * x, **over) / sum_(w + 0.0 * x, **over)


def _power_mean(
    a: Value, p: Value, *weights: Value, axis: Axis = 0, keepdims: bool = False
) -> Value:
    if isinstance(p, Literal) and p.value == 0:
        return exp(_weighted(log(a), weights, _over(axis, keepdims)))
    return _weighted(a**p, weights, _over(axis, keepdims)) ** (1.0 / p)


gmean: Op = _stats(
    "gmean",
    "a, axis=0, *, weights=None, keepdims=False",
    "a, axis=axis, weights=weights, keepdims=keepdims",
    lambda a, *w, axis=0, keepdims=False: exp(
        _weighted(log(a), w, _over(axis, keepdims))
    ),
    [*_axes(X), at(X, keepdims=True)],
    inputs=("weights",),
)
hmean: Op = _stats(
    "hmean",
    "a, axis=0, *, weights=None, keepdims=False",
    "a, axis=axis, weights=weights, keepdims=keepdims",
    lambda a, *w, axis=0, keepdims=False: (
        1.0 / _weighted(1.0 / a, w, _over(axis, keepdims))
    ),
    [*_axes(X), at(X, keepdims=True)],
    inputs=("weights",),
)
pmean: Op = _stats(
    "pmean",
    "a, p, *, axis=0, weights=None, keepdims=False",
    "a, p, axis=axis, weights=weights, keepdims=keepdims",
    _power_mean,
    [*_axes(X, 1.7), at(X, 0)],
    inputs=("weights",),
)

# ---- moments -------------------------------------------------------------------------


def _spread(x: Value, axis: Axis, ddof: int, keepdims: bool) -> Value:
    found: Value = std(x, ddof=ddof, **_over(axis, keepdims))
    return found


def _sem(a: Value, axis: Axis = 0, ddof: int = 1, keepdims: bool = False) -> Value:
    # A power of Python's: NumPy's root would make single precision double.
    return _spread(a, axis, ddof, keepdims) / (1.0 * _number(a, axis)) ** 0.5


def _central(a: Value, k: int, axis: Axis, keepdims: bool) -> Value:
    apart = a - mean(a, **_over(axis, keepdims=True))
    found: Value = mean(apart**k, **_over(axis, keepdims))
    return found


def _skew(a: Value, axis: Axis = 0, bias: bool = True, keepdims: bool = False) -> Value:
    second = _central(a, 2, axis, keepdims)
    found = _central(a, 3, axis, keepdims) / second**1.5
    if bias:
        return found
    n = 1.0 * _number(a, axis)
    return found * (sqrt(n * (n - 1.0)) / (n - 2.0))


def _kurtosis(
    a: Value,
    axis: Axis = 0,
    fisher: bool = True,
    bias: bool = True,
    keepdims: bool = False,
) -> Value:
    second = _central(a, 2, axis, keepdims)
    found = _central(a, 4, axis, keepdims) / second**2
    if not bias:
        n = 1.0 * _number(a, axis)
        scale = 1.0 / ((n - 2.0) * (n - 3.0))
        found = scale * ((n * n - 1.0) * found - 3.0 * (n - 1.0) ** 2) + 3.0
    return found - 3.0 if fisher else found


def _moment(a: Value, order: int = 1, axis: Axis = 0, keepdims: bool = False) -> Value:
    if not isinstance(order, int) or order < 1:
        raise MissingRule("moment: the order must be one positive integer")
    return _central(a, order, axis, keepdims)


sem: Op = _stats(
    "sem",
    "a, axis=0, ddof=1, *, keepdims=False",
    "a, axis=axis, ddof=ddof, keepdims=keepdims",
    _sem,
    [*_axes(X), at(X[0], ddof=0)],
)
variation: Op = _stats(
    "variation",
    "a, axis=0, *, ddof=0, keepdims=False",
    "a, axis=axis, ddof=ddof, keepdims=keepdims",
    lambda a, axis=0, ddof=0, keepdims=False: (
        _spread(a, axis, ddof, keepdims) / mean(a, **_over(axis, keepdims))
    ),
    [*_axes(X), at(X[0], ddof=1)],
)
skew: Op = _stats(
    "skew",
    "a, axis=0, bias=True, *, keepdims=False",
    "a, axis=axis, bias=bias, keepdims=keepdims",
    _skew,
    [*_axes(X), at(X, axis=1, bias=False), at(X[0], keepdims=True)],
)
kurtosis: Op = _stats(
    "kurtosis",
    "a, axis=0, fisher=True, bias=True, *, keepdims=False",
    "a, axis=axis, fisher=fisher, bias=bias, keepdims=keepdims",
    _kurtosis,
    [*_axes(LONG), at(X, axis=1, bias=False), at(X[0], fisher=False)],
)
moment: Op = _stats(
    "moment",
    "a, order=1, axis=0, *, keepdims=False",
    "a, order=order, axis=axis, keepdims=keepdims",
    _moment,
    [*_axes(X, order=3), at(X[0], order=2)],
)


def _trimmed(name: str, body: Any, usual: str) -> Op:
    """Without limits these are plain ones."""
    options = "" if name == "tmean" else ", ddof=1"
    passed = "" if name == "tmean" else ", ddof=ddof"

    def unlimited(
        a: Value, limits: Any = None, axis: Axis = None, **params: Any
    ) -> Value:
        only(limits, (None,), f"{name}: limits")
        found: Value = body(a, axis=axis, **params)
        return found

    def whole(a: Value, **params: Any) -> Value:
        return unlimited(a, **{"axis": None if usual == "None" else 0, **params})

    return _stats(
        name,
        f"a, limits=None, *, axis={usual}{options}, keepdims=False",
        f"a, limits=limits, axis=axis{passed}, keepdims=keepdims",
        whole,
        _axes(X),
    )


tmean: Op = _trimmed(
    "tmean",
    lambda a, axis, keepdims=False: mean(a, **_over(axis, keepdims)),
    "None",
)
tvar: Op = _trimmed(
    "tvar",
    lambda a, axis, ddof=1, keepdims=False: var(a, ddof=ddof, **_over(axis, keepdims)),
    "0",
)
tstd: Op = _trimmed(
    "tstd",
    lambda a, axis, ddof=1, keepdims=False: _spread(a, axis, ddof, keepdims),
    "0",
)
tsem: Op = _trimmed("tsem", _sem, "0")

# ---- entropy -------------------------------------------------------------------------


def _entropy(
    pk: Value,
    *qk: Value,
    base: float | None = None,
    axis: Axis = 0,
    keepdims: bool = False,
) -> Value:
    over, kept = _over(axis, keepdims), _over(axis, keepdims=True)
    p = pk / sum_(pk, **kept)
    terms = rel_entr(p, qk[0] / sum_(qk[0], **kept)) if qk else entr(p)
    found: Value = sum_(terms, **over)
    return found if base is None else found / math.log(base)


entropy: Op = _stats(
    "entropy",
    "pk, qk=None, base=None, axis=0, *, keepdims=False",
    "pk, qk=qk, base=base, axis=axis, keepdims=keepdims",
    _entropy,
    [*_axes(X), at(X, X[::-1].copy()), at(X[0], X[1], base=2.0)],
    inputs=("qk",),
)

# ---- transforms ----------------------------------------------------------------------


def _yeo_johnson(x: Value, lmbda: Value) -> Value:
    below = less(x, 0.0)
    low, high = where(below, -x, 0.0), where(below, 0.0, x)
    return where(below, -boxcox1p(low, 2.0 - lmbda), boxcox1p(high, lmbda))


def _boxcox_llf(
    lmb: Value, data: Value, axis: Axis = 0, keepdims: bool = False
) -> Value:
    over = _over(axis, keepdims)
    spread = var(special_boxcox(data, lmb), **over)
    logs = sum_(log(data), **over)
    return (lmb - 1.0) * logs - 0.5 * _number(data, axis) * log(spread)


def _yeo_llf(lmb: Value, data: Value, axis: Axis = 0, keepdims: bool = False) -> Value:
    over = _over(axis, keepdims)
    spread = var(_yeo_johnson(data, lmb), **over)
    logs = sum_(sign(data) * log1p(abs_(data)), **over)
    return (lmb - 1.0) * logs - 0.5 * _number(data, axis) * log(spread)


boxcox: Op = derived(
    "stats_boxcox",
    calls=("scipy.stats.boxcox",),
    signature="x, lmbda",
    code="scipy.stats.boxcox(x, lmbda)",
    body=special_boxcox,
    domain=lambda: [at(X[0], 0.7), at(X[0], -0.4)],
)
yeojohnson: Op = derived(
    "stats_yeojohnson",
    calls=("scipy.stats.yeojohnson",),
    signature="x, lmbda",
    code="scipy.stats.yeojohnson(x, lmbda)",
    body=_yeo_johnson,
    domain=lambda: [at(X[0] - 1.5, 0.7), at(X[0] - 1.5, 2.4)],
)
boxcox_llf: Op = _stats(
    "boxcox_llf",
    "lmb, data, *, axis=0, keepdims=False",
    "lmb, data, axis=axis, keepdims=keepdims",
    _boxcox_llf,
    [at(0.7, X[0]), at(0.7, X, axis=1)],
)
yeojohnson_llf: Op = _stats(
    "yeojohnson_llf",
    "lmb, data, *, axis=0, keepdims=False",
    "lmb, data, axis=axis, keepdims=keepdims",
    _yeo_llf,
    [at(0.7, X[0] - 1.5), at(0.7, X - 1.5, axis=1)],
)
