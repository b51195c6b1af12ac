"""Rules of the user's: what they compute, to any order."""

import math

import numpy as np
import pytest

import srcad
from srcad import (
    check_grads,
    custom_jvp,
    custom_vjp,
    declare,
    grad,
    jvp,
    value_and_grad,
)
from srcad.errors import MissingRule, SignatureError

from .functions import X, exponential, product, weighted


def test_a_tangent_rule_serves_both_modes_to_any_order():
    check_grads(lambda x: np.sum(exponential(x) * x), (X,), order=3)
    check_grads(exponential, (0.3,), order=4)
    check_grads(lambda x, y: np.sum(weighted(x, y) ** 2), (X, X + 1), order=3)


def test_the_rule_is_what_counts_not_the_body():
    @custom_jvp
    def doubled(x):
        return x

    doubled.defjvp(lambda primals, tangents: (primals[0], 2.0 * tangents[0]))
    assert grad(doubled)(3.0) == 2.0
    assert jvp(doubled, (3.0,), (1.0,)) == (3.0, 2.0)
    assert doubled(3.0) == 3.0


def test_a_straight_through_rule_of_a_step():
    @custom_jvp
    def rounded(x):
        return np.round(x)

    rounded.defjvp(lambda primals, tangents: (rounded(primals[0]), tangents[0]))
    value, gradient = value_and_grad(lambda x: np.sum(rounded(x) * X))(X)
    assert value == np.sum(np.round(X) * X)
    np.testing.assert_array_equal(gradient, X)


# ---- custom_vjp ----------------------------------------------------------------------


def test_a_cotangent_rule_serves_both_modes_to_any_order():
    check_grads(lambda x, y: np.sum(product(x, y) ** 2), (X, X + 1), order=3)
    check_grads(product, (0.3, 1.2), order=3)


def test_clipping_a_cotangent():
    @custom_vjp
    def clipped(x, low, high):
        return x

    clipped.defvjp(
        lambda x, low, high: (x, (low, high)),
        lambda kept, g: (np.clip(g, kept[0], kept[1]), 0.0, 0.0),
    )
    assert grad(lambda x: 100.0 * clipped(x, -1.0, 1.0))(3.0) == 1.0


def test_a_backward_rule_that_is_not_linear_has_no_forward_mode():
    @custom_vjp
    def clipped(x):
        return x * 1.0

    clipped.defvjp(lambda x: (x * 1.0, None), lambda kept, g: (np.clip(g, -1, 1),))
    assert grad(lambda x: 5.0 * clipped(x))(3.0) == 1.0
    with pytest.raises(MissingRule, match="is not linear"):
        jvp(lambda x: 5.0 * clipped(x), (3.0,), (1.0,))

    @custom_vjp
    def long(x):
        return x * 1.0

    def backward(x, g):
        total = g
        for k in range(3):
            total = total * np.cos(x * k) + g * g * 0.0
            total = total + np.sin(total) * x
        return (total,)

    long.defvjp(lambda x: (x * 1.0, x), backward)
    grad(lambda x: long(x))(3.0)
    with pytest.raises(MissingRule, match="is not linear"):
        jvp(lambda x: long(x), (3.0,), (1.0,))


def test_loops_and_branches():
    def looped(x, n):
        for k in range(n):
            if k % 2 == 0:
                x = product(x, x) + 0.1
            else:
                x = exponential(x) - 0.5 * x
        return np.sum(x)

    check_grads(looped, (X, 3))
    assert "saved_" in grad(looped).source_for(X, 3)

    def until(x):
        while np.sum(x) < 5.0:
            x = weighted(x, 2.0) + x
        return np.sum(x * x)

    check_grads(until, (X,))


def test_a_rule_with_a_loop_of_its_own():
    @custom_vjp
    def powered(x, n):
        return x**n

    def forward(x, n):
        return powered(x, n), (x, n)

    def backward(kept, g):
        x, n = kept
        total = g
        for _ in range(n - 1):
            total = total * x
        return n * total, None

    powered.defvjp(forward, backward)
    check_grads(lambda x: np.sum(powered(x, 4)), (X,), order=2)


def test_functions_between_and_recursion():
    def layer(x, depth):
        if depth == 0:
            return x
        return layer(product(x, exponential(0.1 * x)), depth - 1)

    globals()["layer"] = layer
    try:
        check_grads(lambda x: np.sum(layer(x, 2)), (X,))
    finally:
        del globals()["layer"]


@custom_jvp
def tower(x, n):
    return x if n == 0 else np.sin(tower(x, n - 1))


@tower.defjvp
def tower_jvp(primals, tangents):
    x, n = primals
    return tower(x, n), slope_of_tower(x, n) * tangents[0]


def slope_of_tower(x, n):
    return 1.0 if n == 0 else np.cos(tower(x, n - 1)) * slope_of_tower(x, n - 1)


def test_a_recursive_function_with_a_rule():
    assert math.isclose(tower(0.5, 3), math.sin(math.sin(math.sin(0.5))))
    check_grads(lambda x: tower(x, 3), (0.5,), order=2)


# ---- inside other transforms ---------------------------------------------------------


def test_nested_transforms_and_all_of_them():
    def slope(x):
        return grad(lambda t: product(t, t) * exponential(t))(x)

    check_grads(slope, (0.7,))
    expected = np.diag(np.exp(X))
    np.testing.assert_allclose(srcad.jacrev(exponential)(X), expected)
    np.testing.assert_allclose(srcad.jacfwd(exponential)(X), expected)
    found = srcad.hessian(lambda x: np.sum(product(x, x)))(X)
    np.testing.assert_allclose(found, np.diag(2 * np.cos(X) - X * np.sin(X)))
    out, pull = srcad.vjp(product, X, X)
    np.testing.assert_allclose(pull(np.ones(3))[1], np.sin(X))
    out, dot = jvp(grad(lambda x: np.sum(product(x, x))), (X,), (np.ones(3),))
    np.testing.assert_allclose(dot, 2 * np.cos(X) - X * np.sin(X))


def test_a_rule_that_differentiates():
    @custom_jvp
    def inner(x):
        return x**3

    def cube(x):
        return x**3

    @inner.defjvp
    def inner_jvp(primals, tangents):
        (x,) = primals
        return inner(x), grad(cube)(x) * tangents[0]

    check_grads(inner, (1.3,), order=3)


# ---- changing rules ------------------------------------------------------------------


def test_changed_rules_are_noticed():
    @custom_vjp
    def kept(x):
        return x

    kept.defvjp(lambda x: (x, None), lambda kept, g: (2.0 * g,))
    found = grad(lambda x: kept(x))
    assert found(1.0) == 2.0
    kept.defvjp(lambda x: (x, None), lambda kept, g: (3.0 * g,))
    assert found(1.0) == 3.0

    def library(x):
        return x * x

    slope = grad(lambda x: library(x))
    assert slope(2.0) == 4.0
    declare(library, partials=lambda out, x: [10.0])
    assert slope(2.0) == 10.0
    declare(library, partials=lambda out, x: [20.0])
    assert slope(2.0) == 20.0
    srcad.undeclare(library)
    assert slope(2.0) == 4.0
    slope = grad(library)
    assert slope(2.0) == 4.0
    declare(library, partials=lambda out, x: [20.0])
    assert slope(2.0) == 20.0
    srcad.undeclare(library)
    assert slope(2.0) == 4.0
    with pytest.raises(SignatureError, match="was not declared"):
        srcad.undeclare(library)


def test_a_cotangent_may_be_written_to():
    @custom_vjp
    def f(x):
        return x * 2.0

    def backward(kept, g):
        g *= 2.0
        return (g,)

    f.defvjp(lambda x: (x * 2.0, None), backward)
    found = grad(lambda x: np.sum(f(x) * x))(X)
    np.testing.assert_allclose(found, 2 * X + 2 * X)
