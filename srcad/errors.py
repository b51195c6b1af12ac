"""What srcad raises: what happened, where in the user's code, what to do instead.

Takes a message, a `Span` of the user's source and a hint; gives exceptions whose text
shows the user's own line with carets. Each class is also a built-in error type, so
code that knows nothing of srcad can catch it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the user's source.

    Parameters
    ----------
    filename : str
        As the compiler knows it: a path, or a name such as ``<ipython-input-1-ab>``.
    line, end_line : int
        Line numbers, counted from 1.
    column, end_column : int
        Columns, counted from 0, in characters (``ast`` counts utf-8 bytes).
        `end_column` is one past the last character.
    text : str
        The whole physical line number `line`, without its line end.
    """

    filename: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}:{self.column}"

    @property
    def stop(self) -> int:
        """Column on the first line where the underline ends, always past `column`.

        A stretch of several lines is underlined up to the end of its first line.
        """
        stop = self.end_column
        if self.end_line != self.line:
            stop = len(self.text.rstrip())
        return max(stop, self.column + 1)

    def underlined(self) -> str:
        """Return the line without its indentation and, below it, carets."""
        line = self.text.strip()
        indent = len(self.text) - len(self.text.lstrip())
        start, stop = max(self.column - indent, 0), max(self.stop - indent, 1)
        # A tab before the carets must stay one, else they stand elsewhere.
        blank = "".join("\t" if c == "\t" else " " for c in line[:start].ljust(start))
        return f"{line}\n{blank}{'^' * (stop - start)}"


class SrcadError(Exception):
    """Base of all errors of srcad.

    Inner code raises without a place; the nearest stage adds it with `at`.

    Parameters
    ----------
    message : str
        What happened.
    span : Span, optional
        Where, in the user's code.
    hint : str, optional
        What to do instead.
    """

    message: str
    span: Span | None
    hint: str
    needs_known: bool = False  # a number known while lowering would help: `unknown_yet`
    raises: Exception | None = None  # what Python raises there, for certain

    def __init__(self, message: str, span: Span | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint

    def at(self, span: Span | None) -> Self:
        """Fill in the place where there is none yet, and return the error itself."""
        if self.span is None:
            self.span = span
        return self

    def for_certain(self, raises: Exception) -> Self:
        """Note what Python raises at this place whenever a program comes to it, and
        return the error itself: in a branch it is raised then, and nothing refused."""
        self.raises = raises
        return self

    def __str__(self) -> str:
        parts = [self.message]
        if (span := self.span) is not None:
            parts.append(
                f'  file "{span.filename}", line {span.line}, column {span.column}'
            )
            if span.text.strip():
                parts += ["    " + line for line in span.underlined().splitlines()]
        if self.hint:
            parts.append(f"hint: {self.hint}")
        return "\n".join(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        # OSError and SyntaxError rebuild from `args`, which hold only the message.
        return type(self), (self.message, self.span, self.hint), self.__dict__


class UnsupportedSyntax(SrcadError, SyntaxError):
    """A statement or expression that srcad does not differentiate."""

    def __init__(self, message: str, span: Span | None = None, hint: str = "") -> None:
        super().__init__(message, span, hint)
        self._show()

    def at(self, span: Span | None) -> Self:
        """Fill in the place where there is none yet, and return the error itself."""
        super().at(span)
        self._show()
        return self

    def _show(self) -> None:
        """Set what Python reads when it prints a SyntaxError: file, line, carets."""
        self.msg = f"{self.message}\nhint: {self.hint}" if self.hint else self.message
        if (span := self.span) is not None:
            self.filename, self.text = span.filename, span.text
            self.lineno, self.offset = span.line, span.column + 1
            # Python 3.11 draws carets on one line only, so the end is on that line.
            self.end_lineno, self.end_offset = span.line, span.stop + 1


class MissingRule(SrcadError, NotImplementedError):
    """A call without a derivative rule, on a path that matters."""


class SourceUnavailable(SrcadError, OSError):
    """A function whose source text cannot be found."""


class SourceMismatch(SrcadError):
    """A function whose source text is not the code that runs."""


class ShapeError(SrcadError, ValueError):
    """Shapes or ranks that do not fit."""


class SignatureError(SrcadError, TypeError):
    """Wrong argnums, or arguments of a type that has no derivative."""


class InternalError(SrcadError):
    """A bug in srcad."""


def unknown_yet(
    what: str, hint: str = "", kind: type[SrcadError] = UnsupportedSyntax
) -> SrcadError:
    """The error where lowering needs a value that is not known before the first run.

    Who can make it known, by lowering again for the numbers of this call or in place,
    asks for `needs_known`.
    """
    error = kind(f"{what} must be known before the program runs", hint=hint)
    error.needs_known = True
    return error
