"""Quick calls: the same answers, refusals and freshness as the whole way gives."""

from __future__ import annotations

import copy
import math
import pickle
import types
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import srcad
from srcad import SrcadError, custom_vjp, grad, transform, value_and_grad
from srcad.backend.compiled import INSTALLED
from srcad.options import OPTIONS
from srcad.quick import quick_call

V = np.array([0.3, -0.5, 1.2])
M = np.arange(6.0).reshape(2, 3)
RATE = 2.0
WEIGHTS = np.array([1.0, 2.0, 3.0])
MODULE = types.SimpleNamespace(scale=2.0)
Pair = namedtuple("Pair", "a b")


def square(x):
    return x * x


def scaled(x, w=2.0):
    return np.sum(x * x) * w


def quickly(g: Any, *args: Any, **kwargs: Any) -> Any:
    """The answer of a quick call, which there must be."""
    find = g.dispatcher.find

    def refused(values: Any) -> Any:
        raise AssertionError("this call went the whole way")

    g.dispatcher.find = refused
    try:
        return g(*args, **kwargs)
    finally:
        g.dispatcher.find = find


# ---- what is served ------------------------------------------------------------------


@pytest.mark.parametrize(
    "x",
    [3.0, 3, np.float64(3.0), np.float32(3.0), V, M, M[:, :1], np.array(3.0), 1j]
    + [V.astype("f4"), V.astype(">f8"), M[:, ::2]],
    ids=str,
)
def test_the_second_call_is_quick(x: Any) -> None:
    def f(x):
        return np.sum(x * x)

    g = value_and_grad(f, holomorphic=np.iscomplexobj(x))
    first, second = g(x), quickly(g, x)
    assert type(first[0]) is type(second[0]) and first[0] == second[0]
    assert type(first[1]) is type(second[1])
    np.testing.assert_array_equal(first[1], second[1])


def test_a_function_that_is_called_once_needs_no_quick_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Any] = []

    def counted(*args: Any) -> Any:
        made.append(args)
        return quick_call(*args)

    monkeypatch.setattr(transform, "quick_call", counted)
    g = grad(square)
    assert g(3.0) == 6.0 and not made
    assert quickly(g, 4.0) == 8.0 and len(made) == 1
    assert quickly(g, 5.0) == 10.0 and len(made) == 1


def test_what_changes_before_the_second_call_counts() -> None:
    scale = 2.0

    def f(x):
        return x * scale

    g = grad(f)
    assert g(1.0) == 2.0
    scale = 3
    assert g(1.0) == 3.0
    g(1.0)
    assert quickly(g, 1.0) == 3.0


@pytest.mark.parametrize(
    "given",
    [(1.0, 2.0), (1.0, V), Pair(2.0, 3.0), {"a": 2.0, "b": V}, {"a": (1.0, V), "b": V}],
    ids=str,
)
def test_tuples_and_dicts(given: Any) -> None:
    def f(x, p):
        a, b = (p["a"], p["b"]) if isinstance(p, dict) else (p[0], p[1])
        first = a[0] if isinstance(a, tuple) else a
        return np.sum(x * first * b)

    g = grad(f)
    assert g(2.0, given) == quickly(g, 2.0, given)
    turned = {"b": V, "a": 2.0}
    assert g(2.0, turned) == grad(f)(2.0, turned)
    assert g(2.0, (2.0, 3.0, 4.0)) == 6.0


def test_what_needs_more_than_plain_tests_goes_the_whole_way() -> None:
    def writes(x):
        x[0] = 2.0
        return np.sum(x * x)

    def views(x, w):
        w = np.ravel(w)
        w[0] = x
        return x * w[0]

    for f, args in ((writes, (V,)), (square, ([1.0],)), (views, (2.0, M))):
        g = grad(f) if f is not square else grad(lambda x: x[0] * x[0])
        g(*args)
        g(*args)
        assert g.__call__ == g.whole
    g = grad(views)
    assert g(2.0, M) == 4.0
    with pytest.raises(SrcadError, match="not C-contiguous"):
        g(2.0, M.T)


def test_an_argument_of_another_kind_takes_turns() -> None:
    g = grad(scaled)
    others = [V, 2.0, 2, M, M[:1], V[:1], V.astype("f4"), np.float64(2.0)]
    expected = [grad(scaled)(x) for x in others]
    for _ in range(3):
        for x, e in zip(others, expected, strict=True):
            found = g(x)
            assert type(found) is type(e)
            assert getattr(found, "dtype", None) == getattr(e, "dtype", None)
            np.testing.assert_array_equal(found, e)


def test_texts_and_none_are_known_by_value() -> None:
    def f(x, how, extra):
        return x * x if how == "square" else x * (3.0 if extra is None else 4.0)

    g = grad(f)
    assert g(2.0, "square", None) == 4.0
    assert quickly(g, 2.0, "".join(["squ", "are"]), None) == 4.0
    assert g(2.0, "line", None) == 3.0
    assert g(2.0, "line", 1.0) == 4.0
    assert quickly(g, 2.0, "line", 1.0) == 4.0


def test_an_integer_that_the_source_was_made_for() -> None:
    def f(x, axis):
        return np.sum(np.sum(x, axis=axis) ** 2)

    g = grad(f)
    for axis in (0, 0, 1, 1, 0):
        np.testing.assert_array_equal(
            g(M, axis), 2 * np.broadcast_to(M.sum(axis, keepdims=True), M.shape)
        )


def test_calls_that_do_not_fit_are_pythons_errors() -> None:
    g = grad(scaled)
    assert g(1.0) == 4.0
    assert g(1.0, w=3.0) == 6.0
    g(1.0, 2.0)
    for args in ((), (1.0, 2.0, 3.0)):
        with pytest.raises(TypeError, match="argument"):
            g(*args)


# ---- what changes --------------------------------------------------------------------


def test_data_from_outside_is_read_at_each_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def f(x):
        return x * RATE * np.sum(WEIGHTS) * MODULE.scale

    g = grad(f)
    assert g(1.0) == quickly(g, 1.0) == 24.0
    monkeypatch.setitem(globals(), "RATE", 3.0)
    monkeypatch.setattr(MODULE, "scale", 1.0)
    assert quickly(g, 1.0) == 18.0
    monkeypatch.setitem(globals(), "WEIGHTS", np.ones(2))
    assert quickly(g, 1.0) == 6.0
    monkeypatch.setitem(globals(), "RATE", np.array([1.0, 2.0]))
    with pytest.raises(SrcadError, match="one number"):
        g(1.0)
    monkeypatch.delitem(globals(), "RATE")
    with pytest.raises(SrcadError, match="no value here"):
        g(1.0)
    monkeypatch.undo()
    assert g(1.0) == 24.0


def test_a_closure_is_read_at_each_call() -> None:
    a = 2.0

    def f(x):
        return a * x

    (cell,) = f.__closure__
    g = grad(f)
    assert g(1.0) == quickly(g, 1.0) == 2.0
    a = 5.0
    assert quickly(g, 1.0) == 5.0
    a = 3
    assert g(1.0) == 3.0
    del cell.cell_contents
    with pytest.raises(SrcadError, match="no value yet"):
        g(1.0)


def test_functions_and_flags_are_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x):
        return square(x)

    g = grad(f)
    assert g(3.0) == quickly(g, 3.0) == 6.0
    monkeypatch.setitem(globals(), "square", math.exp)
    assert g(0.0) == quickly(g, 0.0) == 1.0
    monkeypatch.undo()
    assert g(3.0) == 6.0


def test_rules_set_later_count() -> None:
    def inner(x):
        return x * x

    def f(x):
        return inner(x) * 2.0

    g = grad(f)
    assert g(3.0) == quickly(g, 3.0) == 12.0
    inner = custom_vjp(inner)
    inner.defvjp(lambda x: (x * x, None), lambda kept, bar: (bar * 100.0,))
    assert g(3.0) == 200.0
    inner.defvjp(lambda x: (x * x, None), lambda kept, bar: (bar * 10.0,))
    assert g(3.0) == quickly(g, 3.0) == 20.0


@pytest.mark.parametrize("option, value", [("backend", "auto"), ("parallel", True)])
def test_the_options_count(
    option: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    g = grad(square)
    g(2.0)
    assert isinstance(quickly(g, 2.0), float)
    monkeypatch.setattr(OPTIONS, option, value)
    with pytest.raises(AssertionError, match="whole way"):
        quickly(g, 2.0)
    assert g(2.0) == 4.0


def test_clear_forgets_the_quick_call() -> None:
    g = grad(square)
    g(2.0)
    g.clear()
    assert g.__call__ == g.whole
    assert g(2.0) == 4.0


def test_the_source_is_that_of_the_latest_call() -> None:
    g = grad(lambda x: np.sum(x * x))
    g(V)
    g.source_for(2.0)
    g(V)
    quickly(g, V)
    assert g.source == grad(g.primal).source_for(V)


# ---- how it may be called ------------------------------------------------------------


def test_arguments_by_keyword_and_left_out() -> None:
    g = value_and_grad(scaled)
    expected = g(V, 3.0)
    for given in (quickly(g, V, w=3.0), quickly(g, w=3.0, x=V), g(*(V, 3.0))):
        assert given[0] == expected[0]
    assert g(V)[0] == g(x=V)[0] == scaled(V)
    assert g(V, 3.0)[0] == expected[0]


def test_positional_only() -> None:
    def f(x, /, y=2.0):
        return x * x * y

    g = grad(f)
    assert g(3.0, 4.0) == quickly(g, 3.0, 4.0) == quickly(g, 3.0, y=4.0) == 24.0
    assert g(3.0) == 12.0
    g(3.0, 4.0)
    with pytest.raises(TypeError, match="positional"):
        g(x=3.0)


def test_calls_that_do_not_fit() -> None:
    g = grad(scaled)
    g(V, 3.0)
    quickly(g, V, 3.0)
    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        g()
    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        g(w=3.0)
    with pytest.raises(TypeError, match="too many positional arguments"):
        g(V, 3.0, 4.0)
    with pytest.raises(TypeError, match="multiple values for argument 'x'"):
        g(V, x=V)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        g(V, 3.0, z=1.0)
    assert g(V, 3.0)[0] == 6.0 * V[0]


def test_names_that_stand_in_the_way() -> None:
    def f(entry, len, more, x1, x0):
        return entry * len + more * x1 * x1 + x0

    def turned(x1, x0):
        return x1 * x1 * x0

    g, h = grad(f, 3), grad(turned)
    for _ in range(3):
        assert g(1.0, 2.0, 3.0, 4.0, 5.0) == 24.0
        assert g(1.0, 2.0, x1=4.0, more=3.0, x0=5.0) == 24.0
        assert h(3.0, 5.0) == h(x0=5.0, x1=3.0) == 30.0
    quickly(h, 3.0, 5.0)


def test_copies_are_transforms_of_their_own() -> None:
    g = grad(scaled)
    g(V, 3.0)
    for other in (copy.copy(g), copy.deepcopy(g), pickle.loads(pickle.dumps(g))):
        np.testing.assert_array_equal(other(V, 3.0), g(V, 3.0))
        assert other.dispatcher is not g.dispatcher
        quickly(other, V, 3.0)


def test_in_a_class() -> None:
    class Model:
        rate = 3.0

        def loss(self, x):
            return self.rate * x * x

        slope = grad(loss, 1)

    model = Model()
    for _ in range(3):
        assert model.slope(2.0) == 12.0
    assert callable(Model.slope)


# ---- errors --------------------------------------------------------------------------


def test_errors_name_the_users_line() -> None:
    def f(x, k):
        y = x * x
        return math.log(y - k)

    g = grad(f)
    g(2.0, 1.0)
    with pytest.raises(ValueError, match="math domain error") as caught:
        value = value_and_grad(f)
        value(2.0, 1.0)
        quickly(value, 2.0, 5.0)
    (note,) = caught.value.__notes__
    assert note.endswith("return math.log(y - k)")


def test_a_gradient_of_another_shape_is_refused() -> None:
    def f(x, y):
        return np.sum(x + y)

    g = grad(f)
    g(V, V)
    quickly(g, V, V)
    with pytest.raises((ValueError, SrcadError)):
        g(V, np.ones(2))


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
def test_compiled_functions() -> None:
    g = value_and_grad(scaled, (0, 1), backend="numba")
    for x in (V, 2.0, V, M):
        value, (by_x, by_w) = g(x, 3.0)
        assert value == pytest.approx(3.0 * np.sum(x * x))
        np.testing.assert_allclose(by_x, 6.0 * x)
        assert by_w == pytest.approx(np.sum(x * x))
    quickly(g, M, 3.0)
    assert srcad.grad(square, backend="numba")(3) == 6.0


def product(x, y):
    return SCALE * math.sqrt(x) / y


SCALE = 2.0


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
@pytest.mark.parametrize("x", [4.0, 4, np.float64(4.0), np.float32(4.0)])
def test_compiled_functions_of_numbers(x: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    g = value_and_grad(product, (0, 1), backend="numba")
    first = g(x, 0.5)
    for _ in range(2):
        assert str(quickly(g, x, 0.5)) == str(first)
    assert g(9.0, 0.5) == (12.0, (pytest.approx(2.0 / 3.0), -24.0))
    monkeypatch.setitem(product.__globals__, "SCALE", 3.0)
    assert g(9.0, 0.5) == (18.0, (1.0, -36.0))
    monkeypatch.setitem(product.__globals__, "SCALE", np.float64(4.0))
    assert g(9.0, 0.5)[0] == 24.0
    assert g(9.0, np.array([0.5, 1.0]).sum())[0] == 8.0
    with pytest.raises(TypeError):
        g("nine", 0.5)


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
def test_a_quick_call_of_floats_leaves_out_numbas_look_at_types() -> None:
    def straight(f: Any, *args: Any, backend: str = "numba") -> bool:
        g = srcad.grad(f, backend=backend)
        _ = [g(*args) for _ in range(3)]
        called = g.__call__.__globals__["function"]
        return isinstance(called, types.BuiltinFunctionType)

    assert straight(square, 3.0) and straight(square, 3)
    assert not straight(square, np.float64(3.0)) and not straight(scaled, V)
    assert not straight(square, 3.0, backend="python")


# ---- functions that are replaced in place --------------------------------------------


def helper(x):
    return x * x


def cube(x):
    return x**3


def weighed(x, a=2.0):
    return a * helper(x)


def weighed_and_more(x, a=5.0):
    return a * helper(x) + x


@pytest.fixture
def replaced():
    """Give a function the parts of another, as a reload of its module may do."""
    before = {f: vars_of(f) for f in (helper, weighed)}
    yield lambda f, other: [setattr(f, k, v) for k, v in vars_of(other).items()]
    for f, parts in before.items():
        for name, part in parts.items():
            setattr(f, name, part)


def vars_of(function):
    names = ("__code__", "__defaults__", "__kwdefaults__")
    return {name: getattr(function, name) for name in names}


@pytest.mark.parametrize("calls", [1, 2, 4])  # the third is a quick one
def test_a_function_that_was_replaced_is_read_again(replaced, calls):
    first, second = srcad.grad(weighed), srcad.hessian(weighed)

    def found():
        for _ in range(calls):
            along = srcad.jvp(weighed, (3.0,), (1.0,))[1]
            last = first(3.0), second(3.0), along, srcad.vjp(weighed, 3.0)[1](1.0)[0]
        return last

    assert found() == (12.0, 4.0, 12.0, 12.0)
    replaced(helper, cube)
    assert found() == (54.0, 36.0, 54.0, 54.0)
    replaced(weighed, weighed_and_more)
    assert found() == (136.0, 90.0, 136.0, 136.0)
    weighed.__defaults__ = (1.0,)
    assert found() == (28.0, 18.0, 28.0, 28.0)
