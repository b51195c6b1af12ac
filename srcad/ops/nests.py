"""What loops over the elements of arrays need besides arithmetic: lengths that agree.

The pass that fuses array operations into loops writes these; nobody calls them.
"""

from __future__ import annotations

from srcad.ir.types import Type
from srcad.ops.declare import Op, zero


def _first(n: Type, m: Type) -> Type:
    return n


# The length n, where m is the same; else NumPy's error: the shapes do not fit.
agreed: Op = zero(
    "agreed", signature="n, m", infer=_first, code="runtime.agreed(n, m)", cost="free"
)
