"""Shapes: asking for them, and giving the same elements another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import (
    INT,
    UNKNOWN,
    Array,
    Maybe,
    Scalar,
    Tuple,
    Type,
    dims_of,
    dtype_of,
)
from srcad.ops.axes import swapaxes
from srcad.ops.axes import transpose as transpose
from srcad.ops.axes import transpose_back as transpose_back
from srcad.ops.complexes import imag
from srcad.ops.declare import (
    Arguments,
    Contribution,
    Op,
    declared,
    first_only,
    on_first,
    zero,
)
from srcad.ops.domain import at, spaced
from srcad.ops.fit import known, matched, real
from srcad.ops.kinds import linear
from srcad.ops.ranks import reshape_like
from srcad.ops.sizes import (
    Sized,
    bound,
    entries_of,
    length,
    length_left,
    own_length,
    product,
    shape_code,
    with_dims,
)

# ---- asking --------------------------------------------------------------------------


def _dim_type(x: Type, k: int = 0) -> Type:
    dims = dims_of(x)
    if dims is None or not -len(dims) <= k < len(dims):
        return INT
    return Scalar("int", "", dims[k])


def _size_type(x: Type) -> Type:
    dims = dims_of(x)
    return INT if dims is None else Scalar("int", "", product(dims))


def _shape_type(x: Type) -> Type:
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    return Tuple(tuple(Scalar("int", "", d) for d in dims))


def _method(attribute: str) -> Callable[[Node], str]:
    """`x.shape` for arrays, `np.shape(x)` for what may be a number."""

    def code(node: Node) -> str:
        array = isinstance(node.inputs[0].type, Array)
        return f"x.{attribute}" if array else f"np.{attribute}(x)"

    return code


dim = zero(
    "dim",
    signature="x, k=0",
    infer=_dim_type,
    code=lambda node: f"{_method('shape')(node)}[{node.params['k']}]",
    cost="free",
)
len_of = zero(
    "len_of", calls=(len,), signature="x", infer=_dim_type, code="len(x)", cost="free"
)
size_of = zero(
    "size_of",
    calls=(np.size,),
    signature="x",
    infer=_size_type,
    code=_method("size"),
    cost="free",
)
ndim_of = zero(
    "ndim_of",
    calls=(np.ndim,),
    signature="x",
    infer=lambda x: Scalar("int", "", None if dims_of(x) is None else len(dims_of(x))),  # type: ignore[arg-type]
    code=_method("ndim"),
    cost="free",
)
shape_of = zero(
    "shape_of",
    calls=(np.shape,),
    signature="x",
    infer=_shape_type,
    code=_method("shape"),
    cost="free",
)


# ---- another shape -------------------------------------------------------------------


def _reshape_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    if len(args) > 2:  # x.reshape(2, 3)
        args = [args[0], list(args[1:])]
    kwargs = {"shape" if k == "newshape" else k: v for k, v in kwargs.items()}
    given = bound(("x", "shape"), args, kwargs, "reshape", ignored={"order": ["C"]})
    entries, scalar = entries_of(given["shape"], "reshape")
    return [given["x"], *entries], {"scalar": True} if scalar else {}


def _reshaped(x: Type, *shape: Type, scalar: bool = False) -> Type:
    if any(not isinstance(t, (Scalar, Maybe)) for t in shape):
        return UNKNOWN
    given = [None if _is_rest(t) else length(t) for t in shape]
    whole, parts = dims_of(x), [d for d in given if d is not None]
    rest = own_length() if whole is None else length_left(whole, parts)
    return with_dims(x, [rest if d is None else d for d in given])


def _is_rest(t: Type) -> bool:
    return isinstance(t, Scalar) and t.size == -1


def _reshape_code(node: Node) -> str:
    scalar = node.params.get("scalar", False)
    names = [f"shape{k}" for k in range(len(node.inputs) - 1)]
    if isinstance(node.inputs[0].type, Array) and names:
        return f"x.reshape({', '.join(names)})"
    return f"np.reshape(x, {shape_code(len(node.inputs), scalar, first=1)})"


def _back(g: Value | None, node: Node) -> Value:
    """g in the shape of the node's first input."""
    return reshape_like(known(g), node.inputs[0])


def _reshaping(name: str, **facts: Any) -> Op:
    return linear(name, transpose=_back, memory="view", cost="free", **facts)


def _sized_linear(name: str, signature: str, infer: Any, code: Any, **facts: Any) -> Op:
    """A linear operation in its first input, the others being lengths."""
    transpose = facts.pop("transpose")

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        return first_only(node, transpose(known(cts[0]), node))

    facts = {"jvp": on_first, "vjp": vjp, "kind": "linear", **facts}
    return declared(Sized(name, signature, infer, code, **facts))


reshape: Op = _sized_linear(
    "reshape",
    "x, *shape, scalar=False",
    _reshaped,
    _reshape_code,
    calls=(np.reshape,),
    methods=("reshape",),
    bind=_reshape_bind,
    transpose=_back,
    memory="view",
    cost="free",
    domain=lambda: [
        _sample(np.reshape, (6,), scalar=True),
        _sample(np.reshape, (3, -1)),
        _sample(np.reshape, (-1,), scalar=True),
        _sample(np.reshape, (1, 2, 3)),
    ],
)


def _sample(function: Any, shape: tuple[int, ...], scalar: bool = False) -> Any:
    from_ = spaced(-1, 1, (2, 3)) if function is np.reshape else spaced(-1, 1, (2, 1))
    sample = at(from_, *shape, **({"scalar": True} if scalar else {}))
    where: Any = shape[0] if scalar else shape
    expected = lambda x, *_: function(x, where)  # noqa: E731
    return type(sample)(sample.inputs, sample.params, expected=expected)


def _flat(x: Type) -> Type:
    dims = dims_of(x)
    return with_dims(x, None if dims is None else [product(dims)])


ravel = _reshaping(
    "ravel",
    calls=(np.ravel,),
    methods=("ravel",),
    signature="x, order='C'",
    bind=lambda args, kwargs: (
        [bound(("x",), args, kwargs, "ravel", ignored={"order": ["C"]})["x"]],
        {},
    ),
    infer=lambda x, **_: _flat(x),
    code=lambda node: (
        "x.ravel()" if isinstance(node.inputs[0].type, Array) else "np.ravel(x)"
    ),
    numba=lambda node: (
        "np.array([x])" if isinstance(node.inputs[0].type, Scalar) else None
    ),
    domain=lambda: [at(spaced(-1, 1, (2, 3))), at(0.5)],
)

flatten = linear(
    "flatten",
    methods=("flatten",),
    signature="x, order='C'",
    bind=lambda args, kwargs: (
        [bound(("x",), args, kwargs, "flatten", ignored={"order": ["C"]})["x"]],
        {},
    ),
    infer=lambda x, **_: _flat(x),
    code="x.flatten()",
    transpose=_back,
    domain=lambda: [at(spaced(-1, 1, (2, 3)))],
)


def _at_least(rank: int) -> Op:
    def infer(x: Type) -> Type:
        dims = dims_of(x)
        if dims is None:
            return UNKNOWN
        lead = (1,) * max(min(rank, 2) - len(dims), 0)
        full = (*lead, *dims)
        return with_dims(x, (*full, *(1,) * (rank - len(full))))

    return _reshaping(
        f"atleast_{rank}d",
        calls=(getattr(np, f"atleast_{rank}d"),),
        signature="x",
        infer=infer,
        code=f"np.atleast_{rank}d(x)",
        domain=lambda: [at(spaced(-1, 1, s)) for s in ((), (3,), (2, 3), (2, 1, 2))],
    )


atleast_1d, atleast_2d, atleast_3d = map(_at_least, (1, 2, 3))


# ---- broadcasting --------------------------------------------------------------------


def _broadcast_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("array", "shape"), args, kwargs, "broadcast_to")
    entries, scalar = entries_of(given["shape"], "broadcast_to")
    return [given["array"], *entries], {"scalar": True} if scalar else {}


def _broadcast_type(x: Type, *shape: Type, scalar: bool = False) -> Type:
    if any(not isinstance(t, (Scalar, Maybe)) for t in shape):
        return UNKNOWN
    return with_dims(x, [length(t) for t in shape])


broadcast_to: Op = _sized_linear(
    "broadcast_to",
    "x, *shape, scalar=False",
    _broadcast_type,
    lambda node: (
        "np.broadcast_to(x, "
        f"{shape_code(len(node.inputs), node.params.get('scalar', False), first=1)})"
    ),
    calls=(np.broadcast_to,),
    bind=_broadcast_bind,
    transpose=lambda g, node: matched(g, node.inputs[0]),
    memory="view",
    cost="cheap",
    domain=lambda: [
        _sample(np.broadcast_to, (2, 3)),
        _sample(np.broadcast_to, (4, 2, 1)),
    ],
)


# ---- attributes ----------------------------------------------------------------------


def _shape_attribute(x: Value) -> Any:
    dims = dims_of(x.type)
    return shape_of(x) if dims is None else tuple(dim(x, k=k) for k in range(len(dims)))


def _ndim_attribute(x: Value) -> Value:
    dims = dims_of(x.type)
    return ndim_of(x) if dims is None else literal(len(dims))


def _matrix_transpose(x: Value) -> Value:
    dims = dims_of(x.type)
    if dims is not None and len(dims) < 2:
        raise UnsupportedSyntax("x.mT needs an array of two dimensions or more")
    return swapaxes(x, a=-1, b=-2)


def _dtype_attribute(x: Value) -> Value:
    name = dtype_of(x.type)
    return dtype_query(x) if name is None else literal(np.dtype(name))


dtype_query = zero(
    "dtype_query",
    signature="x",
    infer=lambda x: UNKNOWN,
    code="np.result_type(x)",
    cost="free",
)

# What `x.name` of a number or array means: a value, or a tuple of values.
ATTRIBUTES: dict[str, Callable[[Value], Any]] = {
    "T": transpose,
    "mT": _matrix_transpose,
    "shape": _shape_attribute,
    "ndim": _ndim_attribute,
    "size": size_of,
    "real": real,
    "imag": imag,
    "dtype": _dtype_attribute,
}
