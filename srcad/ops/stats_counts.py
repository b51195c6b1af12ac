"""`scipy.stats`: masses and distribution functions of counts.

They are piecewise constant in the count and in loc, which are whole numbers, and are
differentiated by the shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from srcad.ir.graph import Value
from srcad.ops.declare import Op
from srcad.ops.domain import Sample
from srcad.ops.elementary import exp
from srcad.ops.formulas import by_formula, by_tangent
from srcad.ops.law import Distribution, Formula
from srcad.ops.laws_discrete import DISCRETE
from srcad.ops.rounding import floor, rint
from srcad.ops.stats import bind_of, code_of, logarithm, supported, type_of


def _mass(law: Distribution, method: str) -> Formula:
    def mass(k: Value, *rest: Value) -> Value:
        *shapes, loc = rest
        found: Value = supported(law.logpdf, law)(rint(1.0 * (k - loc)), *shapes)
        return exp(found) if method == "pmf" else found

    return mass


def _integral(law: Distribution, formula: Formula) -> Formula:
    def integral(k: Value, *rest: Value) -> Value:
        *shapes, loc = rest
        found: Value = supported(formula, law)(floor(1.0 * (k - loc)), *shapes)
        return found

    return integral


def _counts(law: Distribution, method: str) -> Callable[[], list[Sample]]:
    """Counts of which none is beyond the last: the logarithm of 0 is not finite."""
    top = 1 if law.support[1] == 1.0 and method == "logsf" else 4
    top = min(top, int(min(law.support[1], 3.0)) + 1)
    start = int(max(law.support[0], 0.0))
    fixed = (len(law.values) + 1,)
    return lambda: [
        Sample((np.arange(start, top), *law.values, 0), fixed=fixed, order=1),
        Sample((top - 1, *law.values, 0), fixed=fixed),
    ]


def _declare(name: str, law: Distribution) -> dict[str, Op]:
    names, found = ("k", *law.shapes, "loc"), {}
    above = law.sf
    if above is None and law.cdf is not None:
        below = law.cdf
        above = lambda *args: 1.0 - below(*args)  # noqa: E731
    integrals = {"cdf": law.cdf, "sf": above}
    for method in ("logpmf", "pmf", "cdf", "sf", "logcdf", "logsf"):
        formula = integrals.get(method.removeprefix("log"))
        if "pmf" not in method and formula is None:
            continue
        path = f"{name}.{method}"
        facts: dict[str, Any] = {
            "calls": (f"scipy.stats:{path}",),
            "signature": ", ".join(names),
            "bind": bind_of(path, names),
            "infer": type_of,
            "code": code_of(path, names),
            "domain": _counts(law, method),
        }
        own = f"stats_{name}_{method}"
        if formula is None:
            found[path] = by_formula(own, formula=_mass(law, method), **facts)
        elif method in integrals:
            found[path] = by_formula(own, formula=_integral(law, formula), **facts)
        else:
            tangent = logarithm(_integral(law, formula))
            found[path] = by_tangent(own, tangent=tangent, **facts)
    return found


METHODS: dict[str, Op] = {}
for _name, _law in DISCRETE.items():
    METHODS.update(_declare(_name, _law))
