"""The adjoint of a loop: a `for_` the other way round.

Takes a primal `for_` or `while_` and the cotangents gathered so far, writes the adjoint
node into the builder in use, and gives the primal node back, collecting what the
adjoint needs. The adjoint walks what the primal walked, what it collected and the
cotangents of what it collected; it carries the cotangents of what the primal carried,
and totals for values from above; it collects the cotangents of walked lists.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace

from srcad.ad.accumulate import Gathered, Leaf
from srcad.ad.arrays import (
    copy_of,
    is_exposed,
    put_back,
    replaced_element,
    update_chain,
    with_inserted,
)
from srcad.ad.control import Work, saved_name
from srcad.ad.counters import Counter, counters_of
from srcad.ad.leaves import Path, cotangent_type, leaf_name, leaf_types, made_sure
from srcad.ad.residuals import Kept, block_of, like, scope_of
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Node, Value, free_values, literal
from srcad.ir.structure import loop_of, while_
from srcad.ir.types import Bottom, List, Maybe, Range, Type
from srcad.ir.walk import with_block
from srcad.ops.containers import (
    list_padded,
    list_prefix,
    list_reversed,
    range_,
    range_prefix,
)
from srcad.ops.lists import entry_type
from srcad.passes.buffers import has_memory

# The cotangent of a part of an expression, summed over rounds.
PART = "part_bar"


def loop_adjoint(work: Work, node: Node, scope: Gathered) -> Node:
    """Write the adjoint of a `for_` or `while_`."""
    adjoint = _LoopAdjoint(work, node, scope)
    return adjoint.finish(adjoint.body())


class _LoopAdjoint:
    """The adjoint loop under construction: what it walks, carries and collects."""

    def __init__(self, work: Work, node: Node, scope: Gathered) -> None:
        self.work = work
        self.node = node
        self.loop = loop_of(node)
        self.walks = dict(zip(self.loop.items, self.loop.walked, strict=True))
        # Of two lists of one value the first is read.
        pairs = zip(self.loop.collected, self.loop.lists, strict=True)
        self.collected = dict(reversed([*pairs]))
        self.outer = scope
        self.around = current()
        self.walked: list[Value] = []
        self.items: list[Value] = []
        self.carried: list[Value] = []
        self.initial: list[Value] = []
        # For each carried cotangent: what it belongs to inside the loop, and above.
        self.owners: list[tuple[Leaf, Leaf]] = []
        self.accumulators: dict[Leaf, Value] = {}
        self.given: dict[Value, Value | None] = {}
        self.next_to_final: dict[Value, int] = {}
        self.earlier: list[Value] = []  # what the carried "next" values become
        self.kept: list[Value] = []
        self.counted: list[Node] = []  # what computes counters of the rounds
        self.before: dict[Node, Node] = {}  # nodes that the primal body gets as well
        self.after: dict[Value, Node] = {}
        self.lists: list[Value] = []
        body = self.loop.body
        work.stable.enter(self.loop.carried, body.nodes)
        local = scope_of(body.params, body.nodes)
        self.inside = Gathered(
            work.activity, work.names, local, self.accumulator, scope.stand_ins
        )
        self.makers: Mapping[Value, Node] = {}
        self.pool = [*self.loop.initial, *free_values(body)]

    # -- the body, as if its primal values were in scope

    def body(self) -> Block:
        """Write the adjoint of the body: gives the next totals, and list entries."""
        self.work.loops += 1
        with self.around.inner() as builder:
            self.carry_finals()
            self.walk_cotangents()
            nodes = self.work.block(self.loop.body.nodes, self.inside)
            entries = [self.inside.whole_or_zero(v) for _, v in self.active_walks()]
            totals = [
                self.fitted(self.inside.get_or_zero(*inner), param, inner)
                for (inner, _), param in zip(self.owners, self.carried, strict=True)
            ]
        self.work.loops -= 1
        self.primal = with_block(self.loop.body, nodes)
        return block_of(builder, [*totals, *entries])

    def carry_finals(self) -> None:
        """The cotangents of carried values are carried."""
        loop = self.loop
        groups = zip(
            loop.initial, loop.carried, loop.carried_next, loop.final, strict=True
        )
        for first, carried, after, final in groups:
            active = self.work.activity(carried) | self.work.activity(final)
            for path, t in leaf_types(carried.type).items():
                if path in active:
                    self.lend_shape(t, (carried, path), (final, path))
                    initial = self.total_before(final, path)
                    form = cotangent_type(t)
                    if isinstance(form, Maybe) and self.sure(carried, path, initial):
                        form = form.inner
                    param = Value(leaf_name(carried, path, "bar"), form)
                    self.carry(param, initial, ((carried, path), (first, path)))
                    self.inside.flow(after, path, param)

    def lend_shape(self, t: Type, *leaves: Leaf) -> None:
        """Find what has the shape of an array that may be undefined."""
        if isinstance(t, Maybe):
            stand_in = next((v for v in self.pool if like(t.inner, v.type)), None)
            if stand_in is not None:
                self.inside.stand_ins.update(dict.fromkeys(leaves, stand_in))

    def sure(self, carried: Value, path: Path, initial: Value) -> bool:
        """Whether a cotangent is never undefined although its value may be."""
        known = not isinstance(initial.type, (Maybe, Bottom))
        return known and (carried, path) in self.inside.stand_ins

    def fitted(self, total: Value, param: Value, leaf: Leaf) -> Value:
        """A total that may be undefined as a number, where it is carried as one."""
        stand_in = self.inside.stand_ins.get(leaf)
        unsure = isinstance(total.type, (Maybe, Bottom))
        if unsure and stand_in is not None and not isinstance(param.type, Maybe):
            return made_sure(total, stand_in)
        return total

    def carry(self, param: Value, initial: Value, owner: tuple[Leaf, Leaf]) -> None:
        """Carry a cotangent."""
        self.carried.append(param)
        self.initial.append(initial)
        self.owners.append(owner)

    def total_before(self, value: Value, path: Path) -> Value:
        """The total for a leaf before the adjoint loop, zero if there is none."""
        with self.around.active():
            return self.outer.get_or_zero(value, path)

    def accumulator(self, value: Value, path: Path) -> Value:
        """The carried total of a value from above, made when it is first needed."""
        leaf = value, path
        if leaf not in self.accumulators:
            t = cotangent_type(leaf_types(value.type)[path])
            # A name that says it is a cotangent lets the planner add in place.
            name = leaf_name(value, path, "bar") or (PART if has_memory(t) else "")
            param = Value(name, t)
            self.accumulators[leaf] = param
            self.carry(param, self.total_before(value, path), (leaf, leaf))
            self.inside.totals[leaf] = param
        return self.inside.totals[leaf]

    def walk_cotangents(self) -> None:
        """The cotangents of collected lists are walked."""
        for collected, v in zip(self.loop.lists, self.loop.collected, strict=True):
            with self.around.active():
                g = self.outer.whole(collected)
            if g is not None:
                item = Value(leaf_name(v, (), "bar"), cotangent_type(v.type))
                self.walk(g, item)
                self.inside.add(v, item)

    def walk(self, what: Value, item: Value) -> None:
        """Walk one more list or range."""
        self.walked.append(what)
        self.items.append(item)

    def active_walks(self) -> list[tuple[Value, Value]]:
        """The walked lists that get a cotangent, with their entries."""
        pairs = zip(self.loop.walked, self.loop.items, strict=True)
        return [(xs, item) for xs, item in pairs if self.work.activity(xs)]

    # -- what is kept

    def stand_in(self, value: Value) -> Value | None:
        """What a primal value costs nothing as."""
        if value not in self.given:
            self.given[value] = self.find_stand_in(value)
        return self.given[value]

    def find_stand_in(self, value: Value) -> Value | None:
        loop = self.loop
        if loop.stop and value is loop.carried[0]:
            return literal(False)  # asked before each round
        counter = self.counters.get(value)
        if counter is not None:
            item = self.stand_in(counter.item)
            assert item is not None
            with Builder().active() as builder:
                number = counter.at(item)
            self.counted += builder.nodes
            return number
        source: Value | None = None
        if value in self.walks and not (loop.stop and loop.reverse):
            source = self.rounds(self.walks[value])
        else:
            source = self.collected.get(value)
        if source is None and value not in self.next_to_final:
            return None
        found = Value(value.name, value.type)
        if source is not None:
            self.walk(source, found)
            return found
        k = self.next_to_final[value]
        self.carried.append(found)
        self.initial.append(loop.final[k])
        flag = loop.stop and k == 0
        self.earlier.append(literal(False) if flag else loop.carried[k])
        return found

    @functools.cached_property
    def counters(self) -> Mapping[Value, Counter]:
        """The carried numbers that count the rounds."""
        return counters_of(self.loop, self.work.stable.ranges)

    def rounds(self, walked: Value) -> Value:
        """The part of what the loop walks that it did walk."""
        if not self.loop.stop:
            return walked
        prefix = range_prefix if isinstance(walked.type, Range) else list_prefix
        with self.around.active():
            return prefix(walked, self.loop.count)

    def keep(self, value: Value) -> Value:
        """Collect a primal value, and walk what was collected."""
        saved = Value(saved_name(value), List(value.type))
        item = Value(value.name, value.type)
        if is_exposed(value, self.makers, self.primal):
            self.after[value] = node = copy_of(value)
            value = node.out
        self.kept.append(value)
        self.lists.append(saved)
        self.walk(saved, item)
        return item

    def resolved(self, body: Block) -> Block:
        """The adjoint body, reading what it walks and carries."""
        kept = Kept(
            self.primal.params,
            self.primal.nodes,
            self.work.stable,
            given=self.stand_in,
            keep=self.keep,
            pool=self.pool,
        )
        self.makers = kept.makers
        body = kept.reused(body)
        for k in range(len(self.loop.carried)):
            self.carry_back(k, kept, body)
        self.share(kept, body)
        resolved = kept.resolved(body)
        earlier = [kept.mapping.get(v, v) for v in self.earlier]
        n = len(self.owners)
        results = [*resolved.results[:n], *earlier, *resolved.results[n:]]
        nodes = (*self.counted, *resolved.nodes)
        return Block((*self.items, *self.carried), nodes, tuple(results))

    def carry_back(self, k: int, kept: Kept, body: Block) -> None:
        """Carry an array backwards, rather than collect it in every round."""
        before, after = self.loop.carried[k], self.loop.carried_next[k]
        chain = update_chain(before, after, kept.makers)
        if not chain:
            return
        read = kept.read(body)
        if not any(v in read for node in chain for v in (node.inputs[0], node.out)):
            return
        x = Value(after.name, after.type)
        self.carried.append(x)
        self.initial.append(self.loop.final[k])
        kept.mapping[after] = x
        for node in reversed(chain):
            for v in node.inputs[2:]:
                if v in kept.order:
                    kept.obtain(v)
            element = replaced_element(node)
            self.before[node] = element
            old = self.keep(element.out)
            undo, x = put_back(x, old, node, kept.mapping)
            kept.again.append(undo)
            kept.mapping[node.inputs[0]] = x
        self.earlier.append(before)

    def share(self, kept: Kept, body: Block) -> None:
        """Find carried values that are read both before and after their update.

        What a round starts with is what the one before it ended with, so one list
        does. The stop flag is true after the last round only.
        """
        read = kept.read(body) - set(kept.mapping)
        own = scope_of((), self.primal.nodes)
        pairs = zip(self.loop.carried, self.loop.carried_next, strict=True)
        for k, (before, after) in enumerate(pairs):
            flag = self.loop.stop and k == 0
            both = before in read and not isinstance(before.type, Maybe)
            both = both and before not in self.counters
            if after in read and after in own and (flag or both):
                self.next_to_final.setdefault(after, k)

    # -- the node

    def finish(self, body: Block) -> Node:
        """Write the adjoint node; gives the primal one, collecting what is kept."""
        block = self.resolved(body)
        if not self.walked:
            what = self.something()
            self.walk(what, Value("", entry_type(what.type)))
            block = with_block(block, None, None, (*self.items, *self.carried))
        walks = self.active_walks()
        names = [v.name for v in self.carried]
        names += [leaf_name(xs, (), "bar") for xs, _ in walks]
        outputs = self.around.for_(
            self.walked,
            self.initial,
            block,
            reverse=not self.loop.reverse,
            names=names,
        )
        totals = list(zip(self.owners, outputs, strict=False))
        for (inner, leaf), total in totals:
            if leaf in self.accumulators and inner == leaf:
                self.outer.totals[leaf] = total
        for (inner, leaf), total in totals:
            if not (leaf in self.accumulators and inner == leaf):
                self.outer.flow(*leaf, total)
        first = len(self.carried)
        for (xs, _), entries in zip(walks, outputs[first:], strict=False):
            self.outer.add(xs, self.padded(entries, xs))
        return self.rebuilt()

    def something(self) -> Value:
        """Anything to walk that has as many entries as the loop did rounds."""
        loop = self.loop
        if self.node.op is while_ or (loop.stop and loop.reverse):
            return range_(0, loop.count, 1)
        ranges = [v for v in loop.walked if isinstance(v.type, Range)]
        return self.rounds([*ranges, *loop.walked][0])

    def padded(self, entries: Value, walked: Value) -> Value:
        """The cotangent of a walked list, zero where a stop came before."""
        if not self.loop.stop:
            return entries
        if not self.loop.reverse:
            return list_padded(entries, walked)
        turned = list_padded(list_reversed(entries), list_reversed(walked))
        return list_reversed(turned)

    def rebuilt(self) -> Node:
        """The primal loop, collecting what is kept as well."""
        nodes = with_inserted(self.primal, self.before, self.after)
        body = with_block(self.primal, nodes, [*self.primal.results, *self.kept])
        outputs = (*self.node.outputs[:-1], *self.lists, self.loop.count)
        blocks = (*self.node.blocks[:-1], body)
        return replace(self.node, blocks=blocks, outputs=outputs)
