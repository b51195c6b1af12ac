"""An operation's `code` as a template: the expression a node prints as.

Template names: the operation's inputs under the names of its signature (those of a
variable number as `index0`, `index1`, ...), its static params (replaced by constants;
a keyword with its default's value is left out; `via` only chooses the callable),
`callee`, `guide0`, ... for functions of the program that the operation is given, and
the modules `np`, `math`, `scipy` (only where the user's code does import it) and
`runtime` (the helpers of `srcad/backend/runtime.py`).
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
from typing import Any

import numpy as np

from srcad.backend.trees import names_in, substituted
from srcad.ir.graph import Node
from srcad.ops.declare import Op, same_constant

MODULES = ("np", "math", "scipy", "runtime")


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
    values = {p.name: node.params.get(p.name, p.default) for p in static_parameters(op)}
    usual = [
        p for p in static_parameters(op) if same_constant(values[p.name], p.default)
    ]
    left_out = frozenset(p.name for p in usual)
    tree, names = parsed(text, left_out), mentioned(text, left_out)
    static = {name: constant(values[name]) for name in names if name in values}
    found = substituted(tree, static) if static else tree
    assert isinstance(found, ast.expr)
    return found


def named(node: Node) -> dict[str, Any]:
    """The functions and classes among a node's params, by the names they print as."""
    each = list(node.params.values())
    each += [p for whole in each if isinstance(whole, tuple) for p in whole]
    return {p.__name__: p for p in each if hasattr(p, "__name__")}


def callee_names(node: Node) -> list[str]:
    """The template's names for the functions that an operation is given."""
    guides = node.params.get("guides", ())
    return ["callee", *(f"guide{k}" for k in range(len(guides)))]


@functools.cache
def parsed(text: str, left_out: frozenset[str]) -> ast.expr:
    """The tree of a template, without the keywords that have the value of such a name.

    It is not to be changed. `runtime.sum_like` is one name in it.
    """
    tree = ast.parse(text, mode="eval").body
    plain = text.replace(" ", "")
    if "runtime." in plain or any(f"={name}" in plain for name in left_out):
        tree = _Template(left_out).visit(tree)
    assert isinstance(tree, ast.expr)
    return tree


@functools.cache
def mentioned(text: str, left_out: frozenset[str]) -> tuple[str, ...]:
    """The names in the tree of a template."""
    return tuple(names_in(parsed(text, left_out)))


class _Template(ast.NodeTransformer):
    def __init__(self, left_out: frozenset[str]) -> None:
        self.left_out = left_out

    def visit_Call(self, call: ast.Call) -> ast.expr:
        call.keywords = [
            k
            for k in call.keywords
            if not (isinstance(k.value, ast.Name) and k.value.id in self.left_out)
        ]
        self.generic_visit(call)
        return call

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "runtime":
            return ast.Name(f"runtime.{node.attr}", ast.Load())
        self.generic_visit(node)
        return node


@functools.cache
def static_parameters(op: Op) -> list[inspect.Parameter]:
    """The parameters of an operation's signature that are no inputs."""
    return [
        p
        for p in op.parameters.values()
        if not op.is_input(p) and p.kind is not inspect.Parameter.VAR_POSITIONAL
    ]


def default_code(op: Op, node: Node) -> str:
    """`np.sin(x)`, or `math.sin(x)` where the node says it goes by that module."""
    parameters = op.parameters
    usual = parameters["via"].default if "via" in parameters else None
    via = node.params.get("via", usual)
    args = [*input_names(op, len(node.inputs))]
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
        return target.replace(":", ".")
    module = getattr(target, "__module__", None) or "numpy"
    if module == "builtins":
        return str(target.__name__)
    module = "np" + module.removeprefix("numpy") if "numpy" in module else module
    return f"{module}.{target.__name__}"


@functools.lru_cache(maxsize=4096)
def input_names(op: Op, count: int) -> tuple[str, ...]:
    """The template's names for a node's inputs."""
    names: list[str] = []
    for p in op.parameters.values():
        if p.kind is inspect.Parameter.VAR_POSITIONAL:
            rest = count - len(names)
            names += [f"{p.name}{k}" for k in range(rest)]
        elif op.is_input(p) and len(names) < count:
            names.append(p.name)
    return tuple(names)


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
    if type(value) in (int, float) and repr(value).startswith("-"):
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    if callable(value) and hasattr(value, "__name__"):
        return _expression(value.__name__)  # whoever runs the text gives it that name
    return ast.Constant(value)


def _sign(value: float) -> str:
    return "-" if value < 0 else ""


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
