"""Array operations as loops: the same numbers, for every program and every shape."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from backend.shuffled import any_order
from handwritten import NAMES, arguments, load
from programs import test_programs as programs
from trees import close

import srcad
from srcad.arrays import leaves
from srcad.backend import function as loading
from srcad.backend.compiled import CannotCompile
from srcad.backend.generate import generate
from srcad.passes import parts
from srcad.pipeline import Step, for_loops
from srcad.transform import Transform, extended


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each graph is verified; loops go in parts of a few rounds."""
    monkeypatch.setenv("SRCAD_VERIFY", "1")
    monkeypatch.setattr(parts, "ROUNDS", 2)
    monkeypatch.setattr(parts, "NUMBERS", 12)


def both(transform: Transform, args: Sequence[Any]) -> Iterator[tuple[Any, Any, str]]:
    """Each half of a transform as it is, and fused and printed as Python."""
    entry = transform.entry(args)
    for plain, finished in zip(entry.functions, entry.programs.finished, strict=True):
        made = generate(for_loops(finished))
        yield plain, loading.load(made), made.text


def numbers(tree: Any) -> list[Any]:
    """The numbers and arrays of a result, those of objects too."""
    found = [leaf for leaf in leaves(tree) if np.asarray(leaf).dtype.kind in "bifc"]
    return [leaf for leaf in found if np.size(leaf)]


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_programs(name: str) -> None:
    """The gradient, or the pullback of the value."""
    case = programs.PROGRAMS[name]
    where = programs._argnums(case)
    out = case.function(*case.fresh())
    scalar = not isinstance(out, (tuple, list, dict)) and np.size(out) == 1
    if scalar:
        transform = srcad.value_and_grad(case.function, where)
    else:
        transform = extended(case.function, Step("vjp", where, False), None)
    args = transform.arguments(case.fresh(), {})
    entry = transform.entry(args)
    hidden = [b.read() for b in entry.contract.hidden]
    halves = list(both(transform, args))
    given: Sequence[Any] = (*args, *hidden)
    for k, (plain, fused, _) in enumerate(halves):
        expected, found = plain(*given), fused(*given)
        if len(halves) > k + 1:
            given = (expected[1], expected[0])
            expected, found = expected[0], found[0]
        assert close(numbers(found), numbers(expected), 1e-12)
    with contextlib.suppress(CannotCompile):
        list(any_order(transform, args))


@pytest.mark.parametrize("name", NAMES)
def test_handwritten(name: str) -> None:
    case = load(name)
    transform = srcad.value_and_grad(case.primal, argnums=case.WRT)
    for size in ("tiny", "small"):
        args = arguments(case, size)
        for plain, fused, _ in both(transform, args):
            assert close(fused(*args), plain(*args), 1e-9)
        list(any_order(transform, args))


# ---- shapes, aliases, emptiness ------------------------------------------------------


def stencil(u: Any, k: Any) -> Any:
    u = u.copy()
    for _ in range(3):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u * u)


def two_lengths(x: Any, y: Any) -> Any:
    z = np.exp(x) * y
    return np.sum(z * z + x)


def rows(x: Any, w: Any) -> Any:
    top = np.max(x, axis=1, keepdims=True)
    e = np.exp(x - top)
    return np.sum(w * np.log(np.sum(e, axis=1)) + np.mean(x * x, axis=1))


def mean_over_columns(x: Any) -> Any:
    centred = x - np.mean(x, axis=0)
    return np.sum(centred**3 / (1.0 + np.sum(centred * centred, axis=0)))


def shifted_reads(x: Any) -> Any:
    x = x.copy()
    x[1:] += 2.0 * x[:-1] * x[1:]
    x[:-1] *= x[1:]
    view = x[2:]
    view -= x[:-2] * 0.5
    return np.sum(np.sin(x) * x[::-1])


def transposed(x: Any) -> Any:
    y = x.T * 2.0 + x[0][:, None]
    return np.sum(y * y.T[: len(x)].T) + np.sum(np.einsum("ij,j->i", x, x[0]) ** 2)


def masked(x: Any) -> Any:
    y = np.where(x > 0.0, np.sqrt(np.abs(x)), 0.0)
    return np.sum(np.maximum(y, 0.3) * np.minimum(x, 1.0)) / len(x)


def nearest(centres: Any, x: Any) -> Any:
    """What the inmost sum gives is read again when the least of them is known."""
    apart = ((x[:, None] - centres[None]) ** 2).sum(-1)
    return np.sum(np.min(apart, axis=1))


R = np.random.default_rng(3)
SHAPES: dict[str, tuple[Any, list[tuple[Any, ...]]]] = {
    "stencil": (stencil, [(R.normal(size=n), 0.3) for n in (7, 3, 2, 1, 0)]),
    "two_lengths": (
        two_lengths,
        [(R.normal(size=n), R.normal(size=n)) for n in (5, 1)],
    ),
    "rows": (rows, [(R.normal(size=(n, 3)), R.normal(size=n)) for n in (4, 1, 0)]),
    "mean_over_columns": (
        mean_over_columns,
        [(R.normal(size=s),) for s in ((4, 3), (1, 3), (4, 1))],
    ),
    "shifted_reads": (shifted_reads, [(R.normal(size=n),) for n in (6, 2, 1)]),
    "transposed": (transposed, [(R.normal(size=(3, 3)),)]),
    "masked": (masked, [(R.normal(size=n),) for n in (5, 1)]),
    "nearest": (
        nearest,
        [(R.normal(size=(n, 2)), R.normal(size=(m, 2))) for n, m in ((3, 5), (1, 4))],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name: str) -> None:
    """Few entries, one and none; the arguments stay as they are."""
    function, points = SHAPES[name]
    for point in points:
        floats = tuple(range(len(point)))
        transform = srcad.value_and_grad(function, floats)
        before = [np.copy(a) for a in point]
        for plain, fused, _ in both(transform, point):
            assert close(numbers(fused(*point)), numbers(plain(*point)), 1e-12)
        for a, b in zip(point, before, strict=True):
            assert np.array_equal(a, b)


def test_lengths_that_differ_raise_what_numpy_raises() -> None:
    transform = srcad.value_and_grad(two_lengths, (0, 1))
    ((plain, fused, text),) = both(transform, (np.ones(3), np.ones(3)))
    assert "agreed(n, len(y))" in text
    for function in (plain, fused):
        with pytest.raises(ValueError, match="could not be broadcast together"):
            function(np.ones(3), np.ones(4))


def test_what_may_broadcast_is_left_to_numpy() -> None:
    """x[1:] may have one entry, and then it is added to all of y."""

    def f(x: Any, y: Any) -> Any:
        return np.sum((x[1:] + y) ** 2 * y)

    transform = srcad.value_and_grad(f, (0, 1))
    entry = transform.entry((np.ones(4), np.ones(3)))
    fused = loading.load(generate(for_loops(entry.programs.finished[0])))
    for n in (2, 4):
        x, y = np.arange(float(n)), np.arange(3.0)
        assert close(fused(x, y), entry.functions[0](x, y), 1e-14)


def test_float32_is_left_to_numpy() -> None:
    x = np.arange(4, dtype=np.float32)
    ((plain, fused, text),) = both(srcad.value_and_grad(two_lengths), (x, x))
    assert "for i in" not in text
    assert fused(x, x)[1].dtype == plain(x, x)[1].dtype == np.float32


def centred(x: Any, centres: Any) -> Any:
    total = 0.0
    for c in range(len(centres)):
        product = (x - centres[c]).T @ x
        total += np.sum(product * product)
    return total


def test_repeated_operands_are_loops() -> None:
    """An array for all rounds, and one loop over elements in each."""
    x, centres = np.arange(6.0).reshape((3, 2)), np.ones((4, 2))
    ((plain, fused, text),) = both(srcad.value_and_grad(centred, (0, 1)), (x, centres))
    assert "differences[i, j] = x[i, j] - centres[c, j]" in text
    assert text.index("differences = np.empty(") < text.index("for c in range(")
    assert close(fused(x, centres), plain(x, centres), 1e-13)
    column = (x[:, :1], np.ones((2, 1)))
    assert close(fused(*column), plain(*column), 1e-13)
    value, (x_bar, centres_bar) = fused(x, np.ones((0, 2)))
    assert value == 0.0 and not np.any(x_bar) and centres_bar.shape == (0, 2)
    for function in (plain, fused):
        with pytest.raises(ValueError, match="could not be broadcast together"):
            function(x, np.ones((4, 3)))


def test_one_operation_without_repeats_stays() -> None:
    def f(x: Any, y: Any) -> Any:
        product = (x - y) @ y.T
        return np.sum(product * product)

    x = np.arange(6.0).reshape((3, 2))
    ((_, _, text),) = both(srcad.grad(f), (x, np.ones((3, 2))))
    assert "(x - y) @" in text


def clipped(x: Any, n: int) -> Any:
    for i in range(n):
        x = np.sin(np.clip(x * (i + 1), -0.5, 0.8)) + 0.1 * x
    return np.sum(x)


def test_what_is_chosen_by_element_is_a_loop() -> None:
    """Numba makes an array of each `np.where`; of clip the type is known."""
    args = np.linspace(-1.0, 1.0, 5), 3
    for plain, fused, text in both(srcad.value_and_grad(clipped), args):
        assert close(fused(*args), plain(*args), 1e-13)
        assert "np.where" not in text and "if clip_value_i == product" in text


def test_a_stencil_prints_as_a_person_would_write_it() -> None:
    ((_, _, text),) = both(srcad.grad(stencil), (np.ones(5), 0.3))
    lines = [line.strip() for line in text.splitlines()]
    start = lines.index("for _ in range(3):")
    assert lines[start - 2 : start + 6] == [
        "n = len(u) - 2",
        "products = np.empty(max(n, 0))",
        "for _ in range(3):",
        "# u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])",
        "for i in range(n):",
        "products[i] = k * (u[i + 2] - 2.0 * u[i + 1] + u[i])",
        "for i in range(n):",
        "u[i + 1] += products[i]",
    ]
