"""Making shapes and dtypes fit: sum and broadcast undo each other, casts undo casts.

`matched` brings a contribution to the shape and dtype of the input it belongs to;
`shaped_like` brings a tangent to those of the output. Where types tell, they write
exactly the sum that undoes a broadcast, or nothing; elsewhere a run-time helper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.sizes import Dim, Size
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Maybe,
    Scalar,
    Type,
    dims_of,
    dtype_of,
    kind_of,
    kind_of_dtype,
    same_dims,
)
from srcad.ops.declare import Contribution, Op, custom, first_only, on_first, zero
from srcad.ops.domain import at, spaced
from srcad.ops.ranks import expand_dims, with_dims
from srcad.ops.reduced import Axis, axes_of, reduced


def known(g: Value | None) -> Value:
    """The cotangent of a node's only output, which a rule is never called without."""
    assert g is not None
    return g


def _points() -> Any:
    return spaced(-1, 1, (2, 3))


# ---- sum and broadcast -----------------------------------------------------------


def _sum_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    params = {k: v for k, v in node.params.items() if k != "dtype"}
    found = spread(known(cts[0]), node.inputs[0], **params)
    return [matched(found, node.inputs[0]) if "dtype" in node.params else found]


def spread(g: Value, x: Value, axis: Axis = None, keepdims: bool = False) -> Value:
    """The cotangent of a reduction's result, broadcast back over the axes of x."""
    dims = dims_of(x.type)
    partial = dims is None or len(dims) != len(axes_of(axis, len(dims)))
    if partial and not keepdims and axis is not None:
        g = expand_dims(g, axis=axis)
    if isinstance(g.type, Scalar) and not g.type.dtype and isinstance(x.type, Array):
        if kind_of(x.type) == kind_of(g.type) and dtype_of(x.type) != dtype_of(g.type):
            g = cast(g, dtype=dtype_of(x.type))  # a Python number becomes entries
    return broadcast_like(g, x)


sum_: Op = custom(
    "sum_",
    calls=(np.sum,),
    methods=("sum",),
    signature="x, axis=None, dtype=None, *, keepdims=False",
    infer=lambda x, axis=None, dtype=None, keepdims=False: reduced(
        x if dtype is None else _cast_type(x, dtype), axis, keepdims
    ),
    code="np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)",
    jvp=on_first,
    vjp=_sum_vjp,
    domain=lambda: [
        at(_points()),
        at(_points(), axis=0),
        at(_points(), axis=(0, 1), keepdims=True),
        at(1.5),
    ],
)

# g with the shape of x, of which only the shape is read.
broadcast_like: Op = custom(
    "broadcast_like",
    signature="g, x",
    infer=lambda g, x: with_dims(g, dims_of(x)),
    code=lambda node: (
        "np.broadcast_to(g, x.shape)"
        if isinstance(node.inputs[1].type, Array)
        else "np.broadcast_to(g, np.shape(x))"
    ),
    memory="view",
    cost="cheap",
    jvp=on_first,
    vjp=lambda node, cts: first_only(node, matched(known(cts[0]), node.inputs[0])),
    domain=lambda: [at(_points()[0], _points()), at(1.5, _points())],
)

# The reverse of broadcasting where types do not tell which axes: at run time.
sum_like: Op = custom(
    "sum_like",
    signature="g, x",
    infer=lambda g, x: _zeros_type(x),
    code="runtime.sum_like(g, x)",
    memory="view",
    jvp=on_first,
    vjp=lambda node, cts: first_only(node, _spread_like(known(cts[0]), node.inputs[0])),
    domain=lambda: [
        at(_points(), _points()[0], expected=lambda g, x: g.sum(axis=0)),
        at(
            _points(),
            _points()[:, :1],
            expected=lambda g, x: g.sum(axis=1, keepdims=True),
        ),
    ],
)


def _spread_like(g: Value, x: Value) -> Value:
    """g with the shape of x; in its dtype too, where that of g is not known."""
    found: Value = broadcast_like(g, x)
    dtype = dtype_of(x.type)
    narrow = dtype in ("float16", "float32") and g.type == UNKNOWN
    return cast(found, dtype=dtype) if narrow else found


# ---- dtype -----------------------------------------------------------------------


def _cast_type(x: Type, dtype: Any = "float64") -> Type:
    name = str(np.dtype(dtype))
    if np.dtype(dtype).kind not in "biufc":
        raise MissingRule(
            f"cast: arrays of {name} have no derivative rule", hint="use floats"
        )
    if isinstance(x, Array):
        return Array(name, x.dims)
    return Scalar(kind_of_dtype(name), name) if isinstance(x, Scalar) else UNKNOWN


def _cast_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    return [matched(known(cts[0]), node.inputs[0])]


def _cast_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (t,) = ts
    inexact = kind_of_dtype(str(np.dtype(node.params["dtype"]))) in ("float", "complex")
    return [cast(t, **node.params) if t is not None and inexact else None]


def _cast_code(node: Node) -> str:
    if isinstance(node.inputs[0].type, Array):
        return "x.astype(dtype)"
    return f"np.{np.dtype(node.params['dtype']).name}(x)"


# The classes of NumPy's numbers, as what makes a number of that class.
CLASSES = tuple(np.dtype(code).type for code in "?bBhHiIlLqQefdFD")

cast: Op = custom(
    "cast",
    calls=tuple(filter(None, (*CLASSES, getattr(np, "astype", None)))),
    signature="x, dtype='float64'",
    methods=("astype",),
    infer=_cast_type,
    code=_cast_code,
    jvp=_cast_jvp,
    vjp=lambda node, cts: _cast_vjp(node, cts),
    domain=lambda: [
        at(_points(), dtype="float32", expected=lambda x: x.astype(np.float32)),
        at(
            _points().astype(np.float32),
            dtype="float64",
            expected=lambda x: x.astype(float),
        ),
        at(1.5, dtype="float32", expected=np.float32),
    ],
)


def wide_enough(t: Value, like: Type) -> Value:
    """A tangent or cotangent that can hold complex numbers where `like` does."""
    if kind_of(like) == "complex" and kind_of(t.type) == "float":
        found: Value = cast(t, dtype=dtype_of(like))
        return found
    return t


def _real_type(x: Type) -> Type:
    if isinstance(x, Scalar):
        kind = "float" if x.kind == "complex" else x.kind
        dtype = str(np.real(np.zeros(1, x.dtype)).dtype) if x.dtype else ""
        return Scalar(kind, dtype)
    if isinstance(x, Array):
        return Array(str(np.real(np.zeros(1, x.dtype)).dtype), x.dims)
    return UNKNOWN


def _real_code(node: Node) -> str:
    known = kind_of(node.inputs[0].type) is not None
    return "x.real" if known else "np.real(x)"


real: Op = custom(
    "real",
    calls=(np.real,),
    signature="x",
    infer=_real_type,
    code=_real_code,
    memory="view",
    cost="free",
    jvp=on_first,
    vjp=lambda node, cts: [cts[0]],
    domain=lambda: [at(_points()), at(_points() + 1j), at(1.5 + 1j), at(1.5)],
)


# ---- zeros, and the two fitting functions ----------------------------------------


def _zeros_type(x: Type) -> Type:
    x = x.inner if isinstance(x, Maybe) else x
    return replace(x, size=None) if isinstance(x, Scalar) else x


zeros_like: Op = zero(
    "zeros_like",
    signature="x",
    infer=_zeros_type,
    code=lambda node: (
        "np.zeros_like(x)"
        if isinstance(node.out.type, Array)
        else "runtime.zeros_like(x)"
    ),
    cost="cheap",
)


def zeros_of(x: Value) -> Value:
    """Zero with the shape and dtype of x: a literal for a number."""
    t = x.type.inner if isinstance(x.type, Maybe) else x.type
    if isinstance(t, Scalar):
        return literal(0j if t.kind == "complex" else 0.0)
    return zeros_like(x)


def matched(g: Value, x: Value) -> Value:
    """A contribution g brought to the shape and dtype of the input x.

    Sums over the axes that were broadcast, takes the real part for a real input, casts
    to the input's dtype. Python numbers are not cast: they fit any dtype.
    """
    if isinstance(x, Literal):
        return g
    target, source = dims_of(x.type), dims_of(g.type)
    if target is None or source is None:
        return sum_like(g, x)
    if len(source) < len(target):
        g = broadcast_like(g, x)
    elif not same_dims(g.type, x.type):
        g = _unbroadcast(g, x, source, target)
        if g.type == x.type:
            return g
    return _matched_dtype(g, x)


def _matched_dtype(g: Value, x: Value) -> Value:
    kind = kind_of(x.type)
    if kind == "float" and kind_of(g.type) == "complex":
        g = real(g)
    t, s = x.type, g.type
    t = t.inner if isinstance(t, Maybe) else t
    typed = isinstance(t, Array) or (isinstance(t, Scalar) and t.dtype)
    s_typed = isinstance(s, Array) or (isinstance(s, Scalar) and s.dtype)
    if typed and s_typed and kind in ("float", "complex"):
        dtype = dtype_of(t)
        if dtype != dtype_of(s):
            g = cast(g, dtype=dtype)
    return g


def _unbroadcast(
    g: Value, x: Value, source: tuple[Dim, ...], target: tuple[Dim, ...]
) -> Value:
    lead = len(source) - len(target)
    kept = []
    for k, (have, want) in enumerate(zip(source[lead:], target, strict=True)):
        if want == 1 and have != 1:
            kept.append(k)
        elif isinstance(want, Size) and want.may_be_one and have != want:
            return sum_like(g, x)
        elif isinstance(have, int) and have == 1 and want != 1:
            return broadcast_like(g, x) if not lead else sum_like(g, x)
    if lead:
        g = sum_(g, **_axis_params(tuple(range(lead)), len(source)))
    if kept:
        g = sum_(g, axis=kept[0] if len(kept) == 1 else tuple(kept), keepdims=True)
    return g


def _axis_params(axes: tuple[int, ...], rank: int) -> dict[str, Axis]:
    if len(axes) == rank:
        return {}
    return {"axis": axes[0] if len(axes) == 1 else axes}


def shaped_like(t: Value, out: Value) -> Value:
    """A tangent broadcast to the shape of the output it belongs to."""
    target, source = dims_of(out.type), dims_of(t.type)
    if target is None or source is None:
        return broadcast_like(t, out) if target != () else t
    return t if same_dims(t.type, out.type) else broadcast_like(t, out)
