"""Functions and methods of NumPy that write to an array and give nothing.

`x.fill(v)`, `np.copyto(x, y)`, `np.put`, `np.place`, `np.putmask`, `np.fill_diagonal`,
`np.put_along_axis`, `x.sort()`. Each becomes the write that it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from srcad.errors import MissingRule, UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_like
from srcad.frontend.intrinsics import intrinsic
from srcad.frontend.keywords import store_whole
from srcad.frontend.refs import Number, Ref, Static
from srcad.frontend.stores import write_part
from srcad.frontend.structures import structure
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import Array, dims_of, kind_of, same_dims, unwrapped
from srcad.ops.arithmetic import not_equal, remainder
from srcad.ops.choice import where as choose
from srcad.ops.declare import Op, find
from srcad.ops.fit import sum_
from srcad.ops.grids import arange
from srcad.ops.index import getitem, update
from srcad.ops.ranks import reshape_like
from srcad.ops.shapes import dim, ravel, reshape, size_of

Arguments = dict[str, Ref]


def _bound(
    name: str, names: tuple[str, ...], args: list[Ref], kwargs: dict[str, Ref]
) -> Arguments:
    """Arguments by name; the first ones, up to `*`, are needed."""
    allowed = [n for n in names if n != "*"]
    unknown = [k for k in kwargs if k not in allowed]
    if unknown or len(args) > len(allowed):
        raise UnsupportedSyntax(f"{name}() does not take these arguments")
    found = {**dict(zip(allowed, args, strict=False)), **kwargs}
    for needed in names[: names.index("*")]:
        if needed not in found:
            raise UnsupportedSyntax(f"{name}() misses the argument {needed!r}")
    return found


def _known(given: Arguments, name: str, default: Any) -> Any:
    ref = given.get(name)
    if ref is None:
        return default
    if isinstance(ref, Static):
        return ref.value
    if isinstance(ref, Number) and isinstance(ref.value, Literal):
        return ref.value.value
    raise UnsupportedSyntax(f"{name}= must be known before the program runs")


def _array(frame: Frame, ref: Ref, name: str) -> Value:
    """The value of an array that is going to be written to."""
    value = frame.read(ref) if structure(frame, ref) is None else None
    if value is None or not isinstance(unwrapped(value.type), Array):
        raise UnsupportedSyntax(f"{name} writes to arrays only")
    return value


def _check_kind(value: Value, new: Value) -> None:
    if kind_of(new.type) == "complex" and kind_of(value.type) != "complex":
        raise UnsupportedSyntax(
            "writing complex numbers to a real array discards their imaginary part",
            hint="take the real part first: .real",
        )


# ---- the whole array -----------------------------------------------------------------


def _fill(frame: Frame, owner: Ref, args: list[Ref], kwargs: Arguments) -> Ref:
    given = _bound("fill", ("value", "*"), args, kwargs)
    value, new = _array(frame, owner, "fill"), array_like(frame, given["value"])
    if dims_of(new.type) != ():
        raise UnsupportedSyntax("fill() takes a number")
    _check_kind(value, new)
    write_part(frame, owner, new, ("...",), [])
    return Static(None)


@intrinsic(np.copyto)
def _copyto(frame: Frame, args: list[Ref], kwargs: Arguments) -> Ref:
    given = _bound("copyto", ("dst", "src", "*", "casting", "where"), args, kwargs)
    source = array_like(frame, given["src"])
    casting = _known(given, "casting", "same_kind")
    mask = given.get("where")
    everywhere = mask is None or (isinstance(mask, Static) and mask.value is True)
    where = None if everywhere or mask is None else array_like(frame, mask)
    store_whole(frame, given["dst"], source, casting, where, in_place=where is None)
    return Static(None)


# ---- entries counted along the flat array --------------------------------------------


def write_flat(frame: Frame, ref: Ref, new: Value, index: list[Value]) -> None:
    """`ref.flat[index] = new`."""
    value = _array(frame, ref, "this")
    _check_kind(value, new)
    if len(dims_of(value.type) or ()) == 1:
        write_part(frame, ref, new, ("at",), index)
        return
    flat = update(reshape(value, -1, scalar=True), new, *index, layout=("at",))
    frame.write(ref, reshape_like(flat, value))


def _put_entries(frame: Frame, ref: Ref, given: Arguments) -> Ref:
    if _known(given, "mode", "raise") != "raise":
        raise MissingRule("put: only mode='raise' has a derivative rule")
    index = array_like(frame, given["ind"])
    if kind_of(index.type) != "int":
        raise UnsupportedSyntax("put() takes integers as positions")
    new = array_like(frame, given["v"])
    if len(dims_of(new.type) or ()) != len(dims_of(index.type) or ()):
        if dims_of(new.type) != ():
            raise UnsupportedSyntax(
                "put() of values in another shape than their positions is not supported"
            )
    write_flat(frame, ref, new, [index])
    return Static(None)


@intrinsic(np.put)
def _put(frame: Frame, args: list[Ref], kwargs: Arguments) -> Ref:
    given = _bound("put", ("a", "ind", "v", "*", "mode"), args, kwargs)
    return _put_entries(frame, given["a"], given)


def _put_method(frame: Frame, owner: Ref, args: list[Ref], kwargs: Arguments) -> Ref:
    kwargs = {"ind" if k == "indices" else k: r for k, r in kwargs.items()}
    kwargs = {"v" if k == "values" else k: r for k, r in kwargs.items()}
    given = _bound("put", ("ind", "v", "*", "mode"), args, kwargs)
    return _put_entries(frame, owner, given)


# ---- entries under a mask ------------------------------------------------------------


def _mask(frame: Frame, ref: Ref, value: Value, name: str) -> Value:
    mask = array_like(frame, ref)
    if kind_of(mask.type) in ("int", "float"):
        mask = not_equal(mask, literal(0))
    if kind_of(mask.type) != "bool" or not same_dims(mask.type, value.type):
        same = dims_of(mask.type), dims_of(value.type)
        if kind_of(mask.type) != "bool" or None in same:
            raise UnsupportedSyntax(f"{name}() takes a mask of booleans")
        if len(same[0] or ()) != len(same[1] or ()):
            raise UnsupportedSyntax(f"{name}() takes a mask of the array's shape")
    return mask


def _repeated(values: Value, count: Value) -> Value:
    """The values, from the start again where they end, `count` of them."""
    flat = values if len(dims_of(values.type) or ()) == 1 else ravel(values)
    places = remainder(arange(0, count, 1), size_of(flat))
    return getitem(flat, places, layout=("at",))


@intrinsic(np.place)
def _place(frame: Frame, args: list[Ref], kwargs: Arguments) -> Ref:
    given = _bound("place", ("arr", "mask", "vals", "*"), args, kwargs)
    value = _array(frame, given["arr"], "place")
    mask = _mask(frame, given["mask"], value, "place")
    new = array_like(frame, given["vals"])
    _check_kind(value, new)
    if dims_of(new.type) not in ((), (1,)):
        new = _repeated(new, sum_(mask))
    write_part(frame, given["arr"], new, ("at",), [mask])
    return Static(None)


@intrinsic(np.putmask)
def _putmask(frame: Frame, args: list[Ref], kwargs: Arguments) -> Ref:
    given = _bound("putmask", ("a", "mask", "values", "*"), args, kwargs)
    value = _array(frame, given["a"], "putmask")
    mask = _mask(frame, given["mask"], value, "putmask")
    new = array_like(frame, given["values"])
    _check_kind(value, new)
    if dims_of(new.type) in ((), (1,)):
        write_part(frame, given["a"], new, ("at",), [mask])
        return Static(None)
    if not same_dims(new.type, value.type):
        new = reshape_like(_repeated(new, size_of(value)), value)
    store_whole(frame, given["a"], choose(mask, new, value), "unsafe")
    return Static(None)


# ---- a diagonal, entries along an axis -----------------------------------------------


@intrinsic(np.fill_diagonal)
def _fill_diagonal(frame: Frame, args: list[Ref], kwargs: Arguments) -> Ref:
    given = _bound("fill_diagonal", ("a", "val", "*", "wrap"), args, kwargs)
    value, new = _array(frame, given["a"], "fill_diagonal"), given["val"]
    dims = dims_of(value.type) or ()
    if len(dims) < 2 or _known(given, "wrap", False):
        raise MissingRule("fill_diagonal: wrap=True has no derivative rule")
    _check_kind(value, array_like(frame, new))
    lengths = [_length(value, k) for k in range(len(dims))]
    shortest = lengths[0]
    if len(dims) == 2 and not same_dims(*(_row(d) for d in dims)):
        shortest = _smaller(lengths[0], lengths[1])
    places = arange(0, shortest, 1)
    layout, where = ("at",) * len(dims), [places] * len(dims)
    write_part(frame, given["a"], array_like(frame, new), layout, where)
    return Static(None)


def _row(d: Any) -> Array:
    return Array("float64", (d,))


def _length(value: Value, axis: int) -> Value:
    d = (dims_of(value.type) or ())[axis]
    return literal(d) if isinstance(d, int) else dim(value, k=axis)


def _smaller(a: Value, b: Value) -> Value:
    from_builtins = find(min)
    assert from_builtins is not None
    return from_builtins(a, b)


@intrinsic(np.put_along_axis)
def _put_along_axis(frame: Frame, args: list[Ref], kwargs: Arguments) -> Ref:
    names = ("arr", "indices", "values", "axis", "*")
    given = _bound("put_along_axis", names, args, kwargs)
    value = _array(frame, given["arr"], "put_along_axis")
    index, new = (array_like(frame, given[k]) for k in ("indices", "values"))
    axis, rank = _known(given, "axis", None), len(dims_of(value.type) or ())
    if kind_of(index.type) != "int" or len(dims_of(index.type) or ()) != (
        rank if axis is not None else 1
    ):
        raise UnsupportedSyntax("put_along_axis() takes one position for each value")
    _check_kind(value, new)
    if axis is None:
        write_flat(frame, given["arr"], new, [index])
        return Static(None)
    if not -rank <= axis < rank:
        raise UnsupportedSyntax(f"the array has no axis {axis}")
    places = [
        index if k == axis % rank else _along(value, k, rank) for k in range(rank)
    ]
    write_part(frame, given["arr"], new, ("at",) * rank, places)
    return Static(None)


def _along(value: Value, k: int, rank: int) -> Value:
    """0, 1, 2, ... along one axis, of length 1 along the others."""
    line = arange(0, _length(value, k), 1)
    if rank == 1:
        return line
    shape = [-1 if j == k else 1 for j in range(rank)]
    return reshape(line, *shape)


# ---- methods -------------------------------------------------------------------------


def _in_place(name: str) -> Callable[[Frame, Ref, list[Ref], Arguments], Ref]:
    """`x.sort()` is `x[...] = np.sort(x)`; so with partition."""

    def write(frame: Frame, owner: Ref, args: list[Ref], kwargs: Arguments) -> Ref:
        op: Op | None = find(getattr(np, name))
        if op is None:
            raise MissingRule(
                f"the array method {name!r} has no derivative rule",
                hint="use a NumPy function that has one",
            )
        value = _array(frame, owner, name)
        given = [array_like(frame, r) for r in args]
        named = {k: frame.read(r) for k, r in kwargs.items()}
        inputs, params = op.arguments([value, *given], named)
        found = op(*inputs, **params)
        frame.write(owner, frame.named(found, value.name) if value.name else found)
        return Static(None)

    return write


def _refused(name: str, instead: str) -> Callable[..., Ref]:
    def refuse(frame: Frame, owner: Ref, args: list[Ref], kwargs: Arguments) -> Ref:
        raise UnsupportedSyntax(
            f"the array method {name!r} changes the array in a way that cannot be "
            "followed",
            hint=instead,
        )

    return refuse


WRITING_METHODS: dict[str, Callable[[Frame, Ref, list[Ref], Arguments], Ref]] = {
    "fill": _fill,
    "put": _put_method,
    "sort": _in_place("sort"),
    "partition": _in_place("partition"),
    "resize": _refused("resize", "use np.resize or np.pad, which give a new array"),
    "setfield": _refused("setfield", "write to the entries: x[...] = ..."),
    "itemset": _refused("itemset", "write to the entry: x[i] = ..."),
    "byteswap": _refused("byteswap", "use astype"),
    "setflags": _refused("setflags", "leave it out"),
    "view": _refused("view", "use x[...] for a view, astype for another dtype"),
    "getfield": _refused("getfield", "use astype"),
}
