"""The adjoint of a branch: a branch on the same condition.

That of a `try_` is a branch on the way it took; that of a `with_` is its block's, under
the same manager only where that decides what warns.

Takes such a primal node and the cotangents gathered so far, writes the adjoint node
into the builder in use, and gives the primal node back, with extra results where the
adjoint needs primal values from inside. What every part of control flow shares is here
too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from srcad.ad.accumulate import Gathered, Leaf, Names
from srcad.ad.activity import Activity
from srcad.ad.arrays import copy_of, is_exposed, with_inserted
from srcad.ad.leaves import Path, cotangent_type, leaf_name, leaf_types
from srcad.ad.managers import placed, under_manager, without_rule
from srcad.ad.residuals import Kept, block_of, scope_of
from srcad.ad.stability import Stability
from srcad.ir.builder import current
from srcad.ir.graph import (
    UNDEFINED,
    Block,
    Node,
    Value,
    free_values,
    is_literal,
    literal,
)
from srcad.ir.joining import join
from srcad.ir.structure import if_, merged_outputs, try_, with_, with_merged
from srcad.ir.types import Array, Maybe, Type, Unknown
from srcad.ir.walk import with_block
from srcad.ops.raising import always_raises


class Work(Protocol):
    """What control flow needs of the transform of one graph."""

    activity: Activity
    names: Names
    stable: Stability
    loops: int

    def block(self, nodes: Sequence[Node], scope: Gathered) -> list[Node]:
        """Write the adjoint of nodes; gives the primal nodes, rebuilt."""
        ...

    def beside(self, activity: Activity) -> Work:
        """The transform of another stretch of nodes, whose adjoint stands in this."""
        ...


def saved_name(value: Value) -> str:
    """The name of what is kept of a value."""
    if not value.name or value.name.startswith("saved_"):
        return value.name
    return f"saved_{value.name}"


def branch_adjoint(work: Work, node: Node, scope: Gathered) -> Node:
    """Write the adjoint of an `if_`, `with_` or `try_`."""
    sides = [Side(work, node, block, scope) for block in node.blocks]
    leaves = touched(sides)
    if not leaves:
        return replace(node, blocks=tuple(side.primal for side in sides))
    adjoints = [side.adjoint(leaves) for side in sides]
    extra: list[tuple[int, Value, Value]] = []
    resolved = [
        side.resolved(adjoint, k, merged_outputs(node), extra)
        for k, (side, adjoint) in enumerate(zip(sides, adjoints, strict=True))
    ]
    names = [leaf_name(*leaf, "bar") for leaf in leaves]
    outputs = _written(node, resolved, merged_types(leaves, resolved), names)
    for leaf, total in zip(leaves, outputs, strict=True):
        scope.totals[leaf] = total
    return _rebuilt_branch(node, [side.primal for side in sides], extra)


def _written(
    node: Node, blocks: Sequence[Block], types: Sequence[Type], names: Sequence[str]
) -> Sequence[Value]:
    """Write the adjoint node of adjoint blocks; gives the totals."""
    if node.op is if_:
        return current().if_(node.inputs[0], blocks[0], blocks[1], types, names)
    if node.op is try_ and always_raises(node.blocks[1]):
        return placed(blocks[0])
    if node.op is try_:
        return current().if_(node.outputs[-1], blocks[1], blocks[0], types, names)
    (block,) = blocks
    return under_manager(node, block, types, names)


def merged_types(leaves: Sequence[Leaf], blocks: Sequence[Block]) -> list[Type]:
    """The types of totals that one of several adjoint blocks gives."""
    found = []
    for leaf, *totals in zip(leaves, *(b.results for b in blocks), strict=True):
        merged = functools.partial(_merged, leaf)
        t = functools.reduce(merged, (v.type for v in totals))
        undefined = any(is_literal(v, UNDEFINED) for v in totals)
        found.append(Maybe(t) if undefined and isinstance(t, Array) else t)
    return found


def _merged(leaf: Leaf, a: Type, b: Type) -> Type:
    value, path = leaf
    found = join(a, b)
    if isinstance(found, Unknown):
        return cotangent_type(leaf_types(value.type)[path])
    return found


def touched(sides: Sequence[Side]) -> list[Leaf]:
    """The leaves from above that some side was given something for."""
    return list(dict.fromkeys(leaf for side in sides for leaf in side.scope.touched()))


class Side:
    """One branch: its primal block, rebuilt, and its adjoint under construction.

    start : as in `Gathered`.
    """

    def __init__(
        self,
        work: Work,
        node: Node,
        block: Block,
        outer: Gathered,
        start: Callable[[Value, Path], Value] | None = None,
    ) -> None:
        self.work = work
        if work.loops:
            work.stable.enter(block.params, block.nodes)
        self.node = node
        self.local = scope_of(block.params, block.nodes)
        self.scope = Gathered(
            work.activity, work.names, self.local, outer.get, outer.stand_ins, start
        )
        with current().inner() as self.builder:
            for out, v in zip(merged_outputs(node), block.results, strict=True):
                for path, g in outer.leaves(out):
                    self.scope.flow(v, path, g)
            nodes = work.block(block.nodes, self.scope)
        for given in block.params:
            if self.scope.known(given):
                raise without_rule(node)
        self.primal = with_block(block, nodes)

    def adjoint(self, leaves: Sequence[Leaf]) -> Block:
        """The adjoint block, giving the totals of these leaves from above."""
        with self.builder.active():
            totals = [self.scope.get_or_zero(*leaf) for leaf in leaves]
        return block_of(self.builder, totals)

    def resolved(
        self,
        adjoint: Block,
        side: int,
        outputs: Sequence[Value],
        extra: list[tuple[int, Value, Value]],
    ) -> Block:
        """The adjoint block, reading what the primal node gives out."""
        merged = dict(zip(self.primal.results, outputs, strict=True))

        copies: dict[Value, Node] = {}

        def keep(value: Value) -> Value:
            sure = isinstance(value.type, Maybe) or self.node.op is with_
            out = Value(value.name, value.type if sure else Maybe(value.type))
            if is_exposed(value, kept.makers, self.primal):
                copies[value] = node = copy_of(value)
                value = node.out
            extra.append((side, value, out))
            return out

        kept = Kept(
            self.primal.params,
            self.primal.nodes,
            self.work.stable,
            given=lambda v: merged.get(v),
            keep=keep,
            pool=list(free_values(self.primal)),
        )
        found = kept.resolved(adjoint)
        self.primal = with_block(self.primal, with_inserted(self.primal, {}, copies))
        return found


def _rebuilt_branch(
    node: Node, blocks: Sequence[Block], extra: Sequence[tuple[int, Value, Value]]
) -> Node:
    """The primal node with extra results, undefined on the other side."""
    undefined = literal(UNDEFINED)
    new = [
        with_block(
            block,
            None,
            [*block.results, *(v if side == k else undefined for side, v, _ in extra)],
        )
        for k, block in enumerate(blocks)
    ]
    outputs = with_merged(node, (*merged_outputs(node), *(v for _, _, v in extra)))
    return replace(node, blocks=tuple(new), outputs=outputs)
