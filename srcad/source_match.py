"""Which node of a file is the code that runs, proved by compiling the file.

Takes a `SourceFile` and a code object; gives the ast node whose compiled code is
the same as that code object, or None. Compiling the whole file gets private names,
closures and ``from __future__`` right without thinking of them.
"""

from __future__ import annotations
import __future__

import ast
import copy
import functools
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from srcad.source_text import SourceFile

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
FEW = 4  # definitions: of more, the whole file is compiled
_HEADED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

_FUTURE = functools.reduce(
    lambda flags, name: flags | getattr(__future__, name).compiler_flag,
    __future__.all_feature_names,
    0,
)
# Notebook cells may await at top level. Code of functions is the same with and without.
_ALWAYS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

_PYTEST_NAMES = {"@pytest_ar", "@py_builtins"}

# One compilation per content, and one change of the warning filters at a time.
_LOCK = threading.RLock()


@dataclass(frozen=True, eq=False)
class _Compiled:
    """One file, or one definition of it, parsed and compiled in one way.

    Parameters
    ----------
    definitions : dict of (str, int) to list
        The definitions of the user's tree by name and first line, decorators counted.
        Several on one line are lambdas. Not to be changed.
    codes : dict of str to list of code
        All code objects by qualified name.
    """

    definitions: dict[tuple[str, int], list[Definition]]
    codes: dict[str, list[types.CodeType]]


def find_definition(file: SourceFile, code: types.CodeType) -> Definition | None:
    """Find the definition in `file` that compiles to `code`.

    Lines may have moved since (an edit above the function): what counts is that the
    code is the same. Where several definitions have it, the one in place is taken.

    Parameters
    ----------
    file : SourceFile
    code : code
        Of the running function.

    Returns
    -------
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda or None
        None where no definition compiles to `code`.
    """
    flags = code.co_flags & _FUTURE | _ALWAYS
    rewritten = not _PYTEST_NAMES.isdisjoint(_names(code))
    with _LOCK:
        try:
            at = None if rewritten else _statement_at(file, flags, code)
            compiled = _compiled(file, flags, rewritten, at)
            found = _likest(compiled, code)
            if at is not None and (found is None or not all(_likeness(found, code))):
                compiled = _compiled(file, flags, rewritten, None)
                found = _likest(compiled, code)
        except (SyntaxError, ValueError):
            return None
        if found is None:
            return None
        place = found.co_name, found.co_firstlineno
        nodes = compiled.definitions.get(place, [])
        if len(nodes) > 1:
            return _same_line(file, flags, rewritten, nodes, found)
        return nodes[0] if nodes else None


def _statement_at(file: SourceFile, flags: int, code: types.CodeType) -> int | None:
    """Which definition of a file holds the line of some code.

    It compiles alike without the others, most often; so these need not be compiled,
    where no more than a few of a file are asked for.
    """
    line, asked = code.co_firstlineno, _asked(file, flags)
    if len(asked) > FEW:
        return None
    for k, part in enumerate(_tree(file, flags).body):
        last = part.end_lineno or 0
        if isinstance(part, _HEADED) and _first_line(part) <= line <= last:
            asked.add(k)
            return k
    return None


@functools.lru_cache(maxsize=256)
def _asked(file: SourceFile, flags: int) -> set[int]:
    """The definitions of a file that were asked for so far."""
    return set()


def _likest(compiled: _Compiled, code: types.CodeType) -> types.CodeType | None:
    """The code that is the same; of several the one in place."""
    wanted = fingerprint(code)
    candidates = compiled.codes.get(code.co_qualname, ())
    same = [c for c in candidates if fingerprint(c) == wanted]
    return max(same, key=lambda c: _likeness(c, code)) if same else None


def fingerprint(code: types.CodeType) -> tuple[Any, ...]:
    """Return what `code` does, without where it was written.

    Constants are compared with their types and signs: 1 is not 1.0, 0.0 is not -0.0.
    """
    return (
        code.co_name,
        code.co_qualname,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags,
        code.co_code,
        code.co_exceptiontable,
        tuple(_constant(value) for value in code.co_consts),
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
    )


def _constant(value: object) -> object:
    if isinstance(value, types.CodeType):
        return fingerprint(value)
    if isinstance(value, tuple):
        return tuple, tuple(_constant(item) for item in value)
    if isinstance(value, frozenset):
        return frozenset, frozenset(_constant(item) for item in value)
    if isinstance(value, (int, str, bytes)):
        return type(value), value
    return type(value), repr(value)


def _likeness(candidate: types.CodeType, code: types.CodeType) -> tuple[bool, bool]:
    return (
        candidate.co_linetable == code.co_linetable
        and candidate.co_firstlineno == code.co_firstlineno,
        candidate.co_firstlineno == code.co_firstlineno,
    )


@functools.lru_cache(maxsize=256)
def _compiled(
    file: SourceFile, flags: int, rewritten: bool, at: int | None
) -> _Compiled:
    """A file, or one definition of it with all that is no definition.

    The compiler asks which names of the module are imported.
    """
    tree = _tree(file, flags)
    if at is not None:
        parts = enumerate(tree.body)
        body = [p for k, p in parts if k == at or not isinstance(p, _HEADED)]
        tree = ast.Module(body, [])
    codes: dict[str, list[types.CodeType]] = {}
    for code in _inside(_compile(file, flags, rewritten, tree)):
        codes.setdefault(code.co_qualname, []).append(code)
    return _Compiled(_definitions(tree), codes)


@functools.lru_cache(maxsize=256)
def _tree(file: SourceFile, flags: int) -> ast.Module:
    """The tree of a file, parsed once. Not to be changed."""
    return _parse(file, flags)


def _parse(file: SourceFile, flags: int) -> ast.Module:
    with warnings.catch_warnings():
        # The user has seen them at import.
        warnings.simplefilter("ignore")
        tree = compile(
            file.text,
            file.filename,
            "exec",
            flags | ast.PyCF_ONLY_AST,
            dont_inherit=True,
        )
    assert isinstance(tree, ast.Module)
    return tree


def _compile(
    file: SourceFile, flags: int, rewritten: bool, tree: ast.Module
) -> types.CodeType:
    """Compile a tree as the import system (or pytest) does, leaving it unchanged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if rewritten:
            tree = _rewrite_asserts(file, copy.deepcopy(tree))
        code = compile(tree, file.filename, "exec", flags, dont_inherit=True)
    assert isinstance(code, types.CodeType)
    return code


def _rewrite_asserts(file: SourceFile, tree: ast.Module) -> ast.Module:
    """Rewrite the asserts of `tree` in place, as the pytest that is running does."""
    # Code that was rewritten by pytest runs under pytest: nothing to import.
    rewrite: Any = sys.modules.get("_pytest.assertion.rewrite")
    if rewrite is not None:
        configs = [
            hook.config
            for hook in sys.meta_path
            if isinstance(hook, rewrite.AssertionRewritingHook)
        ]
        config = configs[0] if configs else None
        rewrite.rewrite_asserts(tree, file.text.encode(), file.filename, config)
    return tree


def _inside(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield the code objects inside `code`, of any depth."""
    for value in code.co_consts:
        if isinstance(value, types.CodeType):
            yield value
            yield from _inside(value)


def _names(code: types.CodeType) -> set[str]:
    """Return the global and attribute names in `code` and all code inside it."""
    return {name for c in (code, *_inside(code)) for name in c.co_names}


def _definitions(tree: ast.Module) -> dict[tuple[str, int], list[Definition]]:
    """List the definitions by what their code objects say of them: name, line."""
    found: dict[tuple[str, int], list[Definition]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            found.setdefault(("<lambda>", node.lineno), []).append(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.setdefault((node.name, _first_line(node)), []).append(node)
    return found


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _same_line(
    file: SourceFile,
    flags: int,
    rewritten: bool,
    nodes: list[Definition],
    code: types.CodeType,
) -> Definition | None:
    """Choose among lambdas on one line by compiling each with a line of its own.

    Columns in code objects would nearly do, but Python 3.12 has none for
    ``lambda: 0`` and they can be switched off.
    """
    wanted, columns = fingerprint(code), _columns(code)
    fitting: list[tuple[bool, Definition]] = []
    for node in nodes:
        alone = _compile_alone(file, flags, rewritten, node)
        same = [c for c in alone if fingerprint(c) == wanted]
        if same:
            fitting.append((any(_columns(c) == columns for c in same), node))
    # Lambdas that are the same but for their columns (a default value, say).
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _compile_alone(
    file: SourceFile, flags: int, rewritten: bool, node: Definition
) -> list[types.CodeType]:
    """Return the code objects of one lambda, found by a line that no other has.

    There are several where the compiler repeats its code, in a ``finally``.
    """
    tree = _parse(file, flags)
    place = node.lineno, node.col_offset
    (twin,) = (
        other
        for other in ast.walk(tree)
        if isinstance(other, ast.Lambda) and (other.lineno, other.col_offset) == place
    )
    # All of it moves: the compiler keeps a no-op where the line changes.
    ast.increment_lineno(twin, len(file.lines))
    module = _compile(file, flags, rewritten, tree)
    return list(_outermost(module, twin.lineno))


def _outermost(code: types.CodeType, line: int) -> Iterator[types.CodeType]:
    """Yield the code objects that start on `line`, but not those inside them."""
    for value in code.co_consts:
        if isinstance(value, types.CodeType):
            if value.co_firstlineno == line:
                yield value
            else:
                yield from _outermost(value, line)


def _columns(code: types.CodeType) -> list[tuple[int | None, int | None]]:
    return [(start, end) for _, _, start, end in code.co_positions()]
