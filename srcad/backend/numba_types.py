"""Expressions of a type for Numba: dummies that are never read, and dtypes."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from srcad.backend.statements import call
from srcad.backend.template import constant
from srcad.ir.types import Array, List, Maybe, Scalar, Tuple, Type

_ZEROS: Mapping[str, object] = {"bool": False, "int": 0, "float": 0.0, "complex": 0j}


def typed_dummy(t: Type) -> ast.expr:
    """An expression of a type, for what is undefined; None where there is none."""
    t = t.inner if isinstance(t, Maybe) else t
    if isinstance(t, Scalar):
        return constant(_ZEROS[t.kind])
    if isinstance(t, Array):
        shape = constant((0,) * len(t.dims) if len(t.dims) > 1 else 0)
        return call("np.empty", shape, *dtype_argument(t.dtype))
    if isinstance(t, Tuple):
        return ast.Tuple([typed_dummy(item) for item in t.items], ast.Load())
    if isinstance(t, List):
        entries = ast.List([typed_dummy(t.item)], ast.Load())
        none = ast.Slice(None, ast.Constant(0), None)
        return ast.Subscript(entries, none, ast.Load())
    return ast.Constant(None)


def dtype_argument(dtype: str) -> list[ast.expr]:
    """The dtype as an argument; nothing for the usual one."""
    if dtype == "float64":
        return []
    name = "bool_" if dtype == "bool" else dtype
    return [ast.parse(f"np.{name}", mode="eval").body]
