"""Rules that are wrong or missing are found."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

import srcad
from srcad import (
    check_grads,
    custom_jvp,
    custom_vjp,
    declare,
    grad,
    jvp,
    value_and_grad,
)
from srcad.errors import MissingRule, ShapeError, SignatureError, UnsupportedSyntax

from .functions import X, hidden

# ---- what is wrong is found ----------------------------------------------------------


def test_check_grads_finds_a_wrong_rule():
    @custom_vjp
    def nearly(x):
        return np.sin(x)

    nearly.defvjp(lambda x: (np.sin(x), x), lambda x, g: (1.001 * g * np.cos(x),))
    with pytest.raises(AssertionError):
        check_grads(nearly, (0.4,), order=1)
    wrong = declare(hidden(np.sin), partials=lambda out, x: [1.001 * np.cos(x)])
    with pytest.raises(AssertionError):
        check_grads(lambda x: wrong(x), (0.4,), order=1, modes=("fwd",))


def refused(bwd, match, error=ShapeError, x=X):
    @custom_vjp
    def f(x):
        return np.sin(x)

    f.defvjp(lambda x: (np.sin(x), x), bwd)
    with pytest.raises(error, match=match) as caught:
        grad(lambda x: np.sum(f(x)))(x)
    return str(caught.value)


def test_wrong_cotangents_name_the_line_of_the_rule():
    def bare(x, g):
        return g * np.cos(x)

    def two(x, g):
        return g, g

    def nothing(x, g):
        return (None,)

    def number(x, g):
        return (1.0,)

    assert "return g * np.cos(x)" in refused(bare, "must return a tuple of 1")
    assert "return g, g" in refused(two, "not 2")
    assert "return (None,)" in refused(nothing, "is None", SignatureError)
    assert "return (1.0,)" in refused(number, "is a number, and must be an array")
    refused(lambda x, g: (g[:2],), "shape", (ShapeError, ValueError))
    refused(lambda x, g: (eval("g"),), "eval", UnsupportedSyntax)


def test_wrong_partials_and_tangents():
    f = declare(hidden(np.sin), partials=lambda out, x: [1.0, 2.0])
    with pytest.raises(ShapeError, match=r"are 2, and it has 1 argument") as caught:
        grad(lambda x: f(x))(0.4)
    assert "[1.0, 2.0]" in str(caught.value)
    f = declare(hidden(np.sin), jvp=lambda p, t: np.cos(p[0]) * t[0])
    with pytest.raises(ShapeError, match="must return two things"):
        jvp(lambda x: f(x), (0.4,), (1.0,))
    f = declare(hidden(np.sin), jvp=lambda p, t: (f(p[0]), None))
    with pytest.raises(SignatureError, match="is None"):
        jvp(lambda x: f(x), (0.4,), (1.0,))


def test_a_rule_that_gives_another_result_is_refused():
    @custom_vjp
    def f(x):
        return np.sin(x)

    f.defvjp(lambda x: (np.sum(np.sin(x)), x), lambda x, g: (g * np.cos(x),))
    with pytest.raises(ShapeError, match="the result in the rule of f") as caught:
        grad(lambda x: np.sum(f(x)))(X)
    assert "np.sum(np.sin(x)), x" in str(caught.value)
    g = custom_jvp(lambda x: (x, x))
    g.defjvp(lambda primals, tangents: (primals[0], tangents[0]))
    with pytest.raises(ShapeError, match="the result in the rule"):
        jvp(lambda x: g(x)[0], (2.0,), (1.0,))

    @custom_vjp
    def narrow(x):
        return x * 2.0

    narrow.defvjp(
        lambda x: (x * np.float64(2.0), None), lambda kept, g: (g * np.float64(2.0),)
    )
    x = X.astype(np.float32)
    value, gradient = value_and_grad(lambda x: np.sum(narrow(x) ** 2))(x)
    assert value.dtype == gradient.dtype == np.float32


def test_no_rule_yet():
    @custom_vjp
    def empty(x):
        return x

    assert empty(2.0) == 2.0
    with pytest.raises(MissingRule, match="defvjp"):
        grad(lambda x: empty(x))(2.0)


def test_what_is_declared_must_fit_together():
    with pytest.raises(SignatureError, match="says nothing"):
        declare(hidden(np.sin))
    with pytest.raises(SignatureError, match="says partials and zero"):
        declare(hidden(np.sin), partials=lambda out, x: [x], zero=True)
    with pytest.raises(SignatureError, match="go together"):
        declare(hidden(np.sin), bilinear=True)
    with pytest.raises(SignatureError, match="Python functions"):
        declare(hidden(np.sin), partials=np.cos)
    with pytest.raises(SignatureError, match="not a function"):
        declare(3, zero=True)


def test_a_missing_rule_shows_how_to_give_one():
    with pytest.raises(MissingRule) as caught:
        grad(lambda x: math.nextafter(x, 4.0))(3.0)
    assert (
        "srcad.declare(math.nextafter, partials=lambda out, x, y: "
        "[dnextafter_dx, dnextafter_dy])" in str(caught.value)
    )


def test_a_function_with_a_rule_does_not_write_to_its_arguments():
    @custom_vjp
    def f(x):
        x[0] = 0.0
        return np.sum(x)

    f.defvjp(lambda x: (np.sum(x), x), lambda x, g: (g * np.ones_like(x),))
    x = X.copy()
    with pytest.raises(UnsupportedSyntax, match="an argument of f, which has a rule"):
        grad(lambda x: f(x))(x)
    np.testing.assert_array_equal(x, X)


def test_what_may_be_the_argument_itself_is_not_written_to():
    def written(x):
        stopped = srcad.stop_gradient(x)
        x[0] = 1.0
        return np.sum(stopped) + np.sum(x)

    with pytest.raises(UnsupportedSyntax, match="change an object"):
        grad(written)(X.copy())
    same = declare(hidden(lambda x: x), linear=True, transpose=lambda g, x: g)

    def through(x):
        y = same(x)
        x[0] = 1.0
        return np.sum(y * x)

    with pytest.raises(UnsupportedSyntax, match="change an object"):
        grad(through)(X.copy())


SCRIPT = """
import os
import srcad

def library(x):
    return x * x

def f(x):
    return library(x) * 2.0

@srcad.custom_vjp
def own(x):
    return x * x

def twice(x, g):
    return (2.0 * g * x,)

def thrice(x, g):
    return (3.0 * g * x,)

own.defvjp(lambda x: (x * x, x), thrice if os.environ.get("THRICE") else twice)

def h(x):
    return own(x) * 1.0

if os.environ.get("DECLARED"):
    srcad.declare(library, partials=lambda out, x: [10.0])
print(srcad.grad(f)(3.0), srcad.grad(h)(3.0))
"""


def test_the_cache_on_disk_knows_nothing_of_rules(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)

    def run(**variables):
        cache = {"SRCAD_CACHE": "1", "SRCAD_CACHE_DIR": str(tmp_path / "cache")}
        environment = {**os.environ, **cache, **variables}
        command = [sys.executable, str(script)]
        found = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        )
        return found.stdout.split()

    assert run() == ["12.0", "6.0"]
    assert run(DECLARED="1") == ["20.0", "6.0"]
    assert run(THRICE="1") == ["12.0", "9.0"]
    assert run() == ["12.0", "6.0"]
