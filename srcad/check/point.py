"""The two checks of a chain at a point: tangents and cotangents against differences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from srcad.arrays import leaves, rebuilt
from srcad.check.chains import Chain
from srcad.check.numbers import (
    beside,
    direction,
    dot,
    fresh,
    inexact,
    random_tree,
    stepped,
)


@dataclass(frozen=True)
class Settings:
    """Tolerances and steps, by precision and order."""

    single: bool
    atol: float | None
    rtol: float | None
    eps: float | None

    def tolerance(self, order: int) -> tuple[float, float]:
        """How far a derivative of this order may be off: absolute, relative."""
        default = (2e-2 if self.single else 2e-7) * 10.0 ** (order - 1)
        atol = default if self.atol is None else self.atol
        return atol, default if self.rtol is None else self.rtol

    def step(self) -> float:
        """Half the step of the differences."""
        default = 1e-2 if self.single else 1e-4
        return default if self.eps is None else self.eps


@dataclass(frozen=True)
class Comparison:
    """A derivative beside what differences give.

    chain : what was differentiated once more.
    what : which of its derivatives, and which number.
    allowed : how far it may be off.
    tangents, cotangent : the random direction, one tangent for each argument to
        differentiate by; and in reverse mode what was pulled back.
    """

    chain: Chain
    what: str
    got: Any
    want: Any
    allowed: float
    tangents: tuple[Any, ...] = ()
    cotangent: Any = None

    @property
    def off(self) -> float:
        """How far it is off."""
        return float(np.max(np.abs(np.subtract(self.got, self.want)), initial=0.0))


class Mismatch(AssertionError):
    """A derivative that is not what differences say.

    Attributes
    ----------
    comparison : Comparison
    where : tuple of int
        The arguments that were differentiated by.
    """

    def __init__(self, message: str, comparison: Comparison, where: tuple[int, ...]):
        super().__init__(message)
        self.comparison, self.where = comparison, where


@dataclass
class Point:
    """One chain at one point.

    done : the comparisons that held.
    """

    chain: Chain
    args: list[Any]
    where: tuple[int, ...]
    settings: Settings
    rng: np.random.Generator
    done: list[Comparison] = field(default_factory=list)

    def check_forward(self) -> None:
        """Compare the tangent along a random direction with differences."""
        tangents = direction(self.args, self.where, self.rng)
        value, tangent = self.chain.forward(self.args, self.where, tangents)
        self._same_value("jvp", value)
        expected, error = self._differences(tangents)
        found = beside(value, tangent)
        for k, (got, want) in enumerate(zip(found, expected, strict=True)):
            what = f"jvp, number {k} of the result"
            self._compare(what, got, want, error, tangents)

    def check_reverse(self) -> None:
        """Compare a random cotangent, pulled back, with differences."""
        out, pullback = self.chain.reverse(self.args, self.where)
        self._same_value("vjp", out)
        cotangent = random_tree(out, self.rng)
        pulled = pullback(cotangent)
        tangents = direction(self.args, self.where, self.rng)
        expected, error = self._differences(tangents)
        seeds = beside(out, cotangent)
        want = sum(dot(c, d) for c, d in zip(seeds, expected, strict=True))
        got = 0.0
        for k, p, t in zip(self.where, pulled, tangents, strict=True):
            self._same_structure(k, p)
            pairs = zip(leaves(p), leaves(t), strict=True)
            got += sum(dot(x, y) for x, y in pairs if inexact(x))
        size = sum(float(np.sum(np.abs(c))) for c in seeds)
        what, error = "vjp, cotangent times direction", error * (1 + size)
        self._compare(what, got, want, error, tangents, cotangent)

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
        return [np.asarray(x) for x in found if inexact(x)]

    def _moved(self, tangents: tuple[Any, ...], h: float) -> list[Any]:
        found = fresh(self.args)
        for k, t in zip(self.where, tangents, strict=True):
            pairs = zip(leaves(found[k]), leaves(t), strict=True)
            moved = [stepped(x, d, h) for x, d in pairs]
            found[k] = rebuilt(found[k], iter(moved))
        return found

    def _same_value(self, what: str, value: Any) -> None:
        expected = self.chain.value(fresh(self.args))
        atol, rtol = self.settings.tolerance(1)
        for got, want in zip(leaves(value), leaves(expected), strict=True):
            if inexact(want) and not np.allclose(
                got, want, atol=atol, rtol=rtol, equal_nan=True
            ):
                self._fail(
                    f"{what} of {self.chain}: the value is {got}, but a call gives "
                    f"{want}",
                    Comparison(self.chain, f"{what}, the value", got, want, atol),
                )

    def _same_structure(self, k: int, cotangent: Any) -> None:
        for got, want in zip(leaves(cotangent), leaves(self.args[k]), strict=True):
            if inexact(want) and np.shape(got) != np.shape(want):
                self._fail(
                    f"vjp of {self.chain}: the cotangent of argument {k} has shape "
                    f"{np.shape(got)}, the argument {np.shape(want)}",
                    Comparison(self.chain, f"vjp, argument {k}", got, want, 0.0),
                )

    def _compare(
        self,
        what: str,
        got: Any,
        want: Any,
        error: float,
        tangents: tuple[Any, ...],
        cotangent: Any = None,
    ) -> None:
        atol, rtol = self.settings.tolerance(self.chain.order)
        allowed = atol + error + rtol * float(np.max(np.abs(want), initial=0.0))
        made = Comparison(self.chain, what, got, want, allowed, tangents, cotangent)
        if np.shape(got) != np.shape(want):
            self._fail(
                f"{what} of {self.chain}: shape {np.shape(got)}, the result has "
                f"{np.shape(want)}",
                made,
            )
        if not np.allclose(got, want, atol=atol + error, rtol=rtol):
            self._fail(
                f"{what} of {self.chain}: {shown(got)}, but differences give "
                f"{shown(want)}",
                made,
            )
        self.done.append(made)

    def _fail(self, message: str, comparison: Comparison) -> NoReturn:
        raise Mismatch(message, comparison, self.where)


def shown(x: Any) -> str:
    """A number or an array as messages show it."""
    return np.array2string(np.asarray(x), precision=8, threshold=20)
