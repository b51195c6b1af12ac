"""Keywords that are another spelling: dtypes, places, shapes; and those of methods."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.frontend import spellings_prelude as prelude
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.known import NOT_KNOWN, known_object
from srcad.frontend.refs import Entries, Items, Method, Ref, Static
from srcad.frontend.spelled import (
    CALLS,
    Given,
    again,
    array_ref,
    call_of,
    in_dtype,
    known_option,
    named,
    option,
    spelled,
)
from srcad.ir.types import dims_of, dtype_of

# ---- dtype= --------------------------------------------------------------------------


@spelled(
    "dtype", np.trace, np.cov, np.corrcoef, np.asarray_chkfinite, np.asfortranarray
)
@spelled("dtype", *named(np, "cumulative_sum", "cumulative_prod"))
@spelled("dtype", *named(np.linalg, "trace"))
def _first_in_dtype(frame: Frame, target: Any, given: Given) -> Ref | None:
    """The function computes with its first argument in the dtype."""
    first = next(iter(given))
    if "y" in given or np.dtype(known_option(given["dtype"], "dtype=")).kind == "b":
        return None
    x = in_dtype(frame, given[first], given["dtype"])
    return again(frame, target, given, "dtype", **{first: x})


@spelled("dtype", np.cov, np.corrcoef)
def _covariance_in_dtype(frame: Frame, target: Any, given: Given) -> Ref | None:
    found = _first_in_dtype(frame, target, given)
    return None if found is None else in_dtype(frame, found, given["dtype"])


_JOINS = named(np, "concatenate", "stack", "hstack", "vstack", "row_stack")


@spelled("dtype", *_JOINS, np.geomspace, np.logspace)
def _result_in_dtype(frame: Frame, target: Any, given: Given) -> Ref | None:
    if "out" in given:
        return None
    found = again(frame, target, given, "dtype")
    return in_dtype(frame, found, given["dtype"])


@spelled("casting", *_JOINS)
def _casting(frame: Frame, target: Any, given: Given) -> Ref | None:
    """It says which casts NumPy refuses; without dtype= and out= there is none."""
    given = {k: r for k, r in given.items() if k != "casting"}
    if "out" in given:
        return None
    if "dtype" in given:
        return _result_in_dtype(frame, target, given)
    return again(frame, target, given, "casting")


# ---- places --------------------------------------------------------------------------


@spelled("dtype", np.linspace)
@spelled("retstep", np.linspace)
@spelled("axis", np.linspace, np.logspace, np.geomspace)
def _spaced(frame: Frame, target: Any, given: Given) -> Ref:
    rest = {k: r for k, r in given.items() if k not in ("dtype", "retstep", "axis")}
    found = again(frame, target, rest, "")
    dims = dims_of(frame.read(found).type)
    axis = option(given, "axis", 0)
    if axis != 0 and dims is None:
        raise MissingRule(f"{target.__name__}: this axis= has no derivative rule")
    if axis != 0 and len(dims or ()) > 1:
        found = call_of(frame, np.moveaxis, found, constant_ref(0), constant_ref(axis))
    dtype = option(given, "dtype", None)
    if dtype is not None:
        if np.dtype(dtype).kind in "iu" and target is np.linspace:
            found = call_of(frame, np.floor, found)
        found = in_dtype(frame, found, Static(np.dtype(dtype)))
    if not option(given, "retstep", False):
        return found
    num = given.get("num", constant_ref(50))
    end = constant_ref(bool(option(given, "endpoint", True)))
    ends = given["start"], given["stop"]
    return Items((found, inline(frame, prelude.step_of, *ends, num, end)))


@spelled("period", np.interp)
def _periodic(frame: Frame, target: Any, given: Given) -> Ref:
    x, xp, fp = (array_ref(frame, given[k]) for k in ("x", "xp", "fp"))
    return inline(frame, prelude.interp_periodic, x, xp, fp, given["period"])


@spelled("dx", *named(np, "trapezoid", "trapz"))
def _by_width(frame: Frame, target: Any, given: Given) -> Ref | None:
    if known_object(given["dx"]) is not NOT_KNOWN or "x" in given:
        return None
    found = again(frame, target, given, "dx")
    return call_of(frame, np.multiply, found, given["dx"])


def open_mesh(frame: Frame, args: list[Ref], kwargs: Given) -> Ref | None:
    """`np.meshgrid(*args, sparse=True)`."""
    if not kwargs.keys() & {"sparse", "copy"}:
        return None
    kwargs = {k: r for k, r in kwargs.items() if not _is(r, k == "copy")}
    if kwargs.keys() - {"sparse", "indexing"}:
        return None
    if "sparse" not in kwargs:
        return frame.call(Static(np.meshgrid), args, kwargs, frame.here)
    swapped = option(kwargs, "indexing", "xy") == "xy"
    found = []
    for k, ref in enumerate(args):
        place = 1 - k if swapped and k < 2 and len(args) > 1 else k
        shape = [constant_ref(-1 if j == place else 1) for j in range(len(args))]
        found.append(
            call_of(frame, np.reshape, array_ref(frame, ref), Items(tuple(shape)))
        )
    return Items(tuple(found))


CALLS[id(np.meshgrid)] = open_mesh


def _is(ref: Ref, value: bool) -> bool:
    return known_object(ref) is value


# ---- shapes --------------------------------------------------------------------------


@spelled("shape", np.zeros_like, np.ones_like, np.empty_like, np.full_like)
def _like(frame: Frame, target: Any, given: Given) -> Ref | None:
    dtype = dtype_of(frame.read(array_ref(frame, next(iter(given.values())))).type)
    if dtype is None or given.keys() & {"order", "subok", "device"}:
        return None
    kind = given.get("dtype", Static(np.dtype(dtype)))
    made = {np.zeros_like: np.zeros, np.ones_like: np.ones, np.empty_like: np.zeros}
    if target is np.full_like:
        return call_of(frame, np.full, given["shape"], given["fill_value"], dtype=kind)
    return call_of(frame, made[target], given["shape"], dtype=kind)


@spelled("axis", np.size)
def _size(frame: Frame, target: Any, given: Given) -> Ref:
    axis = _known_axes(given["axis"])
    axes = Items(tuple(map(constant_ref, axis)))
    return inline(frame, prelude.size_along, array_ref(frame, given["a"]), axes)


def _known_axes(ref: Ref) -> tuple[int, ...]:
    found = ref.items if isinstance(ref, (Items, Entries)) else (ref,)
    return tuple(int(known_option(r, "axis=")) for r in found)


@spelled("ndim", np.diag_indices)
def _diagonal(frame: Frame, target: Any, given: Given) -> Ref:
    count = int(known_option(given["ndim"], "ndim="))
    return Items(tuple(call_of(frame, np.arange, given["n"]) for _ in range(count)))


@spelled("copy", np.reshape)
def _copied(frame: Frame, target: Any, given: Given) -> Ref:
    found = again(frame, target, given, "copy")
    return (
        call_of(frame, np.copy, found)
        if known_option(given["copy"], "copy=")
        else found
    )


# ---- others --------------------------------------------------------------------------


@spelled("deg", np.angle)
def _degrees(frame: Frame, target: Any, given: Given) -> Ref:
    found = again(frame, target, given, "deg")
    if not known_option(given["deg"], "deg="):
        return found
    return call_of(frame, np.multiply, found, constant_ref(180 / np.pi))


@spelled("k", np.polyint)
def _from_constants(frame: Frame, target: Any, given: Given) -> Ref:
    p, k = (array_ref(frame, given[name]) for name in ("p", "k"))
    return inline(frame, prelude.integrated_from, p, given.get("m", constant_ref(1)), k)


@spelled("axis", *named(np.linalg, "vector_norm"))
@spelled("keepdims", *named(np.linalg, "vector_norm"))
def _norm(frame: Frame, target: Any, given: Given) -> Ref | None:
    """Over several axes, or over all with their places kept."""
    x = array_ref(frame, given["x"])
    dims = dims_of(frame.read(x).type)
    axis = given.get("axis", Static(None))
    everything = known_object(axis) is None
    if dims is None or not (everything or isinstance(axis, Items)):
        return None
    axes = tuple(range(len(dims))) if everything else _known_axes(axis)
    places = Items(tuple(map(constant_ref, axes)))
    order = given.get("ord", constant_ref(2))
    found = inline(frame, prelude.norm_over, x, places, order)
    if not option(given, "keepdims", False):
        return found
    axes = tuple(sorted(k % len(dims) for k in axes))
    where = Items(tuple(map(constant_ref, axes)))
    return call_of(frame, np.expand_dims, found, where)


# ---- methods -------------------------------------------------------------------------

# Methods of arrays with a row of their own.
SPELLED_METHODS = ("std", "var", "trace")


def reshaped_copy(frame: Frame, method: Method, args: list[Ref], kwargs: Given) -> Ref:
    """`x.reshape(shape, copy=...)`."""
    rest = {k: r for k, r in kwargs.items() if k != "copy"}
    found = frame.call(method, args, rest, frame.here)
    return (
        call_of(frame, np.copy, found)
        if known_option(kwargs["copy"], "copy=")
        else found
    )
