"""Whether two blocks say the same: equal but for the values they define."""

from __future__ import annotations

from srcad.ir.graph import Block, Literal, Node, Value


def same_block(a: Block, b: Block, known: dict[Value, Value] | None = None) -> bool:
    """Whether two blocks are one program.

    known : for values from above `a`, those that must stand in their place in `b`.
    """
    known = {} if known is None else known
    if len(a.nodes) != len(b.nodes) or not _paired(a.params, b.params, known):
        return False
    nodes = zip(a.nodes, b.nodes, strict=True)
    return all(_same_node(x, y, known) for x, y in nodes) and _read_same(
        a.results, b.results, known
    )


def _same_node(a: Node, b: Node, known: dict[Value, Value]) -> bool:
    if a.op is not b.op or len(a.blocks) != len(b.blocks):
        return False
    if a.params is not b.params and dict(a.params) != dict(b.params):
        return False
    if not _read_same(a.inputs, b.inputs, known):
        return False
    blocks = zip(a.blocks, b.blocks, strict=True)
    return all(same_block(x, y, known) for x, y in blocks) and _paired(
        a.outputs, b.outputs, known
    )


def _paired(
    a: tuple[Value, ...], b: tuple[Value, ...], known: dict[Value, Value]
) -> bool:
    """Let new values stand for each other, if their types are equal."""
    if [v.type for v in a] != [v.type for v in b]:
        return False
    known.update(zip(a, b, strict=True))
    return True


def _read_same(
    a: tuple[Value, ...], b: tuple[Value, ...], known: dict[Value, Value]
) -> bool:
    if len(a) != len(b):
        return False
    return all(
        _same_literal(x, y) if isinstance(x, Literal) else known.get(x, x) is y
        for x, y in zip(a, b, strict=True)
    )


def _same_literal(a: Literal, b: Value) -> bool:
    """Whether two constants are one: -0.0 is not 0.0, and True is not 1."""
    if not isinstance(b, Literal) or a.type != b.type:
        return False
    return a.value is b.value or (
        type(a.value) is type(b.value)
        and isinstance(a.value, (bool, int, float, complex, str, bytes))
        and repr(a.value) == repr(b.value)
    )
