"""From a function to its source, proved to be the code that runs.

Takes a Python function; gives a `FunctionSource`: the gast tree of its definition,
the file it stands in, and the place and text of each node. `from_source` goes the
other way: from text to a function whose source can be read.
"""

from __future__ import annotations

import ast
import itertools
import textwrap
import types
from dataclasses import dataclass
from typing import Any

import gast

from srcad.deep import deeply
from srcad.errors import (
    SourceMismatch,
    SourceUnavailable,
    Span,
    SrcadError,
    UnsupportedSyntax,
)
from srcad.source_match import find_definition
from srcad.source_text import SourceFile, register, source_files
from srcad.source_unwrap import is_jitted, on_threads, unwrap

__all__ = [
    "FunctionSource",
    "SourceFile",
    "from_source",
    "is_jitted",
    "on_threads",
    "read_function",
    "unwrap",
]

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, eq=False)
class FunctionSource:
    """The definition of a function, as the user wrote it.

    The proof covers the code of the function: parameter names and body. Decorators,
    default values and annotations run elsewhere; what holds is what the function
    object says (``__defaults__``, ``__kwdefaults__``, ``__annotations__``).

    Parameters
    ----------
    file : SourceFile
        Where it stands.
    tree : gast.FunctionDef or gast.Lambda
        Its definition, with line numbers of the file. Made for the caller.
    function : function
    """

    file: SourceFile
    tree: Any
    function: types.FunctionType

    @property
    def code(self) -> types.CodeType:
        """The code object that runs."""
        return self.function.__code__

    @property
    def name(self) -> str:
        """The name in the source: ``<lambda>`` for a lambda."""
        return self.code.co_name

    @property
    def qualname(self) -> str:
        """The dotted name in the source, such as ``Model.loss``."""
        return self.code.co_qualname

    def span(self, node: Any) -> Span:
        """Return the place of a node; that of the definition if it has none."""
        span = self.file.span(node) or self.file.span(self.tree)
        assert span is not None, "a definition has a place"
        return span

    def text(self, node: Any) -> str:
        """Return the user's source of a node, dedented."""
        return self.file.node_text(node)

    def header(self, node: Any) -> str:
        """Return the user's source of a statement, up to the colon if it has a body."""
        return self.file.header(node)


def read_function(fn: types.FunctionType) -> FunctionSource:
    """Read the source of a function and prove that it is the code that runs.

    Parameters
    ----------
    fn : function
        A plain Python function; see `unwrap` for other callables.

    Returns
    -------
    FunctionSource

    Raises
    ------
    SourceUnavailable
        There is no text: code from ``exec``, a prompt, or a builtin.
    SourceMismatch
        There is text, and the function that runs is not in it.
    UnsupportedSyntax
        The definition is an ``async def``.
    """
    if not isinstance(fn, types.FunctionType):
        raise SourceUnavailable(
            f"{fn!r} is not a Python function: it has no source",
            hint="pass a function defined with def or lambda",
        )
    code, file = fn.__code__, None
    for file in source_files(fn):
        node = find_definition(file, code)
        if isinstance(node, ast.AsyncFunctionDef):
            raise UnsupportedSyntax(
                f"{code.co_name} is a coroutine function",
                file.span(node),
                hint="move the computation to a plain function and differentiate that",
            )
        if node is not None:
            return FunctionSource(file, gast.ast_to_gast(node), fn)
    # Python 3.13 knows the text of `python -c` by the name that exec gives to its own.
    if file is None or code.co_filename == "<string>":
        raise SourceUnavailable(
            f"no source for {code.co_qualname}: nothing is known of the text of "
            f"{code.co_filename!r}",
            hint="make the function with srcad.from_source(text, globals), or save "
            "it in a file and import that",
        )
    raise SourceMismatch(
        f"the source of {code.co_qualname} in {code.co_filename!r} is not the code "
        f"that runs (line {code.co_firstlineno} when it was compiled)",
        hint="if the file was edited after it was imported, reload the module "
        "(importlib.reload) or restart Python; for a function made by exec use "
        "srcad.from_source(text, globals)",
    )


def from_source(
    text: str, globals: dict[str, Any] | None = None, name: str | None = None
) -> types.FunctionType:
    """Make a function from text, with a source that can be read.

    The text gets a file name of its own, known to linecache: `read_function`,
    tracebacks and debuggers show it.

    Parameters
    ----------
    text : str
        Statements with one function definition at top level; it may be indented.
    globals : dict, optional
        Where the text runs, and where the function looks up its globals. By default
        a new and empty namespace.
    name : str, optional
        Which function, where the text holds several.

    Returns
    -------
    function

    Raises
    ------
    SyntaxError
        The text is not Python.
    SrcadError
        The text holds no function, or several and no `name`, or no such name.
    """
    filename = f"<srcad source {next(_NUMBERS)}>"
    text = textwrap.dedent(text.replace("\r\n", "\n")) + "\n"
    register(filename, text)
    name = _chosen(deeply(lambda: ast.parse(text, filename)), name)
    namespace = {"__name__": "srcad_source"} if globals is None else globals
    code = deeply(lambda: compile(text, filename, "exec", dont_inherit=True))
    exec(code, namespace)
    made = namespace[name]
    if not isinstance(made, types.FunctionType):
        raise SrcadError(
            f"{name} is not a function but a {type(made).__name__} after its "
            "decorators have run",
            hint="leave the decorators out and apply them to the result",
        )
    return made


def _chosen(tree: ast.Module, name: str | None) -> str:
    """Return the name of the function to make."""
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    listed = ", ".join(sorted(names)) or "no function at top level"
    if name is not None:
        if name not in names:
            raise SrcadError(f"the text does not define {name}: it has {listed}")
        return name
    if not names:
        raise SrcadError(
            "the text defines no function",
            hint="it must hold a def statement at top level",
        )
    if len(names) > 1:
        raise SrcadError(
            f"the text defines several functions: {listed}",
            hint="say which one: from_source(text, globals, name=...)",
        )
    return names.pop()
