"""How the Numba dialect writes products and linear algebra of stacks of matrices.

Numba multiplies, inverts and decomposes one matrix at a time, of one dtype with the
other factor; stacks go by the helpers of `runtime_stacks.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import Array, dims_of, dtype_of, kind_of

Code = Callable[[Node], str | None]


def as_dtype(name: str, value: Value, dtype: str) -> str:
    """A factor in the dtype of the product."""
    return name if dtype_of(value.type) == dtype else f"{name}.astype(np.{dtype})"


def _matmul_code(node: Node) -> str | None:
    """`x @ y`; of stacks by a helper, a vector as a matrix of one row or column."""
    x, y = node.inputs
    dtype = product_dtype(x, y)
    ranks = [len(dims_of(v.type) or ()) for v in (x, y)]
    if dtype is None or 0 in ranks:
        return None
    left, right = as_dtype("x", x, dtype), as_dtype("y", y, dtype)
    if max(ranks) < 3:
        return f"{left} @ {right}"
    if ranks[0] == 1:
        return f"runtime.stack_product({left}[None, :], {right})[..., 0, :]"
    if ranks[1] == 1:
        return f"runtime.stack_product({left}, {right}[:, None])[..., 0]"
    return f"runtime.stack_product({left}, {right})"


def product_dtype(x: Value, y: Value) -> str | None:
    """The dtype of a product that Numba can compute in: no integers."""
    dtypes = [dtype_of(v.type) for v in (x, y)]
    arrays = all(isinstance(v.type, Array) for v in (x, y))
    if None in dtypes or not arrays:
        return None
    found = np.result_type(*dtypes)
    return found.name if found.kind in "fc" else None


def _of_stacks(helper: str, plain: str = "") -> Code:
    """A function of square matrices by its helper; of one matrix by Numba's own."""

    def code(node: Node) -> str | None:
        kinds = {kind_of(v.type) for v in node.inputs}
        dtypes = {dtype_of(v.type) for v in node.inputs}
        ranks = {len(dims_of(v.type) or ()) for v in node.inputs}
        (rank, *others) = ranks
        if others or rank < 2 or len(dtypes) > 1 or not kinds <= {"float", "complex"}:
            return None
        return plain if plain and rank == 2 else f"runtime.{helper}"

    return code


def _chain_code(node: Node) -> str | None:
    """`np.linalg.multi_dot` from the left; a vector at the end is multiplied first."""
    names = [f"xs{k}" for k in range(len(node.inputs))]
    dtypes = {dtype_of(v.type) for v in node.inputs}
    kinds = {kind_of(v.type) for v in node.inputs}
    if len(dtypes) > 1 or not kinds <= {"float", "complex"}:
        return None
    if len(dims_of(node.inputs[-1].type) or ()) > 1:
        return " @ ".join(names)
    return " @ (".join(names) + ")" * (len(names) - 1)


def _singular_code(node: Node) -> str | None:
    matrix = len(dims_of(node.inputs[0].type) or ()) == 2
    return "np.linalg.svd(x)[1]" if matrix else None


MATRICES: Mapping[str, Code] = {
    "matmul": _matmul_code,
    "multi_dot": _chain_code,
    "svdvals": _singular_code,
    "det": _of_stacks("stack_det(x)", "runtime.matrix_det(x)"),
    "inv": _of_stacks("stack_inv(x)", "np.linalg.inv(x)"),
    "inv_or_nan": _of_stacks("stack_inv_or_nan(x)"),
    "inv_or_refused": _of_stacks("stack_inv_or_refused(x)"),
    "cofactor": _of_stacks("stack_cofactor(x)"),
    "cofactor_slope": _of_stacks("stack_cofactor_slope(x, e)"),
}
