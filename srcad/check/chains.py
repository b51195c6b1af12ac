"""Chains of transforms of a function: what is differentiated once more by a check."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcad.check.numbers import (
    direction,
    fresh,
    inexact,
    is_number,
    random_like,
)
from srcad.errors import SignatureError
from srcad.instances import attributes
from srcad.pipeline import Step
from srcad.source import from_source
from srcad.transform import Transform, extended


@dataclass(frozen=True)
class Chain:
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
        """What the chain gives for the arguments."""
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
        return out, lambda cotangent: entry.called(1, residual, cotangent)

    def _run(
        self, transform: Transform, args: Sequence[Any], more: tuple[Any, ...]
    ) -> Any:
        values = transform.arguments(args, {})
        entry = transform.entry(values)
        return entry, entry.run(values, (*self.fixed, *more))

    def __str__(self) -> str:
        return " of ".join([*(s.kind for s in reversed(self.steps)), _name(self)])


def _name(chain: Chain) -> str:
    return str(getattr(chain.function, "__name__", chain.function))


def chains_of(
    f: Any,
    args: list[Any],
    where: tuple[int, ...],
    order: int,
    modes: tuple[str, ...],
    rng: np.random.Generator,
) -> Iterator[Chain]:
    """What to differentiate once more, for each order up to `order`."""
    yield Chain(f)
    if order < 2:
        return
    scalar = _scalar_of(f, args, rng) if "rev" in modes else None
    one = len(where) == 1
    gradient = Step("grad", where, one)
    numbers = one and is_number(args[where[0]])
    for k in range(2, order + 1):
        pushes = tuple(Step("jvp", where, False) for _ in range(k - 1))
        fixed = [direction(args, where, rng) for _ in pushes]
        flat = tuple(itertools.chain.from_iterable(fixed))
        if "fwd" in modes:
            yield Chain(f, pushes, flat)
        if scalar is None:
            continue
        yield Chain(scalar, (gradient, *pushes[1:]), flat[len(where) :])
        if k > 2 and numbers:
            yield Chain(scalar, (gradient,) * (k - 1))


def _scalar_of(f: Any, args: list[Any], rng: np.random.Generator) -> Any:
    """A function of the same arguments that returns one real number.

    f itself if it does; else f's result, weighted at random and summed up; None where f
    is a transform, which generated code cannot call.
    """
    out = f(*fresh(args))
    container = isinstance(out, (dict, list, tuple)) or attributes(out) is not None
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
        elif (inside := attributes(tree)) is not None:
            for name, item in inside.items():
                walk(item, f"{text}.{name}")
        elif inexact(tree):
            weight = f"w{len(terms)}"
            given[weight] = random_like(tree, rng)
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
