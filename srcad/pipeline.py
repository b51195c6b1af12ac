"""The way through: source -> graph -> passes -> adjoint graph -> passes -> source.

    lower       a function and the types of its arguments -> graphs    (frontend)
    improve     passes on the primal's graphs, bit for bit             (passes)
    transform   grad, jvp, ... : program -> program                    (ad)
    finish      passes on what differentiation wrote, memory last      (passes)
    generate    program -> source text -> function                     (backend)

A transform's output is a program like any other, so transforms of transforms are the
same steps, taken again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import srcad.ad.odes
import srcad.ad.quadrature
import srcad.ad.roots  # noqa: F401  (they enter their rules)
from srcad.ad.forward import forward
from srcad.ad.nested import expanded
from srcad.ad.reverse import reverse, reverse_pair
from srcad.errors import ShapeError, SignatureError
from srcad.frontend.lower import Lowered, lower
from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Graph, Program, Value
from srcad.ir.structure import if_
from srcad.ir.types import Array, Scalar, Tuple, Type, dims_of, dtype_of, kind_of
from srcad.ir.verify import verify
from srcad.ir.walk import defined_in, each_graph
from srcad.ops.containers import item, make_tuple
from srcad.ops.effects import TEXTS
from srcad.ops.fit import cast, sum_
from srcad.options import verifying
from srcad.passes.added_inside import added_inside
from srcad.passes.again import again
from srcad.passes.apart import apart
from srcad.passes.asked_first import asked_first
from srcad.passes.boundary import with_kernel
from srcad.passes.copied_parts import copied_parts
from srcad.passes.cse import cse
from srcad.passes.dce import dce
from srcad.passes.dead_stores import dead_stores
from srcad.passes.downward import downward
from srcad.passes.filled import filled
from srcad.passes.flagged import flagged
from srcad.passes.forwards import forwards
from srcad.passes.fuse import fuse
from srcad.passes.hoist import hoist
from srcad.passes.in_parts import in_parts
from srcad.passes.inline import COMPILED, HALVES, READ, Measure, inline
from srcad.passes.kept_arrays import kept_arrays
from srcad.passes.kept_flat import kept_flat
from srcad.passes.kept_once import kept_once
from srcad.passes.kept_there import kept_there
from srcad.passes.lanes import lanes
from srcad.passes.made_once import made_once
from srcad.passes.memory import plan_program, planned_summaries
from srcad.passes.narrow import narrow
from srcad.passes.newest import newest
from srcad.passes.one_branch import one_branch
from srcad.passes.one_sweep import one_sweep
from srcad.passes.over_kept import over_kept
from srcad.passes.parallel import parallel
from srcad.passes.plain_slices import plain_slices
from srcad.passes.products_there import products_back, products_there
from srcad.passes.read_first import read_first
from srcad.passes.respell import respell
from srcad.passes.rows import rows
from srcad.passes.settle import settle
from srcad.passes.short_chains import short_chains
from srcad.passes.simplify import simplify
from srcad.passes.sink import sink
from srcad.passes.summed_inside import summed_inside
from srcad.passes.unstop import unstop
from srcad.passes.where_read import where_read
from srcad.passes.written_out import written_out

Pass = Callable[[Graph], Graph]

PRIMAL: tuple[Pass, ...] = (simplify, cse, unstop, dce)
TIDY: tuple[Pass, ...] = (dead_stores, newest, respell)
ADJOINT: tuple[Pass, ...] = (cse, dce, hoist, kept_once, sink, read_first, *TIDY)
# Not before another derivative: rounds that are not run have no part in that one.
LAST = frozenset((hoist, kept_once, dead_stores))
COMPILED_ADJOINT: tuple[Pass, ...] = (
    written_out,
    again,
    added_inside,
    dead_stores,
    filled,
    summed_inside,
    respell,
)


@dataclass(frozen=True)
class Step:
    """One transform.

    kind : "grad", "value_and_grad", "jvp" or "vjp".
    wrt : positions among the parameters; None for the only one, as a bare result.
    """

    kind: str
    wrt: tuple[int, ...] = (0,)
    single: bool = True
    has_aux: bool = False
    holomorphic: bool = False


def prepared(
    function: Any, arguments: Mapping[str, Type], dialect: str = "python"
) -> Lowered:
    """A function lowered for these types, and improved for the dialect's readers."""
    compiles = dialect == "numba"
    measure = COMPILED if compiles else READ
    lowered = lowered_only(function, arguments, measure)
    passes = (rows, asked_first, *PRIMAL) if compiles else PRIMAL
    program = with_halves(lowered.program) if compiles else lowered.program
    return replace(lowered, program=improved(inline(program, measure), passes))


def with_halves(program: Program) -> Program:
    """The program with derivatives that it asks for in one sweep, where they may be."""
    joined = inline(program, HALVES)
    return program if joined is program else improved(joined, (one_sweep,))


def lowered_only(
    function: Any, arguments: Mapping[str, Type], measure: Measure = READ
) -> Lowered:
    """A function lowered for these types, every call in it still a call.

    measure : which calls go before a derivative that the function itself asks for.
    """
    lowered = lower(function, arguments)
    inner = partial(inner_derivative, measure=measure)
    return replace(lowered, program=expanded(lowered.program, inner))


def improved(program: Program, passes: Sequence[Pass]) -> Program:
    """A program with each pass applied to each of its graphs, in order."""
    for improve in passes:
        graphs = {key: improve(graph) for key, graph in program.graphs.items()}
        program = replace(program, graphs=graphs)
        if verifying():
            verified(program)
    return program


def verified(program: Program) -> Program:
    """The program, if all its graphs are legal."""
    for graph in program.graphs.values():
        verify(graph, program)
    return program


def transformed(program: Program, steps: Sequence[Step], last: bool = True) -> Program:
    """A program with transforms applied, the innermost first.

    last : whether no other transform follows.
    """
    for k, step in enumerate(steps, 1):
        found = TRANSFORMS[step.kind](program, step)
        program = adjoint_improved(program, found, last and k == len(steps))
    return program


def adjoint_improved(primal: Program, program: Program, last: bool = True) -> Program:
    """Passes on what a transform of `primal` gave; `last` as in `transformed`.

    What it computed itself may be reordered in floating point; the primal's values keep
    every bit.
    """
    kept = {v for g in primal.graphs.values() for v in defined_in(g.body)}
    reorder = partial(simplify, reassociate=True, primal=kept)
    passes = [p for p in ADJOINT if last or p not in LAST]
    return improved(program, (one_sweep, one_branch, reorder, *passes))


def finished(program: Program) -> Program:
    """The program with its memory planned: what is written in place is decided last."""
    program = plan_program(each_graph(settle(program), copied_parts))
    return verified(program) if verifying() else program


def compiled_form(program: Program) -> Program:
    """The transformed program as a compiler takes it: without dicts and objects.

    What a compiler computes again in no more time than it takes to read is not kept.
    """
    return improved(each_graph(with_kernel(program), flagged), COMPILED_ADJOINT)


def for_loops(program: Program, threads: bool = False) -> Program:
    """The finished program with array operations as loops, for a compiler of loops.

    threads : whether loops whose rounds are independent run on several threads.
    """
    known = planned_summaries(program)
    graphs = {}
    for key, graph in program.graphs.items():
        graph = plain_slices(apart(narrow(graph), known))
        graph = where_read(graph, known)
        graph = short_chains(kept_arrays(fuse(graph, known)))
        graphs[key] = graph if threads else over_kept(graph)
    program = in_parts(replace(program, graphs=graphs), known)
    if len(program.graphs) > len(known):
        known = planned_summaries(program)
    if not threads:  # a list, or an array for products, is for one thread to write to
        program = each_graph(program, lambda g: products_there(kept_flat(g)))
        program = each_graph(program, lambda g: kept_there(g, known))
    program = forwards(program, known)
    program = each_graph(program, lambda g: products_back(made_once(g, known)))
    if threads:
        program = parallel(program, known)
    program = downward(lanes(program, known))
    return verified(program) if verifying() else program


# ---- the transforms ------------------------------------------------------------------


def _gradient(program: Program, step: Step) -> Program:
    program = _scalar_result(program, step)
    program = reverse(program, step.wrt, has_aux=step.has_aux)

    def result(value: Value, *cotangents: Value) -> Value:
        found = cotangents[0] if step.single else make_tuple(*cotangents)
        if step.kind == "value_and_grad":
            return make_tuple(value, found)
        return make_tuple(found, item(value, key=1)) if step.has_aux else found

    return packed(program, result)


def _tangent(program: Program, step: Step) -> Program:
    return packed(
        forward(program, step.wrt),
        lambda out, tangent: make_tuple(out, _in_precision_of(out, tangent)),
    )


def _in_precision_of(out: Value, tangent: Value) -> Value:
    """A tangent in the dtype of what it belongs to, where both are known."""
    wanted, found = dtype_of(out.type), dtype_of(tangent.type)
    if None in (wanted, found) or wanted == found:
        return tangent
    if kind_of(out.type) != kind_of(tangent.type) or kind_of(out.type) == "int":
        return tangent
    return cast(tangent, dtype=wanted)


def vjp_pair(
    program: Program, step: Step, last: bool = True
) -> tuple[Program, Program]:
    """The forward half `(value, residual)` and the backward half of a program.

    last : whether no transform of the two follows.
    """
    pair = reverse_pair(program, step.wrt, has_aux=step.has_aux)
    halves = []
    for half in ("fwd", "bwd"):
        main = replace(pair, main=(program.main, half))
        halves.append(packed(main, lambda *results: make_tuple(*results)))
    first, second = (adjoint_improved(program, h, last) for h in halves)
    return first, second


TRANSFORMS: dict[str, Callable[[Program, Step], Program]] = {
    "grad": _gradient,
    "value_and_grad": _gradient,
    "jvp": _tangent,
}


def inner_derivative(
    program: Program, asked: Mapping[str, Any], measure: Measure
) -> Program:
    """The derivative that a `transform` node asks for, of its block as a program."""
    names = ("kind", "wrt", "single", "has_aux", "holomorphic")
    step = Step(**{name: asked[name] for name in names})
    program = improved(inline(program, measure), PRIMAL)
    if step.kind != "vjp":
        return _renamed(
            transformed(program, [step], last=False), f"{asked['name']}_{step.kind}"
        )
    forward_half, backward_half = vjp_pair(program, step, last=False)
    graphs = {**backward_half.graphs, **forward_half.graphs}
    graphs[backward_half.main] = backward_half.graph
    return replace(forward_half, graphs=graphs)


def _renamed(program: Program, name: str) -> Program:
    main = replace(program.graph, name=name)
    return replace(program, graphs={**program.graphs, program.main: main})


def packed(program: Program, result: Callable[..., Value]) -> Program:
    """The program with the main graph's results made into one by `result`."""
    return _with_results(program, lambda values: (result(*values),))


def _with_results(
    program: Program, change: Callable[[tuple[Value, ...]], Sequence[Value]]
) -> Program:
    graph = program.graph
    builder = Builder()
    for node in graph.body.nodes:
        builder.add(node)
    with builder.active():
        results = tuple(change(graph.body.results))
    body = Block(graph.body.params, tuple(builder.nodes), results)
    graphs = {**program.graphs, program.main: replace(graph, body=body)}
    return replace(program, graphs=graphs)


def _scalar_result(program: Program, step: Step) -> Program:
    """Check that the result is one number; an array of one element becomes it.

    Raises
    ------
    ShapeError
        The result has more than one element, or is no number.
    SignatureError
        It is complex, and the user did not say `holomorphic=True`.
    """
    (value,) = program.graph.body.results
    t, span = value.type, _place(program)
    if step.has_aux:
        if not isinstance(t, Tuple) or len(t.items) != 2:
            raise ShapeError("with has_aux the function returns (value, aux)", span)
        t = t.items[0]
    if kind_of(t) == "complex" and not step.holomorphic:
        raise SignatureError(
            "the function returns a complex number",
            span,
            "pass holomorphic=True, or return its real part",
        )
    dims = dims_of(t)
    if _is_text(program, value):
        raise ShapeError(
            "grad needs a function that returns one number; this one returns a text",
            span,
            "return the number that the text is made from",
        )
    if isinstance(t, Scalar) or _may_be_number(t):
        return program
    if isinstance(t, Array) and dims is not None and all(d == 1 for d in dims):
        if step.has_aux:
            return packed(
                program, lambda v: make_tuple(sum_(item(v, key=0)), item(v, key=1))
            )
        return packed(program, sum_)
    raise ShapeError(
        f"grad needs a function that returns one number; this one returns {_shown(t)}",
        span,
        "use jacobian for an array, or vjp with a cotangent; or return a sum",
    )


def _is_text(program: Program, value: Value) -> bool:
    """Whether a result is an f-string, at least on one way there."""
    todo, seen = [(value, program.graph.body)], set()
    while todo:
        wanted, block = todo.pop()
        for node in block.nodes:
            if wanted not in node.outputs or (wanted, node) in seen:
                continue
            seen.add((wanted, node))
            if node.op in TEXTS:
                return True
            k = node.outputs.index(wanted)
            if node.op is if_:
                todo += [(b.results[k], b) for b in node.blocks]
                todo += [(b.results[k], block) for b in node.blocks]
    return False


def _may_be_number(t: Type) -> bool:
    return type(t).__name__ in ("Unknown", "Maybe", "Bottom")


def _shown(t: Type) -> str:
    if isinstance(t, Array):
        return f"an array with {len(t.dims)} dimension{'s' * (len(t.dims) != 1)}"
    return f"a {type(t).__name__.lower()} ({t})"


def _place(program: Program) -> Any:
    graph = program.graph
    (value,) = graph.body.results
    for node in reversed(graph.body.nodes):
        if value in node.outputs:
            return node.span
    return graph.source.span(graph.source.tree) if graph.source is not None else None
