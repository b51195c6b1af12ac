"""A region in Mermaid's language: boxes are subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from srcad.draw.items import Item, Region
from srcad.draw.svg import Write


def mermaid(region: Region, write: Write) -> str:
    """The whole graph."""
    return "\n".join(["flowchart LR", *_region(region, write, "  ")]) + "\n"


def _region(region: Region, write: Write, indent: str) -> Iterator[str]:
    read = {(e.source, e.output) for e in region.edges}
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
        target = edge.target
        if target.kind == "box":
            target = [h for inner in target.regions for h in inner.heads][edge.input]
        arrow = _arrow(edge.source, edge.output, write)
        yield f"{indent}{_start(edge.source, edge.output)} {arrow} {target.id}"
    for item in region.items:
        for k in range(len(item.outputs)):
            if (item, k) not in read and item.kind != "input" and not region.tails:
                blank = f"{item.id}_end{k}"
                yield f'{indent}{blank}[" "]:::end_'
                yield f"{indent}{_start(item, k)} {_arrow(item, k, write)} {blank}"
    if indent == "  ":
        yield f"{indent}classDef end_ fill:none,stroke:none"


def _shaped(item: Item, write: Write) -> str:
    if item.kind == "input":
        return f"[{_quoted(_label(item, 0, write))}]"
    if item.kind == "output":
        return f"([{_quoted(item.text)}])"
    return f"(({_quoted(item.text)}))"


def _arrow(item: Item, output: int, write: Write) -> str:
    if item.kind == "input":
        return "-->"
    return f"-- {_quoted(_label(item, output, write))} -->"


def _start(item: Item, output: int) -> str:
    return f"{item.id}_{output}" if item.kind == "box" else item.id


def _label(item: Item, output: int, write: Write) -> str:
    name, value, derivative, _ = write(item.outputs[output])
    above = f"{name} = {value}" if value else name
    return f"{above}\n{derivative}" if derivative else above


def _quoted(text: str) -> str:
    signs = (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), ("\n", "<br>"))
    for sign, name in signs:
        text = text.replace(sign, name)
    return f'"{text}"'
