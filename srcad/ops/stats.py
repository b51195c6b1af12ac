"""`scipy.stats`: densities, distribution functions and quantiles of the common ones.

The user's call stays; its derivative, by the variable, loc, scale and the shapes, is
that of the formula in `distributions.py`; outside the support it is 0. Frozen
distributions (`norm(0, 1)`) are not followed: pass the parameters to the method.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.types import UNKNOWN, Type, broadcast_dims, dims_of, number_type
from srcad.ops.arithmetic import greater_equal, less_equal
from srcad.ops.choice import where
from srcad.ops.declare import Op
from srcad.ops.distributions import CONTINUOUS, DISCRETE, INF, Distribution, Formula
from srcad.ops.domain import Sample, spaced
from srcad.ops.elementary import exp, log
from srcad.ops.formulas import by_formula
from srcad.ops.logic import logical_and
from srcad.ops.rounding import rint
from srcad.ops.sizes import bound

Arguments = tuple[list[Any], dict[str, Any]]
USUAL = {"loc": 0.0, "scale": 1.0}


def _bind(name: str, names: Sequence[str]) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(names, args, kwargs, name)
        usual = {k: literal(v) for k, v in USUAL.items() if k in names}
        given = {**usual, **given}
        missing = [k for k in names if k not in given]
        if missing:
            raise MissingRule(f"{name} needs an argument {missing[0]!r}")
        return [given[k] for k in names], {}

    return bind


def _type(*types: Type) -> Type:
    shapes = [dims_of(t) for t in types]
    if any(s is None for s in shapes):
        return UNKNOWN
    dims = broadcast_dims(*(s for s in shapes if s is not None))
    return number_type("float64", dims)


def _code(path: str, names: Sequence[str]) -> Callable[[Node], str]:
    """The call, without the parameters that have their usual value."""

    def code(node: Node) -> str:
        parts = []
        for name, value in zip(names, node.inputs, strict=True):
            usual = isinstance(value, Literal) and value.value == USUAL.get(name)
            if name not in USUAL:
                parts.append(name)
            elif not usual:
                parts.append(f"{name}={name}")
        return f"scipy.stats.{path}({', '.join(parts)})"

    return code


# ---- from the standard formulas to those with loc and scale --------------------------


def _inside(z: Value, support: tuple[float, float]) -> Value | None:
    lo, hi = support
    if lo == -INF:
        return None
    inside = greater_equal(z, lo)
    return inside if hi == INF else logical_and(inside, less_equal(z, hi))


def _supported(formula: Formula, law: Distribution) -> Formula:
    """The formula with derivative 0 outside the support, and no nan from there."""

    def wrapped(z: Value, *shapes: Value) -> Value:
        inside = _inside(z, law.support)
        if inside is None:
            found: Value = formula(z, *shapes)
            return found
        safe = where(inside, z, 0.5 if law.support[1] == 1.0 else law.support[0] + 0.5)
        return where(inside, formula(safe, *shapes), 0.0)

    return wrapped


def _log_density(law: Distribution) -> Formula:
    def density(x: Value, *rest: Value) -> Value:
        *shapes, loc, scale = rest

        def whole(z: Value, *_: Value) -> Any:
            return law.logpdf(z, *shapes) - log(scale)

        found: Value = _supported(whole, law)((x - loc) / scale, *shapes)
        return found

    return density


def _function(formula: Formula, law: Distribution) -> Formula:
    def function(x: Value, *rest: Value) -> Value:
        *shapes, loc, scale = rest
        found: Value = _supported(formula, law)((x - loc) / scale, *shapes)
        return found

    return function


def _quantile(formula: Formula) -> Formula:
    def quantile(q: Value, *rest: Value) -> Value:
        *shapes, loc, scale = rest
        found: Value = loc + scale * formula(q, *shapes)
        return found

    return quantile


def _methods(law: Distribution) -> dict[str, Formula]:
    density = _log_density(law)
    found: dict[str, Formula] = {
        "logpdf": density,
        "pdf": lambda *args: exp(density(*args)),
    }
    for name in ("cdf", "sf", "logcdf", "logsf"):
        formula = getattr(law, name)
        if formula is not None:
            found[name] = _function(formula, law)
    if law.ppf is not None:
        found["ppf"] = _quantile(law.ppf)
    return found


def _points(law: Distribution, method: str) -> Callable[[], list[Sample]]:
    def points() -> list[Sample]:
        count = len(law.values)
        between = (0.2, 0.8) if method == "ppf" else law.between
        x = spaced(*between, (2,))
        moved = x if method == "ppf" else 0.3 + 1.2 * x
        return [
            Sample((x, *law.values, 0.0, 1.0), fixed=(count + 1, count + 2)),
            Sample((moved, *law.values, 0.3, 1.2), order=1),
        ]

    return points


def _declared() -> dict[str, Op]:
    found = {}
    for name, law in CONTINUOUS.items():
        for method, formula in _methods(law).items():
            names = ("q" if method == "ppf" else "x", *law.shapes, *USUAL)
            path = f"{name}.{method}"
            found[path] = by_formula(
                f"stats_{name}_{method}",
                calls=(f"scipy.stats:{path}",),
                signature=", ".join(names),
                bind=_bind(path, names),
                infer=_type,
                code=_code(path, names),
                formula=formula,
                domain=_points(law, method),
            )
    return found


# ---- discrete ------------------------------------------------------------------------


def _mass(law: Distribution, method: str) -> Formula:
    """Piecewise constant in k and loc, which are whole numbers."""

    def mass(k: Value, *rest: Value) -> Value:
        *shapes, loc = rest
        count = rint(1.0 * (k - loc))
        integral = method in ("cdf", "sf")
        formula = getattr(law, method) if integral else law.logpdf
        found: Value = _supported(formula, law)(count, *shapes)
        return exp(found) if method == "pmf" else found

    return mass


def _counts(law: Distribution, method: str) -> Callable[[], list[Sample]]:
    top = 2 if law.support[1] == 1.0 else 4
    start = int(law.support[0])
    fixed = (len(law.values) + 1,)
    return lambda: [
        Sample((np.arange(start, top), *law.values, 0), fixed=fixed),
        Sample((1, *law.values, 0), fixed=fixed, order=1),
    ]


def _declared_counts() -> dict[str, Op]:
    found = {}
    for name, law in DISCRETE.items():
        names = ("k", *law.shapes, "loc")
        methods = ["logpmf", "pmf"]
        methods += [m for m in ("cdf", "sf") if getattr(law, m) is not None]
        for method in methods:
            path = f"{name}.{method}"
            found[path] = by_formula(
                f"stats_{name}_{method}",
                calls=(f"scipy.stats:{path}",),
                signature=", ".join(names),
                bind=_bind(path, names),
                infer=_type,
                code=_code(path, names),
                formula=_mass(law, method),
                domain=_counts(law, method),
            )
    return found


METHODS: Mapping[str, Op] = {**_declared(), **_declared_counts()}
