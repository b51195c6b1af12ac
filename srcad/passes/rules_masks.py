"""Rules for masks in adjoint code: two that meet are one.

`np.where(c, u, 0.0) + np.where(c, 0.0, v)` is `np.where(c, u, v)`, and a number that is
masked by one condition and then by another is masked by either.
"""

from __future__ import annotations

from srcad.ir.graph import Node, Value
from srcad.ir.types import kind_of
from srcad.passes.rules import (
    Inputs,
    Params,
    adjoint,
    is_array,
    is_scalar,
    made_by,
    op,
    result_type,
    same_type,
    used_once,
)


def _keeps(node: Node) -> bool:
    return bool(node.params.get("keep", True))


def _is_bool(value: Value) -> bool:
    return is_scalar(value) and kind_of(value.type) == "bool"


def _chosen(first: Value, second: Value) -> Value | None:
    """np.where(c, u, v) for the sum of u where c holds and v where it does not."""
    a, b = made_by(first, "masked"), made_by(second, "masked")
    if a is None or b is None or a.inputs[0] is not b.inputs[0]:
        return None
    if _keeps(a) == _keeps(b) or not (used_once(first) and used_once(second)):
        return None
    if not is_array(first) or not is_array(second):
        return None
    taken, other = (a, b) if _keeps(a) else (b, a)
    found = op("where")(taken.inputs[0], taken.inputs[1], other.inputs[1])
    return found if same_type(found.type, result_type("add", first, second)) else None


@adjoint("add")
def complementary_masks(inputs: Inputs, params: Params) -> Value | None:
    """What holds where c does and what holds elsewhere, as one choice."""
    x, y = inputs
    found = _chosen(x, y)
    if found is not None:
        return found
    node = made_by(x, "add")
    if node is None or not used_once(x):
        return None
    before, first = node.inputs
    found = _chosen(first, y)
    return None if found is None else before + found


@adjoint("masked")
def mask_of_masked(inputs: Inputs, params: Params) -> Value | None:
    """0.0 if a else 0.0 if b else x is 0.0 if a or b else x."""
    condition, x = inputs
    node = made_by(x, "masked")
    if node is None or not used_once(x):
        return None
    inner, g = node.inputs
    keep = bool(params.get("keep", True))
    if keep != _keeps(node) or not (_is_bool(condition) and _is_bool(inner)):
        return None
    both = op("both" if keep else "either")(condition, inner)
    return op("masked")(both, g, **params)
