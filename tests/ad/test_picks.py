"""Loops that only pick: the adjoint of one round, and nothing kept of the others.

What they give is in `tests/programs/picks.py`; here are the points where rounds are
equal, nan or missing, in both dialects, and what the adjoint costs.
"""

import numpy as np
import pytest

import srcad

NAN = np.nan


def first_smallest(x, start):
    best = start
    for v in x:
        best = min(best, 3.0 * v)
    return best


def last_smallest(x, start):
    best = start
    for v in x:
        best = min(3.0 * v, best)
    return best


def first_largest(x, start):
    best = start
    for v in x:
        best = max(best, 3.0 * v)
    return best


def last_largest(x, start):
    best = start
    for v in x:
        best = max(3.0 * v, best)
    return best


def largest_root(x, start):
    best = start
    for v in x:
        r = np.sqrt(v)
        if r > best:
            best = r
    return best


def nothing_else(x, start):
    best, at = start, -1
    for k in range(len(x)):
        if x[k] < best:
            best, at = x[k], k
            break
    return best * (2 + at)


POINTS = [
    # Equal rounds: the first counts in `best = min(best, v)`, as in Python.
    (first_smallest, [2.0, 1.0, 1.0], 9.0, [0, 3, 0], 0),
    (last_smallest, [2.0, 1.0, 1.0], 9.0, [0, 0, 3], 0),
    (first_largest, [2.0, 2.0, 1.0], 0.0, [3, 0, 0], 0),
    (last_largest, [2.0, 2.0, 1.0], 0.0, [0, 3, 0], 0),
    (first_smallest, [1.0, 1.0], 3.0, [0, 0], 1),
    (last_smallest, [1.0, 1.0], 3.0, [0, 3], 0),
    # No round is picked, or there is none.
    (first_smallest, [2.0, 1.0], -1.0, [0, 0], 1),
    (last_largest, [], 0.5, [], 1),
    (nothing_else, [2.0, 1.0], 0.5, [0, 0], 1),
    (nothing_else, [2.0, 1.0, 0.5], 1.5, [0, 3, 0], 0),
    # A comparison with nan is false.
    (first_smallest, [NAN, 1.0, NAN], 9.0, [0, 3, 0], 0),
    (first_smallest, [2.0, 1.0], NAN, [0, 0], 1),
    (last_smallest, [2.0, NAN, 1.0], 9.0, [0, 0, 3], 0),
    # What was not picked adds nothing, not even 0 times infinity.
    (largest_root, [0.0, 4.0, -1.0], 0.0, [0, 0.25, 0], 0),
    (largest_root, [0.0, -1.0], 1.0, [0, 0], 1),
]


@pytest.mark.parametrize("backend", ["python", "numba"])
@pytest.mark.parametrize(("f", "x", "start", "x_bar", "start_bar"), POINTS)
def test_which_round_counts(f, x, start, x_bar, start_bar, backend):
    if backend == "numba":
        pytest.importorskip("numba")
    with np.errstate(invalid="ignore"):
        found = srcad.grad(f, (0, 1), backend=backend)(np.array(x), start)
    np.testing.assert_array_equal(found[0], x_bar)
    assert found[1] == start_bar


def nearest(x, rows):
    total = 0.0
    for i in range(len(x)):
        best = np.inf
        for j in range(len(rows)):
            d = 0.0
            for c in range(rows.shape[1]):
                d += np.cosh(x[i] - rows[j, c]) * rows[j, c] ** 2
            if d < best:
                best = d
        total += best
    return total


def test_adjoint_is_one_round():
    """Nothing is kept of the loop over rows, and nothing walks it backwards."""
    rng = np.random.default_rng(3)
    x, rows = rng.normal(size=4), rng.normal(size=(5, 3))
    g = srcad.grad(nearest, (0, 1))
    g(x, rows)
    assert "append" not in g.source
    assert g.source.count("range(len(rows))") == 1
    assert "rows_bar[best_at, c]" in g.source


def told(v):
    print("asked")
    return v * v


def test_a_function_that_prints_does_so_once_a_round(capsys):
    """What keeps something in its forward half, and has an effect, runs once."""

    def smallest(x):
        best = np.inf
        for v in x:
            best = min(best, told(v) * v)
        return best

    found = srcad.grad(smallest)(np.array([3.0, -2.0, 4.0]))
    np.testing.assert_array_equal(found, [0.0, 12.0, 0.0])
    assert capsys.readouterr().out.count("asked") == 3


def test_a_rule_that_prints_does_so_once_a_round(capsys):
    cube = srcad.custom_vjp(lambda v: v**3)

    def forward(v):
        print("asked")
        return v**3, v

    cube.defvjp(forward, lambda v, g: (3.0 * v**2 * g,))

    def smallest(x):
        best = np.inf
        for v in x:
            best = min(best, cube(v))
        return best

    found = srcad.grad(smallest)(np.array([3.0, -2.0, 4.0]))
    np.testing.assert_array_equal(found, [0.0, 12.0, 0.0])
    assert capsys.readouterr().out.count("asked") == 3


def test_noise_is_not_drawn_again():
    """A value that an effect gave is noted, for it would not come again."""

    def smallest(x, rng):
        best = np.inf
        for v in x:
            best = min(best, v * rng.normal() ** 2)
        return best

    x = np.array([3.0, 2.0, 4.0])
    draws = np.random.default_rng(5).normal(size=3) ** 2
    k = int(np.argmin(x * draws))
    found = srcad.grad(smallest)(x, np.random.default_rng(5))
    np.testing.assert_allclose(found, np.where(np.arange(3) == k, draws, 0.0))


def test_pullback_of_picked_rows():
    """A picked row's cotangent: dot product of both modes."""

    def picked(x, rows):
        best, row = np.inf, rows[0] * 0.0
        for j in range(len(rows)):
            d = np.sum((x - rows[j]) ** 2)
            if d < best:
                best, row = d, rows[j] * x
        return row

    rng = np.random.default_rng(7)
    point = rng.normal(size=3), rng.normal(size=(4, 3))
    along = rng.normal(size=3), rng.normal(size=(4, 3))
    out, tangent = srcad.jvp(picked, point, along)
    g = rng.normal(size=3)
    _, pullback = srcad.vjp(picked, *point)
    total = sum(np.sum(a * b) for a, b in zip(pullback(g), along, strict=True))
    np.testing.assert_allclose(total, g @ tangent, rtol=1e-12)
