"""Names for values that have none: by what they are (`exp_shifted`, `x_plus_y`)."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from srcad.backend.fold import Uses
from srcad.backend.statements import Table
from srcad.ir.graph import Block, Graph, Literal, Node, Value, is_literal, nodes_of
from srcad.ir.structure import for_, loop_of
from srcad.ir.types import INT, dims_of
from srcad.ops.declare import Op

LONGEST = 18
_BETWEEN = {
    "add": "plus",
    "subtract": "minus",
    "multiply": "times",
    "divide": "over",
    "quotient": "over",
    "matmul": "at",
    "floor_divide": "over",
    "either": "or",
    "both": "and",
}
_WHOLE = {
    "range_": "steps",
    "range_len": "n",
    "length": "n",
    "len_of": "n",
    "agreed": "n",
    "list_len": "n",
    "count": "size",
    "divisor": "size",
    "truth": "test",
    "less": "below",
    "less_equal": "below",
    "greater": "above",
    "greater_equal": "above",
    "equal": "same",
    "not_equal": "differs",
    "arange": "rows",
    "matmul": "product",
    "add": "total",
    "subtract": "difference",
    "multiply": "product",
    "divide": "ratio",
    "quotient": "ratio",
    "power": "power",
    "sum_": "total",
    "where": "chosen",
    "einsum": "product",
    "solve": "solved",
    "solve_triangular": "solved",
    "winner": "winner",
    "either": "either",
    "both": "both",
    "negative": "negated",
    "masked": "masked",
    "broadcast_to": "spread",
    "broadcast_like": "spread",
    "sign": "sign",
    "number_sign": "sign",
    "min_of": "least",
    "max_of": "most",
    "transpose": "transposed",
    "list_of": "entries",
    "make_tuple": "parts",
    "make_residual": "residual",
    "make_dict": "parts",
    "in_shape_of": "cotangent",
}
_PLAIN = ("getitem", "item", "cast", "positive", "expand_dims", "broadcast_like")
_PARTS = ("getitem", "item", "residual_item", "list_get", "entry_like")


def hint(node: Node, tree: ast.expr, table: Table, hints: Mapping[Value, str]) -> str:
    """A name for the result of a node, printed as `tree`.

    hints : those of the values that have none of the user's.
    """
    if not isinstance(node.op, Op):
        return "t"
    name = node.op.name.rstrip("_")
    if name in ("opaque", "constant_call"):
        return _called(node)
    if name == "dim":
        return _length_name(node)
    if name == "max_of" and is_literal(node.inputs[-1], 0) and node.out.type == INT:
        return "count"
    if node.op.kind == "solver":
        return "solution"
    part = _copied_part(node, tree)
    operands = _operands(part or tree)
    read = [_word(p, table, hints) for p in operands]
    if part is not None and read[0]:
        return _part(read[0], node, part, table, hints)
    if node.op.name in _BETWEEN and len(read) != 2:
        read = []
    found = ""
    if node.op.name in _BETWEEN and all(read) and read:
        found = f"{read[0]}_{_BETWEEN[node.op.name]}_{read[1]}"
    elif node.op.name in _PARTS and read and read[0]:
        found = _part(read[0], node, tree, table, hints)
    elif node.op.name == "negative" and read and read[0]:
        found = f"minus_{read[0]}"
    elif node.op.name == "power" and read and is_literal(node.inputs[1], 2):
        found = f"{read[0]}_squared" if read[0] else ""
    elif len(node.inputs) == 1 and any(read) and node.op.name not in (*_WHOLE, *_PLAIN):
        found = f"{name}_{next(filter(None, read))}"
    elif node.op.name in _PLAIN and read and read[0]:
        found = f"{read[0]}_part"
    elif node.op.kind == "elementwise" and node.op.name not in _WHOLE:
        names = {v.name for v in table.reads(tree)} - {""}
        if len(names) == 1:
            found = f"{name}_{names.pop()}"
    if found and len(found) <= LONGEST:
        return found
    whole = _WHOLE.get(node.op.name)
    if whole is not None:
        length = node.op.name == "subtract" and node.out.type == INT
        return "n" if length else whole  # `len(x) - 2`
    if node.op.memory in ("view", "same") or node.op.name in _PLAIN:
        return next((hints[v] for v in node.inputs if v in hints), "part")
    long = len(name) > 8 or not name.isidentifier()
    return name[:LONGEST].strip("_") if long else f"{name}_value"


def _called(node: Node) -> str:
    """What a call of a user's function gives: `f_value`."""
    function = getattr(node.inputs[0], "value", None)
    name = str(getattr(function, "__name__", type(function).__name__.lower()))
    return f"{name if name.isidentifier() else 'function'}_value"


def _length_name(node: Node) -> str:
    """What the length of an array along an axis is called."""
    k, rank = node.params.get("k", 0), len(dims_of(node.inputs[0].type) or ())
    if rank == 2:
        return ("rows", "columns")[k]
    return "n" if rank == 1 else f"length_{k % max(rank, 1)}"


def _word(tree: ast.expr, table: Table, hints: Mapping[Value, str]) -> str:
    """What an operand is called in a name; "" for an expression."""
    if isinstance(tree, ast.Constant) and type(tree.value) is int:
        return str(tree.value)
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        return tree.value if tree.value.isidentifier() else ""
    value = table.value(tree)
    if value is None:
        return ""
    return value.name or hints.get(value, "")


def _copied_part(node: Node, tree: ast.expr) -> ast.Subscript | None:
    """x[i], of x[i].copy()."""
    match tree:
        case ast.Call(func=ast.Attribute(value=ast.Subscript() as part)):
            return part if node.op.name == "copy" else None
    return None


def _part(
    whole: str,
    node: Node,
    tree: ast.expr,
    table: Table,
    hints: Mapping[Value, str],
) -> str:
    """`p_0`, `x_i`, `h_last`; `x_part` where the index is more than that."""
    whole = whole.removeprefix("saved_")
    keys: list[ast.expr] = []
    if isinstance(tree, ast.Subscript):
        keys = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]
    if len(keys) == 1 and _is_last(keys[0]):
        return f"{whole}_last"
    words = [
        w if isinstance(k, ast.Constant) or len(w) == 1 else ""
        for k, w in ((k, _word(k, table, hints)) for k in keys)
    ]
    if words and all(words):
        return "_".join([whole, *words])
    key = node.params.get("key", node.params.get("k"))
    if not keys and isinstance(key, int):
        return f"{whole}_{key}"
    return f"{whole}_part"


def _is_last(key: ast.expr) -> bool:
    """Whether an index is -1."""
    match key:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1 as one)):
            return type(one) is int
        case ast.Constant(value=-1 as one):
            return type(one) is int
    return False


def _operands(tree: ast.expr) -> list[ast.expr]:
    if isinstance(tree, ast.BinOp):
        return [tree.left, tree.right]
    if isinstance(tree, ast.UnaryOp):
        return [tree.operand]
    if isinstance(tree, ast.Call):
        on = [tree.func.value] if isinstance(tree.func, ast.Attribute) else []
        return [*on, *tree.args]
    if isinstance(tree, (ast.Subscript, ast.Attribute)):
        return [tree.value]
    return []


def called(node: Node, callee: Graph) -> dict[Value, str]:
    """Names for the results of a call: those that they have in the callee."""
    found = {}
    for v, result in zip(node.outputs, callee.body.results, strict=True):
        name = result.name
        if name.endswith(("_bar", "_dot")):
            name = f"{name}_part"
        function = callee.name.removesuffix("_fwd").removesuffix("_bwd")
        found[v] = name or f"{function}_value"
    return found


def kept_in(body: Block) -> set[Value]:
    """The parameters of a function that are arrays in which its loops keep values."""
    before: dict[Value, Value] = {}
    found: set[Value] = set()
    for node in nodes_of(body):
        if node.op is for_:
            loop = loop_of(node)
            before.update(zip(loop.carried, loop.initial, strict=True))
        elif node.params.get("kept") and node.op.name == "update":
            array = node.inputs[0]
            while array in before:
                array = before[array]
            found.add(array)
    return found.intersection(body.params)


def primal_value(graph: Graph, uses: Uses) -> Value | None:
    """What the primal gives, where a derivative is given out beside it."""
    results: Sequence[Value] = graph.body.results
    maker = uses.makers.get(results[0]) if len(results) == 1 else None
    if maker is not None and maker.op.name == "make_tuple":
        results = maker.inputs
    marked = [v for v in uses.makers if v.name.endswith(("_bar", "_dot"))]
    if len(results) < 2 or not marked or isinstance(results[0], Literal):
        return None
    if results[0].name.endswith(("_bar", "_dot")):
        return None
    return results[0]
