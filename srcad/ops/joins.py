"""Arrays joined along an axis, and their parts: concatenate and its kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value, is_literal, literal
from srcad.ir.sizes import Dim, combined
from srcad.ir.types import (
    UNKNOWN,
    Array,
    List,
    Scalar,
    Type,
    dims_of,
    dtype_of,
    is_inexact,
    kind_of,
    same_dims,
    unwrapped,
)
from srcad.ops.axes import moveaxis
from srcad.ops.creation import rows
from srcad.ops.declare import Contribution, Op, custom, on_first
from srcad.ops.domain import at, spaced
from srcad.ops.fit import known, matched, zeros_of
from srcad.ops.index import add_at, getitem
from srcad.ops.joining import (
    ALL,
    binding,
    join_samples,
    joined_dtype,
    joined_jvp,
    listed,
    printing,
)
from srcad.ops.shapes import dim
from srcad.ops.sizes import own_length


def _along(name: str, rank: int, axis: int) -> int:
    """The axis of the result, of so many axes, along which `name` joins."""
    if name == "hstack":
        return min(1, rank - 1)
    if name == "column_stack":
        return 1
    return axis % rank if rank else 0


def _promoted_dims(name: str, dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The shape in which an entry is joined."""
    if name == "vstack" and len(dims) < 2:
        return (1,) * (2 - len(dims)) + dims
    if name == "column_stack" and len(dims) < 2:
        return dims + (1,) * (2 - len(dims))
    return dims or (1,)


def _joined_type(name: str) -> Any:
    def infer(*xs: Type, axis: int = 0, whole: bool = False) -> Type:
        if whole:
            entry = xs[0].item if isinstance(xs[0], List) else UNKNOWN
            xs = (entry, entry)
        shapes = [dims_of(x) for x in xs]
        dtype = joined_dtype(xs)
        found = [_promoted_dims(name, s) for s in shapes if s is not None]
        if dtype is None or len(found) < len(xs) or len(set(map(len, found))) != 1:
            return UNKNOWN
        where = _along(name, len(found[0]), axis)
        total: Dim = found[0][where]
        for dims in found[1:]:
            total = _sum(total, dims[where])
        if whole:
            total = own_length()
        return Array(dtype, (*found[0][:where], total, *found[0][where + 1 :]))

    return infer


def _sum(a: Dim, b: Dim) -> Dim:
    return a + b if isinstance(a, int) and isinstance(b, int) else combined("+", a, b)


def _joined_vjp(name: str) -> Any:
    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        g, xs = known(cts[0]), node.inputs
        axis = node.params.get("axis", 0)
        shapes = [dims_of(x.type) for x in xs]
        rank = dims_of(g.type)
        if node.params.get("whole"):
            return [_whole_parts(name, g, xs[0], axis)]
        if rank is None or any(s is None for s in shapes):
            return [
                matched(segment(g, *xs, k=k, axis=axis, name=name), x)
                if is_inexact(x.type)
                else None
                for k, x in enumerate(xs)
            ]
        where = _along(name, len(rank), axis)
        found: list[Contribution] = []
        start: Value = literal(0)
        for k, x in enumerate(xs):
            dims = dims_of(x.type)
            assert dims is not None
            whole = len(dims) == len(rank)
            size = _size(x, where) if whole else literal(1)
            stop = size if is_literal(start, 0) else _added(start, size)
            if not is_inexact(x.type):
                found.append(None)
            elif whole:
                end = literal(None) if k == len(xs) - 1 else stop
                found.append(matched(_part(g, start, end, x, where), x))
            else:
                part = getitem(g, start, layout=(*(ALL,) * where, "at"))
                found.append(matched(part, x))
            start = stop
        return found

    return vjp


def _part(g: Value, start: Value, stop: Value, x: Value, axis: int) -> Value:
    """The part of g that came from x: a slice, where that alone tells its length."""
    begins, ends = not is_literal(start, 0), not is_literal(stop, None)
    given = [v for v, there in ((start, begins), (stop, ends)) if there]
    if all(isinstance(v, Literal) for v in given):
        entry = ("slice", begins, ends, False)
        found = getitem(g, *given, layout=(*(ALL,) * axis, entry))
        if same_dims(found.type, x.type):
            return found
    return piece(g, start, stop, x, axis=axis)


def _whole_parts(name: str, g: Value, xs: Value, axis: int) -> Value:
    """The cotangents of the entries of one list that was joined."""
    t = unwrapped(xs.type)
    dims = dims_of(t.item) if isinstance(t, List) else None
    if dims is None and name != "concatenate":
        raise MissingRule(
            f"{name}: of a list of arrays whose rank is not known has no derivative "
            "rule",
            hint="np.concatenate or np.stack",
        )
    if dims is None:
        return pieces(g, xs, axis=axis)
    promoted = _promoted_dims(name, dims)
    where = _along(name, len(promoted), axis)
    if len(promoted) == len(dims):
        return pieces(g, xs, axis=where)
    apart = moveaxis(g, a=where, b=0) if where else g
    if len(promoted) - 1 > len(dims):
        apart = getitem(apart, literal(0), layout=(ALL, "at"))
    return rows(apart, xs)


def _size(x: Value, axis: int) -> Value:
    dims = dims_of(x.type)
    assert dims is not None
    n = dims[axis]
    return literal(n) if isinstance(n, int) else dim(x, k=axis)


def _added(a: Value, b: Value) -> Value:
    sizes = [v.type.size if isinstance(v.type, Scalar) else None for v in (a, b)]
    if isinstance(sizes[0], int) and isinstance(sizes[1], int):
        return literal(sizes[0] + sizes[1])
    return a + b


def _stacked_by_numba(node: Node) -> str | None:
    """Numba's `np.vstack` takes rows, or matrices, but not both."""
    ranks = [len(dims_of(x.type) or ()) for x in node.inputs]
    if node.params.get("whole") or set(ranks) != {1, 2}:
        return printing("vstack", "()")(node)  # type: ignore[no-any-return]
    entries = (
        f"np.expand_dims(xs{k}, 0)" if rank == 1 else f"xs{k}"
        for k, rank in enumerate(ranks)
    )
    return f"np.concatenate(({', '.join(entries)}))"


def _joining(name: str, **facts: Any) -> Op:
    facts.setdefault("numba", printing(name, "()"))
    return custom(
        name,
        calls=(getattr(np, name),),
        signature="*xs, axis=0, whole=False",
        bind=binding(name),
        infer=_joined_type(name),
        code=printing(name),
        jvp=joined_jvp,
        vjp=_joined_vjp(name),
        **facts,
    )


concatenate: Op = _joining(
    "concatenate",
    domain=join_samples(
        "concatenate",
        ([(2,), (3,)], 0),
        ([(2, 2), (1, 2), (3, 2)], 0),
        ([(2, 2), (2, 1)], -1),
        ([(2, 2)], 1),
    ),
)
vstack = _joining(
    "vstack",
    numba=_stacked_by_numba,
    domain=join_samples("vstack", ([(2,), (2,)], 0), ([(2, 3), (3,)], 0)),
)
hstack = _joining(
    "hstack", domain=join_samples("hstack", ([(2,), (3,)], 0), ([(2, 3), (2, 1)], 0))
)
column_stack = _joining(
    "column_stack",
    domain=join_samples("column_stack", ([(2,), (2,)], 0), ([(2, 3), (2,)], 0)),
)


# ---- the parts of a joined array -----------------------------------------------------


def _piece_type(g: Type, start: Type, stop: Type, x: Type, axis: int = 0) -> Type:
    dims, shape, dtype = dims_of(g), dims_of(x), dtype_of(g)
    if dims is None or dtype is None or shape is None:
        return UNKNOWN
    return Array(dtype, (*dims[:axis], shape[axis], *dims[axis + 1 :]))


def _piece_code(node: Node) -> str:
    _, start, stop, _ = node.inputs
    bounds = f"{'' if is_literal(start, 0) else 'start'}:"
    bounds += "" if is_literal(stop, None) else "stop"
    return f"g[{':, ' * node.params.get('axis', 0)}{bounds}]"


def _piece_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (g, start, stop, _), ct = node.inputs, known(cts[0])
    ends = [v for v in (start, stop) if not is_literal(v, None)]
    entry = ("slice", True, not is_literal(stop, None), False)
    layout = (*(ALL,) * node.params.get("axis", 0), entry)

    def into(total: Value | None) -> Value:
        return add_at(zeros_of(g) if total is None else total, ct, *ends, layout=layout)

    return [into, None, None, None]


# g[start:stop] along an axis: the part that has the length of x there, of which only
# the shape is read.
piece: Op = custom(
    "piece",
    signature="g, start, stop, x, axis=0",
    infer=_piece_type,
    code=_piece_code,
    jvp=on_first,
    vjp=_piece_vjp,
    memory="view",
    cost="free",
    domain=lambda: [
        at(spaced(-1, 1, (5,)), 1, 4, np.ones(3)),
        at(spaced(-1, 1, (2, 5)), 0, 3, np.ones((2, 3)), axis=1),
    ],
)


def _segment_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (_, *xs), k, name = node.inputs, node.params["k"], node.params["name"]
    parts = [known(cts[0]) if j == k else zeros_of(x) for j, x in enumerate(xs)]
    join = {"vstack": vstack, "hstack": hstack, "column_stack": column_stack}
    axis = {"axis": node.params["axis"]} if name == "concatenate" else {}
    return [join.get(name, concatenate)(*parts, **axis), *[None] * len(xs)]


def _segment_type(g: Type, x: Type) -> Type:
    """Of a real array in a whole that may be complex, the part may be so, too."""
    unsure = dtype_of(g) is None and kind_of(x) == "float"
    return UNKNOWN if unsure else x


# The part of g that came from entry k of `name(xs)`, where ranks are not known.
segment: Op = custom(
    "segment",
    signature="g, *xs, k=-1, axis=-1, name=''",
    infer=lambda g, *xs, k=-1, **_: _segment_type(g, xs[k]),
    code=lambda node: (
        f"runtime.segment(g, {listed(len(node.inputs) - 1)}, k, axis, name)"
    ),
    jvp=on_first,
    vjp=_segment_vjp,
    memory="view",
    domain=lambda: [
        at(spaced(-1, 1, (5,)), np.ones(2), np.ones(3), k=k, axis=0, name=name)
        for k, name in enumerate(("hstack", "concatenate"))
    ],
)

# A concatenation's cotangent cut into a list like xs.
pieces: Op = custom(
    "pieces",
    signature="g, xs, axis=0",
    infer=lambda g, xs, axis=0: xs,
    code="runtime.pieces(g, xs, axis=axis)",
    jvp=lambda node, ts: [
        pieces(ts[0], node.inputs[1], **node.params) if ts[0] else None
    ],
    vjp=lambda node, cts: [concatenate(cts[0], whole=True, **node.params), None],
    memory="view",
    domain=lambda: [
        at(spaced(-1, 1, (5,)), [np.ones(2), np.ones(3)]),
        at(spaced(-1, 1, (2, 5)), [np.ones((2, 2)), np.ones((2, 3))], axis=1),
    ],
)
