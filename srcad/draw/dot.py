"""A region in Graphviz's language: boxes are clusters."""

from __future__ import annotations

from collections.abc import Iterator

from srcad.draw.items import Item, Region
from srcad.draw.svg import Write

HEAD = """  rankdir=LR;
  node [shape=circle, fontname="monospace", fontsize=12, margin=0.04];
  edge [fontname="monospace", fontsize=11];
"""


def dot(region: Region, write: Write, name: str) -> str:
    """The whole graph."""
    lines = [
        f"digraph {_quoted(name)} {{",
        HEAD.rstrip(),
        *_region(region, write, "  "),
    ]
    return "\n".join([*lines, "}"]) + "\n"


def _region(region: Region, write: Write, indent: str) -> Iterator[str]:
    for item in region.items:
        if item.kind == "box":
            yield f"{indent}subgraph cluster_{item.id} {{"
            yield f"{indent}  label={_quoted(item.text)};"
            for inner in item.regions:
                yield from _region(inner, write, indent + "  ")
            for k in range(len(item.outputs)):  # where what the box gives leaves it
                yield f"{indent}  {item.id}_{k} [shape=point];"
            yield f"{indent}}}"
            for k, ends in enumerate(item.exits):
                for end in ends:
                    yield f"{indent}{end.id} -> {item.id}_{k} [style=dashed];"
            continue
        shape = {"input": "plaintext", "output": "box"}.get(item.kind, "")
        look = f", shape={shape}" if shape else ""
        name = item.text
        if item.kind == "input":
            name = _label(item, 0, write)
        yield f"{indent}{item.id} [label={_quoted(name)}{look}];"
    for edge in region.edges:
        start, target = _start(edge.source, edge.output), edge.target
        label = (
            ""
            if edge.source.kind == "input"
            else _label(edge.source, edge.output, write)
        )
        if target.kind == "box":
            heads = [h for inner in target.regions for h in inner.heads]
            target = heads[edge.input]
        look = f" [label={_quoted(label)}]" if label else ""
        yield f"{indent}{start} -> {target.id}{look};"
    if not any(edge.source is item for item in region.items for edge in region.edges):
        return
    yield from _ends(region, write, indent)


def _ends(region: Region, write: Write, indent: str) -> Iterator[str]:
    """What nothing reads leads out of the picture, with its label."""
    read = {(e.source, e.output) for e in region.edges}
    for item in region.items:
        for k, _ in enumerate(item.outputs):
            if (item, k) in read or item.kind == "input" or region.tails:
                continue
            yield f'{indent}{item.id}_end{k} [shape=none, label=""];'
            label = _quoted(_label(item, k, write))
            yield f"{indent}{_start(item, k)} -> {item.id}_end{k} [label={label}];"


def _start(item: Item, output: int) -> str:
    return f"{item.id}_{output}" if item.kind == "box" else item.id


def _label(item: Item, output: int, write: Write) -> str:
    name, value, derivative, _ = write(item.outputs[output])
    above = f"{name} = {value}" if value else name
    return f"{above}\n{derivative}" if derivative else above


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
