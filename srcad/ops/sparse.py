"""Sparse matrices of SciPy: constants that arrays are multiplied with, or solved for.

A product is linear in the array; its transpose is the product with `a.T`, which is a
view of the same entries. `spsolve` likewise. There is no derivative by the entries.
"""

from __future__ import annotations

from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.sizes import Dim
from srcad.ir.types import (
    INT,
    UNKNOWN,
    Array,
    Scalar,
    Sparse,
    Tuple,
    Type,
    dims_of,
    dtype_of,
    elementwise_type,
    kind_of_dtype,
    unwrapped,
)
from srcad.ops.declare import Arguments, Op, zero
from srcad.ops.fit import known, matched
from srcad.ops.kinds import linear


def sparse_type(t: Type) -> Sparse | None:
    """The type of a sparse matrix, if it is one."""
    t = unwrapped(t)
    return t if isinstance(t, Sparse) else None


def _ends(a: Type, turned: bool) -> tuple[Dim, Dim] | None:
    found = sparse_type(a)
    if found is None:
        return None
    rows, columns = found.dims
    return (columns, rows) if turned else (rows, columns)


def _joint(a: Type, x: Type, at_least: str = "bool") -> str | None:
    found, dtype = sparse_type(a), dtype_of(x)
    if found is None or dtype is None:
        return None
    pair = Array(found.dtype, ()), Array(dtype, ())
    return dtype_of(elementwise_type(*pair, at_least=at_least))


# ---- products ------------------------------------------------------------------------


def _times_type(x: Type, a: Type, turned: bool = False, call: str = "@") -> Type:
    ends, dims, dtype = _ends(a, turned), dims_of(x), _joint(a, x)
    if ends is None or not dims or dtype is None or len(dims) > 2:
        return UNKNOWN
    return Array(dtype, (ends[0], *dims[1:]))


def _times_code(node: Node) -> str:
    matrix = "a.T" if node.params.get("turned") else "a"
    dot = node.params.get("call") == "dot"
    return f"{matrix}.dot(x)" if dot else f"{matrix} @ x"


def _other(node: Node) -> dict[str, bool]:
    """The params of the product with the transposed matrix."""
    return {} if node.params.get("turned") else {"turned": True}


# a @ x for an array x; `call="dot"` where the user wrote that.
sparse_times: Op = linear(
    "sparse_times",
    signature="x, a, turned=False, call='@'",
    infer=_times_type,
    code=_times_code,
    transpose=lambda g, node: matched(
        sparse_times(known(g), node.inputs[1], **_other(node)), node.inputs[0]
    ),
)


def _after_type(x: Type, a: Type, turned: bool = False) -> Type:
    ends, dims, dtype = _ends(a, turned), dims_of(x), _joint(a, x)
    if ends is None or not dims or dtype is None or len(dims) > 2:
        return UNKNOWN
    return Array(dtype, (*dims[:-1], ends[1]))


# x @ a.
times_sparse: Op = linear(
    "times_sparse",
    signature="x, a, turned=False",
    infer=_after_type,
    code=lambda node: "x @ a.T" if node.params.get("turned") else "x @ a",
    transpose=lambda g, node: matched(
        times_sparse(known(g), node.inputs[1], **_other(node)), node.inputs[0]
    ),
)

# ---- systems -------------------------------------------------------------------------


def _solved_type(b: Type, a: Type, turned: bool = False) -> Type:
    dims, dtype = dims_of(b), _joint(a, b, at_least="float")
    if not dims or dtype is None:
        return UNKNOWN
    return Array(dtype, dims)


def _solve_bind(args: Any, kwargs: Any) -> Arguments:
    given = {**dict(zip(("A", "b"), args, strict=False)), **kwargs}
    a, b = given.pop("A", None), given.pop("b", None)
    if given or not isinstance(a, Value) or not isinstance(b, Value):
        raise MissingRule(
            "spsolve: this call has no derivative rule", hint="supported: spsolve(A, b)"
        )
    if sparse_type(a.type) is None:
        raise MissingRule(
            "spsolve has a derivative by b, for a sparse matrix A from outside",
            hint="pass the matrix as an argument, or use np.linalg.solve",
        )
    dims = dims_of(b.type)
    if dims is None or len(dims) not in (1, 2) or (len(dims) == 2 and dims[1] == 1):
        raise MissingRule(
            "spsolve: b must be a vector, or a matrix of several columns",
            hint="write b[:, 0] for a matrix of one column",
        )
    return [b, a], {}


# The solution x of a @ x = b.
spsolve: Op = linear(
    "spsolve",
    calls=("scipy.sparse.linalg.spsolve",),
    signature="b, a, turned=False",
    bind=_solve_bind,
    infer=_solved_type,
    code=lambda node: (
        f"scipy.sparse.linalg.spsolve({'a.T' if node.params.get('turned') else 'a'}, b)"
    ),
    transpose=lambda g, node: matched(
        spsolve(known(g), node.inputs[1], **_other(node)), node.inputs[0]
    ),
)

# ---- what is read of a matrix --------------------------------------------------------


def _turned_type(a: Type) -> Type:
    found = sparse_type(a)
    assert found is not None
    return Sparse(found.dtype, found.dims[::-1], found.matrix)


sparse_turned: Op = zero(
    "sparse_turned",
    signature="a",
    infer=_turned_type,
    code="a.T",
    memory="view",
    cost="free",
)


def _shape_type(a: Type) -> Type:
    found = sparse_type(a)
    assert found is not None
    return Tuple(tuple(Scalar("int", "", d) for d in found.dims))


sparse_shape: Op = zero(
    "sparse_shape", signature="a", infer=_shape_type, code="a.shape", cost="free"
)


def _read_type(a: Type, name: str = "") -> Type:
    found = sparse_type(a)
    assert found is not None
    if name == "toarray()":
        return Array(found.dtype, found.dims)
    if name == "nnz":
        return INT
    if name == "sum()":
        if kind_of_dtype(found.dtype) in ("float", "complex"):
            return Scalar(kind_of_dtype(found.dtype), found.dtype)
        return UNKNOWN
    if name in ("tocsr()", "tocsc()", "tocoo()", "copy()"):
        return found
    return UNKNOWN  # arrays: data, diagonal() of a length that is not known


# `a.data`, `a.toarray()` and the like: constants.
sparse_read: Op = zero(
    "sparse_read",
    signature="a, name=''",
    infer=_read_type,
    code=lambda node: f"a.{node.params['name']}",
)
READ = ("data", "indices", "indptr", "row", "col", "nnz")
CALLED = ("toarray", "tocsr", "tocsc", "tocoo", "copy", "diagonal", "sum")
