"""Graphs for the printer's tests: by hand, and at random."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from srcad.backend.evaluate import evaluate
from srcad.backend.function import load
from srcad.backend.generate import Generated, generate
from srcad.errors import Span
from srcad.ir.builder import Builder, current
from srcad.ir.graph import UNDEFINED, Block, Graph, Node, Program, Value, literal
from srcad.ir.sizes import Size
from srcad.ir.types import BOOL, FLOAT, INT, Array, Maybe
from srcad.ops import arithmetic as ops
from srcad.ops.fit import zeros_like
from srcad.ops.index import add_at, getitem, update
from srcad.ops.lists import range_

VECTOR = Array("float64", (Size("n"),))
AT = ("at",)


def program(
    params: Sequence[Value], make: Callable[..., Any], name: str = "f"
) -> Program:
    """A program of one graph; `make` gets the params and gives the results."""
    builder = Builder()
    with builder.active():
        made = make(*params)
    results = made if isinstance(made, tuple) else (made,)
    return Program("main", {"main": Graph(name, builder.block(params, results))})


def change(value: Value, **fields: Any) -> Value:
    """The node that made a value, changed in the builder in use; gives its output."""
    builder = current()
    node = builder.definitions[value]
    changed = replace(node, **fields)
    builder.nodes[builder.nodes.index(node)] = changed
    for v in changed.outputs:
        builder.definitions[v] = changed
    return changed.outputs[node.outputs.index(value)]


def named(value: Value, name: str) -> Value:
    """The value under a name."""
    node = current().definitions[value]
    new = Value(name, value.type)
    outputs = tuple(new if v is value else v for v in node.outputs)
    return change(value, outputs=outputs)


def inplace(value: Value) -> Value:
    """The value, made by a write in place."""
    node = current().definitions[value]
    return change(value, params={**node.params, "inplace": True})


def line(text: str, number: int) -> Span:
    """A span that is a whole line of a user's file."""
    return Span("user.py", number, 4, number, 4 + len(text), "    " + text)


def body(of: str) -> list[str]:
    """The lines of a text without its header."""
    lines = of.splitlines()
    start = next(k for k, text in enumerate(lines) if text.startswith("def "))
    return [text[4:] for text in lines[start + 1 :]]


def same(a: Any, b: Any) -> bool:
    """Whether two results are equal bit for bit, nan included."""
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (int, float, np.generic, np.ndarray)):
        return bool(np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True))
    return bool(a == b)


def check(
    given: Program, *args: Any, dialect: str = "python", copies: bool = False
) -> Generated:
    """Print, run and compare with `evaluate`."""
    made = generate(given, dialect=dialect, copies=copies)
    expected, _ = evaluate(given, [np.copy(a) if np.ndim(a) else a for a in args])
    found = load(made)(*[np.copy(a) if np.ndim(a) else a for a in args])
    found = [found] if len(expected) == 1 else found
    assert same(list(found), list(expected)), f"{made.text}\n{found}\n{expected}"
    return made


# ---- at random -----------------------------------------------------------------------

NAMES = ("a", "b", "x", "", "", "x_bar", "t")


class Random:
    """Makes random graphs: scalars, a few vectors, branches and loops."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.size = 0

    def name(self) -> str:
        return self.random.choice(NAMES)

    def program(self) -> Program:
        params = (Value("x", FLOAT), Value("b", FLOAT), Value("v", VECTOR))

        def make(x: Value, b: Value, v: Value) -> tuple[Value, ...]:
            numbers, vectors = self.fill([x, b], [v], 3, 6)
            total = numbers[0]
            for value in numbers[-4:]:
                total = total + value
            whole = vectors[0] + vectors[-1]
            return (total, self.random.choice(numbers), whole, vectors[-1])

        return program(params, make)

    def fill(
        self, numbers: list[Value], vectors: list[Value], depth: int, steps: int
    ) -> tuple[list[Value], list[Value]]:
        """Write some nodes; gives the values there are then."""
        numbers, vectors = list(numbers), list(vectors)
        for _ in range(self.random.randint(1, steps)):
            kind = self.random.choice(
                ["number"] * 5
                + ["vector"] * 2
                + ["write"] * 2
                + ["part", "if"]
                + ["for"] * 2
                + ["while"]
            )
            if kind in ("if", "for", "while") and depth == 0:
                kind = "number"
            getattr(self, f"add_{kind}")(numbers, vectors, depth)
        return numbers, vectors

    def pick(self, values: list[Value]) -> Value:
        return self.random.choice(values[-6:])

    def number_of(self, a: Value, b: Value) -> Value:
        kind = self.random.randrange(4)
        if kind == 0:
            return a * 0.5 + b * 0.25
        return [a + b, a - b, a * 0.75, -a][kind]

    def maybe_named(self, value: Value) -> Value:
        name = self.name()
        return named(value, name) if name else value

    def add_number(self, numbers: list[Value], *_: Any) -> None:
        value = self.number_of(self.pick(numbers), self.pick(numbers))
        numbers.append(self.maybe_named(value))

    def add_vector(self, numbers: list[Value], vectors: list[Value], _: int) -> None:
        value = self.pick(vectors) * 0.5 + self.pick(numbers)
        if self.random.random() < 0.3:
            value = zeros_like(self.pick(vectors))
        vectors.append(self.maybe_named(value))

    def add_part(self, numbers: list[Value], vectors: list[Value], _: int) -> None:
        numbers.append(self.maybe_named(getitem(self.pick(vectors), 1, layout=AT)))

    def add_write(self, numbers: list[Value], vectors: list[Value], _: int) -> None:
        op = self.random.choice([update, add_at])
        base, fresh = self.pick(vectors), self.random.random() < 0.5
        if fresh:
            base = base * 1.0
            if self.random.random() < 0.5:
                base = named(base, "v")
        entry = self.pick(numbers)
        if self.random.random() < 0.3:
            entry = getitem(base, 0, layout=AT) * 0.5
        value = op(base, entry, self.random.randrange(3), layout=AT)
        value = inplace(value) if fresh else value
        vectors.append(named(value, self.random.choice(["v", "w", "v_bar"])))

    def add_if(self, numbers: list[Value], vectors: list[Value], depth: int) -> None:
        condition = self.pick(numbers) < self.pick(numbers)
        blocks = []
        for _ in range(2):
            with current().inner() as builder:
                n, v = self.fill(numbers, vectors, depth - 1, 3)
                results = (self.pick(n), self.pick(n), self.pick(v))
                blocks.append(builder.block((), results))
        names = [self.name(), self.name(), "v"]
        types = [FLOAT, FLOAT, VECTOR]
        a, b, w = current().if_(condition, *blocks, types, names)
        numbers += [a, b]
        vectors.append(w)

    def carried(self) -> tuple[list[Value], list[Value]]:
        numbers = [Value(self.name(), FLOAT), Value(self.name(), FLOAT)]
        return numbers, [Value("v", VECTOR)]

    def add_for(self, numbers: list[Value], vectors: list[Value], depth: int) -> None:
        builder = current()
        i = Value("i", INT)
        (a, b), (v,) = self.carried()
        stop = self.random.random() < 0.5
        extra = [Value("", BOOL)] if stop else []
        with builder.inner() as inner:
            n, w = self.fill([*numbers, a, b, i], [*vectors, v], depth - 1, 4)
            kept = self.pick(n)
            following = (self.pick(n), self.pick(n), self.pick(w))
            flag = self.flag(n) if stop else ()
            block = inner.block((i, *extra, a, b, v), (*flag, *following, kept))
        walked = range_(0, self.random.randrange(4), 1)
        first = [literal(False)] if stop else []
        start = [*first, self.pick(numbers), literal(0.5), self.pick(vectors)]
        types = [BOOL] * stop + [FLOAT, FLOAT, VECTOR]
        found = builder.for_([walked], start, block, types, stop=stop)
        c, d, u, kept_list, count = found[stop:]
        if not stop and self.random.random() < 0.7:
            (e, f), (z,) = self.carried()
            k, s = Value("i", INT), Value("s", FLOAT)
            with builder.inner() as inner:
                n, w = self.fill([*numbers, e, f, s, k], [*vectors, z], 0, 3)
                results = (self.pick(n), self.pick(n), self.pick(w), self.pick(n))
                block = inner.block((k, s, e, f, z), results)
            start = [c, d, u]
            c, d, u, again, _ = builder.for_(
                [walked, kept_list], start, block, [FLOAT, FLOAT, VECTOR], reverse=True
            )
            t, q = Value("q", FLOAT), Value("total", FLOAT)
            with builder.inner() as inner:
                added = named(q + t, "total")
                block = inner.block((t, q), (added,))
            numbers.append(builder.for_([again], [literal(0.0)], block)[0])
        numbers += [c, d]
        if self.random.random() < 0.5:
            numbers.append(count * 0.25)
        vectors.append(u)

    def flag(self, numbers: list[Value]) -> tuple[Value]:
        kind = self.random.randrange(3)
        condition = self.pick(numbers) > self.pick(numbers)
        if kind == 0:
            return (condition,)
        builder = current()
        with builder.inner() as then:
            pass
        with builder.inner() as otherwise:
            inner: Value = literal(False)
            if kind == 2:
                second = self.pick(numbers) < self.pick(numbers)
                yes = Block((), (), (literal(True),))
                no = Block((), (), (literal(False),))
                (inner,) = otherwise.if_(second, yes, no, [BOOL])
        ways = then.block((), (literal(True),)), otherwise.block((), (inner,))
        return builder.if_(condition, *ways, [BOOL])  # type: ignore[return-value]

    def add_while(self, numbers: list[Value], vectors: list[Value], depth: int) -> None:
        builder = current()
        k, k0 = Value("k", INT), Value("k", INT)
        (a, b), _ = self.carried()
        (a0, b0), _ = self.carried()
        unset, unset0 = Value("u", Maybe(FLOAT)), Value("u", Maybe(FLOAT))
        with builder.inner() as test:
            more = ops.less(k0, self.random.randrange(4))
            if self.random.random() < 0.3:
                more = named(more, "more")
            tested = test.block((k0, a0, b0, unset0), (more,))
        with builder.inner() as inner:
            n, _ = self.fill([*numbers, a, b], vectors, depth - 1, 3)
            step = named(k + 1, "k")
            block = inner.block(
                (k, a, b, unset), (step, self.pick(n), self.pick(n), self.pick(n))
            )
        start = [literal(0), self.pick(numbers), literal(1.5), literal(UNDEFINED)]
        found = builder.while_(start, tested, block, [INT, FLOAT, FLOAT, Maybe(FLOAT)])
        numbers += [found[1], found[2]]


__all__ = ["AT", "VECTOR", "Node", "Random", "check", "named", "program"]
