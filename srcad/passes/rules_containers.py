"""Rules for tuples, dicts, lists, residuals and parts of arrays: what was put in."""

from __future__ import annotations

from srcad.ir.graph import Literal, Node, Value, is_literal, literal
from srcad.ir.types import Array, Dict, Maybe, Scalar, Tuple
from srcad.passes.rules import (
    Inputs,
    Params,
    adjoint,
    before_all,
    exact,
    is_array,
    made_by,
    op,
    same_type,
    same_values,
    used_once,
)

# ---- containers ----------------------------------------------------------------------


@exact("item")
def item_of_made(inputs: Inputs, params: Params) -> Value | None:
    """The element that was put in."""
    key = params.get("key", 0)
    node = made_by(inputs[0], "make_tuple", "list_of")
    if node is not None and isinstance(key, int):
        inside = -len(node.inputs) <= key < len(node.inputs)
        return node.inputs[key] if inside else None
    node = made_by(inputs[0], "make_dict")
    if node is None or key not in node.params["keys"]:
        return None
    return node.inputs[list(node.params["keys"]).index(key)]


@exact("make_tuple")
def tuple_of_all_items(inputs: Inputs, params: Params) -> Value | None:
    """(t[0], t[1], ...) is t."""
    whole = _whole(inputs, list(range(len(inputs))))
    if whole is None or not isinstance(whole.type, Tuple):
        return None
    form = whole.type
    same = form.cls is params.get("cls", tuple) and len(form.items) == len(inputs)
    return whole if same else None


@exact("make_dict")
def dict_of_all_items(inputs: Inputs, params: Params) -> Value | None:
    """{"a": d["a"], ...} is d."""
    keys = list(params.get("keys", ()))
    whole = _whole(inputs, keys)
    if whole is None or not isinstance(whole.type, Dict):
        return None
    same = whole.type.cls is params.get("cls", dict)
    return whole if same and list(whole.type.keys) == keys else None


def _whole(inputs: Inputs, keys: list[object]) -> Value | None:
    whole: Value | None = None
    for v, key in zip(inputs, keys, strict=True):
        node = made_by(v, "item")
        if node is None or node.params.get("key", 0) != key:
            return None
        if whole is not None and node.inputs[0] is not whole:
            return None
        whole = node.inputs[0]
    return whole


@exact("residual_item")
def kept_item(inputs: Inputs, params: Params) -> Value | None:
    """What was kept, where the keeping is in sight."""
    node = made_by(inputs[0], "make_residual")
    k = params.get("k", -1)
    return node.inputs[k] if node is not None and k < len(node.inputs) else None


@exact("list_reversed")
def twice_reversed(inputs: Inputs, params: Params) -> Value | None:
    """Reversed twice."""
    node = made_by(inputs[0], "list_reversed")
    return None if node is None else node.inputs[0]


@exact("list_get")
def entry_of_made(inputs: Inputs, params: Params) -> Value | None:
    """An entry of a list of known entries, or the entry just set."""
    xs, i = inputs
    if not isinstance(i, Literal) or type(i.value) is not int:
        return None
    node = made_by(xs, "list_of")
    if node is not None:
        inside = -len(node.inputs) <= i.value < len(node.inputs)
        return node.inputs[i.value] if inside else None
    node = made_by(xs, "list_append")
    if node is not None and i.value == -1:
        return node.inputs[1]
    node = made_by(xs, "list_set")
    same = node is not None and is_literal(node.inputs[1], i.value)
    return node.inputs[2] if same and node is not None else None


@exact("list_len")
def length_of_made(inputs: Inputs, params: Params) -> Value | None:
    """The length of a list of known entries."""
    node = made_by(inputs[0], "list_of")
    return None if node is None else literal(len(node.inputs))


@exact("list_concat")
def concat_with_empty(inputs: Inputs, params: Params) -> Value | None:
    """[] + xs, as a value, is xs."""
    for empty, xs in (inputs, inputs[::-1]):
        node = made_by(empty, "list_of")
        if node is not None and not node.inputs:
            return xs
    return None


@exact("range_len")
def length_of_range(inputs: Inputs, params: Params) -> Value | None:
    """The length of a range of literals."""
    node = made_by(inputs[0], "range_")
    if node is None or not all(isinstance(v, Literal) for v in node.inputs):
        return None
    values = [v.value for v in node.inputs if isinstance(v, Literal)]
    return literal(len(range(*values))) if values[2] else None


@exact("is_none")
def none_or_not(inputs: Inputs, params: Params) -> Value | None:
    """A number or an array is never None."""
    (x,) = inputs
    if is_literal(x, None):
        return literal(True)
    return literal(False) if isinstance(x.type, (Array, Scalar)) else None


# ---- parts of arrays -----------------------------------------------------------------


def _layout(params: Params) -> tuple[object, ...]:
    return tuple(params.get("layout", ()))


def _same_index(node: Node, index: Inputs, params: Params) -> bool:
    return _layout(node.params) == _layout(params) and same_values(
        node.inputs[2:], index
    )


def _is_basic(layout: tuple[object, ...], index: Inputs) -> bool:
    """Whether only integers and slices are used: every element is named once."""
    rest = iter(index)
    for entry in layout:
        if isinstance(entry, tuple):
            for given in entry[1:]:
                if given:
                    next(rest)
        elif entry == "at":
            t = next(rest).type
            t = t.inner if isinstance(t, Maybe) else t
            if not (isinstance(t, Scalar) and t.kind == "int"):
                return False
    return True


def _is_all(layout: tuple[object, ...]) -> bool:
    """Whether an index names the whole array in its own shape."""
    whole = ("slice", False, False, False)
    return bool(layout) and all(e == "..." or e == whole for e in layout)


@exact("getitem")
def part_just_written(inputs: Inputs, params: Params) -> Value | None:
    """x[i] after x[i] = v is v, where v has the type of x[i]."""
    x, *index = inputs
    node = made_by(x, "update")
    if node is None or not _is_basic(_layout(params), tuple(index)):
        return None
    if not _same_index(node, tuple(index), params):
        return _part_beside(node, tuple(index), params)
    found = op("getitem").infer(
        x.type, *(v.type for v in index), layout=_layout(params)
    )
    return node.inputs[1] if same_type(node.inputs[1].type, found) else None


def _part_beside(node: Node, index: Inputs, params: Params) -> Value | None:
    """x[j] after x[i] = v, for two numbers of one sign, is the old x[j]."""
    old = node.inputs[2:]
    if _layout(node.params) != ("at",) or _layout(params) != ("at",):
        return None
    i, j = old[0], index[0]
    if not (isinstance(i, Literal) and isinstance(j, Literal)):
        return None
    if i.value == j.value or (i.value < 0) != (j.value < 0):
        return None
    return op("getitem")(node.inputs[0], *index, **params)


@exact("update")
def written_over(inputs: Inputs, params: Params) -> Value | None:
    """x[i] = u; x[i] = v is x[i] = v; x[i] = x[i] is nothing."""
    x, v, *index = inputs
    if not _is_basic(_layout(params), tuple(index)):
        return None
    node = made_by(x, "update")
    if node is not None and _same_index(node, tuple(index), params):
        return op("update")(node.inputs[0], v, *index, **params)
    node = made_by(v, "getitem")
    if node is None or node.inputs[0] is not x:
        return None
    same = same_values(node.inputs[1:], index)
    return x if same and _layout(node.params) == _layout(params) else None


@adjoint("add_at")
def added_to_zero(inputs: Inputs, params: Params) -> Value | None:
    """Adding to zeros sets; what was put aside and added back was never away."""
    x, v, *index = inputs
    if is_literal(v, 0, 0.0):
        return x
    if not _is_basic(_layout(params), tuple(index)):
        return None
    if made_by(x, "zeros_like", "zeros"):
        return op("update")(x, v, *index, layout=_layout(params))
    node = made_by(x, "update")
    if node is None or not is_literal(node.inputs[1], 0, 0.0):
        return None
    if not _same_index(node, tuple(index), params):
        return None
    return op("update")(node.inputs[0], v, *index, layout=_layout(params))


@adjoint("update")
def all_written(inputs: Inputs, params: Params) -> Value | None:
    """x[...] = v is v, where v has x's type."""
    x, v, *_ = inputs
    if not _is_all(_layout(params)) or not is_array(x):
        return None
    return v if same_type(v.type, x.type) else None


@adjoint("add_at")
def all_added(inputs: Inputs, params: Params) -> Value | None:
    """x[...] += v is x + v, where v has x's type."""
    x, v, *_ = inputs
    if not _is_all(_layout(params)) or not is_array(x):
        return None
    return x + v if same_type(v.type, x.type) else None


@adjoint("add_entry")
def put_back_in_a_list(inputs: Inputs, params: Params) -> Value | None:
    """What was put aside in a list and added back was never away.

    xs[i] = 0; xs[j] += u; xs[i] += v is xs[i] = v; xs[j] += u.
    """
    xs, i, v = inputs
    first = before_all(xs, "add_entry")
    if first is None or first.op.name != "list_set":
        return None
    if not is_literal(first.inputs[2], 0, 0.0):
        return None
    if not same_values(first.inputs[1:2], (i,)):
        return None
    between: list[Node] = []
    while (node := made_by(xs, "add_entry")) is not None:
        between.append(node)
        xs = node.inputs[0]
    if not all(used_once(n.out) for n in (first, *between)):
        return None
    found = op("list_set")(first.inputs[0], i, v)
    for other in reversed(between):
        found = op("add_entry")(found, *other.inputs[1:])
    return found


@adjoint("list_set")
def entry_set_to_itself(inputs: Inputs, params: Params) -> Value | None:
    """xs[i] = xs[i] is nothing."""
    xs, i, v = inputs
    node = made_by(v, "list_get")
    if node is None or node.inputs[0] is not xs:
        return None
    return xs if same_values(node.inputs[1:], (i,)) else None
