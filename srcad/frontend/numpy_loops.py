"""np.vectorize(f), apply_along_axis; walks: np.ndenumerate, ndindex, nditer.

They call a user's function on parts of arrays, or walk entries: each becomes the loop
that the user would have written (`numpy_prelude.py`), lowered in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from srcad.errors import MissingRule, UnsupportedSyntax
from srcad.frontend import numpy_prelude as prelude
from srcad.frontend.callables import READ
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame, caller
from srcad.frontend.indices import array_like
from srcad.frontend.inline import inline
from srcad.frontend.intrinsics import intrinsic
from srcad.frontend.intrinsics_iteration import lazy
from srcad.frontend.refs import Entries, Items, Ref, Static
from srcad.frontend.structures import parts_of_known, static_key
from srcad.ir.types import dims_of

# ---- a function with some arguments given --------------------------------------------


@dataclass(frozen=True, eq=False)
class Spread(Ref):
    """A function of some of its arguments; the others are given beforehand.

    slots, names : its arguments by position and by name; None for one that is awaited.
    """

    function: Ref
    slots: tuple[Ref | None, ...]
    names: dict[str, Ref | None]


@caller(Spread)
def _call_spread(
    frame: Frame, callee: Spread, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    awaited = iter(args)
    slots = [next(awaited) if r is None else r for r in callee.slots]
    names = {k: next(awaited) if r is None else r for k, r in callee.names.items()}
    return frame.call(callee.function, slots, names, node)


def _awaiting(callee: Spread, args: list[Ref], kwargs: dict[str, Ref]) -> list[Ref]:
    """The arguments that a `Spread` made for this call awaits."""
    given = [r for r, slot in zip(args, callee.slots, strict=True) if slot is None]
    return [*given, *(kwargs[k] for k, r in callee.names.items() if r is None)]


# ---- np.vectorize --------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Vectorized(Ref):
    """`np.vectorize(function)`.

    dtypes : those of the results, where `otypes=` says so.
    excluded : the arguments, by position or name, that are handed over as they are.
    """

    function: Ref
    dtypes: tuple[Any, ...] | None
    excluded: frozenset[Any]


def _vectorized(
    function: Ref, otypes: Any, excluded: Any, signature: Any
) -> Vectorized:
    if signature is not None:
        raise MissingRule(
            "np.vectorize with a signature= has no derivative rule",
            hint="write the loop, or np.apply_along_axis",
        )
    dtypes = None if not otypes else tuple(map(np.dtype, otypes))
    return Vectorized(function, dtypes, frozenset(excluded or ()))


def _read_vectorize(frame: Frame, made: np.vectorize) -> Ref:
    """An object `np.vectorize(f)` made outside of the function."""
    return _vectorized(
        constant_ref(made.pyfunc), made.otypes, made.excluded, made.signature
    )


READ[np.vectorize] = _read_vectorize
_OF_VECTORIZE = ("pyfunc", "otypes", "doc", "excluded", "cache", "signature")


@intrinsic(np.vectorize)
def _vectorize(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    given = {**dict(zip(_OF_VECTORIZE, args, strict=False)), **kwargs}
    unknown = given.keys() - set(_OF_VECTORIZE)
    if "pyfunc" not in given or unknown:
        raise UnsupportedSyntax(
            "np.vectorize(...) is supported with a function and "
            f"{', '.join(_OF_VECTORIZE[1:])}"
        )
    known = {
        name: _static(frame, given[name])
        for name in ("otypes", "excluded", "signature")
        if name in given
    }
    return _vectorized(
        given["pyfunc"],
        known.get("otypes"),
        known.get("excluded"),
        known.get("signature"),
    )


def _static(frame: Frame, ref: Ref) -> Any:
    known = parts_of_known(frame, ref)
    if isinstance(known, (Entries, Items)):
        return [static_key(frame, r) for r in known.items]
    return static_key(frame, ref)


@caller(Vectorized)
def _call_vectorized(
    frame: Frame, callee: Vectorized, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    out = callee.excluded
    slots = tuple(r if k in out else None for k, r in enumerate(args))
    names = {k: r if k in out else None for k, r in kwargs.items()}
    function = Spread(callee.function, slots, names)
    frame.here = node
    awaited = _awaiting(function, args, kwargs)
    if not awaited:
        raise UnsupportedSyntax("np.vectorize needs an argument to walk")
    arrays = [frame.object_of(array_like(frame, r)) for r in awaited]
    if len(arrays) == 1:
        xs: Ref = Items((frame.call(Static(np.asarray), arrays, {}, node),))
    else:
        xs = frame.call(Static(np.broadcast_arrays), arrays, {}, node)
    dtypes = callee.dtypes
    kinds = Static(None) if dtypes is None else Items(tuple(map(Static, dtypes)))
    return inline(frame, prelude.each_entry, function, xs, kinds)


# ---- np.apply_along_axis -------------------------------------------------------------


@intrinsic(np.apply_along_axis)
def _apply_along_axis(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    rest = dict(kwargs)
    names = ("func1d", "axis", "arr")
    first = [
        args[k] if k < len(args) else rest.pop(name, None)
        for k, name in enumerate(names)
    ]
    function, axis, x = first
    if function is None or axis is None or x is None:
        raise UnsupportedSyntax("np.apply_along_axis takes a function, axis and array")
    called = Spread(function, (None, *args[3:]), {**rest})
    array = frame.object_of(array_like(frame, x))
    _rank(frame, array, "np.apply_along_axis")
    return inline(frame, prelude.along_axis, called, axis, array)


def _rank(frame: Frame, array: Ref, what: str) -> int:
    dims = dims_of(frame.shape_source(array).type)
    if dims is None:
        raise MissingRule(
            f"{what}: the number of axes must be known",
            hint="call the function once, or ask for source_for(*args)",
        )
    return len(dims)


# ---- walks ---------------------------------------------------------------------------

_BY_RANK = {
    1: (prelude.entries_of_one, prelude.indices_of_one),
    2: (prelude.entries_of_two, prelude.indices_of_two),
    3: (prelude.entries_of_three, prelude.indices_of_three),
}


def _walk(rank: int, which: int, what: str) -> Any:
    if rank not in _BY_RANK:
        raise UnsupportedSyntax(
            f"{what} of {rank} dimensions is not supported", hint="write the loops"
        )
    return _BY_RANK[rank][which]


@intrinsic(np.ndenumerate)
def _ndenumerate(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    if len(args) != 1 or kwargs:
        raise UnsupportedSyntax("np.ndenumerate takes one array")
    x = args[0] if _is_array(frame, args[0]) else frame.new(array_like(frame, args[0]))
    walk = _walk(_rank(frame, x, "np.ndenumerate"), 0, "np.ndenumerate")
    return lazy(frame, [x], lambda: inline(frame, walk, x))


def _is_array(frame: Frame, ref: Ref) -> bool:
    return parts_of_known(frame, ref) is None


@intrinsic(np.ndindex)
def _ndindex(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    if len(args) == 1:
        known = parts_of_known(frame, args[0])
        args = list(known.items) if isinstance(known, (Items, Entries)) else args
    walk = _walk(len(args), 1, "np.ndindex")
    return lazy(frame, args, lambda: inline(frame, walk, *args))


@intrinsic(np.nditer)
def _nditer(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    order = kwargs.get("order")
    plain = len(args) == 1 and kwargs.keys() <= {"order"}
    if not plain or not isinstance(order, Static) or order.value != "C":
        raise UnsupportedSyntax(
            "np.nditer walks an array as it lies in memory",
            hint='walk x.flat, or np.nditer(x, order="C")',
        )
    x = frame.object_of(array_like(frame, args[0]))
    return lazy(frame, [x], lambda: frame.call(Static(np.ravel), [x], {}, None))


# ---- np.histogram --------------------------------------------------------------------

_OF_HISTOGRAM = ("a", "bins", "range", "density", "weights")


@intrinsic(np.histogram)
def _histogram(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    """With edges given; NumPy's own source is lowered for a number of bins."""
    given = {**dict(zip(_OF_HISTOGRAM, args, strict=False)), **kwargs}
    if given.keys() - set(_OF_HISTOGRAM) or not given.keys() >= {"a", "bins"}:
        return None
    if isinstance(given["bins"], Static):
        return None
    edges = frame.object_of(array_like(frame, given["bins"]))
    if dims_of(frame.read(edges).type) in ((), None):
        return None
    none = Static(None)
    weights = given.get("weights", none)
    if not isinstance(weights, Static):
        weights = frame.object_of(array_like(frame, weights))
    density = given.get("density", none)
    flag = constant_ref(bool(density.value) if isinstance(density, Static) else False)
    if not isinstance(density, Static):
        flag = constant_ref(bool(static_key(frame, density)))
    x = frame.object_of(array_like(frame, given["a"]))
    return inline(frame, prelude.binned, x, edges, weights, flag)
