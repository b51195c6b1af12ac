"""Rules for sums and means in adjoint code of what is broadcast, turned or scaled."""

from __future__ import annotations

from srcad.ir.builder import current
from srcad.ir.graph import Value
from srcad.ir.sizes import same_length
from srcad.ir.types import Array, Type, dims_of, dtype_of, same_dims
from srcad.ops.reduced import axes_of
from srcad.passes.rules import (
    Inputs,
    Params,
    adjoint,
    is_array,
    is_coefficient,
    is_floating,
    is_scalar,
    made_by,
    op,
    result_type,
    same_type,
    used_once,
)
from srcad.passes.rules_sums import not_one, same_shape


@adjoint("sum_")
def sum_of_transposed(inputs: Inputs, params: Params) -> Value | None:
    """The sum of x.T over its rows is that of x over its columns."""
    (x,) = inputs
    node = made_by(x, "transpose", "transposed")
    axis = params.get("axis")
    if node is None or set(params) - {"axis"} or not is_array(x):
        return None
    if any(v is not None for v in node.params.values()):
        return None
    rank = len(dims_of(x.type) or ())
    if axis is None:
        return op("sum_")(node.inputs[0])
    if not isinstance(axis, int):
        return None
    return op("sum_")(node.inputs[0], axis=rank - 1 - axis % rank)


@adjoint("sum_")
def sum_of_broadcast(inputs: Inputs, params: Params) -> Value | None:
    """A sum over axes that were there before broadcasting comes before it."""
    node = made_by(inputs[0], "broadcast_like")
    if node is None or set(params) - {"axis"} or params.get("axis") is None:
        return None
    (x,), (g, like) = inputs, node.inputs
    dims, wanted = dims_of(g.type), dims_of(x.type)
    if not dims or not wanted or not is_array(g) or len(dims) != len(wanted):
        return None
    axes = axes_of(params["axis"], len(dims))
    if not all(not_one(dims[k]) or same_length(dims[k], wanted[k]) for k in axes):
        return None
    left = tuple(d for k, d in enumerate(wanted) if k not in axes)
    shape = _of_shape(like, Array("float64", left)) if left else None
    if shape is None:
        return None
    return op("broadcast_like")(op("sum_")(g, **params), shape)


def _of_shape(value: Value, wanted: Array, depth: int = 4) -> Value | None:
    """An array of a given shape among those that a value was computed from."""
    if is_array(value) and same_dims(value.type, wanted):
        return value
    node = current().definitions.get(value)
    if node is None or depth == 0 or node.blocks:
        return None
    tried = (_of_shape(v, wanted, depth - 1) for v in node.inputs)
    return next((v for v in tried if v is not None), None)


def _without_number(value: Value) -> tuple[Value, Value] | None:
    """The number that scales an array, and the rest; both of them its dtype."""
    node = made_by(value, "multiply")
    if node is None or not is_array(value) or not used_once(value):
        return None
    x, y = node.inputs
    if is_scalar(x):
        found: tuple[Value, Value] | None = (x, y)
    else:
        inner = _without_number(x)
        found = None if inner is None else (inner[0], inner[1] * y)
    if found is None or dtype_of(found[1].type) != dtype_of(value.type):
        return None
    scale, rest = found
    return found if is_coefficient(scale) and is_floating(rest.type) else None


def _enter_scaled(name: str) -> None:
    @adjoint(name)
    def of_scaled(inputs: Inputs, params: Params) -> Value | None:
        """The mean of c * x * y is c times that of x * y; of -x, the negative."""
        (x,) = inputs
        if params.get("dtype") is not None or not is_floating(x.type):
            return None
        node = made_by(x, "negative")
        if node is not None and used_once(x) and is_array(x):
            return -op(name)(node.inputs[0], **params)
        found = _without_number(x)
        if found is None:
            return None
        scale, rest = found
        total = op(name)(rest, **params)
        kept = same_type(
            result_type("multiply", scale, total), _result(name, x, params)
        )
        return scale * total if kept else None


def _result(name: str, x: Value, params: Params) -> Type:
    found: Type = op(name).infer(x.type, **params)
    return found


for _name in ("sum_", "mean"):
    _enter_scaled(_name)


@adjoint("einsum")
def sum_of_diagonal(inputs: Inputs, params: Params) -> Value | None:
    """The sum of m * I, for an identity matrix I, is the trace of m."""
    if params.get("subscripts") != "ij,ij->":
        return None
    for m, identity in (inputs, inputs[::-1]):
        node = made_by(identity, "eye")
        if node is None or node.params.get("k") or len(node.inputs) != 1:
            continue
        if is_array(m) and same_shape(m, identity):
            return op("trace")(m)
    return None


@adjoint("sum_")
def sum_of_matrix_product(inputs: Inputs, params: Params) -> Value | None:
    """The sum of a @ b over its rows is (the sum of a's rows) @ b; so over columns."""
    (x,) = inputs
    node = made_by(x, "matmul")
    dims, axis = dims_of(x.type), params.get("axis")
    if node is None or dims is None or not is_floating(x.type) or not used_once(x):
        return None
    if set(params) - {"axis", "keepdims"} or not isinstance(axis, int):
        return None
    ranks = [len(dims_of(v.type) or ()) for v in node.inputs]
    if min(ranks) < 2 or len({dtype_of(v.type) for v in (x, *node.inputs)}) != 1:
        return None
    at = axis % len(dims) - len(dims)
    if at not in (-2, -1):
        return None
    summed = list(node.inputs)
    k = 0 if at == -2 else 1
    keep = bool(params.get("keepdims", False)) or len(dims) > 2
    summed[k] = op("sum_")(summed[k], axis=ranks[k] + at, keepdims=keep)
    found = op("matmul")(*summed)
    if params.get("keepdims") or not keep:
        return found
    return op("squeeze")(found, axis=axis)
