"""Operations that are compositions of others, by one short body.

    trapezoid = derived("trapezoid", calls=(np.trapezoid,), body=_trapezoid, ...)

`derived` keeps NumPy's own call in the printed source; its type and its derivatives, to
any order, are those of the body: the rules of the operations that the body writes are
applied one after the other. `macro` stands for its body altogether, where the body is
what one would write: `divmod(x, y)` is `x // y, x % y`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from srcad.ir.builder import Builder, current
from srcad.ir.graph import Node, Value, as_value
from srcad.ir.types import dtype_of, is_inexact, is_number
from srcad.ops.containers import add_any
from srcad.ops.declare import Contribution, Op, declared
from srcad.ops.fit import matched
from srcad.ops.refused import Refused

Body = Callable[..., Any]


class Composition(Op):
    """An operation with a body: a function of its inputs and params.

    Its `infer` is the body; it gives one value, or a tuple of values.
    """

    def several(self, *operands: Any, **params: Any) -> tuple[Value, ...]:
        """Write a node; gives its outputs."""
        inputs = tuple(map(as_value, operands))
        _, found = _traced(self, inputs, params)
        return current().emit(self, inputs, [v.type for v in found], params)


class Macro(Op):
    """An operation that is never a node: its body's nodes are written instead."""

    def several(self, *operands: Any, **params: Any) -> tuple[Value, ...]:
        """Write the body's nodes; gives its results."""
        return _results(self.infer(*map(as_value, operands), **params))


def _results(found: Any) -> tuple[Value, ...]:
    return tuple(map(as_value, found)) if isinstance(found, tuple) else (found,)


def derived(name: str, *, body: Body, signature: str, **facts: Any) -> Op:
    """An operation with the types and derivatives of its body."""
    facts = {"code": None, "kind": "derived", "jvp": _jvp, "vjp": _vjp, **facts}
    return declared(Composition(name, signature, body, **facts))


def macro(name: str, *, body: Body, signature: str, **facts: Any) -> Op:
    """A callable that stands for its body."""
    facts = {"code": "", "kind": "macro", **facts}
    return declared(Macro(name, signature, body, **facts))


# ---- the rules -----------------------------------------------------------------------


def _traced(
    op: Op, inputs: Sequence[Value], params: Mapping[str, Any]
) -> tuple[list[Node], tuple[Value, ...]]:
    """The nodes that a body writes, and its results."""
    builder = Builder()
    builder.span = current().span
    with builder.active():
        results = _results(op.infer(*inputs, **params))
    return builder.nodes, results


def written(node: Node) -> tuple[list[Node], tuple[Value, ...]]:
    """The body's nodes, with the node's own outputs for the results where they can.

    They are written to the builder, all but those that make such an output.
    """
    assert isinstance(node.op, Op)
    nodes, results = _traced(node.op, node.inputs, node.params)
    own = dict(zip(results, node.outputs, strict=True))
    read = {v for n in nodes for v in n.inputs}
    found = []
    for n in nodes:
        plain = len(n.outputs) == 1 and n.outputs[0] not in read
        if plain and n.outputs[0] in own and n.out.type == own[n.out].type:
            n = replace(n, outputs=(own[n.out],))
        else:
            current().add(n)
        found.append(n)
    made = {v for n in found for v in n.outputs}
    kept = tuple(own[v] if own[v] in made else v for v in results)
    return found, kept


def _jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    known: dict[Value, Value | None] = dict(zip(node.inputs, tangents, strict=True))
    nodes, results = written(node)
    for n in nodes:
        given = [known.get(v) for v in n.inputs]
        rule = _rules(n).jvp
        if rule is not None and any(t is not None for t in given):
            known.update(zip(n.outputs, rule(n, given), strict=True))
    return [known.get(v) for v in results]


def _vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    nodes, results = written(node)
    bars: dict[Value, list[Contribution]] = {}
    for v, g in zip(results, cts, strict=True):
        if g is not None:
            bars.setdefault(v, []).append(g)
    for n in reversed(nodes):
        if refused := [g for v in n.outputs for g in bars.get(v, ()) if _refused(g)]:
            for x in n.inputs:  # only an input that is asked for raises
                if is_inexact(x.type):
                    bars.setdefault(x, []).append(refused[0])
            continue
        given = [_total(bars.pop(v, [])) for v in n.outputs]
        rule = _rules(n).vjp
        if rule is None or all(g is None for g in given):
            continue
        for x, ct in zip(n.inputs, rule(n, given), strict=True):
            if ct is not None and is_inexact(x.type):
                bars.setdefault(x, []).append(ct)
    return [_fitted(_together(bars.pop(v, [])), v) for v in node.inputs]


def _refused(ct: Contribution) -> bool:
    return isinstance(ct, Refused)


def _fitted(ct: Contribution, x: Value) -> Contribution:
    """A cotangent in the dtype of its input, which the body may have widened."""
    if ct is None or not is_number(x.type) or _refused(ct):
        return ct
    if isinstance(ct, Value):
        return matched(ct, x)
    return lambda total: _narrowed(ct(total), x)


def _narrowed(total: Value, x: Value) -> Value:
    widened = None not in (dtype_of(total.type), dtype_of(x.type))
    widened = widened and dtype_of(total.type) != dtype_of(x.type)
    return matched(total, x) if widened else total


def _rules(node: Node) -> Op:
    assert isinstance(node.op, Op)
    return node.op


def _total(contributions: Sequence[Contribution]) -> Value | None:
    total: Value | None = None
    for g in contributions:
        total = _added(total, g)
    return total


def _added(total: Value | None, g: Contribution) -> Value | None:
    if g is None:
        return total
    if not isinstance(g, Value):
        made = g(total)
        return made
    if total is None:
        return g
    return total + g if is_number(g.type) else add_any(total, g)


def _together(contributions: Sequence[Contribution]) -> Contribution:
    """One contribution of several."""
    if len(contributions) < 2:
        return contributions[0] if contributions else None
    if all(isinstance(g, Value) for g in contributions):
        return _total(contributions)

    def into(total: Value | None) -> Value:
        found = total
        for g in contributions:
            found = _added(found, g)
        assert found is not None
        return found

    return into
