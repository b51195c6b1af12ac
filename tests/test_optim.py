"""SciPy's optimizers with structures: the same minima, exact derivatives."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import optimize

from srcad import SignatureError, grad, hessian
from srcad.errors import ShapeError
from srcad.optim import least_squares, minimize, ravel


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def in_parts(p, far):
    """Rosenbrock's valley of a number, a matrix and a tuple."""
    a, (b, c) = p["a"], p["rest"]
    first = 100.0 * (b[0, 0] - a**2) ** 2 + (far - a) ** 2
    second = np.sum((b - c[0]) ** 2) + np.sum((c - 1.0) ** 2)
    return first + second


START = {"a": -1, "rest": (np.zeros((2, 2)), np.array([0.5, 2.0]))}


@dataclass
class Bell:
    height: float
    middle: float
    kind: str = "bell"
    wide: bool = True
    label: None = None


def bell(p, t):
    width = 0.3 if p.wide else 0.1
    return p.height * np.exp(-(((t - p.middle) / width) ** 2))


def apart(p, t, y):
    return bell(p, t) - y


def squares(p, t, y):
    return np.sum(apart(p, t, y) ** 2)


T = np.linspace(0.0, 1.0, 30)
Y = bell(Bell(2.0, 0.4), T)


def test_there_and_back():
    vector, back = ravel(START)
    assert vector.tolist() == [-1.0, 0.0, 0.0, 0.0, 0.0, 0.5, 2.0]
    found = back(np.arange(7.0))
    assert found["a"] == 0.0 and type(found["a"]) is np.float64
    assert found["rest"][0].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert found["rest"][1].tolist() == [5.0, 6.0]
    assert isinstance(found["rest"], tuple)


def test_single_precision_comes_back():
    vector, back = ravel([np.ones(2, np.float32), np.arange(2)])
    assert vector.dtype == np.float64
    assert [x.dtype for x in back(vector)] == [np.float32, np.float64]


def test_what_is_no_number_stays():
    vector, back = ravel(Bell(1.0, 2.0))
    assert vector.tolist() == [1.0, 2.0]
    assert back(np.array([3.0, 4.0])) == Bell(3.0, 4.0)
    assert ravel({})[0].shape == (0,)
    assert ravel({})[1](np.zeros(0)) == {}


@pytest.mark.parametrize(
    "x", [1j, np.zeros(2, complex), {"x": object()}, [np.array(["text"])]]
)
def test_other_leaves_are_refused(x):
    with pytest.raises(SignatureError, match="SciPy's optimizers take real numbers"):
        ravel(x)


FIRST = ["CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP", "trust-constr"]
SECOND = ["Newton-CG", "trust-ncg", "trust-krylov", "dogleg", "trust-exact"]


@pytest.mark.parametrize("method", [None, *FIRST, *SECOND[:3], SECOND[4]])
def test_every_method_finds_the_minimum(method):
    found = minimize(rosenbrock, np.full(4, 0.8), method=method)
    assert isinstance(found, optimize.OptimizeResult)
    np.testing.assert_allclose(found.x, 1.0, atol=1e-3)


def test_dogleg_where_the_hessian_is_positive():
    found = minimize(lambda x: np.sum(np.cosh(x - 2.0)), np.zeros(3), method="dogleg")
    np.testing.assert_allclose(found.x, 2.0, atol=1e-3)
    assert found.nhev > 1


@pytest.mark.parametrize("method", ["Nelder-Mead", "Powell", "COBYLA"])
def test_methods_without_derivatives(method):
    found = minimize(squares, Bell(1.0, 0.5), (T, Y), method)
    assert found.x.middle == pytest.approx(0.4, abs=1e-2)


def test_the_same_steps_as_by_hand():
    ours = minimize(rosenbrock, np.zeros(5), method="BFGS")
    theirs = optimize.minimize(
        rosenbrock, np.zeros(5), method="BFGS", jac=lambda x: grad(rosenbrock)(x)
    )
    assert ours.nit == theirs.nit and ours.nfev == theirs.nfev
    np.testing.assert_allclose(ours.x, theirs.x, rtol=1e-12)
    np.testing.assert_allclose(ours.jac, grad(rosenbrock)(ours.x), atol=1e-12)


def test_the_hessian_is_srcad_s():
    seen = []

    def method(fun, x0, args=(), hessp=None, hess=None, **more):
        seen.append((hessp, hess))
        return optimize.OptimizeResult(x=x0, fun=fun(x0))

    x, v = np.array([0.3, -0.2, 0.5]), np.array([1.0, -2.0, 0.5])
    minimize(rosenbrock, x, method=method)
    assert seen == [(None, None)]  # a method of the user's gets what the user gives

    original = optimize.minimize

    def caught(fun, x0, **more):
        seen.append((more.get("hessp"), more.get("hess")))
        return original(fun, x0, jac=True, method="BFGS")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimize, "minimize", caught)
        minimize(rosenbrock, x, method="trust-ncg")
        minimize(rosenbrock, x, method="trust-exact")
    product, matrix = seen[1][0], seen[2][1]
    expected = hessian(rosenbrock)(x)
    np.testing.assert_allclose(product(x, v), expected @ v, rtol=1e-12)
    np.testing.assert_allclose(matrix(x), expected, rtol=1e-12)


@pytest.mark.parametrize("method", [None, "trust-ncg", "trust-exact"])
def test_a_structure(method):
    found = minimize(in_parts, START, 1.5, method)  # args may be one value, as in SciPy
    vector, back = ravel(START)
    theirs = optimize.minimize(lambda x: in_parts(back(x), 1.5), vector)
    np.testing.assert_allclose(ravel(found.x)[0], theirs.x, atol=1e-4)
    assert set(found.jac) == {"a", "rest"}
    assert found.jac["rest"][0].shape == (2, 2)


@pytest.mark.parametrize("method", [None, "trust-ncg", "Newton-CG"])
def test_an_object_with_fixed_parts(method):
    found = minimize(squares, Bell(1.5, 0.45), (T, Y), method)
    assert type(found.x) is Bell
    assert (found.x.kind, found.x.wide, found.x.label) == ("bell", True, None)
    assert found.x.height == pytest.approx(2.0, abs=1e-3)
    assert found.x.middle == pytest.approx(0.4, abs=1e-3)


def test_a_number():
    found = minimize(lambda x: (x - 3.0) ** 2, 0)
    assert np.shape(found.x) == () and found.x == pytest.approx(3.0)


def test_bounds_go_to_scipy():
    found = minimize(squares, Bell(1.0, 0.5), (T, Y), bounds=[(0.0, 1.5), (0.0, 1.0)])
    assert found.x.height == pytest.approx(1.5)


def test_callbacks_see_structures():
    seen = []

    def on_x(x):
        seen.append(x)

    def on_result(intermediate_result):
        seen.append(intermediate_result.x)
        assert intermediate_result.fun >= 0.0
        if len(seen) == 2:
            raise StopIteration

    minimize(squares, Bell(1.0, 0.5), (T, Y), "BFGS", callback=on_x)
    assert len(seen) > 2 and all(type(x) is Bell for x in seen)
    seen.clear()
    minimize(squares, Bell(1.0, 0.5), (T, Y), "BFGS", callback=on_result)
    assert len(seen) == 2 and all(type(x) is Bell for x in seen)


def by_label(w, x, label, how="softmax"):
    scores = x @ w
    picked = scores[np.arange(len(label)), label]
    return np.mean(np.log(np.sum(np.exp(scores), axis=1)) - picked) + np.sum(w * w)


@pytest.mark.parametrize("method", [None, "trust-ncg"])
def test_whole_numbers_and_texts_in_args(method):
    rng = np.random.default_rng(0)
    x, label = rng.normal(size=(20, 2)), rng.integers(0, 3, size=20)
    found = minimize(by_label, np.zeros((2, 3)), (x, label, "softmax"), method)
    assert found.x.shape == (2, 3)
    assert np.max(np.abs(found.jac)) < 1e-4


@pytest.mark.parametrize("count", [2, 5])
def test_least_squares_with_whole_numbers_in_args(count):
    def picked(x, which, scale=2.0):
        return scale * x[which] - 1.0

    found = least_squares(picked, np.zeros(5), (np.arange(count),))
    np.testing.assert_allclose(found.x[:count], 0.5)
    np.testing.assert_array_equal(found.jac, 2.0 * np.eye(5)[:count])


@pytest.mark.parametrize("parallel", [None, True])
@pytest.mark.parametrize("method", ["BFGS", "Newton-CG", "trust-exact"])
def test_numba(method, parallel):
    how = {"backend": "numba", "parallel": parallel}
    found = minimize(rosenbrock, np.zeros(3), method=method, **how)
    np.testing.assert_allclose(found.x, 1.0, atol=1e-4)


@pytest.mark.parametrize("count", [2, 30])
def test_least_squares_in_numba(count):
    def growth(x, t):
        return np.exp(-x[0] * t) * x[1] + x[2] - t

    t = np.linspace(0.0, 1.0, count)
    found = least_squares(growth, np.ones(3), (t,), backend="numba", parallel=True)
    plain = least_squares(growth, np.ones(3), (t,))
    np.testing.assert_allclose(found.x, plain.x, rtol=1e-6)
    np.testing.assert_allclose(found.jac, plain.jac, rtol=1e-6)


def test_threads_need_numba():
    with pytest.raises(SignatureError, match="parallel"):
        least_squares(apart, Bell(1.0, 0.5), (T, Y), backend="python", parallel=True)


def test_least_squares():
    found = least_squares(apart, Bell(1.0, 0.5), (T, Y))
    assert found.x.height == pytest.approx(2.0) and found.x.kind == "bell"
    assert type(found.grad) is Bell
    assert found.jac.shape == (30, 2)
    step = 1e-6
    shift = apart(Bell(found.x.height, found.x.middle + step), T, Y)
    np.testing.assert_allclose(found.jac[:, 1], (shift - found.fun) / step, atol=1e-3)


def test_least_squares_of_a_matrix_and_a_number():
    rng = np.random.default_rng(0)
    x, truth = rng.normal(size=(20, 2)), rng.normal(size=(2, 3))

    def wrong(p, x, y):
        return (x @ p[0] + p[1] - y).ravel()

    y = x @ truth + 0.7
    found = least_squares(wrong, [np.zeros((2, 3)), 0.0], (x, y))
    np.testing.assert_allclose(found.x[0], truth, atol=1e-8)
    assert found.x[1] == pytest.approx(0.7)


def test_more_unknowns_than_residuals():
    found = least_squares(lambda x: np.array([np.sum(x) - 3.0, x[0] * 2.0]), np.ones(5))
    np.testing.assert_allclose([found.x.sum(), found.x[0]], [3.0, 0.0], atol=1e-8)


def test_a_residual_that_is_one_number():
    found = least_squares(lambda x: x[0] - 2.0, np.zeros(1))
    assert found.x == pytest.approx([2.0])


def test_what_is_refused():
    with pytest.raises(SignatureError, match="gradient from srcad"):
        minimize(rosenbrock, np.zeros(2), jac=True)
    with pytest.raises(SignatureError, match="Jacobian from srcad"):
        least_squares(apart, Bell(1.0, 0.5), (T, Y), jac="2-point")
    with pytest.raises(ShapeError, match=r"residuals of shape \(2, 2\)"):
        least_squares(lambda x: np.outer(x, x), np.ones(2))


def test_without_scipy_it_says_so():
    code = (
        "import sys; sys.modules['scipy'] = None\n"
        "import srcad\n"
        "try:\n"
        "    import srcad.optim\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "srcad.optim needs SciPy: pip install srcad[scipy]\n"
