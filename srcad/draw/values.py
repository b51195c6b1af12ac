"""The numbers of a drawing: for each label its value and derivative, by iteration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from srcad.draw.derivatives import Derivatives, derivatives, why_not
from srcad.draw.items import Around, Item, Label
from srcad.draw.labels import preview, shown
from srcad.draw.programs import Drawn, drawn
from srcad.draw.trace import Iterations, Trace, trace
from srcad.ir.graph import Value


@dataclass(frozen=True, eq=False)
class Numbers:
    """What a run gave.

    note : why there are no derivatives; "" where there are.
    """

    trace: Trace
    derivatives: Derivatives = field(default_factory=Derivatives)
    note: str = ""

    def iterations(self, label: Label) -> Mapping[Iterations, Value]:
        """By iteration, the value of the run that a label is of."""
        return self.trace.seen.get((label.site, label.value), {})

    def moment(
        self, loops: Sequence[Item], asked: Iterations = ()
    ) -> Iterations | None:
        """The iteration of these loops that is shown; the last, if none is asked for.

        None where there was no such one.
        """
        when: Iterations = ()
        for loop in loops:
            count = self.trace.counts.get((loop.site, loop.node), {}).get(when, 0)
            k = asked[len(when)] if len(when) < len(asked) else count - 1
            if not 0 <= k < count:
                return None
            when = (*when, k)
        return when

    def at(self, label: Label, around: Around, asked: Iterations = ()) -> Value | None:
        """What a label is of, in the iteration that is shown."""
        found = self.iterations(label)
        for branch, part in around.branches:
            ran = self.taken(branch, around.loops, asked)
            if ran is not None and ran != part:
                return None
        for depth in range(len(around.loops), -1, -1):  # or from above the loop
            when = self.moment(around.loops[:depth], asked)
            if when is not None and when in found:
                return found[when]
        return None

    def value(self, found: Value | None) -> str:
        """The value in a few characters."""
        return "" if found is None else shown(self.trace.of(found))

    def derivative(self, found: Value | None) -> str:
        """The derivative in a few characters; "" where there is none."""
        return "" if found is None else shown(self.derivatives.whole.get(found))

    def more(self, found: Value | None) -> str:
        """Both in more characters, for where the pointer rests."""
        if found is None:
            return ""
        parts = [preview(self.trace.of(found))]
        if (g := self.derivatives.whole.get(found)) is not None:
            parts.append(f"derivative {preview(g)}")
        return "\n".join(parts)

    def texts(self, label: Label) -> list[tuple[str, str]]:
        """Value and derivative in each iteration."""
        found = dict.fromkeys(self.iterations(label).values())
        return [(self.value(v), self.derivative(v)) for v in found]

    def taken(
        self, item: Item, loops: Sequence[Item], asked: Iterations = ()
    ) -> int | None:
        """Which of a branch's regions ran in the iteration that is shown."""
        if item.node is None:
            return None
        found = self.trace.taken.get((item.site, item.node), {})
        for depth in range(len(loops), -1, -1):
            when = self.moment(loops[:depth], asked)
            if when is not None and when in found:
                return found[when][0]
        return None


def numbered(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    argnums: int | Sequence[int] | None,
    which: str,
    passes: bool,
) -> tuple[Drawn, Numbers | None]:
    """The program to draw and, where there are arguments, its numbers.

    Where `argnums` is not given, Python integers count as floats if the function runs
    with floats in their place; `range(n)`, say, does not.
    """
    try:
        return _numbered(f, args, kwargs, argnums, which, passes, True)
    except Exception:
        integers = any(type(v) is int for v in [*args, *kwargs.values()])
        if argnums is not None or not integers:
            raise
    return _numbered(f, args, kwargs, argnums, which, passes, False)


def _numbered(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    argnums: int | Sequence[int] | None,
    which: str,
    passes: bool,
    ints: bool,
) -> tuple[Drawn, Numbers | None]:
    asked = drawn(f, args, kwargs, argnums, which, passes, ints)
    if asked.values is None:
        return asked, None
    run = trace(asked.program, asked.values)
    note = "this graph is an adjoint itself" if which == "adjoint" else why_not(run)
    if not note and not asked.wrt:
        note = "no argument is a float"
    found = Derivatives() if note else derivatives(run, asked.wrt)
    return asked, Numbers(run, found, note)
