"""The few helpers that generated source may call.

An exported file carries the text of those it uses, and of the helpers that they call
themselves, so they import only NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.backend.runtime_along import add_flat as add_flat
from srcad.backend.runtime_along import add_where as add_where
from srcad.backend.runtime_along import add_where_one as add_where_one
from srcad.backend.runtime_along import cumprod_along as cumprod_along
from srcad.backend.runtime_along import cumsum_along as cumsum_along
from srcad.backend.runtime_along import exclusive_along as exclusive_along
from srcad.backend.runtime_along import frexp_of as frexp_of
from srcad.backend.runtime_along import last_of_entries as last_of_entries
from srcad.backend.runtime_along import last_of_rows as last_of_rows
from srcad.backend.runtime_along import log_sum_along as log_sum_along
from srcad.backend.runtime_along import max_along as max_along
from srcad.backend.runtime_along import modf_of as modf_of
from srcad.backend.runtime_along import nanmax_along as nanmax_along
from srcad.backend.runtime_along import prod_along as prod_along
from srcad.backend.runtime_along import put_flat as put_flat
from srcad.backend.runtime_along import put_where as put_where
from srcad.backend.runtime_along import put_where_one as put_where_one
from srcad.backend.runtime_along import recurrence_along as recurrence_along
from srcad.backend.runtime_along import shifted_along as shifted_along
from srcad.backend.runtime_arrays import added_along as added_along
from srcad.backend.runtime_arrays import along_axis as along_axis
from srcad.backend.runtime_arrays import bessel_i as bessel_i
from srcad.backend.runtime_arrays import kept_part as kept_part
from srcad.backend.runtime_arrays import leading_places as leading_places
from srcad.backend.runtime_arrays import shared_ties as shared_ties
from srcad.backend.runtime_arrays import unreduced as unreduced
from srcad.backend.runtime_banded import band_outer as band_outer
from srcad.backend.runtime_banded import band_times as band_times
from srcad.backend.runtime_banded import half_outer as half_outer
from srcad.backend.runtime_banded import half_times as half_times
from srcad.backend.runtime_banded import of_triangle as of_triangle
from srcad.backend.runtime_banded import pivot_order as pivot_order
from srcad.backend.runtime_banded import to_triangle as to_triangle
from srcad.backend.runtime_banded import turned_bands as turned_bands
from srcad.backend.runtime_copies import diagonals as diagonals
from srcad.backend.runtime_copies import repeated_along as repeated_along
from srcad.backend.runtime_copies import repeats_summed as repeats_summed
from srcad.backend.runtime_copies import rolled as rolled
from srcad.backend.runtime_copies import tiled as tiled
from srcad.backend.runtime_copies import tiles_summed as tiles_summed
from srcad.backend.runtime_copies import with_diagonals as with_diagonals
from srcad.backend.runtime_filters import bspline_spread as bspline_spread
from srcad.backend.runtime_filters import enough as enough
from srcad.backend.runtime_filters import interval as interval
from srcad.backend.runtime_filters import lagged as lagged
from srcad.backend.runtime_filters import savgol_ends as savgol_ends
from srcad.backend.runtime_filters import sos_taps as sos_taps
from srcad.backend.runtime_filters import sosfilt_back as sosfilt_back
from srcad.backend.runtime_filters import through_back as through_back
from srcad.backend.runtime_filters import tridiagonal as tridiagonal
from srcad.backend.runtime_filters import whole_segment as whole_segment
from srcad.backend.runtime_grids import gradient_along as gradient_along
from srcad.backend.runtime_grids import gradient_at as gradient_at
from srcad.backend.runtime_grids import mesh_along as mesh_along
from srcad.backend.runtime_grids import padded as padded
from srcad.backend.runtime_grids import padded_places as padded_places
from srcad.backend.runtime_lanes import downward as downward
from srcad.backend.runtime_lanes import exp as exp
from srcad.backend.runtime_lanes import exp_parts as exp_parts
from srcad.backend.runtime_lanes import plus as plus
from srcad.backend.runtime_lanes import power_of_two as power_of_two
from srcad.backend.runtime_lanes import tanh as tanh
from srcad.backend.runtime_lists import joined as joined
from srcad.backend.runtime_lists import list_summed as list_summed
from srcad.backend.runtime_lists import pieces_of as pieces_of
from srcad.backend.runtime_lists import stacked as stacked
from srcad.backend.runtime_loops import add_parts as add_parts
from srcad.backend.runtime_loops import agreed as agreed
from srcad.backend.runtime_loops import chunk_count as chunk_count
from srcad.backend.runtime_loops import fitting as fitting
from srcad.backend.runtime_loops import of_some as of_some
from srcad.backend.runtime_loops import own_part as own_part
from srcad.backend.runtime_loops import summed_1 as summed_1
from srcad.backend.runtime_loops import summed_2 as summed_2
from srcad.backend.runtime_loops import summed_3 as summed_3
from srcad.backend.runtime_loops import summed_n as summed_n
from srcad.backend.runtime_loops import triangle_solved as triangle_solved
from srcad.backend.runtime_loops import turned_3 as turned_3
from srcad.backend.runtime_loops import turned_4 as turned_4
from srcad.backend.runtime_matrices import (
    NoDerivative,
    cofactor,
    cofactor_slope,
    cropped_like,
    diagonal_block,
    diagonal_sums,
    doubled,
    inv_or_nan,
    inv_or_refused,
    largest_entries,
    narrowed,
    not_definite,
    over_gaps,
    plain_matrix,
    shape_checked,
    singular,
    spread_sums,
    undiagonal,
    untraced,
    widened,
)
from srcad.backend.runtime_moments import beta_moment as beta_moment
from srcad.backend.runtime_moments import carlson as carlson
from srcad.backend.runtime_moments import gamma_moment as gamma_moment
from srcad.backend.runtime_order import all_along as all_along
from srcad.backend.runtime_order import any_along as any_along
from srcad.backend.runtime_order import argsort_along as argsort_along
from srcad.backend.runtime_order import entry_counts as entry_counts
from srcad.backend.runtime_order import first_places as first_places
from srcad.backend.runtime_order import median_all as median_all
from srcad.backend.runtime_order import median_along as median_along
from srcad.backend.runtime_order import put_back_along as put_back_along
from srcad.backend.runtime_order import quantile_along as quantile_along
from srcad.backend.runtime_order import quantiles_along as quantiles_along
from srcad.backend.runtime_order import sort_along as sort_along
from srcad.backend.runtime_order import ties_along as ties_along
from srcad.backend.runtime_parts import pieces as pieces
from srcad.backend.runtime_parts import segment as segment
from srcad.backend.runtime_parts import unpadded as unpadded
from srcad.backend.runtime_parts import unrepeated as unrepeated
from srcad.backend.runtime_parts import untiled as untiled
from srcad.backend.runtime_scans import exclusive_product as exclusive_product
from srcad.backend.runtime_scans import recurrence as recurrence
from srcad.backend.runtime_scans import shifted as shifted
from srcad.backend.runtime_slopes import log_or_zero as log_or_zero
from srcad.backend.runtime_slopes import power_slope as power_slope
from srcad.backend.runtime_slopes import quotient_or_zero as quotient_or_zero
from srcad.backend.runtime_slopes import sinc_derivative as sinc_derivative
from srcad.backend.runtime_stacks import matrix_det as matrix_det
from srcad.backend.runtime_stacks import stack_cofactor as stack_cofactor
from srcad.backend.runtime_stacks import stack_cofactor_slope as stack_cofactor_slope
from srcad.backend.runtime_stacks import stack_det as stack_det
from srcad.backend.runtime_stacks import stack_inv as stack_inv
from srcad.backend.runtime_stacks import stack_inv_or_nan as stack_inv_or_nan
from srcad.backend.runtime_stacks import stack_inv_or_refused as stack_inv_or_refused
from srcad.backend.runtime_stacks import stack_product as stack_product
from srcad.backend.runtime_updates import added_at as added_at
from srcad.backend.runtime_updates import copied as copied
from srcad.backend.runtime_updates import last_written as last_written
from srcad.backend.runtime_updates import list_set as list_set
from srcad.backend.runtime_updates import updated as updated
from srcad.instances import attributes

__all__ = [  # what comes from there
    "NoDerivative",
    "cofactor",
    "cofactor_slope",
    "cropped_like",
    "diagonal_block",
    "diagonal_sums",
    "doubled",
    "inv_or_nan",
    "inv_or_refused",
    "largest_entries",
    "narrowed",
    "not_definite",
    "over_gaps",
    "plain_matrix",
    "shape_checked",
    "singular",
    "spread_sums",
    "undiagonal",
    "untraced",
    "widened",
]


class LetThrough:
    """A context manager that must not swallow the exceptions of its block."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager

    def __enter__(self) -> Any:
        return self.manager.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self.manager.__exit__(kind, error, trace) and error is not None:
            raise RuntimeError(
                "this context manager swallowed an exception, so what its block "
                "computed is not known: catch it with try and except"
            ) from error


def sum_like(g: Any, x: Any) -> Any:
    """g summed over the axes along which x was broadcast, in the shape of x."""
    shape, g = np.shape(x), np.asarray(g)
    lead = g.ndim - len(shape)
    if lead > 0:
        g = g.sum(axis=tuple(range(lead)))
    axes = tuple(k for k, n in enumerate(shape) if n == 1 and g.shape[k] != 1)
    if axes:
        g = g.sum(axis=axes, keepdims=True)
    g = np.broadcast_to(g, shape)
    dtype = np.result_type(x)
    if dtype.kind == "f":
        g = g.real.astype(dtype, copy=False)
    elif dtype.kind == "c":
        g = g.astype(dtype, copy=False)
    return g if isinstance(x, np.ndarray) else g[()]


def in_shape_of(g: Any, x: Any) -> Any:
    """g, if it has the shape of x."""
    if np.shape(g) != np.shape(x):
        raise ValueError("a rule gave a derivative of another shape than its value has")
    return g


def fitted(g: Any, x: Any) -> Any:
    """g in the dtype of x, if it has its shape."""
    if np.shape(g) != np.shape(x):
        raise ValueError("a rule gave a derivative of another shape than its value has")
    return sum_like(g, x)


def zeros_like(x: Any) -> Any:
    """Zero with the structure of x: numbers, arrays, containers and objects."""
    if isinstance(x, dict):
        return {k: zeros_like(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        items = [zeros_like(v) for v in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    if isinstance(x, np.ndarray):
        return np.zeros_like(x)
    if isinstance(x, np.inexact):
        return type(x)(0)  # 0.0 * x is nan for an infinity
    if isinstance(x, complex):
        return 0j
    if isinstance(x, (int, float, np.number)):
        return 0.0
    inside = attributes(x)
    if inside is None:
        return None
    return with_attributes(type(x), **{k: zeros_like(v) for k, v in inside.items()})


def with_attributes(cls: type, /, **items: Any) -> Any:
    """A new object of a class with these attributes."""
    made: Any = object.__new__(cls)
    for name, value in items.items():
        object.__setattr__(made, name, value)
    return made


def add_any(a: Any, b: Any, at: Any = None) -> Any:
    """The sum of two containers leaf by leaf, or a with b added to its entry `at`.

    What cannot be added (None, a value that was never set) counts as zero.
    """
    if at is not None:
        items = list(a)
        items[at] = add_any(items[at], b)
    elif isinstance(a, dict) and isinstance(b, dict):
        return {k: add_any(v, b[k]) for k, v in a.items()}
    elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        items = [add_any(v, w) for v, w in zip(a, b, strict=True)]
    elif (inside := attributes(a)) is not None and type(a) is type(b):
        parts = {k: add_any(v, getattr(b, k)) for k, v in inside.items()}
        return with_attributes(type(a), **parts)
    elif not hasattr(a, "__add__"):
        return b
    else:
        return a + b if hasattr(b, "__add__") else a
    return type(a)(*items) if hasattr(a, "_fields") else type(a)(items)


def raise_(error: BaseException) -> Any:
    """Raise where only an expression can stand."""
    raise error


def reraise() -> Any:
    """Raise the exception that is being handled, where only an expression can stand."""
    raise


def assert_(condition: Any, *message: Any) -> None:
    """Assert where only an expression can stand."""
    if not condition:
        raise AssertionError(*message)


def rows(g: Any, x: Any) -> Any:
    """An array as nested lists and tuples with the structure of x."""
    if isinstance(x, (list, tuple)):
        items = [rows(a, b) for a, b in zip(g, x, strict=True)]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    return g


def count(x: Any, axis: int | tuple[int, ...]) -> int:
    """The number of entries that a reduction over these axes takes together."""
    shape = np.shape(x)
    axes = axis if isinstance(axis, tuple) else (axis,)
    return int(np.prod([shape[k] for k in axes]))


def product_cotangent(g: Any, other: Any, like: Any, kind: Any, left: Any) -> Any:
    """The cotangent of the left (or right) factor of a product of any ranks."""
    if hasattr(like, "tocsr"):
        raise NoDerivative("a sparse matrix made in the function is a constant")
    if hasattr(other, "tocsr"):  # a sparse matrix: einsum takes none
        found = g @ other.T if left else other.T @ g
        found = found.real if np.isrealobj(like) else found
        return np.asarray(found, dtype=np.result_type(like))
    ranks = [np.ndim(like), np.ndim(other)]
    nx, ny = ranks if left else ranks[::-1]
    x, y = list(range(nx)), list(range(nx, nx + ny))
    batch: list[int] = []
    if kind == "matmul":
        for k in range(3, min(nx, ny) + 1):
            y[-k] = x[-k]
        batch = max(x[:-2], y[:-2], key=len)
    if kind in ("matmul", "dot") and nx and ny:
        y[-2 if ny > 1 else -1] = x[-1]
    elif kind == "inner" and nx and ny:
        y[-1] = x[-1]
    elif isinstance(kind, tuple):
        axes = kind[1]
        whole = isinstance(axes, int)
        a, b = (range(nx - axes, nx), range(axes)) if whole else axes
        for i, j in zip(np.ravel(a), np.ravel(b), strict=True):
            y[j] = x[i]
    rest = [k for k in [*x, *y] if (k in x) != (k in y) and k not in batch]
    shape = [
        n for f, e in ((like, 1), (other, 0)) for n in np.shape(f) if e is not None
    ]
    if kind == "outer":
        shape = [*np.shape(like), *np.shape(other)]
        g = np.reshape(g, shape if left else [*np.shape(other), *np.shape(like)])
    target, factor = (x, y) if left else (y, x)
    found = np.einsum(g, [*batch, *rest], other, factor, target)
    single = tuple(k for k, n in enumerate(np.shape(like)) if n == 1)
    found = found.sum(axis=single, keepdims=True) if single else found
    found = found.real if np.isrealobj(like) else found
    return np.asarray(found, dtype=np.result_type(like))[()]
