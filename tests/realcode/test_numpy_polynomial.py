"""`numpy.polynomial`: series in six bases, by Clenshaw's recurrences.

=================  =====================================================================
function           what it needed
=================  =====================================================================
polyval            `np.array(c, ndmin=1, copy=True)`; `c.dtype.char in "?bBhH..."`;
                   `isinstance(x, (tuple, list))`; a loop over `range(2, len(c) + 1)`
                   read from the end
chebval, legval    the same, with a pair of names carried through the loop
hermval, lagval    the same, and an integer that counts down in the loop
hermeval           the same
polyvander ...     `np.array(x, copy=None, ndmin=1) + 0.0`; `np.empty(dims, x.dtype)`
                   written row by row; `np.moveaxis` with a known axis
polygrid2d         a starred argument; a function passed as an argument
polyder ...        `try` around `operator.index`; `np.moveaxis`; rows written from the
                   end; a warning for scalars
chebweight ...     nothing
=================  =====================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre
from numpy.polynomial import polynomial as power

from srcad import grad, jacobian

from .cases import checked, generator, same

RNG = generator()
X = RNG.normal(size=3)
C = RNG.normal(size=5)

VALUES = [
    (power.polyval, power.polyder),
    (chebyshev.chebval, chebyshev.chebder),
    (legendre.legval, legendre.legder),
    (hermite.hermval, hermite.hermder),
    (hermite_e.hermeval, hermite_e.hermeder),
    (laguerre.lagval, laguerre.lagder),
]


@pytest.mark.parametrize("value, derivative", VALUES)
def test_value_of_a_series(value: Any, derivative: Any) -> None:
    def f(x: Any, c: Any) -> Any:
        return value(x, c)

    checked(f, X, C)
    checked(f, 0.3, C)
    found = jacobian(f)(X, C)
    same(found, np.diag(value(X, derivative(C))), rtol=1e-10)


@pytest.mark.parametrize(
    "vander, value",
    [
        (power.polyvander, power.polyval),
        (chebyshev.chebvander, chebyshev.chebval),
        (legendre.legvander, legendre.legval),
        (hermite.hermvander, hermite.hermval),
        (hermite_e.hermevander, hermite_e.hermeval),
        (laguerre.lagvander, laguerre.lagval),
    ],
)
def test_columns_of_a_basis(vander: Any, value: Any) -> None:
    def f(x: Any) -> Any:
        return vander(x, 4)

    def g(x: Any, c: Any) -> Any:
        return np.sum(vander(x, 4) @ c)

    def h(x: Any, c: Any) -> Any:
        return np.sum(value(x, c))

    checked(f, X)
    same(grad(g)(X, C), grad(h)(X, C), rtol=1e-10)


@pytest.mark.parametrize("derivative", [derivative for _, derivative in VALUES])
def test_coefficients_of_a_derivative(derivative: Any) -> None:
    def f(c: Any) -> Any:
        return derivative(c)

    checked(f, C)
    same(jacobian(f)(C), derivative(np.eye(5), axis=0))


def test_series_on_a_grid() -> None:
    c = RNG.normal(size=(3, 4))

    def f(x: Any, y: Any, c: Any) -> Any:
        return power.polygrid2d(x, y, c)

    checked(f, X, X[:2] + 1.0, c)


@pytest.mark.parametrize(
    "weight",
    [
        chebyshev.chebweight,
        hermite.hermweight,
        hermite_e.hermeweight,
        laguerre.lagweight,
    ],
)
def test_weights(weight: Any) -> None:
    def f(x: Any) -> Any:
        return weight(x)

    checked(f, X / 4)
