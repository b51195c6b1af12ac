"""Calls as users write them: arguments sorted into inputs and params, then run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import srcad.ops  # noqa: F401  (declares every family)
from srcad.backend.evaluate import evaluate
from srcad.errors import MissingRule
from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Program, Value, as_value
from srcad.ops.declare import METHODS, Op, find

from .check import fits, type_of, with_sizes

X = np.arange(6.0).reshape(2, 3) + 0.5
V = np.array([1.0, 2.0, 4.0])
S = V[:, None] * V + 4 * np.eye(3)


def run(op: Op, args: Any, kwargs: Any, sized: bool) -> tuple[Any, Any]:
    """The value of a call and its inferred type; arrays are parameters."""
    params: list[Value] = []
    values: list[Any] = []

    def given(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(map(given, value))
        if not isinstance(value, np.ndarray):
            return as_value(value) if isinstance(value, (int, float)) else value
        t = type_of(value)
        params.append(Value(f"x{len(params)}", with_sizes(t, "n") if sized else t))
        values.append(value)
        return params[-1]

    builder = Builder()
    with builder.active():
        args = [given(a) for a in args]
        inputs, static = op.arguments(args, {k: given(v) for k, v in kwargs.items()})
        (out,) = op.several(*inputs, **static)
    graph = Graph("f", builder.block(params, [out]))
    (result,), _ = evaluate(Program("f", {"f": graph}), values)
    return result, out.type


def case(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    name = getattr(function, "__name__", str(function))
    return pytest.param(function, args, kwargs, id=f"{name}")


CALLS = [
    case(np.zeros, 3),
    case(np.zeros, (2, 3)),
    case(np.zeros, [2, 3]),
    case(np.zeros, (), dtype=np.float32),
    case(np.zeros, 2, int),
    case(np.ones, (2,), dtype=bool),
    case(np.ones, shape=(2,), dtype="complex128"),
    case(np.full, (2, 2), 1.5),
    case(np.full, 2, 7),
    case(np.full, 2, 7, dtype=float),
    case(np.full, shape=2, fill_value=V[:2]),
    case(np.zeros_like, X),
    case(np.zeros_like, X, dtype=int),
    case(np.ones_like, 2.0),
    case(np.full_like, X, 3.0),
    case(np.full_like, X, fill_value=V),
    case(np.eye, 3),
    case(np.eye, 2, 3, 1),
    case(np.eye, 3, dtype=np.float32),
    case(np.eye, N=3, k=-1),
    case(np.identity, 3),
    case(np.tri, 3, k=-1),
    case(np.arange, 4),
    case(np.arange, 4.0),
    case(np.arange, 1, 7, 2),
    case(np.arange, 3, dtype=float),
    case(np.linspace, 0.0, 1.0),
    case(np.linspace, 0.0, 1.0, 5, endpoint=False),
    case(np.linspace, 0, 1, num=3),
    case(np.diag_indices, 3),
    case(np.triu_indices, 3, 1),
    case(np.meshgrid, V, V[:2]),
    case(np.array, [1.0, 2]),
    case(np.array, [[1, 2], [3, 4]]),
    case(np.array, [V, V]),
    case(np.array, ((1.0, 2.0), (3.0, 4.0)), dtype=np.float32),
    case(np.array, X),
    case(np.array, 2.0),
    case(np.asarray, [1.0, 2.0]),
    case(np.asarray, X, dtype=float),
    case(np.copy, X),
    case(np.reshape, X, 6),
    case(np.reshape, X, (3, -1)),
    case(np.ravel, X),
    case(np.transpose, X),
    case(np.transpose, X, (1, 0)),
    case(np.swapaxes, X, 0, 1),
    case(np.moveaxis, X[None], 0, -1),
    case(np.moveaxis, X[None], [0, 1], [-1, 0]),
    case(np.broadcast_to, V, (2, 3)),
    case(np.atleast_2d, V),
    case(np.concatenate, [V, V]),
    case(np.concatenate, (X, X), axis=1),
    case(np.concatenate, [X, V], axis=None),
    case(np.diff, X, n=2, axis=1, prepend=0.0, append=X[:, :1]),
    case(np.quantile, X, [0.25, 0.5], axis=1, overwrite_input=False),
    case(np.average, X, axis=1, weights=V),
    case(np.trapezoid, X, dx=0.5, axis=0),
    case(np.vander, V, 2),
    case(np.select, [X > 1, X > 3], [X, 2 * X], default=-1.0),
    case(np.choose, np.array([0, 1, 0]), [V, 2 * V]),
    case(np.insert, V, [0, 2], 7.0),
    case(np.delete, X, [0, 2], axis=1),
    case(np.resize, X, (2, 4)),
    case(np.append, X, V),
    case(np.cross, V, [1.0, 2.0, 3.0]),
    case(np.interp, V, [0.0, 3.0], [1.0, 2.0], left=0.5),
    case(np.bincount, np.array([0, 2]), weights=V[:2], minlength=4),
    case(np.rot90, X, 2, axes=[1, 0]),
    case(np.ediff1d, V, to_begin=[0.5, 0.6]),
    case(np.convolve, V, V[:2], "same"),
    case(np.astype, X, np.float32),
    case(np.sort, [3.0, 1.0, 2.0]),
    case(np.concatenate, (X, X), -1),
    case(np.stack, [V, V], axis=1),
    case(np.vstack, (V, X)),
    case(np.hstack, (V, V)),
    case(np.column_stack, (V, V)),
    case(np.split, V, 3),
    case(np.split, X, [1], axis=1),
    case(np.tile, V, 2),
    case(np.tile, V, (2, 1)),
    case(np.repeat, X, 2, axis=0),
    case(np.repeat, V, 2),
    case(np.roll, V, 1),
    case(np.roll, X, (1, 1), axis=(0, 1)),
    case(np.flip, X, axis=0),
    case(np.flipud, X),
    case(np.pad, V, 2),
    case(np.pad, V, (1, 2), mode="constant", constant_values=1.5),
    case(np.pad, X, ((1, 1), (0, 2))),
    case(np.take, V, np.array([0, 2])),
    case(np.shape, X),
    case(np.size, X),
    case(np.ndim, X),
    case(len, X),
    case(np.matmul, X, V),
    case(np.dot, X, V),
    case(np.dot, 2.0, V),
    case(np.inner, V, V),
    case(np.outer, V, V),
    case(np.vdot, V, V),
    case(np.tensordot, X, V, axes=1),
    case(np.tensordot, X, X, axes=([0, 1], [0, 1])),
    case(np.einsum, "ij,j->i", X, V),
    case(np.einsum, "ij,j", X, V, optimize=True),
    case(np.trace, S),
    case(np.trace, S, 1),
    case(np.diag, V),
    case(np.diag, S, 1),
    case(np.diagonal, S),
    case(np.tril, S, -1),
    case(np.triu, S),
    case(np.linalg.norm, V),
    case(np.linalg.norm, X, 1, axis=1),
    case(np.linalg.norm, X, axis=(0, 1)),
    case(np.linalg.norm, X, "fro"),
    case(np.linalg.solve, S, V),
    case(np.linalg.inv, S),
    case(np.linalg.det, S),
    case(np.linalg.slogdet, S),
    case(np.linalg.cholesky, S),
    case(np.linalg.eigvalsh, S),
    case(np.linalg.eigh, S),
    case(scipy.linalg.solve_triangular, S, V, lower=True),
    case(scipy.linalg.solve_triangular, S, V, "T", check_finite=False),
]


@pytest.mark.parametrize("sized", [False, True])
@pytest.mark.parametrize("function, args, kwargs", CALLS)
def test_functions(function: Any, args: Any, kwargs: Any, sized: bool) -> None:
    op = find(function)
    assert op is not None
    result, t = run(op, args, kwargs, sized)
    expected = function(*args, **kwargs)
    np.testing.assert_equal(result, expected)
    assert type_of(result) == type_of(expected)
    assert fits(result, t), f"inferred {t}, is {type_of(result)}"


METHOD_CALLS = [
    ("reshape", X, (3, 2)),
    ("reshape", X, ((3, 2),)),
    ("reshape", X, (-1,)),
    ("transpose", X, ()),
    ("transpose", X, (1, 0)),
    ("transpose", X, ((1, 0),)),
    ("ravel", X, ()),
    ("flatten", X, ()),
    ("copy", X, ()),
    ("dot", X, (V,)),
    ("swapaxes", X, (0, 1)),
    ("repeat", X, (2,)),
    ("take", V, (1,)),
    ("trace", S, ()),
    ("diagonal", S, ()),
    ("item", V[:1], ()),
]


@pytest.mark.parametrize("name, x, args", METHOD_CALLS)
def test_methods(name: str, x: Any, args: Any) -> None:
    result, t = run(METHODS[name], (x, *args), {}, sized=True)
    expected = getattr(x, name)(*args)
    np.testing.assert_equal(result, expected)
    assert type_of(result) == type_of(expected)
    assert fits(result, t)


REFUSED = [
    case(np.zeros, 3, dtype=object),
    case(np.zeros, 3, order="F"),
    case(np.reshape, X, 6, order="F"),
    case(np.average, V, returned=True),
    case(np.cov, X, fweights=np.array([1, 2, 1])),
    case(np.quantile, V, 0.3, method="inverted_cdf"),
    case(np.quantile, V, 0.3, weights=V, method="inverted_cdf"),
    case(np.sort, V, order="name"),
    case(np.interp, V, V, V, period=2.0),
    case(np.choose, np.array([0, 1, 0]), [V, V], out=V),
    case(np.trim_zeros, X),
    case(np.insert, X, 1, V, axis=0),
    case(np.concatenate, [V, V], out=X),
    case(np.stack, [V, V], out=X),
    case(np.matmul, X, V, out=V),
    case(np.pad, V, 1, mode="edge"),
    case(np.linspace, 0.0, 1.0, retstep=True),
    case(np.einsum, X, [0, 1], [1]),
    case(scipy.linalg.solve_triangular, S, V, trans=2),
]


@pytest.mark.parametrize("function, args, kwargs", REFUSED)
def test_what_has_no_rule_is_refused(function: Any, args: Any, kwargs: Any) -> None:
    op = find(function)
    assert op is not None
    with pytest.raises(MissingRule):
        run(op, args, kwargs, sized=False)
