"""Matrices that `scipy.linalg` builds: constants of a size, and products by columns.

companion, convolution_matrix, fiedler, fiedler_companion and leslie need no rule: they
are lowered from their own source. Questions about a matrix have derivative zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.ir.graph import Value
from srcad.ir.sizes import shifted
from srcad.ir.types import (
    BOOL,
    INT,
    UNKNOWN,
    Array,
    Tuple,
    Type,
    dims_of,
    dtype_of,
    elementwise_type,
)
from srcad.ops.banded import scalar
from srcad.ops.declare import Op, declared, zero
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.filled import zeros
from srcad.ops.formulas import by_formula
from srcad.ops.fourier import cropped_like
from srcad.ops.ranks import expand_dims
from srcad.ops.scipy_calls import free_bind
from srcad.ops.shapes import dim, reshape
from srcad.ops.sizes import Sized, length
from srcad.ops.sizes import product as length_product
from srcad.ops.triangles import diag

# ---- constants -----------------------------------------------------------------------


def _constant(name: str, dtype: str, *samples: Sample, **usual: Any) -> Op:
    """A matrix of n rows and columns that depends on n only.

    usual : its keywords with their defaults; with others, its type is not known.
    """

    def infer(n: Type, **params: Any) -> Type:
        rows = shifted(length(n), -1) if name == "helmert" else length(n)
        return UNKNOWN if params else Array(dtype, (rows, length(n)))

    extra = "".join(f", {k}={v!r}" for k, v in usual.items())
    given = "".join(f", {k}={k}" for k in usual)
    return declared(
        Sized(
            name,
            f"n{extra}",
            infer,
            f"scipy.linalg.{name}(n{given})",
            calls=(f"scipy.linalg.{name}",),
            kind="zero",
            domain=lambda: [value_at(4), *samples],
        )
    )


hilbert = _constant("hilbert", "float64")
invhilbert = _constant("invhilbert", "float64", value_at(3, exact=True), exact=False)
pascal = _constant("pascal", "uint64", value_at(3), kind="symmetric", exact=True)
invpascal = _constant("invpascal", "int64", value_at(3), kind="symmetric", exact=True)
dft = _constant("dft", "complex128", value_at(3, scale="sqrtn"), scale=None)
helmert = _constant("helmert", "float64", value_at(3, full=True), full=False)
hadamard = _constant("hadamard", "int64")

# ---- questions -----------------------------------------------------------------------

bandwidth: Op = zero(
    "bandwidth",
    calls=("scipy.linalg.bandwidth",),
    infer=lambda x: Tuple((INT, INT)) if len(dims_of(x) or ()) == 2 else UNKNOWN,
    code="scipy.linalg.bandwidth(x)",
    domain=lambda: [value_at(np.tri(3))],
)


def _question(name: str) -> Op:
    return zero(
        name,
        calls=(f"scipy.linalg.{name}",),
        signature="x, atol=None, rtol=None",
        infer=lambda x, **_: BOOL if len(dims_of(x) or ()) == 2 else UNKNOWN,
        code=f"scipy.linalg.{name}(x, atol=atol, rtol=rtol)",
        domain=lambda: [value_at(np.eye(3)), value_at(np.tri(3), atol=0.1)],
    )


issymmetric = _question("issymmetric")
ishermitian = _question("ishermitian")

# ---- products by columns, and a diagonal in a matrix of any size ---------------------


def _khatri_rao_type(a: Type, b: Type) -> Type:
    da, db = dims_of(a), dims_of(b)
    dtype = dtype_of(elementwise_type(scalar(a), scalar(b)))
    if da is None or db is None or dtype is None or len(da) != 2 or len(db) != 2:
        return UNKNOWN
    return Array(dtype, (length_product((da[0], db[0])), da[1]))


def _by_columns(a: Value, b: Value) -> Value:
    """The Kronecker product of each pair of columns."""
    found = expand_dims(a, axis=1) * expand_dims(b, axis=0)
    return reshape(found, dim(a, k=0) * dim(b, k=0), dim(a, k=1))


khatri_rao: Op = by_formula(
    "khatri_rao",
    calls=("scipy.linalg.khatri_rao",),
    signature="a, b",
    infer=_khatri_rao_type,
    code="scipy.linalg.khatri_rao(a, b)",
    formula=_by_columns,
    domain=lambda: [at(spaced(-1, 1, (2, 3)), spaced(1, 2, (4, 3)))],
)


def _diagsvd_type(s: Type, m: Type, n: Type) -> Type:
    dtype = dtype_of(s)
    return UNKNOWN if dtype is None else Array(dtype, (length(m), length(n)))


diagsvd: Op = by_formula(
    "diagsvd",
    calls=("scipy.linalg.diagsvd",),
    signature="s, m, n",
    bind=free_bind("diagsvd", ["s", "M", "N"]),
    infer=_diagsvd_type,
    code="scipy.linalg.diagsvd(s, m, n)",
    formula=lambda s, m, n: cropped_like(diag(s), zeros(m, n)),
    domain=lambda: [at(spaced(1, 2, (2,)), 2, 3), at(spaced(1, 2, (3,)), 4, 3)],
)
