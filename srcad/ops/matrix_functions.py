"""Functions of matrices (expm, logm, sqrtm, sinm, ...), and linear matrix equations.

The derivative of f at A along E is the upper right block of f([[A, E], [0, A]]); its
transpose is the same at the transpose of A. Source: N. Higham, "Functions of matrices",
2008, theorem 3.6; for expm, A. Al-Mohy and N. Higham, 2009 (`expm_frechet`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, dtype_of, elementwise_type
from srcad.ops.complexes import conj_of
from srcad.ops.declare import Arguments, Contribution, Op, custom, static
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched, sum_
from srcad.ops.formulas import by_formula, by_tangent, packed, spelled
from srcad.ops.index import getitem
from srcad.ops.joins import concatenate
from srcad.ops.linalg import double_only, regular, square_type
from srcad.ops.products import flipped
from srcad.ops.shapes import dim
from srcad.ops.sizes import bound, with_dims
from srcad.ops.triangular import adjoint

# ---- the exponential -----------------------------------------------------------------


def _blocks(a: Value, e: Value) -> Value:
    """[[a, e], [0, a]]."""
    top = concatenate(a, e, axis=-1)
    bottom = concatenate(0.0 * a, a, axis=-1)
    return concatenate(top, bottom, axis=-2)


def _corner(whole: Value, n: Value) -> Value:
    """The upper right block."""
    upto, after = ("slice", False, True, False), ("slice", True, False, False)
    return getitem(whole, n, n, layout=("...", upto, after))


def _at_blocks(f: Op) -> Callable[[Value, Value], Value]:
    return lambda a, e: _corner(f(_blocks(a, e)), dim(a, k=-1))


def _same_type(a: Type, *rest: Type) -> Type:
    return square_type(a)


expm_frechet: Op = by_formula(
    "expm_frechet",
    signature="a, e",
    infer=lambda a, e: double_only(_same_type(a)),
    code="scipy.linalg.expm_frechet(a, e, compute_expm=False)",
    formula=lambda a, e: _at_blocks(expm)(a, e),
    domain=lambda: [at(regular(2), spaced(-1, 1, (2, 2)))],
)
expm: Op = custom(
    "expm",
    calls=("scipy.linalg.expm",),
    signature="A",
    infer=_same_type,
    code="scipy.linalg.expm(A)",
    jvp=lambda node, ts: [
        None if ts[0] is None else expm_frechet(node.inputs[0], ts[0])
    ],
    vjp=lambda node, cts: [
        matched(
            expm_frechet(flipped(node.inputs[0]), matched(known(cts[0]), node.out)),
            node.inputs[0],
        )
    ],
    domain=lambda: [
        at(regular(3)),
        at(regular(2, 2)),
        at(regular(2) + 0.3j),
        at(np.zeros((2, 2))),
    ],
)


def _frechet_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(
        ("A", "E", "method", "compute_expm", "check_finite"),
        args,
        kwargs,
        "expm_frechet",
    )
    given.pop("check_finite", None)
    if static(given.get("method"), "expm_frechet(method=...)") not in (None, "SPS"):
        raise MissingRule("expm_frechet(method='blockEnlarge') has no derivative rule")
    both = bool(static(given.get("compute_expm", True), "expm_frechet(compute_expm=)"))
    return [given["A"], given["E"]], {} if both else {"compute_expm": False}


expm_and_frechet: Op = spelled(
    "expm_and_frechet",
    calls=("scipy.linalg.expm_frechet",),
    signature="a, e, compute_expm=True",
    bind=_frechet_bind,
    formula=lambda a, e, compute_expm=True: (
        packed(expm(a), expm_frechet(a, e)) if compute_expm else expm_frechet(a, e)
    ),
)


# ---- other functions -----------------------------------------------------------------


def _function(name: str, points: Callable[[], Sequence[Any]], real: bool = False) -> Op:
    """A function that is analytic at the eigenvalues.

    real : whether it gives real matrices for real ones, so that the type is known.
    """

    def slope(a: Value, e: Value) -> Value:
        found = _at_blocks(op)(a, e)
        return found

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        x = node.inputs[0]
        return [matched(slope(flipped(x), known(cts[0])), x)]

    op = custom(
        name,
        calls=(f"scipy.linalg.{name}",),
        signature="A",
        infer=_same_type if real else lambda A: UNKNOWN,
        code=f"scipy.linalg.{name}(A)",
        jvp=lambda node, ts: [None if ts[0] is None else slope(node.inputs[0], ts[0])],
        vjp=vjp,
        domain=points,
    )
    return op


def _square_points() -> Sequence[Sample]:
    return [at(regular(3) + 0.5 * np.eye(3)), at(regular(2))]


logm: Op = _function("logm", _square_points)
cosm: Op = _function("cosm", _square_points, real=True)
sinm: Op = _function("sinm", _square_points, real=True)
tanm: Op = _function("tanm", lambda: [at(0.4 * regular(2))], real=True)
coshm: Op = _function("coshm", _square_points, real=True)
sinhm: Op = _function("sinhm", _square_points, real=True)
tanhm: Op = _function("tanhm", lambda: [at(0.4 * regular(2))], real=True)


# ---- powers and signs ----------------------------------------------------------------


def _power_slope(a: Value, e: Value, t: Value) -> Value:
    return _corner(fractional_matrix_power(_blocks(a, e), t), dim(a, k=-1))


def _power_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (a, t), (da, dt) = node.inputs, ts
    along = None if da is None else _power_slope(a, da, t)
    return [_sum(along, None if dt is None else dt * (logm(a) @ node.out))]


def _power_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (a, t), g = node.inputs, known(cts[0])

    def by_exponent(total: Value | None) -> Value:
        found = matched(sum_(g * (logm(a) @ node.out)), t)
        return found if total is None else total + found

    exponent = None if isinstance(t, Literal) else by_exponent
    return [matched(_power_slope(flipped(a), g, t), a), exponent]


fractional_matrix_power: Op = custom(
    "fractional_matrix_power",
    calls=("scipy.linalg.fractional_matrix_power",),
    signature="A, t",
    infer=lambda A, t: UNKNOWN,
    code="scipy.linalg.fractional_matrix_power(A, t)",
    jvp=_power_jvp,
    vjp=_power_vjp,
    domain=lambda: [at(regular(3) + 0.5 * np.eye(3), 0.3), at(regular(2), -1.4)],
)


def _sign_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """n dS + dS n = dA - s dA s with n = s a. Source: Higham, 2008, chapter 5."""
    if ts[0] is None:
        return None
    s, t = node.out, ts[0]
    n = s @ node.inputs[0]
    return solve_sylvester(n, n, t - s @ t @ s)


signm: Op = by_tangent(
    "signm",
    calls=("scipy.linalg.signm",),
    signature="A",
    infer=lambda A: UNKNOWN,
    code="scipy.linalg.signm(A)",
    tangent=_sign_tangent,
    domain=lambda: [at(np.array([[2.0, 0.5, 0.1], [0.3, -1.0, 0.2], [0.4, 0.1, 3.0]]))],
)


# ---- Sylvester's equation, and the square root ---------------------------------------


def _sum(first: Value | None, second: Value | None) -> Value | None:
    if first is None or second is None:
        return first or second
    return first + second


def _sylvester_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (a, b, _), (da, db, dq), x = node.inputs, ts, node.out
    left = None if da is None else -(da @ x)
    right = None if db is None else -(x @ db)
    total = _sum(_sum(left, right), dq)
    return [None if total is None else solve_sylvester(a, b, total)]


def _sylvester_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (a, b, q), x = node.inputs, flipped(node.out)
    y = solve_sylvester(flipped(a), flipped(b), known(cts[0]))
    return [-matched(y @ x, a), -matched(x @ y, b), matched(y, q)]


def _sylvester_type(a: Type, b: Type, q: Type) -> Type:
    dtype = dtype_of(elementwise_type(*map(_scalar, (a, b, q)), at_least="float"))
    dims = dims_of(q)
    return UNKNOWN if dtype is None or dims is None else with_dims(_of(dtype), dims)


def _scalar(t: Type) -> Type:
    dtype = dtype_of(t)
    return UNKNOWN if dtype is None else _of(dtype)


def _of(dtype: str) -> Type:
    return with_dims(Array(dtype, ()), ())


solve_sylvester: Op = custom(
    "solve_sylvester",
    calls=("scipy.linalg.solve_sylvester",),
    signature="a, b, q",
    infer=_sylvester_type,
    code="scipy.linalg.solve_sylvester(a, b, q)",
    jvp=_sylvester_jvp,
    vjp=_sylvester_vjp,
    domain=lambda: [
        at(regular(3), regular(2), spaced(-1, 1, (3, 2))),
        at(regular(2) + 0.3j, regular(2) - 0.2j, spaced(-1, 1, (2, 2)) + 0.5j),
    ],
)


def _root_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    r = node.out
    return [None if ts[0] is None else solve_sylvester(r, r, ts[0])]


def _root_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    r = flipped(node.out)
    return [matched(solve_sylvester(r, r, known(cts[0])), node.inputs[0])]


sqrtm: Op = custom(
    "sqrtm",
    calls=("scipy.linalg.sqrtm",),
    signature="A",
    infer=lambda A: UNKNOWN,
    code="scipy.linalg.sqrtm(A)",
    jvp=_root_jvp,
    vjp=_root_vjp,
    domain=lambda: [at(regular(3)), at(regular(2) + 0.3j)],
)
solve_continuous_lyapunov: Op = by_formula(
    "solve_continuous_lyapunov",
    calls=("scipy.linalg.solve_continuous_lyapunov",),
    signature="a, q",
    infer=lambda a, q: _sylvester_type(a, a, q),
    code="scipy.linalg.solve_continuous_lyapunov(a, q)",
    formula=lambda a, q: solve_sylvester(a, adjoint(a), q),
    domain=lambda: [at(regular(3), spaced(-1, 1, (3, 3)))],
)


def _discrete_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (a, _), (da, dq), x = node.inputs, ts, node.out
    moved = None
    if da is not None:
        moved = da @ x @ adjoint(a) + a @ x @ adjoint(da)
    total = _sum(moved, dq)
    return [None if total is None else solve_discrete_lyapunov(a, total)]


def _discrete_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (a, q), x = node.inputs, node.out
    y = solve_discrete_lyapunov(flipped(a), known(cts[0]))
    left = y @ flipped(x @ adjoint(a))
    right = conj_of(flipped(y) @ (a @ x))
    return [matched(left + right, a), matched(y, q)]


# a @ x @ adjoint(a) - x + q = 0.
solve_discrete_lyapunov: Op = custom(
    "solve_discrete_lyapunov",
    calls=("scipy.linalg.solve_discrete_lyapunov",),
    signature="a, q",
    infer=lambda a, q: double_only(_sylvester_type(a, a, q)),
    code="scipy.linalg.solve_discrete_lyapunov(a, q)",
    jvp=_discrete_jvp,
    vjp=_discrete_vjp,
    domain=lambda: [at(0.4 * regular(3), spaced(-1, 1, (3, 3)))],
)
