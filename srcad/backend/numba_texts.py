"""Texts that Numba would write in another way than Python: refused.

Numba writes integers and texts into a text. Of a float it writes `<object type:
float64>`, without a word, and of a format it says that there is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from srcad.backend.compiled import CannotCompile
from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import Scalar, Static

_PYTHON = 'or use backend="python" or backend="auto"'


def refuse_text(node: Node) -> None:
    """Refuse what prints or makes a text, if Numba would not do it as Python does.

    Raises
    ------
    CannotCompile
        At the text.
    """
    name = node.op.name
    if name == "notify":
        raise CannotCompile(
            "Numba does not compile calls that log or warn",
            node.span,
            f"make them outside of the function, {_PYTHON}",
        )
    if name == "print_" and {"sep", "end", "flush"} & set(node.params):
        raise CannotCompile(
            "Numba does not compile print with sep=, end= or flush=",
            node.span,
            f"use print(a, b) as it is, {_PYTHON}",
        )
    if name == "text_of":
        plain = node.params.get("function") is str and len(node.inputs) == 1
        if not plain or not _as_it_is(node.inputs[0]):
            raise refused_text("a text", node, _PRINT)
    elif name in ("format_", "print_"):
        for value, how in _holes(node):
            if any(how) or not _as_it_is(value):
                raise refused_text("a text", node, _PRINT)


_PRINT = 'to see values, use print("x is", x)'


def refused_text(
    what: str, node: Node, instead: str = "give numbers as arguments"
) -> CannotCompile:
    """The error for a text with values in it."""
    return CannotCompile(
        f"Numba does not compile {what} with values in it: it formats no numbers",
        node.span,
        f"{instead}, {_PYTHON}",
    )


def _holes(node: Node) -> Iterator[tuple[Value, tuple[str, str]]]:
    """The values that go into f-strings, each with its conversion and format."""
    layout = node.params.get("layout") or ()
    rest = iter(node.inputs)
    for entry in (layout,) if node.op.name == "format_" else layout:
        if entry == "value":
            next(rest)
            continue
        for piece in entry:
            if not isinstance(piece, str):
                yield next(rest), piece


def _as_it_is(value: Value) -> bool:
    """Whether Numba writes a value as Python does: an integer or a text."""
    if isinstance(value, Literal):
        return type(value.value) in (int, str)
    t = value.type
    text = isinstance(t, Static) and isinstance(t.value, str)
    return text or (isinstance(t, Scalar) and t.kind == "int")
