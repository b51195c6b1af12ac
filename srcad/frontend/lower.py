"""From a function and the types of its arguments to a program of graphs."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gast

from srcad.deep import begins_again
from srcad.errors import InternalError, SrcadError, UnsupportedSyntax
from srcad.frontend import (  # noqa: F401  (importing them fills the tables)
    attempts,
    calls,
    caught,
    comparisons,
    comprehensions,
    conversions,
    converting,
    deletes,
    displays,
    folding,
    importing,
    index_objects,
    intrinsics_iteration,
    intrinsics_itertools,
    intrinsics_order,
    loops,
    managers,
    matching,
    numpy_loops,
    recomputed,
    ruled,
    spellings,
    spellings_moments,
    statements,
    transform_calls,
)
from srcad.frontend.arguments import parameter_names
from srcad.frontend.bodies import body_of, local_names
from srcad.frontend.boxes import Restart
from srcad.frontend.context import Binding, Context, Contract, constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.functions import refuse_yield
from srcad.frontend.lookup import share
from srcad.frontend.refs import Cell, Ref, Static
from srcad.frontend.rules import rules_of
from srcad.frontend.session import Session
from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Graph, Program, Value, nodes_of
from srcad.ir.reach import reachable
from srcad.ir.structure import callees
from srcad.ir.types import BOTTOM, Type
from srcad.ops.raising import watched
from srcad.source import FunctionSource, read_function


@dataclass(frozen=True, eq=False)
class Lowered:
    """A function lowered for one signature.

    program : its graphs; the main one returns one value.
    """

    program: Program
    contract: Contract


def lower(function: types.FunctionType, arguments: Mapping[str, Type]) -> Lowered:
    """Lower a function for the given types of its parameters.

    Parameters
    ----------
    function : function
        A plain Python function whose source can be read.
    arguments : mapping of str to Type
        For each parameter, in order; `Static` types are known while lowering.

    Raises
    ------
    UnsupportedSyntax, MissingRule, SourceUnavailable, SourceMismatch
        With the place in the user's file.
    """
    source = read_function(function)
    if isinstance(source.tree, gast.FunctionDef):
        refuse_yield(source)
    shared: dict[Any, Binding] = {}
    while True:
        try:
            return _lowered(function, arguments, source, tuple(shared.values()))
        except Restart as again:
            shared[again.binding.key] = again.binding


def _lowered(
    function: types.FunctionType,
    arguments: Mapping[str, Type],
    source: FunctionSource,
    shared: Sequence[Binding],
) -> Lowered:
    """Lower a function; `shared` are the globals it writes to, as far as is known."""
    session = Session()
    root, context = Builder(), Context(Builder())
    frame = Frame(
        session, context, source, function, None, {}, local_names(source.tree)
    )
    params = [Value(n, t) for n, t in arguments.items()]
    try:
        with root.active(), root.at(source.span(source.tree)):
            roots = _enter(frame, params)
            for binding in shared:
                share(frame, binding)
            result = frame.read(_result(frame, source))
    except SrcadError as error:
        raise error.at(source.span(source.tree)) from error.__cause__
    except RecursionError:
        if begins_again():
            raise
        raise UnsupportedSyntax(
            "expressions, or objects that hold themselves, are nested too deeply here",
            source.span(source.tree),
            "split the expression into statements",
        ) from None
    except Restart:
        raise
    except Exception as error:
        raise InternalError(
            f"lowering failed with {type(error).__name__}: {error}",
            source.span(source.tree),
            "this is a bug in srcad; please report it with this function",
        ) from error
    _refuse_endless(session)
    name = source.tree.name if isinstance(source.tree, gast.FunctionDef) else "lambda_"
    hidden = tuple(context.hidden.values())
    nodes = (*context.prologue.nodes, *root.nodes)
    body = Block((*params, *(p for _, p, _ in hidden)), nodes, (result,))
    graph = Graph(name, body, source, tuple(b for b, _, _ in hidden))
    written, filled = (
        tuple(k for k, cells in enumerate(roots) if not objects.isdisjoint(cells))
        for objects in (session.written, session.filled)
    )
    contract = Contract(
        tuple(arguments),
        graph.bindings,
        tuple(session.guards.values()),
        written,
        session.contiguous,
        source.span(source.tree),
        session.called,
        filled,
    )
    graphs = reachable({**session.graphs, name: graph}, [name])
    _refuse_unsettled(graphs)
    program = Program(name, with_watched(graphs))
    return Lowered(program, contract)


def _result(frame: Frame, source: FunctionSource) -> Ref:
    """What the function gives: by the rules of the user's for it, if there are any."""
    function, named = frame.function, parameter_names(source.tree)
    if rules_of(function) is None or any(n not in frame.names for n in named):
        return body_of(frame, source.tree)
    args = [frame.names[n] for n in named]
    frame.here = source.tree
    return frame.call(Static(function), args, {}, source.tree)


def _refuse_endless(session: Session) -> None:
    """Refuse recursion that no call can end: its result has no type."""
    for callee in session.callees.values():
        if callee.recursive and BOTTOM in callee.types:
            source = session.graphs[callee.key].source
            assert source is not None
            raise UnsupportedSyntax(
                f"the recursion of {callee.key.name} never ends",
                source.span(callee.tree),
                "return something without calling it again, for some arguments",
            )


def _refuse_unsettled(graphs: Mapping[Any, Graph]) -> None:
    """Refuse calls with rules of the user's whose result has no type.

    A derivative would stop there.
    """
    for node in (n for graph in graphs.values() for n in nodes_of(graph.body)):
        rule = node.params.get("rule")
        keys = () if rule is None else rule.keys
        given = [v for key in keys for v in graphs[key].body.results]
        if rule is not None and BOTTOM in (v.type for v in (node.out, *given)):
            raise UnsupportedSyntax(
                f"the types of {rule.name}, which calls itself, do not settle",
                node.span,
                "write the recursion as a loop",
            )


def with_watched(graphs: dict[Any, Graph]) -> dict[Any, Graph]:
    """The graphs; marked where they are called in the body of a `try_`."""
    todo = [n for g in graphs.values() for n in watched(g.body)]
    marked: set[Any] = set()
    while todo:
        node = todo.pop()
        for key in callees(node):
            if key not in marked:
                marked.add(key)
                todo += nodes_of(graphs[key].body)
    return {
        key: replace(graph, watched=True) if key in marked else graph
        for key, graph in graphs.items()
    }


def _enter(frame: Frame, params: Sequence[Value]) -> list[set[Cell]]:
    """Bind the parameters; gives the cells that each brought into the world."""
    roots: list[set[Cell]] = []
    for p in params:
        before = set(frame.world.contents)
        ref: Ref = frame.object_of(p)
        if isinstance(ref, Static):  # an integer that must be known, as one
            ref = constant_ref(ref.value)
        frame.names[p.name] = ref
        made = set(frame.world.contents) - before
        roots.append(made)
        position = len(roots) - 1
        frame.session.parameters.update(dict.fromkeys([*made, p], position))
    return roots
