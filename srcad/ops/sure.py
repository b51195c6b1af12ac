"""A value that may be undefined, where it surely is not."""

from __future__ import annotations

from srcad.ir.types import unwrapped
from srcad.ops.declare import Op
from srcad.ops.domain import unary
from srcad.ops.fit import known
from srcad.ops.kinds import linear

# x, in a round of a loop that reads it only if another round computed it.
sure: Op = linear(
    "sure",
    infer=unwrapped,
    signature="x",
    code="x",
    transpose=lambda g, node: known(g),
    domain=unary(-2.0, 2.0),
    memory="view",
    cost="free",
)
