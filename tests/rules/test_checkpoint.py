"""Functions whose values are computed again rather than kept."""

import math

import numpy as np
import pytest

import srcad
from srcad import check_grads, grad
from srcad.errors import UnsupportedSyntax

from .functions import X

# ---- checkpoint ----------------------------------------------------------------------


def block(x, k):
    y = np.sin(x) * k
    for _ in range(2):
        y = y * np.cos(y) + x
    return np.exp(-y) + x


kept_less = srcad.checkpoint(block)


def in_blocks(x, k):
    for _ in range(3):
        x = kept_less(x, k)
    return np.sum(x**2)


def in_blocks_by_closures(x, k):
    for _ in range(3):
        x = srcad.checkpoint(lambda y: block(y, k) * k)(x)
    return np.sum(x**2)


def test_checkpoint_keeps_the_arguments_only():
    def plain(x, k):
        for _ in range(3):
            x = block(x, k)
        return np.sum(x**2)

    found = grad(in_blocks, argnums=(0, 1))
    for a, b in zip(found(X, 0.7), grad(plain, argnums=(0, 1))(X, 0.7), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    main = found.source[found.source.index("def in_blocks") :]
    assert main.count("saved_") == main.count("saved_x")
    assert "block_fwd(x, k)" in main.partition("# return")[2]
    check_grads(in_blocks, (X, 0.7))
    check_grads(in_blocks_by_closures, (X, 0.7), order=1)
    assert grad(srcad.checkpoint(lambda x: x * x))(3.0) == 6.0
    assert math.isclose(grad(lambda x: srcad.checkpoint(np.sin)(x))(0.3), math.cos(0.3))


def test_what_runs_twice_has_no_effects():
    @srcad.checkpoint
    def drawn(x):
        return x * np.random.rand()

    with pytest.raises(UnsupportedSyntax, match="runs twice"):
        grad(lambda x: drawn(x))(3.0)

    @srcad.checkpoint
    def guarded(x):
        if x < 0:
            raise ValueError("negative")
        return x * x

    assert grad(lambda x: guarded(x))(3.0) == 6.0
    with pytest.raises(ValueError, match="negative"):
        grad(lambda x: guarded(x))(-3.0)
