"""Which nodes cannot raise in compiled code.

An exception inside a parallel loop is lost, and what follows would be computed from
what its round did not write: a loop that may raise stays serial.
"""

from __future__ import annotations

from collections.abc import Collection

from srcad.ir.graph import Block, Literal, Node, Program, Value
from srcad.ir.sizes import Size, same_length
from srcad.ir.structure import call, for_, has_own_effect, if_, while_
from srcad.ir.types import Array, Scalar, Type, dims_of
from srcad.ops.declare import Op
from srcad.ops.layout import components, is_integer
from srcad.passes.fuse_members import MAPS

# Of numbers, next to functions of one element: those give nan where Python raises.
NUMBERS = frozenset(
    """to_int max_of min_of truth not_ is_none number_sign floor_divide item make_tuple
    residual_item make_residual range_len range_ range_prefix list_get list_len
    """.split()  # noqa: SIM905
)
# Whatever they are given.
SHAPES = frozenset(
    """dim len_of size_of ndim_of transpose zeros_like ones_like empty_as
    copy""".split()  # noqa: SIM905
)
MADE = ("zeros", "ones", "empty", "full")
SUMS = ("sum_", "mean")


def is_quiet(block: Block, program: Program, inside: Collection[object] = ()) -> bool:
    """Whether nothing in a block can raise, in the graphs that it calls neither.

    inside : the graphs that are being looked at.
    """
    return all(_quiet(node, program, inside) for node in block.nodes)


def _quiet(node: Node, program: Program, inside: Collection[object]) -> bool:
    if has_own_effect(node):
        return False
    if node.op in (for_, if_, while_):
        return all(is_quiet(b, program, inside) for b in node.blocks)
    if node.op is call:
        callee = node.params["callee"]
        if callee in inside:
            return False
        body = program.graphs[callee].body
        return is_quiet(body, program, (*inside, callee))
    if not isinstance(node.op, Op) or "callee" in node.params:
        return False
    return _operation(node)


def _operation(node: Node) -> bool:
    assert isinstance(node.op, Op)
    name, inputs = node.op.name, node.inputs
    if name in SHAPES or name in NUMBERS:
        return True
    if name in ("getitem", "update", "add_at"):
        return _index(node)
    if name in MADE:
        sizes = inputs[1:] if name == "full" else inputs
        return all(map(_not_negative, sizes))
    types = [v.type for v in (*inputs, *node.outputs)]
    if not all(isinstance(t, (Array, Scalar)) for t in types):
        return False
    if node.op.kind == "elementwise" or name in MAPS:
        return _fit([t for t in types if isinstance(t, Array)])
    if name in SUMS:
        return True
    if name in ("matmul", "dot"):
        return _chained(types[0], types[1])
    return False


def _index(node: Node) -> bool:
    """Reading and writing elements, or parts of a length that is known to fit."""
    layout = node.params.get("layout")
    first = 1 if node.op.name == "getitem" else 2
    x = node.inputs[0]
    if not isinstance(layout, tuple) or not isinstance(x.type, Array):
        return False
    if any(not isinstance(e, tuple) and e not in ("at", "new") for e in layout):
        return False
    for entry, item in components(layout, node.inputs[first:]):
        if entry == "at" and not is_integer(item.type):
            return False
    if first == 1:
        return True
    value = node.inputs[1]
    count = sum(e == "at" for e in layout)
    if not isinstance(value.type, Array):
        return True
    plain = all(e == "at" for e in layout)
    left, given = x.type.dims[count:], value.type.dims
    return plain and len(left) == len(given) and all(map(same_length, left, given))


def _fit(types: list[Array]) -> bool:
    """Whether arrays are known to have one shape."""
    if not types:
        return True
    first = types[0].dims
    return all(
        len(t.dims) == len(first) and all(map(same_length, t.dims, first))
        for t in types
    )


def _chained(a: Type, b: Type) -> bool:
    """Whether two arrays are known to fit for a matrix product."""
    first, second = dims_of(a), dims_of(b)
    if not first or not second or len(first) > 2 or len(second) > 2:
        return False
    return same_length(first[-1], second[0])


def _not_negative(v: Value) -> bool:
    if isinstance(v, Literal):
        return type(v.value) is int and v.value >= 0
    size = v.type.size if isinstance(v.type, Scalar) else None
    return isinstance(size, Size) and "-" not in str(size)
