"""numpy.linalg and numpy.fft are whole, and the listed names of SciPy have a rule."""

from __future__ import annotations

import operator
import types

import numpy as np
import pytest

import srcad.ops  # noqa: F401  (declares every family)
from srcad.ops.declare import find

scipy = pytest.importorskip("scipy")

SPECIAL = """
beta betainc betaincc betaincinv betainccinv betaln binom boxcox boxcox1p cbrt cosdg
cosm1 cotdg dawsn digamma ellipe ellipeinc ellipk ellipkinc ellipkm1 entr erf erfc
erfcinv erfcx erfi erfinv eval_chebyt eval_chebyu eval_gegenbauer eval_genlaguerre
eval_hermite eval_hermitenorm eval_jacobi eval_laguerre eval_legendre exp1 exp10 exp2
expi expit expm1 expn exprel gamma gammainc gammaincc gammaincinv gammainccinv gammaln
hankel1 hankel2 huber hyp0f1 hyp1f1 hyp2f1 hyperu i0 i0e i1 i1e inv_boxcox
inv_boxcox1p iv ive j0 j1 jn jv jve k0 k0e k1 k1e kl_div kn kv kve lambertw log1p
log_expit log_ndtr log_softmax loggamma logit logsumexp modstruve multigammaln ndtr
ndtri ndtri_exp owens_t poch polygamma powm1 pseudo_huber psi rel_entr rgamma sinc
sindg softmax spence spherical_in spherical_jn spherical_kn spherical_yn stdtr struve
tandg voigt_profile wofz wrightomega xlog1py xlogy y0 y1 yn yv yve zeta
"""
CONTINUOUS = "norm expon uniform laplace cauchy logistic t gamma beta chi2 lognorm"
MORE = "gumbel_r gumbel_l halfnorm rayleigh f weibull_min pareto invgamma"
DISCRETE = "poisson bernoulli binom nbinom geom"


def _functions(module: types.ModuleType) -> list[str]:
    names = (n for n in dir(module) if not n.startswith("_") and n != "test")
    found = {n: getattr(module, n) for n in names}
    return [
        n
        for n, v in found.items()
        if callable(v) and not isinstance(v, (type, types.ModuleType))
    ]


@pytest.mark.parametrize("module", [np.linalg, np.fft], ids=["linalg", "fft"])
def test_every_name_of_numpy_has_an_operation(module: types.ModuleType) -> None:
    unsorted = [n for n in _functions(module) if find(getattr(module, n)) is None]
    assert unsorted == []


def test_a_name_that_nobody_sorted_is_seen() -> None:
    module = types.ModuleType("made_up")
    module.something = lambda x: x  # type: ignore[attr-defined]
    assert _functions(module) == ["something"]
    assert find(module.something) is None


@pytest.mark.parametrize("name", SPECIAL.split())
def test_the_listed_special_functions_have_operations(name: str) -> None:
    special = pytest.importorskip("scipy.special")
    assert find(getattr(special, name)) is not None


@pytest.mark.parametrize("name", [*CONTINUOUS.split(), *MORE.split()])
def test_the_listed_distributions_have_densities(name: str) -> None:
    stats = pytest.importorskip("scipy.stats")
    for method in ("pdf", "logpdf"):
        assert find(operator.attrgetter(f"{name}.{method}")(stats)) is not None


@pytest.mark.parametrize("name", CONTINUOUS.split())
@pytest.mark.parametrize("method", ["cdf", "sf", "logcdf"])
def test_the_common_distributions_have_integrals(name: str, method: str) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert find(operator.attrgetter(f"{name}.{method}")(stats)) is not None


@pytest.mark.parametrize("name", DISCRETE.split())
def test_the_listed_distributions_have_masses(name: str) -> None:
    stats = pytest.importorskip("scipy.stats")
    for method in ("pmf", "logpmf"):
        assert find(operator.attrgetter(f"{name}.{method}")(stats)) is not None
