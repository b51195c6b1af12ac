"""Operations that print as statements: writes to memory, `raise`, `assert`.

Each is a function of the emitter, the writer and the node; it writes the statement, or
gives False where the node prints as an expression after all.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from srcad.backend.fold import Writer
from srcad.backend.statements import Assign, Do, Move, call, method, store
from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import Array, List, Maybe, Scalar, Tuple, kind_of, unwrapped
from srcad.ir.walk import repeated
from srcad.ops.layout import Layout, is_attribute, segments

if TYPE_CHECKING:
    from srcad.backend.emit import Emitter

Special = Callable[["Emitter", Writer, Node], bool]

# ---- writes to memory ----------------------------------------------------------------


def base(e: Emitter, writer: Writer, node: Node) -> Writer:
    """Write `out = x`, or `out = x.copy()` where x may not be written to."""
    x, out = node.inputs[0], node.out
    if node.params.get("inplace") and not e.copies:
        writer.define(out)
        writer.add(Move([(out, e.operand(writer, x))], span=node.span))
    else:
        tree = e.operand(writer, x)
        fresh = isinstance(tree, (ast.List, ast.ListComp))
        copied = tree if fresh else _copied(node, tree)
        writer.define(out)
        source = e.table.value(tree)
        writer.add(Assign((out,), copied, source, span=node.span))
    return writer


def _copied(node: Node, tree: ast.expr) -> ast.expr:
    """A copy in the same order in memory, so that sums keep their last digits."""
    t = node.inputs[0].type
    t = t.inner if isinstance(t, Maybe) else t
    if isinstance(t, Array) and len(t.dims) > 1:
        return call("np.copy", tree)
    return method(tree, "copy")


def _do(e: Emitter, writer: Writer, node: Node, tree: ast.stmt) -> None:
    writer.add(Do(tree, writes=e.table.variable(node.out), span=node.span))


def place_in(
    target: ast.expr, node: Node, index: Sequence[ast.expr]
) -> tuple[ast.expr, ast.expr]:
    """What a node with a layout writes to, and the index in it: `x` and `i`."""
    rest = iter(index)
    *first, last = segments(node.params["layout"])
    for layout in first:
        if is_attribute(layout):
            target = ast.Attribute(target, str(layout[0]), ast.Load())
        else:
            target = ast.Subscript(target, _index(layout, rest), ast.Load())
    return target, _index(last, rest)


def _index(layout: Layout, rest: Iterator[ast.expr]) -> ast.expr:
    """An index as it stands between brackets."""
    parts: list[ast.expr] = []
    for entry in layout:
        if isinstance(entry, tuple):
            bounds = [next(rest) if given else None for given in entry[1:]]
            parts.append(ast.Slice(*bounds))
        elif entry == "at":
            parts.append(next(rest))
        else:
            parts.append(ast.Constant(None if entry == "new" else ...))
    if len(parts) == 1:
        return parts[0]
    return ast.Tuple(parts, ast.Load())


def written(
    e: Emitter, writer: Writer, node: Node
) -> tuple[ast.expr, ast.expr, list[ast.expr]]:
    """The base with its statement, the value and the index of a write."""
    for v in repeated(node.inputs):
        writer.settle_one(v)
    _narrow(e, writer, node)
    value, *index = [e.operand(writer, v) for v in node.inputs[1:]]
    writer.write(node, node.inputs)
    base(e, writer, node)
    return e.table.ref(node.out), value, index


def _narrow(e: Emitter, writer: Writer, node: Node) -> None:
    """Give the value of a write its own statement where the line gets too long."""
    room = writer.room() - 4
    for v in sorted(node.inputs[1:], key=lambda v: -_width(writer, v)):
        total = sum(_width(writer, w) for w in node.inputs)
        if v in writer.pending and total + 8 > room:
            writer.settle_one(v)


def _width(writer: Writer, value: Value) -> int:
    if value in writer.pending:
        return writer.width(writer.pending[value].tree)
    if isinstance(value, Literal):
        return len(repr(value.value))
    return len(value.name or "temporary")


def _update(e: Emitter, writer: Writer, node: Node) -> bool:
    if isinstance(node.inputs[0].type, (Tuple,)):
        return False
    target, value, index = written(e, writer, node)
    if node.params.get("there") and not e.copies:
        return True  # the value was made in its place
    if node.op.name == "list_set":
        # The signature is (l, i, v).
        value, index = index[-1], [value]
        part: ast.expr = index[0]
    else:
        target, part = place_in(target, node, index)
    _do(e, writer, node, store(ast.Subscript(target, part, ast.Load()), value))
    return True


def _add_at(e: Emitter, writer: Writer, node: Node) -> bool:
    target, value, index = written(e, writer, node)
    repeats = not all(_basic(v) or _is_mask(v) for v in node.inputs[2:])
    target, part = place_in(target, node, index)
    if repeats:
        if isinstance(part, (ast.Tuple, ast.Slice)):
            part = explicit(part)
        tree = call("np.add.at", target, part, value)
        _do(e, writer, node, ast.Expr(tree))
    else:
        place = ast.Subscript(target, part, ast.Load())
        _do(e, writer, node, augmented(place, ast.Add(), value))
    return True


def _add_entry(e: Emitter, writer: Writer, node: Node) -> bool:
    """`xs[k] += v`; an array in a list may be another's too, so it is not changed."""
    t = node.inputs[0].type
    if not isinstance(t, List) or not isinstance(t.item, (Scalar, Array)):
        return False
    target, key, (value,) = written(e, writer, node)
    place = ast.Subscript(target, key, ast.Load())
    if isinstance(t.item, Scalar):
        _do(e, writer, node, augmented(place, ast.Add(), value))
    else:
        _do(e, writer, node, store(place, ast.BinOp(place, ast.Add(), value)))
    return True


def _basic(index: Value) -> bool:
    t = index.type.inner if isinstance(index.type, Maybe) else index.type
    return isinstance(t, Scalar) and t.kind == "int"


def _is_mask(index: Value) -> bool:
    """Whether an index is an array of booleans, which names no entry twice.

    Beside an array of integers it may: a mask of one entry is broadcast against that.
    """
    t = unwrapped(index.type)
    return isinstance(t, Array) and kind_of(t) == "bool" and len(t.dims) > 0


def explicit(part: ast.expr) -> ast.expr:
    """An index outside of brackets: slices written `slice(a, b)`."""
    if isinstance(part, ast.Tuple):
        return ast.Tuple([explicit(p) for p in part.elts], ast.Load())
    if not isinstance(part, ast.Slice):
        return part
    bounds = [part.lower, part.upper, part.step]
    if bounds[-1] is None:
        bounds.pop()
    return call("slice", *[b or ast.Constant(None) for b in bounds])


def augmented(target: ast.expr, sign: ast.operator, value: ast.expr) -> ast.stmt:
    """`target += value`, or `target -= w` for a value -w."""
    assert isinstance(target, (ast.Name, ast.Attribute, ast.Subscript))
    positive = without_sign(value)
    if positive is not None and isinstance(sign, (ast.Add, ast.Sub)):
        value, sign = positive, opposite(sign)
    return ast.AugAssign(target, sign, value)


def opposite(sign: ast.Add | ast.Sub) -> ast.operator:
    """The other one of + and -."""
    return ast.Sub() if isinstance(sign, ast.Add) else ast.Add()


def without_sign(tree: ast.expr) -> ast.expr | None:
    """For -x and -2.0 * x / y the expression without the sign, else None."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return tree.operand
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Mult, ast.Div)):
        left = without_sign(tree.left)
        constant = isinstance(left, (ast.Constant, ast.BinOp))
        return ast.BinOp(left, tree.op, tree.right) if left and constant else None
    return None


def adds_negative(tree: ast.AST) -> bool:
    """Whether a tree is `a + -b` or `a - -b`."""
    adds = isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Add, ast.Sub))
    return adds and without_sign(tree.right) is not None  # type: ignore[attr-defined]


class Signs(ast.NodeTransformer):
    """`a - 2.0 * b` for `a + -2.0 * b`, which is the same number to the last bit."""

    def visit_BinOp(self, tree: ast.BinOp) -> ast.expr:
        self.generic_visit(tree)
        if isinstance(tree.op, (ast.Add, ast.Sub)):
            positive = without_sign(tree.right)
            if positive is not None:
                return ast.BinOp(tree.left, opposite(tree.op), positive)
        return tree


_SIGNS: dict[str, ast.operator] = {
    "add": ast.Add(),
    "subtract": ast.Sub(),
    "multiply": ast.Mult(),
    "divide": ast.Div(),
}


def _elementwise(e: Emitter, writer: Writer, node: Node) -> bool:
    x, out = node.inputs[0], node.out
    if not node.params.get("inplace") or e.copies or x in writer.pending:
        return False
    rest = [e.operand(writer, v) for v in node.inputs[1:]]
    writer.write(node, [x])
    base(e, writer, node)
    target = e.table.ref(out)
    if node.op.name == "negative":
        # Numba takes no `out` keyword.
        tree = call("np.negative", target, target)
        _do(e, writer, node, ast.Expr(tree))
    else:
        _do(e, writer, node, augmented(target, _SIGNS[node.op.name], rest[0]))
    return True


def _product_into(e: Emitter, writer: Writer, node: Node) -> bool:
    """`np.dot(x, y, out)`."""
    for v in repeated(node.inputs):
        writer.settle_one(v)
    factors = [e.operand(writer, v) for v in node.inputs[1:]]
    writer.write(node, node.inputs)
    base(e, writer, node)
    tree = call("np.dot", *factors, e.table.ref(node.out))
    _do(e, writer, node, ast.Expr(tree))
    return True


def _append(e: Emitter, writer: Writer, node: Node) -> bool:
    target, value, _ = written(e, writer, node)
    _do(e, writer, node, ast.Expr(method(target, "append", value)))
    return True


def _popped(e: Emitter, writer: Writer, node: Node) -> bool:
    """`xs.pop()`, which may give the entry that was read before."""
    (x,) = node.inputs
    if not node.params.get("inplace") or e.copies or x in writer.pending:
        return False
    writer.write(node, node.inputs)
    before = len(writer.slots) - 1
    last = writer.slots[before] if before >= 0 else None
    base(e, writer, node)
    popped = method(e.table.ref(node.out), "pop")
    if isinstance(last, Assign) and _is_last(last.value, e.table.ref(x).id):
        writer.slots[before] = None
        writer.add(Assign(last.targets, popped, span=last.span))
    else:
        _do(e, writer, node, ast.Expr(popped))
    return True


def _is_last(tree: ast.expr, name: str) -> bool:
    """Whether an expression is `name[-1]`."""
    return isinstance(tree, ast.Subscript) and ast.unparse(tree) == f"{name}[-1]"


# ---- effects -------------------------------------------------------------------------


def _raise(e: Emitter, writer: Writer, node: Node) -> bool:
    tree = e.fitted(writer, node)
    writer.settle()
    assert isinstance(tree, ast.Call)
    raised = ast.Raise(tree.args[0], None)
    writer.add(Do(raised, ends=True, span=node.span))
    return True


def _reraise(e: Emitter, writer: Writer, node: Node) -> bool:
    writer.settle()
    writer.add(Do(ast.Raise(None, None), ends=True, span=node.span))
    return True


def _assert(e: Emitter, writer: Writer, node: Node) -> bool:
    if len(node.inputs) > 2:
        return False
    tree = e.fitted(writer, node)
    writer.settle()
    assert isinstance(tree, ast.Call)
    test, message = [*tree.args, None][:2]
    assert test is not None
    writer.add(Do(ast.Assert(test, message), span=node.span))
    return True


SPECIALS: dict[str, Special] = {
    "raise_": _raise,
    "reraise": _reraise,
    "assert_": _assert,
    "update": _update,
    "list_set": _update,
    "add_at": _add_at,
    "add_entry": _add_entry,
    "list_append": _append,
    "list_popped": _popped,
    **dict.fromkeys(_SIGNS, _elementwise),
    "negative": _elementwise,
    "product_into": _product_into,
}
