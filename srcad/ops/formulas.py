"""Rules read off a formula: kinds of operations that state one thing, the rest follows.

`by_formula` : an operation that equals a formula in other operations. The user's own
    call stays; its derivative is that of the formula.
`by_tangent` : an operation whose tangent is stated; the cotangents are the transpose of
    that linear map, node by node.
`spelled` : another spelling of other operations, written out where it is called.

Formulas are straight lines of nodes, so that one walk either way differentiates them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from srcad.ir.builder import Builder, current
from srcad.ir.graph import NO_PARAMS, Literal, Node, Value, as_value, is_literal
from srcad.ir.types import is_inexact, is_number
from srcad.ops.declare import Contribution, Infer, Op, declared
from srcad.ops.fit import matched, shaped_like, zeros_like
from srcad.ops.tuples import add_any, container_zeros, item, make_tuple

Bars = dict[Value, Value]


# ---- walking a straight line ---------------------------------------------------------


def traced(write: Callable[[], Any]) -> tuple[list[Node], Any]:
    """The nodes that a formula writes, added to the builder in use; and what it gives.

    The rewrites in use see the formula's own nodes only, so that no result goes around
    the formula's inputs.
    """
    outer = current()
    inner = Builder(rewrite=outer.rewrite)
    inner.span, inner.via = outer.span, outer.via
    with inner.active():
        result = write()
    for node in inner.nodes:
        outer.add(node)
    return inner.nodes, result


@contextmanager
def _by(node: Node) -> Iterator[None]:
    builder = current()
    via, builder.via = builder.via, node.params.get("via", "np")
    try:
        yield
    finally:
        builder.via = via


def pushed(nodes: Sequence[Node], tangents: dict[Value, Value]) -> dict[Value, Value]:
    """The tangents of all values of a straight line, from those of its inputs."""
    for node in nodes:
        given = [tangents.get(v) for v in node.inputs]
        rule = node.op.jvp if isinstance(node.op, Op) else None
        if rule is None or all(t is None for t in given):
            continue
        with _by(node):
            found = rule(node, given)
        for v, t in zip(node.outputs, found, strict=True):
            if t is not None:
                tangents[v] = t
    return tangents


def pulled(nodes: Sequence[Node], bars: Bars, wanted: Sequence[Value]) -> Bars:
    """The cotangents of some inputs of a straight line, from those of its results."""
    active = set(wanted)
    for node in nodes:
        constant = not isinstance(node.op, Op) or node.op.vjp is None
        if not constant and any(v in active for v in node.inputs):
            active.update(v for v in node.outputs if is_inexact(v.type))
    for node in reversed(nodes):
        given = [bars.get(v) for v in node.outputs]
        rule = node.op.vjp if isinstance(node.op, Op) else None
        if rule is None or all(g is None for g in given):
            continue
        if not any(v in active for v in node.inputs):
            continue
        with _by(node):
            for v, contribution in zip(node.inputs, rule(node, given), strict=True):
                if v in active and not _is_nothing(contribution):
                    bars[v] = accumulated(bars.get(v), contribution)
    return bars


def _is_nothing(contribution: Contribution) -> bool:
    """Whether a contribution is None, or known to be zero."""
    if isinstance(contribution, Literal):
        return is_literal(contribution, None, 0.0, 0j)
    if not isinstance(contribution, Value):
        return contribution is None
    node = current().definitions.get(contribution)
    return node is not None and node.op in (zeros_like, container_zeros)


def accumulated(before: Value | None, contribution: Contribution) -> Value:
    """What was gathered so far with a contribution added."""
    assert contribution is not None
    if not isinstance(contribution, Value):
        return contribution(before)
    if before is None:
        return contribution
    plain = is_number(before.type) and is_number(contribution.type)
    return before + contribution if plain else add_any(before, contribution)


def _lazily(find: Callable[[], Value | None]) -> Contribution:
    """A contribution that is worked out only where it is asked for."""

    def into(total: Value | None) -> Value:
        found = find()
        if found is None:
            return total if total is not None else as_value(0.0)
        return found if total is None else accumulated(total, found)

    return into


# ---- the kinds -----------------------------------------------------------------------


def by_formula(
    name: str,
    *,
    infer: Infer,
    signature: str,
    formula: Callable[..., Any],
    **facts: Any,
) -> Op:
    """An operation of one output that equals `formula(*inputs, **params)`.

    The value is that of the user's own call; the formula only has to have the right
    derivatives.
    """

    def jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
        known = {
            x: t for x, t in zip(node.inputs, tangents, strict=True) if t is not None
        }
        if not known:
            return [None]
        nodes, out = traced(lambda: formula(*node.inputs, **node.params))
        found = pushed(nodes, known).get(out)
        plain = found is not None and is_number(node.out.type)
        return [shaped_like(found, node.out) if plain and found else found]

    def vjp(node: Node, cotangents: Sequence[Value | None]) -> list[Contribution]:
        (g,) = cotangents
        assert g is not None
        nodes, out = traced(lambda: formula(*node.inputs, **node.params))

        def bar(x: Value) -> Value | None:
            return pulled(nodes, {out: g}, [x]).get(x)

        seen: set[Value] = set()
        result: list[Contribution] = []
        for x in node.inputs:
            fresh = not isinstance(x, Literal) and x not in seen and is_inexact(x.type)
            seen.add(x)
            result.append(_lazily(lambda x=x: bar(x)) if fresh else None)  # type: ignore[misc]
        return result

    facts = {"code": None, "kind": "by_formula", **facts}
    return declared(Op(name, signature, infer, jvp=jvp, vjp=vjp, **facts))


Tangent = Callable[[Node, Sequence[Value | None]], Value | None]


def by_tangent(
    name: str, *, infer: Infer, signature: str, tangent: Tangent, **facts: Any
) -> Op:
    """An operation of one output whose tangent `tangent(node, tangents)` is stated.

    It has to be linear in the tangents. Entries that are None are zero.
    """

    def jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
        if all(t is None for t in tangents):
            return [None]
        return [tangent(node, tangents)]

    def vjp(node: Node, cotangents: Sequence[Value | None]) -> list[Contribution]:
        (g,) = cotangents
        assert g is not None

        def bar(k: int) -> Value | None:
            (seed,) = zeros_like.several(node.inputs[k])
            given = [seed if i == k else None for i in range(len(node.inputs))]
            nodes, out = traced(lambda: tangent(node, given))
            if out is None:
                return None
            found = pulled(nodes, {out: g}, [seed]).get(seed)
            number = found is not None and is_number(found.type)
            return matched(found, node.inputs[k]) if number and found else found

        return [
            None
            if isinstance(x, Literal) or not is_inexact(x.type)
            else _lazily(lambda k=k: bar(k))  # type: ignore[misc]
            for k, x in enumerate(node.inputs)
        ]

    facts = {"code": None, "kind": "by_tangent", **facts}
    return declared(Op(name, signature, infer, jvp=jvp, vjp=vjp, **facts))


@dataclass(frozen=True, eq=False)
class Spelled(Op):
    """A call that is written out in other operations where it is lowered."""

    formula: Any = None

    def several(self, *operands: Any, **params: Any) -> tuple[Value, ...]:
        """Write the formula; gives its value."""
        found = self.formula(*map(as_value, operands), **(params or NO_PARAMS))
        return (as_value(found),)


def spelled(
    name: str, *, signature: str, formula: Callable[..., Any], **facts: Any
) -> Op:
    """Another spelling of `formula(*inputs, **params)`."""
    facts = {"kind": "spelled", "code": None, **facts}
    return declared(
        Spelled(name, signature, lambda *types, **_: None, formula=formula, **facts)
    )


def entries(value: Value, count: int) -> list[Value]:
    """The entries of a tuple's value."""
    return [item(value, key=k) for k in range(count)]


def packed(*values: Value, cls: type = tuple) -> Value:
    """A tuple of values."""
    return make_tuple(*values, cls=cls)


def keywords(params: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Those params that have these names."""
    return {k: v for k, v in params.items() if k in names}
