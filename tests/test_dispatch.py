"""Dispatch: guards, data read live, signatures, the transforms' attributes."""

from __future__ import annotations

import ast
import functools
import math
import threading
import types
from typing import Any

import numpy as np
import pytest

from srcad import (
    MissingRule,
    ShapeError,
    SignatureError,
    SrcadError,
    from_source,
    grad,
    jvp,
    value_and_grad,
    vjp,
)

V = np.array([0.3, -0.5, 1.2])
SCALE = 2.0
ARRAY = np.array([1.0, 2.0, 3.0])
CONFIG: dict[str, Any] = {"rate": 2.0}
MODULE = types.SimpleNamespace(scale=2.0, function=math.sin)


def helper(x):
    return x * x


def uses_helper(x):
    return helper(x) * 3.0


def entries(transform: Any) -> int:
    return sum(map(len, transform.dispatcher.entries.values()))


# ---- guards and live data ------------------------------------------------------------


def test_global_function_rebound(monkeypatch: pytest.MonkeyPatch) -> None:
    g = grad(uses_helper)
    assert g(2.0) == 12.0
    monkeypatch.setitem(globals(), "helper", lambda x: x * x * x)
    assert g(2.0) == 36.0
    monkeypatch.undo()
    assert g(2.0) == 12.0


def test_helper_of_a_helper_rebound(monkeypatch: pytest.MonkeyPatch) -> None:
    def outer(x):
        return uses_helper(x) + x

    g = grad(outer)
    assert g(2.0) == 13.0
    monkeypatch.setitem(globals(), "helper", math.exp)
    assert g(0.0) == 4.0


def test_module_attribute_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x):
        return MODULE.function(x) * MODULE.scale

    g = grad(f)
    assert g(0.0) == 2.0
    monkeypatch.setattr(MODULE, "scale", 5.0)
    assert g(0.0) == 5.0
    monkeypatch.setattr(MODULE, "function", math.exp)
    assert g(1.0) == pytest.approx(5.0 * math.e)


def test_global_data_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x):
        return np.sum(x * ARRAY) * SCALE + CONFIG["rate"] * x[0]

    g = grad(f)
    assert np.allclose(g(V), 2 * ARRAY + [2.0, 0.0, 0.0])
    made = entries(g)
    monkeypatch.setitem(globals(), "SCALE", 4.0)
    assert np.allclose(g(V), 4 * ARRAY + [2.0, 0.0, 0.0])
    monkeypatch.setitem(globals(), "ARRAY", ARRAY + 1)
    assert np.allclose(g(V), 4 * np.array([2.0, 3.0, 4.0]) + [2.0, 0.0, 0.0])
    ARRAY[0] = 10.0
    monkeypatch.setitem(CONFIG, "rate", 7.0)
    assert np.allclose(g(V), 4 * np.array([10.0, 3.0, 4.0]) + [7.0, 0.0, 0.0])
    assert entries(g) == made, "data that changes its value only is no new entry"


def test_global_data_changes_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x):
        return np.sum(x * SCALE)

    g = grad(f)
    assert np.array_equal(g(V), [2.0, 2.0, 2.0])
    monkeypatch.setitem(globals(), "SCALE", np.array([1.0, 2.0, 3.0]))
    assert np.array_equal(g(V), [1.0, 2.0, 3.0])
    monkeypatch.setitem(globals(), "SCALE", 3)
    assert np.array_equal(g(V), [3.0, 3.0, 3.0])


def test_closure_data_changed() -> None:
    def made(scale):
        def f(x):
            return x * scale

        def change(value):
            nonlocal scale
            scale = value

        return f, change

    f, change = made(2.0)
    g = grad(f)
    assert g(1.0) == 2.0
    change(5.0)
    assert g(1.0) == 5.0
    change(math.pi)
    assert jvp(f, (1.0,), (1.0,))[1] == math.pi


def test_closure_function_changed() -> None:
    inner = math.sin

    def f(x):
        return inner(x)

    g = grad(f)
    assert g(0.0) == 1.0
    inner = math.exp
    assert g(2.0) == pytest.approx(math.exp(2.0))


def test_flag_and_string_globals_are_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"MODE": "double", "FLAG": True}
    text = (
        "def f(x):\n    y = x * 2 if MODE == 'double' else x * 3\n"
        "    return y if FLAG else -y\n"
    )
    f = from_source(text, names)
    g = grad(f)
    assert g(1.0) == 2.0
    f.__globals__["MODE"] = "triple"
    assert g(1.0) == 3.0
    f.__globals__["FLAG"] = False
    assert g(1.0) == -3.0


def test_defaults_are_read_live() -> None:
    def f(x, scale=2.0, *, power=2):
        return scale * x**power

    g = grad(f)
    assert g(3.0) == 12.0
    f.__defaults__ = (5.0,)
    assert grad(f)(3.0) == 30.0

    def outer(x):
        return f(x)

    g = grad(outer)
    assert g(3.0) == 30.0
    f.__defaults__ = (7.0,)
    assert g(3.0) == 42.0


# ---- signatures ----------------------------------------------------------------------


def test_types_make_entries() -> None:
    def f(x):
        return np.sum(x * x)

    g = grad(f)
    assert g(2.0) == 4.0
    assert g(2) == 4.0
    assert np.array_equal(g(V), 2 * V)
    assert g(np.ones((2, 2))).shape == (2, 2)
    assert g(V.astype(np.float32)).dtype == np.float32
    made = entries(g)
    g(V * 2)
    g(np.ones((3, 5)))
    assert entries(g) == made


def test_dimensions_of_one_do_not_recompile_for_ever() -> None:
    def f(x, y):
        return np.sum(x * y)

    g = grad(f, (0, 1))
    shapes = [(3, 4), (1, 4), (3, 1), (1, 1)]
    for a in shapes:
        for b in shapes:
            x, y = np.full(a, 2.0), np.full(b, 3.0)
            gx, gy = g(x, y)
            whole = np.broadcast_shapes(a, b)
            size = math.prod(whole)
            assert np.allclose(gx, np.full(a, 3.0 * size / math.prod(a)))
            assert np.allclose(gy, np.full(b, 2.0 * size / math.prod(b)))
    assert len(next(iter(g.dispatcher.seen.values()))) <= 17


def test_sizes_that_were_equal_by_chance() -> None:
    def f(x, y):
        return np.sum(x[:, None] * y[None, :]) + np.sum(x) * np.sum(y)

    g = grad(f)
    assert np.allclose(g(np.ones(3), np.ones(3)), 6.0)
    assert np.allclose(g(np.ones(2), np.ones(5)), 10.0)
    assert np.allclose(g(np.ones(1), np.ones(5)), 10.0)


def test_lists_of_any_length_share_an_entry() -> None:
    def f(xs):
        total = 0.0
        for x in xs:
            total += x * x
        return total

    g = grad(f)
    assert g([1.0, 2.0]) == [2.0, 4.0]
    made = entries(g)
    assert g([1.0, 2.0, 3.0]) == [2.0, 4.0, 6.0]
    assert entries(g) == made
    assert g([]) == []
    assert g([1, 2]) == [2.0, 4.0]


def test_integers_that_must_be_known() -> None:
    def f(x, axis, n):
        return np.sum(np.sum(x**2, axis=axis)[n])

    g = grad(f)
    x = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(g(x, 0, 1), [[0, 2, 0], [0, 8, 0]])
    assert np.array_equal(g(x, 1, 1), [[0, 0, 0], [6, 8, 10]])
    assert np.array_equal(g(x, 0, 2), [[0, 0, 4], [0, 0, 10]])


def test_flags_that_must_be_known() -> None:
    def nll(x, data, full_output=False, axis=0):
        terms = np.mean((data - x) ** 2, axis=axis)
        if full_output:
            return np.sum(terms), terms
        return np.sum(terms)

    gradient = grad(nll)
    data = np.arange(6.0).reshape(2, 3)
    want = np.array([-3.0, -5.0, -7.0]) + 2.0
    assert np.allclose(gradient(np.ones(3), data), want)
    assert np.allclose(gradient(np.ones(3), data, False), want)
    with pytest.raises(ShapeError, match="returns a tuple"):
        gradient(np.ones(3), data, full_output=True)
    found, aux = grad(nll, has_aux=True)(np.ones(3), data, True)
    assert np.allclose(found, want) and aux.shape == (3,)
    assert np.allclose(gradient(np.ones(3), data), want)


def test_flags_that_leave_out_what_has_no_derivative() -> None:
    def f(x, plot=False, n=2):
        if plot:
            math.nextafter(x, 3.0) * x
            return math.nextafter(x, 3.0)
        return x**n

    gradient = grad(f)
    assert gradient(3.0) == 6.0
    assert gradient(3.0, False, 3) == 27.0
    assert entries(gradient) == 1  # the integer did not have to be known
    with pytest.raises(MissingRule, match="nextafter"):
        gradient(3.0, plot=True)


def test_flags_that_need_not_be_known() -> None:
    def f(x, twice):
        return 2.0 * x if twice else x

    gradient = grad(f)
    assert (gradient(1.0, True), gradient(1.0, False)) == (2.0, 1.0)
    assert entries(gradient) == 1


def test_flags_for_the_compiler() -> None:
    pytest.importorskip("numba")

    def f(x, verbose=False):
        total = 0.0
        for v in x:
            total += v**2
            if verbose:
                print(f"total {total:.3f}")
        return total

    assert grad(f, backend="numba")(np.ones(2)).tolist() == [2.0, 2.0]
    with pytest.raises(SrcadError, match="formats no numbers"):
        grad(f, backend="numba")(np.ones(2), True)
    with pytest.warns(UserWarning, match="f runs in the python backend"):
        assert grad(f, backend="auto")(np.ones(2), True).tolist() == [2.0, 2.0]


def test_keywords_defaults_and_stars() -> None:
    def f(x, /, y=2.0, *rest, scale, **options):
        total = x * y * scale
        for r in rest:
            total += r * x
        return total * options.get("times", 1.0)

    g = grad(f)
    assert g(1.0, scale=3.0) == 6.0
    assert g(1.0, 5.0, scale=3.0) == 15.0
    assert g(1.0, 5.0, 1.0, 2.0, scale=3.0) == 18.0
    assert g(1.0, scale=3.0, times=2.0) == 12.0
    assert grad(f, argnames="scale")(2.0, y=5.0, scale=1.0) == 10.0
    with pytest.raises(TypeError):
        g()
    with pytest.raises(TypeError):
        g(1.0, 2.0)


def test_promotion() -> None:
    def f(x, n):
        return x[0] ** n + x[1]["a"]

    assert grad(f)([2, {"a": 3}], 3) == [12.0, {"a": 1.0}]
    assert type(grad(lambda x: x * x)(3)) is float
    with pytest.raises(SignatureError, match="argument x is True"):
        grad(lambda x: x * 2.0 if x else x)(True)


# ---- callables -----------------------------------------------------------------------


class Model:
    scale = 3.0

    def __init__(self, w: Any) -> None:
        self.w = w

    def loss(self, x):
        return np.sum(self.w * x * x) * self.scale

    @staticmethod
    def square(x):
        return x * x

    @classmethod
    def scaled(cls, x):
        return cls.scale * x

    @grad
    def slope(self_x):
        return self_x * self_x

    def __call__(self, x):
        return self.w * x


def test_methods_and_callables() -> None:
    m = Model(2.0)
    assert grad(m.loss)(2.0) == 24.0
    m.w = 5.0
    assert grad(m.loss)(2.0) == 60.0
    assert grad(Model.square)(3.0) == 6.0
    assert grad(Model.scaled)(3.0) == 3.0
    g = grad(m.loss)
    assert g(2.0) == 60.0
    Model.scale = 6.0
    try:
        assert g(2.0) == 120.0
        assert grad(Model.scaled)(3.0) == 6.0
    finally:
        Model.scale = 3.0
    assert Model.slope(3.0) == 6.0
    assert grad(m)(3.0) == 5.0


def test_partial_lambda_and_wrapped() -> None:
    def f(x, y, z=1.0):
        return x * y * z

    assert grad(functools.partial(f, 2.0))(3.0) == 2.0
    assert grad(functools.partial(f, y=4.0, z=2.0))(3.0) == 8.0
    assert grad(lambda x: x**3)(2.0) == 12.0
    first, second = grad(lambda x: x * 2), grad(lambda x: x * 3)
    assert (first(1.0), second(1.0)) == (2.0, 3.0)

    @functools.wraps(f)
    def wrapped(*args, **kwargs):
        return 2 * f(*args, **kwargs)

    assert grad(wrapped)(1.0, 3.0) == 6.0


def test_numpy_functions() -> None:
    assert grad(np.sin)(0.0) == 1.0
    assert grad(math.exp)(0.0) == 1.0
    assert np.array_equal(grad(np.sum)(V), np.ones(3))
    assert jvp(np.tanh, (0.0,), (2.0,)) == (0.0, 2.0)


def test_decorators() -> None:
    @grad
    def f(x):
        """The docstring."""
        return x * x

    @grad(argnums=1)
    def g(x, y):
        return x * y * y

    @value_and_grad(argnums=(0, 1))
    def h(x, y=2.0):
        return x * y

    assert f(3.0) == 6.0
    assert f.__name__ == "f"
    assert f.__doc__ == "Gradient of f with respect to x.\n\nThe docstring."
    assert g(2.0, 3.0) == 12.0
    assert h(3.0) == (6.0, (2.0, 3.0))


def test_from_source_functions() -> None:
    f = from_source("def f(x):\n    return x * scale\n", {"scale": 3.0})
    g = grad(f)
    assert g(1.0) == 3.0
    f.__globals__["scale"] = 4.0
    assert g(1.0) == 4.0


# ---- attributes ----------------------------------------------------------------------


def test_source_and_graph() -> None:
    def f(x: float, n: int = 3):
        y = x**n
        return y * x

    g = grad(f)
    before = g.source
    ast.parse(before)
    assert "def f(" in before
    assert g.dispatcher.latest is None, "asking for the source compiles no entry"
    g(2.0)
    assert "x_bar" in g.source or "return" in g.source
    array = g.source_for(np.float64(2.0), 3)
    ast.parse(array)
    assert g.graph.name == "f"
    assert g.primal is f
    g.clear()
    assert entries(g) == 0
    assert g(2.0) == 32.0


def test_source_runs_without_srcad() -> None:
    def f(x):
        total = 0.0
        for i in range(len(x)):
            total += x[i] ** 2 * i
        return total

    g = grad(f)
    expected = g(V)
    names: dict[str, Any] = {}
    exec(g.source, names)
    assert np.array_equal(names["f"](V), expected)


def test_source_that_needs_a_call_says_so() -> None:
    def f(params):
        return params["w"] * 2

    g = grad(f)
    with pytest.raises(SrcadError, match="source_for"):
        _ = g.source
    g({"w": 1.0})
    assert g.source


def test_repr_and_signature() -> None:
    assert "grad of grad of" in repr(grad(grad(helper)))
    assert "uses_helper" in repr(value_and_grad(uses_helper))


# ---- memory and threads --------------------------------------------------------------


def writes(x, y):
    x[0] = y[1] * 2
    return np.sum(x * y)


def test_callers_arrays_are_untouched() -> None:
    x, y = V.copy(), V * 2
    grad(writes, (0, 1))(x, y)
    jvp(writes, (x, y), (V, V))
    vjp(writes, x, y)[1](1.0)
    assert np.array_equal(x, V)
    assert np.array_equal(y, V * 2)


@pytest.mark.parametrize(
    "pick",
    [
        lambda x: (x, x),
        lambda x: (x[:2], x[1:3]),
        lambda x: (x, x[::-1]),
    ],
)
def test_arguments_that_share_memory_and_are_written_are_refused(pick: Any) -> None:
    args = pick(V.copy())
    for ask in (
        lambda: grad(writes)(*args),
        lambda: jvp(writes, args, args),
        lambda: vjp(writes, *args),
    ):
        with pytest.raises(SrcadError, match="shares memory"):
            ask()


def test_sharing_within_a_container() -> None:
    def f(xs):
        xs[0][0] = 5.0
        return np.sum(xs[1])

    x = V.copy()
    with pytest.raises(SrcadError):
        grad(f)([x, x])
    assert np.array_equal(x, V)


class Layer:
    def __init__(self, w: Any) -> None:
        self.w, self.cache = w, None

    def forward(self, x: Any) -> Any:
        self.cache = x
        return np.tanh(self.w * self.cache)


def test_sharing_where_only_attributes_are_written() -> None:
    """What the function itself left in the object when it was last called."""

    def loss(layer, x):
        return np.sum(layer.forward(x))

    def scaled(layer, x):
        layer.cache *= 2.0
        return np.sum(layer.forward(x))

    layer, x = Layer(V.copy()), V.copy()
    loss(layer, x)
    assert layer.cache is x
    w_bar = grad(loss)(layer, x).w
    assert np.allclose(w_bar, x / np.cosh(V * x) ** 2)
    assert layer.cache is x
    with pytest.raises(SrcadError, match="shares memory"):
        grad(scaled)(layer, x)
    assert np.array_equal(x, V)


def test_arguments_that_share_memory_and_are_read_are_fine() -> None:
    def f(x, y):
        return np.sum(x * y)

    x = V.copy()
    gx, gy = grad(f, (0, 1))(x, x)
    assert np.array_equal(gx, x)
    assert not np.shares_memory(gx, gy)
    assert not np.shares_memory(gx, x)


def test_threads() -> None:
    def f(x, n):
        y = x
        for _ in range(n):
            y = np.tanh(y * x)
        return np.sum(y)

    g = grad(f)
    points = [V * k for k in range(1, 5)] + [np.ones((2, 2)), np.ones(1)]
    expected = [grad(f)(p, 3) for p in points]
    errors: list[BaseException] = []

    def work(k: int) -> None:
        try:
            for _ in range(5):
                assert np.array_equal(g(points[k], 3), expected[k])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k % 6,)) for k in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    assert entries(g) <= 4


def test_method_replaced_on_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(2.0)

    def f(x):
        return model.loss(x) + Model.square(x)

    g = grad(f)
    assert g(1.0) == 14.0
    monkeypatch.setattr(Model, "loss", lambda self, x: self.w * x)
    assert g(1.0) == 4.0
    monkeypatch.setattr(Model, "square", staticmethod(math.exp))
    assert g(0.0) == 3.0


class Halved(Model):
    """A model that has all of its methods from another class."""


def test_method_overridden_below_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    model, plain = Halved(2.0), Model(2.0)
    outside, passed = grad(lambda x: model.loss(x)), grad(lambda m, x: m.loss(x), 1)
    before = outside(1.0)
    assert before == passed(model, 1.0) == grad(lambda x: plain.loss(x))(1.0)
    monkeypatch.setattr(Halved, "loss", lambda self, x: 0.5 * self.w * x, raising=False)
    assert outside(1.0) == passed(model, 1.0) == 1.0
    assert passed(plain, 1.0) == before
    monkeypatch.delattr(Halved, "loss")
    assert outside(1.0) == before


def test_method_set_on_the_object() -> None:
    model = Model(2.0)
    g = grad(lambda x: model.loss(x))
    before = g(1.0)
    model.loss = lambda x: 7.0 * x
    assert g(1.0) == 7.0
    model.loss = types.MethodType(lambda self, x: 3.0 * self.w * x, model)
    assert g(1.0) == 6.0
    model.loss = types.MethodType(lambda self, x: 5.0 * self.w * x, model)
    assert g(1.0) == 10.0
    del model.loss
    assert g(1.0) == before
