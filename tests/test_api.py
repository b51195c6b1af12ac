"""The public transforms: values, structures, options."""

from __future__ import annotations

import functools
import math
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from srcad import (
    ShapeError,
    SignatureError,
    UnsupportedSyntax,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    value_and_grad,
    vjp,
)

V = np.array([0.3, -0.5, 1.2])
A = np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 2.0]])
Pair = namedtuple("Pair", "a b")


def product(x, y):
    return x * x * y


def cube(x):
    return np.sum(x**3)


def linear(x):
    return A @ x


def mixed(p, x):
    return {"s": p["w"] @ x, "t": (p["b"] * x[0], x**2)}


def with_aux(x):
    return np.sum(x * x), {"double": 2 * x}


def loops(x):
    y = x
    for i in range(3):
        if i == 1:
            y = y * y
        else:
            y = y * x + 1
    return y


# ---- grad ----------------------------------------------------------------------------


def test_argnums_and_structure() -> None:
    assert grad(product)(2.0, 3.0) == 12.0
    assert grad(product, 1)(2.0, 3.0) == 4.0
    assert grad(product, -1)(2.0, 3.0) == 4.0
    assert grad(product, (0, 1))(2.0, 3.0) == (12.0, 4.0)
    assert grad(product, (1, 0))(2.0, 3.0) == (4.0, 12.0)
    assert grad(product, argnames="y")(2.0, 3.0) == 4.0
    assert grad(product, argnames=("y",))(2.0, y=3.0) == (4.0,)
    assert grad(product, (1,))(2, 3) == (4.0,)


def test_value_and_grad() -> None:
    assert value_and_grad(product)(2.0, 3.0) == (12.0, 12.0)
    assert value_and_grad(product, (0, 1))(2.0, 3.0) == (12.0, (12.0, 4.0))
    (value, aux), g = value_and_grad(with_aux, has_aux=True)(V)
    assert value == np.sum(V * V)
    assert np.array_equal(aux["double"], 2 * V)
    assert np.array_equal(g, 2 * V)


def test_has_aux() -> None:
    g, aux = grad(with_aux, has_aux=True)(V)
    assert np.array_equal(g, 2 * V)
    assert np.array_equal(aux["double"], 2 * V)
    assert not np.shares_memory(g, aux["double"])
    with pytest.raises(ShapeError, match="aux"):
        grad(cube, has_aux=True)(V)


def test_gradients_of_containers() -> None:
    def f(p):
        return p["a"][0] * np.sum(p["b"].a) + p["b"].b ** 2

    p = {"a": [2.0, "name", 5], "b": Pair(V, 3.0)}
    g = grad(f)(p)
    assert list(g) == ["a", "b"]
    assert g["a"][0] == np.sum(V)
    assert g["a"][2] == 0.0
    assert isinstance(g["b"], Pair)
    assert np.array_equal(g["b"].a, np.full(3, 2.0))
    assert g["b"].b == 6.0


def test_unused_arguments_give_zeros() -> None:
    def f(x, y, z):
        return x * 2.0

    assert grad(f, (0, 1, 2))(1.0, 2.0, 3)[1:] == (0.0, 0.0)
    g = grad(f, 1)(1.0, {"a": V, "b": [1.0]}, 2.0)
    assert np.array_equal(g["a"], np.zeros(3))
    assert g["b"] == [0.0]


def test_array_of_one_element_is_a_number() -> None:
    g = grad(lambda x: x * x)(np.array([[3.0]]))
    assert np.array_equal(g, [[6.0]])


def test_complex_results_are_refused_unless_holomorphic() -> None:
    def f(z):
        return z * z

    with pytest.raises(SignatureError, match="holomorphic"):
        grad(f)(1.0 + 2.0j)
    assert grad(f, holomorphic=True)(1.0 + 2.0j) == 2.0 + 4.0j


def test_third_order_through_loops_and_branches() -> None:
    x, h = 0.4, 1e-5

    def slope(f: Any) -> float:
        return float((f(x + h) - f(x - h)) / (2 * h))

    first = grad(loops)
    second = grad(first)
    third = grad(second)
    assert first(x) == pytest.approx(slope(loops), rel=1e-8)
    assert second(x) == pytest.approx(slope(first), rel=1e-8)
    assert third(x) == pytest.approx(slope(second), rel=1e-8)
    assert grad(third)(x) == pytest.approx(slope(third), rel=1e-8)


def test_mixed_orders() -> None:
    d_xy = grad(grad(product), 1)
    assert d_xy(2.0, 3.0) == 4.0
    assert grad(grad(product, 1))(2.0, 3.0) == 4.0
    assert grad(grad(product, 1), 1)(2.0, 3.0) == 0.0
    assert value_and_grad(grad(product))(2.0, 3.0) == (12.0, 6.0)


# ---- vjp and jvp ---------------------------------------------------------------------


def test_vjp() -> None:
    out, pullback = vjp(linear, V)
    assert np.allclose(out, A @ V)
    ct = np.array([1.0, 2.0])
    (g,) = pullback(ct)
    assert np.allclose(g, ct @ A)
    assert np.array_equal(g, pullback(ct)[0]), "a pullback may run twice"
    assert np.array_equal(ct, [1.0, 2.0])
    out, pullback = vjp(product, 2.0, 3.0)
    assert (out, pullback(2.0)) == (12.0, (24.0, 8.0))


def test_vjp_keeps_what_the_caller_changes_later() -> None:
    x = V.copy()
    out, pullback = vjp(lambda x: x * x, x)
    out[:] = 0.0
    assert np.allclose(pullback(np.ones(3))[0], 2 * V)


def test_vjp_has_aux() -> None:
    out, pullback, aux = vjp(with_aux, V, has_aux=True)
    assert out == np.sum(V * V)
    assert np.array_equal(aux["double"], 2 * V)
    assert np.array_equal(pullback(1.0)[0], 2 * V)


def test_vjp_of_containers() -> None:
    p = {"w": A, "b": 2.0}
    out, pullback = vjp(mixed, p, V)
    gp, gx = pullback({"s": np.array([1.0, 0.0]), "t": (np.float64(1.0), np.ones(3))})
    assert np.allclose(gp["w"], [V, 0 * V])
    assert gp["b"] == pytest.approx(V[0])
    assert np.allclose(gx, A[0] + [2.0, 0.0, 0.0] + 2 * V)


def test_jvp() -> None:
    assert jvp(product, (2.0, 3.0), (1.0, 0.0)) == (12.0, 12.0)
    out, tangent = jvp(linear, (V,), (np.ones(3),))
    assert np.allclose(tangent, A.sum(axis=1))
    _, tangent = jvp(mixed, ({"w": A, "b": 2.0}, V), ({"w": A, "b": 1.0}, V))
    assert np.allclose(tangent["s"], 2 * A @ V)
    assert np.allclose(tangent["t"][1], 2 * V * V)
    with pytest.raises(SignatureError, match="1 primals and 2 tangents"):
        jvp(cube, (V,), (V, V))


def test_jvp_of_grad_and_grad_of_grad_agree() -> None:
    _, along = jvp(grad(cube), (V,), (np.ones(3),))
    assert np.allclose(along, 6 * V)
    out, pullback = vjp(grad(cube), V)
    assert np.allclose(out, 3 * V**2)
    assert np.allclose(pullback(np.ones(3))[0], 6 * V)


# ---- jacobian, hessian, hvp ----------------------------------------------------------


@pytest.mark.parametrize("transform", [jacobian, jacfwd, jacrev])
def test_jacobians(transform: Any) -> None:
    assert np.allclose(transform(linear)(V), A)
    assert transform(lambda x: x * x * x)(2.0) == pytest.approx(12.0)
    by_matrix = transform(lambda a: a * 2.0)(A)
    assert by_matrix.shape == (2, 3, 2, 3)
    assert np.allclose(by_matrix.reshape(6, 6), 2 * np.eye(6))
    both = transform(lambda x, y: np.outer(x, y), (0, 1))(V, V)
    assert [j.shape for j in both] == [(3, 3, 3), (3, 3, 3)]
    assert np.allclose(transform(cube)(V), 3 * V**2)
    vector = transform(lambda s: s * V)(2.0)
    assert np.allclose(vector, V)


def powers(x: Any, n: int) -> Any:
    total = x * 0.0
    for _ in range(n):
        total = total * x + x
    return total


@pytest.mark.parametrize("transform", [jacfwd, jacrev])
def test_jacobians_leave_other_arguments_alone(transform: Any) -> None:
    """A number of steps became a float, as all arguments were differentiated by."""
    assert np.allclose(transform(powers)(V, 2), np.diag(2 * V + 1))
    by = transform(lambda n, x, y: powers(x * y, n), (2, 1))(2, V, V)
    assert np.allclose(by, [np.diag((2 * V * V + 1) * V)] * 2)


def test_second_order_leaves_other_arguments_alone() -> None:
    def f(x: Any, n: int) -> Any:
        return np.sum(powers(x, n))

    assert np.allclose(hessian(f)(V, 2), 2 * np.eye(3))
    assert np.allclose(hvp(f, (V, 2), (V, None)), 2 * V)
    value, along = jvp(f, (V, 2), (V, None))
    assert value == pytest.approx(f(V, 2))
    assert along == pytest.approx(np.sum((2 * V + 1) * V))
    with pytest.raises(UnsupportedSyntax, match="differentiated by is a float"):
        vjp(f, V, 2)


@pytest.mark.parametrize("transform", [jacfwd, jacrev])
def test_jacobians_of_containers(transform: Any) -> None:
    found = transform(mixed)({"w": A, "b": 2.0}, V)
    assert found["s"]["w"].shape == (2, 2, 3)
    assert found["s"]["b"].shape == (2,)
    assert found["t"][0]["b"] == pytest.approx(V[0])
    assert found["t"][1]["w"].shape == (3, 2, 3)


@pytest.mark.parametrize("transform", [jacfwd, jacrev])
def test_leaves_that_are_no_numbers_have_none(transform: Any) -> None:
    """A text among the parameters ended with Python's own TypeError."""

    def f(p: Any) -> Any:
        return {"y": p["w"] * p["x"], "name": p["name"], "on": p["on"]}

    point = {"w": 2.0, "x": V, "name": "linear", "on": True}
    found = transform(f)(point)
    assert np.allclose(found["y"]["w"], V)
    assert np.allclose(found["y"]["x"], 2.0 * np.eye(3))
    assert found["y"]["name"] is None and found["y"]["on"] is None
    assert found["name"] == found["on"] == dict.fromkeys(point)
    with pytest.raises(SignatureError, match="'linear' cannot be differentiated by"):
        transform(lambda x, mode: x if mode == "linear" else x * x, 1)(2.0, "linear")


@pytest.mark.parametrize("transform", [jacfwd, jacrev])
def test_jacobians_by_arrays_of_no_elements(transform: Any) -> None:
    assert transform(np.sin)(np.zeros(0)).shape == (0, 0)
    assert transform(lambda x: np.ones(3) * np.sum(x))(np.zeros(0)).shape == (3, 0)


def test_hessian() -> None:
    assert np.allclose(hessian(cube)(V), np.diag(6 * V))
    assert hessian(math.sin)(0.5) == pytest.approx(-math.sin(0.5))
    by_matrix = hessian(lambda a: np.sum(a**2) * a[0, 0])(A)
    assert by_matrix.shape == (2, 3, 2, 3)
    flat = by_matrix.reshape(6, 6)
    assert np.allclose(flat, flat.T)
    assert np.allclose(hessian(np.prod)(np.array([2.0, 3.0])), [[0, 1], [1, 0]])
    assert np.allclose(jacobian(np.cumsum)(np.ones(2)), [[1, 0], [1, 1]])
    assert hessian(product, 0)(2.0, 3.0) == pytest.approx(6.0)
    with pytest.raises(SignatureError):
        hessian(cube, (0,))


def test_hvp() -> None:
    assert np.allclose(hvp(cube, (V,), (np.ones(3),)), 6 * V)
    found = hvp(product, (2.0, 3.0), (1.0, 0.0))
    assert np.allclose(found, (6.0, 4.0))


def _written(x: Any, p: Any) -> Any:
    """Writes to what it is given, and to a number in rounds."""
    x[1] = x[0] * p
    for _ in range(3):
        p *= 0.5
    return x * p


@pytest.mark.parametrize("dx", [np.array([1, 2, 3]), [1, 2, 3], np.array([True] * 3)])
def test_tangents_and_cotangents_of_integers(dx: Any) -> None:
    """What is written to a copy of them is not cut off."""
    x, floats = np.array([0.5, 0.6, 0.7]), np.array(dx, float)
    found = jvp(_written, (x, 0.3), (dx, 1))[1]
    expected = jvp(_written, (x, 0.3), (floats, 1.0))[1]
    assert np.array_equal(found, expected) and expected[1] != 0.0
    _, pullback = vjp(_written, x, 0.3)
    assert np.array_equal(pullback(dx)[0], pullback(floats)[0])
    assert pullback(dx)[0][0] % 1.0
    product = hvp(lambda x: np.sum(_written(x, 0.3) ** 2), (x,), (dx,))
    assert np.array_equal(
        product, hvp(lambda x: np.sum(_written(x, 0.3) ** 2), (x,), (floats,))
    )


def test_a_tangent_of_no_dimensions_is_not_written_to() -> None:
    one, x = np.array(1.0), np.array([0.5, 0.6, 0.7])
    _, found = jvp(_written, (x, 0.3), (x, one))
    assert one == 1.0
    assert np.array_equal(found, jvp(_written, (x, 0.3), (x, 1.0))[1])
    _, pullback = vjp(lambda p: _written(x.copy(), p)[0], 0.3)
    assert pullback(one) == pullback(1.0) and one == 1.0


def test_tangents_in_containers_of_integers() -> None:
    def f(state: Any) -> Any:
        state["x"][0] *= 0.5
        return state["x"] * state["p"]

    state = {"p": 0.3, "x": np.array([0.5, 0.6])}
    given = {"x": np.array([1, 1]), "p": np.array(1)}
    floats = {"x": np.array([1.0, 1.0]), "p": 1.0}
    found, expected = (jvp(f, (state,), (d,))[1] for d in (given, floats))
    assert np.array_equal(found, expected)


def test_jacobian_keywords_and_defaults() -> None:
    def f(x, scale=2.0):
        return x * scale

    assert np.allclose(jacrev(f)(V), 2 * np.eye(3))
    assert np.allclose(jacfwd(f)(V, scale=3.0), 3 * np.eye(3))


def test_jacobians_of_functions_with_arguments_by_keyword_only() -> None:
    def loss(w: Any, *, scale: float = 0.5) -> Any:
        return np.sum(w**2) * scale

    w = np.array([1.0, 2.0])
    for transform in (jacobian, jacfwd, jacrev):
        assert np.array_equal(transform(loss)(w), w)
        assert np.array_equal(transform(loss)(w, scale=2.0), 4.0 * w)
    assert np.array_equal(hessian(loss)(w), np.eye(2))


@pytest.mark.parametrize("backend", ["python", "numba"])
def test_a_tangent_of_an_array_may_be_a_number_or_a_list(backend: str) -> None:
    def first(x: Any) -> Any:
        return x[()] * 2.0

    def total(x: Any) -> Any:
        return np.sum(x[1:] * x[:-1])

    found = jvp(first, (np.array(0.5),), (1.0,), backend=backend)
    assert found == (1.0, 2.0)
    x = np.array([1.0, 2.0, 3.0])
    found = jvp(total, (x,), ([1.0, 0.0, 2.0],), backend=backend)
    assert found == (8.0, 6.0)


class Weighted:
    def __init__(self, weight: float) -> None:
        self.weight = weight

    def energy(self, x: Any, *more: float, scale: float = 1.0, **options: float) -> Any:
        times = sum(more) * scale * options.get("times", 1.0)
        return self.weight * times * np.sum(x**3)


def test_matrices_of_functions_with_any_parameters() -> None:
    x, weighted = np.array([1.0, 2.0]), Weighted(0.5)
    for more, options in (((1.0,), {}), ((1.0, 2.0), {"scale": 3.0, "times": 2.0})):
        times = sum(more) * options.get("scale", 1.0) * options.get("times", 1.0)
        hess = hessian(weighted.energy)(x, *more, **options)
        assert np.allclose(hess, times * np.diag(3.0 * x))
        for transform in (jacobian, jacrev, jacfwd):
            found = transform(weighted.energy)(x, *more, **options)
            assert np.allclose(found, times * 1.5 * x**2)
    fixed = functools.partial(weighted.energy, scale=2.0)
    assert np.allclose(hessian(fixed)(x, 1.0), np.diag(6.0 * x))
