"""What a keyword makes of an operation: `initial=`, `order="F"`, `mode=` and the like.

np.sum(x, initial=a)           np.sum(x) + a
np.reshape(x, s, order="F")    x.T.reshape(s[::-1]).T
np.pad(x, 1, mode="edge")      the operation of `ops/pads.py`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Value, as_value
from srcad.ir.types import Scalar
from srcad.ops.arithmetic import remainder
from srcad.ops.axes import transpose
from srcad.ops.bodies import cast_like, flat, length, minus
from srcad.ops.choice import clip
from srcad.ops.declare import Arguments, Op, as_array, static, variant
from srcad.ops.derived import derived, macro
from srcad.ops.domain import at, spaced
from srcad.ops.extremes import max_, min_
from srcad.ops.fit import sum_
from srcad.ops.joins import concatenate
from srcad.ops.pads import pad_by
from srcad.ops.rearrange import pad, take
from srcad.ops.reduced import Axis
from srcad.ops.scans import prod
from srcad.ops.shapes import flatten, ravel, reshape
from srcad.ops.sizes import bound, entries_of

# ---- initial= ------------------------------------------------------------------------


def _initial_bind(name: str, typed: bool) -> Any:
    names = ("a", "axis", *(("dtype",) if typed else ()), "keepdims", "initial")

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(names, args, kwargs, name)
        params = {
            k: static(given[k], f"{name}({k}=...)") for k in names[1:-1] if k in given
        }
        usual: dict[str, Any] = {"axis": None, "dtype": None, "keepdims": False}
        start = as_value(given["initial"])
        return [given["a"], start], {k: v for k, v in params.items() if v != usual[k]}

    return bind


def _start(name: str, op: Op, body: Any, typed: bool = False) -> Op:
    """`np.<name>(x, initial=...)`."""
    x = spaced(-1.0, 1.5, (2, 3))
    samples: list[tuple[tuple[Any, ...], dict[str, Any]]]
    samples = [((x, 0.7), {}), ((x, 0.7), {"axis": 0}), ((x[0], -0.6), {"axis": -1})]
    samples.append(((x, 0.7), {"axis": 1, "keepdims": True}))
    if typed:
        samples.append(((x, 0.7), {"dtype": "float32"}))

    def expected(x: Any, initial: Any, **params: Any) -> Any:
        return getattr(np, name)(x, initial=initial, **params)

    found = derived(
        f"{name}_from",
        signature=f"x, initial, axis=None, {'dtype=None, ' if typed else ''}"
        "keepdims=False",
        bind=_initial_bind(name, typed),
        code=f"np.{name}(x, axis=axis, {'dtype=dtype, ' if typed else ''}"
        "keepdims=keepdims, initial=initial)",
        body=body,
        domain=lambda: [
            at(*inputs, expected=lambda *xs, p=params: expected(*xs, **p), **params)
            for inputs, params in samples
        ],
    )
    variant(op, "initial", found)
    return found


def _over(axis: Axis, keepdims: bool) -> dict[str, Any]:
    found: dict[str, Any] = {} if axis is None else {"axis": axis}
    return {**found, "keepdims": True} if keepdims else found


def _weak(v: Value, given: Value, x: Value) -> Value:
    """A Python number in an array takes the dtype of x."""
    t = given.type
    return cast_like(v, x) if isinstance(t, Scalar) and not t.dtype else v


def _extreme_from(op: Op) -> Any:
    """Of the entries and the initial one, which may tie with them."""

    def body(
        x: Value, initial: Value, axis: Axis = None, keepdims: bool = False
    ) -> Value:
        if axis is None and not keepdims:
            return op(concatenate(flat(x), _weak(flat(initial), initial, x)))
        if not isinstance(axis, int):
            raise MissingRule(f"{op.name}: initial= takes one axis here, or none")
        first = sum_(x, axis=axis, keepdims=True) * 0.0 + initial
        joined = concatenate(x, first, **({"axis": axis} if axis else {}))
        return op(joined, **_over(axis, keepdims))

    return body


sum_from = _start("sum", sum_, lambda x, a, **kw: sum_(x, **kw) + a, typed=True)
prod_from = _start("prod", prod, lambda x, a, **kw: prod(x, **kw) * a, typed=True)
max_from = _start("max", max_, _extreme_from(max_))
min_from = _start("min", min_, _extreme_from(min_))

# ---- the order of entries ------------------------------------------------------------


def _fortran(name: str, order: Any) -> bool:
    order = static(order, f"{name}(order=...)")
    if order not in ("C", "F"):
        raise MissingRule(
            f"{name}(order={order!r}) depends on the order in memory, "
            "and has no derivative rule",
            hint='write order="C" or order="F"',
        )
    return bool(order == "F")


def _reshape_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    kwargs = {k: v for k, v in kwargs.items() if not _plain_copy(k, v)}
    order = _fortran("reshape", kwargs.pop("order", "C"))
    if len(args) > 2:  # x.reshape(2, 3, order="F")
        args = [args[0], list(args[1:])]
    kwargs = {"shape" if k == "newshape" else k: v for k, v in kwargs.items()}
    given = bound(("x", "shape"), args, kwargs, "reshape")
    shape, _ = entries_of(given["shape"], "reshape")
    return [given["x"], *shape], {"fortran": order}


def _plain_copy(key: str, given: Any) -> bool:
    return key == "copy" and static(given, "reshape(copy=...)") is None


def _reshaped(x: Value, *shape: Value, fortran: bool = False) -> Value:
    if not fortran:
        return reshape(x, *shape)
    return transpose(reshape(transpose(x), *shape[::-1]))


reshape_by: Op = macro(
    "reshape_by",
    signature="x, *shape, fortran=False",
    bind=_reshape_bind,
    body=_reshaped,
    domain=lambda: [
        at(
            spaced(-1, 1, (2, 3)),
            3,
            -1,
            fortran=True,
            expected=lambda x, *s: np.reshape(x, s, order="F"),
        )
    ],
)
variant(reshape, "order", reshape_by)
variant(reshape, "copy", reshape_by)


def _flat_by(name: str, op: Op) -> Op:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("x", "order"), args, kwargs, name)
        return [given["x"]], {"fortran": _fortran(name, given["order"])}

    found = macro(
        f"{name}_by",
        signature="x, fortran=False",
        bind=bind,
        body=lambda x, fortran=False: op(transpose(x) if fortran else x),
        domain=lambda: [
            at(
                spaced(-1, 1, (2, 3)),
                fortran=True,
                expected=lambda x: np.ravel(x, order="F"),
            )
        ],
    )
    variant(op, "order", found)
    return found


ravel_by = _flat_by("ravel", ravel)
flatten_by = _flat_by("flatten", flatten)

# ---- modes ---------------------------------------------------------------------------


def _pad_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    kwargs = dict(kwargs)
    if len(args) == 3:
        args, kwargs["mode"] = args[:2], args[2]
    if static(kwargs["mode"], "pad(mode=...)") == "constant":
        return pad.arguments(args, kwargs)
    return pad_by.arguments(args, kwargs)


def _padded(x: Value, **params: Any) -> Value:
    return pad_by(x, **params) if "mode" in params else pad(x, **params)


pad_in_mode: Op = macro(
    "pad_in_mode", signature="x, **params", bind=_pad_bind, body=_padded
)
variant(pad, "mode", pad_in_mode)
variant(pad, 3, pad_in_mode)


def _take_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("a", "indices", "axis", "out", "mode"), args, kwargs, "take")
    if static(given.get("out"), "take(out=...)") is not None:
        raise MissingRule("take(out=...) has no derivative rule")
    mode = static(given.get("mode", "raise"), "take(mode=...)")
    axis = static(given.get("axis"), "take(axis=...)")
    params = {} if axis is None else {"axis": axis}
    inputs = [given["a"], as_array(given["indices"])]
    return inputs, params if mode == "raise" else {**params, "mode": mode}


def _taken(x: Value, indices: Value, axis: int | None = None, mode: str = "") -> Value:
    x, where = (flat(x), 0) if axis is None else (x, axis)
    n = length(x, where)
    if mode == "wrap":
        indices = remainder(indices, n)
    elif mode == "clip":
        indices = clip(indices, 0, minus(n, 1))
    return take(x, indices, axis=where)


take_by: Op = macro(
    "take_by",
    signature="x, indices, axis=None, mode=''",
    bind=_take_bind,
    body=_taken,
    domain=lambda: [
        at(
            spaced(-1, 1, (2, 3)),
            np.array([4, -1]),
            axis=1,
            mode=mode,
            expected=lambda x, i, mode=mode: np.take(x, i, axis=1, mode=mode),
        )
        for mode in ("wrap", "clip")
    ],
)
variant(take, "mode", take_by)
