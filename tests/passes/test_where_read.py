"""Elements computed where loops read them, and temporaries that must be made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad
from srcad.arrays import leaves
from srcad.backend import function as loading
from srcad.backend.compiled import INSTALLED
from srcad.backend.generate import generate
from srcad.pipeline import Step, for_loops
from srcad.transform import Transform, extended

X = np.linspace(0.3, 1.0, 5)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def both(
    transform: Transform, given: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """The source for Numba without the pass and with it; both give the same bits."""
    finished = transform.entry(given[:2]).programs.finished[0]
    made = generate(for_loops(finished))
    with monkeypatch.context() as changed:
        changed.setattr("srcad.pipeline.where_read", lambda graph, known: graph)
        plain = generate(for_loops(finished))
    expected = list(leaves(loading.load(plain)(*given)))
    found = list(leaves(loading.load(made)(*given)))
    for a, b in zip(expected, found, strict=True):
        assert np.array_equal(a, b)
    return plain.text, made.text


def transforms(
    function: Callable[..., Any], x: Any
) -> list[tuple[Transform, tuple[Any, ...]]]:
    """The gradient, the tangent, the gradient's tangent; what each is given."""
    forward = Step("jvp", (0, 1))
    gradient = srcad.value_and_grad(function, (0, 1))
    return [
        (gradient, (x, 0.3)),
        (extended(function, forward, None), (x, 0.3, 3.0 * x, 1.0)),
        (extended(gradient, forward, None), (x, 0.3, 3.0 * x, 1.0)),
    ]


def primal(text: str) -> str:
    """What is printed before the adjoint part."""
    return text.split("_bar = ")[0]


def shifted(x: Any, h: float) -> Any:
    y = np.cumsum(x)
    out = np.empty(len(x))
    out[0] = 1.0
    total = y + h * x
    for i in range(1, len(x)):
        out[i] = x[i] * total[i - 1]
    return np.sum(out * out)


def negative(x: Any, h: float) -> Any:
    """Round 0 reads the last element."""
    total, y = h, np.cumsum(x)
    product = x * y
    for i in range(len(x)):
        total = total * x[i] + product[i - 1]
    return total


def downwards(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    difference = x - y
    for i in range(len(x) - 1, -1, -2):
        total = total * x[i] + difference[i]
    return total


def of_its_length(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    product = x * y
    for i in range(len(product)):
        total = total * product[i]
    return total


def on_one_way(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    product = x * y
    for i in range(len(x)):
        if x[i] > 0.5:
            total = total * product[i]
    return total


def one_element(x: Any, h: float) -> Any:
    return (x * np.cumsum(x) + h)[-1]


def along_an_axis(x: Any, h: float) -> Any:
    """A row for each row, a number for each: one index is 0, one is left out."""
    a = np.cumsum(np.outer(x, x), axis=0)
    total = h
    scaled = a * x + np.cumsum(x)[:, None]
    for i in range(len(x)):
        for j in range(1, len(x)):
            total = total * x[i] + scaled[j, i]
    return total


def in_rounds(x: Any, h: float) -> Any:
    """In each round of a loop anew, from what the round before wrote."""
    u, y = x.copy(), np.cumsum(x)
    for _ in range(3):
        total = u + h * y
        v = np.empty(len(x))
        for i in range(len(x)):
            v[i] = total[i - 1] * x[i]
        for i in range(len(x)):
            u[i] = v[i] + y[i]
    return np.sum(u * u)


FIRING = [
    shifted,
    negative,
    downwards,
    of_its_length,
    on_one_way,
    one_element,
    along_an_axis,
    in_rounds,
]


@pytest.mark.parametrize("function", FIRING)
@pytest.mark.parametrize("x", [X, X[::-2]])
def test_computed_where_read(
    function: Callable[..., Any], x: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for transform, given in transforms(function, x):
        plain, made = both(transform, given, monkeypatch)
        assert made != plain


@pytest.mark.parametrize("function", FIRING)
@pytest.mark.parametrize("size", [0, 1])
def test_short_arrays(
    function: Callable[..., Any], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if size < (function in (shifted, one_element)):
        pytest.skip("it has no first element")
    for transform, given in transforms(function, X[:size]):
        both(transform, given, monkeypatch)


def test_source() -> None:
    entry = srcad.value_and_grad(negative).entry((X, 0.3))
    lines = generate(for_loops(entry.programs.finished[0])).text.splitlines()
    assert "        total = total * x[i] + x[i - 1] * y[i - 1]" in lines
    assert not any(line.strip().startswith("product =") for line in lines)


@pytest.mark.skipif(not INSTALLED, reason="needs Numba")
@pytest.mark.parametrize("function", [shifted, negative, in_rounds])
def test_compiled(function: Callable[..., Any]) -> None:
    found = srcad.value_and_grad(function, (0, 1), backend="numba")(X, 0.3)
    assert close(found, srcad.value_and_grad(function, (0, 1))(X, 0.3), 1e-13)


# ---- temporaries that are made -------------------------------------------------------


def written_before(x: Any, h: float) -> Any:
    """What it is computed from is written to before the loop."""
    total, y = h, np.cumsum(x)
    shifted = y - h
    y[1] = 7.0
    for i in range(len(x)):
        total = total * y[i] + shifted[i]
    return total


def written_in_rounds(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    shifted = y - h
    for i in range(len(x)):
        total = total * x[i] + shifted[i - 1]
        y[i] = total
    return total + np.sum(y)


def written_through_a_view(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    tail = y[1:]
    shifted = y - h
    for i in range(1, len(x)):
        tail[i - 1] = 3.0 * h
        total = total * x[i] + shifted[i]
    return total + np.sum(y)


def written_in_a_loop_between(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    shifted = y - h
    for i in range(len(x)):
        y[i] = h * i
    for i in range(len(x)):
        total = total * y[i] + shifted[i]
    return total


def written_in_the_next_round(x: Any, h: float) -> Any:
    """The rounds of the loop around come between the write and the read as well."""
    total, y = h, np.cumsum(x)
    shifted = y - h
    for i in range(len(x)):
        for k in range(2):
            total = total * x[i] + shifted[i] * k
            y[i] = total
    return total + np.sum(y)


def read_as_a_whole(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    product = x * y
    for i in range(len(x)):
        total = total * x[i] + product[i]
    return total + np.max(np.cumsum(product))


def read_by_slices(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    product = x * y
    for i in range(len(x)):
        total = total * x[i] + np.max(product[i:])
    return total


def read_at_many(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    product = x * y
    for i in range(1, len(x)):
        total = total * x[i] + product[i] * product[i - 1] - product[0]
    return total


def read_again_and_again(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    product = x * y
    for _ in range(4):
        for i in range(len(x)):
            total = total * x[i] + product[i]
    return total


def read_at_one_place(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    product = x * y
    for i in range(len(x)):
        total = total * x[i] + product[i % 2]
    return total


def read_at_sums(x: Any, h: float) -> Any:
    """Four rounds of two loops read one element."""
    total, y = h, np.cumsum(x)
    product = x * y
    for i in range(3):
        for j in range(2):
            total = total * x[i] + product[i + j]
    return total


def read_at_given_places(x: Any, h: float) -> Any:
    total, y, order = h, np.cumsum(x), np.argsort(x)
    product = x * y
    for i in range(len(x)):
        total = total * x[i] + product[order[i]]
    return total


def read_while(x: Any, h: float) -> Any:
    total, y, i = h, np.cumsum(x), 0
    product = x * y
    while total < 2.0 and i < len(x):
        total = total + product[i]
        i += 1
    return total


def carried_on(x: Any, h: float) -> Any:
    """Each round reads what the one before computed."""
    total, y = h, np.cumsum(x)
    product = x * y
    for i in range(len(x)):
        total = total * x[i] + product[i]
        product = y * total
    return total


def dear(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    product = np.sin(x) + np.sin(y)
    for i in range(len(x)):
        total = total * x[i] + product[i]
    return total


def maybe_repeated(x: Any, h: float) -> Any:
    """One of the two may have a single element."""
    total, y = h, np.cumsum(x[1:])
    product = x[:1] * y
    for i in range(len(y)):
        total = total * x[i] + product[i]
    return total


def written_by_another_name(x: Any, h: float) -> Any:
    total, y = h, np.cumsum(x)
    z = y
    shifted = z - h
    y[0] = h
    for i in range(len(x)):
        total = total * x[i] + shifted[i]
    return total + np.sum(z)


MADE = [
    written_before,
    written_in_rounds,
    written_through_a_view,
    written_in_a_loop_between,
    written_in_the_next_round,
    read_as_a_whole,
    read_by_slices,
    read_at_many,
    read_again_and_again,
    read_at_one_place,
    read_at_sums,
    read_at_given_places,
    read_while,
    carried_on,
    dear,
    maybe_repeated,
    written_by_another_name,
]


@pytest.mark.parametrize("function", MADE)
def test_made(function: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for transform, given in transforms(function, X):
        plain, made = both(transform, given, monkeypatch)
        if function is not dear or len(transform.steps) == 1:
            # a second derivative reads each sine on its own, so both are there
            assert primal(made) == primal(plain)


def caught(x: Any, h: float) -> Any:
    """What raises in a `try` raises there."""
    total, y = h, np.cumsum(x)
    try:
        product = x * y
        total = total + product[7]
    except IndexError:
        total = total * 2.0
    return total


def test_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    for transform, given in transforms(caught, X):
        plain, made = both(transform, given, monkeypatch)
        assert made == plain
