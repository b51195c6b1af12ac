"""What depends on an argument, and what matters: all of it, no more, in few steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lowering import types_at
from programs import test_programs as programs

import srcad
from srcad.ad.activity import Analysis, Useful, Varied
from srcad.ad.leaves import inexact_paths
from srcad.ir.graph import Node, Program
from srcad.ir.structure import loop_of
from srcad.ir.types import Static
from srcad.pipeline import prepared
from srcad.signature import fixes_shape
from srcad.source_unwrap import unwrap


class AllVaried(Varied):
    """In loops, the whole body again and again until nothing changes."""

    def loop(self, node: Node) -> None:
        loop, before = loop_of(node), -1
        for walked, entry in zip(loop.walked, loop.items, strict=True):
            if self.get(walked):
                self.put_all(entry)
        while len(self.news) > before:
            before = len(self.news)
            for first, carried in zip(loop.initial, loop.carried, strict=True):
                self.flow(first, carried)
            self.block(loop.body)
            for after, carried in zip(loop.carried_next, loop.carried, strict=True):
                self.flow(after, carried)
        for carried, final in zip(loop.carried, loop.final, strict=True):
            self.flow(carried, final)
        for v, collected in zip(loop.collected, loop.lists, strict=True):
            if self.get(v):
                self.put_all(collected)


class AllUseful(Useful):
    """The same, backward."""

    def loop(self, node: Node) -> None:
        loop, before = loop_of(node), -1
        for collected, v in zip(loop.lists, loop.collected, strict=True):
            if self.get(collected):
                self.put_all(v)
        while len(self.news) > before:
            before = len(self.news)
            groups = zip(loop.final, loop.carried, loop.carried_next, strict=True)
            for final, carried, after in groups:
                self.flow(final, carried)
                self.flow(carried, after)
            self.block(loop.body)
        for carried, first in zip(loop.carried, loop.initial, strict=True):
            self.flow(carried, first)
        for entry, walked in zip(loop.items, loop.walked, strict=True):
            if self.get(entry):
                self.put_all(walked)


def agree(program: Program) -> None:
    """By each argument alone, and by all, the short way says what the long one does."""
    body = program.graph.body
    every = tuple(range(len(body.params)))
    wanted = [inexact_paths(v.type) for v in body.results]
    for active in {every, *((k,) for k in every)}:
        short = Varied(Analysis(program), body, active)
        assert short.paths == AllVaried(Analysis(program), body, active).paths
    short = Useful(Analysis(program), body, wanted)
    assert short.paths == AllUseful(Analysis(program), body, wanted).paths


THEMES = ("loops", "nested_loops", "while_break", "early_return", "nested", "lists")
LOOPING = [n for n in programs.PROGRAMS if n.partition(".")[0] in THEMES]


@pytest.mark.parametrize("name", LOOPING)
def test_programs(name: str) -> None:
    case = programs.PROGRAMS[name]
    function, bound, more = unwrap(case.function)
    given = (*bound, *case.fresh())
    types = types_at(function, *given, **more)
    try:
        lowered = prepared(function, types)
    except srcad.SrcadError as error:
        assert error.needs_known
        pairs = zip(types, given, strict=False)
        known = {n: Static(v) for n, v in pairs if fixes_shape(v)}
        lowered = prepared(function, {**types, **known})
    agree(lowered.program)


def rotating(n: int, depth: int = 1) -> Any:
    """Each round hands every value to the next name; only the last one is active."""
    lines = [f"    v{k} = {k}.5" for k in range(n)] + [f"    v{n} = x"]
    for k in range(depth):
        lines.append(f"{'    ' * (k + 1)}for _ in range(3):")
    space = "    " * (depth + 1)
    lines += [f"{space}v{k} = v{k + 1} * 2.0" for k in range(n)]
    text = "\n".join(["def f(x):", *lines, "    return v0"])
    return srcad.from_source(text, {"np": np})


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_rotating_values(depth: int) -> None:
    function = rotating(12, depth)
    agree(prepared(function, types_at(function, 0.3)).program)


@pytest.mark.parametrize("direction", [Varied, Useful])
def test_rotating_values_take_work_in_proportion(
    direction: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Node] = []
    spread = direction.node

    def counted(self: Any, node: Node) -> None:
        asked.append(node)
        spread(self, node)

    monkeypatch.setattr(direction, "node", counted)
    found = []
    for n in (40, 80, 160):
        asked.clear()
        srcad.grad(rotating(n)).source_for(0.3)
        found.append(len(asked))
    assert found[2] - found[1] <= 2.1 * (found[1] - found[0])
    assert found[2] < 5 * 160
