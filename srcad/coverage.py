"""What srcad differentiates: each public name of NumPy, math and SciPy, as a table.

Read from the declarations and the census (`srcad/ops/census*.py`); nothing is listed
here. `python -m srcad coverage` prints it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import srcad.ops  # noqa: F401  (declares every family)
from srcad.ad.reverse import reverse
from srcad.backend.compiles import lacking
from srcad.backend.generate import generate
from srcad.errors import MissingRule
from srcad.frontend.abstract import type_of
from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Program, Value, literal
from srcad.ir.types import is_inexact
from srcad.ops import census
from srcad.ops.census_scipy import SCIPY
from srcad.ops.containers import make_tuple
from srcad.ops.declare import METHODS, Op, find
from srcad.ops.domain import Sample, typical
from srcad.ops.solvers import SOLVERS
from srcad.passes.written_out import written_out
from srcad.pipeline import PRIMAL, adjoint_improved, finished, improved, packed

YES, ZERO, NO, NONE = "yes", "zero", "no", "-"


@dataclass(frozen=True)
class Row:
    """One name.

    kind : that of its declaration; "known" to the language, "plain" (it carries no
        derivative and needs none), "source" (lowered from its own), or "refused".
    forward, reverse : "yes", "zero" (the derivative is), "no", or "-": none needed.
    numba : whether its value and gradient are compiled: "yes", "no" or "-".
    reason : why not, for what is refused or not compiled.
    """

    module: str
    name: str
    kind: str
    forward: str = NONE
    reverse: str = NONE
    numba: str = NONE
    reason: str = ""


# ---- the names -----------------------------------------------------------------------


def modules() -> list[str]:
    """The names of the tables, in order; SciPy's where it is installed."""
    scipy = [m for m in SCIPY if importlib.util.find_spec("scipy") is not None]
    numpy = ["numpy", "numpy.linalg", "numpy.fft", "ndarray methods", "ufunc methods"]
    return [*numpy, "math", *scipy]


def rows(module: str) -> list[Row]:
    """The table of a module."""
    if module == "ndarray methods":
        names = ((n, METHODS.get(n)) for n in dir(np.ndarray) if n[0] != "_")
        tables = ((census.METHODS_KNOWN, "known"), (census.METHODS_REFUSED, "refused"))
        return _sorted(module, names, tables)
    if module == "ufunc methods":
        return list(_ufunc_rows(module))
    names = ((name, find(thing)) for name, thing in _callables(module))
    return _sorted(module, names, _tables(module))


Tables = Sequence[tuple[census.Names, str]]


def _tables(module: str) -> Tables:
    if module == "numpy":
        refused = (census.REFUSED, "refused")
        return (census.KNOWN, "known"), (census.PLAIN, "plain"), refused
    if module in SCIPY:
        return (SCIPY[module].known, "known"), (SCIPY[module].refused, "refused")
    return ()


def _callables(module: str) -> Iterator[tuple[str, Any]]:
    """The public functions and classes of a module, but for tests and exceptions."""
    home = importlib.import_module(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in dir(home):
            thing = getattr(home, name, None)
            error = isinstance(thing, type) and issubclass(thing, Exception)
            hidden = name.startswith("_") or name == "test" or error
            if (
                callable(thing)
                and not hidden
                and not isinstance(thing, types.ModuleType)
            ):
                yield name, thing


def _sorted(
    module: str, names: Iterable[tuple[str, Op | None]], tables: Tables
) -> list[Row]:
    reasons = [(census.sorted_names(table), kind) for table, kind in tables]
    found = []
    for name, op in names:
        if op is not None:
            found.append(_row(module, name, op))
            continue
        why = next(((t[name], kind) for t, kind in reasons if name in t), None)
        found.append(_without(module, name, *(why or ("it has no rule", "refused"))))
    return found


def _without(module: str, name: str, why: str, kind: str) -> Row:
    """The row of a name without an operation."""
    if kind == "refused":
        return Row(module, name, kind, NO, NO, NO, why)
    if "it becomes that write" in why or "a value or a view" in why:
        return Row(module, name, kind, YES, YES, YES)
    if "its own source" in why:
        return Row(module, name, "source", YES, YES, NONE, why)
    return Row(module, name, kind)


def _ufunc_rows(module: str) -> Iterator[Row]:
    for name, f in _callables("numpy"):
        if not isinstance(f, np.ufunc) or find(f) is None or f.__name__ != name:
            continue
        for method in ("reduce", "accumulate", "reduceat", "outer", "at"):
            op = find(getattr(f, method))
            if op is not None:
                yield _row(module, f"{name}.{method}", op)
            elif (f.nin, f.nout) == (2, 1) and f.signature is None:
                why = census.UFUNC_METHODS[method]
                yield Row(module, f"{name}.{method}", "refused", NO, NO, NO, why)


def _row(module: str, name: str, op: Op) -> Row:
    if op in SOLVERS:
        reason = "Numba cannot call it with a function"
        return Row(module, name, op.kind, YES, YES, NO, reason)
    if op.kind == "zero":
        forward = reverse_ = ZERO
    elif op.kind in ("macro", "spelled"):
        forward = reverse_ = YES
    else:
        forward, reverse_ = (YES if r else ZERO for r in (op.jvp, op.vjp))
    missing = not_compiled(op)
    numba = NONE if missing is None else NO if missing else YES
    reason = f"Numba has no {missing}" if missing else ""
    return Row(module, name, op.kind, forward, reverse_, numba, reason)


# ---- Numba ---------------------------------------------------------------------------


@cache
def not_compiled(op: Op) -> str | None:
    """What an operation's gradient needs and Numba lacks, at its typical sample.

    "" where that is nothing; None for an operation without samples.
    """
    sample = typical(op.samples())
    if sample is None:
        return None
    program, _ = gradient_program(op, sample)
    return op.interpreted or lacking(generate(program, dialect="numba"))


def gradient_program(op: Op, sample: Sample) -> tuple[Program, list[Any]]:
    """Value and cotangents of one call, as the pipeline makes them; its arguments.

    The seed comes last where there are cotangents.
    """
    builder = Builder()
    inputs: list[Value] = []
    params: list[Value] = []
    values: list[Any] = []
    for k, value in enumerate(sample.inputs):
        t = type_of(value, f"x{k}")
        varies = isinstance(value, (np.ndarray, list, tuple, dict)) or is_inexact(t)
        if not varies or k in sample.fixed:
            inputs.append(literal(value))
            continue
        params.append(Value(f"x{k}", t))
        inputs.append(params[-1])
        values.append(value)
    with builder.active():
        results = op.several(*inputs, **sample.params)
    graph = Graph(op.name, builder.block(params, results))
    program = improved(Program("f", {"f": graph}), PRIMAL)
    wrt = [k for k, p in enumerate(params) if is_inexact(p.type)]
    if op.vjp is not None and sample.derivative and wrt:
        with contextlib.suppress(MissingRule):
            adjoint = reverse(program, wrt, seeded=True)
            program = adjoint_improved(program, adjoint)
    if len(program.graph.body.results) > 1:
        program = packed(program, lambda *found: make_tuple(*found))
    return finished(improved(program, (written_out,))), values


# ---- printing ------------------------------------------------------------------------

COLUMNS = ("name", "kind", "forward", "reverse", "numba", "reason")
COUNTS = ("names", "differentiable", "zero or none", "refused", "numba")


def counts(found: Sequence[Row]) -> dict[str, int]:
    """How many names there are of each sort."""
    return {
        "names": len(found),
        "differentiable": sum(r.reverse == YES for r in found),
        "zero or none": sum(r.reverse in (ZERO, NONE) for r in found),
        "refused": sum(r.reverse == NO for r in found),
        "numba": sum(r.numba == YES for r in found),
    }


def totals(tables: Mapping[str, Sequence[Row]]) -> list[list[str]]:
    """A line of counts for each module, and one for all of them."""
    every = [row for found in tables.values() for row in found]
    lines = [[m, *map(str, counts(found).values())] for m, found in tables.items()]
    return [["module", *COUNTS], *lines, ["all", *map(str, counts(every).values())]]


def cells(found: Sequence[Row]) -> list[list[str]]:
    """The rows of a table as text, under their headings."""
    return [list(COLUMNS), *([str(getattr(r, c)) for c in COLUMNS] for r in found)]


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Columns of text."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "\n".join(padded)


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    head, *rest = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([head, "|" + "---|" * len(lines[0]), *rest])
