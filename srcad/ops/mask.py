"""Cotangents that are zero in part, by choice: what `where` gives its branches.

A masked cotangent stays masked through elementwise rules: the partial is multiplied
before the mask is applied, not after, so that an infinity that was not selected gives 0
and not 0 * inf. `np.where(x > 0, np.sqrt(x), 0.0)` has the derivative 0 at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from srcad.ir.builder import current
from srcad.ir.graph import Node, Value
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Maybe,
    Scalar,
    Type,
    broadcast_dims,
    dims_of,
    dtype_of,
)
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import matched, sum_like
from srcad.ops.support import guarded


def _type(condition: Type, g: Type, keep: bool = True) -> Type:
    condition, g = (t.inner if isinstance(t, Maybe) else t for t in (condition, g))
    if isinstance(condition, Scalar) and isinstance(g, Scalar):
        return Scalar(g.kind, g.dtype)
    first, second, dtype = dims_of(condition), dims_of(g), dtype_of(g)
    if first is None or second is None or dtype is None:
        return UNKNOWN
    return Array(dtype, broadcast_dims(first, second))


def _code(node: Node) -> str:
    scalars = all(isinstance(v.type, Scalar) for v in node.inputs)
    keep = node.params.get("keep", True)
    if scalars:
        return "g if condition else 0.0" if keep else "0.0 if condition else g"
    return "np.where(condition, g, 0.0)" if keep else "np.where(condition, 0.0, g)"


def _jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    t = tangents[1]
    return [None if t is None else masked(node.inputs[0], t, **node.params)]


def _vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    condition, g = node.inputs
    ct = cts[0]
    assert ct is not None
    return [None, matched(masked(condition, ct, **node.params), g)]


# g where the condition holds and 0 elsewhere (keep=False: the other way round).
def _points() -> list[Sample]:
    x = spaced(-1.0, 1.5, (2, 3))
    row = spaced(0.5, 1.5, (3,))
    return [at(x > 0, x), at(x[0] > 0, x, keep=False), at(x > 0, row)]


masked: Op = custom(
    "masked",
    signature="condition, g, keep=True",
    infer=_type,
    code=_code,
    jvp=_jvp,
    vjp=_vjp,
    domain=_points,
)


def through_mask(g: Value, product: Callable[[Value], Value]) -> Value:
    """`product(g)`, with the mask of g applied last.

    The product is by numbers of the shape that g belongs to, so it also goes inside
    the sum that brings g to that shape at run time.
    """
    node = current().definitions.get(g)
    if node is None:
        return product(g)
    if node.op is masked:
        condition, inner = node.inputs
        found = through_mask(inner, product)
        return g if found is inner else masked(condition, found, **node.params)
    if node.op is sum_like and _is_masked(node.inputs[0]):
        inner, like = node.inputs
        found = through_mask(inner, product)
        return g if found is inner else sum_like(found, like)
    return guarded(g, product)


def _is_masked(g: Value) -> bool:
    node = current().definitions.get(g)
    if node is None:
        return False
    return node.op is masked or (node.op is sum_like and _is_masked(node.inputs[0]))
