"""Derivatives inside functions: exact numbers, refusals, effects, what is noticed."""

from __future__ import annotations

import functools
import inspect

import numpy as np
import pytest

import srcad
from srcad import (
    MissingRule,
    ShapeError,
    SignatureError,
    SrcadError,
    UnsupportedSyntax,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)

V = np.array([0.3, -0.5, 1.2])


# ---- perturbation confusion: numbers that can be checked by hand


def times_slope_of_product(x):
    return x * grad(lambda y: x * y)(2.0)


def times_slope_of_sum(x):
    return x * grad(lambda y: x + y)(1.0)


def two_variables(x):
    return x * grad(lambda y: x * y * y)(x)


def shadowed(x):
    return grad(lambda x: x * grad(lambda x: x * x)(x))(x)


def outer_in_the_middle(x):
    return grad(lambda y: y * grad(lambda z: x * y * z)(3.0))(5.0)


def curried(x):
    f = lambda a: lambda b: a * b
    return grad(lambda a: grad(f(a))(7.0))(x) * x


@pytest.mark.parametrize(
    ("f", "x", "slope", "curvature"),
    [
        (times_slope_of_product, 4.0, 8.0, 2.0),  # x^2
        (times_slope_of_sum, 4.0, 1.0, 0.0),  # x
        (two_variables, 2.0, 24.0, 24.0),  # 2 x^3
        (shadowed, 3.0, 4.0, 0.0),  # 4 x
        (outer_in_the_middle, 2.0, 10.0, 0.0),  # 10 x
        (curried, 2.0, 1.0, 0.0),  # x
    ],
)
def test_perturbations_are_told_apart(f, x, slope, curvature):
    assert grad(f)(x) == slope
    assert jvp(f, (x,), (1.0,))[1] == slope
    assert grad(grad(f))(x) == curvature
    assert jvp(grad(f), (x,), (1.0,))[1] == curvature
    assert grad(lambda t: jvp(f, (t,), (1.0,))[1])(x) == curvature


def test_a_shift_that_is_differentiated():
    """Manzyuk et al.: derivatives of functions that return closures."""

    def s(u):
        return lambda f: lambda x: f(x + u)

    def f(x):
        shifted = lambda u: s(u)(lambda t: t**3)
        inner = grad(lambda u: shifted(u)(x))
        return inner(0.0)

    assert f(2.0) == 12.0
    assert grad(f)(2.0) == 12.0
    assert grad(grad(f))(2.0) == 6.0


# ---- refusals


def captured_array_written(x):
    y = np.zeros(3)

    def f(t):
        y[0] = t * x  # refuse
        return y[0] * t

    return grad(f)(x)


def captured_list_grown(x):
    ys = []

    def f(t):
        ys.append(t)  # refuse
        return t * t

    return grad(f)(x) + len(ys)


def argument_written_and_captured(x):
    y = V * x

    def f(a):
        a[0] = 3.0  # refuse
        return np.sum(a * y)

    return np.sum(grad(f)(y))


def one_array_twice_written(x):
    y = V * x

    def f(a, b):
        a[0] = b[1]  # refuse
        return np.sum(a * b)

    return np.sum(grad(f, (0, 1))(y, y)[0])


def utility_inside(x):
    srcad.check_grads(lambda t: t * x, (x,))  # refuse
    return x


def integer_array(x):
    return grad(lambda t: np.sum(t * x))(np.arange(3))[0]  # refuse


def none_argument(x):
    return grad(lambda t: x)(None)  # refuse


def function_argument(x):
    return grad(lambda t: x)(lambda u: u)  # refuse


def number_out_of_range(x):
    return grad(lambda t: x * t, 2)(x)  # refuse


def number_that_is_a_float(x):
    return grad(lambda t: x * t, 1.0)(x)  # refuse


def unknown_name(x):
    return grad(lambda t: x * t, argnames="u")(x)  # refuse


def number_not_known(x):
    return grad(lambda a, b: a * b, argnums=int(x))(x, x)  # refuse


def many_results(x):
    return np.sum(grad(lambda t: t * V)(x))  # refuse


def complex_result(x):
    return grad(lambda t: t * 1j)(x)  # refuse


def function_returned(x):
    return grad(lambda t: lambda u: u)(x)  # refuse


def differentiates_itself(x):
    def f(t):
        return t * t if t > 2.0 else grad(f)(t + 1.0)  # refuse

    return f(x)


def no_pair_with_aux(x):
    return grad(lambda t: t * t, has_aux=True)(x)[0]  # refuse


def missing_argument(x):
    return grad(lambda a, b: a * b)(x)  # refuse


def too_many_arguments(x):
    return grad(lambda a: a)(x, x)  # refuse


def unknown_option(x):
    return grad(lambda a: a, foo=3)(x)  # refuse


def unknown_option_of_vjp(x):
    return vjp(lambda t: (t, t), x, foo=1)[0]  # refuse


def not_a_function(x):
    return grad(x)(x)  # refuse


def pullback_given_out(x):
    y, pull = vjp(lambda t: t * t, x)
    return pull


def pullback_after_a_loop(x):
    for _ in range(3):  # refuse
        y, pull = vjp(lambda t: t * t, x)
    return pull(1.0)[0]


def tangent_of_another_rank(x):
    return jvp(lambda t: t * t, (V * x,), (1.0,))[1][0]  # refuse


def cotangent_of_another_rank(x):
    y, pull = vjp(lambda t: t * t, V * x)
    return pull(1.0)[0][0]  # refuse


def cotangent_of_another_structure(x):
    y, pull = vjp(lambda t: {"a": t}, x)
    return pull({"b": x})[0]  # refuse


def one_tangent_too_few(x):
    return jvp(lambda a, b: a * b, (x, x), (x,))[1]  # refuse


def jacobian_of_a_dict(x):
    return np.sum(jacobian(lambda d: d["a"] * V)({"a": x}))  # refuse


def two_numbers_for_a_hessian(x):
    return hessian(lambda a, b: a * b, (0, 1))(x, x)  # refuse


def without_a_rule(x):
    f = lambda t: np.sum(np.unique_values(t)) * 1.0
    return grad(f)(V * x)[0]  # refuse


def _marked(f):
    lines, first = inspect.getsourcelines(f)
    return next((first + k for k, line in enumerate(lines) if "# refuse" in line), None)


REFUSED = {
    captured_array_written: (UnsupportedSyntax, "outside of it"),
    captured_list_grown: (UnsupportedSyntax, "outside of it"),
    argument_written_and_captured: (UnsupportedSyntax, "another name"),
    one_array_twice_written: (UnsupportedSyntax, "another name"),
    utility_inside: (UnsupportedSyntax, "check_grads"),
    integer_array: (SignatureError, "integers"),
    none_argument: (SignatureError, "None"),
    function_argument: (SignatureError, "function"),
    number_out_of_range: (SignatureError, "out of range"),
    number_that_is_a_float: (SignatureError, "integers"),
    unknown_name: (SignatureError, "no parameter 'u'"),
    number_not_known: (UnsupportedSyntax, "constant"),
    many_results: (ShapeError, "one number"),
    complex_result: (SignatureError, "complex"),
    function_returned: (UnsupportedSyntax, "function"),
    differentiates_itself: (UnsupportedSyntax, "itself"),
    no_pair_with_aux: (ShapeError, "has_aux"),
    missing_argument: (UnsupportedSyntax, "'b'"),
    too_many_arguments: (SignatureError, "too many"),
    unknown_option: (SignatureError, "these arguments"),
    unknown_option_of_vjp: (SignatureError, "these arguments"),
    not_a_function: (SignatureError, "a function"),
    pullback_given_out: (UnsupportedSyntax, "pullback"),
    pullback_after_a_loop: (UnsupportedSyntax, "'pull'"),
    tangent_of_another_rank: (ShapeError, "tangent"),
    cotangent_of_another_rank: (ShapeError, "cotangent"),
    cotangent_of_another_structure: (ShapeError, "structure"),
    one_tangent_too_few: (SignatureError, "1 tangents"),
    jacobian_of_a_dict: (UnsupportedSyntax, "jacobian"),
    two_numbers_for_a_hessian: (SignatureError, "hessian"),
    without_a_rule: (MissingRule, "unique_values"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "way", [value_and_grad, lambda f: lambda x: jvp(f, (x,), (x,))]
)
def test_refused_at_the_users_line(f, way):
    error, word = REFUSED[f]
    with pytest.raises(error) as caught:
        way(f)(2.5)
    assert word in caught.value.message
    line = _marked(f)
    assert caught.value.span is not None
    assert line is None or caught.value.span.line == line


def tangent_of_another_length(x):
    return jvp(lambda t: t * t, (V * x,), (np.ones(len(V) - 2),))[1][0]


def cotangent_of_another_length(x):
    y, pull = vjp(lambda t: t * t, V * x)
    return pull(np.ones(len(V) - 2))[0][0]


@pytest.mark.parametrize("f", [tangent_of_another_length, cotangent_of_another_length])
def test_lengths_are_checked_when_the_program_runs(f):
    with pytest.raises(ValueError, match="shape of its value"):
        grad(f)(2.5)


# ---- what runs, and when


def prints(x):
    def f(t):
        print("inner", t)
        return t * t * x

    print("before")
    g = grad(f)(x)
    print("after")
    return g * x


@pytest.mark.parametrize(
    "way", [grad, value_and_grad, lambda f: grad(grad(f)), lambda f: jacfwd(f)]
)
def test_prints_once_in_order(way, capsys):
    way(prints)(2.0)
    assert capsys.readouterr().out == "before\ninner 2.0\nafter\n"


def pulls_twice(x):
    y, pull = vjp(lambda t: (print("inner"), t * t * x)[1], x)
    return pull(1.0)[0] * pull(2.0)[0]


def test_a_pullback_does_not_run_the_function_again(capsys):
    assert grad(pulls_twice)(2.0) == 8.0 * 4 * 2.0**3
    assert capsys.readouterr().out == "inner\n"


def test_the_argument_is_not_changed():
    def f(y):
        def g(t):
            t[0] = t[1] * 2.0
            return np.sum(t * t)

        return np.sum(y * grad(g)(y))

    y = V.copy()
    found = grad(f)(y)
    assert np.array_equal(y, V)
    step = np.array([1e-6, 0.0, 0.0])
    assert np.isclose(found[0], (f(V + step) - f(V - step))[()] / 2e-6, atol=1e-6)


# ---- what is noticed


cube = srcad.grad(lambda t: t**3)


def uses_cube(x):
    return cube(x) * x


def test_a_derivative_bound_to_another_function_is_noticed(monkeypatch):
    df = grad(uses_cube)
    assert df(2.0) == 36.0
    monkeypatch.setitem(globals(), "cube", srcad.grad(lambda t: t * t))
    assert df(2.0) == 8.0


SCALE = 2.0


def scaled(t):
    return t * t * SCALE


slope_of_scaled = srcad.grad(scaled)


def uses_scaled(x):
    return slope_of_scaled(x)


def test_data_of_the_inner_function_is_read_at_each_call(monkeypatch):
    df = grad(uses_scaled)
    assert df(1.0) == 4.0
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert df(1.0) == 10.0


def test_a_transform_given_as_an_argument_of_a_factory():
    """The transform is a wrapper of srcad's, as in a benchmark of several tools."""

    def engine_grad(f, argnums=0):
        return srcad.grad(f, argnums=argnums)

    def f(x):
        return x * engine_grad(lambda y: x + y)(1.0)

    assert engine_grad(f)(1.0) == 1.0


# ---- promotion, dtypes, sources


def test_integers_are_promoted():
    assert grad(lambda x: grad(lambda t: t * t * x)(3))(2.0) == 6.0
    assert grad(lambda x: jvp(lambda t: t * t * x, (3,), (1,))[1])(2.0) == 6.0


def test_float32_stays():
    def f(x):
        return np.sum(grad(lambda t: np.sum(t**3))(x) ** 2)

    x = V.astype(np.float32)
    assert grad(f)(x).dtype == np.float32
    assert np.allclose(grad(f)(x), 36 * x**3, rtol=1e-5)


def test_holomorphic():
    f = lambda z: grad(lambda w: w**3, holomorphic=True)(z)
    assert np.isclose(grad(f, holomorphic=True)(1 + 2j), 6 * (1 + 2j))


class Potential:
    def __init__(self, k):
        self.k = k

    def energy(self, q):
        return self.k * q**3


def test_second_order_of_bound_functions():
    assert grad(grad(Potential(2.0).energy))(3.0) == 36.0
    scaled = functools.partial(lambda a, q: a * q**3, 2.0)
    assert grad(grad(scaled))(3.0) == 36.0


def walk(q, a):
    s = 0.0
    for k in range(len(q)):
        s = s * q[k] + np.sin(q[k] * a)
    return s


def descent(q, a):
    slope = grad(walk)
    q = q - 0.1 * slope(q, a)
    q = q - 0.1 * slope(q, a)
    return np.sum(q)


def test_equal_derivatives_are_one_function_in_the_source():
    source = grad(descent).source_for(V, 0.5)
    assert source.count("def walk_grad") == 2  # its forward and its backward half
    assert source.count("walk_grad_fwd(q, a)") == 3
    assert "transform" not in source


def test_the_source_before_a_call():
    assert "def times_slope_of_product(x)" in grad(times_slope_of_product).source
    with pytest.raises(SrcadError, match="before the first call"):
        grad(lambda x: np.sum(jacobian(lambda t: t * x)(x))).source


# ---- what transforms return is differentiated again, from outside too


def bent(t):
    return np.sin(t) * t[0]


@pytest.mark.parametrize("outer", [jacobian, jacfwd])
@pytest.mark.parametrize("inner", [jacobian, jacfwd])
def test_a_jacobian_of_a_jacobian(outer, inner):
    found = outer(inner(bent))(V)
    assert found.shape == (3, 3, 3)
    assert np.allclose(found[1], hessian(lambda t: bent(t)[1])(V))


def test_a_gradient_with_a_hessian_inside():
    f = lambda x: np.sum(hessian(lambda t: np.sum(t**4))(x))
    assert np.allclose(grad(f)(V), 24 * V)


class Well:
    def __init__(self, k):
        self.k = k

    def energy(self, q):
        return self.k * q**3

    slope = grad(energy, 1)


WELL = Well(2.0)
slope_at_two = functools.partial(grad(lambda k, q: k * q**3, 1), 2.0)


def test_derivatives_as_methods_and_partials():
    assert WELL.slope(3.0) == slope_at_two(3.0) == 54.0
    assert grad(WELL.slope)(3.0) == grad(slope_at_two)(3.0) == 36.0
    assert grad(lambda x: WELL.slope(x) * x)(2.0) == 72.0
    assert grad(lambda x: slope_at_two(x) * x)(2.0) == 72.0


def test_a_decorated_function_may_be_called_decorated():
    def plain(x):
        return x * x

    @functools.wraps(plain)
    def decorated(*args):
        return 2 * plain(*args)

    decorated.__name__ = "decorated"
    assert grad(decorated)(3.0) == 12.0


NUMBER = 1


def chosen(x):
    return grad(lambda a, b: a * b * b, argnums=NUMBER)(x, x)


def test_a_global_argnums_is_noticed(monkeypatch):
    df = grad(chosen)
    assert df(3.0) == 12.0
    monkeypatch.setitem(globals(), "NUMBER", 0)
    assert df(3.0) == 6.0


@pytest.mark.parametrize(("x", "expected"), [(2.0, 12.0), (-2.0, 2.0)])
def test_a_derivative_chosen_by_a_branch(x, expected):
    def f(x):
        g = grad(lambda t: t * t)
        if x > 0.0:
            g = grad(lambda t: t**3)
        return g(x)

    assert grad(f)(x) == expected
