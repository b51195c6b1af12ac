"""The spellings that NumPy 2 took over from the array API: `np.linalg.matrix_norm`, ...

They work on the last axes, and are written out as the operations they stand for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import (
    UNKNOWN,
    Type,
    broadcast_dims,
    dims_of,
    dtype_of,
    elementwise_type,
    number_type,
)
from srcad.ops.complexes import conj_of
from srcad.ops.declare import Op
from srcad.ops.domain import at, spaced
from srcad.ops.fit import matched, sum_
from srcad.ops.formulas import by_formula, spelled
from srcad.ops.kinds import bilinear
from srcad.ops.norms import norm
from srcad.ops.products import flipped, matmul, outer, tensordot, tensordot_bind
from srcad.ops.reduced import reduced_dims
from srcad.ops.shapes import ravel
from srcad.ops.triangles import diagonal, trace

LAST = {"axis1": -2, "axis2": -1}


def _matrix_norm(x: Value, keepdims: bool = False, ord: Any = "fro") -> Value:
    return norm(
        x, **{"ord": ord, "axis": (-2, -1), **({"keepdims": True} if keepdims else {})}
    )


def _vector_norm(
    x: Value, axis: Any = None, keepdims: bool = False, ord: Any = 2
) -> Value:
    if isinstance(axis, (tuple, list)):
        raise MissingRule("vector_norm over several axes has no derivative rule")
    if axis is None and keepdims:
        raise MissingRule("vector_norm(keepdims=True) needs an axis")
    if axis is None:
        return norm(ravel(x)) if ord == 2 else norm(ravel(x), ord=ord, axis=0)
    return norm(
        x, **{"ord": ord, "axis": axis, **({"keepdims": True} if keepdims else {})}
    )


def _matrices(*extra: Any) -> Any:
    return lambda: [at(spaced(-1, 1, (2, 3, 3))), at(spaced(-1, 1, (3, 3))), *extra]


matrix_norm: Op = spelled(
    "matrix_norm",
    calls=(np.linalg.matrix_norm,),
    signature="x, *, keepdims=False, ord='fro'",
    formula=_matrix_norm,
    domain=lambda: [
        at(spaced(-1, 1, (3, 3))),
        at(spaced(-1, 1, (2, 3, 3)), keepdims=True),
        at(spaced(-1, 1, (3, 3)), ord=1),
        at(spaced(-1, 1, (2, 3, 3)), ord="nuc"),
    ],
)
vector_norm: Op = spelled(
    "vector_norm",
    calls=(np.linalg.vector_norm,),
    signature="x, *, axis=None, keepdims=False, ord=2",
    formula=_vector_norm,
    domain=lambda: [
        at(spaced(-1, 1, (3,))),
        at(spaced(-1, 1, (2, 3))),
        at(spaced(-1, 1, (2, 3)), axis=1),
        at(spaced(-1, 1, (2, 3)), axis=0, keepdims=True, ord=3),
    ],
)
matrix_transpose: Op = spelled(
    "matrix_transpose",
    calls=tuple(
        filter(
            None,
            (np.linalg.matrix_transpose, getattr(np, "matrix_transpose", None)),
        )
    ),
    signature="x",
    formula=flipped,
    memory="view",
    domain=_matrices(),
)
linalg_diagonal: Op = spelled(
    "linalg_diagonal",
    calls=(np.linalg.diagonal,),
    signature="x, *, offset=0",
    formula=lambda x, **params: diagonal(x, **params, **LAST),
    memory="view",
    domain=_matrices(at(spaced(-1, 1, (2, 3)), offset=1)),
)
linalg_trace: Op = spelled(
    "linalg_trace",
    calls=(np.linalg.trace,),
    signature="x, *, offset=0",
    formula=lambda x, **params: trace(x, **params, **LAST),
    domain=_matrices(at(spaced(-1, 1, (2, 3)), offset=1)),
)
linalg_outer: Op = spelled(
    "linalg_outer",
    calls=(np.linalg.outer,),
    signature="x, y",
    formula=outer,
    domain=lambda: [at(spaced(-1, 1, (3,)), spaced(1, 2, (2,)))],
)
linalg_matmul: Op = spelled(
    "linalg_matmul",
    calls=(np.linalg.matmul,),
    signature="x, y",
    formula=matmul,
    domain=lambda: [at(spaced(-1, 1, (2, 3)), spaced(1, 2, (3, 2)))],
)
linalg_tensordot: Op = spelled(
    "linalg_tensordot",
    calls=(np.linalg.tensordot,),
    signature="x, y, axes=2",
    bind=tensordot_bind,
    formula=tensordot,
    domain=lambda: [at(spaced(-1, 1, (2, 3)), spaced(1, 2, (3, 2)), axes=1)],
)


# ---- vecdot and cross ----------------------------------------------------------------


def _vecdot_type(x: Type, y: Type, axis: int = -1) -> Type:
    dx, dy, dtype = dims_of(x), dims_of(y), dtype_of(elementwise_type(x, y))
    if not dx or not dy or dtype is None:
        return UNKNOWN
    return number_type(dtype, reduced_dims(broadcast_dims(dx, dy), axis))


linalg_vecdot: Op = by_formula(
    "linalg_vecdot",
    calls=(np.linalg.vecdot,),
    signature="x, y, *, axis=-1",
    infer=_vecdot_type,
    code="np.linalg.vecdot(x, y, axis=axis)",
    formula=lambda x, y, axis=-1: sum_(conj_of(x) * y, axis=axis),
    domain=lambda: [
        at(spaced(-1, 1, (3,)), spaced(1, 2, (3,))),
        at(spaced(-1, 1, (2, 3)), spaced(1, 2, (3,))),
        at(spaced(-1, 1, (3, 2)), spaced(1, 2, (3, 2)), axis=0),
        at(spaced(-1, 1, (2, 3)) + 0.5j, spaced(1, 2, (2, 3)) - 0.3j),
    ],
)


def _cross_type(x: Type, y: Type, axis: int = -1) -> Type:
    dx, dy, dtype = dims_of(x), dims_of(y), dtype_of(elementwise_type(x, y))
    if not dx or not dy or dtype is None:
        return UNKNOWN
    return number_type(dtype, broadcast_dims(dx, dy))


def _cross_back(g: Value, node: Node, left: bool) -> Value:
    x, y = node.inputs
    found = (
        linalg_cross(y, g, **node.params) if left else linalg_cross(g, x, **node.params)
    )
    return matched(found, x if left else y)


linalg_cross: Op = bilinear(
    "linalg_cross",
    calls=(np.linalg.cross,),
    signature="x, y, *, axis=-1",
    infer=_cross_type,
    code="np.linalg.cross(x, y, axis=axis)",
    transposes=(
        lambda g, node: _cross_back(g, node, left=True),
        lambda g, node: _cross_back(g, node, left=False),
    ),
    domain=lambda: [
        at(spaced(-1, 1, (3,)), spaced(1, 2, (3,))),
        at(spaced(-1, 1, (2, 3)), spaced(1, 2, (3,))),
        at(spaced(-1, 1, (3, 2)), spaced(1, 2, (3, 2)), axis=0),
    ],
)
