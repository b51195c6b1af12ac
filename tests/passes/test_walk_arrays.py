"""A loop over the rows of an array is printed as the user wrote it."""

import numpy as np
import pytest

import srcad

A = np.array([0.3, -0.7, 1.1, 0.4])
B = np.array([0.9, 0.2, -0.5])
M = np.outer(A, B)


def values(w, xs):
    s = 0.0
    for x in xs:
        s = np.sin(s * w) + w * x**2
    return s


def numbered(w, xs):
    s = 0.0
    for k, x in enumerate(xs):
        s = np.sin(s * w) + w * x * k
    return s


def shortest(w, xs):
    s = 0.0
    for x, y in zip(xs, B):
        s = np.sin(s * w) + w * x * y
    return s


def sides(w, xs):
    s = 0.0
    for x, y in zip(xs[1:], xs[:-1]):
        s = np.sin(s * w) + w * x * y
    return s


def nested(w, xs):
    s = 0.0
    for row in np.outer(xs, B):
        for x in row:
            s = s + np.sin(x * w)
    return s


def until(w, xs):
    s = 0.0
    for x in xs:
        if x * w > 0.5:
            break
        s = np.sin(s * w) + w * x
    return s


def active(xs, w):
    s = 0.0
    for x in xs:
        s = np.sin(s * w) + x**2
    return s


def source(function, *args):
    gradient = srcad.grad(function)
    gradient(*args)
    srcad.check_grads(function, args, order=2)
    return gradient.source


@pytest.mark.parametrize(
    "function, headers",
    [
        (values, ["x in xs", "s, x in zip(reversed(saved_s), reversed(xs))"]),
        (numbered, ["k, x in enumerate(xs)"]),
        (shortest, ["x, y in zip(xs, B)"]),
        (sides, ["x, y in zip(xs_part, xs_part_1)", "s, x, y in zip("]),
        (nested, ["row in reversed(", "x in reversed(row)"]),
        (until, ["x in xs"]),
    ],
)
def test_what_the_user_walked_is_walked(function, headers):
    text = source(function, 0.5, A)
    for header in headers:
        assert header in text, text


def test_the_adjoint_counts_where_it_writes_to_the_number_of_a_row():
    text = source(active, A, 0.5)
    assert "for x in xs:" in text
    assert "zip(reversed(range(len(xs))), reversed(saved_s_times_w))" in text
    assert "n = len(xs)" not in text


# ---- where the numbers stay ----------------------------------------------------------


def ranged(w, xs):
    """The user counted."""
    s = 0.0
    for i in range(len(xs)):
        x = xs[i]
        s = np.sin(s * w) + w * x
    return s


def read_after(w, xs):
    """The last row has its name after the loop."""
    s = 0.0
    for x in xs:
        s = np.sin(s * w) + w * x
    return s * x


def written(w, xs):
    """Later rounds read what earlier ones wrote."""
    ys = xs * w
    for y in ys:
        ys[-1] += np.sin(y)
    return ys[-1]


def rows_written(w, xs):
    ys = np.outer(xs, B) * w
    for y in ys:
        y *= np.sin(y)
    return ys.sum()


def one_unused(w, xs):
    """The shorter one of the two is not read, but says when to stop."""
    s = 0.0
    for x, _ in zip(xs, B):
        s = np.sin(s * w) + w * x
    return s


def from_the_end(w, xs):
    s = 0.0
    for x in reversed(xs):
        s = np.sin(s * w) + w * x
    return s


@pytest.mark.parametrize(
    "function", [ranged, read_after, written, rows_written, one_unused, from_the_end]
)
def test_other_loops_count(function):
    text = source(function, 0.5, A)
    forward = text[: text.index("_bar")]
    assert "range(" in forward and "for x in xs" not in forward


def test_a_user_s_enumerate_is_no_name_of_ours():
    def f(w, xs):
        enumerate_ = w * 2.0
        s = 0.0
        for enumerate, x in builtin_enumerate(xs):
            s = np.sin(s * enumerate_) + w * x * enumerate
        return s

    text = source(f, 0.5, A)
    assert "for enumerate_1, x in enumerate(xs):" in text


builtin_enumerate = enumerate


# ---- numbers that do not start at 0 --------------------------------------------------


def from_one(w, xs):
    s = 0.0
    for k, x in enumerate(xs, 1):
        s = np.sin(s * w) + w * x / k
    return s


def from_any(w, xs, first):
    s = 0.0
    for k, x in enumerate(xs, first):
        s = np.sin(s * w) + w * x / k
    return s


def other_numbers(w, xs):
    s = 0.0
    for k, x in zip(range(2, 2 * len(xs) + 2, 2), xs):
        s = np.sin(s * w) + w * x / k
    return s


def powers(w, xs):
    s = 1.0
    for k, x in enumerate(xs, 1):
        s = s + np.sin(w * x) / k
    return s


@pytest.mark.parametrize(
    "function, more, header",
    [
        (from_one, (), "for k, x in enumerate(xs, 1):"),
        (from_any, (3,), "for k, x in zip("),
        (other_numbers, (), "in zip(steps["),
        (powers, (), "for k, x in zip(reversed("),
    ],
)
def test_numbers_start_where_the_user_s_do(function, more, header):
    df, args = srcad.value_and_grad(function), (0.5, A, *more)
    srcad.check_grads(function, args, order=2, argnums=(0,))
    assert df(*args)[0] == function(*args)
    text = srcad.grad(function).source_for(*args)
    assert header in text, text
