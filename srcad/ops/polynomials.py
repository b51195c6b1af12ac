"""Polynomials by their coefficients, the highest power first.

A matrix of powers is a cumulative product, so its derivatives are exact at 0 too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Value, as_value, literal
from srcad.ir.types import Array, dims_of, dtype_of, kind_of, unwrapped
from srcad.ops.bodies import (
    at_least_float,
    doubled,
    flat,
    length,
    minus,
    part,
    rank_for,
)
from srcad.ops.choice import max_of
from srcad.ops.declare import Arguments, Op, is_none, static
from srcad.ops.derived import derived
from srcad.ops.domain import at, spaced, value_at
from srcad.ops.filled import zeros
from srcad.ops.grids import arange, linspace
from srcad.ops.index import update
from srcad.ops.joins import concatenate
from srcad.ops.likes import ones_as
from srcad.ops.powers import power
from srcad.ops.ranks import expand_dims, reshape_like
from srcad.ops.rearrange import flip
from srcad.ops.scans import cumprod
from srcad.ops.shapes import broadcast_to
from srcad.ops.sizes import bound

# ---- matrices of powers --------------------------------------------------------------


def powers(x: Value, n: Value, increasing: bool = True) -> Value:
    """x[:, None] ** arange(n), exact at 0."""
    column = expand_dims(flat(x), axis=1)
    if isinstance(n, Literal) and n.value < 2:
        found = ones_as(broadcast_to(column, length(x), n))
    else:
        wide = broadcast_to(column, length(column), minus(n, 1))
        found = cumprod(concatenate(ones_as(column), wide, axis=1), axis=1)
    return found if increasing else flip(found, axis=1)


def _vander(x: Value, n: Value | None = None, increasing: bool = False) -> Value:
    x = doubled(x) if dtype_of(x.type) in ("float16", "float32") else x
    return powers(x, length(x) if n is None else n, increasing)


def _vander_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("x", "N", "increasing"), args, kwargs, "vander")
    increasing = static(given.get("increasing", False), "vander(increasing=...)")
    inputs = [given["x"]] if is_none(given.get("N")) else [given["x"], given["N"]]
    return inputs, {"increasing": True} if increasing else {}


vander: Op = derived(
    "vander",
    calls=(np.vander,),
    signature="x, N=None, increasing=False",
    inputs=("N",),
    bind=_vander_bind,
    code=lambda node: (
        "np.vander(x, increasing=increasing)"
        if len(node.inputs) == 1
        else "np.vander(x, N, increasing=increasing)"
    ),
    body=_vander,
    domain=lambda: [
        at(np.array([0.5, 0.0, -1.5])),
        at(np.array([0.5, 0.0, -1.5]), 2),
        at(np.array([0.5, 2.0]), 4, increasing=True),
    ],
)

# ---- values --------------------------------------------------------------------------


def _polyval(p: Value, x: Value) -> Value:
    if kind_of(x.type) in ("int", "bool") and not isinstance(unwrapped(x.type), Array):
        x = as_value(float(x.value)) if isinstance(x, Literal) else x * 1.0
    found = powers(at_least_float(x), length(p), increasing=False) @ at_least_float(p)
    return reshape_like(found, x)


polyval: Op = derived(
    "polyval",
    calls=(np.polyval,),
    signature="p, x",
    body=_polyval,
    domain=lambda: [
        at(np.array([0.5, -1.0, 2.0]), np.array([0.0, 0.7])),
        at(np.array([0.5, -1.0, 2.0]), spaced(-1, 1, (2, 2))),
        at(np.array([0.5, -1.0, 2.0]), 0.3),
        at(np.array([0.5, -1.0, 2.0, 1.0]), np.float64(0.0)),
        value_at(np.array([2.0]), np.array([0.5, 1.0])),
    ],
)

# ---- sums, derivatives, integrals ----------------------------------------------------


def _aligned(p: Value, n: Value) -> Value:
    """Coefficients with zeros before them, n in all."""
    start = n - length(p)
    none = zeros(n, dtype=np.dtype(dtype_of(p.type)))
    return update(none, p, start, layout=(("slice", True, False, False),))


def _combined(sign: float) -> Any:
    def body(a: Value, b: Value) -> Value:
        rank_for("polyadd", a, b)
        n = max_of(length(a), length(b))
        first, second = _aligned(flat(a), n), _aligned(flat(b), n)
        return first + second if sign > 0 else first - second

    return body


def _sum(name: str, sign: float) -> Op:
    return derived(
        name,
        calls=(getattr(np, name),),
        signature="a, b",
        body=_combined(sign),
        facts={"ranked": True},
        domain=lambda: [
            at(np.array([0.5, -1.0, 2.0]), np.array([1.5, 3.0])),
            at(np.array([0.5]), np.array([1.5, 3.0])),
        ],
    )


polyadd, polysub = _sum("polyadd", 1.0), _sum("polysub", -1.0)


def _polyder(p: Value, m: int = 1) -> Value:
    for _ in range(m):
        n = minus(length(p), 1)
        p = part(p, None, -1) * flip(arange(1, n + 1, 1))
    return p


polyder: Op = derived(
    "polyder",
    calls=(np.polyder,),
    signature="p, m=1",
    body=_polyder,
    domain=lambda: [
        at(np.array([0.5, -1.0, 2.0, 1.0])),
        at(np.array([0.5, -1.0, 2.0, 1.0]), m=2),
    ],
)


def _polyint(p: Value, m: int = 1) -> Value:
    for _ in range(m):
        n = length(p)
        last = zeros(literal(1))
        p = concatenate(p / flip(arange(1, n + 1, 1)), last)
    return p


polyint: Op = derived(
    "polyint",
    calls=(np.polyint,),
    signature="p, m=1",
    body=_polyint,
    domain=lambda: [at(np.array([0.5, -1.0, 2.0])), at(np.array([0.5, -1.0]), m=2)],
)

# ---- points between two, on another scale --------------------------------------------


def _space_bind(name: str, *more: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        plain: dict[str, list[Any]] = {"dtype": [None], "axis": [0]}
        names = ("start", "stop", "num", "endpoint", *more)
        given = bound(names, args, kwargs, name, ignored=plain)
        endpoint = static(given.get("endpoint", True), f"{name}(endpoint=...)")
        inputs = [given["start"], given["stop"], given.get("num", literal(50))]
        if "base" in given:
            inputs.append(given["base"])
        if any(dims_of(as_value(v).type) != () for v in inputs):
            raise MissingRule(f"{name} between arrays has no derivative rule")
        return inputs, {} if endpoint else {"endpoint": False}

    return bind


def _logspace(
    start: Value, stop: Value, num: Value, base: Value | None = None, **params: Any
) -> Value:
    base = literal(10.0) if base is None else base
    return power(base, linspace(start, stop, num, **params))


def _geomspace(start: Value, stop: Value, num: Value, **params: Any) -> Value:
    share = linspace(0.0, 1.0, num, **params)
    return start * power(stop / start, share)


logspace: Op = derived(
    "logspace",
    calls=(np.logspace,),
    signature="start, stop, num, base=None, endpoint=True",
    inputs=("base",),
    bind=_space_bind("logspace", "base"),
    code=lambda node: (
        f"np.logspace(start, stop, num, endpoint=endpoint"
        f"{', base=base' if len(node.inputs) > 3 else ''})"
    ),
    body=_logspace,
    domain=lambda: [
        at(0.2, 1.5, 4),
        at(0.2, 1.5, 3, endpoint=False),
        at(0.2, 1.5, 3, 2.5, expected=lambda a, b, n, c: np.logspace(a, b, n, base=c)),
    ],
)
geomspace: Op = derived(
    "geomspace",
    calls=(np.geomspace,),
    signature="start, stop, num, endpoint=True",
    bind=_space_bind("geomspace"),
    code="np.geomspace(start, stop, num, endpoint=endpoint)",
    body=_geomspace,
    domain=lambda: [at(0.2, 1.5, 4), at(-0.2, -1.5, 3, endpoint=False)],
)
