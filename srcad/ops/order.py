"""Entries put in order: sort, partition, and the orders themselves.

Sorting is a permutation, whose inverse is that of its transpose. Entries that are equal
have no order of their own: they share what they get equally.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, dtype_of
from srcad.ops.bodies import in_line, only
from srcad.ops.declare import Arguments, Op, static, zero
from srcad.ops.derived import derived, macro
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.fit import known
from srcad.ops.kinds import linear
from srcad.ops.ranks import reshape_like
from srcad.ops.sizes import bound, own_length, product

X = [[0.3, -1.2, 2.0], [1.5, 0.1, -0.4]]

# ---- permutations --------------------------------------------------------------------


def _like_first(x: Type, *_: Type, **__: Any) -> Type:
    dims, dtype = dims_of(x), dtype_of(x)
    return UNKNOWN if dims is None or dtype is None else Array(dtype, dims)


def _permuted_code(node: Node) -> str:
    dims = dims_of(node.inputs[0].type)
    if dims is not None and len(dims) == 1:
        return "x[order]"
    return "np.take_along_axis(x, order, axis)"


# x with its entries along an axis in another order, every one of them once.
permuted: Op = linear(
    "permuted",
    signature="x, order, axis=-1",
    infer=_like_first,
    code=_permuted_code,
    transpose=lambda g, node: permuted(
        known(g), argsort(node.inputs[1], **node.params), **node.params
    ),
    domain=lambda: [
        at(np.array(X), np.argsort(X, axis=0), axis=0),
        at(np.array(X[0]), np.array([2, 0, 1])),
    ],
)

# t averaged over the entries of x that are equal along the axis, for the tie's sake.
shared_ties: Op = linear(
    "shared_ties",
    signature="t, x, axis=-1",
    infer=_like_first,
    code="runtime.shared_ties(t, x, axis)",
    transpose=lambda g, node: shared_ties(known(g), node.inputs[1], **node.params),
    domain=lambda: [
        at(np.array(X), np.array([[1, 2, 1], [0, 3, 3]])),
        at(np.array(X), np.array([[1, 2, 1], [1, 3, 3]]), axis=0),
    ],
)

# ---- sort ----------------------------------------------------------------------------


def _bind(name: str, *middle: str, plain: Sequence[Any] = (None,)) -> Any:
    """Binds `f(x, *middle, axis, kind, order)`; `order` is for records, and refused."""

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(
            ("x", *middle, "axis", "kind", "order", "stable"), args, kwargs, name
        )
        only(static(given.get("order"), f"{name}(order=...)"), [None], f"{name}(order")
        params = {
            k: static(given[k], f"{name}({k}=...)")
            for k in (*middle, "axis", "kind", "stable")
            if k in given
        }
        params = {k: tuple(v) if isinstance(v, list) else v for k, v in params.items()}
        if params.get("axis", 0) == -1:
            del params["axis"]
        usual = {"kind": plain, "stable": (None,)}
        return [given["x"]], {
            k: v for k, v in params.items() if v not in usual.get(k, ())
        }

    return bind


def _order_type(x: Type, axis: int | None = -1, **_: Any) -> Type:
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    return Array("int64", dims if axis is not None and dims else (product(dims),))


SORTING = "x, axis=-1, kind=None, stable=None"

argsort: Op = zero(
    "argsort",
    calls=(np.argsort,),
    methods=("argsort",),
    signature=SORTING,
    bind=_bind("argsort"),
    infer=_order_type,
    domain=lambda: [at(np.array(X[0])), at(np.array(X)), at(np.array(X), axis=0)],
)

argpartition: Op = zero(
    "argpartition",
    calls=(np.argpartition,),
    methods=("argpartition",),
    signature="x, kth=0, axis=-1, kind='introselect'",
    bind=_bind("argpartition", "kth", plain=("introselect",)),
    infer=_order_type,
    code="np.argpartition(x, kth, axis=axis, kind=kind)",
    domain=lambda: [
        at(
            np.array(X),
            kth=1,
            expected=lambda x: np.argpartition(x, 1),
        )
    ],
)


def sorted_by(x: Value, order: Value, axis: int) -> Value:
    """x in an order that sorts it, equal entries sharing what they get."""
    found = permuted(x, order, axis=axis)
    return shared_ties(found, found, axis=axis)


def _sort(x: Value, axis: int | None = -1, **params: Any) -> Value:
    x, axis = in_line(x, axis)
    return sorted_by(x, argsort(x, axis=axis, **params), axis)


def _partition(x: Value, kth: Any = 0, axis: int | None = -1, **params: Any) -> Value:
    """By the order found, so that value and derivative go by the same one."""
    x, axis = in_line(x, axis)
    return sorted_by(x, argpartition(x, kth=kth, axis=axis, **params), axis)


def _sort_points() -> list[Sample]:
    x = np.array(X)
    return [
        at(x),
        at(x, axis=0),
        at(x, axis=None),
        at(x[0], kind="stable"),
        at(x.astype(np.float32), axis=-2),
        value_at(np.array([3, 1, 2])),
        value_at(np.zeros((0, 2)), axis=0),
        value_at(np.zeros((1, 1))),
    ]


sort: Op = derived(
    "sort",
    calls=(np.sort,),
    signature=SORTING,
    bind=_bind("sort"),
    body=_sort,
    domain=_sort_points,
)

partition: Op = macro(
    "partition",
    calls=(np.partition,),
    signature="x, kth=0, axis=-1, kind='introselect'",
    bind=_bind("partition", "kth", plain=("introselect",)),
    body=_partition,
    domain=lambda: [
        _partitioned(1),
        _partitioned((0, 1), axis=0),
        _partitioned(3, axis=None),
    ],
)


def _partitioned(kth: Any, **params: Any) -> Sample:
    def expected(x: Any) -> Any:
        return np.take_along_axis(
            x if params.get("axis", -1) is not None else x.ravel(),
            np.argpartition(x, kth, **params),
            params.get("axis", -1) or 0 if "axis" in params else -1,
        )

    return Sample((np.array(X),), {"kth": kth, **params}, expected=expected)


# ---- places in an order --------------------------------------------------------------


def _place_type(where: int) -> Any:
    """Inference for the places of the values in input `where`."""

    def infer(*types: Type, **_: Any) -> Type:
        dims = dims_of(types[where])
        if dims is None:
            return UNKNOWN
        return Array("int64", dims) if dims else UNKNOWN

    return infer


EDGES, POINTS = spaced(-1.0, 1.0, (3,)), np.array([-0.9, 0.3, 0.35, 2.0])
EDGES.sort()

searchsorted: Op = zero(
    "searchsorted",
    calls=(np.searchsorted,),
    methods=("searchsorted",),
    signature="a, v, side='left', sorter=None",
    inputs=("sorter",),
    infer=_place_type(1),
    code=lambda node: (
        "np.searchsorted(a, v, side=side)"
        if len(node.inputs) == 2
        else "np.searchsorted(a, v, side=side, sorter=sorter)"
    ),
    domain=lambda: [
        at(EDGES, POINTS),
        at(EDGES, POINTS, side="right"),
        at(EDGES, 0.3),
    ],
)
digitize: Op = zero(
    "digitize",
    calls=(np.digitize,),
    signature="x, bins, right=False",
    infer=_place_type(0),
    domain=lambda: [at(POINTS, EDGES), at(POINTS, EDGES[::-1], right=True)],
)
lexsort: Op = zero(
    "lexsort",
    calls=(np.lexsort,),
    signature="keys, axis=-1",
    infer=lambda keys, **_: (
        UNKNOWN
        if not (dims := dims_of(keys))
        else Array("int64", dims[1:] or (own_length(),))
    ),
    domain=lambda: [at(np.array(X))],
)

# ---- entries by their place along an axis --------------------------------------------


def _along_type(x: Type, indices: Type, axis: int | None = -1) -> Type:
    dims, places, dtype = dims_of(x), dims_of(indices), dtype_of(x)
    if dims is None or places is None or dtype is None:
        return UNKNOWN
    if axis is None or len(dims) == 1:
        return Array(dtype, places)
    if len(dims) != len(places):
        return UNKNOWN
    where = axis % len(dims)
    return Array(dtype, (*dims[:where], places[where], *dims[where + 1 :]))


take_along_axis: Op = linear(
    "take_along_axis",
    calls=(np.take_along_axis,),
    signature="x, indices, axis=-1",
    infer=_along_type,
    code="np.take_along_axis(x, indices, axis)",
    transpose=lambda g, node: added_along(known(g), *node.inputs[::-1], **node.params),
    domain=lambda: [
        at(np.array(X), np.array([[0, 0], [2, 1]]), axis=1),
        at(np.array(X), np.array([[0, 1, 0]]), axis=0),
        at(np.array(X), np.array([5, 0, 0]), axis=None),
        at(np.array(X), np.array([[1], [2]]), axis=-1),
    ],
)


def _added_back(g: Value, node: Node) -> Value:
    found = take_along_axis(g, node.inputs[1], **node.params)
    return found if dims_of(found.type) else reshape_like(found, node.inputs[0])


# Zeros like x, to which g is added at the places that `take_along_axis` reads.
added_along: Op = linear(
    "added_along",
    signature="g, indices, x, axis=-1",
    infer=lambda g, indices, x, **_: (
        UNKNOWN
        if dims_of(x) is None or dtype_of(g) is None
        else Array(dtype_of(g) or "", dims_of(x) or ())
    ),
    code="runtime.added_along(g, indices, np.shape(x), axis)",
    transpose=lambda g, node: _added_back(known(g), node),
    domain=lambda: [
        at(
            np.array([[0.5, 1.5], [2.5, 3.0]]),
            np.array([[0, 0], [2, 1]]),
            np.array([[1, 2, 3]] * 2),
            axis=1,
        ),
    ],
)
