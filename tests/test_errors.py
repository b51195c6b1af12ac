"""Errors: what they show, and that each is also a built-in error."""

import copy
import pickle
import traceback

import pytest

from srcad import errors
from srcad.errors import Span, SrcadError, UnsupportedSyntax

KINDS = {
    errors.SrcadError: Exception,
    errors.UnsupportedSyntax: SyntaxError,
    errors.MissingRule: NotImplementedError,
    errors.SourceUnavailable: OSError,
    errors.SourceMismatch: Exception,
    errors.ShapeError: ValueError,
    errors.SignatureError: TypeError,
    errors.InternalError: Exception,
}
SPAN = Span("model.py", 12, 8, 12, 14, "    y = foo(x)  # why")


def test_span_text():
    assert str(SPAN) == "model.py:12:8"
    assert SPAN.underlined() == "y = foo(x)  # why\n    ^^^^^^"


def test_span_is_frozen():
    with pytest.raises(AttributeError):
        SPAN.line = 3  # type: ignore[misc]


def test_span_of_several_lines_is_underlined_to_the_end_of_the_first():
    span = Span("a.py", 3, 4, 5, 1, "y = foo(")
    assert span.underlined() == "y = foo(\n    ^^^^"


def test_span_keeps_tabs_before_the_carets():
    span = Span("a.py", 3, 3, 3, 4, "\tx\ty")
    assert span.underlined() == "x\ty\n \t^"


def test_an_empty_span_still_has_a_caret():
    assert Span("a.py", 1, 2, 1, 2, "abcd").underlined() == "abcd\n  ^"


@pytest.mark.parametrize("kind", KINDS)
def test_message_place_and_hint(kind):
    error = kind("cannot do this", SPAN, "do that")
    assert (error.message, error.span, error.hint) == (
        "cannot do this",
        SPAN,
        "do that",
    )
    assert str(error) == (
        "cannot do this\n"
        '  file "model.py", line 12, column 8\n'
        "    y = foo(x)  # why\n"
        "        ^^^^^^\n"
        "hint: do that"
    )


@pytest.mark.parametrize("kind, builtin", KINDS.items())
def test_each_is_a_builtin_error_and_ours(kind, builtin):
    with pytest.raises(builtin):
        raise kind("no")
    assert issubclass(kind, SrcadError)
    assert str(kind("no")) == "no"


@pytest.mark.parametrize("kind", KINDS)
def test_at_fills_in_a_missing_place_once(kind):
    error = kind("no")
    assert error.at(None) is error and error.span is None
    assert error.at(SPAN) is error and error.span == SPAN
    error.at(Span("other.py", 1, 0, 1, 1, "x"))
    assert error.span == SPAN


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_copies_and_pickles(kind, again):
    error = kind("cannot", hint="do that").at(SPAN)
    error.add_note("a note")
    twin = again(error)
    assert type(twin) is kind
    assert str(twin) == str(error)
    assert twin.span == SPAN
    assert twin.__notes__ == ["a note"]


def test_python_prints_the_users_line_of_a_syntax_error():
    error = UnsupportedSyntax("no goto", hint="use a loop").at(SPAN)
    printed = "".join(traceback.format_exception_only(error))
    assert '  File "model.py", line 12\n' in printed
    assert "    y = foo(x)  # why\n        ^^^^^^\n" in printed
    assert printed.endswith("UnsupportedSyntax: no goto\nhint: use a loop\n")


def test_syntax_error_fields():
    error = UnsupportedSyntax("no goto", SPAN)
    assert (error.filename, error.lineno, error.offset) == ("model.py", 12, 9)
    assert (error.end_lineno, error.end_offset) == (12, 15)
    assert error.text == SPAN.text
    assert error.msg == "no goto"


def test_syntax_error_over_several_lines_prints_carets_on_the_first():
    span = Span("a.py", 3, 4, 5, 1, "y = foo(")
    printed = "".join(traceback.format_exception_only(UnsupportedSyntax("no", span)))
    assert "    y = foo(\n        ^^^^\n" in printed


def test_syntax_error_without_a_place():
    printed = "".join(traceback.format_exception_only(UnsupportedSyntax("no")))
    assert printed.endswith("UnsupportedSyntax: no\n")
