"""Legendre functions, spherical harmonics and shifted polynomials of `scipy.special`.

By degree and order, which are whole numbers mostly, there is no derivative. Source:
DLMF 14.10 and 18.9; for the angle of a harmonic the ladder operators, D. Varshalovich
et al., "Quantum theory of angular momentum", 1988, 5.8, which need no division at the
poles.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Array, Type, broadcast_dims, dims_of, dtype_of
from srcad.ops.arithmetic import quotient
from srcad.ops.bodies import only
from srcad.ops.choice import maximum
from srcad.ops.circular import cos
from srcad.ops.declare import Arguments, Op, static
from srcad.ops.domain import Sample, at_fixed, spaced
from srcad.ops.elementary import exp, sqrt
from srcad.ops.families import asked_type, neighbour, special, special_type
from srcad.ops.formulas import by_formula, by_tangent
from srcad.ops.gammas import binom
from srcad.ops.hyper import (
    below,
    eval_chebyt,
    eval_chebyu,
    eval_genlaguerre,
    eval_jacobi,
    eval_legendre,
)
from srcad.ops.kinds import elementwise
from srcad.ops.refused import no_partial
from srcad.ops.sizes import bound

Formula = Callable[..., Any]

# ---- polynomials that are others in disguise -----------------------------------------


def _disguised(
    name: str, signature: str, formula: Formula, values: tuple[float, ...], **facts: Any
) -> Op:
    """`formula(*inputs)`, whose last input is the variable between 0 and 1."""
    fixed = tuple(range(len(values)))
    points = [
        at_fixed(fixed, *values, 0.3),
        at_fixed(fixed, *values, spaced(0, 1, (3,))),
    ]
    facts = {
        "calls": (f"scipy.special.{name}",),
        "infer": special_type(name),
        "domain": lambda: points,
        **facts,
    }
    return by_formula(name, signature=signature, formula=formula, **facts)


def _shifted_jacobi(n: Value, p: Value, q: Value, x: Value) -> Value:
    scale = binom(2.0 * n + p - 1.0, n)
    return eval_jacobi(n, p - q, q - 1.0, 2.0 * x - 1.0) / scale


eval_chebyc: Op = _disguised(
    "eval_chebyc", "n, x", lambda n, x: 2.0 * eval_chebyt(n, 0.5 * x), (3,)
)
eval_chebys: Op = _disguised(
    "eval_chebys", "n, x", lambda n, x: eval_chebyu(n, 0.5 * x), (3,)
)
eval_sh_legendre: Op = _disguised(
    "eval_sh_legendre", "n, x", lambda n, x: eval_legendre(n, 2.0 * x - 1.0), (3,)
)
eval_sh_chebyt: Op = _disguised(
    "eval_sh_chebyt", "n, x", lambda n, x: eval_chebyt(n, 2.0 * x - 1.0), (3,)
)
eval_sh_chebyu: Op = _disguised(
    "eval_sh_chebyu", "n, x", lambda n, x: eval_chebyu(n, 2.0 * x - 1.0), (3,)
)
eval_sh_jacobi: Op = _disguised(
    "eval_sh_jacobi", "n, p, q, x", _shifted_jacobi, (3, 2.5, 1.5)
)


def _dirichlet(n: Value, x: Value) -> Value:
    """sin(n * x / 2) / (n * sin(x / 2))."""
    return eval_chebyu(n - 1, cos(0.5 * x)) / n


def _swapped(name: str, first: str, second: str, usual: Any = None) -> Any:
    """A call with the variable first, as inputs with it last."""

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound((first, second, "k"), args, kwargs, name)
        more = [] if usual is None else [given.get("k", usual)]
        return [given[second], *more, given[first]], {}

    return bind


def _sample(name: str, before: tuple[float, ...], x: Any) -> Sample:
    """A point of a function that SciPy calls with the variable first."""

    def expected(*inputs: Any) -> Any:
        *first, last = inputs
        return getattr(sys.modules["scipy.special"], name)(last, *first)

    fixed = tuple(range(len(before)))
    return Sample((*before, x), fixed=fixed, expected=expected)


def _array(dtype: str) -> Any:
    """SciPy gives an array always."""

    def infer(*types: Type) -> Type:
        shapes = [s for s in map(dims_of, types) if s is not None]
        if len(shapes) < len(types):
            return UNKNOWN
        return Array(dtype, broadcast_dims(*shapes))

    return infer


diric: Op = _disguised(
    "diric",
    "n, x",
    _dirichlet,
    (5,),
    bind=_swapped("diric", "x", "n"),
    code="scipy.special.diric(x, n)",
    infer=_array("float64"),
    domain=lambda: [_sample("diric", (5,), x) for x in (0.4, spaced(0.3, 6.0, (3,)))],
)
assoc_laguerre: Op = _disguised(
    "assoc_laguerre",
    "n, k, x",
    eval_genlaguerre,
    (3, 0.5),
    bind=_swapped("assoc_laguerre", "x", "n", 0.0),
    code="scipy.special.assoc_laguerre(x, n, k)",
    infer=lambda n, k, x: asked_type("scipy.special.assoc_laguerre", x, n, k),
    domain=lambda: [
        _sample("assoc_laguerre", (3, 0.5), x) for x in (0.4, spaced(0.3, 3.0, (3,)))
    ],
)

# ---- Legendre functions --------------------------------------------------------------


def _only_values(name: str, names: Sequence[str]) -> Any:
    """Calls without derivatives and norms."""

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        more = {k: static(v, f"{name}({k}=...)") for k, v in kwargs.items()}
        for keyword, allowed in (("diff_n", 0), ("norm", False), ("branch_cut", 2)):
            if keyword in more:
                only(more.pop(keyword), (allowed,), f"{name}: {keyword}")
        given = bound(names, args, {k: kwargs[k] for k in more}, name)
        return [given[k] for k in names], {}

    return bind


def _no_partials(name: str, names: Sequence[str]) -> list[Any]:
    return [no_partial(name, k) for k in names]


def _legendre_slope(out: Value, n: Value, m: Value, z: Value, lower: Value) -> Any:
    return lambda g: quotient(g * (n * z * out - (n + m) * lower), z * z - 1.0)


def _sampled(first: tuple[float, ...], *last: Any) -> Any:
    fixed = tuple(range(len(first)))
    return lambda: [at_fixed(fixed, *first, x) for x in last]


def _one_more(*types: Type) -> Type:
    """SciPy puts an axis for derivatives in front, of length 1 without any.

    What it makes of single precision depends on its version.
    """
    if {dtype_of(t) for t in types} & {"float32", "float16"}:
        return UNKNOWN
    found = _array("float64")(*types)
    return Array("float64", (1, *found.dims)) if isinstance(found, Array) else found


def _of_axis(name: str, names: Sequence[str], slope: Any, domain: Any) -> Op:
    """A function with that axis; `slope(g, out, *inputs)` is by the last input."""

    def tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
        for given, t in zip(names, ts[:-1], strict=False):
            if t is not None:
                return no_partial(name, given)(t)
        (*_, last) = ts
        if last is None:
            return None
        found: Value = slope(node.out, *node.inputs)(last)
        return found

    return by_tangent(
        name,
        calls=(f"scipy.special.{name}",),
        signature=", ".join(names),
        bind=_only_values(name, names),
        infer=_one_more,
        tangent=tangent,
        domain=domain,
    )


legendre_p: Op = _of_axis(
    "legendre_p",
    ("n", "z"),
    lambda out, n, z: (
        lambda g: g * below(n, lambda m: 0.5 * (n + 1.0) * eval_jacobi(m, 1.0, 1.0, z))
    ),
    _sampled((3,), 0.3, spaced(-0.8, 0.8, (3,))),
)
assoc_legendre_p: Op = _of_axis(
    "assoc_legendre_p",
    ("n", "m", "z"),
    lambda out, n, m, z: _legendre_slope(
        out, n, m, z, assoc_legendre_p(neighbour(n, -1), m, z)
    ),
    _sampled((3, 2), 0.3, spaced(-0.8, 0.8, (3,))),
)
lpmv: Op = special(
    "lpmv",
    signature="m, v, x",
    partials=lambda out, m, v, x: [
        *_no_partials("lpmv", "mv"),
        _legendre_slope(out, v, m, x, lpmv(m, neighbour(v, -1), x)),
    ],
    domain=_sampled((1, 2.5), 0.3, spaced(-0.8, 0.8, (3,))),
)

# ---- spherical harmonics -------------------------------------------------------------


def _ladder(up: Value, down: Value, n: Value, m: Value) -> Value:
    """Half the difference of the two neighbours by order, weighed."""
    n, m = 1.0 * n, 1.0 * m
    higher = sqrt(maximum((n - m) * (n + m + 1.0), 0.0)) * up
    return 0.5 * (higher - sqrt(maximum((n + m) * (n - m + 1.0), 0.0)) * down)


def _by_polar(n: Value, m: Value, theta: Value, phi: Value) -> Value:
    up = exp(-1j * phi) * sph_harm_y(n, neighbour(m, 1), theta, phi)
    down = exp(1j * phi) * sph_harm_y(n, neighbour(m, -1), theta, phi)
    return _ladder(up, down, n, m)


sph_harm_y: Op = elementwise(
    "sph_harm_y",
    calls=("scipy.special.sph_harm_y",),
    signature="n, m, theta, phi",
    bind=_only_values("sph_harm_y", ("n", "m", "theta", "phi")),
    infer=_array("complex128"),
    partials=lambda out, n, m, theta, phi: [
        *_no_partials("sph_harm_y", "nm"),
        lambda g: g * _by_polar(n, m, theta, phi),
        lambda g: g * (1j * m * out),
    ],
    domain=lambda: [
        at_fixed((0, 1), 3, 1, 0.7, 0.3),
        at_fixed((0, 1), 2, -2, spaced(0.0, 3.0, (3,)), 0.4),
        at_fixed((0, 1), 2, 1, 0.5, spaced(0.0, 6.0, (2, 2))),
    ],
)


def _sph_slope(out: Value, n: Value, m: Value, theta: Value) -> Any:
    up = sph_legendre_p(n, neighbour(m, 1), theta)
    down = sph_legendre_p(n, neighbour(m, -1), theta)
    return lambda g: g * _ladder(up, down, n, m)


sph_legendre_p: Op = _of_axis(
    "sph_legendre_p",
    ("n", "m", "theta"),
    _sph_slope,
    _sampled((3, 1), 0.3, spaced(0.2, 3.0, (3,))),
)
