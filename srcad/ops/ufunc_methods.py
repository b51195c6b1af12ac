"""Methods of ufuncs: reduce, accumulate, outer, reduceat.

    np.add.reduce(x)          np.sum(x, axis=0)
    np.multiply.accumulate(x) np.cumprod(x, axis=0)
    np.hypot.outer(x, y)      np.hypot(x[:, None], y)

`np.add.at` and `np.subtract.at` write to their first argument; the frontend has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, as_value
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, dtype_of
from srcad.ops.bodies import ahead, rank_for
from srcad.ops.counting import all_, any_
from srcad.ops.declare import (
    OPS,
    Arguments,
    Op,
    custom,
    static,
    ufunc_method,
    variant_of,
)
from srcad.ops.derived import Macro, macro
from srcad.ops.domain import at, spaced
from srcad.ops.extremes import max_, min_
from srcad.ops.fit import known, matched, sum_
from srcad.ops.kinds import linear
from srcad.ops.nans import nanmax, nanmin
from srcad.ops.reduced import reduced
from srcad.ops.scans import cumprod, cumsum, prod
from srcad.ops.sizes import bound
from srcad.ops.special import log_sum_jvp, log_sum_vjp

X = spaced(-1.0, 1.5, (2, 3))

# ---- reduce --------------------------------------------------------------------------


def _reduce_bind(name: str) -> Any:
    """Binds `reduce`, whose axis is 0 where the call names none."""
    names = ("array", "axis", "dtype", "out", "keepdims", "initial")

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(names, args, kwargs, f"{name}.reduce", ignored={"out": [None]})
        inputs = [given.pop("array")]
        initial = given.pop("initial", None)
        params = {k: static(v, f"{name}.reduce({k}=...)") for k, v in given.items()}
        if params.pop("out", None) is not None:
            raise MissingRule(f"{name}.reduce(out=...) has no derivative rule")
        params.setdefault("axis", 0)
        if isinstance(params["axis"], list):
            params["axis"] = tuple(params["axis"])
        usual: dict[str, Any] = {"axis": None, "dtype": None, "keepdims": False}
        params = {k: v for k, v in params.items() if v != usual[k]}
        return inputs if initial is None else [*inputs, initial], params

    return bind


def _reduced(op: Op) -> Callable[..., Value]:
    def body(x: Value, *initial: Value, **params: Any) -> Value:
        if not initial:
            return op(x, **params)
        other = variant_of(op, 1, ["initial"])
        if other is op:
            raise MissingRule(f"{op.name}: this initial= has no derivative rule")
        return other(x, *initial, **params)

    return body


def _reduction(ufunc: Any, op: Op, smooth: bool = True) -> Op:
    name = ufunc.__name__
    samples: list[dict[str, Any]]
    samples = [{"axis": 0}, {"axis": 1}, {"axis": -1, "keepdims": True}]
    return macro(
        f"{name}_reduce",
        calls=(ufunc.reduce,),
        signature="x, *initial, axis=None, dtype=None, keepdims=False",
        bind=_reduce_bind(name),
        body=_reduced(op),
        domain=lambda: [
            at(
                X if smooth else X > 0,
                expected=lambda x, s=s: ufunc.reduce(x, **s),
                **s,
            )
            for s in samples
        ],
    )


add_reduce = _reduction(np.add, sum_)
multiply_reduce = _reduction(np.multiply, prod)
maximum_reduce = _reduction(np.maximum, max_)
minimum_reduce = _reduction(np.minimum, min_)
fmax_reduce = _reduction(np.fmax, nanmax)
fmin_reduce = _reduction(np.fmin, nanmin)


def _log_sum_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    inputs, params = _reduce_bind("logaddexp")(args, kwargs)
    if len(inputs) > 1 or "dtype" in params:
        raise MissingRule(
            "logaddexp.reduce with initial= or dtype= has no derivative rule"
        )
    return inputs, params


def _log_sum_code(node: Node) -> str:
    axis = node.params.get("axis")
    over = "" if axis == 0 else f", axis={axis}"
    return f"np.logaddexp.reduce(x{over}, keepdims=keepdims)"


logaddexp_reduce: Op = custom(
    "logaddexp_reduce",
    calls=(np.logaddexp.reduce,),
    signature="x, axis=None, *, keepdims=False",
    bind=_log_sum_bind,
    infer=partial(reduced, at_least="float"),
    code=_log_sum_code,
    jvp=log_sum_jvp,
    vjp=log_sum_vjp,
    domain=lambda: [
        at(X, axis=0, expected=np.logaddexp.reduce),
        at(X, expected=lambda x: np.logaddexp.reduce(x, axis=None)),
        at(X, axis=-1, keepdims=True),
    ],
)
logical_and_reduce = _reduction(np.logical_and, all_, smooth=False)
logical_or_reduce = _reduction(np.logical_or, any_, smooth=False)

# ---- accumulate ----------------------------------------------------------------------


def _accumulate_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        names = ("array", "axis", "dtype")
        given = bound(names, args, kwargs, f"{name}.accumulate")
        x = given.pop("array")
        params = {k: static(v, f"{name}.accumulate({k}=...)") for k, v in given.items()}
        params.setdefault("axis", 0)
        return [x], {k: v for k, v in params.items() if k == "axis" or v is not None}

    return bind


def _scan(ufunc: Any, op: Op) -> Op:
    return macro(
        f"{ufunc.__name__}_accumulate",
        calls=(ufunc.accumulate,),
        signature="x, axis=None, dtype=None",
        bind=_accumulate_bind(ufunc.__name__),
        body=lambda x, **params: op(x, **params),
        domain=lambda: [
            at(X, axis=k, expected=lambda x, k=k: ufunc.accumulate(x, axis=k))
            for k in (0, 1)
        ],
    )


add_accumulate = _scan(np.add, cumsum)
multiply_accumulate = _scan(np.multiply, cumprod)

# ---- reduceat ------------------------------------------------------------------------


def _parts_type(x: Type, indices: Type, axis: int = 0) -> Type:
    dims, places, dtype = dims_of(x), dims_of(indices), dtype_of(x)
    if dims is None or places is None or dtype is None or len(places) != 1:
        return UNKNOWN
    where = axis % len(dims)
    return Array(dtype, (*dims[:where], places[0], *dims[where + 1 :]))


add_reduceat: Op = linear(
    "add_reduceat",
    calls=(np.add.reduceat,),
    signature="x, indices, axis=0",
    infer=_parts_type,
    code="np.add.reduceat(x, indices, axis=axis)",
    transpose=lambda g, node: unreduced(known(g), *node.inputs[::-1], **node.params),
    domain=lambda: [
        at(spaced(-1, 1, (6,)), np.array([0, 2, 1, 4])),
        at(X, np.array([0, 2]), axis=1),
    ],
)


def _unreduced_back(g: Value, node: Node) -> Value:
    found = add_reduceat(g, node.inputs[1], **node.params)
    return matched(found, node.inputs[0])


# The cotangent of x for `np.add.reduceat(x, indices)`: each part's for all its entries.
unreduced: Op = linear(
    "unreduced",
    signature="g, indices, x, axis=0",
    infer=lambda g, indices, x, **_: (
        UNKNOWN
        if dims_of(x) is None or dtype_of(g) is None
        else Array(dtype_of(g) or "", dims_of(x) or ())
    ),
    code="runtime.unreduced(g, indices, x, axis)",
    transpose=lambda g, node: _unreduced_back(known(g), node),
    domain=lambda: [
        at(spaced(-1, 1, (4,)), np.array([0, 2, 1, 4]), np.ones(6)),
        at(spaced(-1, 1, (2, 2)), np.array([0, 2]), np.ones((2, 3)), axis=1),
    ],
)

# ---- outer ---------------------------------------------------------------------------


def outer_of(op: Op) -> Op:
    """`ufunc.outer(x, y)`: every entry of x with every entry of y."""

    def body(x: Value, y: Value) -> Value:
        (rank,) = rank_for(f"{op.name}.outer", y)
        return op(ahead(x, rank), y)

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("A", "B"), args, kwargs, f"{op.name}.outer")
        return [as_value(v) for v in (given["A"], given["B"])], {}

    return Macro(f"{op.name}_outer", "x, y", body, "", bind=bind, kind="macro")


for _op in list(OPS.values()):
    for _call in _op.calls:
        if isinstance(_call, np.ufunc) and (_call.nin, _call.nout) == (2, 1):
            if _call.signature is None:
                ufunc_method(_call, "outer", outer_of(_op))
