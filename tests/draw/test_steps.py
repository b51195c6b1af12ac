"""The graph of a call as a list, with a value and a derivative at each node."""

import math

import numpy as np
import pytest

from srcad import ShapeError, SignatureError, grad
from srcad.draw import steps

SCALE = 2.0


def tutorial(x, y, z):
    p = x + y
    return p * z


def parts(x):
    return math.exp(x) * math.sin(x) + x


def versions(x):
    x = x * x
    x = x + 1.0
    return x


def loop(x, n):
    s = 0.0
    for k in range(n):
        s = s + math.sin(x) ** k
    if s > 1:
        y = s * s
    else:
        y = -s
    return y - SCALE * np.exp(x)


def arrays(w, x):
    h = np.tanh(w @ x)
    return np.sum(h**2)


def layer(w, x):
    return np.tanh(w @ x)


def called(w, x):
    h = layer(w, x)
    return np.sum(layer(w, h))


def unused(x, y):
    return x * 2.0


def found(graph):
    return [(s.name, s.operation, s.value, s.derivative) for s in graph]


def test_the_tutorial():
    assert found(steps(tutorial, 1, 3, -3)) == [
        ("x", "", 1, -3),
        ("y", "", 3, -3),
        ("z", "", -3, 4),
        ("p", "x + y", 4, -3),
        ("tutorial", "p * z", -12, 1),
    ]


def test_factors_are_those_of_the_chain_rule():
    *_, p, g = steps(tutorial, 1, 3, -3)
    assert p.factors == {"x": 1, "y": 1}
    assert g.factors == {"p": -3, "z": 4}


def test_each_derivative_is_the_sum_over_its_users():
    graph = steps(parts, 0.7)
    for step in graph[:-1]:
        users = [later for later in graph if step.name in later.factors]
        total = sum(u.derivative * u.factors[step.name] for u in users)
        assert step.derivative == pytest.approx(total)
    assert graph[0].derivative == pytest.approx(grad(parts)(0.7))


def test_parts_of_expressions_are_numbered_and_versions_told_apart():
    assert [s.name for s in steps(parts, 0.7)] == [
        "x",
        "v1",
        "v2",
        "v3",
        "parts",
    ]
    assert [s.name for s in steps(versions, 3.0)] == ["x", "x2", "x3"]
    assert [s.operation for s in steps(versions, 3.0)] == ["", "x * x", "x2 + 1.0"]


def test_an_input_used_twice_by_one_node_has_one_factor():
    graph = steps(versions, 3.0)
    assert graph[1].factors == {"x": 6.0}
    assert graph[0].derivative == 6.0


def test_a_loop_and_a_branch_are_one_node_each():
    graph = {s.name: s for s in steps(loop, 0.5, 3, argnums=(0,))}
    assert graph["s"].operation == "for"
    assert graph["y"].operation == "if"
    assert graph["y"].derivative == 1.0
    assert graph["s"].derivative == pytest.approx(2 * graph["s"].value)
    assert graph["x"].derivative == pytest.approx(grad(loop)(0.5, 3))
    assert graph["n"].derivative is None


def test_arrays():
    w, x = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([0.3, 0.1])
    graph = {s.name: s for s in steps(arrays, w, x)}
    w_bar, x_bar = grad(arrays, argnums=(0, 1))(w, x)
    np.testing.assert_allclose(graph["w"].derivative, w_bar)
    np.testing.assert_allclose(graph["x"].derivative, x_bar)
    np.testing.assert_allclose(graph["h"].derivative, 2 * graph["h"].value)
    assert graph["h"].factors == {}


def test_calls_of_user_functions():
    w, x = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([0.3, 0.1])
    graph = {s.name: s for s in steps(called, w, x)}
    np.testing.assert_allclose(graph["w"].derivative, grad(called)(w, x))


def test_what_the_result_does_not_depend_on_has_no_derivative():
    assert [s.derivative for s in steps(unused, 1.0, 5.0)] == [2.0, None, 1.0]


def test_the_arguments_are_not_changed():
    x = np.ones(3)
    steps(written, x)
    assert np.array_equal(x, np.ones(3))


def written(x):
    x[0] = 5.0
    return np.sum(x)


def test_more_than_one_number_is_refused():
    with pytest.raises(ShapeError, match="one number"):
        steps(layer, np.eye(2), np.ones(2))
    with pytest.raises(SignatureError, match="floats"):
        steps(arrays, np.eye(2), np.array([1, 2]))
