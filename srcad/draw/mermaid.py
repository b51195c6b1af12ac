"""A region in Mermaid's language: boxes are subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from srcad.draw.ends import head_of, label_of, start_of, unread
from srcad.draw.items import Item, Region
from srcad.draw.svg import Write


def mermaid(region: Region, write: Write) -> str:
    """The whole graph."""
    return "\n".join(["flowchart LR", *_region(region, write, "  ")]) + "\n"


def _region(region: Region, write: Write, indent: str) -> Iterator[str]:
    for item in region.items:
        if item.kind == "box":
            yield f"{indent}subgraph {item.id}box[{_quoted(item.text)}]"
            for inner in item.regions:
                yield from _region(inner, write, indent + "  ")
            for k in range(len(item.outputs)):
                yield f'{indent}  {item.id}_{k}((" "))'
            yield f"{indent}end"
            for k, ends in enumerate(item.exits):
                for end in ends:
                    yield f"{indent}{end.id} -.-> {item.id}_{k}"
        else:
            yield f"{indent}{item.id}{_shaped(item, write)}"
    for edge in region.edges:
        start, arrow = edge.source, _arrow(edge.source, edge.output, write)
        yield f"{indent}{start_of(start, edge.output)} {arrow} {head_of(edge).id}"
    for item, k in unread(region):
        yield f'{indent}{item.id}_end{k}[" "]:::end_'
        arrow = _arrow(item, k, write)
        yield f"{indent}{start_of(item, k)} {arrow} {item.id}_end{k}"
    if indent == "  ":
        yield f"{indent}classDef end_ fill:none,stroke:none"


def _shaped(item: Item, write: Write) -> str:
    if item.kind == "input":
        return f"[{_quoted(label_of(item, 0, write))}]"
    if item.kind == "output":
        return f"([{_quoted(item.text)}])"
    return f"(({_quoted(item.text)}))"


def _arrow(item: Item, output: int, write: Write) -> str:
    if item.kind == "input":
        return "-->"
    return f"-- {_quoted(label_of(item, output, write))} -->"


def _quoted(text: str) -> str:
    signs = (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), ("\n", "<br>"))
    for sign, name in signs:
        text = text.replace(sign, name)
    return f'"{text}"'
