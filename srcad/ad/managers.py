"""Context managers around what differentiation writes.

A manager that decides what warns (`np.errstate`) stands around the derivative of its
block too, so that it warns no more than the primal; where the user asked for errors, it
does not: a derivative raises nothing that the primal did not. Other managers stand
around the primal alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.builder import current
from srcad.ir.graph import Block, Literal, Node, Value, is_literal, literal
from srcad.ir.structure import with_
from srcad.ir.types import Type
from srcad.ir.walk import copied_node

FILTERS = (warnings.simplefilter, warnings.filterwarnings)


def without_rule(node: Node) -> MissingRule:
    """The error where a derivative goes through what a context manager gives."""
    return MissingRule(
        "what this context manager gives depends on a differentiated value, and has "
        "no derivative rule",
        node.span,
        "compute the value outside of the context manager",
    )


def is_quiet(node: Node) -> bool:
    """Whether a manager decides what warns, and does nothing else."""
    return bool(node.params.get("quiet"))


def quieting(node: Node) -> dict[str, Value] | None:
    """The keywords of a manager that only silence; None where there is none."""
    if not is_quiet(node):
        return None
    names = node.params.get("keywords", ())
    pairs = dict(zip(names, node.inputs, strict=True))
    asked = {k: v for k, v in pairs.items() if is_literal(v, "ignore")}
    if node.params["function"] is np.errstate:
        return asked or None
    others = set(pairs) - {"action", "category"}
    if others or ("action" in pairs and "action" not in asked):
        return None
    return pairs if pairs or silenced(node.blocks[0]) else None


def silenced(block: Block) -> list[Node]:
    """The calls in a block that let warnings be ignored."""
    return [
        n
        for n in block.nodes
        if n.params.get("function") in FILTERS
        and all(isinstance(v, Literal) for v in n.inputs)
        and is_literal(n.inputs[0], "ignore")
    ]


def is_strict(node: Node) -> bool:
    """Whether a manager may turn warnings into errors."""
    return is_quiet(node) and not all(
        is_literal(v, "ignore", "warn")
        for k, v in zip(node.params.get("keywords", ()), node.inputs, strict=True)
        if k not in ("category", "record", "module", "lineno", "append")
    )


def under_manager(
    node: Node, block: Block, types: Sequence[Type], names: Sequence[str]
) -> Sequence[Value]:
    """Write an adjoint block where it belongs; gives its results."""
    keywords = quieting(node)
    if keywords is None:
        return placed(block)
    filters = [copied_node(n, {}) for n in silenced(node.blocks[0])]
    if node.params["function"] is np.errstate:
        filters = []
    block = replace(block, nodes=(*filters, *block.nodes))
    params: dict[str, Any] = {"function": node.params["function"], "quiet": True}
    params["keywords"] = tuple(keywords)
    if filters:
        params["effect"] = True
    return current().emit(
        with_, tuple(keywords.values()), types, params, blocks=(block,), names=names
    )


def placed(block: Block) -> Sequence[Value]:
    """Write the nodes of a block here; gives its results."""
    for node in block.nodes:
        current().add(node)
    return block.results


def silent(values: Sequence[Value], nodes: Sequence[Node]) -> Sequence[Value]:
    """Write nodes where nothing warns or raises; gives their values from outside."""
    known: dict[Value, Value] = {}
    inner = [copied_node(n, known) for n in nodes]
    made = list(dict.fromkeys(v for v in values if v in known))
    block = Block((), tuple(inner), tuple(known[v] for v in made))
    params = {"function": np.errstate, "quiet": True, "keywords": ("all",)}
    types = [v.type for v in made]
    found = current().emit(with_, (literal("ignore"),), types, params, blocks=(block,))
    outer = dict(zip(made, found, strict=True))
    return [outer.get(v, v) for v in values]
