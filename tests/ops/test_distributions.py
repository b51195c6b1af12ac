"""Distributions of `scipy.stats` in whole programs: many variables, edges, keywords."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad import grad, jvp
from srcad.check import check_grads
from srcad.errors import MissingRule

special = pytest.importorskip("scipy.special")
stats = pytest.importorskip("scipy.stats")

ROWS = np.array([[0.3, -0.2], [1.0, 0.4], [-0.7, 0.9]])
COUNTS = np.array([2, 0, 3])


def gaussian(theta: Any) -> Any:
    """By the entries of a triangle, which is how a covariance is fitted."""
    triangle = np.array([[np.exp(theta[0]), 0.0], [theta[1], np.exp(theta[2])]])
    law = stats.multivariate_normal(mean=theta[:2], cov=triangle @ triangle.T)
    return law.logpdf(ROWS).sum()


def heavy(theta: Any) -> Any:
    shape = np.diag(np.exp(theta[:2]))
    found = stats.multivariate_t.logpdf(ROWS, None, shape, df=np.exp(theta[2]))
    return found.sum()


def shares(theta: Any) -> Any:
    """Points of a simplex are only moved along it."""
    p = special.softmax(theta)
    found = stats.dirichlet.logpdf(p, np.exp(0.3 * theta))
    return found + stats.multinomial.logpmf(COUNTS, 5, p)


def direction(theta: Any) -> Any:
    mu = theta / np.sqrt(np.sum(theta**2))
    x = np.array([0.6, 0.0, 0.8])
    return stats.vonmises_fisher.logpdf(x, mu, 1.7)


@pytest.mark.parametrize("function", [gaussian, heavy, shares, direction])
def test_many_variables(function: Any) -> None:
    check_grads(function, (np.array([0.3, -0.2, 0.5]),))


def singular(x: Any) -> Any:
    return stats.multivariate_normal.logpdf(x, None, np.eye(2), allow_singular=True)


def test_singular_covariances_are_refused() -> None:
    with pytest.raises(MissingRule, match="allow_singular"):
        grad(singular)(np.array([0.1, 0.2]))


LAWS = ["expon", "gamma", "truncnorm", "genpareto", "genextreme", "loguniform", "beta"]
SHAPES = {
    "gamma": (2.3,),
    "truncnorm": (-1.0, 1.5),
    "genpareto": (-0.4,),
    "genextreme": (0.4,),
    "loguniform": (0.5, 2.0),
    "beta": (1.5, 2.5),
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("method", ["logpdf", "pdf", "cdf", "sf", "logcdf", "logsf"])
def test_outside_the_support_all_slopes_are_zero(name: str, method: str) -> None:
    law = getattr(stats, name)
    shapes = SHAPES.get(name, ())

    def outside(x: Any) -> Any:
        return getattr(law, method)(x, *shapes)

    with np.errstate(all="ignore"):
        for x in (-9.0, 30.0):
            if law.pdf(x, *shapes) == 0.0:
                assert grad(outside)(x) == 0.0


def half_line(mu: Any) -> Any:
    return stats.truncnorm.logpdf(1.3, 0.2, np.inf, loc=mu)


def test_an_end_at_infinity() -> None:
    check_grads(half_line, (0.4,))


def extreme(c: Any) -> Any:
    x = np.array([-0.3, 0.4, 1.2])
    return (stats.genextreme.logpdf(x, c) + stats.genpareto.logsf(x + 1.0, c)).sum()


def test_extreme_values_where_the_shape_is_zero() -> None:
    """The laws of Gumbel and the exponential are limits: no division by the shape."""
    for c in (0.0, 1e-9):
        step = 1e-4
        slope = (extreme(step) - extreme(-step)) / (2.0 * step)
        np.testing.assert_allclose(grad(extreme)(c), slope, rtol=1e-5)


def far_out(x: Any) -> Any:
    return stats.gamma.logsf(x, 2.5) + stats.t.logcdf(-x, 4.0)


def test_logarithms_far_in_a_tail() -> None:
    """The slope of log(sf) is -pdf / sf, though 1 - cdf is 0 there."""
    x = 60.0
    hazard = stats.gamma.pdf(x, 2.5) / stats.gamma.sf(x, 2.5)
    other = stats.t.pdf(x, 4.0) / stats.t.sf(x, 4.0)
    np.testing.assert_allclose(grad(far_out)(x), -hazard - other, rtol=1e-12)


def heavy_tailed(x: Any) -> Any:
    return stats.landau.logpdf(x)


def by_order(p: Any) -> Any:
    return stats.geninvgauss.logpdf(1.2, p, 0.7)


def by_shape_of_cdf(kappa: Any) -> Any:
    return stats.vonmises.cdf(0.4, kappa)


def test_shapes_without_a_formula_are_refused() -> None:
    for f, name in ((by_order, "'v'"), (by_shape_of_cdf, "'kappa'")):
        with pytest.raises(MissingRule, match=name):
            grad(f)(1.5)
        with pytest.raises(MissingRule, match=name):
            jvp(f, (1.5,), (1.0,))


def standard(x: Any) -> Any:
    scores = stats.zscore(x)
    return stats.skew(x) + scores[0] * stats.gmean(np.exp(x)) + stats.entropy(x**2)


def test_descriptive_statistics() -> None:
    check_grads(standard, (np.array([0.3, 1.2, 2.5, -0.7]),))


def omitting(x: Any) -> Any:
    return stats.zscore(x, nan_policy="omit").sum()


def p_value(x: Any) -> Any:
    return stats.ttest_1samp(x, 0.0)[0]


def test_what_is_refused_says_why() -> None:
    x = np.array([0.3, 1.2, 2.5, -0.7])
    with pytest.raises(MissingRule, match="nan_policy"):
        grad(omitting)(x)
    with pytest.raises(MissingRule, match="a test of a hypothesis"):
        grad(p_value)(x)
    with pytest.raises(MissingRule, match="its density has no formula"):
        grad(heavy_tailed)(1.0)
