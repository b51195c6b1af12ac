"""Numba's functions in and out, dicts around a kernel, golden source, agreement."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import handwritten
import numpy as np
import pytest
from programs import test_programs as programs
from trees import close

import srcad

from .numba_programs import results

numba = pytest.importorskip("numba")
GOLDEN = Path(__file__).parent.parent / "golden" / "numba"
SHOWN = ("05_mlp", "07_heat_stencil", "10_broadcast_chain")

# One program for each thing that the dialect prints in its own way.
QUICK = (
    "arrays.boolean_mask",
    "arrays.strided",
    "classes.net_of_layers",
    "containers.nested_containers",
    "conversions.to_arrays",
    "early_return.return_from_nest",
    "stencils.convolution",
    "stencils.scattered",
    "while_break.break_and_else",
    "iteration.map_of_operation",
)


@pytest.mark.parametrize("name", QUICK)
def test_programs_agree(name: str) -> None:
    """All of them: python tests/backend/numba_programs.py."""
    case = programs.PROGRAMS[name]
    assert close(results(case, "numba"), results(case, "python"), 1e-10)


@pytest.mark.parametrize("name", SHOWN)
def test_golden_source(name: str, request: pytest.FixtureRequest) -> None:
    case = handwritten.load(name)
    args = handwritten.arguments(case, "tiny")
    found = srcad.value_and_grad(case.primal, argnums=case.WRT, backend="numba")
    text = found.source_for(*args)
    path = GOLDEN / f"{name}.py"
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


# ---- functions under njit, in and out ------------------------------------------------


@numba.njit
def wave(a: float, k: float) -> float:
    return a * np.sin(k * a)  # type: ignore[no-any-return]


@numba.njit
def energy(x: Any, k: float) -> float:
    total = 0.0
    for i in range(len(x)):
        total += wave(x[i], k)
    return total


def slope(x: Any, k: float) -> Any:
    return np.sin(k * x) + k * x * np.cos(k * x)


def test_a_function_under_njit_is_differentiated_and_compiled() -> None:
    x = np.arange(3.0)
    gradient = srcad.grad(energy)
    assert close([gradient(x, 0.5)], [slope(x, 0.5)], 1e-14)
    (function,) = gradient.entry((x, 0.5)).functions
    assert isinstance(function, numba.core.dispatcher.Dispatcher)
    plain = srcad.grad(energy, backend="python")
    assert close([plain(x, 0.5)], [slope(x, 0.5)], 1e-14)


def test_a_compiled_gradient_is_called_from_compiled_code() -> None:
    gradient = srcad.value_and_grad(energy).compiled_for(np.zeros(2), 0.5)

    @numba.njit
    def descend(x: Any, k: float, rate: float, steps: int) -> Any:
        for _ in range(steps):
            _, x_bar = gradient(x, k)
            x = x - rate * x_bar
        return x

    expected = np.arange(5.0)
    for _ in range(4):
        expected = expected - 0.1 * slope(expected, 0.5)
    assert close([descend(np.arange(5.0), 0.5, 0.1, 4)], [expected], 1e-12)


scale = 3.0


def scaled(x: float) -> float:
    return scale * x * x


def of_dict(p: dict[str, Any]) -> Any:
    return np.sum(p["a"] ** 2)


def test_what_compiled_code_cannot_call_is_refused() -> None:
    with pytest.raises(srcad.SrcadError, match=r"(?s)cannot call this.*scale"):
        srcad.grad(scaled, backend="numba").compiled_for(1.0)
    with pytest.raises(srcad.SrcadError, match=r"(?s)cannot call this.*dicts"):
        srcad.grad(of_dict, backend="numba").compiled_for({"a": np.ones(3)})
    with pytest.raises(srcad.SrcadError, match=r"(?s)cannot call this.*pass floats"):
        srcad.grad(wave, backend="numba").compiled_for(1, 2.0)
    with pytest.raises(srcad.SrcadError, match="not compiled"):
        srcad.grad(scaled).compiled_for(1.0)
    assert srcad.grad(scaled, backend="numba")(2.0) == 12.0


# ---- what is kept of branches --------------------------------------------------------


def on_one_way(x: float, n: int) -> float:
    t, y = 0.0, x
    for i in range(n):
        if i % 2 == 0:
            s = math.sin(y)
            y = y + s * math.cos(y) * s
        elif i % 3 == 0:
            y = y * y * 0.5
        t = t + y * t * 0.1 + y
    return t


def on_one_way_of_an_inner_loop(x: float, n: int) -> float:
    for i in range(n):
        for j in range(3):
            if j != i:
                a = math.sin(x)
                x = x * a + a * a
    return x


def or_none(x: float, n: int) -> float:
    for i in range(n):
        a = None
        if i % 2 == 0:
            a = math.sin(x)
        x = x * 1.1
        if a is not None:
            x = x * a
    return x


@pytest.mark.parametrize(
    "f, lists", [(on_one_way, 0), (on_one_way_of_an_inner_loop, 0), (or_none, 1)]
)
def test_numbers_kept_on_one_way_go_to_arrays(f: Any, lists: int) -> None:
    compiled = srcad.value_and_grad(f, backend="numba")
    plain = srcad.value_and_grad(f)
    for n in (0, 1, 6):
        assert close([*compiled(0.7, n)], [*plain(0.7, n)], 1e-12)
    assert compiled.source.count(" = []") == lists


# ---- what Numba cannot do ------------------------------------------------------------


class Failed(ValueError):
    def __init__(self, text: str) -> None:
        super().__init__(text)


def formatted(x: float) -> float:
    if x > 1e9:
        raise Failed(f"{x:.3f} is too large")
    return x * x


def test_a_refusal_shows_the_users_line() -> None:
    with pytest.raises(srcad.SrcadError, match="Numba does not compile") as refused:
        srcad.grad(formatted, backend="numba")(2.0)
    assert 'raise Failed(f"{x:.3f} is too large")' in str(refused.value)
    with pytest.warns(UserWarning, match="formatted runs in the python backend"):
        assert srcad.grad(formatted, backend="auto")(2.0) == 4.0


def halves(x: float, n: int) -> float:
    if n == 0:
        return 1.0
    return x * halves(x, n // 2)


def test_recursion_that_keeps_values_is_refused_at_its_call() -> None:
    with pytest.raises(srcad.SrcadError, match="what a recursive function keeps") as e:
        srcad.grad(halves, 0, backend="numba")(2.0, 3)
    assert "return x * halves(x, n // 2)" in str(e.value)


def bump(i: int, k: int, x: float) -> float:
    """A B-spline at whole knots: what it keeps for a derivative by `c` is nothing."""
    if k == 0:
        return 1.0 if i <= x < i + 1 else 0.0
    below, above = bump(i, k - 1, x), bump(i + 1, k - 1, x)
    return (x - i) / k * below + (i + k + 1 - x) / k * above


def curve(c: np.ndarray, x: float) -> float:
    return sum(c[i] * bump(i, 3, x) for i in range(len(c))) ** 2


def test_recursion_that_keeps_nothing_compiles() -> None:
    c = np.array([0.3, -0.7, 1.1, 0.4, 2.0])
    found, expected = (
        srcad.value_and_grad(curve, backend=b)(c, 4.3) for b in ("numba", "python")
    )
    assert np.isclose(found[0], expected[0], rtol=1e-13)
    assert np.allclose(found[1], expected[1], rtol=1e-13)


NODES = [0, 0.5, 1]


def at_nodes(x: float, weights: Any) -> float:
    return sum(w * x**2 * c for w, c in zip(weights, NODES, strict=True))


def test_lists_of_ints_and_floats_are_of_floats() -> None:
    gradient = srcad.grad(at_nodes, backend="numba")
    assert gradient(3.0, [1, 4.0, 0.5]) == 15.0
    assert gradient(3.0, [1.5, 4, 2]) == 24.0


def of_neighbours(x: np.ndarray, near: Any) -> float:
    total = 0.0
    for i in range(len(x)):
        for j in near[i]:
            total += x[i] * x[j]
    return total


def test_lists_of_lists_are_refused_in_plain_words() -> None:
    with pytest.raises(srcad.SrcadError, match="an argument is a list of lists") as e:
        srcad.grad(of_neighbours, backend="numba")(np.arange(2.0), [[1], [0, 1]])
    assert "one array of all entries" in str(e.value)


def of_several_kinds(x: np.ndarray) -> float:
    kept = []
    for i in range(len(x)):
        kept.append({"part": x[i : i + 1] * 2, "table": np.outer(x, x) * x[i]})
    return sum(entry["part"][0] * entry["table"][0, 0] for entry in kept)


def test_lists_of_dicts_of_several_kinds_are_refused_in_plain_words() -> None:
    with pytest.raises(srcad.SrcadError, match="a list holds dicts or objects"):
        srcad.value_and_grad(of_several_kinds, backend="numba")(np.arange(2.0))


def without_such_a_call(x: np.ndarray) -> float:
    return np.sum(np.add.reduceat(x, [0, 2]) * x[:2])


def test_a_refusal_names_the_call_that_numba_lacks() -> None:
    with pytest.raises(srcad.SrcadError, match=r"it has no np\.add\.reduceat") as e:
        srcad.grad(without_such_a_call, backend="numba")(np.arange(3.0))
    assert "\x1b" not in str(e.value)


def test_a_pullback_is_compiled_before_it_is_called() -> None:
    """Both halves, so that "auto" can fall back."""
    step = srcad.pipeline.Step("vjp", (0,), False)
    transform = srcad.transform.extended(np.cumsum, step, "numba")
    entry = transform.entry((np.arange(4.0),))
    assert all(f.overloads for f in entry.functions)
    out, residual = entry.run((np.arange(4.0),))
    assert np.array_equal(entry.functions[1](residual, out)[0], [10.0, 10.0, 9.0, 6.0])


def test_arrays_of_other_lengths_raise() -> None:
    def total(x: Any, y: Any) -> Any:
        return np.sum(x * y + np.exp(x))

    found = srcad.grad(total, backend="numba")
    assert close([found(np.zeros(3), np.ones(3))], [np.full(3, 2.0)], 1e-15)
    with pytest.raises(ValueError, match="broadcast"):
        found(np.zeros(3), np.ones(4))


def test_single_precision_stays_single() -> None:
    def total(x: Any) -> Any:
        return np.sum(np.exp(x) * x)

    x = np.arange(3, dtype=np.float32)
    found = srcad.grad(total, backend="numba")(x)
    assert close([found], [srcad.grad(total)(x)], 1e-6)
    assert found.dtype == np.float32


def overlapping(x: Any) -> Any:
    x = x.copy()
    x[1:] += x[:-1]
    x += x[::-1]
    x[:-1] *= x[1:]
    x[2:] = x[:-2]
    y = x[1:]
    y -= x[:-1]
    x[::-1][1:3] += x[1:3]
    return np.sum(x**2)


def test_writes_that_overlap_what_they_read() -> None:
    """NumPy copies there by itself; compiled loops would read what they wrote."""
    x = np.arange(1.0, 7.0)
    value, gradient = srcad.value_and_grad(overlapping, backend="numba")(x)
    expected, right = srcad.value_and_grad(overlapping)(x)
    assert close([value, gradient], [expected, right], 1e-14)


# ---- functions as arguments ----------------------------------------------------------


def through(x: Any, activations: Any, w: Any) -> Any:
    for activation in activations:
        x = activation(x * w[0])
    return x


def halved(v: Any) -> Any:
    return 0.5 * v * v


@pytest.mark.parametrize("given", [(np.tanh, halved), (halved, np.sin, np.exp)])
def test_functions_that_are_arguments_are_known_in_the_kernel(given: Any) -> None:
    x, w = np.linspace(0.1, 1.0, 4), np.array([0.7, 0.2])

    def total(x: Any, activations: Any, w: Any) -> Any:
        return np.sum(through(x, activations, w) ** 2)

    compiled, plain = (
        srcad.value_and_grad(total, (0, 2), backend=b) for b in ("numba", "python")
    )
    assert close([*compiled(x, given, w)], [*plain(x, given, w)], 1e-12)
    head = next(t for t in compiled.source.split("\n") if "_kernel(" in t)
    assert "activations" not in head

    def slope(x: Any, activations: Any, w: Any) -> Any:
        return np.sum(srcad.grad(total)(x, activations, w) * w[1])

    compiled, plain = (
        srcad.grad(slope, (0, 2), backend=b) for b in ("numba", "python")
    )
    assert close([*compiled(x, given, w)], [*plain(x, given, w)], 1e-12)
