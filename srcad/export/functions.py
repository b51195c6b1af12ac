"""Programs as the functions of one module: no two of a name, and nothing left outside.

Takes the programs of a primal and of its derivative; gives the text of all functions,
with the names of the main ones, and what of srcad and of other packages they call.
What only the user's session has is refused, at the user's line.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from srcad.backend.compiled import LOOPS_ON_THREADS, allowed
from srcad.backend.generate import Generated, generate
from srcad.backend.threads import PRANGE
from srcad.errors import Span, SrcadError
from srcad.export.carry import Carried, may_import, names_used
from srcad.ir.graph import Literal, Program, nodes_of
from srcad.pipeline import for_loops

NJIT = '@njit(error_model="numpy")\n'
_LOOPS = "".join(f'        "{k}": {v},\n' for k, v in LOOPS_ON_THREADS.items())
ON_THREADS = f'@njit(\n    error_model="numpy",\n    parallel={{\n{_LOOPS}    }},\n)\n'


@dataclass(frozen=True)
class Part:
    """One program as functions.

    main : the name of the main function.
    parameters : its parameters.
    texts : by name, callees first.
    plain : the functions of a compiled program that stay Python.
    """

    main: str
    parameters: tuple[str, ...]
    texts: dict[str, str]
    dialect: str
    plain: tuple[str, ...] = ()


def functions_of(
    program: Program,
    name: str,
    dialect: str,
    taken: Collection[str],
    carried: Carried,
    place: Span,
    threads: bool = False,
) -> Part:
    """The functions of a finished program; the main one gets this name.

    taken : names that other functions of the module have.
    carried : told what the functions need.
    threads : whether independent rounds of loops run on threads, compiled.

    Raises
    ------
    SrcadError
        They call what an exported module cannot have.
    """
    main_graph = replace(program.graph, name=name)
    program = replace(program, graphs={**program.graphs, program.main: main_graph})
    if dialect == "numba":
        program = for_loops(program, threads)
    generated = generate(program, dialect=dialect, taken=set(taken) - {name})
    tree = ast.parse(generated.text)
    lines = generated.text.splitlines()
    nodes = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    texts = {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in nodes
    }
    for outside, thing in generated.names.items():
        if not _carry(outside, thing, carried):
            raise SrcadError(
                f"the gradient calls {_shown(thing)}, which an exported module cannot "
                "carry",
                _line_of(program, thing, generated, outside) or place,
                "write it as a Python function of operations that srcad knows, or "
                "compute it before and pass the result",
            )
    (main,) = (node for node in nodes if node.name == generated.name)
    parameters = tuple(a.arg for a in main.args.args)
    plain: tuple[str, ...] = ()
    if generated.kernel:
        plain = (generated.name,)
        _refuse_helpers(main, generated, place)
    if dialect == "numba":
        carried.imports.add(("numba", "njit", "njit"))
    return Part(generated.name, parameters, texts, dialect, plain)


def _carry(name: str, thing: Any, carried: Carried) -> bool:
    """Note what a name of the text needs; False where that cannot be exported."""
    if isinstance(thing, types.ModuleType):
        if may_import(thing.__name__):
            carried.imports.add((thing.__name__, "", name))
            return True
        return False
    module = getattr(thing, "__module__", None) or "builtins"
    own = getattr(thing, "__name__", "")
    if module.partition(".")[0] == "srcad":
        carried.add(thing)
        if own != name:  # a user's name is in the way
            carried.texts[name] = f"{name} = {own}"
        return True
    known = getattr(sys.modules.get(module), own, None) if own else None
    if known is thing and may_import(module):
        carried.imports.add((module, own, name))
        return True
    return False


def _shown(thing: Any) -> str:
    name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", None)
    module = getattr(thing, "__module__", None)
    if name is None:
        return f"an object of {type(thing).__name__}"
    return f"{module}.{name}" if module not in (None, "__main__") else str(name)


def _line_of(
    program: Program, thing: Any, generated: Generated, name: str
) -> Span | None:
    """The user's line that calls an object from outside, or its printed statement's."""
    for graph in program.graphs.values():
        for node in nodes_of(graph.body):
            given = [v.value for v in node.inputs if isinstance(v, Literal)]
            if any(p is thing for p in [*given, *node.params.values()]) and node.span:
                return node.span
    for part in ast.walk(ast.parse(generated.text)):
        if isinstance(part, ast.Name) and part.id == name:
            if part.lineno in generated.lines:
                return generated.lines[part.lineno]
    return None


def _refuse_helpers(main: ast.FunctionDef, generated: Generated, place: Span) -> None:
    """Refuse helpers in the part of a compiled program that stays Python."""
    for name in names_used(main):
        thing = generated.names.get(name)
        if thing is not None and not isinstance(thing, types.ModuleType):
            raise SrcadError(
                f"the part around the compiled function calls {name}, so this cannot "
                "be exported for Numba",
                place,
                "export it with --backend python, or pass arrays instead of objects",
            )


def compiled_texts(parts: Sequence[Part], carried: Carried) -> None:
    """Put Numba's decorator on the functions that it compiles, helpers too."""
    jitted = [p for p in parts if p.dialect == "numba"]
    for part in jitted:
        for name in part.texts:
            if name not in part.plain:
                text = part.texts[name]
                part.texts[name] = (ON_THREADS if PRANGE in text else NJIT) + text
    if jitted:
        for name, text in carried.texts.items():
            if text.startswith("def "):
                carried.texts[name] = _njit(name) + text


def _njit(helper: str) -> str:
    """Numba's decorator for a helper."""
    flags = "".join(f'"{flag}"' for flag in allowed(helper))
    return NJIT.replace(")", f", fastmath={{{flags}}})") if flags else NJIT
