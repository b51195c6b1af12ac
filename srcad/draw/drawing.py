"""`srcad.graph(f)`: the computational graph of a function as a picture."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from srcad.draw.dot import dot
from srcad.draw.html import foldable
from srcad.draw.items import Item, Label, Region, surroundings
from srcad.draw.mermaid import mermaid
from srcad.draw.model import Model
from srcad.draw.scene import Scene, scene
from srcad.draw.svg import svg
from srcad.draw.text import text
from srcad.draw.trace import LIMIT, Iterations
from srcad.draw.values import Numbers, numbered
from srcad.errors import SignatureError
from srcad.ir.graph import Program

Fold = bool | int | None
WIDE = 1500  # pixels; a longer drawing goes from top to bottom
MANY = 150  # items; a drawing of more shows its boxes closed


class Drawing:
    """A computational graph, drawn.

    Shows itself in a notebook. Each operation is a circle; what it gives is written on
    the edge that leaves it, the value above and the derivative below. Loops, branches
    and calls of functions are boxes.

    Attributes
    ----------
    program : Program
        The graphs drawn.
    note : str
        Why there are no derivatives; "" where there are, or no arguments were given.
    """

    def __init__(self, program: Program, numbers: Numbers | None = None) -> None:
        self.program = program
        self.numbers = numbers
        self.note = numbers.note if numbers else ""
        self.model = Model(program)
        self.region: Region = self.model.main()
        self.around = surroundings(self.region)
        self._of = {v.id: item for item in self.around for v in item.outputs}

    @property
    def remark(self) -> str:
        """What a reader should know: of missing derivatives, of a long run."""
        if self.note or self.numbers is None or self.numbers.trace.whole:
            return self.note
        return (
            f"a run of more than {LIMIT} operations: what is in loops and calls has "
            "no numbers"
        )

    def __repr__(self) -> str:
        count = sum(1 for _ in self.region.every())
        return f"<srcad drawing of {self.program.graph.name}: {count} items>"

    def __str__(self) -> str:
        return self.to_text()

    def to_svg(
        self,
        *,
        fold: Fold = None,
        iteration: int | None = None,
        theme: str = "auto",
        direction: str = "auto",
    ) -> str:
        """The picture, laid out here: no other program is needed.

        Parameters
        ----------
        fold : bool or int, optional
            True closes all boxes, False opens all, a number opens boxes so deep.
            If not given, boxes are open where the picture stays small.
        iteration : int, optional
            Which iteration of loops the numbers are of, from 0; the last, if not given.
        theme : "auto", "light" or "dark"
        direction : "auto", "across" or "down"
        """
        _one_of("theme", theme, ("auto", "light", "dark"))
        _one_of("direction", direction, ("auto", "across", "down"))
        when = () if iteration is None else (iteration,)
        return svg(
            self.scene(self.opened(fold), direction),
            functools.partial(self.write, when=when),
            theme=theme,
            taken=functools.partial(self.taken, when=when),
            title=f"the computational graph of {self.program.graph.name}",
        )

    def to_html(self) -> str:
        """A page of its own, in which boxes fold and unfold."""
        return foldable(self)

    def to_dot(self) -> str:
        """The graph in Graphviz's language."""
        return dot(self.region, self.write, self.program.graph.name)

    def to_mermaid(self) -> str:
        """The graph in Mermaid's language, which Markdown on many sites draws."""
        return mermaid(self.region, self.write)

    def to_text(self, *, width: int = 100, fold: Fold = None) -> str:
        """The graph drawn with characters; as a list, where it is too wide for that.

        A derivative stands in brackets after its value.
        """
        return text(self.region, self.write, self.opened(fold), width)

    def save(self, path: str | Path, **options: Any) -> Path:
        """Write a file; its suffix says what: .svg, .html, .dot, .mmd, .txt.

        options : those of the method that writes it.
        """
        path = Path(path)
        writers: dict[str, Callable[..., str]] = {
            ".svg": self.to_svg,
            ".html": self.to_html,
            ".dot": self.to_dot,
            ".gv": self.to_dot,
            ".mmd": self.to_mermaid,
            ".mermaid": self.to_mermaid,
            ".txt": self.to_text,
        }
        if path.suffix.lower() not in writers:
            raise SignatureError(
                f"no drawing is written as {path.suffix or path.name!r}",
                hint=f"the suffix is one of {', '.join(writers)}",
            )
        path.write_text(writers[path.suffix.lower()](**options), encoding="utf-8")
        return path

    def _repr_svg_(self) -> str:
        return self.to_svg()

    # -- for those who draw

    def write(self, label: Label, when: Iterations = ()) -> tuple[str, str, str, str]:
        """Name, value, derivative of a label, and what its tooltip says."""
        if self.numbers is None:
            return label.name, "", "", str(label.value.type)
        found = self.numbers.at(label, self.around[self._of[label.id]], when)
        more = self.numbers.more(found)
        return (
            label.name,
            self.numbers.value(found),
            self.numbers.derivative(found),
            more,
        )

    def texts(self, label: Label) -> list[tuple[str, str, str]]:
        """Name, value and derivative of a label in each iteration."""
        every = self.numbers.texts(label) if self.numbers else []
        return [(label.name, v, d) for v, d in every] or [(label.name, "", "")]

    def taken(self, item: Item, when: Iterations = ()) -> int | None:
        """Which part of a branch ran."""
        if self.numbers is None:
            return None
        return self.numbers.taken(item, self.around[item].loops, when)

    def scene(self, opened: Sequence[str], direction: str = "auto") -> Scene:
        """The layout, with these boxes open; downwards where it is long."""
        if direction != "down":
            found = scene(self.region, self.texts, opened)
            if direction == "across" or found.width <= WIDE:
                return found
        return scene(self.region, self.texts, opened, down=True)

    def boxes(self) -> list[tuple[Item, int]]:
        """The boxes, with how deep each is."""
        found: list[tuple[Item, int]] = []

        def visit(region: Region, depth: int) -> None:
            for item in region.items:
                if item.kind == "box":
                    found.append((item, depth))
                for inner in item.regions:
                    visit(inner, depth + 1)

        visit(self.region, 0)
        return found

    def opened(self, fold: Fold = None) -> list[str]:
        """The ids of the boxes that are open."""
        if fold is None:
            fold = sum(1 for _ in self.region.every()) > MANY
        if isinstance(fold, bool):
            return [] if fold else [box.id for box, _ in self.boxes()]
        return [box.id for box, depth in self.boxes() if depth < fold]


def _one_of(name: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        listed = ", ".join(map(repr, known))
        raise SignatureError(f"{name} is one of {listed}, not {given!r}")


def graph(
    f: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    which: str = "primal",
    passes: bool = False,
    **kwargs: Any,
) -> Drawing:
    """Draw the computational graph of a function.

    Parameters
    ----------
    f : callable
        A Python function, or the `grad` of one.
    *args, **kwargs
        Its arguments. With them each value is shown and, where the result is one
        number, its derivative; without, the graph is that of types guessed from
        annotations and defaults.
    argnums : int or tuple of int, optional
        Which arguments to differentiate by: all that hold floats, if not given. Python
        integers count as floats where the function runs with floats.
    which : "primal" or "adjoint"
        The graph of the function, or of its value and gradient.
    passes : bool
        Whether to draw the graph after the passes that simplify it; before, it is the
        user's text, statement by statement.

    Returns
    -------
    Drawing
        It has `to_svg`, `to_html`, `to_dot`, `to_mermaid`, `to_text` and `save`.
    """
    asked, numbers = numbered(f, args, kwargs, argnums, which, passes)
    return Drawing(asked.program, numbers)
