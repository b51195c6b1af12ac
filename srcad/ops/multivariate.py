"""Multivariate distributions of `scipy.stats`: the density and its logarithm.

Of a covariance the lower triangle is read, as SciPy does. Source: K. Mardia, J. Kent,
J. Bibby, "Multivariate analysis", 1979; A. Gupta, D. Nagar, "Matrix variate
distributions", 2000, for the matrix normal one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.sizes import Size
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, number_type
from srcad.ops.bessel import ive
from srcad.ops.bodies import only, rank_for
from srcad.ops.declare import Arguments, is_none, static
from srcad.ops.domain import Sample, spaced
from srcad.ops.elementary import exp, log, log1p
from srcad.ops.fit import sum_
from srcad.ops.formulas import by_formula
from srcad.ops.law import LOG_2PI
from srcad.ops.products import flipped, matmul
from srcad.ops.ranks import expand_dims
from srcad.ops.reductions import count
from srcad.ops.sizes import bound
from srcad.ops.special import gammaln, xlogy
from srcad.ops.triangles import diagonal
from srcad.ops.triangular import cholesky, solve_triangular

Formula = Callable[..., Any]

# ---- calls ---------------------------------------------------------------------------


def _bind(path: str, names: Sequence[str], usual: Mapping[str, Any]) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound((*names, "allow_singular"), args, kwargs, path)
        singular = static(given.pop("allow_singular", False), f"{path}(...)")
        only(singular, (False,), f"{path}: allow_singular")
        inputs = []
        for name in names:
            value = given.get(name)
            absent = is_none(value)
            if absent and name not in usual:
                raise MissingRule(f"{path} needs an argument {name!r}")
            inputs.append(literal(None) if absent else value)
        return inputs, {}

    return bind


def may_be_one(x: Value) -> bool:
    """Whether the last axis of an array may have the length 1.

    SciPy then means another number of dimensions.
    """
    dims = dims_of(x.type) or ()
    last = dims[-1] if dims else 1
    return last == 1 or (isinstance(last, Size) and last.may_be_one)


def _long(law: str, *xs: Value) -> None:
    """Refuse arrays of length 1.

    Raises
    ------
    MissingRule
        The length of one may be 1, or its rank is not known.
    """
    rank_for(law, *xs)
    if any(map(may_be_one, xs)):
        raise MissingRule(
            f"{law} has no derivative rule for arrays of length 1",
            hint="two numbers at least make a point",
        )


def _declare(
    law: str,
    names: Sequence[str],
    points: int | None,
    formula: Formula,
    samples: Callable[[], list[Sample]],
    usual: Mapping[str, Any] = {},
    mass: bool = False,
) -> None:
    """The density and its logarithm.

    points : how many axes one point has; all further ones in front count points.
    """

    def type_of(*types: Type, method: str = "") -> Type:
        dims = dims_of(types[0])
        if dims is None or points is None or len(dims) < points:
            return UNKNOWN
        front = dims[: len(dims) - points]
        if any(d == 1 or (isinstance(d, Size) and d.may_be_one) for d in front):
            return UNKNOWN  # it is squeezed
        kept = method == "logpmf"  # an array without axes stays one
        return Array("float64", front) if kept else number_type("float64", front)

    for method in ("logpmf", "pmf") if mass else ("logpdf", "pdf"):
        path = f"{law}.{method}"

        def written(*inputs: Value, method: str = method) -> Any:
            pairs = zip(names, inputs, strict=True)
            whole = [literal(usual[k]) if is_none(v) else v for k, v in pairs]
            found = formula(*whole)
            return found if method.startswith("log") else exp(found)

        by_formula(
            f"stats_{law}_{method}",
            calls=(f"scipy.stats:{path}",),
            signature=", ".join(names),
            bind=_bind(path, names, usual),
            infer=partial(type_of, method=method),
            code=_code(path, names),
            formula=written,
            domain=samples if method.startswith("log") else _values_of(samples),
            facts={"ranked": True},
        )


def _values_of(samples: Callable[[], list[Sample]]) -> Callable[[], list[Sample]]:
    """Of what is an exponential only the values are checked again."""
    return lambda: [replace(s, derivative=False) for s in samples()]


def _code(path: str, names: Sequence[str]) -> Callable[[Node], str]:
    def code(node: Node) -> str:
        pairs = list(zip(names, node.inputs, strict=True))[1:]
        given = [names[0], *(f"{k}={k}" for k, v in pairs if not is_none(v))]
        return f"scipy.stats.{path}({', '.join(given)})"

    return code


# ---- normal and t --------------------------------------------------------------------


def _log_det(triangle: Value) -> Value:
    found: Value = 2.0 * sum_(log(diagonal(triangle)))
    return found


def _distance(x: Value, mean: Value, cov: Value) -> tuple[Value, Value, Value]:
    """Mahalanobis' squared distance, log det of cov, and the number of dimensions."""
    x_rank, mean_rank, rank = rank_for("a multivariate density", x, mean, cov)
    apart, n = x - mean, count(x + mean, axis=-1)
    if x_rank > 2 or x_rank == 0:
        raise MissingRule("a multivariate density takes points in rows")
    if rank < 2:
        if rank == 0 and mean_rank == 0:
            raise MissingRule(
                "a multivariate density without mean and covariance is that of one "
                "dimension",
                hint="use scipy.stats.norm",
            )
        _long("a multivariate density", x, *([mean] if mean_rank else []))
        return (
            sum_(apart * apart / cov, axis=-1),
            sum_(log(cov)) if rank == 1 else n * log(cov),
            n,
        )
    triangle = cholesky(cov)
    columns = flipped(apart) if x_rank == 2 else apart
    solved = solve_triangular(triangle, columns, lower=True)
    return sum_(solved * solved, axis=0), _log_det(triangle), n


def _normal(x: Value, mean: Value, cov: Value) -> Value:
    apart, log_det, n = _distance(x, mean, cov)
    return -0.5 * (apart + log_det + n * LOG_2PI)


def _student(x: Value, loc: Value, shape: Value, df: Value) -> Value:
    apart, log_det, n = _distance(x, loc, shape)
    whole = 0.5 * (df + n)
    top = gammaln(whole) - gammaln(0.5 * df) - 0.5 * n * log(math.pi * df)
    return top - 0.5 * log_det - whole * log1p(apart / df)


POINT = np.array([0.3, -0.4, 1.2])
ROWS = spaced(-1.0, 1.5, (4, 3))
COV = np.array([[2.0, 0.3, -0.2], [0.3, 1.5, 0.4], [-0.2, 0.4, 1.2]])
SMALL = np.array([[1.3, 0.2], [0.2, 0.8]])


def _samples(*cases: tuple[Any, ...]) -> Callable[[], list[Sample]]:
    return lambda: [Sample(case, ranked=True) for case in cases]


_declare(
    "multivariate_normal",
    ("x", "mean", "cov"),
    1,
    _normal,
    _samples(
        (POINT, POINT[::-1].copy(), COV),
        (ROWS, POINT, COV),
        (ROWS, POINT, np.array([0.5, 1.2, 2.0])),
        (POINT, 0.5 * POINT, 1.3),
        (ROWS, None, COV),
    ),
    {"mean": 0.0, "cov": 1.0},
)
_declare(
    "multivariate_t",
    ("x", "loc", "shape", "df"),
    1,
    _student,
    _samples((POINT, POINT[::-1].copy(), COV, 3.5), (ROWS, POINT, COV, 2.5)),
    {"loc": 0.0, "shape": 1.0, "df": 1.0},
)

# ---- on the simplex ------------------------------------------------------------------


def _dirichlet(x: Value, alpha: Value) -> Value:
    """Points are in columns, as SciPy has them."""
    rank, _ = rank_for("dirichlet", x, alpha)
    _long("dirichlet", *([x] if rank == 1 else []), alpha)
    scale = gammaln(sum_(alpha)) - sum_(gammaln(alpha))
    powers = expand_dims(alpha, axis=1) if rank == 2 else alpha
    return scale + sum_(xlogy(powers - 1.0, x), axis=0)


def _multinomial(x: Value, n: Value, p: Value) -> Value:
    _long("multinomial", x, p)
    return gammaln(n + 1.0) + sum_(xlogy(x, p) - gammaln(x + 1.0), axis=-1)


SHARES = np.array([0.2, 0.3, 0.5])
_declare(
    "dirichlet",
    ("x", "alpha"),
    None,
    _dirichlet,
    lambda: [Sample((SHARES, np.array([1.3, 2.1, 0.7])), derivative=False)],
)
_declare(
    "multinomial",
    ("x", "n", "p"),
    1,
    _multinomial,
    lambda: [Sample((np.array([2, 1, 3]), 6, SHARES), derivative=False)],
    mass=True,
)

# ---- of matrices ---------------------------------------------------------------------


def _matrix_normal(x: Value, mean: Value, rows: Value, columns: Value) -> Value:
    left, right = cholesky(rows), cholesky(columns)
    n, m = count(x, axis=0), count(x, axis=1)
    half = solve_triangular(left, x - mean, lower=True)
    solved = solve_triangular(right, flipped(half), lower=True)
    found = n * m * LOG_2PI + sum_(solved * solved)
    return -0.5 * (found + m * _log_det(left) + n * _log_det(right))


_declare(
    "matrix_normal",
    ("X", "mean", "rowcov", "colcov"),
    2,
    _matrix_normal,
    _samples((spaced(-1, 1, (3, 2)), spaced(-1, 1, (3, 2))[::-1].copy(), COV, SMALL)),
)

# ---- on the sphere -------------------------------------------------------------------


def _fisher(x: Value, mu: Value, kappa: Value) -> Value:
    _long("vonmises_fisher", x, mu)
    n = count(mu, axis=0)
    order = 0.5 * n - 1.0
    scale = order * log(kappa) - 0.5 * n * LOG_2PI - log(ive(order, kappa))
    return scale + kappa * (matmul(x, mu) - 1.0)


UNIT = np.array([2.0, -1.0, 2.0]) / 3.0
_declare(
    "vonmises_fisher",
    ("x", "mu", "kappa"),
    1,
    _fisher,
    lambda: [Sample((UNIT, UNIT[::-1].copy(), 1.3), derivative=False)],
)
