"""Weighted averages, covariances and correlations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, dtype_of
from srcad.ops.axes import transpose
from srcad.ops.bodies import doubled, length, rank_for
from srcad.ops.complexes import conj_of, real_of
from srcad.ops.declare import Arguments, Op, is_none, static
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.elementary import sqrt
from srcad.ops.fit import known, matched, sum_
from srcad.ops.joins import concatenate
from srcad.ops.kinds import linear
from srcad.ops.ranks import expand_dims, reshape_like, squeeze
from srcad.ops.reduced import Axis, axes_of
from srcad.ops.reductions import mean
from srcad.ops.shapes import atleast_2d
from srcad.ops.sizes import bound
from srcad.ops.triangles import diag

# ---- average -------------------------------------------------------------------------


def _along_type(w: Type, x: Type, axis: Axis = None) -> Type:
    dims, shape, dtype = dims_of(w), dims_of(x), dtype_of(w)
    if dims is None or shape is None or dtype is None:
        return UNKNOWN
    if len(dims) == len(shape):
        return Array(dtype, dims)
    axes = axes_of(axis, len(shape))
    return Array(dtype, tuple(d if k in axes else 1 for k, d in enumerate(shape)))


def _along_back(g: Value, node: Node) -> Value:
    return matched(reshape_like(g, node.inputs[0]), node.inputs[0])


# Weights with one number per entry of an axis, in a shape to multiply x by.
along_axis: Op = linear(
    "along_axis",
    signature="w, x, axis=None",
    infer=_along_type,
    code="runtime.along_axis(w, x, axis)",
    transpose=lambda g, node: _along_back(known(g), node),
    domain=lambda: [
        at(np.array([0.5, 1.5, 2.5]), np.array([[1, 2, 3]] * 2), axis=1),
        at(np.array([0.5, 1.5]), np.array([[1, 2, 3]] * 2), axis=0),
    ],
)


def _weights(x: Value, w: Value, axis: Axis) -> Value:
    """The weights in a shape that broadcasts against x."""
    shapes = [dims_of(v.type) for v in (x, w)]
    if axis is None or (None not in shapes and len(set(map(len, shapes))) == 1):  # type: ignore[arg-type]
        return w
    if isinstance(axis, tuple) and list(axis) != sorted(axis):
        raise MissingRule(
            "average: weights of axes in another order than the array's have no rule",
            hint="name the axes in order, and transpose the weights",
        )
    return along_axis(w, x, axis=axis)


def _average(
    x: Value, weights: Value | None = None, axis: Axis = None, keepdims: bool = False
) -> Value:
    over: dict[str, Any] = {} if axis is None else {"axis": axis}
    over = {**over, "keepdims": True} if keepdims else over
    if weights is None:
        return mean(x, **over)
    w = _weights(x, weights, axis)
    return sum_(x * w, **over) / sum_(w, **over)


def _average_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("a", "axis", "weights", "returned", "keepdims")
    given = bound(names, args, kwargs, "average", ignored={"returned": [False]})
    if static(given.get("returned", False), "average(returned=...)"):
        raise MissingRule(
            "average(returned=True) has no derivative rule",
            hint="write the sum of the weights beside it",
        )
    params: dict[str, Any] = {}
    axis = static(given.get("axis"), "average(axis=...)")
    if axis is not None:
        params["axis"] = tuple(axis) if isinstance(axis, list) else axis
    if static(given.get("keepdims", False), "average(keepdims=...)"):
        params["keepdims"] = True
    w = given.get("weights")
    none = w is None or (isinstance(w, Literal) and w.value is None)
    return [given["a"]] if none else [given["a"], w], params


def _average_points() -> list[Sample]:
    x, w = spaced(-1.0, 2.0, (2, 3)), spaced(0.2, 1.0, (2, 3))
    found = [at(x), at(x, axis=0, keepdims=True)]
    cases: list[tuple[Any, Any, dict[str, Any]]] = [
        (x, w, {}),
        (x, w, {"axis": 1}),
        (x, w, {"axis": 1, "keepdims": True}),
        (x[0], w[1], {}),
        (x, w[0], {"axis": 1}),
        (x, w[:, 0], {"axis": 0}),
        (x[0].astype(np.float32), w[0].astype(np.float32), {}),
        (spaced(-1, 1, (2, 3, 2)), w, {"axis": (0, 1)}),
    ]
    for x_, w_, params in cases:
        call = partial(_called_average, **params)
        found.append(Sample((x_, w_), params, expected=call))
    return found


def _called_average(x: Any, w: Any, **params: Any) -> Any:
    return np.average(x, weights=w, **params)


average: Op = derived(
    "average",
    calls=(np.average,),
    signature="x, weights=None, axis=None, keepdims=False",
    inputs=("weights",),
    bind=_average_bind,
    code=lambda node: (
        "np.average(x, axis=axis, keepdims=keepdims)"
        if len(node.inputs) == 1
        else "np.average(x, axis=axis, weights=weights, keepdims=keepdims)"
    ),
    body=_average,
    domain=_average_points,
)

# ---- covariance ----------------------------------------------------------------------


def _variables(m: Value, rowvar: bool) -> Value:
    """One row per variable."""
    (rank,) = rank_for("cov", m)
    rows = atleast_2d(doubled(m))
    return rows if rowvar or rank < 2 else transpose(rows)


def _covariance(
    m: Value,
    y: Value | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
) -> Value:
    x = _variables(m, rowvar)
    if y is not None:
        x = concatenate(x, _variables(y, rowvar))
    less = ddof if ddof is not None else 0 if bias else 1
    n = length(x, 1)
    freedom = literal(n.value - less) if isinstance(n, Literal) else n - less
    centred = x - mean(x, axis=1, keepdims=True)
    return (centred @ conj_of(transpose(centred))) / freedom


def _single(m: Value, y: Value | None) -> bool:
    """Whether there is surely one variable."""
    return y is None and len(dims_of(m.type) or ()) < 2


def _cov(m: Value, y: Value | None = None, **params: Any) -> Value:
    found = _covariance(m, y, **params)
    return squeeze(found, axis=(0, 1)) if _single(m, y) else _squeezed(found, y)


def _squeezed(found: Value, y: Value | None) -> Value:
    """Without the axes of length 1, of which two inputs leave none."""
    return found if y is not None else squeeze(found)


def _corrcoef(m: Value, y: Value | None = None, rowvar: bool = True) -> Value:
    found = _covariance(m, y, rowvar)
    deviation = sqrt(real_of(diag(found)))
    found = found / expand_dims(deviation, axis=1) / expand_dims(deviation, axis=0)
    return squeeze(found, axis=(0, 1)) if _single(m, y) else _squeezed(found, y)


def _cov_bind(name: str, *names: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        none = {k: [None] for k in ("fweights", "aweights", "dtype")}
        given = bound(("m", "y", *names), args, kwargs, name, ignored=none)
        params = {k: static(given[k], f"{name}({k}=...)") for k in names if k in given}
        usual = {"rowvar": True, "bias": False, "ddof": None}
        y = given.get("y")
        inputs = [given["m"]] if is_none(y) else [given["m"], y]
        return inputs, {k: v for k, v in params.items() if v != usual[k]}

    return bind


def _cov_points(*more: Sample) -> Any:
    def points() -> list[Sample]:
        x, y = spaced(-1.0, 2.0, (2, 4)), np.array([0.3, 0.2, -1.0, 0.6])
        return [
            at(x),
            at(x[0], y),
            at(x, y),
            at(x.T.copy(), rowvar=False),
            at(x[0] + 1j * y, x[1]),
            *more,
        ]

    return points


def _cov_code(name: str, rest: str) -> Any:
    def code(node: Node) -> str:
        y = ", y" if len(node.inputs) > 1 else ""
        single = not y and name == "cov" and _single(node.inputs[0], None)
        return f"np.{name}(m{y}, {rest}){'[()]' if single else ''}"

    return code


cov: Op = derived(
    "cov",
    calls=(np.cov,),
    signature="m, y=None, rowvar=True, bias=False, ddof=None",
    inputs=("y",),
    bind=_cov_bind("cov", "rowvar", "bias", "ddof"),
    code=_cov_code("cov", "rowvar=rowvar, bias=bias, ddof=ddof"),
    body=_cov,
    facts={"ranked": True},
    domain=_cov_points(
        at(spaced(-1.0, 2.0, (2, 4)), ddof=0),
        at(spaced(-1.0, 2.0, (2, 4)), bias=True),
        at(spaced(-1.0, 2.0, (4,)), expected=lambda x: np.cov(x)[()]),
    ),
)
corrcoef: Op = derived(
    "corrcoef",
    calls=(np.corrcoef,),
    signature="m, y=None, rowvar=True",
    inputs=("y",),
    bind=_cov_bind("corrcoef", "rowvar"),
    code=_cov_code("corrcoef", "rowvar=rowvar"),
    body=_corrcoef,
    facts={"ranked": True},
    domain=_cov_points(),
)
