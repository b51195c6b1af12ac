"""Checking derivatives: both modes against differences, to any order.

Takes a function and arguments; draws a random direction and a random cotangent, and
compares what the transforms give with central differences. Order 2 and more checks
transforms of transforms: differences of a derivative against the next derivative.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcad.arrays import leaves, rebuilt
from srcad.errors import SignatureError
from srcad.pipeline import Step
from srcad.source import from_source
from srcad.transform import Transform, extended

MODES = ("rev", "fwd")


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = MODES,
    *,
    argnums: int | Sequence[int] | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
    seed: int = 0,
) -> None:
    """Check the derivatives of a function against differences.

    Parameters
    ----------
    f : callable
        A function or a transform; returns numbers, arrays, or containers of them.
    args : sequence
        Its arguments, at a point where it is smooth. Containers are walked.
    order : int
        Up to which order: 2 checks gradients of gradients.
    modes : sequence of str
        "rev", "fwd", or both.
    argnums : int or tuple of int, optional
        Which arguments to differentiate by; all that hold floats, if not given.
    atol, rtol : float, optional
        Tolerances; by default by the arguments' precision, ten times wider for each
        order.
    eps : float, optional
        Half the step of the differences.
    seed : int
        Of the random directions.

    Raises
    ------
    AssertionError
        A derivative is not what differences say; the message tells which.
    SignatureError
        There is nothing to differentiate by, or no such mode.
    """
    args = list(args)
    for mode in modes:
        if mode not in MODES:
            raise SignatureError(f"there is no mode {mode!r}", hint='"rev" or "fwd"')
    where = _positions(args, argnums)
    single = _is_single(args, where)
    settings = _Settings(single, atol, rtol, eps)
    rng = np.random.default_rng(seed)
    for chain in _chains(f, args, where, order, tuple(modes), rng):
        point = _Point(chain, args, where, settings, rng)
        if "fwd" in modes:
            point.check_forward()
        if "rev" in modes:
            point.check_reverse()


@dataclass(frozen=True)
class _Settings:
    """Tolerances and steps, by precision and order."""

    single: bool
    atol: float | None
    rtol: float | None
    eps: float | None

    def tolerance(self, order: int) -> tuple[float, float]:
        default = (2e-2 if self.single else 2e-7) * 10.0 ** (order - 1)
        atol = default if self.atol is None else self.atol
        return atol, default if self.rtol is None else self.rtol

    def step(self) -> float:
        default = 1e-2 if self.single else 1e-4
        return default if self.eps is None else self.eps


# ---- chains of transforms ------------------------------------------------------------


@dataclass(frozen=True)
class _Chain:
    """Transforms already taken, as a function of the arguments.

    fixed : the tangents that the forward steps among them are given.
    """

    function: Any
    steps: tuple[Step, ...] = ()
    fixed: tuple[Any, ...] = ()
    made: dict[Any, Transform] = field(default_factory=dict)

    @property
    def order(self) -> int:
        """The order of a derivative of this one."""
        return len(self.steps) + 1

    def transform(self, *more: Step) -> Transform:
        """The transform of the function by these steps and one more, made once."""
        if more not in self.made:
            found = self.function
            for step in (*self.steps, *more):
                found = extended(found, step, None)
            self.made[more] = found
        return self.made[more]

    def value(self, args: Sequence[Any]) -> Any:
        if not self.steps:
            return self.function(*args)
        return self._run(self.transform(), args, ())[1]

    def forward(
        self, args: Sequence[Any], where: tuple[int, ...], tangents: tuple[Any, ...]
    ) -> Any:
        """`(value, tangent)`."""
        transform = self.transform(Step("jvp", where, False))
        return self._run(transform, args, tangents)[1]

    def reverse(
        self, args: Sequence[Any], where: tuple[int, ...]
    ) -> tuple[Any, Callable[[Any], Any]]:
        """`(value, pullback)`."""
        transform = self.transform(Step("vjp", where, False))
        entry, (out, residual) = self._run(transform, args, ())
        return out, lambda cotangent: entry.functions[1](residual, cotangent)

    def _run(
        self, transform: Transform, args: Sequence[Any], more: tuple[Any, ...]
    ) -> Any:
        values = transform.arguments(args, {})
        entry = transform.entry(values)
        return entry, entry.run_with(values, (*self.fixed, *more))

    def __str__(self) -> str:
        return " of ".join([*(s.kind for s in reversed(self.steps)), _name(self)])


def _name(chain: _Chain) -> str:
    return str(getattr(chain.function, "__name__", chain.function))


def _chains(
    f: Any,
    args: list[Any],
    where: tuple[int, ...],
    order: int,
    modes: tuple[str, ...],
    rng: np.random.Generator,
) -> Iterator[_Chain]:
    """What to differentiate once more, for each order up to `order`."""
    yield _Chain(f)
    if order < 2:
        return
    scalar = _scalar_of(f, args, rng) if "rev" in modes else None
    one = len(where) == 1
    gradient = Step("grad", where, one)
    numbers = one and _is_number(args[where[0]])
    for k in range(2, order + 1):
        pushes = tuple(Step("jvp", where, False) for _ in range(k - 1))
        fixed = [_direction(args, where, rng) for _ in pushes]
        flat = tuple(itertools.chain.from_iterable(fixed))
        if "fwd" in modes:
            yield _Chain(f, pushes, flat)
        if scalar is None:
            continue
        yield _Chain(scalar, (gradient, *pushes[1:]), flat[len(where) :])
        if k > 2 and numbers:
            yield _Chain(scalar, (gradient,) * (k - 1))


def _is_number(x: Any) -> bool:
    return not isinstance(x, (dict, list, tuple)) and np.shape(x) == ()


def _scalar_of(f: Any, args: list[Any], rng: np.random.Generator) -> Any:
    """A function of the same arguments that returns one real number.

    f itself if it does; else f's result, weighted at random and summed up; None where f
    is a transform, which generated code cannot call.
    """
    out = f(*_fresh(args))
    container = isinstance(out, (dict, list, tuple))
    if not container and np.size(out) == 1 and not np.iscomplexobj(out):
        return f
    if isinstance(f, Transform):
        return None
    names = [f"a{k}" for k in range(len(args))]
    given = {"np": np, "f": f}
    terms: list[str] = []

    def walk(tree: Any, text: str) -> None:
        if isinstance(tree, dict):
            for key, item in tree.items():
                walk(item, f"{text}[{key!r}]")
        elif isinstance(tree, (list, tuple)):
            for k, item in enumerate(tree):
                walk(item, f"{text}[{k}]")
        elif _inexact(tree):
            weight = f"w{len(terms)}"
            given[weight] = _random_like(tree, rng)
            terms.append(f"np.real(np.sum({weight} * {text}))")

    walk(out, "out")
    if not terms:
        raise SignatureError("the function returns no number to differentiate")
    lines = [
        f"def weighted({', '.join(names)}):",
        f"    out = f({', '.join(names)})",
        f"    return {' + '.join(terms)}",
    ]
    return from_source("\n".join(lines) + "\n", given)


# ---- the two checks ------------------------------------------------------------------


@dataclass
class _Point:
    """One chain at one point."""

    chain: _Chain
    args: list[Any]
    where: tuple[int, ...]
    settings: _Settings
    rng: np.random.Generator

    def check_forward(self) -> None:
        tangents = _direction(self.args, self.where, self.rng)
        value, tangent = self.chain.forward(self.args, self.where, tangents)
        self._same_value("jvp", value)
        expected, error = self._differences(tangents)
        found = _beside(value, tangent)
        for k, (got, want) in enumerate(zip(found, expected, strict=True)):
            self._compare(f"jvp, number {k} of the result", got, want, error)

    def check_reverse(self) -> None:
        out, pullback = self.chain.reverse(self.args, self.where)
        self._same_value("vjp", out)
        cotangent = _random_tree(out, self.rng)
        pulled = pullback(cotangent)
        tangents = _direction(self.args, self.where, self.rng)
        expected, error = self._differences(tangents)
        seeds = _beside(out, cotangent)
        want = sum(_dot(c, d) for c, d in zip(seeds, expected, strict=True))
        got = 0.0
        for k, p, t in zip(self.where, pulled, tangents, strict=True):
            self._same_structure(k, p)
            pairs = zip(leaves(p), leaves(t), strict=True)
            got += sum(_dot(x, y) for x, y in pairs if _inexact(x))
        size = sum(float(np.sum(np.abs(c))) for c in seeds)
        self._compare("vjp, cotangent times direction", got, want, error * (1 + size))

    def _differences(self, tangents: tuple[Any, ...]) -> tuple[list[Any], float]:
        """The derivative along a direction (Richardson), and how far it may be off."""
        h = self.settings.step()
        wide, narrow = self._slope(tangents, h), self._slope(tangents, h / 2)
        found = [n + (n - w) / 3 for w, n in zip(wide, narrow, strict=True)]
        pairs = zip(wide, narrow, strict=True)
        off = [float(np.max(np.abs(n - w), initial=0.0)) for w, n in pairs]
        return found, max(off, default=0.0) * 0.05

    def _slope(self, tangents: tuple[Any, ...], h: float) -> list[Any]:
        ahead = self._numbers(self._moved(tangents, h))
        behind = self._numbers(self._moved(tangents, -h))
        return [(a - b) / (2 * h) for a, b in zip(ahead, behind, strict=True)]

    def _numbers(self, args: list[Any]) -> list[Any]:
        found = leaves(self.chain.value(args))
        return [np.asarray(x) for x in found if _inexact(x)]

    def _moved(self, tangents: tuple[Any, ...], h: float) -> list[Any]:
        found = _fresh(self.args)
        for k, t in zip(self.where, tangents, strict=True):
            pairs = zip(leaves(found[k]), leaves(t), strict=True)
            moved = [_stepped(x, d, h) for x, d in pairs]
            found[k] = rebuilt(found[k], iter(moved))
        return found

    def _same_value(self, what: str, value: Any) -> None:
        expected = self.chain.value(_fresh(self.args))
        atol, rtol = self.settings.tolerance(1)
        for got, want in zip(leaves(value), leaves(expected), strict=True):
            if _inexact(want) and not np.allclose(
                got, want, atol=atol, rtol=rtol, equal_nan=True
            ):
                raise AssertionError(
                    f"{what} of {self.chain}: the value is {got}, but a call gives "
                    f"{want}"
                )

    def _same_structure(self, k: int, cotangent: Any) -> None:
        for got, want in zip(leaves(cotangent), leaves(self.args[k]), strict=True):
            if _inexact(want) and np.shape(got) != np.shape(want):
                raise AssertionError(
                    f"vjp of {self.chain}: the cotangent of argument {k} has shape "
                    f"{np.shape(got)}, the argument {np.shape(want)}"
                )

    def _compare(self, what: str, got: Any, want: Any, error: float) -> None:
        atol, rtol = self.settings.tolerance(self.chain.order)
        if np.shape(got) != np.shape(want):
            raise AssertionError(
                f"{what} of {self.chain}: shape {np.shape(got)}, the result has "
                f"{np.shape(want)}"
            )
        if not np.allclose(got, want, atol=atol + error, rtol=rtol):
            raise AssertionError(
                f"{what} of {self.chain}: {_shown(got)}, but differences give "
                f"{_shown(want)}"
            )


def _shown(x: Any) -> str:
    return np.array2string(np.asarray(x), precision=8, threshold=20)


# ---- numbers in containers -----------------------------------------------------------


def _inexact(x: Any) -> bool:
    """Whether a leaf is a number or an array with derivatives."""
    if isinstance(x, (float, complex)):
        return True
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc"


def _beside(tree: Any, other: Any) -> list[Any]:
    """The leaves of `other` that stand where `tree` has numbers with derivatives."""
    pairs = zip(leaves(tree), leaves(other), strict=True)
    return [b for a, b in pairs if _inexact(a)]


def _positions(args: list[Any], argnums: int | Sequence[int] | None) -> tuple[int, ...]:
    if argnums is not None:
        return (argnums,) if isinstance(argnums, int) else tuple(argnums)
    found = tuple(k for k, a in enumerate(args) if any(map(_inexact, leaves(a))))
    if not found:
        raise SignatureError(
            "no argument holds a float to differentiate by",
            hint="pass floats, or say which with argnums",
        )
    return found


def _is_single(args: list[Any], where: tuple[int, ...]) -> bool:
    numbers = [x for k in where for x in leaves(args[k]) if _inexact(x)]
    return any(np.asarray(x).dtype.itemsize < 8 for x in numbers)


def _random_like(x: Any, rng: np.random.Generator) -> Any:
    if not _inexact(x):
        return 0.0 if type(x) is int else x
    found = rng.standard_normal(np.shape(x))
    if np.iscomplexobj(x):
        found = found + 1j * rng.standard_normal(np.shape(x))
    if isinstance(x, (np.ndarray, np.generic)):
        found = np.asarray(found).astype(x.dtype)
        return found if isinstance(x, np.ndarray) else found[()]
    return complex(found) if isinstance(x, complex) else float(found)


def _random_tree(tree: Any, rng: np.random.Generator) -> Any:
    return rebuilt(tree, iter([_random_like(x, rng) for x in leaves(tree)]))


def _direction(
    args: list[Any], where: tuple[int, ...], rng: np.random.Generator
) -> tuple[Any, ...]:
    return tuple(_random_tree(args[k], rng) for k in where)


def _fresh(args: list[Any]) -> list[Any]:
    """The arguments with their arrays copied: f may write to them."""

    def copy(x: Any) -> Any:
        return x.copy() if isinstance(x, np.ndarray) else x

    return [rebuilt(a, iter([copy(x) for x in leaves(a)])) for a in args]


def _stepped(x: Any, direction: Any, h: float) -> Any:
    if not _inexact(x):
        return x
    found = x + h * direction
    if isinstance(x, (np.ndarray, np.generic)):
        return found.astype(x.dtype)
    return found


def _dot(a: Any, b: Any) -> float:
    return float(np.real(np.sum(np.asarray(a) * np.asarray(b))))
