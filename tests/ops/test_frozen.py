"""Frozen distributions of `scipy.stats`, made inside a function and outside of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad import grad
from srcad.check import check_grads
from srcad.errors import MissingRule, SrcadError

stats = pytest.importorskip("scipy.stats")

DATA = np.array([0.3, 1.2, 2.5])


def inside(theta: Any) -> Any:
    return stats.norm(theta[0], scale=np.exp(theta[1])).logpdf(DATA).sum()


def kept(theta: Any) -> Any:
    law = stats.gamma(np.exp(theta[0]), scale=np.exp(theta[1]))
    total = 0.0
    for x in DATA:
        total = total + law.logpdf(x) + law.sf(x)
    return total * law.ppf(0.3)


def by_method(theta: Any) -> Any:
    density = stats.beta(np.exp(theta[0]), 2.0).pdf
    return density(0.4) * density(x=theta[1])


def mixture(theta: Any) -> Any:
    parts = [stats.norm(theta[0]), stats.norm(loc=theta[1], scale=2.0)]
    return np.sum(np.log(sum(part.pdf(DATA) for part in parts)))


PRIOR = stats.t(3.0, loc=0.2, scale=np.array([1.0, 2.0]))


def outside(theta: Any) -> Any:
    return PRIOR.logpdf(theta).sum()


def counted(theta: Any) -> Any:
    return stats.poisson(np.exp(theta[0])).logpmf(np.arange(4)).sum() + theta[1]


@pytest.mark.parametrize(
    "function", [inside, kept, by_method, mixture, outside, counted]
)
def test_the_same_as_the_methods(function: Any) -> None:
    theta = np.array([0.4, 0.2])
    check_grads(function, (theta,))


def test_it_is_the_gradient_of_the_plain_call() -> None:
    def plain(theta: Any) -> Any:
        return stats.norm.logpdf(DATA, theta[0], np.exp(theta[1])).sum()

    theta = np.array([0.4, 0.2])
    np.testing.assert_array_equal(grad(inside)(theta), grad(plain)(theta))


def drawn(theta: Any) -> Any:
    return stats.norm(theta[0], theta[1]).rvs(3).sum()


def test_other_methods_are_refused() -> None:
    with pytest.raises(MissingRule, match="'rvs'"):
        grad(drawn)(np.array([0.4, 0.2]))


def chosen(theta: Any) -> Any:
    if theta[0] > 0.0:
        law = stats.norm(theta[0])
    else:
        law = stats.norm(theta[1])
    return law.logpdf(1.0)


def test_one_of_two_is_refused_by_name() -> None:
    with pytest.raises(SrcadError, match="'law' stands for"):
        grad(chosen)(np.array([0.4, 0.2]))
