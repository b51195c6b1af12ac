"""Random programs of loops: what they keep, how they run compiled, and to second order.

    python -m tests.fuzz.loops FIRST LAST

Nests whose bounds depend on counters, whiles, jumps, branches, matrices written by
rows, products, lists, helpers, searches, at random. The gradient agrees with
differences and with forward mode. As the Numba dialect prints it, run as Python, it
gives the same numbers: in short parts, with threads' rounds in another order, in memory
that holds nan until it is filled. One transform is run with arguments of several sizes.
"""

from __future__ import annotations

import random
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from backend.shuffled import numbers, shuffled
from lowering import types_at
from trees import close

import srcad
from srcad.backend.generate import generate
from srcad.backend.uncompiled import GENERAL
from srcad.passes import parts
from srcad.pipeline import for_loops
from srcad.transform import Transform

HEAD = """def bent(t, u):
    if t > 0.3:
        return 0.5 * t * t + u
    return np.sin(t) * u


def run(y, t):
    for q in range(len(y)):
        if t * y[q] > 0.4:
            t = 0.6 * t + 0.1 * y[q]
        t = np.cos(t * y[q])
    return t


def halve(y, q, t):
    y[q] = 0.5 * y[q] + t
    return y[q] * t


def pushed(y, t):
    z = y * t
    for q in range(1, len(z)):
        z[q] += 0.3 * z[q - 1]
    return z


def until(t):
    q = 0
    while t * t > 0.1 and q < 6:
        t = 0.7 * t - 0.05
        q += 1
    return t


def step(box, u):
    box["t"] = np.sin(box["t"] + u)
    box["y"] = box["y"] * box["t"]
    return box["t"]


"""
FIRST = """def f(x, A, Q, p, steps):
    n, m = A.shape
    a = p * 0.5
    b = x * p
    c = 0.3 * A[0]
    D = np.zeros((n, m))
    E = np.zeros((n, n))
    k = 0
    kept = [p]
    box = {"t": p, "y": x * 0.5}
    pair = (a, b)
    named = {"t": a, "y": b}
"""
LAST = """    parts = a + np.sum(b * x) + np.sum(c) + np.sum(D * A) + np.sum(E * Q)
    parts += kept[-1] * kept[0] + box["t"] + np.sum(box["y"]) + pair[0]
    return parts + np.sum(pair[1] * x) + named["t"] + np.sum(named["y"])
"""

# Numbers <s>, vectors <v> (n,) and <w> (m,), matrices <M> (n, m) and <S> (n, n), and
# indices <i> and <j> into these, all at random; with a `!` one that may be assigned to.
EXPRESSIONS = {
    "s": """<s!>;<s!>;<v!>[<i>];<v>[<i>];<w!>[<j>];<M!>[<i>, <j>];A[<i>, <j>];x[<i>]
        <S!>[<i>, <i>];np.sin(<s>);0.5 * <s>;<s> * <s>;<s> - <s>;np.exp(-<s> ** 2)
        max(<s>, <s>);np.sqrt(1.0 + <s> ** 2);abs(<s>);np.tanh(<s>);bent(<s>, <s>)
        run(<v!>, <s>);until(<s>);0.2 * (<v!> @ <v>);0.2 * np.sum(<v>);np.max(<v!>)
        np.mean(<M!> ** 2);kept[-1];kept[0];sum(kept) / len(kept);0.1 * k;0.37
        box['t'];pair[0];named["t"];<s> if <t> else <s>;0.1 * <i>
        sum([<v!>[r] * <s> for r in range(n)]) / n;np.sum(<v!>[:<i>])""",
    "v": """<v!>;<v!>;x;<v> * <s>;<v> + <v>;np.sin(<v>);<v!>[::-1];<M!>[:, <j>]
        np.where(<v!> > 0.2, <v>, <v>);0.3 * (<M!> @ <w!>);0.3 * (<S!> @ <v!>)
        0.3 * (Q @ <v!>);np.tanh(<v>);np.maximum(<v!>, <s>);<v!> * <v!>
        np.sum(<M!>, axis=1);<S!>[<i>];pushed(<v!>, <s>);np.cumsum(<v!>) / n
        np.array([<s!> * <v!>[r] for r in range(n)]);box['y'];named["y"];pair[1]
        np.zeros(n)""",
    "w": """<w!>;<w!>;<w> * <s>;np.sin(<w>);<M!>[<i>];0.3 * (<v!> @ <M!>);<w> - <w>
        np.sum(<M!>, axis=0) / n;A[<i>] * <w!>;np.max(<M!>, axis=0)""",
    "M": """<M!>;A;<M> * <s>;np.outer(<v!>, <w!>);np.tanh(<M>);<M!> - <M!>[<i>]
        <M> + <M>;<M!> * <v!>[:, None];0.3 * (<S!> @ <M!>);0.3 * (Q @ <M!>)
        np.zeros((n, m))""",
    "S": """<S!>;Q;0.3 * (<S!> @ <S!>);0.3 * (<M!> @ <M!>.T);np.outer(<v!>, <v!>)
        <S> * <s>;<S!>.T;np.sin(<S>)""",
    "t": """<s> > 0.31;<s> < 0.12;<v!>[<i>] > <s>;<i> % 2 == 0;steps > 2;<i> < <i>
        k > 2;<s> > 0.2 and <s> < 0.9""",
}
STATEMENTS = (
    ("<s!> = <s>", 8),
    ("<s!> += 0.3 * <s>", 5),
    ("<s!> *= 0.8", 1),
    ("<v!> = <v>", 6),
    ("<v!> = <v!> * <s> + 0.1 * <v>", 3),
    ("<v!>[<i>] = <s>", 7),
    ("<v!>[<i>] += 0.3 * <s>", 6),
    ("<v!>[<i>] *= <s>", 3),
    ("<v!> += 0.2 * <v>", 3),
    ("<v!>[1:] += 0.3 * <v!>[:-1]", 2),
    ("<v!>[:-1] = <v!>[1:] * <s>", 2),
    ("<v!>[:<i>] *= 0.7", 2),
    ("<w!> = <w>", 4),
    ("<w!>[<j>] += 0.3 * <s>", 4),
    ("<w!>[<j>] = <s>", 3),
    ("<w!> += 0.2 * <w>", 3),
    ("<M!>[<i>] = <w>", 7),
    ("<M!>[<i>] += 0.3 * <w>", 5),
    ("<M!>[<i>, <j>] = <s>", 5),
    ("<M!>[<i>, <j>] += 0.3 * <s>", 4),
    ("<M!>[:, <j>] = <v>", 3),
    ("<M!> = <M>", 3),
    ("<S!>[<i>] = <v>", 3),
    ("<S!>[<i>, <i>] += 0.3 * <s>", 2),
    ("<S!> = <S>", 3),
    ("kept.append(<s>)", 4),
    ("kept[-1] = <s>", 2),
    ("<s!> = kept.pop() if len(kept) > 1 else <s>", 1),
    ("<s!> = halve(<v!>, <i>, <s>)", 3),
    ("<s!> = step(box, <s>)", 2),
    ("box['y'][<i>] += 0.2 * <s>", 1),
    ("pair = (<s>, <v> * 1.0)", 2),
    ("named['t'] = <s>", 2),
    ("named['y'] = <v> * 1.0", 1),
    ("named['y'][<i>] = <s>", 1),
    ("k = 0\nwhile k < n - 1 and <v!>[k] < <s>:\n    k += 1", 2),
    ("k += 1", 2),
    ("a, <s!> = <s>, a", 1),
    ("b = x * 1.0", 1),
    (
        "Z = np.empty((n, m))\nfor r in range(n):\n    Z[r] = <w>\n"
        "c = 0.3 * np.sum(Z, axis=0)",
        2,
    ),
    (
        "own = [<s>]\nfor r in range(<i>):\n    own.append(0.5 * own[-1] + <s>)\n"
        "<s!> = own[-1] * own[0]",
        2,
    ),
    (
        "rows = []\nfor r in range(n):\n    rows.append(<w> * <s>)\n"
        "<M!> = np.array(rows)",
        2,
    ),
)
JUMPS = ("break", "continue", "return <s>", "return <s> * np.sum(<v>)")
LOOPS = (
    "for {} in range(n):",
    "for {} in range(n):",
    "for {} in range(steps):",
    "for {} in range(steps):",
    "for {} in range(1, n):",
    "for {} in range(n - 1, -1, -1):",
    "for {} in range(n - 2, 0, -1):",
    "for {} in range(0, n, 2):",
    "for {} in range(<i> + 1):",
    "for {} in range(<i>, n):",
    "for {} in range(3):",
    "for {}, z in enumerate(<v!>):",
    "for z, y in zip(x, <v!>):",
    "for row in A:",
    "for row in <M!>:",
    "while {} < steps:",
    "while {} < n and <t>:",
)


class Writer:
    """Writes one function; `counters` are those of the loops around."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.counters: list[str] = []
        self.extra: dict[str, list[str]] = {}

    def text(self) -> str:
        """The whole program."""
        self.block(3, 1, self.random.randint(2, 5), False)
        return HEAD + FIRST + "\n".join(self.lines) + "\n" + LAST

    def fill(self, template: str, depth: int = 2) -> str:
        """The template with something in each place."""

        def one(found: re.Match[str]) -> str:
            kind, plain = found.group(1), bool(found.group(2))
            if kind in "ij":
                return self.index(kind)
            if plain or not depth:
                if kind == "t":
                    return "a > 0.3"
                return self.random.choice(NAMES[kind])
            options = [o.strip() for o in re.split("[;\n]", EXPRESSIONS[kind])]
            return self.fill(self.random.choice(options), depth - 1)

        text = re.sub("<([a-zA-Z])(!?)>", one, template)
        return text

    def index(self, kind: str) -> str:
        """An index into n, or m."""
        size = "n" if kind == "i" else "m"
        options = ["0", f"{size} - 1"]
        for name in self.counters[-2:]:
            options += [f"{name} % {size}"] * 2 + [f"({name} + 1) % {size}"]
        options += [f"{size} - 1 - {x} % {size}" for x in self.counters[-1:]]
        exact = [x for x in self.extra.get(size, []) if x in self.counters]
        options += exact * 4
        return self.random.choice(options)

    def line(self, indent: int, text: str) -> None:
        """Some lines."""
        self.lines += ["    " * indent + part for part in text.split("\n")]

    def block(self, depth: int, indent: int, count: int, inside: bool) -> None:
        """Statements; `inside` a loop they may jump."""
        for _ in range(count):
            kind = self.random.random()
            if depth and kind < 0.14:
                self.branch(depth, indent, inside)
            elif depth and kind < (0.42 if not inside else 0.28):
                self.loop(depth, indent)
            elif inside and kind < 0.33:
                jump = self.random.choice(JUMPS)
                self.line(indent, self.fill(f"if <t>:\n    {jump}"))
            else:
                templates, weights = zip(*STATEMENTS, strict=True)
                (template,) = self.random.choices(templates, weights)
                self.line(indent, self.fill(template))

    def branch(self, depth: int, indent: int, inside: bool) -> None:
        """A branch, with one way or two."""
        self.line(indent, self.fill("if <t>:"))
        self.block(depth - 1, indent + 1, self.random.randint(1, 3), inside)
        if self.random.random() < 0.5:
            self.line(indent, "else:")
            self.block(depth - 1, indent + 1, self.random.randint(1, 2), inside)

    def loop(self, depth: int, indent: int) -> None:
        """A loop and its block."""
        head = self.random.choice(LOOPS)
        counter = self.random.choice([f"i{depth}", f"i{depth}", "i"])
        if head.startswith("while"):  # no other loop may set it back
            counter = f"turn{len(self.lines)}"
        head = self.fill(head).format(counter)
        before = list(self.counters)
        if head.startswith("while"):
            self.line(indent, f"{counter} = 0")
        self.line(indent, head)
        if "{}" not in head and counter in head.split(":")[0]:
            self.counters.append(counter)
            own = self.extra.setdefault("n", [])
            if "range(n" in head or "(1, n" in head or "(0, n" in head:
                own.append(counter)
            elif counter in own:
                own.remove(counter)
        if " z" in head:
            self.line(indent + 1, self.fill("<s!> = 0.5 * z + <s>"))
        if " row" in head:
            self.line(indent + 1, self.fill("<w!> = row * <s>"))
        if head.startswith("while"):
            self.line(indent + 1, f"{counter} += 1")
        self.block(depth - 1, indent + 1, self.random.randint(1, 4), True)
        self.counters = before


NAMES = {
    "s": ["a", "a", "a", "p"],
    "v": ["b", "b", "x"],
    "w": ["c"],
    "M": ["D", "D", "A"],
    "S": ["E", "E", "Q"],
}
WRT = (0, 1, 2, 3)
SIZES = ((3, 2, 5), (2, 3, 0), (5, 4, 3), (4, 2, 1))


def arguments(seed: int, n: int, m: int, steps: int) -> list[Any]:
    """Arguments of these sizes."""
    some = np.random.default_rng(seed)
    arrays = [some.normal(size=shape) * 0.6 for shape in ((n,), (n, m), (n, n))]
    return [*arrays, float(some.normal()), steps]


def copied(args: Sequence[Any]) -> list[Any]:
    """The arguments, with memory of their own."""
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def directional(f: Callable[..., Any], args: Sequence[Any], way: Sequence[Any]) -> Any:
    """The derivative along a direction by differences."""

    def at(t: float) -> Any:
        moved = [a + t * d for a, d in zip(args[:4], way, strict=True)]
        return f(*copied(moved), args[4])

    h = 2e-5
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


def along(gradient: Sequence[Any], way: Sequence[Any]) -> float:
    """The derivative along a direction that a gradient says."""
    return float(sum(np.sum(g * d) for g, d in zip(gradient, way, strict=True)))


def near(found: Any, expected: Any, tolerance: float) -> bool:
    """Whether two numbers agree, as well as differences can."""
    scale = max(1.0, abs(expected))
    return bool(abs(found - expected) <= tolerance * scale)


@contextmanager
def unfilled() -> Iterator[None]:
    """New memory holds nan until it is filled; loops go in short parts."""

    def spoilt(made: Any) -> Any:
        made.fill(np.nan if made.dtype.kind in "fc" else 77)
        return made

    def empty(*shape: Any, **more: Any) -> Any:
        return spoilt(np.zeros(*shape, **more))

    def empty_like(x: Any, **more: Any) -> Any:
        return spoilt(np.zeros_like(x, **more))

    with mock.patch.object(np, "empty", empty):
        with mock.patch.object(np, "empty_like", empty_like):
            yield


def compiled_ways(
    transform: Transform, args: Sequence[Any]
) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The transform as the Numba dialect has it, in several forms."""
    types = types_at(transform.primal, *args)
    (program,) = transform.dispatcher._programs(types, "numba").finished
    for threads, copies in ((False, False), (False, True), (True, False)):
        made = generate(for_loops(program, threads), dialect="numba", copies=copies)
        if any(name in made.names for name in GENERAL):
            return  # Numba refuses it
        yield f"threads {threads}, copies {copies}", shuffled(made, 5)


class Checked:
    """One program and what is found about it."""

    def __init__(self, seed: int, text: str = "") -> None:
        self.seed, self.text = seed, text or Writer(seed).text()
        self.f = srcad.from_source(self.text, {"np": np}, name="f")
        self.points = [arguments(seed + k, *size) for k, size in enumerate(SIZES)]
        some = np.random.default_rng(seed)
        self.ways = [
            [some.normal(size=np.shape(a)) for a in point[:4]] for point in self.points
        ]

    def agree(self, found: Any, expected: Any, what: str, tolerance: float) -> None:
        """Raise where numbers differ."""
        found, expected = numbers(found), numbers(expected)
        if not all(np.all(np.isfinite(v)) for v in expected):
            return
        assert close(found, expected, tolerance, tolerance), (
            f"{what}: {found} {expected}\n{self.text}"
        )

    def tame(self, point: Sequence[Any], way: Sequence[Any]) -> float | None:
        """The slope by differences; None where numbers are too large, or there are
        jumps."""
        try:
            value = self.f(*copied(point))
            slopes = [
                directional(self.f, point, [s * d for d in way]) for s in (1, 0.5)
            ]
        except Exception:  # no program that runs
            return None
        if not np.isfinite(value) or abs(value) > 1e6 or abs(slopes[0]) > 1e6:
            return None
        return slopes[0] if near(2 * slopes[1], slopes[0], 1e-5) else None

    def first(self) -> str:
        """First order, in both dialects."""
        transform = srcad.value_and_grad(self.f, WRT)
        ways: list[tuple[str, Callable[..., Any]]] = []
        said = "skipped"
        for point, way in zip(self.points, self.ways, strict=True):
            slope = self.tame(point, way)
            if slope is None:
                continue
            said = "ok"
            try:
                with unfilled():
                    value, gradient = transform(*copied(point))
                    _, dot = srcad.jvp(self.f, copied(point), (*way, None))
                ways = ways or list(compiled_ways(transform, point))
            except srcad.InternalError:
                raise
            except srcad.SrcadError:
                return "refused"
            expected = self.f(*copied(point))
            assert value == expected, f"value {value} {expected}\n{self.text}"
            found = along(gradient, way)
            assert near(found, slope, 1e-4), (
                f"gradient: {found} {slope} {point}\n{self.text}"
            )
            assert near(dot, found, 1e-9), f"jvp: {dot} {found}\n{self.text}"
            for name, function in ways:
                with unfilled():
                    other = function(*copied(point))
                self.agree(other, (value, gradient), f"{name} {point}", 1e-9)
        return said

    def second(self) -> str:
        """Second order: forward over reverse and reverse over reverse."""
        gradient = srcad.grad(self.f, WRT)
        product = srcad.from_source(PRODUCT, {"np": np, "g": gradient}, name="slope")
        both = srcad.grad(product, WRT)
        ways: dict[str, Any] = {}
        said = "skipped"
        for point, way in zip(self.points, self.ways, strict=True):
            if self.tame(point, way) is None:
                continue
            try:
                slope = directional(lambda *a: along(gradient(*a), way), point, way)
                half = directional(
                    lambda *a: along(gradient(*a), way), point, [0.5 * d for d in way]
                )
                if abs(slope) > 1e6 or not near(2 * half, slope, 1e-4):
                    continue
                with unfilled():
                    rows = srcad.hvp(self.f, copied(point), (*way, None))
                    again = both(*copied(point), *way)
                if not ways:
                    ways = {"rr": list(compiled_ways(both, [*point, *way]))}
            except srcad.InternalError:
                raise
            except srcad.SrcadError:
                return "refused"
            said = "ok"
            found = along(rows[:4], way)
            assert near(found, slope, 1e-3), f"hvp: {found} {slope}\n{self.text}"
            self.agree(again, rows[:4], "reverse over reverse", 1e-8)
            for name, function in ways["rr"]:
                with unfilled():
                    other = function(*copied(point), *way)
                self.agree(other, rows[:4], f"rr {name} {point}", 1e-8)
        return said


PRODUCT = """def slope(x, A, Q, p, steps, dx, dA, dQ, dp):
    gx, gA, gQ, gp = g(x, A, Q, p, steps)
    return np.sum(gx * dx) + np.sum(gA * dA) + np.sum(gQ * dQ) + gp * dp
"""


def main(first: int, last: int, step: int = 1) -> int:
    """Check the programs of some seeds; gives how many failed."""
    warnings.simplefilter("ignore")
    parts.ROUNDS, parts.NUMBERS = 2, 12
    counts: Counter[str] = Counter()
    for seed in range(first, last, step):
        for order in ("first", "second") if seed % 4 == 0 else ("first",):
            try:
                counts[f"{order} {getattr(Checked(seed), order)()}"] += 1
            except Exception as error:  # whatever it is, name the seed
                counts["FAILED"] += 1
                text = str(error)
                print(
                    f"seed {seed} {order}: {type(error).__name__}: {text[:300]}",
                    flush=True,
                )
    print(dict(counts))
    return counts["FAILED"]


if __name__ == "__main__":
    sys.exit(1 if main(*map(int, sys.argv[1:])) else 0)
