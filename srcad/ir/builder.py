"""The builder: where rules, lowering and passes write nodes.

The builder in use is a context variable, so a rule is a plain function of values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

from srcad.errors import Span
from srcad.ir.graph import NO_PARAMS, Block, Node, Operation, Value
from srcad.ir.structure import call, for_, if_, while_
from srcad.ir.types import BOOL, INT, List, Type

Rewrite = Callable[[Any, tuple[Value, ...], Mapping[str, Any]], Value | None]


class Builder:
    """Collects the nodes of one block.

    span : given to every node made until it is changed.
    rewrite : asked before a node is made; a value it gives is used instead.
    definitions : the node that made each value, of this block and those around it.
    made : the values that nodes of this block made.
    via : the module of the callable whose rule is being written ("np" or "math").
    """

    def __init__(
        self, parent: Builder | None = None, rewrite: Rewrite | None = None
    ) -> None:
        self.nodes: list[Node] = []
        self.span: Span | None = parent.span if parent else None
        self.via: str = parent.via if parent else "np"
        inherited = parent.rewrite if parent else None
        self.rewrite: Rewrite | None = rewrite or inherited
        self.definitions: dict[Value, Node] = parent.definitions if parent else {}
        self.parent = parent
        self.made: set[Value] = set()

    def add(self, node: Node) -> Node:
        """Append a node as it is."""
        self.nodes.append(node)
        for v in node.outputs:
            self.definitions[v] = node
        self.made.update(node.outputs)
        return node

    def sees(self, value: Value) -> bool:
        """Whether a node of this block or of those around it made a value."""
        return value in self.made or (
            self.parent is not None and self.parent.sees(value)
        )

    def emit(
        self,
        op: Operation,
        inputs: Sequence[Value],
        types: Sequence[Type],
        params: Mapping[str, Any] = NO_PARAMS,
        *,
        blocks: Sequence[Block] = (),
        names: Sequence[str] = (),
    ) -> tuple[Value, ...]:
        """Append a node with fresh outputs of the given types; gives the outputs."""
        names = names or [""] * len(types)
        outputs = tuple(Value(n, t) for n, t in zip(names, types, strict=True))
        node = Node(op, tuple(inputs), outputs, params, tuple(blocks), self.span)
        return self.add(node).outputs

    def block(
        self, params: Sequence[Value] = (), results: Sequence[Value] = ()
    ) -> Block:
        """What was built, as a block."""
        return Block(tuple(params), tuple(self.nodes), tuple(results))

    @contextmanager
    def inner(self) -> Iterator[Builder]:
        """A builder for a nested block, in use while the context lasts."""
        with Builder(self).active() as child:
            yield child

    @contextmanager
    def active(self) -> Iterator[Builder]:
        """Make this the builder that operations write into."""
        token = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(token)

    def at(self, span: Span | None) -> AbstractContextManager[None]:
        """Give the nodes made meanwhile this span (None: no change)."""
        return _At(self, span)

    def if_(
        self,
        condition: Value,
        then: Block,
        otherwise: Block,
        types: Sequence[Type],
        names: Sequence[str] = (),
    ) -> tuple[Value, ...]:
        """A branch; `types` are those of the merged results."""
        return self.emit(
            if_, (condition,), types, blocks=(then, otherwise), names=names
        )

    def for_(
        self,
        walked: Sequence[Value],
        initial: Sequence[Value],
        body: Block,
        types: Sequence[Type] | None = None,
        *,
        stop: bool = False,
        reverse: bool = False,
        names: Sequence[str] = (),
    ) -> tuple[Value, ...]:
        """A loop over ranges or lists; `types` are those of the carried values.

        By default they are the types of the body's carried parameters. `names` are
        for the final values and the lists.
        """
        params = {"walked": len(walked), "stop": stop, "reverse": reverse}
        carried = body.params[len(walked) :]
        return self._loop(
            for_, (*walked, *initial), (body,), carried, types, params, names
        )

    def while_(
        self,
        initial: Sequence[Value],
        test: Block,
        body: Block,
        types: Sequence[Type] | None = None,
        *,
        stop: bool = False,
        names: Sequence[str] = (),
    ) -> tuple[Value, ...]:
        """A loop as long as the test block gives true."""
        params = {"walked": 0, "stop": stop, "reverse": False}
        return self._loop(
            while_, tuple(initial), (test, body), body.params, types, params, names
        )

    def _loop(
        self,
        op: Operation,
        inputs: tuple[Value, ...],
        blocks: tuple[Block, ...],
        carried: tuple[Value, ...],
        types: Sequence[Type] | None,
        params: Mapping[str, Any],
        names: Sequence[str],
    ) -> tuple[Value, ...]:
        collected = blocks[-1].results[len(carried) :]
        final = list(types) if types is not None else [v.type for v in carried]
        lists = [List(v.type) for v in collected]
        known = list(names) or [v.name for v in carried]
        known += [""] * (len(final) + len(lists) + 1 - len(known))
        return self.emit(
            op, inputs, [*final, *lists, INT], params, blocks=blocks, names=known
        )

    def call(
        self,
        callee: object,
        inputs: Sequence[Value],
        types: Sequence[Type],
        names: Sequence[str] = (),
    ) -> tuple[Value, ...]:
        """A call of the program's graph `callee`."""
        return self.emit(call, inputs, types, {"callee": callee}, names=names)


class _At(AbstractContextManager[None]):
    """A class and no generator, for it is entered for every node."""

    def __init__(self, builder: Builder, span: Span | None) -> None:
        self.builder, self.span, self.before = builder, span, builder.span

    def __enter__(self) -> None:
        self.before = self.builder.span
        self.builder.span = self.span or self.before

    def __exit__(self, *error: object) -> None:
        self.builder.span = self.before


_current: ContextVar[Builder] = ContextVar("srcad_builder")


current = _current.get  # the builder in use: rules ask for it all the time


def boolean(name: str = "") -> Value:
    """A fresh boolean value, for a parameter of a block."""
    return Value(name, BOOL)
