"""Products and powers of matrices, condition numbers, tensors read as matrices.

The user's call stays; its derivative is that of the formula in other operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Value, literal
from srcad.ir.types import (
    UNKNOWN,
    Tuple,
    Type,
    dims_of,
    dtype_of,
    elementwise_type,
    number_type,
    unwrapped,
)
from srcad.ops.containers import item
from srcad.ops.declare import Arguments, Op, static
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.extremes import max_, min_
from srcad.ops.formulas import by_formula
from srcad.ops.linalg import float_dtype, inv, regular, solve, square_type
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.norms import norm
from srcad.ops.products import rank_of
from srcad.ops.shapes import dim, ravel, reshape
from srcad.ops.sizes import bound
from srcad.ops.svd import svdvals

# ---- powers and products -------------------------------------------------------------


def _power_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("a", "n"), args, kwargs, "matrix_power")
    return [given["a"]], {"n": int(static(given["n"], "matrix_power(n=...)"))}


def _power(x: Value, n: int) -> Value:
    """By squaring."""
    if n == 0:
        return literal(0.0)  # whatever is constant
    base = inv(x) if n < 0 else x
    n, found = abs(n), None
    while n:
        if n % 2:
            found = base if found is None else found @ base
        n //= 2
        base = base @ base if n else base
    assert found is not None
    return found


def _power_type(x: Type, n: int) -> Type:
    needs_matrix(x, square=True)
    return square_type(x) if n < 0 else x


matrix_power: Op = by_formula(
    "matrix_power",
    calls=(np.linalg.matrix_power,),
    signature="x, n=None",
    bind=_power_bind,
    infer=_power_type,
    code="np.linalg.matrix_power(x, n)",
    formula=_power,
    domain=lambda: (
        [at(regular(3), n=n) for n in (0, 1, 2, 5, -1, -2)]
        + [at(regular(2, 2), n=3), at(regular(2) + 0.3j, n=3)]
    ),
)


def _chain_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("arrays",), args, kwargs, "multi_dot", ignored={"out": [None]})
    arrays = given["arrays"]
    if isinstance(arrays, Value) and isinstance(unwrapped(arrays.type), Tuple):
        count = len(unwrapped(arrays.type).items)  # type: ignore[attr-defined]
        arrays = [item(arrays, key=k) for k in range(count)]
    if not isinstance(arrays, (list, tuple)):
        raise MissingRule("multi_dot: the number of factors must be known")
    return list(arrays), {}


def _chain_type(*types: Type) -> Type:
    shapes = [dims_of(t) for t in types]
    dtype = dtype_of(elementwise_type(*(_entry(t) for t in types)))
    if dtype is None or len(types) < 2 or any(not s for s in shapes):
        return UNKNOWN
    first, last = shapes[0], shapes[-1]
    assert first is not None and last is not None
    dims = (*first[:-1], *(last[1:] if len(last) > 1 else ()))
    return number_type(dtype, dims)


def _entry(t: Type) -> Type:
    dtype = dtype_of(t)
    return UNKNOWN if dtype is None else number_type(dtype, ())


def _chain(*xs: Value) -> Value:
    """A vector at the end is multiplied first; else from the left."""
    if rank_of(xs[-1]) == 1:
        found = xs[-1]
        for x in reversed(xs[:-1]):
            found = x @ found
        return found
    found = xs[0]
    for x in xs[1:]:
        found = found @ x
    return found


def _factors(*shapes: tuple[int, ...]) -> Sample:
    factors = tuple(spaced(-1, k + 1.0, s) for k, s in enumerate(shapes))
    return Sample(factors, expected=lambda *xs: np.linalg.multi_dot(xs))


multi_dot: Op = by_formula(
    "multi_dot",
    calls=(np.linalg.multi_dot,),
    signature="*xs",
    bind=_chain_bind,
    infer=_chain_type,
    code=lambda node: (
        f"np.linalg.multi_dot([{', '.join(f'xs{k}' for k in range(len(node.inputs)))}])"
    ),
    formula=_chain,
    domain=lambda: [
        _factors((2, 3), (3, 2)),
        _factors((2, 3), (3, 4), (4, 2)),
        _factors((3,), (3, 4), (4, 2)),
        _factors((2, 3), (3, 4), (4,)),
        _factors((3,), (3, 4), (4, 3), (3,)),
    ],
)

# ---- condition numbers ---------------------------------------------------------------


def _cond_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("x", "p"), args, kwargs, "cond")
    order = static(given.get("p"), "cond(p=...)")
    return [given["x"]], {} if order is None else {"p": order}


def _cond_type(x: Type, p: Any = None) -> Type:
    dims, dtype = dims_of(x), float_dtype(x)
    if dims is None or dtype is None or len(dims) < 2:
        return UNKNOWN
    real = np.zeros(0, dtype).real.dtype
    return number_type(str(real), dims[:-2])


def _spread() -> Any:
    """Well separated singular values."""
    return regular(3) * np.array([1.0, 2.0, 4.0])


def _cond(x: Value, p: Any = None) -> Value:
    if p in (None, 2, -2):
        s = svdvals(x)
        ends = max_(s, axis=-1), min_(s, axis=-1)
        return ends[0] / ends[1] if p != -2 else ends[1] / ends[0]
    return norm(x, ord=p, axis=(-2, -1)) * norm(inv(x), ord=p, axis=(-2, -1))


cond: Op = by_formula(
    "cond",
    calls=(np.linalg.cond,),
    signature="x, p=None",
    bind=_cond_bind,
    infer=_cond_type,
    code="np.linalg.cond(x, p=p)",
    formula=_cond,
    domain=lambda: (
        [at(_spread(), p=p) for p in (None, 2, -2, 1, np.inf, "fro", "nuc")]
        + [at(regular(2, 2)), at(_spread()[:, :2])]
    ),
)

# ---- tensors as matrices -------------------------------------------------------------


def _lengths(x: Value, axes: Sequence[int]) -> list[Value]:
    return [dim(x, k=k) for k in axes]


def _known_rank(x: Value, name: str) -> int:
    rank = rank_of(x)
    if rank is None:
        raise MissingRule(
            f"{name} needs the number of axes of its argument",
            hint="call the function once before asking for its source",
        )
    return rank


def _count(lengths: Sequence[Value]) -> Value:
    total: Value = literal(1)
    for n in lengths:
        total = total * n
    return total


def _tensorinv_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("a", "ind"), args, kwargs, "tensorinv")
    ind = int(static(given.get("ind", 2), "tensorinv(ind=...)"))
    return [given["a"]], {} if ind == 2 else {"ind": ind}


def _tensorinv_type(x: Type, ind: int = 2) -> Type:
    dims, dtype = dims_of(x), float_dtype(x)
    if dims is None or dtype is None:
        return UNKNOWN
    return number_type(dtype, (*dims[ind:], *dims[:ind]))


def _tensorinv(x: Value, ind: int = 2) -> Value:
    rank = _known_rank(x, "tensorinv")
    first, last = _lengths(x, range(ind)), _lengths(x, range(ind, rank))
    n = _count(first)
    return reshape(inv(reshape(x, n, n)), *last, *first)


tensorinv: Op = by_formula(
    "tensorinv",
    calls=(np.linalg.tensorinv,),
    signature="x, ind=2",
    bind=_tensorinv_bind,
    infer=_tensorinv_type,
    code="np.linalg.tensorinv(x, ind=ind)",
    formula=_tensorinv,
    domain=lambda: [
        Sample((regular(4).reshape(2, 2, 2, 2),), ranked=True),
        Sample((regular(4).reshape(4, 2, 2),), {"ind": 1}, ranked=True),
    ],
)


def _tensorsolve_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("a", "b"), args, kwargs, "tensorsolve", ignored={"axes": [None]})
    return [given["a"], given["b"]], {}


def _tensorsolve_type(a: Type, b: Type) -> Type:
    da, db, dtype = dims_of(a), dims_of(b), float_dtype(a, b)
    if da is None or db is None or dtype is None:
        return UNKNOWN
    return number_type(dtype, da[len(db) :])


def _tensorsolve(a: Value, b: Value) -> Value:
    rank, first = _known_rank(a, "tensorsolve"), _known_rank(b, "tensorsolve")
    rest = _lengths(a, range(first, rank))
    n = _count(_lengths(b, range(first)))
    return reshape(solve(reshape(a, n, n), ravel(b)), *rest)


tensorsolve: Op = by_formula(
    "tensorsolve",
    calls=(np.linalg.tensorsolve,),
    signature="a, b",
    bind=_tensorsolve_bind,
    infer=_tensorsolve_type,
    code="np.linalg.tensorsolve(a, b)",
    formula=_tensorsolve,
    domain=lambda: [
        Sample((regular(4).reshape(2, 2, 4), spaced(-1, 1, (2, 2))), ranked=True),
        Sample((regular(4).reshape(4, 2, 2), spaced(-1, 1, (4,))), ranked=True),
    ],
)
