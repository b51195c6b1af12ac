"""What Python raises in any case is raised when the program comes to it, not before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import srcad
from srcad import check_grads, grad, value_and_grad
from srcad.backend.compiled import INSTALLED

FINE, FAILS = 3.0, 20.0  # for the first no branch is taken that fails


def with_none(x, length=None):
    if x > 10.0:
        return x / length
    return x * x


def minus_none(x, length=None):
    if x > 10.0:
        return x * -length
    return x * x


def added_none(x, length=None):
    y = x * x
    if x > 10.0:
        y += length
    return y


def ordered_none(x, length=None):
    if x > 10.0 and length < 3:
        return x
    return x * x


def attribute_of_none(x, table=None):
    if x > 10.0:
        return x * table.shape[0]
    return x * x


def entry_of_none(x, table=None):
    if x > 10.0:
        return x * table[0]
    return x * x


def called_none(x, f=None):
    if x > 10.0:
        return f(x)
    return x * x


def no_such_function(x):
    y = np.no_such_function(x) if x > 10.0 else x * x
    return 2.0 * y


def no_such_key(x):
    weights = {"a": 1.5}
    if x > 10.0:
        return weights["b"] * x
    return weights["a"] * x * x


def popped(x):
    weights = {"a": 1.5}
    if x > 10.0:
        return weights.pop("b") * x
    return weights.pop("a") * x * x


def walked_none(x, rows=None):
    if x > 10.0:
        for row in rows:
            x = x * row
        return x
    return x * x


def too_many(x):
    pair = (x, 2.0, 3.0)
    if x > 10.0:
        a, b = pair
        return a * b
    return x * x


def too_few(x):
    if x > 10.0:
        a, b, *more = (x,)
        return a * b * len(more)
    return x * x


def without_value(x, full=False):
    if full:
        notes = {}
    y = x * x
    if y > 100.0:
        notes["large"] = y
    return y


def without_value_outside(x):
    def f(y):
        return y * scale if x > 10.0 else y * y

    result = f(x)
    scale = 2.0
    return result * scale


def without_value_in_recursion(x, full=False):
    if full:
        notes = {}

    def halved(y, depth):
        z = 0.5 * y
        if z > 1.0 and depth < 4:
            z = halved(z, depth + 1)
        if depth == 4:
            notes["deep"] = True
        return z

    return halved(x, 1) * x


def deleted(x):
    y = x * x
    if x > 10.0:
        z = x
        del z
        y = y * z
    return y


def divided(x, length):
    return x / length


def in_a_function(x, length=None):
    if x > 10.0:
        return divided(x, length) + 1.0
    return x * x


def in_a_loop(x, length=None):
    for k in range(3):
        if x > 10.0 + k:
            x = x / length
        x = x * math.sqrt(x)
    return x


def after_writes(x, length=None):
    y = np.zeros(2)
    if x > 2.0:
        y[0] = x * x
        if x > 10.0:
            y[1] = length * 2.0
        y[1] += 3.0 * x
    return y @ y


BRANCHES = [
    *(with_none, minus_none, added_none, ordered_none, attribute_of_none),
    *(entry_of_none, called_none, no_such_function, no_such_key, popped, too_many),
    walked_none,
    *(too_few, without_value, without_value_outside, without_value_in_recursion),
    *(deleted, in_a_function),
    *(in_a_loop, after_writes),
]
BACKENDS = ["python", *(["numba"] if INSTALLED else [])]


def raised_by(f: Any, *args: Any) -> Exception:
    with pytest.raises(Exception) as caught:
        f(*args)
    return caught.value


@pytest.mark.parametrize("f", BRANCHES, ids=lambda f: f.__name__)
def test_in_a_branch_it_is_raised_where_python_raises_it(f: Any) -> None:
    check_grads(f, (FINE,), order=2)
    wanted = raised_by(f, FAILS)
    transforms = (
        grad(f),
        grad(grad(f)),
        lambda x: srcad.jvp(f, (x,), (1.0,)),
        srcad.hessian(f),
    )
    for transformed in transforms:
        found = raised_by(transformed, FAILS)
        assert type(found) is type(wanted)
    shown = str(raised_by(grad(f), FAILS))
    if "NoneType" in str(wanted):
        assert "NoneType" in shown  # the operator is not named
    else:
        assert shown == str(wanted)


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
@pytest.mark.parametrize(
    "f",
    [f for f in BRANCHES if f is not without_value_in_recursion],  # Numba has no type
    ids=lambda f: f.__name__,
)
def test_in_a_branch_of_compiled_code(f: Any) -> None:
    gradient = value_and_grad(f, backend="numba")
    assert gradient(FINE) == pytest.approx(value_and_grad(f)(FINE))
    assert type(raised_by(gradient, FAILS)) is type(raised_by(f, FAILS))


def always(x, length=None):
    return x / length


def whichever(x, length=None):
    return x / length if x > 10.0 else x * length


@pytest.mark.parametrize("f", [always, whichever])
def test_what_raises_in_any_case_is_refused(f: Any) -> None:
    with pytest.raises(srcad.UnsupportedSyntax):
        grad(f)(FINE)


def test_the_line_is_named() -> None:
    notes = raised_by(grad(with_none), FAILS).__notes__
    assert any("x / length" in note for note in notes)


# ---- names that some branch or loop does not bind ------------------------------------


def bound_in_a_branch(x, n):
    if x > n:
        y = x * x
    return y * x


def bound_in_a_loop(x, n):
    for k in range(n):
        y = x * x * k
    return y * x


def bound_in_a_round(x, n):
    for k in range(n):
        if x > 1.0 + k:
            z = x * x
        x = x + 0.1 * z
    return x


def bound_in_a_while(x, n):
    k = 0
    while k < n:
        k += 1
        if k > 1:
            y = x * x * k
    return y * x


def bound_array(x, n):
    v = np.array([x, 2.0 * x])
    if x > n:
        y = v * 2.0
    return np.sum(y * v)


def bound_in_both(x, n):
    if x > 10.0:
        y = x
    elif x > n:
        if n > 0:
            y = x * x
    else:
        y = 2.0 * x
    return y * y


NOT_ALWAYS = [
    *(bound_in_a_branch, bound_in_a_loop, bound_in_a_round, bound_in_a_while),
    *(bound_array, bound_in_both),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("f", NOT_ALWAYS, ids=lambda f: f.__name__)
def test_a_name_without_a_value_is_seen(f: Any, backend: str) -> None:
    gradient = value_and_grad(f, backend=backend)
    slope = grad(grad(f), backend=backend)
    told = set()
    for n in (-1, 0, 1, 2, 5):
        for x in (0.5, 3.0):
            try:
                value = f(x, n)
            except UnboundLocalError as error:
                told.add("raises")
                assert str(raised_by(gradient, x, n)) == str(error)
                assert type(raised_by(slope, x, n)) is UnboundLocalError
            else:
                told.add("has a value")
                h = 1e-6
                ahead, behind = value_and_grad(f)(x + h, n), value_and_grad(f)(x - h, n)
                found = gradient(x, n)
                assert found[0] == pytest.approx(value)
                assert found[1] == pytest.approx((ahead[0] - behind[0]) / (2.0 * h))
                second = (ahead[1] - behind[1]) / (2.0 * h)
                assert slope(x, n) == pytest.approx(second, abs=1e-6)
    assert len(told) == 2


# ---- caught at once ------------------------------------------------------------------


def older_name(x):
    try:
        sine = np.no_such_function
    except AttributeError:
        sine = np.sin
    return sine(x) * x


def default_of_a_key(x, options=None):
    options = {"scale": 2.0}
    try:
        shift = options["shift"]
    except (KeyError, IndexError):
        shift = 1.0
    return options["scale"] * x * x + shift


def by_the_second_clause(x, length=None):
    try:
        y = x / length
    except ZeroDivisionError:
        y = x
    except TypeError:
        y = x * x
    return y


def clause_that_returns(x, length=None):
    try:
        y = x / length
    except TypeError:
        return x * x * x
    return y


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "f", [older_name, default_of_a_key, by_the_second_clause, clause_that_returns]
)
def test_a_handler_of_what_is_raised_for_certain_stands_alone(
    f: Any, backend: str
) -> None:
    check_grads(f, (FINE,), order=2)
    gradient = value_and_grad(f, backend=backend)
    assert gradient(FINE) == pytest.approx(value_and_grad(f)(FINE))
    assert "try" not in gradient.source and "raise" not in gradient.source


def another_class(x, length=None):
    y = x * x
    if x > 10.0:
        try:
            y = x / length
        except ValueError:
            y = x
    return y


def raised_again(x, length=None):
    y = x * x
    if x > 10.0:
        try:
            y = x / length
        except TypeError:
            raise
    return y


def raised_later(x, length=None):
    y = np.zeros(1)
    try:
        y[0] = x * x
        y[0] = y[0] / length
    except TypeError:
        pass
    return x


def test_handlers_that_do_not_stand_alone() -> None:
    for f in (another_class, raised_again):
        check_grads(f, (FINE,), order=2)
        assert type(raised_by(grad(f), FAILS)) is TypeError
    check_grads(raised_later, (FINE,), order=2)
    assert "try" in grad(raised_later).source_for(FINE)


# ---- loops that begin with None ------------------------------------------------------


def smallest(x):
    best = None
    for i in range(len(x)):
        square = x[i] * x[i]
        if i > 0:
            if square < best:
                best = square
        else:
            best = square
    return best


def neighbours(x):
    before, total = None, 0.0
    for i in range(len(x)):
        if i > 0:
            total += before * x[i]
        before = 2.0 * x[i]
    return total


def in_a_while(x):
    before, total, i = None, 0.0, 0
    while i < len(x):
        if total > -100.0 and i > 0:
            total += before * x[i]
        before = 2.0 * x[i]
        i += 1
    return total


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("f", [smallest, neighbours, in_a_while])
def test_the_first_round_tells_what_the_others_read(f: Any, backend: str) -> None:
    x = np.array([2.0, 1.5, 3.0])
    check_grads(f, (x,), order=2)
    value, slope = value_and_grad(f, backend=backend)(x)
    wanted, wanted_slope = value_and_grad(f)(x)
    assert value == pytest.approx(wanted) == f(x)
    np.testing.assert_allclose(slope, wanted_slope)


def pairs(x):
    pair, total = None, 0.0
    for i in range(len(x)):
        if i > 0:
            a, b = pair
            total += a * b * x[i]
        pair = (x[i], x[i] + 1.0)
    return total


def first_of_pairs(x):
    pair = None
    for i in range(len(x)):
        if pair is not None:
            x = x * pair[0]
        pair = (x[i], x[i] + 1.0)
    return x[0]


@pytest.mark.parametrize("f", [pairs, first_of_pairs])
def test_a_pair_that_may_be_none_is_not_taken_apart(f: Any) -> None:
    with pytest.raises(srcad.UnsupportedSyntax, match="that may be None"):
        grad(f)(np.ones(3))
