"""Functions given to SciPy: what is refused, where, and what fails."""

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
from scipy.integrate import solve_ivp
from scipy.optimize import fsolve

import srcad

TIMES = np.linspace(0.5, 2.0, 4)


def appends(a):
    seen = []

    def equation(x):
        seen.append(x)
        return x**3 - a

    return scipy.optimize.brentq(equation, 0.0, 3.0)


def prints(a):
    def equation(x):
        print(x)
        return x**3 - a

    return scipy.optimize.brentq(equation, 0.0, 3.0)


def counts(a):
    count = 0

    def equation(x):
        nonlocal count
        count += 1
        return x**3 - a

    return scipy.optimize.brentq(equation, 0.0, 3.0)


def bounded(a):
    return scipy.optimize.minimize(
        lambda x: np.sum((x - a) ** 2), np.zeros(2), bounds=[(0, 1), (0, 1)]
    ).fun


def bounded_by_method(a):
    return scipy.optimize.minimize_scalar(lambda x: (x - a) ** 2, method="bounded").x


def own_steps(k):
    return solve_ivp(lambda t, y: -k * y, (0.0, 1.0), [1.0]).y[0, 1]


def with_events(k):
    return solve_ivp(
        lambda t, y: -k * y, (0.0, 1.0), [1.0], t_eval=[1.0], events=lambda t, y: y[0]
    ).y[0, -1]


def by_tolerances(k):
    return solve_ivp(
        lambda t, y: -k * y, (0.0, 1.0), [1.0], t_eval=[1.0], atol=np.array([1e-8])
    ).y[0, -1]


def by_error(k):
    value, error = scipy.integrate.quad(lambda x: np.exp(-k * x), 0.0, 1.0)
    return value * error


def weighted(k):
    return scipy.integrate.quad(lambda x: k * x, 0.0, 1.0, weight="cos", wvar=2.0)[0]


def writes_to_the_state(k):
    def rhs(t, y):
        y[0] = 0.0
        return -k * y

    return solve_ivp(rhs, (0.0, 1.0), [1.0, 0.5], t_eval=[1.0]).y[0, -1]


def both_in_one(a):
    return scipy.optimize.minimize(
        lambda x: (np.sum((x - a) ** 2), 2 * x), np.zeros(2), jac=True
    ).fun


def fitted(k):
    return scipy.optimize.curve_fit(lambda x, a: a * x, np.arange(3.0), k * TIMES)[0]


def other_field(a):
    found = scipy.optimize.minimize(lambda x: np.sum((x - a) ** 2), np.zeros(2))
    return found.jac[0]


def gives_a_list(a):
    return scipy.optimize.brentq(lambda x: [x - a], 0.0, 3.0)


REFUSED = [
    (appends, "seen.append(x)", "writes to an object from outside"),
    (prints, "scipy.optimize.brentq(equation", "has an effect"),
    (counts, "count += 1", "writes to an object from outside"),
    (bounded, "scipy.optimize.minimize(", "solution at a bound"),
    (bounded_by_method, "scipy.optimize.minimize_scalar", "'method'|at a bound"),
    (own_steps, "solve_ivp", "t_eval"),
    (with_events, "solve_ivp(", "'events'"),
    (by_tolerances, "solve_ivp(", "one number as atol"),
    (by_error, "value, error = ", "the first entry only"),
    (weighted, 'weight="cos"', "into the integrand"),
    (
        writes_to_the_state,
        "y[0] = 0.0",
        "an array that scipy.integrate.solve_ivp works with",
    ),
    (both_in_one, "scipy.optimize.minimize(", "give the function, and its derivative"),
    (fitted, "scipy.optimize.curve_fit(", "use scipy.optimize.least_squares"),
    (other_field, "found.jac", "'jac' of what SciPy gives"),
    (gives_a_list, "[x - a]", "must give a number"),
]


@pytest.mark.parametrize("case", REFUSED, ids=[c[0].__name__ for c in REFUSED])
def test_what_has_no_rule_is_refused_at_the_line(case):
    function, line, why = case
    for derivative in (
        srcad.grad(function),
        lambda x: srcad.jvp(function, (x,), (1.0,)),
    ):
        with pytest.raises(srcad.SrcadError, match=why) as refused:
            derivative(1.5)
        assert line in str(refused.value)


def test_failures_are_those_of_scipy():
    def no_sign_change(a):
        return scipy.optimize.brentq(lambda x: x**3 - a, 2.0, 3.0)

    def singular(a):
        x = fsolve(lambda x: [x[0] + x[1] - a, 2 * x[0] + 2 * x[1] - 2 * a], [0.0, 0.0])
        return x[0]

    with pytest.raises(ValueError, match="different signs"):
        srcad.grad(no_sign_change)(1.0)
    with pytest.raises(np.linalg.LinAlgError):
        srcad.grad(singular)(1.0)
