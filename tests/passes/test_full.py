"""A number that is spread and copied fills a new array."""

import numpy as np
import pytest

import srcad

X = np.array([0.3, -0.7, 1.1])
M = np.outer(X, X)


def source(function, *args):
    srcad.check_grads(function, args, order=2)
    gradient = srcad.grad(function)
    gradient(*args)
    return gradient.source


def a_mean(x):
    y = x * 2.0
    for k in range(2):
        y[k] = np.sin(y[k])
    return np.mean(y)


def a_sum(x):
    y = x * 2.0
    for k in range(2):
        y[k] = np.sin(y[k])
    return y.sum()


@pytest.mark.parametrize("x", [X, M])
def test_the_cotangent_of_a_mean_is_filled(x):
    text = source(a_mean, x)
    assert "np.full_like(x, 1.0 / max(" in text.replace("full_like(y", "full_like(x")
    assert "broadcast_to" not in text and "copy(" not in text.replace("y_k.copy()", "")


def test_the_cotangent_of_a_sum_is_ones():
    text = source(a_sum, X)
    assert "y_bar = np.ones_like(y)" in text
    assert "broadcast_to" not in text


def test_an_array_that_is_spread_is_copied():
    def f(x):
        y = x * 2.0
        for k in range(2):
            y[k] = np.sin(y[k])
        return np.sum(np.mean(y, axis=0) ** 2)

    text = source(f, M)
    assert "np.broadcast_to(" in text and "copy(" in text


def test_the_dtype_is_that_of_the_number():
    """A float64 that goes through a float32 array fills no array of float32."""
    x = X.astype(np.float32)
    gradient = srcad.grad(a_mean)
    assert gradient(x).dtype == np.float32
    np.testing.assert_allclose(gradient(x), srcad.grad(a_mean)(X), rtol=1e-6)
