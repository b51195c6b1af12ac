"""`scipy.linalg`: what NumPy has too, with SciPy's keywords.

The user's call stays; the rules are those of NumPy's operations. `check_finite` changes
no value, `overwrite_a=True` is refused: it would destroy what the adjoint needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.builder import current
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import UNKNOWN, Tuple, Type, kind_of
from srcad.ops.containers import item, make_tuple
from srcad.ops.declare import Bind, Contribution, Op, custom, static
from srcad.ops.determinants import det_jvp, det_type, det_vjp
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched
from srcad.ops.formulas import by_formula, by_tangent, spelled
from srcad.ops.least import pinv_rule, pinv_type
from srcad.ops.linalg import (
    double_only,
    inv_jvp,
    inv_vjp,
    positive,
    regular,
    solve_jvp,
    solve_type,
    solve_vjp,
    square_type,
)
from srcad.ops.norms import norm, norm_bind, norm_type
from srcad.ops.products import flipped, left_cotangent
from srcad.ops.sizes import bound
from srcad.ops.triangles import tril, triu
from srcad.ops.triangular import (
    cholesky_jvp,
    cholesky_vjp,
    triangle_of,
    whole_of,
)

Arguments = tuple[list[Any], dict[str, Any]]

FREE: Mapping[str, Sequence[Any]] = {
    "overwrite_a": [False],
    "overwrite_b": [False],
    "check_finite": [True, False],
    "lapack_driver": [None, "gesdd"],
    "lwork": [None],
    "driver": [None],
    "type": [1],
    "subset_by_index": [None],
    "subset_by_value": [None],
    "homogeneous_eigvals": [False],
}


def free_bind(
    name: str,
    inputs: Sequence[str],
    params: Mapping[str, Any] | None = None,
    ignored: Mapping[str, Sequence[Any]] | None = None,
) -> Bind:
    """Sorts a call of SciPy: inputs, static params with their defaults, the rest."""
    usual = params or {}

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        names = (*inputs, *usual)
        free = {**FREE, **(ignored or {})}
        free = {k: v for k, v in free.items() if k not in names}
        given = bound(names, args, kwargs, name, ignored=free)
        missing = [k for k in inputs if k not in given]
        if missing:
            raise MissingRule(f"{name} needs an argument {missing[0]!r}")
        found = {k: static(given[k], f"{name}({k}=...)") for k in usual if k in given}
        found = {k: v for k, v in found.items() if v != usual[k]}
        return [given[k] for k in inputs], found

    return bind


# ---- inv, det, norm, pinv ------------------------------------------------------------

scipy_inv: Op = custom(
    "scipy_inv",
    calls=("scipy.linalg.inv",),
    signature="a",
    bind=free_bind("inv", ["a"], ignored={"assume_a": [None, "gen", "general"]}),
    infer=square_type,
    code="scipy.linalg.inv(a)",
    jvp=inv_jvp,
    vjp=inv_vjp,
    domain=lambda: [at(regular(3)), at(regular(2) + 0.4j)],
)
scipy_det: Op = custom(
    "scipy_det",
    calls=("scipy.linalg.det",),
    signature="a",
    bind=free_bind("det", ["a"]),
    infer=lambda a: double_only(det_type(a)),
    code="scipy.linalg.det(a)",
    jvp=det_jvp,
    vjp=det_vjp,
    domain=lambda: [at(regular(3)), at(np.array([[1.0, 2.0], [2.0, 4.0]]))],
)


def _norm_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    kwargs = dict(kwargs)
    if "check_finite" in kwargs:
        static(kwargs.pop("check_finite"), "norm(check_finite=...)")
    if "a" in kwargs:
        kwargs["x"] = kwargs.pop("a")
    return norm_bind(args, kwargs)


def _norm_type(
    x: Type, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Type:
    """Over all axes BLAS gives a Python number, NumPy one of its own."""
    return UNKNOWN if axis is None else norm_type(x, ord, axis, keepdims)


scipy_norm: Op = by_formula(
    "scipy_norm",
    calls=("scipy.linalg.norm",),
    signature="x, ord=None, axis=None, keepdims=False",
    bind=_norm_bind,
    infer=_norm_type,
    code="scipy.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)",
    formula=lambda x, **params: norm(x, **params),
    domain=lambda: [
        at(spaced(-1, 1, (3,))),
        at(spaced(-1, 1, (2, 3)), ord="fro", axis=(0, 1)),
        at(spaced(-1, 1, (2, 3)), axis=1, keepdims=True),
        at(regular(3), ord="nuc", axis=(0, 1)),
    ],
)
scipy_pinv: Op = by_tangent(
    "scipy_pinv",
    calls=("scipy.linalg.pinv",),
    signature="x, atol=None, rtol=None",
    bind=free_bind(
        "pinv", ["a"], {"atol": None, "rtol": None}, {"return_rank": [False]}
    ),
    infer=lambda x, atol=None, rtol=None: pinv_type(x),
    code="scipy.linalg.pinv(x, atol=atol, rtol=rtol)",
    tangent=pinv_rule,
    domain=lambda: [
        at(regular(3)[:, :2]),
        at(regular(2), rtol=1e-9),
        at(regular(2), atol=1e-9),
    ],
)

# ---- solve ---------------------------------------------------------------------------

_GENERAL = (None, "gen", "general")
_SYMMETRIC = ("sym", "symmetric", "pos", "positive definite", "her", "hermitian")


def _solve_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    usual = {"lower": False, "assume_a": None}
    names = ("a", "b", "lower", "overwrite_a", "overwrite_b", "check_finite")
    kwargs = {**dict(zip(names, args, strict=False)), **kwargs}
    inputs, params = free_bind("solve", ["a", "b"], usual, {"transposed": [False]})(
        (), kwargs
    )
    kind = params.get("assume_a")
    if kind not in (*_GENERAL, *_SYMMETRIC):
        raise MissingRule(
            f"solve(assume_a={kind!r}) has no derivative rule",
            hint="supported: 'gen', 'sym', 'pos', 'her'",
        )
    if kind in _GENERAL:
        params = {"assume_a": kind} if kind else {}
    return inputs, params


def _is_general(node: Node) -> bool:
    if node.params.get("assume_a") in _GENERAL:
        return True
    if any(kind_of(v.type) == "complex" for v in node.inputs):
        raise MissingRule("solve of complex matrices: only assume_a='gen' has a rule")
    return False


def _scipy_solve_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if _is_general(node):
        return solve_jvp(node, ts)
    (a, _), (da, db), x = node.inputs, ts, node.out
    total = None
    if da is not None:
        total = -(whole_of(da, node.params.get("lower", False)) @ x)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else scipy_solve(a, total, **node.params)]


def _scipy_solve_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    if _is_general(node):
        return solve_vjp(node, cts)
    (a, b), x = node.inputs, node.out
    b_bar = scipy_solve(a, known(cts[0]), **node.params)
    whole = left_cotangent(b_bar, a, x)
    a_bar = triangle_of(whole, node.params.get("lower", False))
    return [-matched(a_bar, a), matched(b_bar, b)]


scipy_solve: Op = custom(
    "scipy_solve",
    calls=("scipy.linalg.solve",),
    signature="a, b, lower=False, assume_a=None",
    bind=_solve_bind,
    infer=lambda a, b, **_: solve_type(a, b),
    code="scipy.linalg.solve(a, b, lower=lower, assume_a=assume_a)",
    jvp=_scipy_solve_jvp,
    vjp=_scipy_solve_vjp,
    domain=lambda: [
        at(regular(3), spaced(-1, 1, (3,))),
        at(regular(3), spaced(-1, 1, (3, 2)), assume_a="gen"),
        at(positive(3), spaced(-1, 1, (3,)), assume_a="pos"),
        at(positive(3), spaced(-1, 1, (3, 2)), assume_a="sym", lower=True),
    ],
)

# ---- Cholesky ------------------------------------------------------------------------


def _by_side(node: Node, factor: Value) -> Node:
    """The node as NumPy says it."""
    params = {"upper": not node.params.get("lower", False)}
    return Node(node.op, node.inputs, (factor,), params, (), node.span)


scipy_cholesky: Op = custom(
    "scipy_cholesky",
    calls=("scipy.linalg.cholesky",),
    signature="a, lower=False",
    bind=free_bind("cholesky", ["a"], {"lower": False}),
    infer=lambda a, lower=False: square_type(a),
    code="scipy.linalg.cholesky(a, lower=lower)",
    jvp=lambda node, ts: cholesky_jvp(_by_side(node, node.out), ts),
    vjp=lambda node, cts: cholesky_vjp(_by_side(node, node.out), cts),
    domain=lambda: [at(positive(3)), at(positive(3), lower=True)],
)


def _part(x: Value, node: Node) -> Value:
    return tril(x) if node.params.get("lower") else triu(x)


def _rest(x: Value, node: Node) -> Value:
    return triu(x, k=1) if node.params.get("lower") else tril(x, k=-1)


def _packed_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    found = cholesky_jvp(_with_factor(node), ts)[0]
    if found is None or ts[0] is None:
        return [None]
    found = _part(found, node)
    return [found + _rest(ts[0], node) if _rest_stays() else found]


def _packed_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g = known(cts[0])
    found = cholesky_vjp(_with_factor(node), [_part(g, node)])[0]
    assert isinstance(found, Value)
    return [found + _rest(g, node) if _rest_stays() else found]


@cache
def _rest_stays() -> bool:
    """Whether SciPy leaves the matrix in the triangle that the factor is not in.

    Up to 1.17 it does, from 1.18 on there are zeros; documented is neither.
    """
    cho_factor = sys.modules["scipy.linalg"].cho_factor
    factor, _ = cho_factor(np.array([[4.0, 1.0], [1.0, 4.0]]))
    return bool(factor[1, 0] != 0.0)


def _with_factor(node: Node) -> Node:
    """The node as if its result were the triangle alone."""
    factor = _part(node.out, node)
    return _by_side(node, factor)


cho_factored: Op = custom(
    "cho_factored",
    signature="a, lower=False",
    infer=lambda a, lower=False: square_type(a),
    code="scipy.linalg.cho_factor(a, lower=lower)[0]",
    jvp=_packed_jvp,
    vjp=_packed_vjp,
    domain=lambda: [at(positive(3)), at(positive(3), lower=True)],
)
cho_factor: Op = spelled(
    "cho_factor",
    calls=("scipy.linalg.cho_factor",),
    signature="a, lower=False",
    bind=free_bind("cho_factor", ["a"], {"lower": False}),
    formula=lambda a, lower=False: make_tuple(
        cho_factored(a, **({"lower": True} if lower else {})), literal(lower)
    ),
)


def _entry(given: Any) -> Any:
    """What an entry of a tuple made by this program was made of."""
    definitions = current().definitions
    node = definitions.get(given) if isinstance(given, Value) else None
    if node is None or node.op is not item:
        return given
    made = definitions.get(node.inputs[0])
    if made is None or made.op is not make_tuple:
        return given
    return made.inputs[node.params["key"]]


def pair_of(given: Any, name: str) -> tuple[Any, Any]:
    """The two entries of an argument such as `(c, lower)`."""
    if isinstance(given, Value) and isinstance(given.type, Tuple):
        given = [item(given, key=k) for k in range(len(given.type.items))]
    if isinstance(given, (tuple, list)) and len(given) == 2:
        return _entry(given[0]), _entry(given[1])
    raise MissingRule(f"{name}: its first argument must be a pair made by this program")


def _cho_solve_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    bind = free_bind("cho_solve", ["c_and_lower", "b"])
    (pair, b), _ = bind(args, kwargs)
    c, lower = pair_of(pair, "cho_solve")
    lower = bool(static(lower, "cho_solve: lower"))
    return [c, b], {"lower": True} if lower else {}


def _cho_solve_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (c, _), (dc, db), x = node.inputs, ts, node.out
    total = None
    if dc is not None:
        _refuse_complex(node)
        factor, change = _part(c, node), _part(dc, node)
        lower = node.params.get("lower")
        half = change @ flipped(factor) if lower else flipped(change) @ factor
        total = -((half + flipped(half)) @ x)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else cho_solve(c, total, **node.params)]


def _cho_solve_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    _refuse_complex(node)
    (c, b), x = node.inputs, node.out
    b_bar = cho_solve(c, known(cts[0]), **node.params)
    whole = left_cotangent(b_bar, c, x)
    whole, factor = whole + flipped(whole), _part(c, node)
    found = whole @ factor if node.params.get("lower") else factor @ whole
    return [matched(-_part(found, node), c), matched(b_bar, b)]


def _refuse_complex(node: Node) -> None:
    if any(kind_of(v.type) == "complex" for v in node.inputs):
        raise MissingRule("cho_solve of complex matrices has no derivative rule")


def _cho_expected(lower: bool) -> Callable[..., Any]:
    return lambda c, b: sys.modules["scipy.linalg"].cho_solve((c, lower), b)


def _cho_points() -> list[Sample]:
    found = []
    for lower in (False, True):
        c = np.linalg.cholesky(positive(3))
        c = (c if lower else c.T) + 0.0
        for shape in ((3,), (3, 2)):
            inputs = (c, spaced(-1, 1, shape))
            expected = _cho_expected(lower)
            found.append(Sample(inputs, {"lower": lower}, expected=expected))
    return found


cho_solve: Op = custom(
    "cho_solve",
    calls=("scipy.linalg.cho_solve",),
    signature="c, b, lower=False",
    bind=_cho_solve_bind,
    infer=lambda c, b, lower=False: solve_type(c, b),
    code="scipy.linalg.cho_solve((c, lower), b)",
    jvp=_cho_solve_jvp,
    vjp=_cho_solve_vjp,
    domain=_cho_points,
)
