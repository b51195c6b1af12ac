"""What passes for compiled loops write besides arithmetic; nobody calls these.

Lengths that agree, products into memory that is there, loops on threads.
"""

from __future__ import annotations

from srcad.ir.types import INT, Type
from srcad.ops.declare import Op, zero


def _first(n: Type, m: Type) -> Type:
    return n


# The length n, where m is the same; else NumPy's error: the shapes do not fit.
agreed: Op = zero(
    "agreed", signature="n, m", infer=_first, code="runtime.agreed(n, m)", cost="free"
)

# The largest or smallest of n entries; else NumPy's error: of none there is none.
of_some: Op = zero(
    "of_some",
    signature="value, n",
    infer=_first,
    code="runtime.of_some(value, n)",
    cost="free",
)

# The product of x and y, written to `out`.
product_into: Op = zero(
    "product_into",
    signature="out, x, y",
    infer=lambda out, x, y: out,
    code="np.dot(x, y, out)",
    memory="same",
)

# ---- loops on threads ----------------------------------------------------------------

# In how many chunks n rounds are done, each of which adds to a copy of `elements`.
chunk_count: Op = zero(
    "chunk_count",
    signature="n, elements",
    infer=lambda n, elements: INT,
    code="runtime.chunk_count(n, elements)",
    cost="free",
)
chunk_start: Op = zero(
    "chunk_start",
    signature="n, c, chunks",
    infer=lambda n, c, chunks: INT,
    code="n * c // chunks",
    cost="free",
)
# What a chunk adds to in place of x: zeros, or x itself where there is one chunk.
own_part: Op = zero(
    "own_part",
    signature="x, chunks",
    infer=lambda x, chunks: x,
    code="runtime.own_part(x, chunks)",
    memory="view",
)
# x with what the chunks have added, in order.
add_parts: Op = zero(
    "add_parts",
    signature="x, parts",
    infer=lambda x, parts: x,
    code="runtime.add_parts(x, parts)",
    memory="same",
)
