"""`scipy.stats`: densities, distribution functions and quantiles of continuous laws.

The user's call stays; its derivative, by the variable, loc, scale and the shapes, is
that of the formulas in `laws_*.py`; outside the support it is 0. Where a law has a
density only, its distribution function is differentiated by all but the shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.types import UNKNOWN, Type, broadcast_dims, dims_of, number_type
from srcad.ops import laws_bounded, laws_line, laws_positive
from srcad.ops.arithmetic import greater, greater_equal, less_equal
from srcad.ops.choice import where
from srcad.ops.declare import Arguments, Op
from srcad.ops.distributions import COMMON
from srcad.ops.domain import Sample, spaced
from srcad.ops.elementary import exp, log
from srcad.ops.fit import shaped_like
from srcad.ops.formulas import by_formula, by_tangent, pushed, traced
from srcad.ops.implicit import solved_tangent
from srcad.ops.law import INF, Distribution, Formula
from srcad.ops.logic import logical_and
from srcad.ops.refused import no_partial
from srcad.ops.sizes import bound

USUAL = {"loc": 0.0, "scale": 1.0}
OTHERS = {
    **laws_positive.LAWS,
    **laws_line.LAWS,
    **laws_bounded.LAWS,
}
CONTINUOUS: Mapping[str, Distribution] = {**COMMON, **OTHERS}

# ---- calls ---------------------------------------------------------------------------


def bind_of(name: str, names: Sequence[str]) -> Any:
    """Sorting a call by these names, with the usual loc and scale."""

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(names, args, kwargs, name)
        usual = {k: literal(v) for k, v in USUAL.items() if k in names}
        given = {**usual, **given}
        missing = [k for k in names if k not in given]
        if missing:
            raise MissingRule(f"{name} needs an argument {missing[0]!r}")
        return [given[k] for k in names], {}

    return bind


def type_of(*types: Type) -> Type:
    """Double precision, whatever is given."""
    shapes = [dims_of(t) for t in types]
    if any(s is None for s in shapes):
        return UNKNOWN
    dims = broadcast_dims(*(s for s in shapes if s is not None))
    return number_type("float64", dims)


def code_of(path: str, names: Sequence[str]) -> Callable[[Node], str]:
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


def _inside(law: Distribution, z: Value, shapes: Sequence[Value]) -> Value | None:
    if law.inside is not None:
        found: Value = law.inside(z, *shapes)
        return found
    lo, hi = law.support
    above = None if lo == -INF else greater_equal(z, lo)
    below = None if hi == INF else less_equal(z, hi)
    if above is None or below is None:
        return above if below is None else below
    return logical_and(above, below)


def _safe(law: Distribution, shapes: Sequence[Value]) -> Any:
    """A number inside the support."""
    if law.safe is not None:
        return law.safe(*shapes)
    lo, hi = law.support
    if lo == -INF:
        return hi - 0.5
    return lo + 0.5 if hi == INF else 0.5 * (lo + hi)


def supported(formula: Formula, law: Distribution) -> Formula:
    """The formula with derivative 0 outside the support, and no nan from there."""

    def wrapped(z: Value, *shapes: Value) -> Value:
        inside = _inside(law, z, shapes)
        if inside is None:
            found: Value = formula(z, *shapes)
            return found
        safe = where(inside, z, _safe(law, shapes))
        return where(inside, formula(safe, *shapes), 0.0)

    return wrapped


def _log_density(law: Distribution) -> Formula:
    def density(x: Value, *rest: Value) -> Value:
        *shapes, loc, scale = rest

        def whole(z: Value, *_: Value) -> Any:
            return law.logpdf(z, *shapes) - log(scale)

        found: Value = supported(whole, law)((x - loc) / scale, *shapes)
        return found

    return density


def _moved(formula: Formula, law: Distribution) -> Formula:
    def function(x: Value, *rest: Value) -> Value:
        *shapes, loc, scale = rest
        found: Value = supported(formula, law)((x - loc) / scale, *shapes)
        return found

    return function


def _quantile(formula: Formula) -> Formula:
    def quantile(q: Value, *rest: Value) -> Value:
        *shapes, loc, scale = rest
        found: Value = loc + scale * formula(q, *shapes)
        return found

    return quantile


# ---- declarations --------------------------------------------------------------------


class _Methods:
    """The operations of one law."""

    def __init__(self, name: str, law: Distribution) -> None:
        self.name, self.law = name, law
        self.found: dict[str, Op] = {}

    def facts(self, method: str) -> dict[str, Any]:
        """What the declarations of all methods share."""
        first = "q" if method in ("ppf", "isf") else "x"
        names, path = (first, *self.law.shapes, *USUAL), f"{self.name}.{method}"
        return {
            "calls": (f"scipy.stats:{path}",),
            "signature": ", ".join(names),
            "bind": bind_of(path, names),
            "infer": type_of,
            "code": code_of(path, names),
            "domain": self.points(method),
        }

    def stated(self, method: str, formula: Formula) -> None:
        """A method that is a formula."""
        facts = self.facts(method)
        op = by_formula(f"stats_{self.name}_{method}", formula=formula, **facts)
        self.found[method] = op

    def implied(self, method: str, tangent: Any) -> None:
        """A method by its tangent."""
        facts = self.facts(method)
        op = by_tangent(f"stats_{self.name}_{method}", tangent=tangent, **facts)
        self.found[method] = op

    def points(self, method: str) -> Callable[[], list[Sample]]:
        """Sample points: of the common laws all, of the others what is not implied.

        What follows from another method is checked on the common ones.
        """
        law, count = self.law, len(self.law.values)
        stated = {"logpdf", "cdf" if law.cdf or not law.sf else "sf"}
        stated |= {k for k in ("sf", "logcdf", "logsf", "ppf") if getattr(law, k)}
        checked = self.name in COMMON or method in stated
        free = law.cdf is None and law.sf is None and "pdf" not in method
        fixed = tuple(range(1, 1 + (count if free else law.fixed)))

        def points() -> list[Sample]:
            between = (0.2, 0.8) if method in ("ppf", "isf") else law.between
            x = spaced(*between, (2,))
            moved = x if method in ("ppf", "isf") else 0.3 + 1.2 * x
            plain = Sample((x, *law.values, 0.0, 1.0), fixed=(count + 1, count + 2))
            order = 2 if method == "logpdf" and not fixed else 1
            inputs = (moved, *law.values, 0.3, 1.2)
            whole = Sample(inputs, fixed=fixed, order=order, derivative=checked)
            return [plain, whole] if self.name in COMMON else [whole]

        return points


def _integrals(law: Distribution) -> tuple[Formula | None, Formula | None]:
    """The distribution function from below and from above, by each other."""
    below, above = law.cdf, law.sf
    if below is None and above is not None:
        below = lambda *args: 1.0 - above(*args)  # noqa: E731
    elif above is None and below is not None:
        above = lambda *args: 1.0 - below(*args)  # noqa: E731
    return below, above


def _by_variable(path: str, law: Distribution, density: Formula, sign: float) -> Any:
    """The tangent of a distribution function known by its slope only."""

    def tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
        x, *_, loc, scale = node.inputs
        dx, *shapes, d_loc, d_scale = ts
        for name, t in zip(law.shapes, shapes, strict=True):
            if t is not None:
                return no_partial(path, name)(t)
        moving = {v: t for v, t in ((x, dx), (loc, d_loc), (scale, d_scale)) if t}
        nodes, z = traced(lambda: (x - loc) / scale)
        slope = pushed(nodes, moving).get(z)
        if slope is None:
            return None
        weight = sign * scale * exp(density(*node.inputs))
        return shaped_like(slope * weight, node.out)

    return tangent


def logarithm(formula: Formula) -> Any:
    """The tangent of a logarithm, by the formula of what it is taken of."""

    def tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
        pairs = zip(node.inputs, ts, strict=True)
        moving = {x: t for x, t in pairs if t is not None}
        nodes, value = traced(lambda: formula(*node.inputs))
        slope = pushed(nodes, moving).get(value)
        if slope is None:
            return None
        some = greater(node.out, -INF)
        found = slope * exp(-where(some, node.out, 0.0))
        return shaped_like(where(some, found, 0.0), node.out)

    return tangent


def _inverse(formula: Formula) -> Any:
    return lambda node, ts: solved_tangent(node, ts, 0, formula)


def _declare(name: str, law: Distribution) -> dict[str, Op]:
    methods, density = _Methods(name, law), _log_density(law)
    methods.stated("logpdf", density)
    methods.stated("pdf", lambda *args: exp(density(*args)))
    standard = _integrals(law)
    whole: list[Formula] = []
    for method, formula, sign in zip(("cdf", "sf"), standard, (1.0, -1.0), strict=True):
        if formula is not None:
            whole.append(_moved(formula, law))
            methods.stated(method, whole[-1])
        else:
            methods.implied(
                method, _by_variable(f"{name}.{method}", law, density, sign)
            )
            whole.append(methods.found[method])
    logs = (("logcdf", law.logcdf, whole[0]), ("logsf", law.logsf, whole[1]))
    for method, stated, plain in logs:
        if stated is not None:
            methods.stated(method, _moved(stated, law))
        else:
            methods.implied(method, logarithm(plain))
    if law.ppf is not None:
        methods.stated("ppf", _quantile(law.ppf))
    else:
        methods.implied("ppf", _inverse(whole[0]))
    methods.implied("isf", _inverse(whole[1]))
    return {f"{name}.{method}": op for method, op in methods.found.items()}


METHODS: dict[str, Op] = {}
for _name, _law in CONTINUOUS.items():
    METHODS.update(_declare(_name, _law))
