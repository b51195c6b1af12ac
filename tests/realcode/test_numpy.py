"""NumPy's own functions that are written in Python.

=================  =====================================================================
function           what it needed
=================  =====================================================================
polyval            `isinstance(p, poly1d)`; a loop over an array
polyder            recursion that ends by a known integer; `n - 1` through calls
polyadd            lengths compared at run time, arrays joined on the way that is taken
fliplr, hsplit     lengths read, an error raised with a text
tensordot          lists built from known axes; `try` (declared as an operation)
matrix_power       `try`; a power that is known through calls
vector_norm        keyword-only arguments; a flag tested with `is`
=================  =====================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad import grad

from .cases import checked, generator, same

RNG = generator()
P = RNG.normal(size=4)
X = RNG.normal(size=3)
A = RNG.normal(size=(3, 4))


def test_polyval() -> None:
    def f(p: Any, x: Any) -> Any:
        return np.polyval(p, x)

    def total(p: Any, x: Any) -> Any:
        return np.sum(np.polyval(p, x))

    checked(f, P, X)
    same(grad(total, argnums=1)(P, X), np.polyval(np.polyder(P), X))


def test_polyder() -> None:
    def once(p: Any) -> Any:
        return np.polyder(p)

    def twice(p: Any) -> Any:
        return np.polyder(p, 2)

    checked(once, P)
    checked(twice, P)


def test_polyadd() -> None:
    def f(p: Any, q: Any) -> Any:
        return np.polyadd(p, q)

    checked(f, P, X)
    checked(f, X, P)


def test_fliplr() -> None:
    def f(a: Any) -> Any:
        return np.fliplr(a)[0, :2] * a[0, 1:3]

    checked(f, A)


def test_vector_norm() -> None:
    def f(a: Any) -> Any:
        return np.linalg.vector_norm(a)

    checked(f, A)


def test_column_stack() -> None:
    def f(x: Any, y: Any) -> Any:
        return np.column_stack([x, x * y])

    checked(f, X, X + 1.0)


def test_matrix_power() -> None:
    square = A[:, :3] + np.eye(3)

    def f(a: Any) -> Any:
        return np.linalg.matrix_power(a, 3)

    checked(f, square)
