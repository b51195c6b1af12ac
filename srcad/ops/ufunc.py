"""What the families of elementwise functions share: types of ufuncs, safe divisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from srcad.ir.builder import current
from srcad.ir.graph import Node, Value
from srcad.ir.types import (
    BOTTOM,
    FLOAT,
    INT,
    UNKNOWN,
    Array,
    Maybe,
    Scalar,
    Type,
    broadcast_dims,
    dims_of,
    elementwise_type,
    number_type,
    of_kind,
)
from srcad.ops.arithmetic import quotient
from srcad.ops.declare import Op, zero
from srcad.ops.domain import binary, unary
from srcad.ops.kinds import elementwise

_PYTHON: dict[str, Any] = {"int": int, "float": float, "complex": complex}


def ufunc_type(ufunc: np.ufunc, by_math: Type = FLOAT) -> Callable[..., Type]:
    """Inference for a ufunc of one output, as NumPy itself resolves dtypes.

    by_math : the type where the node goes by the function of that name in `math`.
    """

    def infer(*types: Type, via: str = "np") -> Type:
        types = tuple(t.inner if isinstance(t, Maybe) else t for t in types)
        if via == "math":
            return by_math
        shapes = [s for s in map(dims_of, types) if s is not None]
        if len(shapes) < len(types):
            return BOTTOM if BOTTOM in types else UNKNOWN
        dtype = _resolved(ufunc, tuple(map(_operand, types)))
        if dtype is None:
            return UNKNOWN
        found = number_type(dtype, broadcast_dims(*shapes))
        python = all(isinstance(t, Scalar) and not t.dtype for t in types)
        if via == "builtins" and python and isinstance(found, Scalar):
            return Scalar(found.kind)
        return found

    return infer


def ufunc_types(ufunc: np.ufunc, *types: Type) -> tuple[Type, ...]:
    """The types of all outputs of a ufunc."""
    types = tuple(t.inner if isinstance(t, Maybe) else t for t in types)
    shapes = [s for s in map(dims_of, types) if s is not None]
    if len(shapes) < len(types):
        return (BOTTOM if BOTTOM in types else UNKNOWN,) * ufunc.nout
    operands = (*map(_operand, types), *(None,) * ufunc.nout)
    try:
        dtypes = ufunc.resolve_dtypes(operands)[ufunc.nin :]
    except TypeError:
        return (UNKNOWN,) * ufunc.nout
    dims = broadcast_dims(*shapes)
    return tuple(number_type(str(d), dims) for d in dtypes)


def _operand(t: Type) -> Any:
    if isinstance(t, Scalar) and not t.dtype:
        return _PYTHON.get(t.kind, np.dtype(bool))
    assert isinstance(t, (Scalar, Array))
    return np.dtype(t.dtype)


@cache
def _resolved(ufunc: np.ufunc, operands: tuple[Any, ...]) -> str | None:
    try:
        return str(ufunc.resolve_dtypes((*operands, None))[-1])
    except TypeError:
        return None


def real_function(
    name: str, target: np.ufunc, *twins: object, partials: Any, **facts: Any
) -> Op:
    """An elementwise function that NumPy has as a ufunc.

    twins : other callables, of which the function in `math` is chosen by `via`.
    """
    signature = facts.pop("signature", "x" if target.nin == 1 else "x, y")
    return elementwise(
        name,
        calls=(target, *twins),
        signature=f"{signature}, *, via='np'" if twins else signature,
        infer=ufunc_type(target),
        partials=partials,
        **facts,
    )


def step_function(
    name: str, target: np.ufunc, *twins: object, by_math: Type = INT, **facts: Any
) -> Op:
    """A piecewise constant ufunc."""
    signature = "x" if target.nin == 1 else "x, y"
    return zero(
        name,
        calls=(target, *twins),
        signature=f"{signature}, *, via='np'" if twins else signature,
        infer=ufunc_type(target, by_math),
        **facts,
    )


def floating(*types: Type) -> Type:
    """Inference for a function that NumPy computes in floats, to NumPy's types."""
    found = elementwise_type(*types, at_least="float")
    if isinstance(found, Scalar) and not found.dtype:
        return of_kind(Scalar(found.kind, "float64"), found.kind)
    return found


def over(g: Value, y: Value) -> Value:
    """g / y in the rule of a function that raises where y is 0, if it is `math`'s."""
    return g / y if current().via == "math" else quotient(g, y)


def _safe_partials(out: Value, x: Value, y: Value) -> Sequence[Any]:
    return [
        lambda g: quotient_or_zero(g, y),
        lambda g: -quotient_or_zero(g * out, y),
    ]


def _quotient_code(node: Node) -> str:
    t = node.inputs[1].type
    if isinstance(t, Scalar):
        return "x / (y or np.inf)"
    if isinstance(t, Array):
        return "x / np.where(y == 0, np.inf, y)"
    return "runtime.quotient_or_zero(x, y)"


# x / y, and 0 where y is 0: the adjoint of a norm or a standard deviation at its kink.
quotient_or_zero: Op = elementwise(
    "quotient_or_zero",
    signature="x, y",
    infer=lambda x, y: elementwise_type(x, y, at_least="float"),
    code=_quotient_code,
    partials=_safe_partials,
    domain=binary((-2.0, 2.0), (0.5, 2.0), holomorphic=True),
)


# The square root with slope 0 at 0: what a standard deviation of constants needs.
root: Op = elementwise(
    "root",
    signature="x",
    infer=ufunc_type(np.sqrt),
    code="np.sqrt(x)",
    partials=lambda out, x: [lambda g: quotient_or_zero(0.5 * g, out)],
    domain=unary(0.2, 2.0),
)
