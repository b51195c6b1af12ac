"""Where a cotangent may differ from zero: the masks it went through, followed on.

`np.where` gives each branch a masked cotangent. Its mask stays known through sums,
broadcasts, reshapes and stores, and is asked for where a partial may be infinite: the
product is masked once more there, so what was not selected gives 0, never 0 * inf.

A support is a mask in the cotangent's shape, `NOWHERE`, or None where nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from srcad.ir.builder import current
from srcad.ir.graph import Literal, Node, Value, is_literal
from srcad.ir.types import Scalar, kind_of
from srcad.ops.declare import OPS

NOWHERE = "nowhere"
Support = Value | str | None
DEPTH = 12  # how many operations are followed back

# Linear operations that only move or copy entries: a mask goes through them as it is.
MOVES = frozenset(
    [
        "reshape_like",
        "reshape",
        "ravel",
        "transpose",
        "swapaxes",
        "moveaxis",
        "expand_dims",
        "squeeze",
        "broadcast_like",
        "broadcast_to",
        "getitem",
        "flip",
        "flipud",
        "fliplr",
        "roll",
        "piece",
        "permuted",
    ]
)
SAME = frozenset(["negative", "cast", "real", "conj"])
# What gives an infinite partial at the edge of a domain.
SINGULAR = frozenset(
    [
        "divide",
        "quotient",
        "power",
        "power_slope",
        "power_or_zero",
        "log",
        "reciprocal",
        "exp",
        "exp2",
        "gamma",
        "math_log",
    ]
)


def support(g: Value, depth: int = DEPTH) -> Support:
    """Where a cotangent may differ from zero."""
    node = current().definitions.get(g)
    if is_literal(g, 0.0):
        return NOWHERE
    if node is None or depth == 0 or len(node.outputs) != 1:
        return None
    name = node.op.name
    if name in RULES:
        return RULES[name](node, depth - 1)
    if name in SAME:
        return support(node.inputs[0], depth - 1)
    if name in MOVES:
        found = support(node.inputs[0], depth - 1)
        if not isinstance(found, Value):
            return found
        return OPS[name](found, *node.inputs[1:], **node.params)
    return None


def _masked(node: Node, depth: int) -> Support:
    condition, inner = node.inputs
    within = support(inner, depth)
    if within == NOWHERE:
        return NOWHERE
    if not node.params.get("keep", True):
        condition = OPS["logical_not"](condition)
    return _both(condition, within)


def _both(a: Support, b: Support) -> Support:
    if isinstance(a, Value) and isinstance(b, Value) and a is not b:
        return OPS["logical_and"](a, b)
    if NOWHERE in (a, b):
        return NOWHERE
    return b if a is None else a


def _either(a: Support, b: Support) -> Support:
    if a is None or b is None:
        return None
    if isinstance(a, Value) and isinstance(b, Value):
        return a if a is b else OPS["logical_or"](a, b)
    return b if a == NOWHERE else a


def _sum(node: Node, depth: int) -> Support:
    first = support(node.inputs[0], depth)
    return None if first is None else _either(first, support(node.inputs[1], depth))


def _product(node: Node, depth: int) -> Support:
    return _both(support(node.inputs[0], depth), support(node.inputs[1], depth))


def _quotient(node: Node, depth: int) -> Support:
    return support(node.inputs[0], depth)


def _total(node: Node, depth: int) -> Support:
    """A sum over axes: where any of its entries is."""
    found = support(node.inputs[0], depth)
    if not isinstance(found, Value):
        return found
    if node.op.name == "sum_like":
        return _summed_like(found, node)
    spread = OPS["broadcast_like"](found, node.inputs[0])
    params = {k: v for k, v in node.params.items() if k in ("axis", "keepdims")}
    return OPS["any_"](spread, **params)


def _summed_like(found: Value, node: Node) -> Value:
    ones = OPS["cast"](OPS["broadcast_like"](found, node.inputs[0]), dtype="float64")
    return OPS["sum_like"](ones, node.inputs[1]) > 0.0


def _stored(node: Node, depth: int) -> Support:
    """Parts put in an array by an index that names no entry twice; zeros by any."""
    x, v, *index = node.inputs
    if node.op.name == "update" and is_literal(v, 0.0):
        return _emptied(node, support(x, depth))
    if not all(isinstance(i.type, Scalar) for i in index):
        return None
    whole, part = support(x, depth), support(v, depth)
    if whole is None or part is None:
        return None
    if whole == NOWHERE == part:
        return NOWHERE
    base = whole if isinstance(whole, Value) else _nothing_like(x)
    added: Any = part if isinstance(part, Value) else False
    layout = {"layout": node.params["layout"]}
    if node.op.name == "add_at" and isinstance(whole, Value):
        added = OPS["logical_or"](OPS["getitem"](base, *index, **layout), added)
    return OPS["update"](base, added, *index, **layout)


def _emptied(node: Node, whole: Support) -> Support:
    """Nowhere where zeros were written; elsewhere what is known of the array."""
    if whole == NOWHERE:
        return NOWHERE
    x, _, *index = node.inputs
    base = whole
    if not isinstance(base, Value):
        base = OPS["logical_not"](OPS["zeros_as"](x, dtype=bool))
    return OPS["update"](base, False, *index, layout=node.params["layout"])


def _nothing_like(x: Value) -> Value:
    """False in the shape of x; of zeros, in that of what they were made like."""
    node = current().definitions.get(x)
    zeros = node is not None and node.op.name in ("zeros_like", "zeros_as")
    return OPS["zeros_as"](node.inputs[0] if node and zeros else x, dtype=bool)


RULES: dict[str, Callable[[Node, int], Support]] = {
    "masked": _masked,
    "add": _sum,
    "subtract": _sum,
    "multiply": _product,
    "divide": _quotient,
    "quotient": _quotient,
    "sum_": _total,
    "sum_like": _total,
    "add_at": _stored,
    "update": _stored,
    "zeros_like": lambda node, depth: NOWHERE,
    "zeros_as": lambda node, depth: NOWHERE,
}


def may_be_infinite(found: Value, g: Value, depth: int = 3) -> bool:
    """Whether a product with g has a factor that is infinite at an edge."""
    if found is g or depth == 0 or isinstance(found, Literal):
        return False
    node = current().definitions.get(found)
    if node is None:
        return False
    if node.op.name in SINGULAR:
        last = node.inputs[-1]
        if node.op.name == "power" and isinstance(last, Literal):
            return bool(np.less(last.value, 0))
        return node.op.name not in ("divide", "quotient") or _may_vanish(last)
    return any(may_be_infinite(v, g, depth - 1) for v in node.inputs)


def _may_vanish(x: Value) -> bool:
    """Whether a divisor may be zero: not a constant, nor a number of entries."""
    return not isinstance(x, Literal) and kind_of(x.type) != "int"


def guarded(g: Value, product: Callable[[Value], Value]) -> Value:
    """`product(g)`, which is 0 where g is 0 by a mask, though a factor be infinite."""
    found = product(g)
    if found is g or not may_be_infinite(found, g):
        return found
    mask = support(g)
    return OPS["masked"](mask, found) if isinstance(mask, Value) else found
