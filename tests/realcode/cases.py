"""How a function of a package is checked: value, both modes, second order."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from srcad import vjp
from srcad.arrays import leaves
from srcad.check import check_grads


def checked(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    argnums: int | Sequence[int] | None = None,
    tol: float | None = None,
) -> None:
    """Check that srcad gives the function's own value, and the right derivatives.

    Parameters
    ----------
    f : callable
        A function of the test's, which calls that of the package.
    args : any
        A point at which it is smooth.
    order : int
        Up to which order derivatives are checked, in both modes, against differences.
    argnums : int or tuple of int, optional
        What is differentiated by; all arguments with floats, if not given.
    tol : float, optional
        Absolute and relative tolerance of the differences.
    """
    given = copy.deepcopy(args)
    same(vjp(f, *given)[0], f(*copy.deepcopy(args)))
    check_grads(f, given, order=order, argnums=argnums, atol=tol, rtol=tol)
    same(given, args)


def same(found: Any, expected: Any, rtol: float = 1e-12) -> None:
    """Check that two structures of numbers agree but for rounding."""
    for a, b in zip(leaves(found), leaves(expected), strict=True):
        if not isinstance(b, (str, type(None))):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-14)


def generator() -> np.random.Generator:
    """Numbers that are the same in every run."""
    return np.random.default_rng(20)
