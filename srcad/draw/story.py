"""A run told step by step: forwards the values, backwards the chain rule.

Takes a drawing with numbers; gives a `Story`: for each step what is computed, at which
item and line, and which labels change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from srcad.draw.drawing import Drawing
from srcad.draw.items import Item, Label
from srcad.draw.labels import operation, shown
from srcad.draw.trace import Iterations, Moment, Site
from srcad.draw.values import Numbers
from srcad.errors import Span
from srcad.ir.graph import Literal, Node, Value

TIMES = "\N{MIDDLE DOT}"


@dataclass(frozen=True)
class Chain:
    """One product of the chain rule: dg/dx = dg/dp · dp/dx.

    result, by, through : the names g, x and p. factors : dg/dp and dp/dx as texts, the
    second one "" where it is no number. total : dg/dx so far; before : what there was.
    """

    result: str
    by: str
    through: str
    factors: tuple[str, str]
    total: str
    before: str = ""

    @property
    def text(self) -> str:
        """It on one line."""
        g, x, p = self.result, self.by, self.through
        if p == g and not self.before:
            return f"d{g}/d{x} = {self.total}"
        rule = f"d{g}/d{x} = d{g}/d{p} {TIMES} d{p}/d{x}"
        if not self.factors[1]:
            return f"{rule} = {self.total}"
        rule += f" = {_signed(self.factors[0])} {TIMES} {_signed(self.factors[1])}"
        if self.before:
            rule += f" + {_signed(self.before)}"
        return f"{rule} = {self.total}"


@dataclass(frozen=True)
class Step:
    """One step.

    phase : "start", "forward" or "backward". item : the id of what is at work.
    text : what happens. when : the iterations of the loops around it.
    loops : for each of these loops, the box and how often it goes round.
    """

    phase: str
    item: str
    text: str
    span: Span | None = None
    when: Iterations = ()
    loops: tuple[tuple[str, int], ...] = ()
    chain: tuple[Chain, ...] = ()


@dataclass(eq=False)
class Story:
    """All steps, and what changes when.

    labels : by label, (step, value, derivative) from that step on. parts : by branch,
    (step, which part runs) from that step on.
    """

    steps: list[Step] = field(default_factory=list)
    labels: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    parts: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def story(drawing: Drawing) -> Story:
    """The story of a drawing that has numbers."""
    assert drawing.numbers is not None
    teller = _Teller(drawing, drawing.numbers)
    teller.forward()
    if not drawing.note:
        teller.backward()
    return teller.story


class _Teller:
    def __init__(self, drawing: Drawing, numbers: Numbers) -> None:
        self.drawing = drawing
        self.numbers = numbers
        self.run = numbers.trace
        self.story = Story()
        items = list(drawing.region.every())
        self.items: dict[tuple[Site, Node], Item] = {
            (item.site, item.node): item for item in items if item.node is not None
        }
        self.branches = [i for i in items if len(i.regions) > 1]
        self.labels = [label for item in items for label in item.outputs]
        self.result = drawing.model.name((), drawing.program.graph.body.results[0])
        self.shown: dict[Label, tuple[Iterations, Value]] = {}

    def item(self, moment: Moment) -> Item | None:
        """What is drawn for a moment: its node, or the call that it is in."""
        found = self.items.get((moment.site, moment.node))
        if found is not None or (moment.site, moment.node) in self.items:
            return found
        for k in reversed(range(len(moment.site))):
            call = self.items.get((moment.site[:k], moment.site[k]))
            if call is not None and call.kind == "operation":
                return call
        return None

    def step(self, phase: str, item: Item, moment: Moment | None, text: str) -> Step:
        when = moment.iterations if moment else ()
        counts = []
        for k, loop in enumerate(self.drawing.around[item].loops[: len(when)]):
            by = self.run.counts.get((loop.site, loop.node), {})
            counts.append((loop.id, by.get(when[:k], 0)))
        span = moment.node.span if moment else item.span
        return Step(phase, item.id, text, span, when, tuple(counts))

    def tell(
        self, label: Label, value: Value, when: Iterations, derivative: str
    ) -> None:
        """From the latest step on, a label says this."""
        told = self.story.labels.setdefault(label.id, [])
        now = len(self.story.steps) - 1
        entry = now, self.numbers.value(value), derivative
        if told and told[-1][0] == now:
            told[-1] = entry
        elif not told or told[-1][1:] != entry[1:]:
            told.append(entry)
        self.shown[label] = when, value

    def name(self, site: Site, value: Value) -> str:
        if isinstance(value, Literal):
            return repr(value.value)
        return self.drawing.model.name(site, value)

    # -- forwards

    def forward(self) -> None:
        arrivals: dict[int, list[tuple[Label, Value, Iterations]]] = {}
        for label in self.labels:
            times = self.run.times.get((label.site, label.value), {})
            for when, value in self.numbers.iterations(label).items():
                arrivals.setdefault(times[when], []).append((label, value, when))
        turns: dict[int, list[tuple[Item, int]]] = {}
        for item in self.branches:
            assert item.node is not None
            for part, time in self.run.taken.get((item.site, item.node), {}).values():
                turns.setdefault(time, []).append((item, part))
        first = Step("start", "", "The arguments")
        self.story.steps.append(first)
        self.arrive(arrivals.get(0, ()), turns.get(0, ()))
        for k, moment in enumerate(self.run.moments, 1):
            at = self.item(moment)
            if at is not None:
                text = self.sentence(at, moment)
                self.story.steps.append(self.step("forward", at, moment, text))
            self.arrive(arrivals.get(k, ()), turns.get(k, ()))

    def arrive(
        self,
        labels: Sequence[tuple[Label, Value, Iterations]],
        turns: Sequence[tuple[Item, int]],
    ) -> None:
        for label, value, when in labels:
            self.tell(label, value, when, "")
        for item, part in turns:
            self.turn(item, part)

    def turn(self, item: Item, part: int) -> None:
        told = self.story.parts.setdefault(item.id, [])
        if not told or told[-1][1] != part:
            told.append((len(self.story.steps) - 1, part))

    def equation(self, item: Item, moment: Moment) -> str:
        """`p = x + y`."""
        node, program = moment.node, self.drawing.program
        if item.node is not node:  # in a call that is drawn as one
            inside = operation(node, lambda v: self.name((), v), program)
            return f"{item.text}: {inside}"
        names = [self.name(moment.site, v) for v in node.outputs]
        code = operation(node, lambda v: self.name(moment.site, v), program)
        parts = [", ".join(names), item.text if item.kind == "box" else code]
        return " = ".join(p for p in parts if p)

    def sentence(self, item: Item, moment: Moment) -> str:
        """`p = x + y = 1 + 3 = 4`."""
        node, traced = moment.node, moment.traced
        equation = self.equation(item, moment)
        parts = [equation]
        values = [self.run.of(v) for v in traced.inputs]
        plain = item.kind == "operation" and item.node is node
        if plain and all(_is_number(v) for v in values):
            by = dict(zip(node.inputs, values, strict=True))
            with_numbers = operation(
                node, lambda v: _signed(shown(by[v])), self.drawing.program
            )
            if not equation.endswith(with_numbers):
                parts.append(with_numbers)
        parts.append(", ".join(shown(self.run.of(v)) for v in traced.outputs))
        return " = ".join(p for p in parts if p)

    # -- backwards

    def backward(self) -> None:
        back = self.numbers.derivatives
        (out,) = self.run.results
        so_far: dict[Value, Any] = {out: back.whole.get(out)}
        seed = f"d{self.result}/d{self.result} = 1"
        last = next(
            (i for m in reversed(self.run.moments) if (i := self.item(m))), None
        )
        self.story.steps.append(Step("backward", last.id if last else "", seed))
        self.gather(so_far, set(so_far))
        around: tuple[Site, Iterations] = (), ()
        for moment in reversed(self.run.moments):
            at = self.item(moment)
            gathered = back.so_far.get(moment, {})
            before = {v: so_far.get(v) for v in gathered}
            so_far.update(gathered)
            if not any(v in back.whole for v in moment.traced.outputs):
                continue
            if at is not None:
                text = f"back through {self.equation(at, moment)}"
                step = self.step("backward", at, moment, text)
                chain = tuple(self.chain(moment, so_far, before))
                self.story.steps.append(replace(step, chain=chain))
            if (moment.site, moment.iterations) != around:
                around = moment.site, moment.iterations
                self.enter(moment.iterations, so_far)
            self.gather(so_far, set(gathered))

    def enter(self, when: Iterations, so_far: dict[Value, Any]) -> None:
        """Labels of the loops around show the iteration that is gone through."""
        for label, (before, _) in list(self.shown.items()):
            key = when[: len(before)]
            value = self.numbers.iterations(label).get(key)
            if key and value is not None and key != before:
                self.tell(label, value, key, shown(so_far.get(value)))
        for item in self.branches:
            assert item.node is not None
            found = self.run.taken.get((item.site, item.node), {})
            for k in range(len(when), 0, -1):
                if when[:k] in found:
                    self.turn(item, found[when[:k]][0])
                    break

    def gather(self, so_far: dict[Value, Any], values: set[Value]) -> None:
        """Labels of these values show what has flowed back to them."""
        for label, (when, value) in list(self.shown.items()):
            if value in values:
                self.tell(label, value, when, shown(so_far[value]))

    def chain(
        self, moment: Moment, so_far: dict[Value, Any], before: dict[Value, Any]
    ) -> list[Chain]:
        """What a node adds to the derivative by each of its inputs."""
        back = self.numbers.derivatives
        if len(moment.traced.outputs) != 1 or len(moment.node.outputs) != 1:
            return []
        (out,), (static,) = moment.traced.outputs, moment.node.outputs
        g = back.whole.get(out)
        factors = back.factors.get(moment, {})
        found: dict[Value, Chain] = {}
        for v, name in zip(moment.traced.inputs, moment.node.inputs, strict=True):
            if v in found or v not in so_far or isinstance(v, Literal):
                continue
            if v not in back.whole:
                continue
            there = before.get(v)
            if there is not None and there is so_far[v]:
                continue  # no derivative passes from here to there
            found[v] = Chain(
                self.result,
                self.name(moment.site, name),
                self.name(moment.site, static),
                (shown(g), shown(factors.get(v))),
                shown(so_far[v]),
                shown(there) if there is not None else "",
            )
        return list(found.values())


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, complex, np.generic))


def _signed(text: str) -> str:
    """A negative number in brackets, where it stands in a product or a sum."""
    return f"({text})" if text.startswith("\N{MINUS SIGN}") else text
