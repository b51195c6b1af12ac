"""The numbers of a drawing: for each label its value and derivative, by iteration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from srcad.draw.derivatives import Derivatives, derivatives, why_not
from srcad.draw.labels import preview, shown
from srcad.draw.model import Item, Label
from srcad.draw.programs import Drawn, drawn
from srcad.draw.trace import Iterations, Trace, trace
from srcad.ir.graph import Value
from srcad.ir.structure import call


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

    def at(self, label: Label, when: Iterations | None = None) -> Value | None:
        """The one of an iteration; the last, if none is asked for.

        Of a label in fewer loops than `when` has entries, what there was around it.
        """
        found = self.iterations(label)
        if not found:
            return None
        if when is not None:
            fitting = [
                i for i in found if all(a == b for a, b in zip(i, when, strict=False))
            ]
            return found[max(fitting)] if fitting else None
        return found[max(found)]

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

    def taken(self, item: Item, when: Iterations | None = None) -> int | None:
        """Which of a branch's regions ran."""
        if item.node is None:
            return None
        found = self.trace.taken.get((item.site, item.node), {})
        keys = [
            i
            for i in found
            if when is None or all(a == b for a, b in zip(i, when, strict=False))
        ]
        return found[max(keys)][0] if keys else None

    def count(self, item: Item) -> int | None:
        """How often a loop went round, all in all."""
        if item.node is None or item.node.op is call:
            return None
        found = self.trace.counts.get((item.site, item.node))
        return None if found is None else sum(found.values())


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
