"""Filters of `scipy.signal` that run forwards and backwards, and steady states.

`filtfilt` and `sosfiltfilt` extend the signal, start each run in the steady state of
its first value, and cut the extension off. The steady state of a step of height 1 is
where each delay holds what the next gives: with the gain g = sum(b) / sum(a),
zi[k] is the sum of b[j] - a[j] g over j > k.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.sizes import Dim
from srcad.ir.types import INT, UNKNOWN, Array, Type, dims_of, dtype_of
from srcad.ops.bodies import ahead, entry, length, part, rank_for
from srcad.ops.borders import less_by, most, plus
from srcad.ops.declare import (
    Arguments,
    Contribution,
    Op,
    as_array,
    custom,
    is_none,
    static,
    zero,
)
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, at_fixed, spaced
from srcad.ops.filled import ones
from srcad.ops.fit import known, matched, sum_, zeros_of
from srcad.ops.ranks import expand_dims
from srcad.ops.recursive import (
    backwards,
    joined,
    more,
    vector,
    with_state,
)
from srcad.ops.refused import no_partial
from srcad.ops.scans import cumprod, suffix_sum
from srcad.ops.sizes import bound

PADS = ("odd", "even", "constant", None)


# ---- steady states -------------------------------------------------------------------


def _padded(c: Value, count: Value) -> Value:
    """A vector of coefficients with zeros up to a length."""
    return more(c, less_by(count, length(c)), 0)


def steady(b: Value, a: Value) -> Value:
    """The state of a filter that gives a step of height 1 ever since."""
    count, first = most(length(a), length(b)), entry(a, 0)
    b, a = _padded(b, count) / first, _padded(a, count) / first
    left = b - a * (sum_(b) / sum_(a))
    return part(suffix_sum(left, axis=0), 1, None)


def steady_sections(sos: Value) -> Value:
    """The same for second-order sections, of which each feeds the next."""
    sos = sos / part(sos, 3, 4, 1)
    b, a = part(sos, 0, 3, 1), part(sos, 3, 6, 1)
    gain = sum_(b, axis=1) / sum_(a, axis=1)
    left = b - a * expand_dims(gain, axis=1)
    own = part(suffix_sum(left, axis=1), 1, None, 1)
    before = joined(ones(literal(1)), part(cumprod(gain, axis=0), None, -1), axis=0)
    return own * expand_dims(before, axis=1)


def _two_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("b", "a"), args, kwargs, "lfilter_zi")
    return [vector(given["b"]), vector(given["a"])], {}


TWO, THREE = np.array([2.0, 0.5]), np.array([2.0, 0.5, 0.2])
SECTIONS = np.array([[1.0, 0.4, 0.3, 1.0, -0.5, 0.2], [0.7, 0.2, 0.5, 1.0, 0.3, 0.1]])

lfilter_zi: Op = derived(
    "lfilter_zi",
    calls=("scipy.signal.lfilter_zi",),
    signature="b, a",
    bind=_two_bind,
    code="scipy.signal.lfilter_zi(b, a)",
    body=steady,
    facts={"ranked": True},
    domain=lambda: [
        Sample((spaced(1, 2, (3,)), THREE)),
        Sample((spaced(1, 2, (3,)), TWO)),
        Sample((spaced(1, 2, (1,)), THREE)),
    ],
)
sosfilt_zi: Op = derived(
    "sosfilt_zi",
    calls=("scipy.signal.sosfilt_zi",),
    signature="sos",
    code="scipy.signal.sosfilt_zi(sos)",
    body=steady_sections,
    facts={"ranked": True},
    domain=lambda: [Sample((SECTIONS,), derivative=False)],
)

# ---- second-order sections -----------------------------------------------------------


def _types(sos: Type, x: Type, zi: Type | None = None, axis: int = -1) -> Any:
    given = (sos, x) if zi is None else (sos, x, zi)
    dims, dtypes = dims_of(x), [dtype_of(t) for t in given]
    if dims is None or None in dtypes:
        return UNKNOWN if zi is None else (UNKNOWN, UNKNOWN)
    y = Array(str(np.result_type(*(np.dtype(d) for d in dtypes))), dims)
    return y if zi is None else (y, Array(y.dtype, _state_dims(zi)))


def _state_dims(zi: Type) -> tuple[Dim, ...]:
    return dims_of(zi) or ()


def _sos_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    sos = node.inputs[0]
    if ts[0] is not None:
        no_partial(node.op.name, "sos")(None)
    if all(t is None for t in ts[1:]):
        return [None] * len(node.outputs)
    moved = zip(node.inputs[1:], ts[1:], strict=True)
    moving = [zeros_of(v) if t is None else t for v, t in moved]
    assert isinstance(node.op, Op)
    return list(node.op.several(sos, *moving, **node.params))


def _sos_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (sos, x, *zi), axis = node.inputs, node.params.get("axis", -1)
    refused = no_partial("sosfilt", "sos")
    if not zi:
        back = sosfilt(sos, backwards(known(cts[0]), axis), **node.params)
        return [refused, matched(backwards(back, axis), x)]
    seeds = [
        zeros_of(v) if g is None else g for v, g in zip(node.outputs, cts, strict=True)
    ]
    by_x, by_zi = sosfilt_back.several(sos, *seeds, **node.params)
    return [refused, matched(by_x, x), matched(by_zi, zi[0])]


def _sos_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("sos", "x", "axis", "zi"), args, kwargs, "sosfilt")
    axis = static(given.get("axis", -1), "sosfilt(axis=...)")
    inputs = [as_array(given["sos"]), as_array(given["x"])]
    if not is_none(given.get("zi")):
        inputs.append(as_array(given["zi"]))
    return inputs, {} if axis == -1 else {"axis": axis}


def _sos_code(node: Node) -> str:
    zi = ", zi=zi" if len(node.inputs) > 2 else ""
    return f"scipy.signal.sosfilt(sos, x, axis=axis{zi})"


sosfilt: Op = custom(
    "sosfilt",
    calls=("scipy.signal.sosfilt",),
    signature="sos, x, zi=None, axis=-1",
    inputs=("zi",),
    bind=_sos_bind,
    infer=_types,
    code=_sos_code,
    jvp=_sos_jvp,
    vjp=_sos_vjp,
)


def _back_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    sos, g, gz = node.inputs
    seeds = [
        zeros_of(v) if c is None else c for v, c in zip(node.outputs, cts, strict=True)
    ]
    by_g, by_gz = sosfilt.several(sos, *seeds, **node.params)
    return [no_partial("sosfilt", "sos"), matched(by_g, g), matched(by_gz, gz)]


# The transpose of `sosfilt` with a state: from cotangents of its results to those of x
# and zi.
sosfilt_back: Op = custom(
    "sosfilt_back",
    signature="sos, g, gz, axis=-1",
    infer=_types,
    code="runtime.sosfilt_back(scipy.signal.lfilter, sos, g, gz, axis=axis)",
    jvp=_sos_jvp,
    vjp=_back_vjp,
    domain=lambda: [
        at_fixed((0,), SECTIONS, spaced(-1, 1, (4,)), spaced(-1, 1, (2, 2))),
        at_fixed((0,), SECTIONS, spaced(0, 1, (4,)), spaced(0, 1, (2, 2)), axis=0),
    ],
)

# ---- forwards and backwards ----------------------------------------------------------


def _extended(x: Value, edge: Value, axis: int, pad: str | None) -> Value:
    n = length(x, axis)
    if pad is None:
        return x
    first, last = part(x, 0, 1, axis), part(x, -1, None, axis)
    stop = less_by(n, 1)
    before = backwards(part(x, 1, plus(edge, 1), axis), axis)
    after = backwards(part(x, less_by(stop, edge), stop, axis), axis)
    if pad == "odd":
        before, after = 2.0 * first - before, 2.0 * last - after
    elif pad == "constant":
        before, after = first + zeros_of(before), last + zeros_of(after)
    return joined(before, x, after, axis=axis)


def _twice(run: Any, x: Value, edge: Value, axis: int, pad: str | None) -> Value:
    """x filtered by `run(x, first)` both ways, `first` being where a run starts."""
    wide = _extended(x, edge, axis, pad)
    y = run(wide, part(wide, 0, 1, axis))
    y = backwards(run(backwards(y, axis), part(y, -1, None, axis)), axis)
    if pad is None:
        return y
    return part(y, edge, plus(edge, length(x, axis)), axis)


def _behind(zi: Value, x: Value, axis: int) -> Value:
    """A state along the last axis, with the axes of x behind the filtered one."""
    (rank,) = rank_for("filtfilt", x)
    return ahead(zi, rank - 1 - axis % rank)


def _filtfilt(
    b: Value,
    a: Value,
    x: Value,
    axis: int = -1,
    padtype: str | None = "odd",
    padlen: int | None = None,
) -> Value:
    zi = _behind(steady(b, a), x, axis)
    taps = most(length(a), length(b))
    edge = taps * literal(3) if padlen is None else literal(padlen)

    def run(x: Value, first: Value) -> Value:
        return with_state(b, a, x, zi * first, axis)[0]

    return _twice(run, x, edge, axis, padtype if padlen != 0 else None)


def _sosfiltfilt(
    sos: Value,
    x: Value,
    axis: int = -1,
    padtype: str | None = "odd",
    padlen: int | None = None,
) -> Value:
    (rank,) = rank_for("sosfiltfilt", x)
    zi = sosfilt_zi(sos)
    for _ in range(axis % rank):
        zi = expand_dims(zi, axis=1)
    zi = ahead(zi, rank - 1 - axis % rank)
    edge = sos_taps(sos) * literal(3) if padlen is None else literal(padlen)

    def run(x: Value, first: Value) -> Value:
        where = {} if axis == -1 else {"axis": axis}
        return sosfilt.several(sos, x, zi * expand_dims(first, axis=0), **where)[0]

    return _twice(run, x, edge, axis, padtype if padlen != 0 else None)


# How many taps the sections have together.
sos_taps: Op = zero(
    "sos_taps",
    signature="sos",
    infer=lambda sos: INT,
    code="runtime.sos_taps(sos)",
)


def _bind(name: str, *first: str) -> Any:
    names = (*first, "axis", "padtype", "padlen")
    usual = {"axis": -1, "padtype": "odd", "padlen": None}

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        free: dict[str, list[Any]] = {"method": ["pad"], "irlen": [None]}
        free = free if name == "filtfilt" else {}
        given = bound(names, args, kwargs, name, ignored=free)
        params = {k: static(given[k], f"{name}({k}=...)") for k in usual if k in given}
        params = {k: v for k, v in params.items() if v != usual[k]}
        if params.get("padtype", "odd") not in PADS:
            raise MissingRule(f"{name}: padtype is odd, even, constant or None")
        inputs = [given[k] for k in first]
        return [
            vector(v) if name == "filtfilt" else as_array(v) for v in inputs
        ], params

    return bind


def _points(*first: Any, padlen: int) -> list[Sample]:
    x, many = spaced(-1, 1, (12,)), spaced(-1, 1, (12, 2))
    found = [
        Sample((*first, x), {"padlen": padlen, **more})
        for more in ({}, {"padtype": "even"}, {"padtype": "constant"})
    ]
    return [
        *found,
        Sample((*first, many), {"axis": 0, "padlen": padlen}),
        Sample((*first, x), {"padtype": None}),
        Sample((*first, spaced(-1, 1, (24,)))),
    ]


filtfilt: Op = derived(
    "filtfilt",
    calls=("scipy.signal.filtfilt",),
    signature="b, a, x, axis=-1, padtype='odd', padlen=None",
    bind=_bind("filtfilt", "b", "a", "x"),
    code="scipy.signal.filtfilt(b, a, x, axis=axis, padtype=padtype, padlen=padlen)",
    body=_filtfilt,
    facts={"ranked": True},
    domain=lambda: _points(spaced(1, 2, (3,)), TWO, padlen=5),
)
sosfiltfilt: Op = derived(
    "sosfiltfilt",
    calls=("scipy.signal.sosfiltfilt",),
    signature="sos, x, axis=-1, padtype='odd', padlen=None",
    bind=_bind("sosfiltfilt", "sos", "x"),
    code="scipy.signal.sosfiltfilt(sos, x, axis=axis, padtype=padtype, padlen=padlen)",
    body=_sosfiltfilt,
    facts={"ranked": True},
)
