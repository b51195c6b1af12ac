"""Which operations on arrays a loop over their elements can do, and what each touches.

Takes a node; gives a `Member`: the loops it runs in, the elements it reads and writes.
Nothing here says whether fusing pays or is safe; `fuse_group.py` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from srcad.ir.graph import Literal, Node, Value
from srcad.ir.sizes import Dim, Size, same_length
from srcad.ir.types import Array, Scalar, Type, dims_of, dtype_of
from srcad.ops.einsum import parsed
from srcad.ops.layout import Layout, part_type
from srcad.ops.reduced import axes_of
from srcad.passes.fuse_access import (
    ZERO,
    Access,
    Axis,
    Entry,
    indexed,
    resolved,
    shift,
)

# Functions of elements that print and compute the same on numbers as on arrays.
MAPS = frozenset(
    """add subtract multiply divide quotient negative positive power square reciprocal
    less less_equal greater greater_equal equal not_equal maximum minimum sign abs_ fabs
    sqrt root exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh arcsin
    arccos arctan arctan2 arcsinh arccosh arctanh hypot floor ceil isnan isinf isfinite
    quotient_or_zero share masked where broadcast_like power_slope power_or_zero
    log_or_zero""".split()  # noqa: SIM905
)
DTYPES = ("float64", "bool", "int64")


@dataclass(frozen=True)
class Length:
    """Where the length of an axis can be read: `root.shape[k] + by`, or a number."""

    dim: Dim
    root: Value | None = None
    k: int = 0
    by: int = 0


@dataclass(eq=False)
class Member:
    """A node as what one round of a nest does.

    kind : "map", "sum", "mean", "max", "min" or "write".
    over : the loops that it runs in, the outermost first.
    entries : the index of its result's element (of a write: of what it writes to).
    reads : for each input the element that is read; None for a number.
    write : the element written, for a write and for a map in place.
    lengths : where the lengths of axes can be read.
    """

    node: Node
    kind: str
    over: tuple[Axis, ...]
    entries: tuple[Entry, ...]
    reads: tuple[Access | None, ...]
    write: Access | None = None
    lengths: list[tuple[Axis, Length]] = field(default_factory=list)

    @property
    def out(self) -> Value:
        """The value that the node makes."""
        return self.node.out

    @property
    def reduces(self) -> bool:
        """Whether it puts the elements along some of its loops together."""
        return self.kind in ("sum", "mean", "max", "min")


Makers = Mapping[Value, Node]


def member_of(node: Node, makers: Makers) -> Member | None:
    """What a node does to elements; None where a loop cannot do it."""
    kind = KINDS.get(node.op.name)
    if node.op.name in MAPS:
        kind = _map
    if kind is None or len(node.outputs) != 1:
        return None
    if not all(map(_plain, (v.type for v in (*node.inputs, node.out)))):
        return None
    return kind(node, makers)


def _plain(t: Type) -> bool:
    if isinstance(t, Array):
        return t.dtype in DTYPES
    number = isinstance(t, Scalar) and t.kind in ("bool", "int", "float")
    return number and getattr(t, "dtype", "") in ("", *DTYPES)


# ---- elementwise ---------------------------------------------------------------------


def _map(node: Node, makers: Makers) -> Member | None:
    t = node.out.type
    if not isinstance(t, Array) or not t.dims or t.dtype == "int64":
        return None
    if node.params.get("via", "np") != "np":
        return None
    entries = tuple(ZERO if d == 1 else Entry(Axis(d)) for d in t.dims)
    if not axes_in(entries):
        return None
    member = Member(node, "map", axes_in(entries), entries, ())
    if node.op.name == "broadcast_like" and node.inputs[1].type == node.inputs[0].type:
        return None
    reads: list[Access | None] = []
    for x in node.inputs:
        if not isinstance(x.type, Array):
            reads.append(None)
            continue
        access = _fitted(member, x, t.dims, makers)
        if access is None:
            return None
        reads.append(access)
    member.reads = tuple(reads)
    if node.params.get("inplace") and reads[0] and reads[0].root is node.inputs[0]:
        member.write = reads[0]
    return member


def _fitted(
    member: Member, x: Value, dims: Sequence[Dim], makers: Makers
) -> Access | None:
    """The element of an operand, broadcast to the dimensions of a member's result."""
    own = dims_of(x.type) or ()
    entries, lead = [], len(dims) - len(own)
    if lead < 0:
        return None
    for d, whole, entry in zip(own, dims[lead:], member.entries[lead:], strict=True):
        if d != 1 and not fits(d, whole):
            return None
        entries.append(ZERO if d == 1 else entry)
    return _read(member, x, entries, makers)


def fits(a: Dim, b: Dim) -> bool:
    """Whether two lengths are the same, or else it is an error, and no broadcast."""
    return same_length(a, b) or (_sure(a) and _sure(b))


def _sure(d: Dim) -> bool:
    return not (isinstance(d, Size) and d.may_be_one)


def _read(member: Member, x: Value, entries: Sequence[Entry], makers: Makers) -> Access:
    """The element of an array; notes where the lengths of its axes can be read."""
    lengths: list[tuple[Axis, Length]] = []
    access = resolved(x, entries, makers)
    for d, entry in zip(dims_of(x.type) or (), entries, strict=True):
        if entry.axis is not None:
            length = _length_in(access, d, entry.axis)
            if length is None:  # the length has another name there
                return _read(member, x, entries, {})
            lengths.append((entry.axis, length))
    member.lengths += lengths
    return access


def _length_in(access: Access, d: Dim, axis: Axis) -> Length | None:
    """Where a length can be read off the array that an element is read from."""
    if isinstance(d, int):
        return Length(d)
    root = dims_of(access.root.type) or ()
    where = next(k for k, e in enumerate(access.entries) if e.axis is axis)
    by = shift(d, root[where])
    return None if by is None else Length(d, access.root, where, by)


def axes_in(entries: Sequence[Entry]) -> tuple[Axis, ...]:
    """The axes of an index, in order."""
    return tuple(e.axis for e in entries if e.axis is not None)


# ---- sums of products, and other reductions ------------------------------------------


def _contraction(
    node: Node,
    kind: str,
    operands: Sequence[str],
    result: str,
    makers: Makers,
    keep: Sequence[int] | None = None,
) -> Member | None:
    """A product over named axes, of which those not in `result` are summed.

    keep : for each dimension of the result, the position of its axis in `result`, or
        -1 for a dimension of 1 that is kept.
    """
    if dtype_of(node.out.type) == "bool":  # it would be counted
        return None
    axes: dict[str, Axis | None] = {}
    for x, letters in zip(node.inputs, operands, strict=True):
        dims = dims_of(x.type)
        if not isinstance(x.type, Array) or dims is None or len(dims) != len(letters):
            return None
        if len(set(letters)) != len(letters):
            return None
        for c, d in zip(letters, dims, strict=True):
            axis = axes.setdefault(c, None if d == 1 else Axis(d))
            if (axis is None) != (d == 1) or (axis and not fits(axis.dim, d)):
                return None
    longest = max(operands, key=len)
    order = dict.fromkeys(longest + "".join(operands))
    over = tuple(a for c in order if (a := axes[c]) is not None)
    if not over or any(c not in axes for c in result):
        return None
    entry = {c: ZERO if a is None else Entry(a) for c, a in axes.items()}
    entries = tuple(entry[c] for c in result)
    if keep is not None:
        entries = tuple(ZERO if k < 0 else entries[k] for k in keep)
    member = Member(node, kind, over, entries, ())
    reads = [
        _read(member, x, [entry[c] for c in letters], makers)
        for x, letters in zip(node.inputs, operands, strict=True)
    ]
    member.reads = tuple(reads)
    return member if set(axes_in(entries)) != set(over) else None


LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _reduction(kind: str) -> Callable[[Node, Makers], Member | None]:
    def make(node: Node, makers: Makers) -> Member | None:
        dims = dims_of(node.inputs[0].type)
        if not dims or "dtype" in node.params or "where" in node.params:
            return None
        if kind != "sum" and dtype_of(node.out.type) != "float64":
            return None
        axes = axes_of(node.params.get("axis"), len(dims))
        letters = LETTERS[: len(dims)]
        result = "".join(c for k, c in enumerate(letters) if k not in axes)
        keep = None
        if node.params.get("keepdims"):
            keep = [-1 if k in axes else result.index(c) for k, c in enumerate(letters)]
        return _contraction(node, kind, [letters], result, makers, keep)

    return make


def _einsum(node: Node, makers: Makers) -> Member | None:
    operands, result = parsed(node.params["subscripts"])
    if any(not t.isalpha() for t in (*operands, result or "a")):
        return None
    return _contraction(node, "sum", operands, result, makers)


def _matmul(node: Node, makers: Makers) -> Member | None:
    """A product with a vector; of two matrices BLAS makes a better one."""
    first, second = (len(dims_of(x.type) or ()) for x in node.inputs)
    terms = {(1, 1): "a,a->", (1, 2): "a,ab->b", (2, 1): "ab,b->a"}.get((first, second))
    if terms is None:
        return None
    operands, _, result = terms.partition("->")
    return _contraction(node, "sum", operands.split(","), result, makers)


# ---- writes --------------------------------------------------------------------------


def _write(node: Node, makers: Makers) -> Member | None:
    """`x[...] = v` and `x[...] += v` in place, by slices and numbers."""
    x, v, *index = node.inputs
    layout = node.params["layout"]
    if not node.params.get("inplace") or not isinstance(x.type, Array):
        return None
    dims = _part_dims(x, layout, index)
    if not dims:
        return None
    entries = tuple(Entry(Axis(d)) for d in dims)
    behind = indexed(x, dims, layout, index, entries)
    if behind is None or any(d == 1 for d in dims):
        return None
    member = Member(node, "write", axes_in(entries), entries, ())
    found = None
    if isinstance(v.type, Array):
        found = _fitted(member, v, dims, makers)
        if found is None:
            return None
    access = resolved(x, behind, makers)
    if access.root is not x:
        return None
    whole = dims_of(x.type) or ()
    for d, axis in zip(dims, member.over, strict=True):
        k = next(k for k, e in enumerate(behind) if e.axis is axis)
        by = shift(d, whole[k])
        if isinstance(d, int):
            member.lengths.append((axis, Length(d)))
        elif by is not None:
            member.lengths.append((axis, Length(d, x, k, by)))
    member.reads, member.write = (found,), Access(x, behind)
    return member


def _part_dims(x: Value, layout: Layout, index: Sequence[Value]) -> tuple[Dim, ...]:
    if any(isinstance(v, Literal) and type(v.value) is not int for v in index):
        return ()
    part = part_type(x.type, *(v.type for v in index), layout=layout)
    return dims_of(part) or ()


KINDS: Mapping[str, Callable[[Node, Makers], Member | None]] = {
    "sum_": _reduction("sum"),
    "mean": _reduction("mean"),
    "max_": _reduction("max"),
    "min_": _reduction("min"),
    "einsum": _einsum,
    "matmul": _matmul,
    "update": _write,
    "add_at": _write,
}
