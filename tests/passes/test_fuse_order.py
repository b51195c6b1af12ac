"""What steps wait for: all that they clash with, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from benchmarks import transform_time
from trees import close

import srcad
from srcad.backend import function as loading
from srcad.backend.generate import generate
from srcad.ir.graph import Block, Graph, Node, Value
from srcad.passes import fuse as fusing
from srcad.passes.buffers import Buffers
from srcad.passes.fuse import is_border
from srcad.passes.fuse_access import VIEWS
from srcad.passes.fuse_order import Step, Steps
from srcad.pipeline import for_loops

# {0}, {1}, {2}: arrays; {k}, {m}: numbers below 5.
STATEMENTS = """{0} = np.tanh({1} * {2}) + w
{0} = np.exp(-({1} ** 2)) - {2}
{0}[1:] = {1}[:-1] * np.sin({2}[1:])
{0}[2:5] += {1}[0:3] * np.cos({2}[1:4])
{0} += 0.1 * np.sin({1}) * np.sum({2})
{0}[{k}] = np.sin({1}[{m}] * {2}[0])
{0}[:] = {1} / (1.0 + {2} ** 2)
{0} = {1} / len({2})
{0} = np.maximum({1}, {2}[::-1])
{0} = 0.5 * {1} + {2}.mean()
{0} = {1} * np.tanh(np.dot({2}, w))
u = {0}[1:4]; u *= 0.5
if np.sum({0}) > 0.3: {1} = {1} * 0.5
for i in range(3): {0}[i] = np.sin({1}[i]) * {2}[i + 1]
{0} = np.sqrt(1.0 + np.sin({1} * {2}))
{0} = np.sin({1})""".splitlines()
POINT = np.linspace(0.1, 0.9, 9), np.linspace(0.3, -0.2, 9)


def program(seed: int) -> Any:
    """Writes, views, sums and temporaries, many in a row."""
    rng = random.Random(seed)
    lines = ["a = x * 2.0", "b = np.sin(x)", "c = np.zeros(len(x))", "d = a * w"]
    for _ in range(rng.choice((10, 30, 60))):
        names = [rng.choice("abcd") for _ in range(3)]
        k, m = rng.randrange(5), rng.randrange(5)
        lines.append(rng.choice(STATEMENTS).format(*names, k=k, m=m))
    result = "    return np.sum(a * b) + np.sum(np.tanh(c)) + d[1]"
    text = "\n".join(["def f(x, w):", *(f"    {line}" for line in lines), result])
    return srcad.from_source(text, {"np": np})


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")
    entry = srcad.value_and_grad(program(seed), (0, 1)).entry(POINT)
    (finished,) = entry.programs.finished
    fused = loading.load(generate(for_loops(finished)))
    expected = entry.functions[0](*POINT)
    assert np.isfinite(expected[0]) and close(fused(*POINT), expected, 1e-9)


# ---- what waits for what -------------------------------------------------------------


def runs(graph: Graph) -> Iterator[tuple[Steps, list[Step]]]:
    """The runs of nodes between borders, in every block of a graph."""
    buffers = Buffers(graph)

    def inside(block: Block) -> Iterator[tuple[Steps, list[Step]]]:
        steps = Steps(buffers, block, {})
        for border, run in groupby(steps.all, lambda step: is_border(step.node)):
            here = list(run)
            if not border:
                yield steps, here
            for step in here:
                step.left = False
        for node in block.nodes:
            for inner in node.blocks:
                yield from inside(inner)

    return inside(graph.body)


def sources(node: Node, makers: Mapping[Value, Node]) -> set[Value]:
    """What a node reads, with views followed to what is behind them."""
    found, todo = set[Value](), list(node.inputs)
    while todo:
        v = todo.pop()
        if v in makers:
            todo += makers[v].inputs
        else:
            found.add(v)
    return found


def must_wait(run: Sequence[Step]) -> set[tuple[int, int]]:
    """All pairs that may not change places, each pair looked at."""
    found = set()
    makers = {s.node.out: s.node for s in run if s.node.op.name in VIEWS}
    touched = [{*step.read, *step.written} for step in run]
    for k, late in enumerate(run):
        read = sources(late.node, makers)
        for j, early in enumerate(run[:k]):
            memory = touched[k].isdisjoint(early.written)
            memory = memory and touched[j].isdisjoint(late.written)
            if not memory or not read.isdisjoint(early.node.outputs):
                found.add((early.place, late.place))
    return found


def closed(pairs: set[tuple[int, int]]) -> dict[int, int]:
    """Whom each has to wait for in the end, as bits."""
    found: dict[int, int] = {}
    for early, late in sorted(pairs, key=lambda pair: pair[::-1]):
        found[late] = found.get(late, 0) | 1 << early | found.get(early, 0)
    return found


def test_each_step_waits_for_all_that_it_clashes_with() -> None:
    looked_at = 0
    for seed in range(6):
        (finished,) = srcad.grad(program(seed)).entry(POINT).programs.finished
        for steps, run in runs(finished.graph):
            run = run[:150]
            ready = steps.link(run)
            pairs = {(s.place, t.place) for s in run for t in s.then}
            waits = closed(pairs)
            right = waits == closed(must_wait(run))
            assert right  # by itself: thousands of bits take long to show
            assert ready == [s for s in run if s.place not in waits]
            looked_at += len(pairs)
    assert looked_at > 500


def test_taken_and_put_back() -> None:
    f = transform_time.function_of(transform_time.slices, 20)
    (finished,) = srcad.grad(f).entry(POINT[:1]).programs.finished
    steps = Steps(Buffers(finished.graph), finished.graph.body, {})
    (run,) = [r for _, r in runs(finished.graph)]
    run = [steps.all[s.place] for s in run]
    ready = steps.link(run)
    waits, writers = [s.waits for s in run], dict(+steps.writers)
    freed = [other for step in ready for other in steps.take(step)]
    assert freed and not any(s.waits for s in freed)
    assert not any(s.node.out in steps for s in ready)
    for step in ready:
        steps.put_back(step)
    assert [s.waits for s in run] == waits and dict(+steps.writers) == writers
    done = []
    while ready:
        step = min(ready, key=lambda s: s.place)
        ready.remove(step)
        done.append(step)
        ready += steps.take(step)
    assert done == run and not +steps.writers


def test_steps_that_wait_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Node] = []
    member_of = fusing.member_of

    def counted(node: Node, makers: Any) -> Any:
        asked.append(node)
        return member_of(node, makers)

    monkeypatch.setattr(fusing, "member_of", counted)
    x = transform_time.argument_of(transform_time.slices)
    found = []
    for n in (40, 80, 160):
        asked.clear()
        f = transform_time.function_of(transform_time.slices, n)
        transform_time.for_numba(f, x)
        found.append(len(asked))
    assert found[2] - found[1] <= 2.1 * (found[1] - found[0])
