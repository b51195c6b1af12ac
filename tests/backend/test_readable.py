"""What people see: whole functions, from their source to that of their gradients."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad

needs_numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="needs numba"
)


def source(function: Callable[..., Any], *args: Any, **options: Any) -> str:
    """The text of value_and_grad, after a call that has to go right."""
    df = srcad.value_and_grad(function, **options)
    value, _ = df(*args)
    assert np.allclose(value, function(*args))
    return str(df.source)


# ---- branches ------------------------------------------------------------------------


def ways_out(x):
    total, s = 0.0, x[0]
    for v in x:
        s = s * 1.1
        if s > 1.0:
            total += s * v
        else:
            if s > 3.0:
                break
            if s > 1.0:
                break
    return total


@pytest.mark.parametrize("x", [(2.5, 1.5, 3.0), (0.9, 0.5), (0.8, 0.5, 2.5, 1.0)])
def test_what_follows_a_way_out_after_elif_is_not_for_all(x: Any) -> None:
    """`if ...: ... elif ...: break`, and what only the other ways do."""
    text = source(ways_out, np.array(x))
    found = srcad.grad(ways_out)(np.array(x))
    steps = 1e-6 * np.eye(len(x))
    expected = [(ways_out(x + d) - ways_out(x - d)) / 2e-6 for d in steps]
    assert np.allclose(found, expected, atol=1e-6)
    assert "elif" in text


# ---- names ---------------------------------------------------------------------------


def dictionary(params, x):
    hidden = np.tanh(params["W"] @ x)
    return np.sum(hidden * hidden) + np.sum(params["b"] ** 2)


def test_a_gradient_of_a_dict_is_named_after_it() -> None:
    params = {"W": np.ones((2, 3)), "b": np.ones(2)}
    assert "params_bar = {" in source(dictionary, params, np.ones(3))


def tutorial(x, y, z):
    g = (x + y) * z
    return g


def test_a_primal_value_is_not_named_as_a_cotangent() -> None:
    text = source(tutorial, 1.0, 2.0, 3.0, argnums=(0, 1, 2))
    assert "x_plus_y = x + y" in text
    assert "z_bar" not in text


def elements(x):
    a = x[0] * x[1]
    return np.sin(a) * x[0] * x[-1]


def test_elements_are_named_after_their_place() -> None:
    text = source(elements, np.array([1.0, 2.0, 3.0]))
    assert "x_0 = x[0]" in text
    assert "x_last = x[-1]" in text


# ---- tuples --------------------------------------------------------------------------


def layers(params, x):
    for W, b in params:
        x = np.tanh(x @ W + b)
    return np.sum(x)


def test_tuples_in_a_walked_list_are_taken_apart() -> None:
    params = [(np.eye(2), np.ones(2)), (np.eye(2), np.zeros(2))]
    text = source(layers, params, np.ones(2))
    assert "for W, b in params:" in text
    assert "(W, _)" in text
    assert "reversed(params)" in text


def kept_name(pairs):
    total = 0.0
    for pair in pairs:
        total += pair[0] * pair[1]
    return total


def test_a_tuple_with_a_name_stays_one() -> None:
    assert "for pair in pairs:" in source(kept_name, [(1.0, 2.0), (3.0, 4.0)])


def grid(X):
    n, d = X.shape
    total = 0.0
    for i in range(n):
        for j in range(d):
            total += X[i, j] ** 2
    return total / (n * d)


def test_a_shape_is_taken_apart_at_once() -> None:
    assert "n, d = X.shape" in source(grid, np.ones((2, 3)))


def rates(y, p):
    prey, hunter = y[0], y[1]
    both = prey * hunter
    return np.array([p[0] * prey - both, both * prey - p[1] * hunter])


def steps(y, p):
    for _ in range(3):
        k1 = rates(y, p)
        k2 = rates(y + 0.5 * k1, p)
        y = y + 0.1 * k2
    return np.sum(y)


def test_a_residual_is_taken_apart_under_the_forward_names() -> None:
    text = source(steps, np.array([1.0, 0.5]), np.array([0.3, 0.4]), argnums=(0, 1))
    (line,) = [part for part in text.splitlines() if part.endswith("= residual")]
    assert {"prey", "hunter"} <= set(
        line.strip().removesuffix(" = residual").split(", ")
    )
    assert "k1, k1_residual = rates_fwd(" in text


# ---- lists ---------------------------------------------------------------------------


def growing(x):
    h = [x, x * x]
    for _ in range(4):
        h.append(h[-1] * h[-2])
    return h[-1]


def test_cotangents_of_lists_are_written_in_place() -> None:
    text = source(growing, 0.9)
    assert "h_bar = [0.0] * len(h)" in text
    assert "h_bar[-1] += 1.0" in text
    assert "h_bar_last = h_bar.pop()" in text
    assert "add_any" not in text


def test_arrays_in_lists_are_replaced_not_changed() -> None:
    def function(x):
        h = [x, x * x]
        for _ in range(3):
            h.append(h[-1] * h[-2])
        return np.sum(h[-1])

    x = np.array([0.9, 1.1])
    text = source(function, x)
    assert "h_bar[-1] = h_bar[-1] + " in text
    _, gradient = srcad.value_and_grad(function)(x)
    step = 1e-6
    for k in range(2):
        e = step * np.eye(2)[k]
        assert np.isclose(gradient[k], (function(x + e) - function(x - e)) / (2 * step))


def filled(x, n):
    h = [0.0] * n
    for i in range(n):
        h[i] = x * i
    total = 0.0
    for v in h:
        total += v * v
    return total


def test_a_list_of_zeros_is_filled_in_place() -> None:
    text = source(filled, 1.5, 4)
    assert "h = [0.0] * n" in text
    assert ".copy()" not in text
    assert "h_bar[i] = 0.0" in text
    _, gradient = srcad.value_and_grad(filled)(1.5, 4)
    assert np.isclose(gradient, 2.0 * 1.5 * (1.0 + 4.0 + 9.0))


def test_a_list_of_arrays_is_not_repeated_an_unknown_number_of_times() -> None:
    def function(x, n):
        h = [x] * n
        return np.sum(h[0])

    def of_a_length(x, y):
        return function(x, len(y))

    assert np.array_equal(srcad.grad(function)(np.ones(2), 3), [1.0, 1.0])
    with pytest.raises(srcad.UnsupportedSyntax, match="repeated"):
        srcad.grad(of_a_length)(np.ones(2), np.ones(3))


# ---- conditions and loops ------------------------------------------------------------


def leaving(x, n):
    s = x
    for i in range(n):
        if s > 10.0 and x > 0.0:
            break
        s = s * x
        if s > 100.0 or i > 5:
            break
    return s * x


@pytest.mark.parametrize("args", [(1.5, 12), (9.0, 12), (0.5, 12), (0.5, 2), (11.0, 3)])
def test_conditions_and_breaks_print_as_written(args: tuple[float, int]) -> None:
    text = source(leaving, *args)
    assert "s > 10.0 and x > 0.0" in text
    assert "if s > 100.0 or i > 5:\n            break" in text
    _, gradient = srcad.value_and_grad(leaving)(*args)
    x, n = args
    numeric = (leaving(x + 1e-6, n) - leaving(x - 1e-6, n)) / 2e-6
    assert np.isclose(gradient, numeric, rtol=1e-5)


def early(x, n):
    s = 0.0
    for i in range(n):
        s = s + x * i
        if s > 3.0:
            return s * 2.0
    return s


def test_a_flag_is_negated_where_it_is_read() -> None:
    text = source(early, 0.7, 5)
    assert "not_" not in text
    assert "if not not" not in text


def wide(first, second, third, fourth, fifth):
    total = 0.0
    for alpha, beta, gamma, delta, epsilon in zip(
        first, second, third, fourth, fifth, strict=True
    ):
        for k in range(2):
            total = np.sin(total * alpha) * np.cos(beta * gamma) + delta * epsilon * k
    return total


def test_wide_headers_of_loops_wrap() -> None:
    args = [np.linspace(0.1 * k, 1.0, 3) for k in range(5)]
    text = source(wide, *args, argnums=(0, 1, 2, 3, 4))
    assert max(map(len, text.splitlines())) <= 88
    compile(text, "wide", "exec")


# ---- comments ------------------------------------------------------------------------


def split(x):
    y = np.exp(x) * np.sum(x.sum() + np.exp(x), axis=0)
    return np.sin(y).sum()


def forward_part(text: str) -> str:
    return text[: text.index("\n\n    ")]


def test_a_statement_in_parts_needs_no_comment_before_the_adjoint() -> None:
    text = source(split, np.array([0.1, 0.2]))
    assert "exp_x = np.exp(x)" in text
    assert "#" not in forward_part(text)


def test_a_statement_that_is_no_longer_the_users_has_a_comment() -> None:
    def function(x):
        scale = 2.0 * np.pi * x
        return np.sum(scale * scale)

    text = forward_part(source(function, np.array([0.1, 0.2])))
    assert "# scale = 2.0 * np.pi * x" in text


def test_two_assignments_in_one_line_print_as_two() -> None:
    def function(x):
        a, b = np.sin(x), np.cos(x)
        return np.sum(a * b)

    assert "#" not in forward_part(source(function, np.array([0.1, 0.2])))


# ---- numba ---------------------------------------------------------------------------


def softmax(W, X, labels):
    scores = X @ W
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    norm = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(norm - shifted[np.arange(len(labels)), labels])


def contracted(x, y):
    return np.sum(np.einsum("ijk,ik->kj", x, y) ** 2) + np.max(np.min(x, axis=0))


@needs_numba
def test_numba_reduces_over_axes_and_reads_by_index_arrays() -> None:
    rng = np.random.default_rng(0)
    args = rng.normal(size=(3, 4)), rng.normal(size=(5, 3)), np.array([0, 2, 1, 1, 3])
    expected = srcad.value_and_grad(softmax)(*args)
    found = srcad.value_and_grad(softmax, backend="numba")(*args)
    assert np.allclose(found[0], expected[0])
    assert np.allclose(found[1], expected[1])


@needs_numba
def test_numba_contracts() -> None:
    rng = np.random.default_rng(0)
    args = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 4))
    expected = srcad.value_and_grad(contracted, argnums=(0, 1))(*args)
    found = srcad.value_and_grad(contracted, argnums=(0, 1), backend="numba")(*args)
    for a, b in zip(found[1], expected[1], strict=True):
        assert np.allclose(a, b)


def test_a_condition_given_by_its_own_branch_is_the_condition():
    def f(x):
        total = x[0] * x[1]
        for _ in range(3):
            if total > 2.0:
                if total > 2.0:
                    continue
            total = total + x[2]
        return total

    value, gradient = srcad.value_and_grad(f)(np.array([0.7, -0.4, 1.1]))
    assert value == f(np.array([0.7, -0.4, 1.1]))
    assert np.allclose(gradient, [-0.4, 0.7, 3.0])


def test_a_long_chain_of_branches_takes_no_longer_for_each() -> None:
    """It took twice as long for each `elif`."""
    ways = "".join(f"    elif x > {9 - k}.0:\n        y = {k} * x\n" for k in range(40))
    text = f"def f(x):\n    if x > 10.0:\n        y = x\n{ways}    return y * x\n"
    gradient = srcad.grad(srcad.from_source(text))
    assert gradient(-29.5) == 2 * 39 * -29.5
    assert gradient.source.count("elif") == 2 * 40
