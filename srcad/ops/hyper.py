"""Hypergeometric functions by their argument, and orthogonal polynomials.

Source: DLMF 13.3, 15.5 and 18.9: each derivative is the same function with its
parameters raised by one. By the parameters there is no closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from srcad.ir.graph import Literal, Value, literal
from srcad.ops.arithmetic import equal
from srcad.ops.choice import where
from srcad.ops.declare import Op
from srcad.ops.domain import Domain, at_fixed, spaced
from srcad.ops.families import is_zero, neighbour, special
from srcad.ops.refused import no_partial


def _points(parameters: tuple[float, ...], lo: float, hi: float) -> Domain:
    fixed = tuple(range(len(parameters)))
    return lambda: [
        at_fixed(fixed, *parameters, float(spaced(lo, hi, (1,))[0])),
        at_fixed(fixed, *parameters, spaced(lo, hi, (2, 3))),
    ]


def _raised(x: Value) -> Value:
    return neighbour(x, 1)


hyp2f1: Op = special(
    "hyp2f1",
    signature="a, b, c, z",
    partials=lambda out, a, b, c, z: [
        *(no_partial("hyp2f1", name) for name in "abc"),
        a * b / c * hyp2f1(_raised(a), _raised(b), _raised(c), z),
    ],
    domain=_points((0.7, 1.2, 2.1), -0.6, 0.6),
)
hyp1f1: Op = special(
    "hyp1f1",
    signature="a, b, x",
    partials=lambda out, a, b, x: [
        *(no_partial("hyp1f1", name) for name in "ab"),
        a / b * hyp1f1(_raised(a), _raised(b), x),
    ],
    domain=_points((0.7, 1.2), -1.0, 2.0),
)
hyp0f1: Op = special(
    "hyp0f1",
    signature="v, z",
    partials=lambda out, v, z: [
        no_partial("hyp0f1", "v"),
        hyp0f1(_raised(v), z) / v,
    ],
    domain=_points((1.3,), -1.0, 2.0),
)
hyperu: Op = special(
    "hyperu",
    signature="a, b, x",
    partials=lambda out, a, b, x: [
        *(no_partial("hyperu", name) for name in "ab"),
        -a * hyperu(_raised(a), _raised(b), x),
    ],
    domain=_points((0.7, 1.2), 0.5, 2.0),
)

# ---- orthogonal polynomials ----------------------------------------------------------


def below(n: Value, slope: Callable[[Value], Value]) -> Any:
    """What `slope` gives for the degree n - 1, and 0 for degree 0."""
    if isinstance(n, Literal):
        return literal(0.0) if is_zero(n) else slope(neighbour(n, -1))
    return where(equal(n, 0), 0.0, slope(n - 1))


def _polynomial(
    name: str,
    parameters: tuple[str, ...],
    slope: Callable[..., Value],
    values: tuple[float, ...],
) -> Op:
    """`slope(n, *parameters, x)` is the derivative, for n > 0, with degree n - 1."""
    names = ("n", *parameters)
    return special(
        name,
        signature=", ".join((*names, "x")),
        partials=lambda out, n, *rest: [
            *(no_partial(name, k) for k in names),
            below(n, lambda m: slope(n, m, *rest)),
        ],
        domain=lambda: [
            at_fixed(tuple(range(len(names))), k, *values, spaced(lo, 0.8, (2, 2)))
            for k, lo in ((0, -0.8), (1, -0.8), (3, -0.8))
        ],
    )


eval_jacobi: Op = _polynomial(
    "eval_jacobi",
    ("alpha", "beta"),
    lambda n, m, a, b, x: (
        0.5 * (n + a + b + 1.0) * eval_jacobi(m, _raised(a), _raised(b), x)
    ),
    (0.5, 1.5),
)
eval_gegenbauer: Op = _polynomial(
    "eval_gegenbauer",
    ("alpha",),
    lambda n, m, a, x: 2.0 * a * eval_gegenbauer(m, _raised(a), x),
    (0.7,),
)
eval_genlaguerre: Op = _polynomial(
    "eval_genlaguerre",
    ("alpha",),
    lambda n, m, a, x: -eval_genlaguerre(m, _raised(a), x),
    (0.7,),
)
eval_legendre: Op = _polynomial(
    "eval_legendre",
    (),
    lambda n, m, x: 0.5 * (n + 1.0) * eval_jacobi(m, 1.0, 1.0, x),
    (),
)
eval_laguerre: Op = _polynomial(
    "eval_laguerre", (), lambda n, m, x: -eval_genlaguerre(m, 1.0, x), ()
)
eval_chebyt: Op = _polynomial(
    "eval_chebyt", (), lambda n, m, x: n * eval_chebyu(m, x), ()
)
eval_chebyu: Op = _polynomial(
    "eval_chebyu", (), lambda n, m, x: 2.0 * eval_gegenbauer(m, 2.0, x), ()
)
eval_hermite: Op = _polynomial(
    "eval_hermite", (), lambda n, m, x: 2.0 * n * eval_hermite(m, x), ()
)
eval_hermitenorm: Op = _polynomial(
    "eval_hermitenorm", (), lambda n, m, x: n * eval_hermitenorm(m, x), ()
)
