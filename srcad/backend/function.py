"""From generated text to a function that runs.

The text is registered with linecache, so tracebacks and debuggers show it.
"""

from __future__ import annotations

import itertools
import linecache
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from srcad.backend.compiled import njit
from srcad.backend.generate import Generated
from srcad.errors import Span

_numbers = itertools.count(1)
_texts: dict[str, Generated] = {}


def load(
    generated: Generated,
    globals: dict[str, Any] | None = None,
    file: Path | None = None,
) -> Callable[..., Any]:
    """Compile generated text.

    Parameters
    ----------
    generated : Generated
    globals : dict, optional
        More names for the namespace the text runs in.
    file : Path, optional
        A file that holds the text, beside which Numba may keep what it compiles.

    Returns
    -------
    function
        The main function. Its globals hold nothing but what the text uses.
    """
    filename = str(file) if file else f"<srcad {generated.name} {next(_numbers)}>"
    lines = generated.text.splitlines(keepends=True)
    linecache.cache[filename] = (len(generated.text), None, lines, filename)
    _texts[filename] = generated
    code = compile(generated.text, filename, "exec", dont_inherit=True)
    module = types.ModuleType(file.stem if file else "srcad_generated")
    if file:  # what Numba has kept is found by the name of its module
        sys.modules[module.__name__] = module
    namespace = vars(module)
    namespace.update(globals or {})
    exec(code, namespace)
    namespace.update(generated.names)
    if generated.dialect == "numba":
        plain = dict(namespace)
        njit(namespace, filename, keep=file is not None)
        if generated.kernel:  # what is around it stays Python, and so do its helpers
            plain[generated.kernel] = namespace[generated.kernel]
            main = plain[generated.name]
            return types.FunctionType(main.__code__, plain, main.__name__)
    function: Callable[..., Any] = namespace[generated.name]
    return function


def note_user_line(error: BaseException, generated: Generated | None = None) -> None:
    """Add to an error raised in generated code where the user's code is.

    Parameters
    ----------
    error : exception
        Its traceback goes through generated code, or nothing happens.
    generated : Generated, optional
        Only look for code of this text.
    """
    found = user_span(error, generated)
    if found is None:
        return
    note = f"in {found.filename}, line {found.line}: {found.text.strip()}"
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


_SAID = re.compile(r"(<srcad [^>]*>|[^\s\"]*srcad_\w+\.py)\"?[,\s]+(?:line )?\(?(\d+)")


def span_said(text: str) -> Span | None:
    """The user's code of the first line of generated code that a message names."""
    for filename, line in _SAID.findall(text):
        generated = _texts.get(filename)
        span = None if generated is None else generated.lines.get(int(line))
        if span is not None:
            return span
    return None


def user_span(error: BaseException, generated: Generated | None = None) -> Span | None:
    """The user's code that an error raised in generated code comes from."""
    found = None
    traceback = error.__traceback__
    while traceback is not None:
        text = _texts.get(traceback.tb_frame.f_code.co_filename)
        if text is not None and (generated is None or text is generated):
            found = text.lines.get(traceback.tb_lineno) or found
        traceback = traceback.tb_next
    return found
