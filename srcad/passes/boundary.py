"""boundary: a program that takes dicts, objects and functions, as one of arrays.

Takes a transformed program; gives one whose main graph only takes containers apart,
calls a *kernel* on what they hold, and puts the results together again. A compiler that
knows no dicts then compiles the kernel. A function that is an argument is known in the
kernel, which does not take it. Where there is none of these, the program stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Program, Value, literal
from srcad.ir.structure import call
from srcad.ir.types import Dict, Maybe, Static, Tuple, Type
from srcad.ir.walk import fresh, substituted
from srcad.ops.containers import item, like
from srcad.passes.dce import dce
from srcad.passes.simplify import simplify

KERNEL = "kernel"


def with_kernel(program: Program) -> Program:
    """The program with dicts and objects kept outside of a kernel."""
    graph = program.graph
    values = (*graph.body.params, *graph.body.results)
    if not any(_comes_apart(v.type) for v in values):
        return program
    key = (program.main, KERNEL)
    kernel = _kernel(graph)
    graphs = {key: kernel, **program.graphs, program.main: _around(graph, kernel, key)}
    return replace(program, graphs=graphs)


def _comes_apart(t: Type) -> bool:
    t = t.inner if isinstance(t, Maybe) else t
    if isinstance(t, Tuple):
        return any(map(_comes_apart, t.items))
    return isinstance(t, Dict) or (isinstance(t, Static) and callable(t.value))


def _parts(t: Type) -> Iterator[tuple[Any, Type]]:
    """The keys of a container that is taken apart, with the types of what it holds."""
    if isinstance(t, Dict):
        yield from zip(t.keys, t.items, strict=True)
    elif isinstance(t, Tuple) and _comes_apart(t):
        yield from enumerate(t.items)


def _is_whole(t: Type) -> bool:
    return not _comes_apart(t)


def _leaves(value: Value) -> list[Value]:
    """What a container holds, by nodes of the builder in use; constants left out."""
    if isinstance(value.type, Static):
        return []
    if _is_whole(value.type):
        return [value]
    return [v for key, _ in _parts(value.type) for v in _leaves(item(value, key=key))]


def _together(t: Type, parts: Iterator[Value]) -> Value:
    """A container of some form of these parts."""
    if isinstance(t, Static):
        return literal(t.value)
    if _is_whole(t):
        return next(parts)
    assert isinstance(t, (Dict, Tuple))
    return like(t, [_together(inner, parts) for _, inner in _parts(t)])


def _params(name: str, t: Type) -> list[Value]:
    """Parameters for what a container holds, named by where it is."""
    if isinstance(t, Static):
        return []
    if _is_whole(t):
        return [Value(name, t)]
    return [v for key, inner in _parts(t) for v in _params(f"{name}_{key}", inner)]


def _kernel(graph: Graph) -> Graph:
    """The graph, taking and giving what containers hold."""
    builder, params = Builder(), list[Value]()
    known: dict[Value, Value] = {}
    with builder.active():
        for v in graph.body.params:
            mine = [v] if _is_whole(v.type) else _params(v.name, v.type)
            params += mine
            if not _is_whole(v.type):
                known[v] = _together(v.type, iter(mine))
        body = substituted(graph.body, known)
        for node in body.nodes:
            builder.add(node)
        results = [leaf for v in body.results for leaf in _leaves(v)]
    body = builder.block(params, results)
    made = Graph(f"{graph.name}_{KERNEL}", body, graph.source, (), graph.watched)
    return dce(simplify(made))


def _around(graph: Graph, kernel: Graph, key: object) -> Graph:
    """The graph's parameters and results, around a call of the kernel."""
    builder = Builder()
    with builder.active():
        params = [fresh(v) for v in graph.body.params]
        given = [leaf for v in params for leaf in _params_of(v)]
        types = [v.type for v in kernel.body.results]
        names = [v.name for v in kernel.body.results]
        outputs = builder.emit(call, given, types, {"callee": key}, names=names)
        parts = iter(outputs)
        results = [_together(v.type, parts) for v in graph.body.results]
    return replace(graph, body=builder.block(params, results))


def _params_of(value: Value) -> Sequence[Value]:
    return [value] if _is_whole(value.type) else _leaves(value)
