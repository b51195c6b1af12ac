"""What Numba does not compile, seen in the source that would be given to it.

Takes `Generated` in the Numba dialect; gives the things in it that Numba lacks, a
function, a keyword or a helper, each with its line. Nothing is compiled and Numba need
not be installed. `tests/ops/test_numba.py` holds this table to Numba itself, both ways,
for each operation.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from srcad.backend.generate import Generated

# Functions; a module's name stands for all in it.
FUNCTIONS = """
    math.fsum math.isclose math.remainder numpy.add.at numpy.add.reduceat
    numpy.array_equiv numpy.choose numpy.compress numpy.diag_indices numpy.diagonal
    numpy.dstack numpy.fft
    numpy.frexp numpy.gradient numpy.i0 numpy.inner numpy.lexsort numpy.linalg.cross
    numpy.linalg.multi_dot numpy.linalg.svdvals numpy.linalg.tensorinv
    numpy.linalg.tensorsolve numpy.linalg.vecdot numpy.logaddexp.reduce numpy.matvec
    numpy.meshgrid numpy.modf numpy.pad numpy.polyadd numpy.polyder numpy.polyint
    numpy.polymul numpy.polysub numpy.polyval numpy.result_type numpy.squeeze
    numpy.tensordot numpy.tile numpy.vecdot numpy.vecmat scipy"""
# Keywords of functions that Numba has.
KEYWORDS = """
    numpy.all(axis) numpy.any(axis) numpy.argsort(axis) numpy.cumprod(axis)
    numpy.flip(axis) numpy.linalg.norm(axis) numpy.max(initial) numpy.min(initial)
    numpy.power(dtype) numpy.prod(axis) numpy.prod(initial) numpy.sum(initial)
    numpy.sum(keepdims) numpy.trace(axis1) numpy.unique(return_index)
    numpy.unique(return_inverse) numpy.unique(return_counts) numpy.nanmax(axis)
    numpy.nanmin(axis)"""
METHODS = "compress"
# Helpers of `srcad/backend/runtime*.py` that it compiles; others use what it lacks.
HELPERS = """
    add_flat add_parts add_where add_where_one agreed all_along any_along
    argsort_along chunk_count cumprod_along cumsum_along diagonals downward enough
    entry_counts exclusive_along exp first_places fitting frexp_of gradient_along
    gradient_at in_shape_of joined kept_part last_of_entries last_of_rows leading_places
    list_summed log_or_zero log_sum_along matrix_det
    not_definite singular max_along median_all
    median_along mesh_along modf_of nanmax_along of_some own_part padded padded_places
    pieces_of plus prod_along put_back_along put_flat put_where put_where_one
    quantile_along quantiles_along
    recurrence_along repeated_along repeats_summed rolled shape_checked shifted
    shifted_along sinc_derivative sort_along stack_cofactor stack_cofactor_slope
    stack_det stack_inv stack_inv_or_nan stack_inv_or_refused stack_product stacked
    summed_1 summed_2 summed_3 summed_n tanh ties_along tiled tiles_summed
    triangle_solved turned_3 turned_4 turned_bands whole_segment with_diagonals"""
_LACKS = frozenset(f"{FUNCTIONS} {KEYWORDS}".split())
_METHODS, _HELPERS = frozenset(METHODS.split()), frozenset(HELPERS.split())


def lacking(generated: Generated) -> str:
    """What of a source Numba lacks, as a few words; "" where it has all."""
    return next((what for what, _ in lacks(generated)), "")


def lacks(generated: Generated) -> Iterator[tuple[str, int]]:
    """All of a source that Numba lacks, as a few words each, with its line."""
    for node in ast.walk(ast.parse(generated.text)):
        for found in _lacks(node, generated.names):
            yield found, node.lineno  # type: ignore[attr-defined]


def _lacks(node: ast.AST, names: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(node, ast.Name):
        helper = names.get(node.id)
        own = str(getattr(helper, "__module__", "")).startswith("srcad.backend.")
        name = getattr(helper, "__name__", "")
        if own and name not in _HELPERS:
            yield f"helper {name}"
    elif isinstance(node, ast.Attribute):
        path = _path(node, names)
        parents = [path.rsplit(".", k)[0] for k in range(path.count(".") + 1)]
        if any(p in _LACKS for p in parents):
            yield path
        if not path and node.attr in _METHODS:
            yield f"method {node.attr}"
    elif isinstance(node, ast.Call):
        path = _path(node.func, names)
        for keyword in node.keywords:
            if f"{path}({keyword.arg})" in _LACKS:
                yield f"{path} with {keyword.arg}="


def _path(tree: ast.AST, names: Mapping[str, Any]) -> str:
    """The dotted name of something in a module; "" for anything else."""
    if isinstance(tree, ast.Attribute):
        base = _path(tree.value, names)
        return f"{base}.{tree.attr}" if base else ""
    if isinstance(tree, ast.Name):
        thing = names.get(tree.id)
        return thing.__name__ if isinstance(thing, ModuleType) else ""
    return ""
