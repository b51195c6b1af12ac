"""Keywords that are another spelling: `np.std(x, correction=1)` is `np.std(x, ddof=1)`.

A row of the table says, for functions and a keyword, what the call is without it. What
has no row goes on to the declared operation, which refuses what it does not know.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.frontend import spellings_prelude as prelude
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.known import NOT_KNOWN, known_object
from srcad.frontend.refs import Entries, Items, Method, Ref, Static
from srcad.frontend.subscripts import array_like
from srcad.ir.types import dims_of, dtype_of, kind_of
from srcad.ops.fit import cast

Given = dict[str, Ref]
Spelling = Callable[[Frame, Any, Given], Ref | None]
SPELLINGS: dict[tuple[int, str], Spelling] = {}
_KEEP: list[Any] = []  # the functions whose ids are keys
_IDS: set[int] = set()


def _named(module: Any, *names: str) -> list[Any]:
    """Functions by name, where this version of NumPy has them."""
    return [getattr(module, n) for n in names if hasattr(module, n)]


def spelled(keyword: str, *targets: Any) -> Callable[[Spelling], Spelling]:
    """Enter what a keyword of some functions means."""

    def enter(spelling: Spelling) -> Spelling:
        for target in targets:
            _KEEP.append(target)
            _IDS.add(id(target))
            SPELLINGS[id(target), keyword] = spelling
        return spelling

    return enter


def spelled_call(
    frame: Frame, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref | None:
    """A call with a keyword that has a row, without it; None: there is none."""
    if target is np.meshgrid and kwargs.keys() & {"sparse", "copy"}:
        return open_mesh(frame, args, kwargs)
    if id(target) not in _IDS:
        return None
    given = _by_name(target, args, kwargs)
    if given is None:
        return None
    for name, ref in given.items():
        spelling = SPELLINGS.get((id(target), name))
        if spelling is None or known_object(ref) is None:
            continue
        found = spelling(frame, target, given)
        if found is not None:
            return found
    return None


@cache
def _signature(target: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(target)
    except (TypeError, ValueError):
        return None


def _by_name(target: Any, args: list[Ref], kwargs: Given) -> Given | None:
    """The arguments by the names of NumPy's parameters."""
    signature = _signature(target)
    if signature is None:
        return None
    try:
        found = signature.bind(*args, **kwargs).arguments
    except TypeError:
        return None
    return None if "args" in found or "kwargs" in found else dict(found)


def _again(frame: Frame, target: Any, given: Given, without: str, **more: Ref) -> Ref:
    """The call without a keyword, and with others."""
    given = {k: r for k, r in given.items() if k != without} | more
    signature = _signature(target)
    assert signature is not None
    args, kwargs = [], dict(given)
    for p in signature.parameters.values():
        if p.default is not p.empty or p.kind is p.KEYWORD_ONLY or p.name not in kwargs:
            break
        args.append(kwargs.pop(p.name))
    return frame.call(Static(target), args, kwargs, frame.here)


def _call(frame: Frame, function: Any, *args: Ref, **kwargs: Ref) -> Ref:
    return frame.call(Static(function), list(args), kwargs, frame.here)


def _array(frame: Frame, ref: Ref) -> Ref:
    return frame.object_of(array_like(frame, ref))


def _known(ref: Ref, what: str) -> Any:
    found = known_object(ref)
    if found is NOT_KNOWN:
        raise MissingRule(f"{what} must be known before the program runs")
    return found


def _option(given: Given, name: str, default: Any) -> Any:
    return default if name not in given else _known(given[name], f"{name}=")


def _in_dtype(frame: Frame, ref: Ref, dtype: Ref) -> Ref:
    name = str(np.dtype(_known(dtype, "dtype=")))
    value = array_like(frame, ref)
    return frame.object_of(
        value if dtype_of(value.type) == name else cast(value, dtype=name)
    )


# ---- means and variances -------------------------------------------------------------

_NAN_MOMENTS = (np.nanmean, np.nanvar, np.nanstd)
_NAN = (*_NAN_MOMENTS, np.nansum, np.nanprod, np.nanmax, np.nanmin)


@spelled("correction", np.std, np.var, np.nanstd, np.nanvar)
def _correction(frame: Frame, target: Any, given: Given) -> Ref:
    return _again(frame, target, given, "correction", ddof=given["correction"])


@spelled("mean", np.std, np.var)
def _about(frame: Frame, target: Any, given: Given) -> Ref | None:
    if given.keys() & {"where", "out", "dtype"}:
        return None
    axis = given.get("axis", Static(None))
    ddof = given.get("correction", given.get("ddof", constant_ref(0)))
    keepdims = given.get("keepdims", constant_ref(False))
    x = _array(frame, given["a"])
    found = inline(
        frame, prelude.variance_about, x, given["mean"], axis, ddof, keepdims
    )
    return found if target is np.var else _call(frame, np.sqrt, found)


@spelled("where", *_NAN)
def _selected(frame: Frame, target: Any, given: Given) -> Ref:
    """What is not selected is skipped, like nan."""
    nan = constant_ref(float("nan"))
    masked = _call(frame, np.where, given["where"], given["a"], nan)
    return _again(frame, target, given, "where", a=masked)


@spelled("dtype", *_NAN_MOMENTS, np.std, np.var)
def _in(frame: Frame, target: Any, given: Given) -> Ref | None:
    kind = np.dtype(_known(given["dtype"], "dtype=")).kind
    if kind == "c" and kind_of(array_like(frame, given["a"]).type) != "complex":
        raise MissingRule(f"{target.__name__}: this dtype= has no derivative rule")
    if target in (np.std, np.var):
        return None
    x = _in_dtype(frame, given["a"], given["dtype"])
    return _again(frame, target, given, "dtype", a=x)


_STARTS = {np.nansum: np.add, np.nanprod: np.multiply, np.nanmax: np.fmax}


@spelled("initial", np.nansum, np.nanprod, np.nanmax, np.nanmin)
def _started(frame: Frame, target: Any, given: Given) -> Ref | None:
    if "out" in given:
        return None
    found = _again(frame, target, given, "initial")
    return _call(frame, _STARTS.get(target, np.fmin), found, given["initial"])


@spelled("returned", np.average)
def _with_sums(frame: Frame, target: Any, given: Given) -> Ref | None:
    if not _known(given["returned"], "returned="):
        return _again(frame, target, given, "returned")
    x, axis = _array(frame, given["a"]), given.get("axis", Static(None))
    keepdims = given.get("keepdims", constant_ref(False))
    weights = given.get("weights", Static(None))
    if isinstance(weights, Static):
        return inline(frame, prelude.average_of_all, x, axis, keepdims)
    w = _array(frame, weights)
    return inline(frame, prelude.average_of_weighted, x, axis, w, keepdims)


@spelled("aweights", np.cov)
@spelled("fweights", np.cov)
def _weighted(frame: Frame, target: Any, given: Given) -> Ref | None:
    if given.keys() & {"dtype", "y"}:
        return None
    m = _array(frame, given["m"])
    dims = dims_of(frame.read(m).type)
    if dims is None or len(dims) != 2:
        return None
    if not _option(given, "rowvar", True):
        m = _call(frame, np.transpose, m)
    ddof = _option(given, "ddof", None)
    if ddof is None:
        ddof = 0 if _option(given, "bias", False) else 1
    aweights = given.get("aweights", Static(None))
    kinds = [given[k] for k in ("fweights", "aweights") if k in given]
    w = _call(frame, np.multiply, kinds[0], constant_ref(1.0))
    for other in kinds[1:]:
        w = _call(frame, np.multiply, w, other)
    return inline(frame, prelude.weighted_cov, m, w, aweights, constant_ref(ddof))


# ---- dtype= --------------------------------------------------------------------------


@spelled(
    "dtype", np.trace, np.cov, np.corrcoef, np.asarray_chkfinite, np.asfortranarray
)
@spelled("dtype", *_named(np, "cumulative_sum", "cumulative_prod"))
@spelled("dtype", *_named(np.linalg, "trace"))
def _first_in_dtype(frame: Frame, target: Any, given: Given) -> Ref | None:
    """The function computes with its first argument in the dtype."""
    first = next(iter(given))
    if "y" in given or np.dtype(_known(given["dtype"], "dtype=")).kind == "b":
        return None
    x = _in_dtype(frame, given[first], given["dtype"])
    return _again(frame, target, given, "dtype", **{first: x})


@spelled("dtype", np.cov, np.corrcoef)
def _covariance_in_dtype(frame: Frame, target: Any, given: Given) -> Ref | None:
    found = _first_in_dtype(frame, target, given)
    return None if found is None else _in_dtype(frame, found, given["dtype"])


_JOINS = _named(np, "concatenate", "stack", "hstack", "vstack", "row_stack")


@spelled("dtype", *_JOINS, np.geomspace, np.logspace)
def _result_in_dtype(frame: Frame, target: Any, given: Given) -> Ref | None:
    if "out" in given:
        return None
    found = _again(frame, target, given, "dtype")
    return _in_dtype(frame, found, given["dtype"])


@spelled("casting", *_JOINS)
def _casting(frame: Frame, target: Any, given: Given) -> Ref | None:
    """It says which casts NumPy refuses; without dtype= and out= there is none."""
    given = {k: r for k, r in given.items() if k != "casting"}
    if "out" in given:
        return None
    if "dtype" in given:
        return _result_in_dtype(frame, target, given)
    return _again(frame, target, given, "casting")


# ---- places --------------------------------------------------------------------------


@spelled("dtype", np.linspace)
@spelled("retstep", np.linspace)
@spelled("axis", np.linspace, np.logspace, np.geomspace)
def _spaced(frame: Frame, target: Any, given: Given) -> Ref:
    rest = {k: r for k, r in given.items() if k not in ("dtype", "retstep", "axis")}
    found = _again(frame, target, rest, "")
    dims = dims_of(frame.read(found).type)
    axis = _option(given, "axis", 0)
    if axis != 0 and dims is None:
        raise MissingRule(f"{target.__name__}: this axis= has no derivative rule")
    if axis != 0 and len(dims or ()) > 1:
        found = _call(frame, np.moveaxis, found, constant_ref(0), constant_ref(axis))
    dtype = _option(given, "dtype", None)
    if dtype is not None:
        if np.dtype(dtype).kind in "iu" and target is np.linspace:
            found = _call(frame, np.floor, found)
        found = _in_dtype(frame, found, Static(np.dtype(dtype)))
    if not _option(given, "retstep", False):
        return found
    num = given.get("num", constant_ref(50))
    end = constant_ref(bool(_option(given, "endpoint", True)))
    ends = given["start"], given["stop"]
    return Items((found, inline(frame, prelude.step_of, *ends, num, end)))


@spelled("period", np.interp)
def _periodic(frame: Frame, target: Any, given: Given) -> Ref:
    x, xp, fp = (_array(frame, given[k]) for k in ("x", "xp", "fp"))
    return inline(frame, prelude.interp_periodic, x, xp, fp, given["period"])


@spelled("dx", *_named(np, "trapezoid", "trapz"))
def _by_width(frame: Frame, target: Any, given: Given) -> Ref | None:
    if known_object(given["dx"]) is not NOT_KNOWN or "x" in given:
        return None
    found = _again(frame, target, given, "dx")
    return _call(frame, np.multiply, found, given["dx"])


def open_mesh(frame: Frame, args: list[Ref], kwargs: Given) -> Ref | None:
    """`np.meshgrid(*args, sparse=True)`."""
    kwargs = {k: r for k, r in kwargs.items() if not _is(r, k == "copy")}
    if kwargs.keys() - {"sparse", "indexing"}:
        return None
    if "sparse" not in kwargs:
        return frame.call(Static(np.meshgrid), args, kwargs, frame.here)
    swapped = _option(kwargs, "indexing", "xy") == "xy"
    found = []
    for k, ref in enumerate(args):
        place = 1 - k if swapped and k < 2 and len(args) > 1 else k
        shape = [constant_ref(-1 if j == place else 1) for j in range(len(args))]
        found.append(_call(frame, np.reshape, _array(frame, ref), Items(tuple(shape))))
    return Items(tuple(found))


def _is(ref: Ref, value: bool) -> bool:
    return known_object(ref) is value


# ---- shapes --------------------------------------------------------------------------


@spelled("shape", np.zeros_like, np.ones_like, np.empty_like, np.full_like)
def _like(frame: Frame, target: Any, given: Given) -> Ref | None:
    dtype = dtype_of(frame.read(_array(frame, next(iter(given.values())))).type)
    if dtype is None or given.keys() & {"order", "subok", "device"}:
        return None
    kind = given.get("dtype", Static(np.dtype(dtype)))
    made = {np.zeros_like: np.zeros, np.ones_like: np.ones, np.empty_like: np.zeros}
    if target is np.full_like:
        return _call(frame, np.full, given["shape"], given["fill_value"], dtype=kind)
    return _call(frame, made[target], given["shape"], dtype=kind)


@spelled("axis", np.size)
def _size(frame: Frame, target: Any, given: Given) -> Ref:
    axis = _known_axes(given["axis"])
    axes = Items(tuple(map(constant_ref, axis)))
    return inline(frame, prelude.size_along, _array(frame, given["a"]), axes)


def _known_axes(ref: Ref) -> tuple[int, ...]:
    found = ref.items if isinstance(ref, (Items, Entries)) else (ref,)
    return tuple(int(_known(r, "axis=")) for r in found)


@spelled("ndim", np.diag_indices)
def _diagonal(frame: Frame, target: Any, given: Given) -> Ref:
    count = int(_known(given["ndim"], "ndim="))
    return Items(tuple(_call(frame, np.arange, given["n"]) for _ in range(count)))


@spelled("copy", np.reshape)
def _copied(frame: Frame, target: Any, given: Given) -> Ref:
    found = _again(frame, target, given, "copy")
    return _call(frame, np.copy, found) if _known(given["copy"], "copy=") else found


# ---- others --------------------------------------------------------------------------


@spelled("deg", np.angle)
def _degrees(frame: Frame, target: Any, given: Given) -> Ref:
    found = _again(frame, target, given, "deg")
    if not _known(given["deg"], "deg="):
        return found
    return _call(frame, np.multiply, found, constant_ref(180 / np.pi))


@spelled("k", np.polyint)
def _from_constants(frame: Frame, target: Any, given: Given) -> Ref:
    p, k = (_array(frame, given[name]) for name in ("p", "k"))
    return inline(frame, prelude.integrated_from, p, given.get("m", constant_ref(1)), k)


@spelled("axis", *_named(np.linalg, "vector_norm"))
@spelled("keepdims", *_named(np.linalg, "vector_norm"))
def _norm(frame: Frame, target: Any, given: Given) -> Ref | None:
    """Over several axes, or over all with their places kept."""
    x = _array(frame, given["x"])
    dims = dims_of(frame.read(x).type)
    axis = given.get("axis", Static(None))
    everything = known_object(axis) is None
    if dims is None or not (everything or isinstance(axis, Items)):
        return None
    axes = tuple(range(len(dims))) if everything else _known_axes(axis)
    places = Items(tuple(map(constant_ref, axes)))
    order = given.get("ord", constant_ref(2))
    found = inline(frame, prelude.norm_over, x, places, order)
    if not _option(given, "keepdims", False):
        return found
    axes = tuple(sorted(k % len(dims) for k in axes))
    where = Items(tuple(map(constant_ref, axes)))
    return _call(frame, np.expand_dims, found, where)


# ---- methods -------------------------------------------------------------------------

# Methods of arrays with a row of their own.
SPELLED_METHODS = ("std", "var", "trace")


def reshaped_copy(frame: Frame, method: Method, args: list[Ref], kwargs: Given) -> Ref:
    """`x.reshape(shape, copy=...)`."""
    rest = {k: r for k, r in kwargs.items() if k != "copy"}
    found = frame.call(method, args, rest, frame.here)
    return _call(frame, np.copy, found) if _known(kwargs["copy"], "copy=") else found
