"""Keywords by which NumPy's functions write and select: out, where, dtype, casting.

`np.add(x, y, out=z)` is an operation and a write to `z`, which is also its result;
`where=` keeps what `out` holds elsewhere. `frontend/masked.py` has the `where=` and
`initial=` of reductions. What is not understood here is refused, never ignored.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from srcad.errors import MissingRule, UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_like
from srcad.frontend.masked import REDUCTIONS, reduce_masked
from srcad.frontend.refs import Cell, Items, Number, Ref, Static
from srcad.frontend.stores import write_part
from srcad.frontend.structures import structure
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import (
    Array,
    Maybe,
    Scalar,
    Tuple,
    dims_of,
    dtype_of,
    kind_of_dtype,
    same_dims,
    unwrapped,
)
from srcad.ops.choice import where as choose
from srcad.ops.declare import Op
from srcad.ops.fit import cast
from srcad.ops.tuples import item

Plain = Callable[[list[Ref], dict[str, Ref]], tuple[Value, ...]]

# Functions that go through a ufunc, and so take its keywords.
_LIKE_UFUNCS = (np.clip, np.round, np.around)

# Where `where=` is False, operands become a number at which nothing goes wrong: for
# each operation, the number for each operand that may be harmful.
_HARMLESS: dict[str, tuple[float | None, ...]] = {
    "divide": (None, 1.0),
    "floor_divide": (None, 1.0),
    "remainder": (None, 1.0),
    "power": (1.0, 1.0),
    "sqrt": (1.0,),
    "log": (1.0,),
    "log2": (1.0,),
    "log10": (1.0,),
    "log1p": (1.0,),
    "reciprocal": (1.0,),
    "arcsin": (0.0,),
    "arccos": (0.0,),
    "arctanh": (0.0,),
    "arccosh": (2.0,),
    "cbrt": (1.0,),
    "exp": (0.0,),
    "hypot": (1.0, 1.0),
    "arctan2": (None, 1.0),
}


@dataclass(frozen=True)
class Keywords:
    """What a call asks for besides the operation.

    outs : where to write the results; None for an output that gets a new array.
    where : the mask of a ufunc's `where=`. dtype : the dtype a ufunc computes in.
    casting : which casts a write may do. broadcasts : whether `out` may be larger.
    """

    outs: tuple[Ref | None, ...]
    where: Value | None
    dtype: str | None
    casting: str
    broadcasts: bool


def masks(op: Op, kwargs: dict[str, Ref]) -> bool:
    """Whether a call is a reduction of what `where=` selects."""
    return op.name in REDUCTIONS and "where" in kwargs


def with_keywords(
    frame: Frame,
    op: Op,
    target: Any,
    args: list[Ref],
    kwargs: dict[str, Ref],
    plain: Plain,
) -> Ref | None:
    """A call with `out=`, `where=`, `dtype=` or `casting=`; None: it has none of them.

    target : what the user calls; None for a method of an array.
    plain : computes the operation's results from the arguments that are left.
    """
    masked, before = False, kwargs.keys()
    if op.name in REDUCTIONS and kwargs.keys() & {"where", "initial"}:
        kwargs = _without_true(kwargs)
        masked = bool(kwargs.keys() & {"where", "initial"})
        plain = _masked(frame, op, plain) if masked else plain
    if op.name == "nan_to_num" and _keyword(frame, kwargs, "copy", True) in (
        False,
        None,
    ):
        kwargs = {k: v for k, v in kwargs.items() if k != "copy"}
        kwargs["out"] = args[0]
    if op.name == "cast" and "copy" in kwargs:
        return _cast(frame, args, kwargs, plain)
    args, kwargs, asked = _taken(frame, target, args, kwargs)
    if asked is None:
        if not masked and kwargs.keys() == before:
            return None
        asked = Keywords((), None, None, "", False)
    results = _parts(plain(_operands(frame, op, args, asked), kwargs))
    if asked.dtype is not None and any(
        dtype_of(v.type) not in (asked.dtype, None) for v in results
    ):
        raise MissingRule(f"{op.name}: this dtype= has no derivative rule")
    outs = asked.outs or (None,) * len(results)
    if len(outs) != len(results):
        raise UnsupportedSyntax(f"out= needs {len(results)} arrays here")
    found = [
        frame.object_of(v) if out is None else _write_out(frame, out, v, asked)
        for out, v in zip(outs, results, strict=True)
    ]
    return found[0] if len(found) == 1 else Items(tuple(found))


def _parts(results: tuple[Value, ...]) -> tuple[Value, ...]:
    """The results of an operation; of one that gives a tuple, those in it."""
    t = results[0].type
    if len(results) != 1 or not isinstance(t, Tuple):
        return results
    return tuple(item(results[0], key=k) for k in range(len(t.items)))


def _operands(frame: Frame, op: Op, args: list[Ref], asked: Keywords) -> list[Ref]:
    """The operands in the dtype asked for, and harmless where they are not used."""
    if asked.dtype is not None:
        count = 1 if op.name == "ldexp" else len(args)  # its second is a whole number
        cast_ = [_in_dtype(frame, r, asked.dtype) for r in args[:count]]
        args = [*cast_, *args[count:]]
    if asked.where is None:
        return args
    if None in (asked.outs or (None,)):
        raise UnsupportedSyntax(
            "with where= and no out=, the other entries are left as they happen to be",
            hint="give out=, for instance out=np.zeros_like(...)",
        )
    safe = _HARMLESS.get(op.name, ())
    pairs = zip(args, safe, strict=False)
    changed = [_harmless(frame, r, asked.where, number) for r, number in pairs]
    return [*changed, *args[len(changed) :]]


def _cast(
    frame: Frame, args: list[Ref], kwargs: dict[str, Ref], plain: Plain
) -> Ref | None:
    """`x.astype(dtype, copy=False)` is x itself where it has the dtype."""
    rest = {k: v for k, v in kwargs.items() if k != "copy"}
    (found,) = plain(args, rest)
    same = dtype_of(found.type) == dtype_of(frame.read(args[0]).type)
    itself = same and _keyword(frame, kwargs, "copy") is False
    return args[0] if itself else frame.object_of(found)


def _masked(frame: Frame, op: Op, plain: Plain) -> Plain:
    def reduced(args: list[Ref], kwargs: dict[str, Ref]) -> tuple[Value, ...]:
        return (reduce_masked(frame, op, args, kwargs, plain),)

    return reduced


def _without_true(kwargs: dict[str, Ref]) -> dict[str, Ref]:
    return {k: v for k, v in kwargs.items() if not (k == "where" and _is_true(v))}


def _is_true(ref: Ref | None) -> bool:
    if isinstance(ref, Number) and isinstance(ref.value, Literal):
        return bool(ref.value.value) and isinstance(ref.value.value, (bool, np.bool_))
    return ref is None or (isinstance(ref, Static) and ref.value is True)


def _is_none(ref: Ref | None) -> bool:
    return ref is None or (isinstance(ref, Static) and ref.value is None)


def _keyword(
    frame: Frame, kwargs: dict[str, Ref], name: str, default: Any = None
) -> Any:
    """The value of a keyword that must be known; the default where it is not given."""
    ref = kwargs.get(name)
    if ref is None:
        return default
    if isinstance(ref, Static):
        return ref.value
    if isinstance(ref, Number) and isinstance(ref.value, Literal):
        return ref.value.value
    raise UnsupportedSyntax(f"{name}= must be known before the program runs")


# ---- reading the call ----------------------------------------------------------------


def _taken(
    frame: Frame, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> tuple[list[Ref], dict[str, Ref], Keywords | None]:
    """The arguments that are the operation's own, and what else the call asks for."""
    ufunc = isinstance(target, np.ufunc)
    kwargs, args = dict(kwargs), list(args)
    place = target.nin if ufunc else _place_of_out(target)
    outs: list[Ref] = []
    if place is not None and len(args) > place:
        last = place + (target.nout if ufunc else 1)
        outs, args = args[place:last], [*args[:place], *args[last:]]
    keyword = kwargs.pop("out", None)
    if keyword is not None and not _is_none(keyword):
        known = structure(frame, keyword)
        outs = list(known.items) if isinstance(known, Items) else [keyword]
    like = ufunc or any(target is f for f in _LIKE_UFUNCS)
    mask = kwargs.pop("where") if like and "where" in kwargs else None
    dtype = _keyword(frame, kwargs, "dtype") if ufunc else None
    if (
        ufunc
        and dtype is not None
        and all(t[-1] == "?" for t in target.types if "O" not in t)
    ):
        dtype = None if np.dtype(dtype) == bool else dtype  # what it gives anyway
    casting = _keyword(frame, kwargs, "casting") if ufunc or "casting" in kwargs else ""
    if ufunc:
        kwargs = _of_ufunc(frame, target, args, kwargs)
    elif outs and casting:
        del kwargs["casting"]
    given = tuple(None if _is_none(r) else r for r in outs)
    given = () if all(r is None for r in given) else given
    if not given and dtype is None and _is_true(mask):
        return args, kwargs, None
    where = None if mask is None or _is_true(mask) else array_like(frame, mask)
    name = None if dtype is None else str(np.dtype(dtype))
    unsafe = target is np.mean or target is np.std or target is np.var
    rule = casting or ("unsafe" if unsafe else "same_kind")
    return args, kwargs, Keywords(given, where, name, rule, like)


def _of_ufunc(
    frame: Frame, ufunc: np.ufunc, args: list[Ref], kwargs: dict[str, Ref]
) -> dict[str, Ref]:
    """The keywords of a ufunc that are left, less those that change nothing here."""
    rest = dict(kwargs)
    loop = _keyword(frame, rest, "signature")
    if isinstance(loop, str) and loop in ufunc.types:
        taken = loop.partition("->")[0]
        dtypes = [dtype_of(array_like(frame, r).type) for r in args]
        if [str(np.dtype(c)) for c in taken] == dtypes:
            del rest["signature"]
    for name in ("dtype", "casting"):
        rest.pop(name, None)
    if _keyword(frame, rest, "order") in ("K", "C"):
        del rest["order"]
    if _keyword(frame, rest, "subok") in (True, False):
        del rest["subok"]
    return rest


def _place_of_out(target: Any) -> int | None:
    """Which positional argument of a function of NumPy is `out`."""
    if target is None or not callable(target):
        return None
    try:
        return _place_in_signature(target)
    except TypeError:  # it cannot be hashed
        return None


@cache
def _place_in_signature(target: Any) -> int | None:
    try:
        parameters = list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        return None
    for k, p in enumerate(parameters):
        if p.name == "out" and p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
            return k
    return None


def _harmless(frame: Frame, ref: Ref, where: Value, number: float | None) -> Ref:
    value = array_like(frame, ref)
    if number is None or (isinstance(value, Literal) and value.value != 0):
        return ref
    return frame.object_of(choose(where, value, literal(number)))


def _in_dtype(frame: Frame, ref: Ref, dtype: str) -> Ref:
    """An operand cast to the dtype that a ufunc computes in."""
    value = array_like(frame, ref)
    t = unwrapped(value.type)
    if isinstance(t, Scalar) and not t.dtype:
        return ref
    known = dtype_of(t)
    if known is None or not np.can_cast(known, dtype, "same_kind"):
        raise MissingRule(
            f"dtype={dtype}: an operand of {known or 'a dtype that is not known'} "
            "cannot be computed with in it"
        )
    return ref if known == dtype else frame.object_of(cast(value, dtype=dtype))


# ---- writing the result --------------------------------------------------------------


def _write_out(frame: Frame, out: Ref, result: Value, asked: Keywords) -> Ref:
    """Write a result to the array given as `out=`; gives that array."""
    ours, theirs = dims_of(frame.read(out).type), dims_of(result.type)
    if not asked.broadcasts and ours is not None and theirs is not None:
        if len(ours) != len(theirs):
            raise UnsupportedSyntax("out= has another number of dimensions")
    if ours == ():
        raise UnsupportedSyntax(
            "out= of no dimensions is not supported", hint="use the result"
        )
    store_whole(frame, out, result, asked.casting, asked.where)
    return out


def store_whole(
    frame: Frame,
    out: Ref,
    result: Value,
    casting: str = "same_kind",
    where: Value | None = None,
    in_place: bool = False,
) -> None:
    """Write a value to all of an array, or to the entries where a mask holds.

    in_place : written as `out[...] = result` also where a plain value would do.

    Raises
    ------
    UnsupportedSyntax
        It is no array, or cannot hold the result.
    """
    old = array_like(frame, out) if structure(frame, out) is None else None
    t = None if old is None else unwrapped(old.type)
    if old is None or t is None or isinstance(t, Scalar):
        raise UnsupportedSyntax("only an array can be written to here")
    want, got = dtype_of(old.type), dtype_of(result.type)
    python = isinstance(unwrapped(result.type), Scalar) and not getattr(
        unwrapped(result.type), "dtype", ""
    )
    if want and got and not _castable(got, want, casting, python):
        raise UnsupportedSyntax(
            f"an array of {want} cannot hold the {got} written to it",
            hint=f"make the array with dtype {got}",
        )
    if want and got and kind_of_dtype(got) == "complex" != kind_of_dtype(want):
        raise UnsupportedSyntax(
            "writing complex numbers to a real array discards their imaginary part",
            hint="take the real part first: .real",
        )
    if where is not None:
        result = choose(where, result, old)
    same = isinstance(t, Array) and isinstance(result.type, Array)
    same = same and not isinstance(old.type, Maybe) and same_dims(t, result.type)
    if same and not (in_place and isinstance(out, Cell)):
        value = result if want == got else cast(result, dtype=want)
        frame.write(out, frame.named(value, old.name) if old.name else value)
        return
    if isinstance(t, Array) and isinstance(result.type, Array):
        if len(result.type.dims) > len(t.dims):
            raise UnsupportedSyntax("the array written to has too few dimensions")
    write_part(frame, out, result, ("...",), [])


def _castable(got: str, want: str, casting: str, python: bool) -> bool:
    if python:  # the kind counts, not the width
        order = ("bool", "int", "float", "complex")
        kinds = [str(kind_of_dtype(d)) for d in (got, want)]
        return casting == "unsafe" or order.index(kinds[0]) <= order.index(kinds[1])
    return bool(np.can_cast(got, want, casting))  # type: ignore[arg-type]
