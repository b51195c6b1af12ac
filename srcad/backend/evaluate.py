"""Run a graph value by value, without printing it.

The reference that printed source is tested against, and where drawings get the value
at each node from.
"""

from __future__ import annotations

import ast
import functools
import importlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.backend import runtime
from srcad.backend.template import callee_names, input_names, named, template
from srcad.backend.trees import with_names_for_objects
from srcad.ir.graph import Block, Literal, Node, Program, Value
from srcad.ir.structure import (
    LOOPS,
    call,
    callees,
    for_,
    if_,
    loop_of,
    try_,
    while_,
    with_,
)
from srcad.ops.declare import Op

Environment = dict[Value, Any]
_compiled: dict[tuple[str, tuple[str, ...]], Any] = {}


def evaluate(
    program: Program, arguments: Sequence[Any], key: Any = None
) -> tuple[list[Any], Environment]:
    """The results of a graph of the program, and the value of each `Value` met.

    Values inside loops are those of the last iteration.
    """
    graph = program.graphs[program.main if key is None else key]
    environment: Environment = {}
    results = run_block(program, graph.body, arguments, environment)
    return results, environment


def run_block(
    program: Program, block: Block, arguments: Sequence[Any], env: Environment
) -> list[Any]:
    env.update(zip(block.params, arguments, strict=True))
    for node in block.nodes:
        outputs = run_node(program, node, [_read(env, v) for v in node.inputs], env)
        env.update(zip(node.outputs, outputs, strict=True))
    return [_read(env, v) for v in block.results]


def _read(env: Environment, value: Value) -> Any:
    return value.value if isinstance(value, Literal) else env[value]


def run_node(
    program: Program, node: Node, inputs: list[Any], env: Environment
) -> Sequence[Any]:
    if node.op is if_:
        return run_block(program, node.blocks[0 if inputs[0] else 1], (), env)
    if node.op is with_:
        return _with(program, node, inputs, env)
    if node.op is try_:
        return _try(program, node, env)
    if node.op is call:
        return evaluate(program, inputs, node.params["callee"])[0]
    if node.op in LOOPS:
        return _loop(program, node, inputs, env)
    if "callee" in node.params:
        functions = [_function(program, key) for key in callees(node)]
        return (operation(node, functions)(*inputs),)
    result = _plain_operation(node)(*inputs)
    return result if len(node.outputs) != 1 else (result,)


def _function(program: Program, key: Any) -> Any:
    """A graph of the program as a Python function."""

    def function(*arguments: Any) -> Any:
        results, _ = evaluate(program, arguments, key)
        return results[0] if len(results) == 1 else tuple(results)

    return function


def _with(
    program: Program, node: Node, inputs: list[Any], env: Environment
) -> list[Any]:
    (block,), function = node.blocks, node.params.get("function")
    manager = inputs[0]
    if function is not None:
        named = node.params.get("keywords", ())
        plain = len(inputs) - len(named)
        keywords = dict(zip(named, inputs[plain:], strict=True))
        manager = function(*inputs[:plain], **keywords)
    results: list[Any] = []
    with runtime.LetThrough(manager) as given:
        results = run_block(program, block, [given] if block.params else [], env)
    return results


def _try(program: Program, node: Node, env: Environment) -> list[Any]:
    body, handler = node.blocks
    try:
        return [*run_block(program, body, (), env), False]
    except node.params["catches"] as error:
        arguments = [error] if handler.params else []
        return [*run_block(program, handler, arguments, env), True]


def _loop(
    program: Program, node: Node, inputs: list[Any], env: Environment
) -> list[Any]:
    loop = loop_of(node)
    k = len(loop.walked)
    rows = list(zip(*inputs[:k], strict=True)) if k else []
    if loop.reverse:
        rows.reverse()
    carried, n = inputs[k:], len(inputs) - k
    collected: list[list[Any]] = [[] for _ in loop.collected]
    count = 0
    while not (loop.stop and carried[0]):
        if (
            node.op is while_
            and not run_block(program, node.blocks[0], carried, env)[0]
        ):
            break
        if node.op is for_ and count == len(rows):
            break
        row = rows[count] if node.op is for_ else ()
        results = run_block(program, loop.body, [*row, *carried], env)
        carried = results[:n]
        for entries, entry in zip(collected, results[n:], strict=True):
            entries.append(entry)
        count += 1
    if loop.reverse:
        for entries in collected:
            entries.reverse()
    return [*carried, *collected, count]


def operation(node: Node, functions: Sequence[Any] = ()) -> Any:
    """The Python function that a node's template stands for.

    functions : those that the operation is given, if it takes some.
    """
    op = node.op
    assert isinstance(op, Op)
    names = input_names(op, len(node.inputs))
    own = {**named(node), **dict(zip(callee_names(node), functions, strict=False))}

    def held(value: Any) -> str:
        name = f"object_{len(own)}"
        own[name] = value
        return name

    text = ast.unparse(with_names_for_objects(template(node), held))
    if (text, names) not in _compiled or own:
        namespace: Mapping[str, Any] = {"np": np, "math": math, "runtime": runtime}
        namespace = {**namespace, **op.facts, **own}
        if "scipy." in text:
            namespace = {**namespace, "scipy": importlib.import_module("scipy")}
        function = eval(f"lambda {', '.join(names)}: {text}", dict(namespace))
        _compiled[text, names] = function
    return _compiled[text, names]


@functools.lru_cache(maxsize=1024)
def _plain_operation(node: Node) -> Any:
    """`operation` of a node that is given no functions, kept for when it runs again."""
    return operation(node)
