"""What stands in a drawing: signs of operations, numbers, previews of arrays."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from srcad.backend.template import callee_names, constant, input_names, template
from srcad.backend.trees import substituted, with_names_for_objects
from srcad.ir.graph import Literal, Node, Program, Undefined, Value
from srcad.ir.structure import call, callees
from srcad.ops.declare import Op

SIGNS: Mapping[type, str] = {
    ast.Add: "+",
    ast.Sub: "\N{MINUS SIGN}",
    ast.Mult: "\N{MULTIPLICATION SIGN}",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.USub: "\N{MINUS SIGN}",
    ast.UAdd: "+",
    ast.Not: "not",
    ast.Invert: "~",
    ast.Lt: "<",
    ast.LtE: "\N{LESS-THAN OR EQUAL TO}",
    ast.Gt: ">",
    ast.GtE: "\N{GREATER-THAN OR EQUAL TO}",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
}
LONGEST = 28  # characters of a sign


def operation(node: Node, name: Callable[[Value], str], program: Program) -> str:
    """What a node computes, as Python over the names of its inputs."""
    if node.op is call:
        read = ", ".join(map(name, node.inputs))
        return f"{program.graphs[node.params['callee']].name}({read})"
    if not isinstance(node.op, Op):
        return node.op.name.rstrip("_")
    return ast.unparse(_tree(node, name))


def sign(node: Node, name: Callable[[Value], str], program: Program) -> str:
    """What stands in a node's circle: what it does to the edges that lead there."""
    if node.op is call:
        return program.graphs[node.params["callee"]].name
    if not isinstance(node.op, Op):
        return node.op.name.rstrip("_")
    marked = {v: f"EDGE{k}" for k, v in enumerate(node.inputs)}
    tree = _tree(node, lambda v: marked.get(v, "_"))
    found = _sign(tree)
    for v, mark in marked.items():
        found = found.replace(mark, name(v))
    return (
        found
        if len(found) <= LONGEST
        else found[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
    )


def _tree(node: Node, name: Callable[[Value], str]) -> ast.expr:
    assert isinstance(node.op, Op)
    inputs = [
        constant(v.value) if isinstance(v, Literal) else ast.Name(name(v))
        for v in node.inputs
    ]
    named = dict(zip(input_names(node.op, len(inputs)), inputs, strict=True))
    for word, key in zip(callee_names(node), callees(node), strict=False):
        named[word] = ast.Name(getattr(key, "name", "f"))
    found = substituted(template(node), named)
    return cast(ast.expr, with_names_for_objects(found, _called))


def _called(value: Any) -> str:
    """A word for what is no literal: a module, a logger."""
    name = getattr(value, "__name__", type(value).__name__)
    return str(name)


def _is_edge(tree: ast.AST) -> bool:
    return isinstance(tree, ast.Name) and tree.id.startswith("EDGE")


def _sign(tree: ast.expr) -> str:
    match tree:
        case ast.BinOp(left, op, right):
            parts = [_operand(left), SIGNS.get(type(op), "?"), _operand(right)]
        case ast.UnaryOp(op, operand):
            parts = [SIGNS.get(type(op), "?"), _operand(operand)]
        case ast.Compare(left, [op], [right]):
            parts = [_operand(left), SIGNS.get(type(op), "?"), _operand(right)]
        case ast.Subscript(whole, index) if _is_edge(whole):
            inside = index.elts if isinstance(index, ast.Tuple) else [index]
            return f"[{', '.join(map(ast.unparse, inside))}]"
        case ast.Attribute(whole, attribute) if _is_edge(whole):
            return f".{attribute}"
        case ast.Call(func=function, args=args, keywords=keywords):
            method = isinstance(function, ast.Attribute) and _is_edge(function.value)
            last = ast.unparse(function).rpartition(".")[2]
            parts = [f".{last}" if method else last]
            parts += [ast.unparse(a) for a in args if not _is_edge(a)]
            parts += [
                f"{k.arg}={ast.unparse(k.value)}"
                for k in keywords
                if not _is_edge(k.value)
            ]
        case ast.Tuple():
            return "tuple"
        case ast.List():
            return "list"
        case _:
            return ast.unparse(tree)
    return " ".join(p for p in parts if p)


def _operand(tree: ast.expr) -> str:
    """Nothing for an edge, a constant as it is."""
    return "" if _is_edge(tree) else ast.unparse(tree)


# ---- numbers -------------------------------------------------------------------------


def shown(value: Any) -> str:
    """A value in a few characters: a number, an array by its shape and its norm."""
    if value is None or isinstance(value, Undefined):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return _minus(str(int(value)))
    if isinstance(value, (float, np.floating)):
        return number(float(value))
    if isinstance(value, (complex, np.complexfloating)):
        real, imag = number(float(value.real)), number(abs(float(value.imag)))
        return f"{real} {'+-'[math.copysign(1, value.imag) < 0]} {imag}i"
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, (list, tuple)):
        if len(value) <= 3 and all(
            isinstance(v, (int, float, np.number)) for v in value
        ):
            return f"({', '.join(map(shown, value))})"
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        return f"dict of {len(value)}"
    if isinstance(value, (str, bytes)):
        return repr(value) if len(value) < 14 else repr(value[:12])[:-1] + "..."
    return type(value).__name__


def number(value: float) -> str:
    """Four digits, enough to compare by eye."""
    if math.isnan(value):
        return "nan"
    text = f"{value:.4g}"
    return _minus(text)


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}") if text[:1] == "-" else text


def _array(value: np.ndarray[Any, Any]) -> str:
    if value.ndim == 0:
        return shown(value.item())
    if value.ndim == 1 and value.size <= 3 and value.dtype.kind in "fiub":
        return f"[{' '.join(map(shown, value.tolist()))}]"
    shape = "\N{MULTIPLICATION SIGN}".join(map(str, value.shape))
    if value.ndim == 1:
        shape = f"({shape})"
    if value.dtype.kind not in "fciu" or not value.size:
        return shape
    norm = float(np.linalg.norm(np.ravel(value).astype(complex)))
    return f"{shape} \N{DOUBLE VERTICAL LINE}{number(norm)}\N{DOUBLE VERTICAL LINE}"


def preview(value: Any) -> str:
    """More of a value, for where the pointer rests: the first entries of an array."""
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return shown(value)
    text = np.array2string(value, precision=4, threshold=12, edgeitems=2, separator=" ")
    shape = "\N{MULTIPLICATION SIGN}".join(map(str, value.shape))
    return f"{value.dtype} {shape}\n{text}"
