"""Random programs on arrays, fused into loops: the same numbers as unfused.

    python -m tests.fuzz.arrays FIRST LAST

Vectors, matrices, slices, writes in place, reductions, products and loops, at random.
Each program's gradient is printed as it is and with its array operations as loops, both
as Python, and run on the same numbers.
"""

from __future__ import annotations

import random
import sys
import warnings
from typing import Any

import numpy as np

import srcad
from srcad.backend.function import load
from srcad.backend.generate import generate
from srcad.pipeline import for_loops

UNARY = ("np.sin({})", "np.tanh({})", "-{}", "{} ** 2", "np.abs({})", "0.5 * {}")
BINARY = ("{} + {}", "{} - {}", "{} * {}", "np.maximum({}, {})", "{} / (2.0 + {} ** 2)")


class Text:
    """Writes one function of u and v (n,), and A (n, m)."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.vectors, self.matrices = ["u", "v"], ["A"]
        self.written = ["u", "v"]
        self.numbers = ["0.3"]
        self.lines: list[str] = []
        self.count = 0

    def name(self, kind: list[str]) -> str:
        """A new name among those of a kind."""
        self.count += 1
        kind.append(f"t{self.count}")
        return kind[-1]

    def pick(self, *kinds: list[str]) -> str:
        """One of the values there are."""
        return self.random.choice([x for kind in kinds for x in kind])

    def vector(self) -> str:
        """An expression (n,)."""
        choice = self.random.randrange(8)
        if choice < 2:
            return self.random.choice(UNARY).format(self.pick(self.vectors))
        if choice < 5:
            pair = self.pick(self.vectors), self.pick(self.vectors, self.numbers)
            return self.random.choice(BINARY).format(*pair)
        matrix, vector = self.pick(self.matrices), self.pick(self.vectors)
        forms = (
            f"np.sum({matrix}, axis=1)",
            f"np.mean({matrix} * {vector}[:, None], axis=1)",
            f"np.where({vector} > 0.1, {vector}, {self.pick(self.vectors)})",
            f"np.max({matrix}, axis=1)",
            f"{matrix} @ ({vector} @ {self.pick(self.matrices)})",
            f"{vector}[::-1]",
        )
        return self.random.choice(forms)

    def matrix(self) -> str:
        """An expression (n, m)."""
        a, b, v = (
            self.pick(self.matrices),
            self.pick(self.matrices),
            self.pick(self.vectors),
        )
        forms = (
            f"{a} * {v}[:, None]",
            f"{a} - np.sum({b}, axis=1, keepdims=True)",
            f"{a} + np.sum({b}, axis=0)",
            f"np.exp(-{a} ** 2) * {b}",
            f"np.cos({a}) + {self.pick(self.numbers)}",
            f"{a} - np.max({b}, axis=1, keepdims=True)",
        )
        return self.random.choice(forms)

    def write(self) -> str:
        """A write to a part of a vector."""
        x, v = self.pick(self.written), self.pick(self.vectors)
        w = self.pick(self.vectors)
        forms = (
            f"{x}[1:] += 0.3 * {v}[:-1] * {w}[1:]",
            f"{x}[1:-1] = {v}[2:] - {w}[:-2]",
            f"{x}[:-1] -= np.sin({v}[1:])",
            f"{x} *= {v}",
            f"{x} += 0.1 * {w} * {v}",
            f"{x}[1:] *= {v}[1:]",
            f"{x}[0] = {v}[-1]",
        )
        return self.random.choice(forms)

    def statement(self, indent: str) -> None:
        """One statement at random."""
        choice = self.random.randrange(10)
        if choice < 4:
            text = self.vector()
            self.lines.append(f"{indent}{self.name(self.vectors)} = {text}")
        elif choice < 6:
            text = self.matrix()
            self.lines.append(f"{indent}{self.name(self.matrices)} = {text}")
        elif choice < 9:
            self.lines.append(indent + self.write())
        else:
            of = self.pick(self.vectors, self.matrices)
            self.lines.append(f"{indent}{self.name(self.numbers)} = np.mean({of} ** 2)")

    def text(self) -> str:
        """The whole function."""
        self.lines = ["def f(u, v, A):", "    u, v = u.copy(), v.copy()"]
        for _ in range(self.random.randrange(3, 9)):
            self.statement("    ")
        if self.random.random() < 0.5:
            known = [list(k) for k in (self.vectors, self.matrices, self.numbers)]
            self.lines.append("    for _ in range(2):")
            for _ in range(self.random.randrange(1, 5)):
                self.statement("        ")
            self.vectors, self.matrices, self.numbers = known
        total = [f"np.sum({x} * u)" for x in self.vectors[-3:]]
        total += [f"np.sum(np.tanh({a}))" for a in self.matrices[-2:]]
        self.lines.append(f"    return {' + '.join(total)} + {self.numbers[-1]}")
        return "\n".join(self.lines) + "\n"


def check(seed: int) -> str:
    """ "ok", or "refused" by srcad; raises AssertionError where numbers differ."""
    text = Text(seed).text()
    f = srcad.from_source(text, {"np": np})
    numbers = np.random.default_rng(seed)
    n, m = seed % 4 + 2, seed % 3 + 2
    args = numbers.normal(size=n), numbers.normal(size=n), numbers.normal(size=(n, m))
    try:
        transform = srcad.value_and_grad(f, (0, 1, 2))
        entry = transform.entry(args)
    except srcad.SrcadError:
        return "refused"
    fused = load(generate(for_loops(entry.programs.finished[0])))
    before = [a.copy() for a in args]
    expected, found = entry.functions[0](*args), fused(*args)
    for a, b in zip(before, args, strict=True):
        assert np.array_equal(a, b), f"an argument changed, seed {seed}\n{text}"
    assert same(found, expected), f"seed {seed}\n{text}"
    return "ok"


def same(found: Any, expected: Any) -> bool:
    """Whether value and gradients agree to rounding."""
    pairs = zip((found[0], *found[1]), (expected[0], *expected[1]), strict=True)
    return all(
        np.allclose(a, b, rtol=1e-8, atol=1e-10, equal_nan=True) for a, b in pairs
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    counts: dict[str, int] = {}
    for number in range(int(sys.argv[1]), int(sys.argv[2])):
        try:
            what = check(number)
        except Exception as error:
            what = "wrong"
            print(f"seed {number}: {type(error).__name__}: {error}")
        counts[what] = counts.get(what, 0) + 1
    print(counts)
