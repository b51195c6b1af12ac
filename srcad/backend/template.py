"""An operation's `code` as a template: the expression a node prints as.

Template names: the operation's inputs under the names of its signature (those of a
variable number as `index0`, `index1`, ...), its static params (replaced by constants;
a keyword with its default's value is left out; `via` only chooses the callable), and
the modules `np`, `math`, `scipy` (only where the user's code does import it) and
`runtime` (the helpers of `srcad/backend/runtime.py`).
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node
from srcad.ops.declare import Op, same_constant

MODULES = ("np", "math", "scipy", "runtime")
_parsed: dict[str, ast.expr] = {}


def template(node: Node, code: str | None = None) -> ast.expr:
    """The node's expression over input names and modules, params filled in.

    code : instead of the operation's own, for a dialect.
    """
    op = node.op
    assert isinstance(op, Op)
    text = code
    if text is None:
        text = op.code(node) if callable(op.code) else op.code
    if text is None:
        text = default_code(op, node)
    if text not in _parsed:
        _parsed[text] = ast.parse(text, mode="eval").body
    filler = _Params(op, node.params)
    filled = filler.visit(copied(_parsed[text]))
    assert isinstance(filled, ast.expr)
    return filled


def copied(tree: Any) -> Any:
    """A copy of an expression, without its place in a text; leaves are shared."""
    if isinstance(tree, list):
        return [copied(part) for part in tree]
    if not isinstance(tree, ast.AST) or not tree._fields:
        return tree
    return type(tree)(*[copied(getattr(tree, name)) for name in tree._fields])


def default_code(op: Op, node: Node) -> str:
    """`np.sin(x)`, or `math.sin(x)` where the node says it goes by that module."""
    parameters = op.parameters
    usual = parameters["via"].default if "via" in parameters else None
    via = node.params.get("via", usual)
    args = input_names(op, len(node.inputs))
    args += [
        f"{p.name}={p.name}"
        for p in parameters.values()
        if not op.is_input(p)
        and p.kind is not inspect.Parameter.VAR_POSITIONAL
        and p.name != "via"
    ]
    return f"{callable_name(op, via)}({', '.join(args)})"


def callable_name(op: Op, via: str | None = None) -> str:
    """The dotted name of the callable of an operation, of the module `via` if given.

    Where NumPy has two names for one function, the one that the operation has.
    """
    name = op.name.rstrip("_")
    if via in (None, "np") and getattr(np, name, None) in op.calls:
        return f"np.{name}"
    paths = [_path(target) for target in op.calls]
    for path in paths:
        module = path.partition(".")[0] if "." in path else "builtins"
        if via is None or module == via:
            return path
    return f"{via or 'np'}.{name}"


def _path(target: Any) -> str:
    if isinstance(target, str):
        return target
    module = getattr(target, "__module__", None) or "numpy"
    if module == "builtins":
        return str(target.__name__)
    module = "np" + module.removeprefix("numpy") if "numpy" in module else module
    return f"{module}.{target.__name__}"


def input_names(op: Op, count: int) -> list[str]:
    """The template's names for a node's inputs."""
    names: list[str] = []
    for p in op.parameters.values():
        if p.kind is inspect.Parameter.VAR_POSITIONAL:
            rest = count - len(names)
            names += [f"{p.name}{k}" for k in range(rest)]
        elif op.is_input(p) and len(names) < count:
            names.append(p.name)
    return names


class _Params(ast.NodeTransformer):
    """Put the params' constants in, and leave keywords at their default out."""

    def __init__(self, op: Op, params: Mapping[str, Any]) -> None:
        self.static = {
            p.name: params.get(p.name, p.default)
            for p in op.parameters.values()
            if not op.is_input(p) and p.kind is not inspect.Parameter.VAR_POSITIONAL
        }
        self.defaults = {p.name: p.default for p in op.parameters.values()}

    def visit_Call(self, call: ast.Call) -> ast.expr:
        call.keywords = [
            k
            for k in call.keywords
            if not (
                isinstance(k.value, ast.Name)
                and k.value.id in self.static
                and same_constant(self.static[k.value.id], self.defaults[k.value.id])
            )
        ]
        self.generic_visit(call)
        return call

    def visit_Name(self, name: ast.Name) -> ast.expr:
        if name.id in self.static:
            return constant(self.static[name.id])
        return name


def constant(value: Any) -> ast.expr:
    """An expression that evaluates to exactly this constant, of the same type."""
    if isinstance(value, (tuple, list)):
        items = [constant(v) for v in value]
        kind = ast.Tuple if isinstance(value, tuple) else ast.List
        return kind(items, ast.Load())
    if isinstance(value, np.dtype):
        return _expression(f"np.{value.name}")
    if isinstance(value, type):
        name = value.__name__
        return _expression(f"np.{name}" if issubclass(value, np.generic) else name)
    if isinstance(value, np.generic):
        inner = constant(value.item())
        call = _expression(f"np.{value.dtype.name}(_)")
        assert isinstance(call, ast.Call)
        call.args = [inner]
        return call
    if isinstance(value, float) and not math.isfinite(value):
        return _expression("np.nan" if math.isnan(value) else f"{_sign(value)}np.inf")
    if isinstance(value, complex):
        real, imag = repr(value.real), repr(value.imag)
        whole = np.isfinite(value) and value.real == 0 and repr(value.real) == "0.0"
        return _expression(f"{imag}j" if whole else f"complex({real}, {imag})")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _expression(repr(value))
    if callable(value) and hasattr(value, "__name__"):
        return _expression(value.__name__)  # whoever runs the text gives it that name
    return ast.Constant(value)


def _sign(value: float) -> str:
    return "-" if value < 0 else ""


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


class Substitute(ast.NodeTransformer):
    """Replace names of a template by expressions."""

    def __init__(self, replacements: Mapping[str, ast.expr]) -> None:
        self.replacements = replacements

    def visit_Name(self, name: ast.Name) -> ast.expr:
        return self.replacements.get(name.id, name)


def applied(node: Node, inputs: Sequence[ast.expr]) -> ast.expr:
    """The node's expression with its inputs' expressions put in."""
    op = node.op
    assert isinstance(op, Op)
    names = input_names(op, len(inputs))
    result = Substitute(dict(zip(names, inputs, strict=True))).visit(template(node))
    assert isinstance(result, ast.expr)
    return result
