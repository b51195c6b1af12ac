"""asked_first: a `try` that goes by the class of an exception asks before, as branches.

Takes a graph; gives one in which

    try:                                        if x < 0.0:
        y = math.sqrt(x) * 2                        y = x * x
    except ValueError:              ->          else:
        y = x * x                                   y = math.sqrt(x) * 2

for a compiler that catches no exception by its class. What the body may raise must be
known: an explicit `raise`, a division of Python's numbers, a function of `math` outside
of its domain, a matrix that cannot be factored (`ops/failures.py`). Where something
else may raise what is caught, or the handler reads the exception, the `try` stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Graph, Node, Value, is_literal, literal, nodes_of
from srcad.ir.structure import LOOPS, if_, try_, with_
from srcad.ir.walk import (
    copied,
    mapped,
    rebuilt,
    substituted,
    uses,
    with_block,
    with_body,
)
from srcad.ops.failures import Kind, Test, tests, untold


class _NotKnownError(Exception):
    """Something in a body may raise what is caught, and nothing tells when."""


def asked_first(graph: Graph) -> Graph:
    """Write each `try_` that can be foretold as branches."""
    same: dict[Value, Value] = {}

    def change(node: Node) -> Sequence[Node]:
        if node.op is not try_:
            return [node]
        builder = Builder()
        builder.span = node.span
        body = substituted(node.blocks[0], {v: _end(v, same) for v in same})
        try:
            with builder.active():
                results = _Attempt(node).after(body)
        except _NotKnownError:
            return [node]
        same.update(zip(node.outputs, results, strict=True))
        return builder.nodes

    body = rebuilt(graph.body, change)
    return with_body(graph, substituted(body, {v: _end(v, same) for v in same}))


def _end(value: Value, same: dict[Value, Value]) -> Value:
    """What a value became, and that became."""
    while value in same:
        value = same[value]
    return value


class _Attempt:
    """One `try_`: its body, step by step."""

    def __init__(self, node: Node) -> None:
        self.node, self.catches = node, node.params["catches"]
        if FloatingPointError in self.catches:  # as np.seterr decides
            raise _NotKnownError

    def catches_any(self, kinds: Sequence[Kind]) -> bool:
        """Whether one of these exceptions, or of what is one of them, is caught."""
        return any(
            issubclass(kind, c) or (kind is BaseException)
            for kind in kinds
            for c in self.catches
        )

    def after(self, block: Block) -> tuple[Value, ...]:
        """Write what is left of the body; gives its results, and whether it failed."""
        for k, node in enumerate(block.nodes):
            rest = with_block(block, block.nodes[k + 1 :])
            if node.op.name == "raise_":
                kind = _raised(node)
                if self.catches_any([kind]):
                    return self.handled(kind)
            elif node.op is if_ and self.ends_in(node) is not None:
                return self.one_way(node, rest)
            found = [t for t in tests(node) if self.catches_any([t[0]])]
            self.check(node)
            if found:
                return self.unless(found, partial(self.going, node, rest))
            current().add(node)
        return (*block.results, literal(False))

    def going(self, node: Node, rest: Block) -> tuple[Value, ...]:
        """Write a node that does not fail, and what comes after it."""
        if node.op.name != "assert_":
            current().add(node)
        return self.after(rest)

    def unless(
        self, found: Sequence[Test], go_on: Callable[[], tuple[Value, ...]]
    ) -> tuple[Value, ...]:
        """The handler where one of the tests is true, in their order; else the rest."""
        if not found:
            return go_on()
        (kind, condition), *others = found
        return self.branch(
            condition(),
            partial(self.handled, kind),
            partial(self.unless, others, go_on),
        )

    def one_way(self, node: Node, rest: Block) -> tuple[Value, ...]:
        """A branch of which one way raises what is caught."""
        k = self.ends_in(node)
        assert k is not None
        raising, other = node.blocks[k], node.blocks[1 - k]
        rest = substituted(rest, dict(zip(node.outputs, other.results, strict=True)))
        fails = partial(self.after, with_block(raising, None, ()))
        goes = partial(self.after, with_block(rest, (*other.nodes, *rest.nodes)))
        ways = (goes, fails) if k else (fails, goes)
        return self.branch(node.inputs[0], *ways)

    def ends_in(self, node: Node) -> int | None:
        """Which way of a branch ends in raising what is caught, if one does."""
        for k, block in enumerate(node.blocks):
            last = block.nodes[-1] if block.nodes else None
            if last is not None and last.op.name == "raise_":
                if self.catches_any([_raised(last)]):
                    return k
        return None

    def branch(
        self,
        condition: Value,
        then: Callable[[], tuple[Value, ...]],
        otherwise: Callable[[], tuple[Value, ...]],
    ) -> tuple[Value, ...]:
        """A branch that gives what the `try_` gives."""
        with current().inner() as inner:
            first = inner.block((), then())
        with current().inner() as inner:
            second = inner.block((), otherwise())
        outputs = self.node.outputs
        types, names = [v.type for v in outputs], [v.name for v in outputs]
        return current().if_(condition, first, second, types, names)

    def check(self, node: Node) -> None:
        """Raise where a node, or one in it, may fail in a way that is not foretold."""
        if node.op is with_ and any(
            issubclass(FloatingPointError, c) for c in self.catches
        ):
            raise _NotKnownError
        inside = [n for block in node.blocks for n in nodes_of(block)]
        for n in [node, *inside]:
            if n.op.name == "raise_":
                kinds: Sequence[Kind] = (_raised(n),)
            elif n.op in (if_, with_, *LOOPS):
                kinds = ()
            else:
                kinds = untold(n)
            if n is not node:
                kinds = (*kinds, *(kind for kind, _ in tests(n)))
            if self.catches_any(kinds):
                raise _NotKnownError

    # ---- the handler -----------------------------------------------------------------

    def handled(self, kind: Kind) -> tuple[Value, ...]:
        """Write a copy of the handler for an exception of this class."""
        handler = copied(self.node.blocks[1])
        (error,) = handler.params or (None,)
        known: dict[Value, Value] = {}

        def change(node: Node) -> Sequence[Node]:
            if node.op.name == "caught" and node.inputs[0] is error:
                known[node.out] = literal(issubclass(kind, node.params["kinds"]))
                return []
            asked = mapped(node.inputs, known)
            if node.op is if_ and is_literal(asked[0], True, False):
                block = node.blocks[0 if is_literal(asked[0], True) else 1]
                known.update(zip(node.outputs, block.results, strict=True))
                return block.nodes
            return [node]

        block = rebuilt(with_block(handler, params=()), change)
        block = substituted(block, {v: _end(v, known) for v in known})
        reraises = any(n.op.name == "reraise" for n in nodes_of(block))
        if reraises or (error is not None and uses(block)[error]):
            raise _NotKnownError
        for node in block.nodes:
            current().add(node)
        return (*block.results, literal(True))


def _raised(node: Node) -> Kind:
    """The class of what a `raise_` raises."""
    kind = node.params["exception"]
    if not isinstance(kind, type):
        raise _NotKnownError
    return kind
