"""Generated source shows itself: plain as a string, in colour for a person."""

from __future__ import annotations

import io
import re
import sys

import pytest

from srcad import grad, jacobian
from srcad.reading import colour
from srcad.reading.text import SourceText

TEXT = '''def f(x, n=3):
    """Two
    lines."""
    # a comment
    return f"{x!r} {len("é")}" + 'b' * 0x1f
'''


def square(x):
    return x * x


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "text",
    [TEXT, "", "\n\n", "x = (", "  y = 1\nx = 'open", "a\tb = 1\n", "x = $?\n"],
)
def test_colours_change_no_character(text: str) -> None:
    found = "\n".join("".join(t for _, t in line) for line in colour.pieces(text))
    assert found == "\n".join(text.splitlines())
    plain = re.sub(r"\x1b\[\d*m", "", colour.for_terminal(text))
    assert plain == "\n".join(text.splitlines()) + "\n" * text.endswith("\n")


def test_kinds() -> None:
    kinds = {t: kind for line in colour.pieces(TEXT) for kind, t in line if kind}
    assert kinds["def"] == kinds["return"] == "keyword"
    assert kinds["f"] == "name"
    assert kinds["# a comment"] == "comment"
    assert kinds['    lines."""'] == kinds["'b'"] == "string"
    assert kinds["3"] == kinds["0x1f"] == "number"


def test_html_is_escaped() -> None:
    (line,) = colour.as_html("a < b  # <script>")
    assert line == 'a &lt; b  <span class="comment"># &lt;script&gt;</span>'


def test_source_is_a_plain_string() -> None:
    gradient = grad(square)
    gradient(3.0)
    source = gradient.source
    assert isinstance(source, str)
    text = "def square(x):\n    # return x * x\n    x_bar = 2.0 * x\n    return x_bar\n"
    assert source == text
    assert str(source) == f"{source}" == "".join(source)
    assert repr(source) == repr(text)
    assert "\x1b" not in f"{source}{source!s}{source!r}"
    assert isinstance(jacobian(square).source_for(2.0), str)


def test_at_a_prompt_it_is_shown_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    source = SourceText("x = 1\n")
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert repr(source) == "x = 1\n"
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert repr(source) == "x = \x1b[36m1\x1b[0m\n"
    monkeypatch.setenv("NO_COLOR", "1")
    assert repr(source) == "x = 1\n"


def test_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for stream, marked in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr(sys, "stdout", stream)
        grad(square).show(2.0)
        assert ("\x1b[35mdef\x1b[0m" in stream.getvalue()) is marked
        assert "return" in stream.getvalue()


def test_ipython_shows_it() -> None:
    class Printer:
        shown = ""

        def text(self, text: str) -> None:
            self.shown += text

    printer = Printer()
    SourceText("x = 1\n")._repr_pretty_(printer, False)
    assert printer.shown == "x = 1\n"
    assert '<span class="number">1</span>' in SourceText("x = 1\n")._repr_html_()
