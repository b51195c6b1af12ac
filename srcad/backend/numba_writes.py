"""How the Numba dialect writes to entries that arrays of indices or masks name.

Numba has no `np.add.at`: it is a loop over the entries of the arrays. It writes by a
mask of several dimensions with a helper.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from srcad.backend.fold import Writer
from srcad.backend.statements import Do, For, Statement, call
from srcad.backend.writes import SPECIALS, augmented, explicit, place_in, written
from srcad.ir.graph import Node, Value
from srcad.ir.sizes import Dim, Size, same_length
from srcad.ir.types import INT, Array, Scalar, Type, dims_of, kind_of
from srcad.ops.layout import Layout, components, is_attribute, segments

if TYPE_CHECKING:
    from srcad.backend.emit import Emitter


def is_vector(index: Value) -> bool:
    """Whether an index is a vector of integers."""
    dims = _array_of_places(index)
    return dims is not None and len(dims) == 1


def is_entry(index: Value) -> bool:
    """Whether an index is an integer, or a vector of them."""
    t = index.type
    return is_vector(index) or (isinstance(t, Scalar) and t.kind == "int")


def is_places(index: Value) -> bool:
    """Whether an index is an array of integers."""
    return _array_of_places(index) is not None


def is_flat(node: Node, index: Sequence[Value]) -> bool:
    """Whether `x.flat` is indexed by a slice, or by an array of integers."""
    *first, last = segments(node.params["layout"])
    if not first or first[-1] != ("flat",) or len(last) != 1:
        return False
    return last != ("at",) or is_places(index[-1])


def is_masked(node: Node, index: Sequence[Value]) -> bool:
    """Whether an array of several dimensions is indexed by one mask of as many."""
    dims = dims_of(node.inputs[0].type)
    if dims is None or len(dims) < 2 or node.params["layout"] != ("at",):
        return False
    masks = [dims_of(i.type) for i in index if kind_of(i.type) == "bool"]
    return len(masks) == len(index) == 1 and len(masks[0] or ()) == len(dims)


def update(e: Emitter, writer: Writer, node: Node) -> bool:
    """`x[mask] = v`, by a helper where the mask has several dimensions."""
    if node.op.name == "update" and _by_mask(node):
        return _write_masked(e, writer, node, "put_where")
    if node.op.name == "update" and is_flat(node, node.inputs[2:]):
        return _write_flat(e, writer, node, "put_flat")
    return SPECIALS["update"](e, writer, node)


def add_at(e: Emitter, writer: Writer, node: Node) -> bool:
    """`np.add.at` as a loop over index arrays."""
    if _by_mask(node):
        return _write_masked(e, writer, node, "add_where")
    if is_flat(node, node.inputs[2:]):
        return _write_flat(e, writer, node, "add_flat")
    if _names_no_entry_twice(node):
        return _add_once(e, writer, node)
    *first, last = segments(node.params["layout"])
    picks = _picks(node)
    read = None if picks is None else _read(node, first, last, picks)
    if picks is None or read is None:
        return SPECIALS["add_at"](e, writer, node)
    _, v, *_ = node.inputs
    for i in [*picks, *([v] if read else [])]:
        writer.settle_one(i)
    target, value, index = written(e, writer, node)
    own = dict(zip(node.inputs[2:], index, strict=True))
    rank = len(dims_of(picks[0].type) or ())
    counters = [Value("kij"[q] if q < 3 else "k", INT) for q in range(rank)]
    ks = [e.table.ref(k) for k in counters]
    places = [
        ast.Subscript(own[i], _together(ks), ast.Load()) if i in picks else own[i]
        for i in node.inputs[2:]
    ]
    target, part = place_in(target, node, places)
    tree = augmented(
        ast.Subscript(target, part, ast.Load()),
        ast.Add(),
        _entry_of(value, v, read, ks),
    )
    out = e.table.variable(node.out)
    body: list[Statement] = [Do(tree, writes=out, span=node.span)]
    for q in reversed(range(rank)):
        count = _rounds(q, node, own, picks, read, value)
        body = [For([counters[q]], [call("range", count)], False, body, span=node.span)]
    writer.add(body[0])
    return True


# ---- masks ---------------------------------------------------------------------------


def _names_no_entry_twice(node: Node) -> bool:
    """Whether the only array of an index is a mask: `x[mask]`, `x[1, mask]`."""
    arrays = [i.type for i in node.inputs[2:] if not _is_integer(i.type)]
    return [(kind_of(t), len(dims_of(t) or ())) for t in arrays] == [("bool", 1)]


def _add_once(e: Emitter, writer: Writer, node: Node) -> bool:
    """`x[mask] += v`."""
    target, value, index = written(e, writer, node)
    target, part = place_in(target, node, index)
    tree = augmented(ast.Subscript(target, part, ast.Load()), ast.Add(), value)
    out = e.table.variable(node.out)
    writer.add(Do(tree, writes=out, span=node.span))
    return True


def _by_mask(node: Node) -> bool:
    """Whether one mask of several dimensions says where a number or a row goes."""
    _, v, *index = node.inputs
    value = dims_of(v.type)
    return is_masked(node, index) and value is not None and len(value) < 2


def _write_masked(e: Emitter, writer: Writer, node: Node, helper: str) -> bool:
    target, value, (mask,) = written(e, writer, node)
    if not dims_of(node.inputs[1].type):
        helper = f"{helper}_one"
    name = ast.Name(f"runtime.{helper}", ast.Load())
    tree = ast.Expr(ast.Call(name, [target, mask, value], []))
    out = e.table.variable(node.out)
    writer.add(Do(tree, writes=out, span=node.span))
    return True


# ---- entries of x.flat, row by row ---------------------------------------------------


def _write_flat(e: Emitter, writer: Writer, node: Node, helper: str) -> bool:
    """`x.flat[2:5] = v`, by a helper; a number is an array of one entry."""
    target, value, index = written(e, writer, node)
    target, part = place_in(target, node, index)
    assert isinstance(target, ast.Attribute)
    if not dims_of(node.inputs[1].type):
        value = call("np.full", ast.Constant(1), value)
    name = ast.Name(f"runtime.{helper}", ast.Load())
    tree = ast.Expr(ast.Call(name, [target.value, explicit(part), value], []))
    out = e.table.variable(node.out)
    writer.add(Do(tree, writes=out, span=node.span))
    return True


# ---- arrays of integers --------------------------------------------------------------


def _is_integer(t: Type) -> bool:
    return isinstance(t, Scalar) and t.kind == "int"


def _array_of_places(index: Value) -> tuple[Dim, ...] | None:
    """The shape of an array of integers; None for anything else."""
    t = index.type
    return t.dims if isinstance(t, Array) and kind_of(t) == "int" and t.dims else None


def _picks(node: Node) -> list[Value] | None:
    """The arrays of an index, all of one shape, beside integers and slices only."""
    return same_places([i for i in node.inputs[2:] if not _is_integer(i.type)])


def same_places(rest: list[Value]) -> list[Value] | None:
    """Arrays of indices, if none of them is repeated beside another."""
    shapes = [_array_of_places(i) for i in rest]
    first = shapes[0] if shapes else None
    if first is None:
        return None
    for shape in shapes:
        if shape is None or len(shape) != len(first):
            return None
        for a, b in zip(shape, first, strict=True):
            if not same_length(a, b) and not (_is_not_one(a) and _is_not_one(b)):
                return None
    return rest


def _read(
    node: Node, first: Sequence[Layout], last: Layout, picks: Sequence[Value]
) -> list[int | None] | None:
    """For each axis of the value the counter that it is read by; None for a whole axis.

    None where that is not known. The axes of the arrays stand where the first of them
    does in the index, and before all others where a slice parts the arrays.
    """
    x, v, *index = node.inputs
    rank = _rank(len(dims_of(x.type) or ()), first)
    found = dims_of(v.type)
    if found is None or rank is None or not dims_of(x.type):
        return None
    inputs = index[_inputs(first) :]
    if any(i in picks for i in index[: _inputs(first)]):
        return None
    entries = [kind for kind, _ in components(last, inputs)]
    if any(kind in ("new", "...") for kind in entries):
        return None
    ats = [k for k, kind in enumerate(entries) if kind == "at"]
    apart = ats != list(range(ats[0], ats[0] + len(ats)))
    before = 0 if apart else ats[0]
    mine = len(dims_of(picks[0].type) or ())
    axes: list[int | None] = [None] * (rank - len(ats))
    axes[before:before] = list(range(mine))
    if len(found) > len(axes):
        return None
    return axes[len(axes) - len(found) :]


def _rank(rank: int, first: Sequence[Layout]) -> int | None:
    """How many axes are left after the first links of a chain."""
    for layout in first:
        if is_attribute(layout):
            if layout == ("flat",):
                return None
            continue
        if "..." in layout:
            return None
        rank += layout.count("new") - layout.count("at")
    return rank


def _inputs(first: Sequence[Layout]) -> int:
    """How many inputs the first links of a chain take."""
    entries = [entry for layout in first for entry in layout]
    return sum(
        sum(kind[1:]) if isinstance(kind, tuple) else kind == "at" for kind in entries
    )


def _is_not_one(dim: Dim) -> bool:
    return not dim.may_be_one if isinstance(dim, Size) else dim != 1


def _entry_of(
    value: ast.expr, v: Value, read: Sequence[int | None], ks: Sequence[ast.expr]
) -> ast.expr:
    """What of a value goes to one place; an axis of length 1 is repeated."""
    parts: list[ast.expr] = []
    for axis, (q, dim) in enumerate(zip(read, dims_of(v.type) or (), strict=True)):
        if q is None:
            parts.append(ast.Slice())
        elif dim == 1:
            parts.append(ast.Constant(0))
        elif _is_not_one(dim):
            parts.append(ks[q])
        else:
            last = ast.BinOp(_length(value, axis), ast.Sub(), ast.Constant(1))
            parts.append(call("min", ks[q], last))
    while parts and isinstance(parts[-1], ast.Slice):
        parts.pop()
    return ast.Subscript(value, _together(parts), ast.Load()) if parts else value


def _rounds(
    q: int,
    node: Node,
    own: Mapping[Value, ast.expr],
    picks: Sequence[Value],
    read: Sequence[int | None],
    value: ast.expr,
) -> ast.expr:
    """How often counter q counts: lengths that may differ are compared."""
    first = picks[0]
    count, dim = _length(own[first], q), _dim(first, q)
    for other in picks[1:]:
        if not same_length(_dim(other, q), dim):
            count = _helped("agreed", count, _length(own[other], q))
    _, v, *_ = node.inputs
    if q in read:
        axis = read.index(q)
        theirs = _dim(v, axis)
        if theirs != 1 and not same_length(theirs, dim):
            helper = "agreed" if _is_not_one(theirs) else "fitting"
            count = _helped(helper, count, _length(value, axis))
    return count


def _helped(helper: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(f"runtime.{helper}", ast.Load()), list(arguments), [])


def _dim(value: Value, axis: int) -> Dim:
    dims = dims_of(value.type)
    assert dims is not None
    return dims[axis]


def _together(parts: Sequence[ast.expr]) -> ast.expr:
    return parts[0] if len(parts) == 1 else ast.Tuple(list(parts), ast.Load())


def _length(array: ast.expr, axis: int) -> ast.expr:
    shape = ast.Attribute(array, "shape", ast.Load())
    return ast.Subscript(shape, ast.Constant(axis), ast.Load())
