"""Convolutions and correlations of `scipy.signal`, in any number of dimensions.

The full convolution has two transposes, each the part of a convolution where the
smaller array overlaps the larger in whole; and the transposes of that part are again of
the two. What a mode keeps is cut out of the full one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Value
from srcad.ir.sizes import Dim, combined, shifted
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, dtype_of, elementwise_type
from srcad.ops.bodies import length, part, rank_for
from srcad.ops.borders import extended, half, least, less_by, most, plus
from srcad.ops.complexes import conj_of
from srcad.ops.declare import Arguments, Op, as_array, static
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, spaced
from srcad.ops.fit import known, matched
from srcad.ops.kinds import bilinear
from srcad.ops.rearrange import flip
from srcad.ops.sizes import bound

MODES = ("full", "same", "valid")


def _sized(dims: Callable[[Dim, Dim], Dim]) -> Callable[..., Type]:
    def infer(a: Type, v: Type) -> Type:
        da, dv = dims_of(a), dims_of(v)
        dtype = dtype_of(elementwise_type(a, v))
        if not da or not dv or dtype is None or len(da) != len(dv):
            return UNKNOWN
        return Array(dtype, tuple(dims(m, n) for m, n in zip(da, dv, strict=True)))

    return infer


def _full(m: Dim, n: Dim) -> Dim:
    return shifted(combined("+", m, n), -1)


def _inside(m: Dim, n: Dim) -> Dim:
    if isinstance(m, int) and isinstance(n, int):
        return abs(m - n) + 1
    return shifted(combined("-", m, n), 1)


def _pairs(*shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> Any:
    return lambda: [Sample((spaced(-1, 1, m), spaced(1, 2, n))) for m, n in shapes]


# All of the convolution.
all_convolved: Op = bilinear(
    "all_convolved",
    signature="a, v",
    infer=_sized(_full),
    code="scipy.signal.convolve(a, v)",
    transposes=(
        lambda g, node: matched(
            inner_convolved(known(g), flip(node.inputs[1])), node.inputs[0]
        ),
        lambda g, node: matched(
            inner_convolved(known(g), flip(node.inputs[0])), node.inputs[1]
        ),
    ),
    domain=_pairs(((4,), (2,)), ((2,), (3,)), ((3, 2), (2, 4))),
)

# Where v overlaps the larger array a in whole.
inner_convolved: Op = bilinear(
    "inner_convolved",
    signature="a, v",
    infer=_sized(_inside),
    code="scipy.signal.convolve(a, v, 'valid')",
    transposes=(
        lambda g, node: matched(
            all_convolved(known(g), flip(node.inputs[1])), node.inputs[0]
        ),
        lambda g, node: matched(
            flip(inner_convolved(node.inputs[0], flip(known(g)))), node.inputs[1]
        ),
    ),
    domain=_pairs(((4,), (2,)), ((3,), (3,)), ((4, 3), (2, 3))),
)


# ---- what a mode keeps ---------------------------------------------------------------


def kept(full: Value, a: Value, v: Value, mode: str, later: bool = False) -> Value:
    """The part of a full convolution that a mode keeps.

    later : whether the middle of an even number of entries is the later one.
    """
    if mode == "full":
        return full
    for k in range(rank_for("convolve", a)[0]):
        m, n = length(a, k), length(v, k)
        if mode == "same":
            start = half(n) if later else half(less_by(n, 1))
            full = part(full, start, plus(start, m), k)
        else:
            full = part(full, less_by(least(m, n), 1), most(m, n), k)
    return full


def _convolve(a: Value, v: Value, mode: str = "full", **_: Any) -> Value:
    return kept(all_convolved(a, v), a, v, mode)


def _correlate(a: Value, v: Value, mode: str = "full", **_: Any) -> Value:
    return kept(all_convolved(a, conj_of(flip(v))), a, v, mode)


BORDERS = {"fill": "constant", "wrap": "wrap", "symm": "reflect"}


def _within(
    a: Value, v: Value, mode: str, later: bool, boundary: str, fillvalue: float
) -> Value:
    """The convolution of what a is thought to be beyond its ends."""
    if mode == "valid" or (boundary == "fill" and fillvalue == 0):
        return kept(all_convolved(a, v), a, v, mode, later)
    wide, border = a, BORDERS[boundary]
    for k in range(2):
        more = less_by(length(v, k), 1)
        wide = extended(wide, k, 2, more, more, border, fillvalue)
    return kept(inner_convolved(wide, v), a, v, mode, later)


def _convolve2d(
    a: Value,
    v: Value,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: float = 0.0,
) -> Value:
    return _within(a, v, mode, False, boundary, fillvalue)


def _correlate2d(
    a: Value,
    v: Value,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: float = 0.0,
) -> Value:
    return _within(a, conj_of(flip(v)), mode, True, boundary, fillvalue)


# ---- the operations ------------------------------------------------------------------

KEYS: dict[str, dict[str, Any]] = {
    "convolve": {"mode": "full", "method": "auto"},
    "correlate": {"mode": "full", "method": "auto"},
    "fftconvolve": {"mode": "full"},
    "oaconvolve": {"mode": "full"},
    "convolve2d": {"mode": "full", "boundary": "fill", "fillvalue": 0},
    "correlate2d": {"mode": "full", "boundary": "fill", "fillvalue": 0},
}


def _bind(name: str) -> Any:
    usual = KEYS[name]
    free = {"axes": [None]} if name in ("fftconvolve", "oaconvolve") else {}

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("in1", "in2", *usual), args, kwargs, name, ignored=free)
        params = {k: static(given[k], f"{name}({k}=...)") for k in usual if k in given}
        params = {k: v for k, v in params.items() if v != usual[k]}
        if params.get("mode", "full") not in MODES:
            raise MissingRule(f"{name}(mode={params['mode']!r}) has no derivative rule")
        if params.get("boundary", "fill") not in BORDERS:
            raise MissingRule(f"{name}: the boundaries are fill, wrap and symm")
        inputs = [as_array(given[k]) for k in ("in1", "in2")]
        ranks = [_rank(v) for v in inputs]
        if 0 in ranks or len({r for r in ranks if r is not None}) > 1:
            raise MissingRule(f"{name}: the arrays need one number of axes, not 0")
        return inputs, params

    return bind


def _rank(given: Any) -> int | None:
    dims = dims_of(given.type) if isinstance(given, Value) else None
    return 0 if isinstance(given, Literal) else None if dims is None else len(dims)


def _code(name: str) -> str:
    rest = "".join(f", {k}={k}" for k in KEYS[name])
    return f"scipy.signal.{name}(a, v{rest})"


def _points(name: str) -> Callable[[], list[Sample]]:
    def sample(a: Any, v: Any, **params: Any) -> Sample:
        def expected(a: Any, v: Any) -> Any:
            return getattr(sys.modules["scipy.signal"], name)(a, v, **params)

        return Sample((a, v), params, expected=expected)

    def points() -> list[Sample]:
        if name.endswith("2d"):
            return [
                sample(spaced(-1, 1, m), spaced(1, 2, n), mode=mode, **border)
                for mode in MODES
                for m, n in (((4, 5), (3, 2)), ((2, 2), (2, 3)))
                for border in (
                    {},
                    {"boundary": "wrap"},
                    {"boundary": "symm"},
                    {"fillvalue": 0.5},
                )
            ]
        a, v = spaced(-1, 1, (4, 5)), spaced(1, 2, (3, 2))
        found = [sample(a, v, mode=mode) for mode in MODES]
        found += [sample(a[0], v[:, 0], mode=mode) for mode in MODES]
        found += [sample(v[0], a[1], mode=mode) for mode in MODES]
        found.append(sample(a[0] + 1j, v[0] - 2j, mode="same"))
        if "convolve" in name:
            found.append(sample(a[0].astype(np.float32), v[0].astype(np.float32)))
        return found

    return points


def _filter(name: str, body: Any) -> Op:
    usual = "".join(f", {k}={v!r}" for k, v in KEYS[name].items())
    own = name if name not in ("convolve", "correlate") else f"signal_{name}"
    return derived(
        own,
        calls=(f"scipy.signal.{name}",),
        signature=f"a, v{usual}",
        bind=_bind(name),
        code=_code(name),
        body=body,
        facts={"ranked": True},
        domain=_points(name),
    )


signal_convolve: Op = _filter("convolve", _convolve)
signal_correlate: Op = _filter("correlate", _correlate)
fftconvolve: Op = _filter("fftconvolve", _convolve)
oaconvolve: Op = _filter("oaconvolve", _convolve)
convolve2d: Op = _filter("convolve2d", _convolve2d)
correlate2d: Op = _filter("correlate2d", _correlate2d)
