"""Lists and dicts shared with callees, one object under two names: right or refused."""

import numpy as np
import pytest

from srcad import SrcadError, value_and_grad


def add_one(items, v):
    items.append(v)


def put(table, v):
    table["a"] = v


def twice(v):
    w = v * 2.0
    return w, w


def same(items):
    return items


def helper_appends(x):
    items = [x]
    add_one(items, x * x)
    return sum(items)


def helper_stores(x):
    table = {"a": 1.0}
    put(table, x * x)
    return table["a"]


def one_array_returned_twice(x):
    a, b = twice(np.array([x, 1.0]))
    a[0] = x * x
    return b[0]


def own_argument_returned(x):
    items = [x]
    other = same(items)
    other.append(x * x)
    return items[1]


def operand_changes_the_list(x):
    items = [x, x * x]
    items[0] += items.pop()
    return items[0] * len(items)


def index_with_an_effect(x):
    items = [x, x, x]
    k = 0
    items[(k := k + 1)] += 1.0
    return items[1] * k


def entry_of_a_grown_list_has_another_name(x):
    a = np.array([x, 1.0])
    items = []
    for _ in range(2):
        items.append(np.zeros(2))
    items = items + [a]
    a[0] = 5.0
    return items[2][0] * x


def identity_after_a_branch(x):
    a = np.array([x])
    b = a if x > 0.0 else np.array([x])
    return x * x if b is a else x


def parameter_named_static(static, x):
    return x if static == 0 else x * parameter_named_static(static - 1, x)


def recursion_over_static(x):
    return parameter_named_static(2, x)


@pytest.mark.parametrize(
    "f",
    [
        helper_appends,
        helper_stores,
        one_array_returned_twice,
        own_argument_returned,
        operand_changes_the_list,
        index_with_an_effect,
        entry_of_a_grown_list_has_another_name,
        identity_after_a_branch,
        recursion_over_static,
    ],
)
def test_right_or_refused(f):
    step = 1e-6
    slope = (f(2.0 + step) - f(2.0 - step)) / (2.0 * step)
    try:
        value, gradient = value_and_grad(f)(2.0)
    except SrcadError as error:
        assert type(error).__name__ == "UnsupportedSyntax"
        assert f in (entry_of_a_grown_list_has_another_name, identity_after_a_branch)
        return
    assert value == f(2.0)
    assert np.isclose(gradient, slope, rtol=1e-6)
