"""The fourteen hand-written cases: generated gradients against those of an expert."""

import copy
import functools

import numpy as np
import pytest
from handwritten import NAMES, SEED, arguments, load
from trees import (
    close,
    difference,
    dot,
    frozen,
    leaves,
    same,
    shared_memory,
    tree_map,
    unlike,
)

import srcad
from srcad.backend import compiled
from srcad.options import OPTIONS
from srcad.pipeline import Step
from srcad.transform import extended

SIZES = ("tiny", "small")
every_case = pytest.mark.parametrize("name", NAMES)
every_size = pytest.mark.parametrize("size", SIZES)


@functools.cache
def value_and_grad(name):
    case = load(name)
    return srcad.value_and_grad(case.primal, argnums=case.WRT)


@functools.cache
def closed(name):
    """The case as a function of what it is differentiated by alone.

    The other arguments are globals of the function: hidden parameters of its graph.
    """
    case = load(name)
    params = case.primal.__code__.co_varnames[: case.primal.__code__.co_argcount]
    active = ", ".join(params[k] for k in case.WRT)
    text = f"def {name[3:]}({active}):\n    return primal({', '.join(params)})\n"
    args = arguments(case, "tiny")
    fixed = {p: a for k, (p, a) in enumerate(zip(params, args)) if k not in case.WRT}
    return srcad.from_source(text, {"primal": case.primal, **fixed})


def point_of(name):
    case = load(name)
    return tuple(arguments(case, "tiny")[k] for k in case.WRT)


def direction_for(point, seed):
    rng = np.random.default_rng(SEED + seed)
    return tree_map(
        lambda a: rng.normal(size=np.shape(a)) if np.ndim(a) else float(rng.normal()),
        point,
    )


def agree(exact, numeric, scale, rtol=1e-6):
    assert abs(numeric - exact) <= rtol * max(abs(exact), 0.1 * scale)


def size_of(tree):
    return np.sqrt(sum(np.sum(np.square(leaf)) for leaf in leaves(tree)))


@every_size
@every_case
def test_value_and_gradient_are_the_experts(name, size):
    case = load(name)
    args = arguments(case, size)
    value, grads = value_and_grad(name)(*args)
    assert np.ndim(value) == 0
    assert close(value, case.primal(*copy.deepcopy(args)), 1e-12)
    assert isinstance(grads, tuple)
    assert close(grads, case.adjoint(*args)[1], 1e-9)


@every_size
@every_case
def test_the_value_keeps_every_bit(name, size):
    case = load(name)
    args = arguments(case, size)
    value, _ = value_and_grad(name)(*args)
    assert value == case.primal(*copy.deepcopy(args))


@every_case
def test_gradient_is_the_one_of_differences(name):
    case = load(name)
    args = arguments(case, "tiny")
    _, grads = value_and_grad(name)(*args)
    for k, (where, grad) in enumerate(zip(case.WRT, grads, strict=True)):
        direction = direction_for(args[where], k)

        def value(moved, where=where):
            return case.primal(*args[:where], moved, *args[where + 1 :])

        numeric = difference(value, args[where], direction)
        agree(dot(direction, grad), numeric, size_of(grad))


@every_size
@every_case
def test_gradients_are_like_their_arguments(name, size):
    case = load(name)
    args = arguments(case, size)
    _, grads = value_and_grad(name)(*args)
    assert unlike(grads, tuple(args[k] for k in case.WRT)) is None
    assert not shared_memory(grads, args)


@every_size
@every_case
def test_arguments_stay_as_they_are(name, size):
    args = arguments(load(name), size)
    before = copy.deepcopy(args)
    found = value_and_grad(name)(*args)
    assert same(args, before)
    assert same(value_and_grad(name)(*frozen(args)), found)


@every_size
@every_case
def test_writing_in_place_changes_no_bit(name, size, monkeypatch):
    case = load(name)
    args = arguments(case, size)
    monkeypatch.setattr(OPTIONS, "copies", True)
    copying = srcad.value_and_grad(case.primal, argnums=case.WRT)
    assert same(copying(*args), value_and_grad(name)(*args))


# ---- forward mode and higher orders --------------------------------------------------


def one_or_all(point):
    """argnums for all arguments, one as a bare gradient."""
    return 0 if len(point) == 1 else tuple(range(len(point)))


@every_case
def test_forward_mode_is_reverse_mode(name):
    point = point_of(name)
    direction = direction_for(point, 1)
    value, tangent = srcad.jvp(closed(name), point, direction)
    expected, grads = value_and_grad(name)(*arguments(load(name), "tiny"))
    assert close(value, expected, 1e-12)
    assert close(tangent, dot(direction, grads), 1e-9)


@every_case
def test_pullback_is_the_gradient(name):
    point = point_of(name)
    value, pullback = srcad.vjp(closed(name), *point)
    expected, grads = value_and_grad(name)(*arguments(load(name), "tiny"))
    assert close(value, expected, 1e-12)
    first, second = pullback(1.0), pullback(2.0)
    assert close(first, grads, 1e-9)
    assert close(second, tree_map(lambda g: 2.0 * g, grads), 1e-9)


@functools.cache
def gradient(name):
    return srcad.grad(closed(name), one_or_all(point_of(name)))


def contracted(name, weights):
    """The product of weights and the gradient, as a function of the point."""

    def value(point):
        grads = gradient(name)(*point)
        return dot(weights, grads if len(point) > 1 else (grads,))

    return value


@every_case
def test_second_order(name):
    """Reverse over reverse and forward over reverse, against differences."""
    point = point_of(name)
    weights, direction = direction_for(point, 2), direction_for(point, 3)
    _, pullback = srcad.vjp(gradient(name), *point)
    second = pullback(weights if len(point) > 1 else weights[0])
    numeric = difference(contracted(name, weights), point, direction)
    agree(dot(direction, second), numeric, size_of(second))
    products = srcad.hvp(closed(name), point, direction)
    along = dot(weights, products if len(point) > 1 else (products,))
    agree(along, dot(direction, second), size_of(second), 1e-9)


@every_case
def test_third_order(name):
    """Reverse over forward over reverse, against differences of second order."""
    point = point_of(name)
    weights, along = direction_for(point, 4), direction_for(point, 5)
    direction = direction_for(point, 6)
    every = tuple(range(len(point)))
    product = extended(gradient(name), Step("jvp", every, False), None)
    pulled = extended(product, Step("vjp", every, False), None)
    entry = pulled.entry(point)
    _, residual = entry.run(point, along)
    seed = weights if len(point) > 1 else weights[0]
    zero = tree_map(lambda w: 0.0 * w, seed)
    third = entry.functions[1](residual, (zero, seed))

    def second(moved):
        found = srcad.jvp(gradient(name), moved, along)[1]
        return dot(weights, found if len(point) > 1 else (found,))

    numeric = difference(second, point, direction)
    agree(dot(direction, third), numeric, size_of(third))


# ---- numba ---------------------------------------------------------------------------


@pytest.mark.skipif(not compiled.INSTALLED, reason="Numba is not installed")
@pytest.mark.parametrize("name", [n for n in NAMES if n != "11_gaussian_nll"])
def test_numba_form(name, optimised):
    """Compiled with njit, on the same numbers.

    `python tests/backend/numba_programs.py` has the one that compiles for long.
    """
    case = load(name)
    found = srcad.value_and_grad(case.primal, argnums=case.WRT, backend="numba")
    for size in SIZES:
        args = arguments(case, size)
        before = copy.deepcopy(args)
        value, grads = found(*args)
        expected = value_and_grad(name)(*args)
        assert same(args, before)
        assert close((value, grads), expected, 1e-9)
        assert unlike(grads, tuple(args[k] for k in case.WRT)) is None
        assert not shared_memory(grads, args)
    (function,) = found.entry(args).functions
    kernel = function.__globals__.get("primal_kernel") if "mlp" in name else function
    assert compiled.is_dispatcher(kernel)
