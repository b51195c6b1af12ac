"""Loops in the Numba dialect: by index, with arrays for lists of a known number."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from srcad.backend.compiled import typed_list
from srcad.backend.fold import Uses, Writer
from srcad.backend.loops import Kept
from srcad.backend.numba_types import dtype_argument, typed_dummy
from srcad.backend.statements import Assign, For, Statement, call, store
from srcad.backend.template import constant
from srcad.backend.threads import PRANGE, threads_of
from srcad.ir.graph import Literal, Node, Value, free_values, is_literal
from srcad.ir.structure import for_, loop_of
from srcad.ir.types import INT, List, Range, Residual, Scalar, Tuple, Type
from srcad.ir.walk import definitions
from srcad.passes.extents import is_length
from srcad.passes.kept_lists import number_of

_READERS = ("list_get", "list_len")


class NumbaKept(Kept):
    """Loops by index, and arrays for lists of a known number of entries."""

    def setup(self, writer: Writer) -> None:
        """Choose the counter, and write what holds each list."""
        loop = self.loop
        self.position: ast.expr | None = None
        self.counter: Value | None = None
        self.bounds: list[ast.expr] = []
        self.arrays: set[Value] = set()
        self.makers = definitions(loop.body) if self.lists else {}
        if self.node.op is for_:
            shapes = {kept: self.storage(v, kept) for v, kept in self.lists}
            self.arrays = {kept for kept, found in shapes.items() if found}
            numbers = {kept for v, kept in self.lists if isinstance(v.type, Scalar)}
            self.emitter.loops.arrays |= self.arrays & numbers
            parallel = self.node.params.get("parallel")
            several = len(loop.walked) > 1
            indexed = any(self.prefixes()) or (several and any(self.made()))
            if self.arrays or loop.reverse or parallel or indexed:
                self.choose_counter(writer)
        for v, kept in self.lists:
            tree: ast.expr = ast.List([], ast.Load())
            if kept in self.arrays:
                tree = self.array(v)
            elif in_residual(kept, self.emitter.uses) and self.is_given_out():
                made = ast.Call(ast.Constant(typed_list()), [], [])
                tree = self.emitter.named_objects(made, {})
            writer.add(Assign((kept,), tree, span=self.node.span))

    def is_given_out(self) -> bool:
        """Whether residuals go through Python: Numba takes no lists of lists there."""
        types = [v.type for v in self.emitter.program.graph.body.results]
        parts = [p for t in types for p in (t.items if isinstance(t, Tuple) else (t,))]
        return any(isinstance(t, Residual) for t in parts)

    # ---- storage -------------------------------------------------------------------

    def storage(self, value: Value, kept: Value) -> bool:
        """Whether a list can be an array made before the loop."""
        uses, loop = self.emitter.uses, self.loop
        if loop.stop or not any(isinstance(w.type, Range) for w in loop.walked):
            return False
        if not only_walked(kept, uses):
            return False
        if self.number(value) is not None:
            return True
        if not isinstance(value.type, Residual):
            return False
        return bool(self.numbers_of(value.type)) and not self.is_given_out()

    def number(self, value: Value) -> Scalar | None:
        """The type of a number that is kept."""
        return number_of(value, self.makers)

    def numbers_of(self, t: Residual) -> Sequence[Type]:
        """The types of what a residual holds, if these are all numbers."""
        types = self.emitter.program.residuals.get(t.key, ())
        return types if all(isinstance(part, Scalar) for part in types) else ()

    def array(self, value: Value) -> ast.expr:
        """`np.empty(n)`, or a list of dummies."""
        t, count = value.type, self.length()
        if isinstance(t, Residual):  # a list, of which each entry is replaced
            parts = [typed_dummy(part) for part in self.numbers_of(t)]
            entries = ast.List([ast.Tuple(parts, ast.Load())], ast.Load())
            return ast.BinOp(entries, ast.Mult(), count)
        number = self.number(value)
        assert number is not None
        kinds = {"int": "int64", "bool": "bool", "complex": "complex128"}
        dtype = number.dtype or kinds.get(number.kind, "float64")
        return call("np.empty", count, *dtype_argument(dtype))

    # ---- the counter ---------------------------------------------------------------

    def choose_counter(self, writer: Writer) -> None:
        """Count by what a range gives if its step is 1, else by a number from 0."""
        e = self.emitter
        for item, walked in zip(self.loop.items, self.loop.walked, strict=True):
            node = e.loops.ranges.get(walked)
            if node is None:
                continue
            found = self.ends(writer, node)
            if found is None:
                continue
            item = e.table.variable(item)
            self.counter = item if e.uses.count[item] else Value(item.name or "k", INT)
            here = e.table.ref(self.counter)
            trees, zero, self.plain = found
            self.position = here if zero else ast.BinOp(here, ast.Sub(), trees[0])
            self.bounds = trees
            self.name_walked(writer, self.made())
            return
        self.name_walked(writer)
        self.counter = self.from_zero() or Value("k", INT)
        self.position = e.table.ref(self.counter)
        count = self.without_prefixes() or self.counted_down(writer)
        self.bounds = [ast.Constant(0), count or call("len", self.walked[0])]
        self.plain = True

    def from_zero(self) -> Value | None:
        """What is walked that is itself a count from 0."""
        e = self.emitter
        for item, walked in zip(self.loop.items, self.loop.walked, strict=True):
            made = self.range_of(walked)
            if made is None or item in e.table.alias or not e.uses.count[item]:
                continue
            if is_literal(made.inputs[0], 0) and is_literal(made.inputs[2], 1):
                return e.table.variable(item)
        return None

    def counted_down(self, writer: Writer) -> ast.expr | None:
        """n, for a loop over `range(n - 1, -1, -1)`."""
        for walked in self.loop.walked:
            made = self.range_of(walked)
            if made is None or not all(is_literal(v, -1) for v in made.inputs[1:]):
                continue
            start = made.inputs[0]
            if isinstance(start, Literal) and type(start.value) is int:
                return constant(max(start.value + 1, 0))
            first = self.emitter.uses.makers.get(start)
            if first is None or first.op.name != "subtract":
                continue
            n, one = first.inputs
            if is_literal(one, 1) and is_length(n) and not isinstance(n, Literal):
                if n.name or not self.emitter.uses.single(n):
                    return self.emitter.loops.iterable(writer, n)
                last = self.emitter.loops.iterable(writer, start)  # n has no name
                return ast.BinOp(last, ast.Add(), constant(1))
        return None

    def without_prefixes(self) -> ast.expr | None:
        """Walk the whole of `steps[:count]`, which Numba lacks, by its index.

        Gives the count, which is the number of rounds.
        """
        count = None
        for k, prefix in enumerate(self.prefixes()):
            if prefix:
                tree = self.walked[k]
                assert isinstance(tree, ast.Subscript)
                assert isinstance(tree.slice, ast.Slice)
                self.walked[k], count = tree.value, tree.slice.upper
        return count

    def prefixes(self) -> list[bool]:
        """Which of the walked are `steps[:count]`."""
        pairs = zip(self.loop.walked, self.walked, strict=True)
        return [
            isinstance(v.type, Range) and isinstance(tree, ast.Subscript)
            for v, tree in pairs
        ]

    def ends(
        self, writer: Writer, node: Node
    ) -> tuple[list[ast.expr], bool, bool] | None:
        """Where a range of step 1 begins and ends; if at 0, and not before that."""
        e = self.emitter
        if node.op.name == "range_prefix":
            whole = e.loops.ranges.get(node.inputs[0])
            found = None if whole is None else self.ends(writer, whole)
            if found is None:
                return None
            (start, _), zero, _ = found
            count = e.loops.iterable(writer, node.inputs[1])
            stop = count if zero else ast.BinOp(start, ast.Add(), count)
            return [start, stop], zero, zero
        if node.op.name != "range_" or not is_literal(node.inputs[2], 1):
            return None
        first, last, _ = node.inputs
        trees = [e.loops.iterable(writer, v) for v in (first, last)]
        zero = is_literal(first, 0)
        return trees, zero, zero and is_length(last)

    def made(self) -> list[bool]:
        """Which of the walked are lists made here, once for all rounds.

        In a round they might be made of something else: of what rounds write to.
        """
        pairs = zip(self.loop.walked, self.walked, strict=True)
        return [isinstance(v.type, List) and not _is_there(t) for v, t in pairs]

    def name_walked(self, writer: Writer, which: Sequence[bool] = ()) -> None:
        """Give names to lists that are expressions: they are read at each round."""
        e = self.emitter
        for k, (v, tree) in enumerate(zip(self.loop.walked, self.walked, strict=True)):
            if which and not which[k]:
                continue
            if not isinstance(v.type, Range) and e.table.value(tree) is None:
                named = Value("", v.type)
                e.hints[named] = "walked"
                writer.add(Assign((named,), tree, span=self.node.span))
                self.walked[k] = e.table.ref(named)

    def length(self) -> ast.expr:
        """How many rounds there are."""
        if not self.bounds:
            return call("len", self.walked[0])
        start, stop = self.bounds
        if self.plain:
            return stop
        if isinstance(start, ast.Constant) and start.value == 0:
            return call("max", stop, ast.Constant(0))
        return call("len", call("range", start, stop))

    def head(self, body: Writer) -> None:
        """Write what a round reads by its index."""
        e = self.emitter
        if self.position is None:
            return
        pairs = zip(self.loop.items, self.loop.walked, self.walked, strict=True)
        for item, walked, tree in pairs:
            same = e.table.variable(item) is self.counter or item in e.table.alias
            if same or not e.uses.count[item]:
                continue
            made = self.range_of(walked)
            if made is not None:
                entry = self.range_entry(body, made)
            else:
                entry = ast.Subscript(tree, self.position, ast.Load())
            targets = e.unpacked.parts.get(item, (item,))
            body.add(Assign(targets, entry, span=self.node.span))

    def range_of(self, walked: Value) -> Node | None:
        """The range behind what is walked, where its entries can be computed."""
        e = self.emitter
        node = e.loops.ranges.get(walked)
        if node is not None and node.op.name == "range_":
            return node
        node = node or e.uses.makers.get(walked)
        while node is not None and node.op.name == "range_prefix":
            node = e.uses.makers.get(node.inputs[0])
        if node is None or node.op.name != "range_":
            return None
        known = all(isinstance(node.inputs[k], Literal) for k in (0, 2))
        return node if known else None

    def range_entry(self, body: Writer, made: Node) -> ast.expr:
        """The entry of a range: `start + position * step`."""
        e = self.emitter
        assert self.position is not None
        start, step = (e.loops.iterable(body, made.inputs[k]) for k in (0, 2))
        moved: ast.expr = self.position
        if is_literal(made.inputs[2], -1):
            return ast.BinOp(start, ast.Sub(), moved)
        if not is_literal(made.inputs[2], 1):
            moved = ast.BinOp(moved, ast.Mult(), step)
        if is_literal(made.inputs[0], 0):
            return moved
        return ast.BinOp(start, ast.Add(), moved)

    def keeping(self, kept: Value, entry: ast.expr) -> ast.stmt:
        """The statement that keeps an entry in a list, or in its place in an array."""
        if kept not in self.arrays:
            return super().keeping(kept, entry)
        assert self.position is not None
        place = ast.Subscript(self.emitter.table.ref(kept), self.position, ast.Load())
        return store(place, entry)

    def statement(self, test: ast.expr, body: list[Statement]) -> Statement:
        """The loop itself."""
        if self.position is None:
            return super().statement(test, body)
        start, stop = self.bounds
        if self.node.params.get("parallel") and self.goes_along():
            return self.on_threads(body)
        if self.loop.reverse:
            down = call("range", minus_one(stop), minus_one(start), constant(-1))
            if self.node.params.get("downward"):
                helper = ast.Name("runtime.downward", ast.Load())
                down = ast.Call(helper, [start, stop], [])
            return For([self.counter], [down], False, body, span=self.node.span)
        zero = isinstance(start, ast.Constant) and start.value == 0
        up = call("range", stop) if zero else call("range", start, stop)
        return For([self.counter], [up], False, body, span=self.node.span)

    def goes_along(self) -> bool:
        """Whether threads can read and write all lists: they are arrays."""
        read = [*self.loop.walked, *free_values(self.loop.body)]
        lists = [v for v in read if isinstance(v.type, List)]
        lists += [kept for _, kept in self.lists]
        return all(map(self.emitter.loops.is_array, lists))

    def on_threads(self, body: list[Statement]) -> Statement:
        """The loop with `prange`, which counts without sign from a known number."""
        start, stop = self.bounds
        if self.node.params.get("signed"):
            start = call("np.int64", start)
        zero = isinstance(start, ast.Constant) and start.value == 0
        walked = call(PRANGE, *([stop] if zero else [start, stop]))
        threads = threads_of(self.loop, self.emitter.table)
        return For([self.counter], [walked], False, body, threads, span=self.node.span)

    def after(self, writer: Writer) -> None:
        """Write what follows the loop."""
        lists = self.lists
        self.lists = [pair for pair in lists if pair[1] not in self.arrays]
        super().after(writer)
        self.lists = lists


def _is_there(tree: ast.expr) -> bool:
    """Whether a tree is a name, or an entry of what has one."""
    if isinstance(tree, ast.Subscript):
        index = list(ast.walk(tree.slice))
        plain = not any(
            isinstance(n, (ast.Slice, ast.Subscript, ast.Call)) for n in index
        )
        return plain and _is_there(tree.value)
    return isinstance(tree, (ast.Name, ast.Attribute))


def minus_one(tree: ast.expr) -> ast.expr:
    """`tree - 1`, computed where it is a constant or ends in one."""
    if isinstance(tree, ast.Constant) and isinstance(tree.value, int):
        return constant(tree.value - 1)
    if isinstance(tree, ast.BinOp) and isinstance(tree.right, ast.Constant):
        number = tree.right.value
        if isinstance(number, int) and isinstance(tree.op, (ast.Add, ast.Sub)):
            by = (number if isinstance(tree.op, ast.Add) else -number) - 1
            sign = ast.Add() if by > 0 else ast.Sub()
            return ast.BinOp(tree.left, sign, constant(abs(by))) if by else tree.left
    return ast.BinOp(tree, ast.Sub(), ast.Constant(1))


def in_residual(entries: Value, uses: Uses) -> bool:
    """Whether a list is part of what a graph keeps for its other half."""
    users = uses.users.get(entries, [])
    outer = uses.collects.get(entries, [])
    return any(n.op.name == "make_residual" for n in users) or any(
        in_residual(whole, uses) for whole in outer
    )


def only_walked(entries: Value, uses: Uses) -> bool:
    """Whether a list is read only where an array reads the same: walked, by index.

    It may be kept in another list that is only walked, where its entries are.
    """
    users = uses.users.get(entries, [])
    for node in users:
        walked = node.inputs[: node.params["walked"]] if node.op is for_ else ()
        if entries not in walked and node.op.name not in _READERS:
            return False
    outer = uses.collects.get(entries, [])
    if uses.count[entries] != len(users) + len(outer):
        return False
    for whole in outer:
        items = [
            loop.items[loop.walked.index(whole)]
            for loop in (loop_of(n) for n in uses.users.get(whole, []) if n.op is for_)
            if whole in loop.walked
        ]
        if not only_walked(whole, uses) or len(items) != uses.count[whole]:
            return False
        if not all(only_walked(item, uses) for item in items):
            return False
    return True
