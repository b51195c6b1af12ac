"""A region in Graphviz's language: boxes are clusters."""

from __future__ import annotations

from collections.abc import Iterator

from srcad.draw.ends import head_of, label_of, start_of, unread
from srcad.draw.items import Region
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
            name = label_of(item, 0, write)
        yield f"{indent}{item.id} [label={_quoted(name)}{look}];"
    for edge in region.edges:
        start, named = start_of(edge.source, edge.output), edge.source.kind != "input"
        label = label_of(edge.source, edge.output, write) if named else ""
        look = f" [label={_quoted(label)}]" if label else ""
        yield f"{indent}{start} -> {head_of(edge).id}{look};"
    if not any(edge.source is item for item in region.items for edge in region.edges):
        return
    for item, k in unread(region):
        yield f'{indent}{item.id}_end{k} [shape=none, label=""];'
        label = _quoted(label_of(item, k, write))
        yield f"{indent}{start_of(item, k)} -> {item.id}_end{k} [label={label}];"


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
