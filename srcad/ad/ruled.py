"""Calls with a rule of the user's: the rule's graphs take the place of the callee's.

Takes such a `call` node. Forward mode inlines the rule's tangent, reverse mode its
forward half in the primal and its backward half in the adjoint. Where the user gave
only one of the two, it is transposed: a tangent is linear in the tangents, a backward
half in the cotangent, so reverse mode of the one, from zero, gives the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from srcad.ad.accumulate import Gathered
from srcad.ad.activity import Activity
from srcad.ad.calls import Calls, MakeWork
from srcad.ad.leaves import Path, at, inexact_paths, is_nothing, packed
from srcad.ad.residuals import SHAPE_ONLY, cleaned, scope_of
from srcad.errors import MissingRule
from srcad.ir.builder import current
from srcad.ir.graph import Block, Graph, Node, Program, Value, free_values, literal
from srcad.ir.reach import runs
from srcad.ir.structure import Rule, asks, call
from srcad.ir.types import Residual, Scalar, Type, dims_of, is_number
from srcad.ir.walk import copied, inlined, mapped, substituted_node
from srcad.ops.containers import add_any, container_zeros, item, make_tuple
from srcad.ops.declare import Op
from srcad.ops.fit import matched, shaped_like, zeros_like


def rule_of(node: Node) -> Rule | None:
    """The user's rule for a node, if it has one."""
    found: Rule | None = node.params.get("rule")
    return found


def graph_of(program: Program, rule: Rule, part: str) -> Graph | None:
    """One graph of a rule; None where there is none.

    Raises
    ------
    SrcadError
        It could not be lowered.
    """
    problem = rule.problems.get(part)
    if problem is not None:
        raise problem
    key = getattr(rule, part)
    return None if key is None else program.graphs[key]


def check(node: Node, activity: Activity, rule: Rule) -> None:
    """Refuse a derivative that would pass by the rule.

    Raises
    ------
    MissingRule
        What the rule reads besides its arguments, or an argument in nondiff_argnums,
        depends on what is differentiated.
    """
    if any(map(activity, node.inputs[rule.count :])):
        raise MissingRule(
            f"{rule.name} has a rule for its arguments, and depends on what is "
            "differentiated in another way too: by an argument in nondiff_argnums, or "
            "by a value it captures",
            node.span,
            "make it an argument, or cut it off with srcad.stop_gradient",
        )


def ending_in(
    nodes: Sequence[Node], result: Value, output: Value
) -> tuple[list[Node], dict[Value, Value]]:
    """The nodes, where `output` is what they give as `result`; and what became what."""
    if any(result in node.outputs for node in nodes):
        names = {result: output}
        renamed = [
            replace(substituted_node(n, names), outputs=mapped(n.outputs, names))
            for n in nodes
        ]
        return renamed, names
    with current().inner() as builder:
        packed = make_tuple(result)
    (pack,) = builder.nodes
    same = Node(item, (packed,), (output,), {"key": 0}, (), pack.span)
    return [*nodes, pack, same], {}


# ---- forward -------------------------------------------------------------------------


def tangent_of_call(
    node: Node,
    rule: Rule,
    program: Program,
    tangents: Sequence[Value],
    active: Sequence[bool],
    work: MakeWork,
) -> tuple[Value | None, Calls | None]:
    """Write a call and its tangent; gives the tangent, and who made graphs for it.

    active : which arguments have a tangent that is not zero.
    """
    graph = graph_of(program, rule, "jvp")
    if graph is not None:
        pairs = zip(tangents, node.inputs[: rule.count], strict=True)
        along = [typed(t, x) for t, x in pairs]
        nodes, (out, *terms) = inlined(graph.body, [*node.inputs, *along])
        written, names = ending_in(nodes, out, node.out)
        for n in written:
            current().add(n)
        terms = list(mapped(terms, names))
        return _total(terms, active, node.out) if rule.terms else terms[0], None
    forward, backward = _halves(program, rule, node)
    nodes, (out, *kept) = inlined(forward.body, node.inputs)
    written, names = ending_in(nodes, out, node.out)
    for n in written:
        current().add(n)
    kept = list(mapped(kept, names))
    *given, seed = backward.body.params
    body = copied(
        Block((seed,), backward.body.nodes, backward.body.results),
        dict(zip(given, [*node.inputs, *kept], strict=True)),
    )
    calls = Calls(program, work)
    start = _zero(node.out, body.params[0])
    with current().inner() as inner:
        primal, found = _pulled(body, body.results, tangents, calls, work(_NONE, calls))
    while calls.waiting:
        calls.make(*calls.waiting.pop())
    whole = (start, *primal, *inner.nodes)
    if reads_value(Block((), whole, tuple(found)), body.params[0], calls):
        raise MissingRule(
            f"the backward rule of {rule.name} is not linear in the cotangent, so it "
            "has no forward mode",
            node.span,
            "use reverse mode, or give the tangent: custom_jvp",
        )
    for n in whole:
        current().add(n)
    return found[0], calls


def _total(terms: Sequence[Value], active: Sequence[bool], out: Value) -> Value | None:
    """The sum of those terms that count, in the shape of the result."""
    total: Value | None = None
    for term, counts in zip(terms, active, strict=True):
        if counts and not is_nothing(term):
            total = term if total is None else add_any(total, term)
    return None if total is None else shaped_like(total, out)


def _halves(program: Program, rule: Rule, node: Node) -> tuple[Graph, Graph]:
    forward = graph_of(program, rule, "fwd")
    backward = graph_of(program, rule, "bwd")
    if forward is None or backward is None:
        raise MissingRule(
            f"{rule.name} has no derivative rule yet",
            node.span,
            f"give it one: {rule.name}.defvjp(fwd, bwd) or {rule.name}.defjvp(rule)",
        )
    return forward, backward


# ---- reverse -------------------------------------------------------------------------


def cotangents_of_call(
    work: Any, node: Node, rule: Rule, program: Program, scope: Gathered
) -> list[Node]:
    """Write the adjoint of a call; gives the primal nodes in its place."""
    check(node, work.activity, rule)
    g = typed(scope.whole_or_zero(node.out), node.out)
    arguments = node.inputs[: rule.count]
    tangent = graph_of(program, rule, "jvp") if rule.bwd is None else None
    if tangent is not None:
        if rule in work.inside:
            raise MissingRule(
                f"the rule of {rule.name} gives the tangent by {rule.name} itself, so "
                "it has no reverse mode",
                node.span,
                "give cotangents as well: declare(..., vjp=...), or linear=True and "
                "its transpose",
            )
        active = [k for k, v in enumerate(arguments) if work.activity(v)]
        seeds = [Value("", v.type) for v in tangent.body.params[len(node.inputs) :]]
        given = [*node.inputs, *seeds]
        body = copied(tangent.body, dict(zip(tangent.body.params, given, strict=True)))
        body = _opened(body, program)
        out, dot = body.results
        starts = [_zero(v, t) for v, t in zip(arguments, seeds, strict=True)]
        nodes, names = ending_in(body.nodes, out, node.out)
        (dot,) = mapped([dot], names)
        params = tuple(seeds[k] for k in active)
        block = Block(params, tuple(nodes), (dot,))
        inner = (*work.inside, rule)
        primal, bars = _pulled(block, (dot,), (g,), work.calls, work, inner)
        for k, bar in zip(active, bars, strict=True):
            scope.add(arguments[k], bar)
        plain = {t: literal(0.0) for t in seeds if is_real(t.type)}
        return [*starts, *(substituted_node(n, plain) for n in primal)]
    forward, backward = _halves(program, rule, node)
    nodes, (out, *kept) = inlined(forward.body, node.inputs)
    primal, names = ending_in(nodes, out, node.out)
    given = [*node.inputs, *mapped(kept, names), g]
    written, bars = inlined(backward.body, given)
    for n in written:
        current().add(n)
    for v, bar in zip(arguments, bars, strict=True):
        scope.add(v, bar)
    return primal


def reads_value(
    block: Block, value: Value, calls: Calls, inside: frozenset[Any] = frozenset()
) -> bool:
    """Whether what a block gives depends on more than the shape of a value.

    inside : the graphs that are being looked at already.
    """
    block = cleaned(block)
    makers = {v: node for node in block.nodes for v in node.outputs}
    todo, seen = list(block.results), set(block.results)
    while todo:
        v = todo.pop()
        if v is value:
            return True
        node = makers.get(v)
        found = [] if node is None else _read_by(node, calls, inside)
        todo += [v for v in found if v not in seen]
        seen.update(found)
    return False


def _read_by(node: Node, calls: Calls, inside: frozenset[Any]) -> list[Value]:
    """The values of which a node reads more than the shape."""
    shape = SHAPE_ONLY.get(getattr(node.op, "name", ""))
    names = list(node.op.parameters) if isinstance(node.op, Op) else []
    if "like" in names:  # of an adjoint's helper
        shape = names.index("like")
    found = [v for inner in node.blocks for v in free_values(inner)]
    for k, v in enumerate(node.inputs):
        if k != shape and (node.op is not call or _call_reads(node, k, calls, inside)):
            found.append(v)
    return found


def _call_reads(node: Node, k: int, calls: Calls, inside: frozenset[Any]) -> bool:
    """Whether a call reads the value of an argument, for what its adjoint needs."""
    graphs, key = {**calls.program.graphs, **calls.graphs}, node.params["callee"]
    if (key, k) in inside:
        return True  # it recurses: not known
    inside, body = inside | {(key, k)}, graphs[key].body
    kept = [v for v in body.results if isinstance(v.type, Residual)]
    results = tuple(kept) or body.results
    whole = Block(body.params, body.nodes, results)
    return reads_value(whole, body.params[k], calls, inside)


def _opened(body: Block, program: Program) -> Block:
    """The body with the rule in place of a call of it, where that is all there is.

    A call would compute the tangent along zero, too.
    """
    calls = [n for n in body.nodes if n.op is call and not asks(n)]
    if len(calls) != 1:
        return body
    (only,) = calls
    callee = only.params["callee"]
    if callee in runs(program.graphs, callee):
        return body
    nodes, results = inlined(program.graphs[callee].body, only.inputs)
    names = dict(zip(only.outputs, results, strict=True))
    k = body.nodes.index(only)
    rest = [substituted_node(n, names) for n in body.nodes[k + 1 :]]
    return Block((), (*body.nodes[:k], *nodes, *rest), mapped(body.results, names))


def is_real(t: Type) -> bool:
    """Whether a type is that of one real number."""
    return isinstance(t, Scalar) and t.kind == "float"


def typed(g: Value, x: Value) -> Value:
    """A cotangent or tangent of x in the shape and dtype that the rule was lowered for.

    A cotangent may still be wider than its value: `np.broadcast_to(1.0, shape)`.
    """

    def leaf(path: Path) -> Value:
        part, own = at(g, path), at(x, path)
        known = is_number(own.type) and dims_of(own.type) is not None
        return matched(part, own) if known and is_number(part.type) else part

    return packed(x.type, leaf)


def _zero(x: Value, value: Value) -> Node:
    """The node that makes `value` zero, in the form of x."""
    op = zeros_like if is_number(x.type) else container_zeros
    return Node(op, (x,), (value,), {}, (), current().span)


_NONE = Activity({}, {})


def _pulled(
    block: Block,
    results: Sequence[Value],
    seeds: Sequence[Value],
    calls: Calls,
    outer: Any,
    inside: tuple[Rule, ...] = (),
) -> tuple[list[Node], list[Value]]:
    """Reverse mode of a block by its parameters, from cotangents of its results.

    Gives its nodes, rebuilt where they must keep something, and the cotangents; writes
    the adjoint.
    """
    graph = Graph("", Block(block.params, block.nodes, tuple(results)))
    wanted = [inexact_paths(v.type) for v in results]
    active = tuple(range(len(block.params)))
    activity = calls.analysis.of(graph, active, wanted)
    work = outer.beside(activity)
    work.inside = inside
    scope = Gathered(activity, work.names, scope_of(block.params, block.nodes))
    for v, seed in zip(results, seeds, strict=True):
        scope.add(v, seed)
    nodes = work.block(block.nodes, scope)
    return nodes, scope.given_out(block.params)
