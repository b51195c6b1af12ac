"""A graph as readable text, for people and for tests; the same graph, the same text.

graph f(x: float64[n])
  a = multiply(x, 2.0): float64[n]
  i, total, count = for_(range_(0, n, 1); i, total = 0.0)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from srcad.ir.graph import Block, Graph, Literal, Node, Program, Value
from srcad.ir.structure import for_, if_, try_, while_, with_


def program_text(program: Program) -> str:
    """All graphs of a program, the main one first."""
    keys = sorted(program.graphs, key=lambda k: (k != program.main, str(k)))
    return "\n\n".join(text(program.graphs[key]) for key in keys)


def text(graph: Graph) -> str:
    """The graph, one line per node, blocks indented."""
    names = _Names()
    params = ", ".join(f"{names(p)}: {p.type}" for p in graph.body.params)
    lines = [f"graph {graph.name}({params})", *_lines(graph.body, names, "  ")]
    return "\n".join(lines)


class _Names:
    """Names of values: the user's where there is one, numbered where it is taken."""

    def __init__(self) -> None:
        self.given: dict[Value, str] = {}
        self.taken: set[str] = set()

    def __call__(self, value: Value) -> str:
        if isinstance(value, Literal):
            return _constant(value.value)
        if value not in self.given:
            base = value.name or "v"
            name, k = (base, 1) if value.name else ("v1", 1)
            while name in self.taken:
                k += 1
                name = f"{base}.{k}" if value.name else f"v{k}"
            self.given[value] = name
            self.taken.add(name)
        return self.given[value]

    def all(self, values: Sequence[Value]) -> str:
        return ", ".join(map(self, values))


def _constant(value: object) -> str:
    """A literal without addresses in it."""
    if callable(value) or isinstance(value, type):
        return str(getattr(value, "__qualname__", type(value).__name__))
    shown = repr(value)
    return f"<{type(value).__name__}>" if " at 0x" in shown else shown


def _lines(block: Block, names: _Names, indent: str) -> Iterator[str]:
    for node in block.nodes:
        yield from _node(node, names, indent)
    yield f"{indent}-> {names.all(block.results)}"


def _node(node: Node, names: _Names, indent: str) -> Iterator[str]:
    inputs = names.all(node.inputs)
    outputs = names.all(node.outputs)
    known = ", ".join(f"{k}={_param(v)}" for k, v in sorted(node.params.items()) if v)
    types = ", ".join(str(v.type) for v in node.outputs)
    call = f"{node.op.name}({inputs}{'; ' if known else ''}{known})"
    yield f"{indent}{outputs} = {call}: {types}" if outputs else f"{indent}{call}"
    for k, block in enumerate(node.blocks):
        yield f"{indent}  {_title(node, k)}({names.all(block.params)})"
        yield from _lines(block, names, indent + "    ")


def _title(node: Node, k: int) -> str:
    if node.op is if_:
        return ("then", "else")[k]
    if node.op is while_:
        return ("test", "body")[k]
    if node.op is try_:
        return ("body", "handler")[k]
    return "body" if node.op in (for_, with_) else f"block{k}"


def _param(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_param(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(map(_param, value)) + ")"
    return _constant(value)
