"""Sparse matrices from outside: what can be done with them in a function.

Products with arrays have derivatives by the array; reading a matrix gives constants.
A matrix computed of another one is refused: it can be computed outside.
"""

from __future__ import annotations

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_like
from srcad.frontend.refs import Cell, Method, Number, Ref, View
from srcad.ir.builder import current
from srcad.ir.graph import Value
from srcad.ir.types import dims_of
from srcad.ops.sparse import (
    CALLED,
    READ,
    sparse_read,
    sparse_shape,
    sparse_times,
    sparse_turned,
    sparse_type,
    times_sparse,
)

HINT = "compute it outside, and pass the result as an argument"


def sparse_value(ref: Ref) -> Value | None:
    """The value of a sparse matrix, if the reference is one."""
    if isinstance(ref, Number) and sparse_type(ref.value.type) is not None:
        return ref.value
    return None


def sparse_binary(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref | None:
    """`a @ x` and `x @ a`; None where no side is a sparse matrix."""
    a, b = sparse_value(left), sparse_value(right)
    if a is None and b is None:
        return None
    by_class = [v for v in (a, b) if v is not None]
    kind = sparse_type(by_class[0].type)
    product = sign is gast.MatMult or (
        sign is gast.Mult and kind is not None and kind.matrix
    )
    other = right if a is not None else left
    if (a is not None and b is not None) or not product or not _is_array(frame, other):
        raise UnsupportedSyntax(
            "of a sparse matrix, only the product with an array is supported: a @ x",
            hint=HINT,
        )
    x = array_like(frame, other)
    if a is not None:
        return frame.result(_times(x, a))
    assert b is not None
    matrix, turned = _untransposed(b)
    return frame.result(times_sparse(x, matrix, **({"turned": True} if turned else {})))


def _is_array(frame: Frame, ref: Ref) -> bool:
    if not isinstance(ref, (Cell, View)):
        return False
    dims = dims_of(array_like(frame, ref).type)
    if dims is None or len(dims) not in (1, 2):
        raise UnsupportedSyntax(
            "a sparse matrix times an array whose number of axes is not known to be 1 "
            "or 2",
            hint="call the function once, or reshape the array",
        )
    return True


def _times(x: Value, a: Value, call: str = "@") -> Value:
    matrix, turned = _untransposed(a)
    params = {"turned": True} if turned else {}
    more = {"call": call} if call != "@" else {}
    return sparse_times(x, matrix, **params, **more)


def _untransposed(a: Value) -> tuple[Value, bool]:
    """A matrix, and whether it stands for its transpose."""
    node = current().definitions.get(a)
    if node is not None and node.op is sparse_turned:
        matrix, turned = _untransposed(node.inputs[0])
        return matrix, not turned
    return a, False


def sparse_attribute(frame: Frame, a: Value, owner: Ref, name: str) -> Ref:
    """`a.name`."""
    if name == "T":
        return frame.result(sparse_turned(a))
    if name == "shape":
        return frame.result(sparse_shape(a))
    if name in READ:
        return frame.result(sparse_read(a, name=name))
    if name in ("dot", "transpose", *CALLED):
        return Method(owner, name)
    raise UnsupportedSyntax(
        f"the attribute {name!r} of a sparse matrix is not supported", hint=HINT
    )


def sparse_method(
    frame: Frame, a: Value, name: str, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    """`a.dot(x)`, and constants such as `a.toarray()`."""
    if name == "dot" and len(args) == 1 and not kwargs and _is_array(frame, args[0]):
        return frame.result(_times(array_like(frame, args[0]), a, "dot"))
    if args or kwargs or name == "dot":
        raise UnsupportedSyntax(
            f"this call of the method {name!r} of a sparse matrix is not supported",
            hint=HINT,
        )
    if name == "transpose":
        return frame.result(sparse_turned(a))
    return frame.result(sparse_read(a, name=f"{name}()"))
