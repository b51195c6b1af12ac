"""What rules of the user's are made of: their calls, a check, and `stop_gradient`.

The rule is on the `call` around it (`ir/structure.py`), so a derivative that comes
through one of these nodes themselves has lost it: that is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Scalar,
    Type,
    dims_of,
    dtype_of,
    kind_of,
    same_dims,
)
from srcad.ops.declare import Contribution, Op, custom, zero
from srcad.ops.domain import at, spaced
from srcad.ops.effects import no_rule
from srcad.ops.fit import cast, known, matched


def _code(node: Node) -> str:
    keywords = node.params.get("keywords", ())
    names = [f"args{k}" for k in range(len(node.inputs) - 1)]
    plain = len(names) - len(keywords)
    named = [f"{k}={n}" for k, n in zip(keywords, names[plain:], strict=True)]
    return f"function({', '.join([*names[:plain], *named])})"


def _refused(node: Node, given: Sequence[Value | None]) -> list[Contribution]:
    function = node.inputs[0]
    assert isinstance(function, Literal)
    raise no_rule(function.value, node.span)


def _jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    if all(t is None for t in tangents):
        return [None]
    _refused(node, tangents)
    raise AssertionError


# A pure function that srcad knows by the user's rule only. Its first input is the
# function, a literal; `type` is what is known of the result.
opaque: Op = custom(
    "opaque",
    signature="function, *args, keywords=(), type=None",
    infer=lambda *_, type=None, **__: UNKNOWN if type is None else type,
    code=_code,
    jvp=_jvp,
    vjp=_refused,
    memory="holds",
)
# The same, and its derivative is zero.
constant_call: Op = zero(
    "constant_call",
    signature="function, *args, keywords=(), type=None",
    infer=lambda *_, type=None, **__: UNKNOWN if type is None else type,
    code=_code,
    memory="holds",
)


def _same(x: Type) -> Type:
    return x


# x, through which no derivative passes.
stop_gradient: Op = zero(
    "stop_gradient", infer=_same, code="x", memory="same", cost="free"
)


def in_dtype_of(value: Value, t: Type) -> Value:
    """A value in the dtype of a type, where both are known."""
    have, want = dtype_of(value.type), dtype_of(t)
    if not have or not want or have == want or kind_of(t) not in ("float", "complex"):
        return value
    found: Value = cast(value, dtype=want)
    return found


def _checked_type(g: Type, x: Type) -> Type:
    if isinstance(g, Array) and isinstance(x, Array):
        return Array(g.dtype, x.dims)
    return x if isinstance(x, (Array, Scalar)) and dims_of(g) is None else g


def _checked_code(node: Node) -> str:
    g, x = (dims_of(v.type) for v in node.inputs)
    return f"runtime.{'fitted' if g is None or x is None else 'in_shape_of'}(g, x)"


def _checked_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    return [matched(known(cts[0]), node.inputs[0]), None]


# A cotangent (or tangent) g that a rule gave, which must have the shape of x.
in_shape_of: Op = custom(
    "in_shape_of",
    signature="g, x",
    infer=_checked_type,
    code=_checked_code,
    jvp=lambda node, ts: [
        None if ts[0] is None else in_shape_of(ts[0], node.inputs[1])
    ],
    vjp=_checked_vjp,
    domain=lambda: [at(spaced(-1, 1, (2, 3)), np.ones((2, 3)))],
    memory=lambda node: "view" if "fitted" in _checked_code(node) else "same",
)


def fitted(g: Value, x: Value) -> Value:
    """A cotangent or tangent that a rule gave, in the shape and dtype of x.

    Where types do not tell that its shape is that of x, it is looked at at run time.
    """
    if dims_of(g.type) is None or dims_of(x.type) is None:
        return in_shape_of(g, x)
    g = g if same_dims(g.type, x.type) else in_shape_of(g, x)
    return matched(g, x)
