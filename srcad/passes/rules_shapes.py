"""Rules for shapes and dtypes: fitting that turns out to be nothing."""

from __future__ import annotations

from srcad.ir.builder import current
from srcad.ir.graph import Value
from srcad.ir.types import Array, Scalar, Type, dims_of, dtype_of, kind_of, same_dims
from srcad.ops.declare import Op, same_constant
from srcad.passes.rules import (
    Inputs,
    Params,
    adjoint,
    dtype_kept,
    exact,
    is_array,
    is_scalar,
    made_by,
    op,
    reads,
    same_type,
)


@exact("sum_like", "reshape_like", "broadcast_like")
def already_fits(inputs: Inputs, params: Params) -> Value | None:
    """g brought to the shape of x, which it has."""
    g, x = inputs
    return g if same_dims(g.type, x.type) and _same_kind(g.type, x.type) else None


def _same_kind(g: Type, x: Type) -> bool:
    if isinstance(g, Array) and isinstance(x, Array):
        return g.dtype == x.dtype
    return isinstance(g, Scalar) and same_type(g, x)


@exact("reshape_like", "broadcast_like")
def shape_only(inputs: Inputs, params: Params) -> Value | None:
    """Only the shape of x counts; that of a number is none."""
    g, x = inputs
    if isinstance(g.type, Scalar):
        return g if isinstance(x.type, Scalar) else None
    return g if is_array(g) and same_dims(g.type, x.type) else None


@exact("zeros_like")
def zeros_like_zeros(inputs: Inputs, params: Params) -> Value | None:
    """zeros_like(zeros_like(x)) is zeros_like(x): both are new arrays."""
    node = made_by(inputs[0], "zeros_like")
    if node is None or not is_array(inputs[0]):
        return None
    (x,) = node.inputs
    return op("zeros_like")(x) if same_type(x.type, inputs[0].type) else None


@exact("cast")
def cast_to_its_dtype(inputs: Inputs, params: Params) -> Value | None:
    """A cast to the dtype that is there."""
    (x,) = inputs
    typed = is_array(x) or (isinstance(x.type, Scalar) and bool(x.type.dtype))
    wanted = op("cast").infer(x.type, **params)
    return x if typed and dtype_of(wanted) == dtype_of(x.type) else None


@exact("real")
def real_of_real(inputs: Inputs, params: Params) -> Value | None:
    """x.real of a real x."""
    return inputs[0] if kind_of(inputs[0].type) == "float" else None


@exact("squeeze")
def squeeze_of_expanded(inputs: Inputs, params: Params) -> Value | None:
    """squeeze(expand_dims(x, axis), axis) is x."""
    node = made_by(inputs[0], "expand_dims")
    if node is None:
        return None
    same = same_constant(node.params.get("axis", 0), params.get("axis"))
    return node.inputs[0] if same else None


@exact("expand_dims")
def expansion_of_squeezed(inputs: Inputs, params: Params) -> Value | None:
    """expand_dims(squeeze(x, axis), axis) is x."""
    node = made_by(inputs[0], "squeeze")
    if node is None:
        return None
    same = same_constant(node.params.get("axis"), params.get("axis", 0))
    return node.inputs[0] if same else None


@exact("zeros_like")
def zeros_of_zeros(inputs: Inputs, params: Params) -> Value | None:
    """zeros_like(x + y), of known shape, reads no more than the shape of x."""
    (x,) = inputs
    node = made_by(x, "add", "subtract", "multiply", "negative", "update", "add_at")
    if node is None or not is_array(x):
        return None
    for source in node.inputs:
        if source.type == x.type:
            return op("zeros_like")(source)
    return None


def _enter_counts(name: str) -> None:
    @adjoint(name)
    def count_of_elementwise(inputs: Inputs, params: Params) -> Value | None:
        """(x * x).size is x.size: what is only measured needs no name."""
        (x,) = inputs
        node = current().definitions.get(x)
        if node is None or x.name or not is_array(x) or not isinstance(node.op, Op):
            return None
        if node.op.kind != "elementwise":
            return None
        for source in node.inputs:
            if is_array(source) and same_dims(source.type, x.type):
                # Read twice besides, x gets a name anyway.
                better = source.name or reads(x) <= 2
                return op(name)(source, **params) if better else None
        return None


for _name in ("count", "size_of"):
    _enter_counts(_name)


# ---- broadcasting before an elementwise operation ------------------------------------


def without_broadcast(operation: Op, inputs: Inputs, params: Params) -> Value | None:
    """op(broadcast_like(g, x), y) is op(g, y) where y has that shape anyway."""
    if not any(made_by(v, "broadcast_like") for v in inputs):
        return None
    old = operation.infer(*(v.type for v in inputs), **params)
    if not isinstance(old, Array):
        return None
    changed, like = list(inputs), None
    for k, v in enumerate(inputs):
        node = made_by(v, "broadcast_like")
        if node is None or dims_of(node.inputs[0].type) is None:
            continue
        tried = [*changed[:k], node.inputs[0], *changed[k + 1 :]]
        new = operation.infer(*(u.type for u in tried), **params)
        if same_dims(old, new) and dtype_kept(old, new):
            changed = tried
        elif like is None and same_dims(v.type, old):
            like = node
    if any(a is not b for a, b in zip(changed, inputs, strict=True)):
        return operation(*changed, **params)
    if like is None:
        return None
    # Nothing else has the shape: compute on the small ones and broadcast the result.
    small = [_small(v) for v in inputs]
    new = operation.infer(*(v.type for v in small), **params)
    if dtype_of(new) != old.dtype or _raises(operation.name, small):
        return None
    return op("broadcast_like")(operation(*small, **params), like.inputs[1])


def _small(value: Value) -> Value:
    node = made_by(value, "broadcast_like")
    return value if node is None else node.inputs[0]


def _raises(name: str, inputs: list[Value]) -> bool:
    """Whether numbers of Python raise where arrays gave inf or nan."""
    arithmetic = name in ("add", "subtract", "multiply", "negative", "quotient")
    return not arithmetic and all(is_scalar(v) for v in inputs)


@adjoint("broadcast_like")
def broadcast_of_broadcast(inputs: Inputs, params: Params) -> Value | None:
    """Broadcasting twice is broadcasting once."""
    g, x = inputs
    node = made_by(g, "broadcast_like")
    return None if node is None else op("broadcast_like")(node.inputs[0], x)
