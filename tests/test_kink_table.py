"""The table of kinks in the README: each row is tested, in both modes.

A row's key is the text of its first column. First derivatives come from `grad` and from
`jvp`; where a second derivative is given, from `grad` of `grad` and `jvp` of `grad`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srcad import SrcadError, grad, hessian, jvp

README = Path(__file__).parents[1] / "README.md"
NAN = float("nan")


def steps_of_where(x: Any) -> Any:
    s = np.sqrt(x)
    t = 2.0 * s + 1.0
    y = np.where(x > 0, t, 0.0)
    return np.sum(y)


def nested_where(x: Any) -> Any:
    a = np.where(x > 1, np.sqrt(x - 1), 0.0)
    b = np.where(a > 0, np.log(a), a)
    return np.sum(b)


def inner_where(x: Any) -> Any:
    return np.sum(np.where(x > 0, np.where(x > 1, np.sqrt(x - 1), np.log(x)), 0.0))


def masked_write(x: Any) -> Any:
    y = np.zeros_like(x)
    mask = x > 0
    y[mask] = np.sqrt(x[mask])
    return np.sum(y)


def masked_out(x: Any) -> Any:
    y = np.sqrt(x)
    y[x <= 0] = 0.0
    return np.sum(y)


def one_out(x: Any) -> Any:
    y = np.log(x)
    y[0] = 0.0
    return np.sum(y)


def safe_division(x: Any) -> Any:
    return np.sum(np.divide(1.0, x, out=np.zeros_like(x), where=x != 0))


def at_most(x: Any) -> Any:
    y = np.zeros(2)
    np.maximum.at(y, [0, 0, 1], x)
    return np.sum(y)


ROWS: dict[str, list[tuple[Any, Any, Any, Any]]] = {
    "`abs`, `fabs`, `sign`, `copysign`": [
        (np.abs, 0.0, 0.0, 0.0),
        (lambda x: abs(x), 0.0, 0.0, 0.0),
        (np.fabs, 0.0, 0.0, 0.0),
        (np.sign, 0.0, 0.0, 0.0),
        (lambda x: np.copysign(x, 2.0), 0.0, 0.0, 0.0),
        (lambda x: np.abs(x + 0j), 0.0, 0.0, None),
    ],
    "`max`, `min`, `maximum`, `minimum` of NumPy": [
        (lambda x: np.maximum(x, 0), 0.0, 0.5, 0.0),
        (lambda x: np.minimum(0, x), 0.0, 0.5, 0.0),
        (lambda x: np.fmax(x, 0), 0.0, 0.5, 0.0),
        (lambda x: np.max(x) ** 2, [1.0, 1.0, 0.5], [1.0, 1.0, 0.0], None),
        (lambda x: np.min(x), [1.0, 1.0, 3.0], [0.5, 0.5, 0.0], 0.0),
        (lambda x: np.ptp(x), [1.0, 1.0, 2.0], [-0.5, -0.5, 1.0], 0.0),
    ],
    "`maximum.accumulate`, and `reduce` and `at` of other ufuncs": [
        (lambda x: np.maximum.accumulate(x)[-1], [1.0, 1.0, 1.0], [0.25, 0.25, 0.5], 0),
        (at_most, [1.0, 1.0, 2.0], [0.5, 0.5, 1.0], 0.0),
    ],
    "`sort`, `partition`, `median`, `quantile`": [
        (lambda x: np.sort(x)[0] * 2, [1.0, 1.0, 3.0], [1.0, 1.0, 0.0], 0.0),
        (lambda x: np.partition(x, 0)[0], [1.0, 1.0, 3.0], [0.5, 0.5, 0.0], 0.0),
        (lambda x: np.median(x), [1.0, 2.0, 2.0], [0.0, 0.5, 0.5], 0.0),
        (lambda x: np.quantile(x, 0.5), [1.0, 2.0, 2.0], [0.0, 0.5, 0.5], 0.0),
    ],
    "`unique`": [(lambda x: np.sum(np.unique(x)), [2.0, 1.0, 2.0], [1.0, 1.0, 0.0], 0)],
    "`interp`": [(lambda x: np.interp(x, [0.0, 1, 2], [0.0, 1, 4]), 1.0, 3.0, 0.0)],
    "Python's `max`, `min`": [
        (lambda x: max(x, 0.0), 0.0, 1.0, 0.0),
        (lambda x: max(0.0, x), 0.0, 0.0, 0.0),
        (lambda x: min(x, 0.0), 0.0, 1.0, 0.0),
    ],
    "`clip`": [
        (lambda x: np.clip(x, 0, 1), 0.0, 1.0, 0.0),
        (lambda x: np.clip(x, 0, 1), 1.0, 1.0, 0.0),
    ],
    "`floor`, `round`, `heaviside`, comparisons": [
        (np.floor, 1.0, 0.0, 0.0),
        (np.round, 0.5, 0.0, 0.0),
        (lambda x: np.heaviside(x, 0.5), 0.0, 0.0, 0.0),
        (lambda x: (x > 0) * 1.0, 0.0, 0.0, 0.0),
    ],
    "`mod`, `remainder`, `fmod`, `divmod`": [
        (lambda x: np.mod(x, 2.0), 4.0, 1.0, 0.0),
        (lambda y: np.mod(5.0, y), 2.0, -2.0, 0.0),
        (lambda x: np.fmod(x, 2.0), -4.0, 1.0, 0.0),
        (lambda y: np.fmod(-5.0, y), 2.0, 2.0, 0.0),
        (lambda x: x % 3.0, 3.0, 1.0, 0.0),
        (lambda x: divmod(x, 3.0)[1], 3.0, 1.0, 0.0),
    ],
    "`norm`, and `std` and `nanstd` of constants": [
        (np.linalg.norm, [0.0, 0.0], [0.0, 0.0], None),
        (lambda x: np.linalg.norm(x, 1), [0.0, 2.0], [0.0, 1.0], 0.0),
        (np.std, [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], None),
        (np.nanstd, [2.0, NAN, 2.0], [0.0, 0.0, 0.0], None),
    ],
    "`hypot`, `arctan2`, `angle` at the origin": [
        (lambda x: np.hypot(x, 0.0), 0.0, NAN, NAN),
        (lambda x: np.arctan2(x, 0.0), 0.0, NAN, NAN),
        (lambda x: np.angle(x + 0j), 0.0, NAN, NAN),
    ],
    "`x**0`, `x**0.0`": [
        (lambda x: x**0, 0.0, 0.0, 0.0),
        (lambda x: x**0.0, 0.0, 0.0, 0.0),
        (lambda x: np.power(x, 0.0), 0.0, 0.0, 0.0),
    ],
    "`0.0**p`, by `p`": [(lambda p: 0.0**p, 2.0, 0.0, 0.0)],
    "`prod`, `cumprod`": [
        (
            lambda x: np.prod(x),
            [2.0, 0.0, 3.0],
            [0.0, 6.0, 0.0],
            [[0, 3, 0], [3, 0, 2], [0, 2, 0]],
        ),
        (
            lambda x: np.prod(x),
            [2.0, 0.0, 0.0],
            [0.0] * 3,
            [[0, 0, 0], [0, 0, 2], [0, 2, 0]],
        ),
        (lambda x: np.cumprod(x)[-1], [2.0, 0.0], [0.0, 2.0], [[0, 1], [1, 0]]),
    ],
    "`sinc`": [
        (np.sinc, 0.0, 0.0, -(np.pi**2) / 3),
        (lambda x: np.sum(np.sinc(x)), [0.0, 1.0], [0.0, -1.0], None),
    ],
    "`logaddexp`": [
        (lambda x: np.logaddexp(x, 1e4), -1e4, 0.0, 0.0),
        (lambda x: np.logaddexp(x, -1e4), 1e4, 1.0, 0.0),
        (lambda x: np.logaddexp(x, -np.inf), 0.0, 1.0, 0.0),
        (lambda x: np.logaddexp(x, 0.0), 0.0, 0.5, 0.25),
    ],
    "`det` of a singular matrix": [
        (np.linalg.det, [[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]], None),
        (np.linalg.det, np.zeros((2, 2)), np.zeros((2, 2)), None),
    ],
    "`where`, `select`, `x[mask]`, `x[mask] = 0`": [
        (lambda x: np.where(x > 0, np.sqrt(x), 0.0), 0.0, 0.0, 0.0),
        (steps_of_where, [0.0, 4.0, -1.0], [0.0, 0.5, 0.0], np.diag([0, -1 / 16, 0])),
        (
            lambda x: np.sum(np.where(x > 0, x * np.log(x), 0.0)),
            *([0.0, 1.0, -1.0], [0.0, 1.0, 0.0], np.diag([0.0, 1.0, 0.0])),
        ),
        (
            lambda x: np.sum(np.where(x != 0, np.sin(x) / x, 1.0)),
            *([0.0, 1.0], [0.0, np.cos(1) - np.sin(1)], None),
        ),
        (
            lambda x: np.sum(np.where(x > 0, x**-1.5, x**0.5)),
            *([4.0, 1.0], [-1.5 * 4**-2.5, -1.5], None),
        ),
        (nested_where, [0.0, 1.0, 3.0], [0.0, 0.0, 0.25], np.diag([0, 0, -0.125])),
        (inner_where, [0.0, 0.5, 5.0, -1], [0.0, 2.0, 0.25, 0.0], None),
        (
            lambda x: np.sum(np.select([x > 1, x > 0], [np.sqrt(x), np.log(x)], 0.0)),
            *([0.0, 0.5, 4.0], [0.0, 2.0, 0.25], None),
        ),
        (lambda x: np.sum(np.sqrt(x[x > 0])), [0.0, 4.0], [0.0, 0.25], None),
        (masked_write, [0.0, 4.0], [0.0, 0.25], np.diag([0, -1 / 32])),
        (masked_out, [0.0, 4.0, -1.0], [0.0, 0.25, 0.0], np.diag([0, -1 / 32, 0])),
        (one_out, [0.0, 4.0], [0.0, 0.25], np.diag([0, -1 / 16])),
        (safe_division, [0.0, 2.0], [0.0, -0.25], np.diag([0.0, 0.25])),
        (lambda x: np.nansum(np.log(x)), [2.0, -1.0], [0.5, 0.0], None),
        (lambda x: np.sum(np.where(x < 9, np.exp(x), 0.0)), [1e3, 0.0], [0, 1.0], None),
    ],
}
# A row whose derivative is refused: what is said.
REFUSED = {"eigenvectors of equal eigenvalues": "equal eigenvalues"}

CASES = [
    pytest.param(*row, id=f"{key}-{k}")
    for key, rows in ROWS.items()
    for k, row in enumerate(rows)
]


def table() -> list[str]:
    """The first column of the table."""
    text = README.read_text(encoding="utf-8")
    part = text.partition("Where a function has a kink")[2].partition("```python")[0]
    return re.findall(r"^\| (\S.*?) \| ", part, re.M)


def test_every_row_is_tested() -> None:
    assert sorted(table()) == sorted([*ROWS, *REFUSED])


@pytest.mark.parametrize("f, x, first, second", CASES)
def test_row(f: Any, x: Any, first: Any, second: Any) -> None:
    number = isinstance(x, float)
    x = x if number else np.array(x, dtype=float)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(grad(f)(x), first, atol=1e-12)
        np.testing.assert_allclose(_forward(f, x), first, atol=1e-12)
        if second is None:
            return
        if number:
            np.testing.assert_allclose(grad(grad(f))(x), second, atol=1e-12)
            np.testing.assert_allclose(
                jvp(grad(f), (x,), (1.0,))[1], second, atol=1e-12
            )
            return
        wanted = np.zeros((x.size, x.size)) + second
        np.testing.assert_allclose(hessian(f)(x), wanted, atol=1e-12)


def _forward(f: Any, x: Any) -> Any:
    """The gradient by forward mode."""
    if isinstance(x, float):
        return jvp(f, (x,), (1.0,))[1]
    basis = np.eye(x.size).reshape(-1, *x.shape)
    return np.reshape([jvp(f, (x,), (e,))[1] for e in basis], x.shape)


def test_equal_eigenvalues() -> None:
    with pytest.raises(SrcadError, match="equal eigenvalues"):
        grad(lambda x: np.linalg.eigh(x)[1][0, 0])(np.eye(2))
