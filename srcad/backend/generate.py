"""From a program to the text of a module.

Takes a `Program`; gives `Generated`: every function that can be reached from main,
callees first, under the imports that they use.
"""

from __future__ import annotations

import builtins
import importlib
import keyword
import math
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcad.backend import runtime
from srcad.backend.compiled import numba
from srcad.backend.emit import Emitter
from srcad.backend.fold import Uses, added_negatives
from srcad.backend.hints import kept_in
from srcad.backend.layout import Layout
from srcad.backend.layout_regions import Line
from srcad.backend.names import Naming, candidates, clean, externals
from srcad.backend.numba import NumbaDialect
from srcad.backend.python import Dialect
from srcad.backend.recursion import refuse_endless
from srcad.backend.statements import Function, expressions, walk
from srcad.backend.versions import keep_versions_apart
from srcad.errors import Span
from srcad.ir.graph import Graph, Program, Value, nodes_of
from srcad.ir.structure import needed
from srcad.passes.boundary import KERNEL
from srcad.passes.dce import dce
from srcad.passes.full import full
from srcad.passes.walk_arrays import walk_arrays

DIALECTS: Mapping[str, type[Dialect]] = {"python": Dialect, "numba": NumbaDialect}
MODULES: Mapping[str, Any] = {"np": np, "math": math}
NEVER = frozenset(
    [*keyword.kwlist, *dir(builtins), *MODULES]
)  # what no function may be


@dataclass(frozen=True, eq=False)
class Generated:
    """The source of a program.

    text : the whole module.
    name : the main function's name in it.
    names : what the text's names outside of it are: modules and helpers.
    lines : for lines of the text, the user's code they come from.
    dialect : "python" or "numba".
    kernel : the function that is compiled, where main is Python around it.
    adjoint : the lines of the adjoint part, or with tangents.
    """

    text: str
    name: str
    names: Mapping[str, Any]
    lines: Mapping[int, Span] = field(default_factory=dict)
    dialect: str = "python"
    kernel: str = ""
    adjoint: frozenset[int] = frozenset()


def generate(
    program: Program,
    *,
    dialect: str = "python",
    copies: bool = False,
    taken: Collection[str] = (),
    kept: dict[Any, Sequence[str]] | None = None,
) -> Generated:
    """Print a program.

    Parameters
    ----------
    program : Program
    dialect : "python" or "numba"
    copies : bool
        Every update copies, whatever the memory plan says.
    taken : names that no function may have.
    kept : the names of what residuals hold, if another program reads those of this one.

    Returns
    -------
    Generated
    """
    how = DIALECTS[dialect]()
    if dialect == "numba":
        refuse_endless(program)
    graphs = {key: program.graphs[key] for key in _reachable(program)}
    if dialect == "python":
        graphs = {key: walk_arrays(full(graph)) for key, graph in graphs.items()}
    graphs = {key: dce(graph) for key, graph in graphs.items()}
    functions = _function_names(graphs, taken)
    objects: dict[str, Any] = dict.fromkeys(functions.values())  # taken
    made: list[tuple[Function, Naming]] = []
    kept = {} if kept is None else kept
    for key, graph in graphs.items():
        emit = _Emit(graph, how, functions, copies, objects, program, kept)
        made.append(emit.best(functions[key]))
        for residual, held in _kept(graph, *made[-1]):
            kept.setdefault(residual, held)  # a tangent has its key, and comes later
        kept[key, "arrays"] = _arrays(graph, *made[-1])
    undefined = [how.dummies(function, naming) for function, naming in made]
    for (function, _), dummies in zip(made, undefined, strict=True):
        function.outside |= externals(dummies.values())
    outside = _outside(made, objects, functions)
    lines: list[Line] = []
    for (function, naming), dummies in zip(made, undefined, strict=True):
        renamed = {k: name for k, (name, _) in outside.items()}
        wanted = naming.lives.wanted
        layout = Layout(function, naming.names, renamed, dummies, wanted)
        lines += [Line(""), Line(""), *layout.lines()]
    names = dict(outside.values())
    head = _header(list(_imports(names)))
    lines = [*head, *lines] if head else lines[2:]
    spans = {k: line.span for k, line in enumerate(lines, 1) if line.span is not None}
    whole = "\n".join(line.text for line in lines) + "\n"
    kernel = functions.get((program.main, KERNEL), "")
    main = functions[program.main]
    adjoint = frozenset(k for k, line in enumerate(lines, 1) if line.adjoint)
    return Generated(whole, main, names, spans, dialect, kernel, adjoint)


@dataclass
class _Emit:
    """One graph as named statements."""

    graph: Graph
    how: Dialect
    functions: Mapping[Any, str]
    copies: bool
    objects: dict[str, Any]
    program: Program
    kept: Mapping[Any, Sequence[str]]

    def best(self, name: str) -> tuple[Function, Naming]:
        """Statements and names; a second time where folding saves a suffix.

        In `a, b = b, a + b` the new b cannot have its name before the old one was
        moved; then it folds into the move.
        """
        python = self.how.name == "python"
        plain = added_negatives(self.graph.body) if python else frozenset()
        function, naming, uses = self.once(plain)
        forced = frozenset(
            v
            for v in naming.split
            if v in uses.next and uses.single(v) and v in uses.makers
        )
        if forced:
            function, naming, _ = self.once(plain | forced)
        function.name = name
        return function, naming

    def once(self, forced: frozenset[Value]) -> tuple[Function, Naming, Uses]:
        emitter = Emitter(
            self.how,
            self.functions,
            self.copies,
            self.objects,
            self.program,
            self.kept,
        )
        function = emitter.function(self.graph, forced)
        trees = [t for s in walk(function.body) for t in expressions(s)]
        function.outside = frozenset(externals(trees))
        used = function.outside | {"zip", "reversed", "range", "len", "slice"}
        taken = (used - set(MODULES)) | set(self.functions.values())
        naming = Naming(function, taken)
        if self.how.name == "numba":
            keep_versions_apart(naming)
        return function, naming, emitter.uses


def _reachable(program: Program) -> list[Any]:
    """The keys of the graphs that main needs, callees first."""
    done: dict[Any, None] = {}
    open_: set[Any] = set()

    def visit(key: Any) -> None:
        if key in done or key in open_:
            return
        open_.add(key)
        for callee in needed(program.graphs[key].body):
            visit(callee)
        done[key] = None

    visit(program.main)
    return list(done)


def _kept(
    graph: Graph, function: Function, naming: Naming
) -> Iterator[tuple[Any, Sequence[str]]]:
    """For each residual that a graph makes, the names of what it holds."""
    named = {v: naming.name(v) for v in naming.order}
    for node in nodes_of(graph.body):
        if node.op.name == "make_residual":
            values = [function.table.variable(v) for v in node.inputs]
            yield (
                node.params["key"],
                [named.get(v) or function.hints.get(v, "") for v in values],
            )


def _arrays(graph: Graph, function: Function, naming: Naming) -> Sequence[str]:
    """What parameters and results would be called that are arrays for what is kept."""
    arrays = {naming.find(v): function.hints.get(v, "") for v in kept_in(graph.body)}
    values = (*graph.body.params, *graph.body.results) if arrays else ()
    found = (naming.find(function.table.variable(v)) for v in values)
    return [arrays.get(v, "") for v in found]


def _function_names(
    graphs: Mapping[Any, Graph], never: Collection[str]
) -> dict[Any, str]:
    """Python names for the graphs, apart from every name inside them."""
    inner: set[str] = set()
    for graph in graphs.values():
        values: list[Value] = list(graph.body.params)
        for node in nodes_of(graph.body):
            values += node.outputs
            for block in node.blocks:
                values += block.params
        inner.update(clean(v.name) for v in values)
    taken = inner | NEVER | set(never)
    found: dict[Any, str] = {}
    for key in reversed(list(graphs)):
        base = re.sub(r"\W", "_", graphs[key].name).strip("_") or "function"
        base = f"f{base}" if base[0].isdigit() else base
        found[key] = next(c for c in candidates(base) if c not in taken)
        taken.add(found[key])
    return found


def _outside(
    made: list[tuple[Function, Naming]],
    objects: Mapping[str, Any],
    functions: Mapping[Any, str],
) -> dict[str, tuple[str, Any]]:
    """For each name of a template that is no value: its name in the text, and it."""
    used: set[str] = set()
    user: set[str] = set()
    for function, naming in made:
        used |= function.outside
        user |= set(naming.names.values())
    found: dict[str, tuple[str, Any]] = {}
    for name in sorted(used - set(functions.values())):
        if name in objects:
            thing = objects[name]
        elif name in MODULES:
            thing = MODULES[name]
        elif name == "scipy":  # optional; only where the user's code has imported it
            thing = importlib.import_module("scipy")
        elif name == "numba":
            thing = numba()
        elif name.startswith("runtime."):
            thing = getattr(runtime, name.removeprefix("runtime."))
        elif hasattr(builtins, name):
            if name not in user:
                continue
            thing = getattr(builtins, name)
        else:
            raise NameError(f"a template names {name}, which is nothing known")
        short = name.removeprefix("runtime.")
        taken = user | set(functions.values()) | {n for n, _ in found.values()}
        alias = short
        while alias in taken:
            alias += "_"
        found[name] = (alias, thing)
    return found


def _imports(names: Mapping[str, Any]) -> Iterator[str]:
    """Import lines: one for a module, one for all that comes from one module."""
    homes: dict[str, list[str]] = {}
    for name, thing in sorted(names.items()):
        module = getattr(thing, "__name__", "")
        shown = module + (f" as {name}" if name != module else "")
        if isinstance(thing, type(math)):
            yield f"import {shown}"
            continue
        home = getattr(thing, "__module__", None) or "builtins"
        known = getattr(_module(home), module, None) if module else None
        if known is thing:
            homes.setdefault(home, []).append(shown)
    for home, things in homes.items():
        line = f"from {home} import {', '.join(things)}"
        if len(line) <= 88:
            yield line
        else:
            yield from (f"from {home} import {thing}" for thing in things)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _header(imports: list[str]) -> list[Line]:
    """Import lines in groups: the standard library, others, srcad's helpers."""
    groups: dict[int, list[str]] = {}
    for line in sorted(imports, key=lambda t: (t.startswith("from"), t)):
        package = line.split()[1].split(".")[0]
        own, standard = package == "srcad", package in sys.stdlib_module_names
        groups.setdefault(2 if own else 0 if standard else 1, []).append(line)
    lines: list[Line] = []
    for k in sorted(groups):
        lines += [Line("")] * bool(lines) + [Line(text) for text in groups[k]]
    return lines
