"""Cosine, sine and Hankel transforms of `scipy.fft`: linear maps of known transposes.

With D the diagonal matrix that doubles the first entry (cosines) or the last (sines),
the transforms of types 2 and 3 without `orthogonalize` are transposes up to D:

    C2' = C3 D     C3' = 1/D C2     C1' = 1/E C1 E     C4' = C4     S1' = S1

where E doubles both ends. With `orthogonalize` C2' = C3 and C1' = C1. The norm is a
factor that both have. The inverse of a type is the inverse type with the other norm.
The fast Hankel transform is its own transpose: it is a circulant matrix, with its rows
in reverse, between two diagonal ones that are equal up to a factor.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, dtype_of
from srcad.ops.bodies import length, part, rank_for
from srcad.ops.declare import OPS, Arguments, Op, as_array, static
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.filled import zeros
from srcad.ops.fit import known, matched
from srcad.ops.fourier import FREE, SWAPPED, cropped_like
from srcad.ops.joins import concatenate
from srcad.ops.kinds import linear
from srcad.ops.scipy_calls import by_name
from srcad.ops.sizes import bound, entries_of

INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}


def _bind(name: str) -> Any:
    """Sorts `f(x, type, n, axis, norm, ...)`; where lengths are given, x is fitted."""
    many = name.endswith("n")
    count, where = ("s", "axes") if many else ("n", "axis")
    known_names = ("x", "type", count, where, "norm", "orthogonalize")
    order = f"x type {count} {where} norm overwrite_x workers orthogonalize"

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        kwargs = by_name(name, order, args, kwargs)
        given = bound(known_names, (), kwargs, name, ignored=FREE)
        params = {
            k: static(given[k], f"{name}({k}=...)")
            for k in ("type", where, "norm", "orthogonalize")
            if k in given
        }
        params = {k: v for k, v in params.items() if v is not None}
        if params.get("type", 2) not in INVERSE:
            raise MissingRule(f"{name}: the types are 1, 2, 3, 4")
        if many:
            axes = params.get("axes")
            params["axes"] = (axes,) if isinstance(axes, int) else axes
        elif params.get("axis") == -1:
            del params["axis"]
        if params.get("type") == 2:
            del params["type"]
        x, lengths = as_array(given["x"]), given.get(count)
        if isinstance(lengths, Literal) and lengths.value is None:
            lengths = None
        if lengths is not None:
            entries = entries_of(lengths, name)[0]
            if many and params.get("axes") is None:
                params["axes"] = tuple(range(-len(entries), 0))
            places = params["axes"] if many else [params.get("axis", -1)]
            x = _resized(x, dict(zip(places, entries, strict=True)), name)
        if params.get("axes", 0) is None:
            del params["axes"]
        params = {k: tuple(v) if isinstance(v, list) else v for k, v in params.items()}
        return [x], params

    return bind


def _resized(x: Value, lengths: Mapping[int, Any], name: str) -> Value:
    """x cropped, or padded with zeros, to these lengths of axes."""
    (rank,) = rank_for(name, x)
    wanted = {k % rank: n for k, n in lengths.items()}
    shape = [wanted.get(k, length(x, k)) for k in range(rank)]
    return cropped_like(x, zeros(*shape))


def _type(x: Type, **_: Any) -> Type:
    dims, dtype = dims_of(x), dtype_of(x)
    if dims is None or dtype is None:
        return UNKNOWN
    inexact = np.dtype(dtype).kind in "fc"
    found = np.result_type(np.dtype(dtype) if inexact else np.float64, np.float32)
    return Array(str(found), dims)


# ---- transposes ----------------------------------------------------------------------


def _edges(g: Value, axis: int, factor: float, first: bool, last: bool) -> Value:
    """g with its first or last entries along an axis times a factor."""
    middle = part(g, 1 if first else None, -1 if last else None, axis)
    before = [part(g, 0, 1, axis) * factor] if first else []
    after = [part(g, -1, None, axis) * factor] if last else []
    where = {"axis": axis} if axis else {}
    return concatenate(*before, middle, *after, **where)


def _transposed(g: Value, node: Node) -> Value:
    """The transform back, between what the edges count."""
    op, params, x = node.op, dict(node.params), node.inputs[0]
    assert isinstance(op, Op)
    kind, norm = params.pop("type", 2), params.pop("norm", None)
    norm = None if norm == "backward" else norm
    orthogonal = params.pop("orthogonalize", norm == "ortho")
    name = op.name
    if name.startswith("i"):
        name, kind, norm = name[1:], INVERSE[kind], SWAPPED[norm]
    back = INVERSE[kind]
    params |= {"norm": norm} if norm else {}
    params |= {"type": back} if back != 2 else {}
    if orthogonal != (norm == "ortho"):
        params["orthogonalize"] = orthogonal
    g = known(g)
    sine = name.startswith("dst")
    scaled = not orthogonal and kind != 4 and not (sine and kind == 1)
    first, last = kind == 1 or not sine, kind == 1 or sine
    axes = _axes(node, x) if scaled else ()
    if kind in (1, 2):
        for k in axes:
            g = _edges(g, k, 2.0, first, last)
    found = OPS[name](g, **params)
    if kind in (1, 3):
        for k in axes:
            found = _edges(found, k, 0.5, first, last)
    return matched(found, x)


def _axes(node: Node, x: Value) -> Sequence[int]:
    if not node.op.name.endswith("n"):
        return [node.params.get("axis", -1)]
    axes = node.params.get("axes")
    return range(*rank_for(node.op.name, x)) if axes is None else axes


# ---- the operations ------------------------------------------------------------------


def _points(name: str) -> Callable[[], list[Sample]]:
    def points() -> list[Sample]:
        x = spaced(-1, 1, (3, 4))
        other: dict[str, Any] = {"axis": 0}
        if name.endswith("n"):
            other = {"axes": (1, 0)}

        def at(x: Any, **params: Any) -> Sample:
            return Sample((x,), params, ranked=name.endswith("n"))

        return [
            *(at(x, type=k) for k in INVERSE),
            *(at(x, type=k, norm="ortho") for k in INVERSE),
            *(at(x, type=k, norm="forward", **other) for k in INVERSE),
            at(x, type=3, norm="ortho", orthogonalize=False),
            at(x, type=1, orthogonalize=True),
            at(x + 0.3j),
            value_at(x.astype(np.float32), type=2, norm="ortho"),
        ]

    return points


def _transform(name: str) -> Op:
    where = "axes=None" if name.endswith("n") else "axis=-1"
    key = where[:4]
    return linear(
        name,
        calls=(f"scipy.fft.{name}",),
        signature=f"x, type=2, {where}, norm=None, orthogonalize=None",
        bind=_bind(name),
        infer=_type,
        code=f"scipy.fft.{name}(x, type=type, {key}={key}, norm=norm, "
        "orthogonalize=orthogonalize)",
        transpose=_transposed,
        facts={"ranked": True},
        domain=_points(name),
    )


dct: Op = _transform("dct")
idct: Op = _transform("idct")
dst: Op = _transform("dst")
idst: Op = _transform("idst")
dctn: Op = _transform("dctn")
idctn: Op = _transform("idctn")
dstn: Op = _transform("dstn")
idstn: Op = _transform("idstn")

# ---- Hankel --------------------------------------------------------------------------


def _hankel_bind(name: str) -> Any:
    names = ("a" if name == "fht" else "A", "dln", "mu", "offset", "bias")

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(names, args, kwargs, name)
        params = {k: static(given[k], f"{name}({k}=...)") for k in given}
        del params[names[0]]
        usual = {"offset": 0.0, "bias": 0.0}
        params = {k: float(v) for k, v in params.items()}
        params = {k: v for k, v in params.items() if v != usual.get(k)}
        return [as_array(given[names[0]])], params

    return bind


def _hankel(name: str) -> Op:
    def transposed(g: Value, node: Node) -> Value:
        op, x = node.op, node.inputs[0]
        assert isinstance(op, Op)
        return matched(op(known(g), **node.params), x)

    def sample(shape: tuple[int, ...], dln: float, mu: float, **more: float) -> Sample:
        params = {"dln": dln, "mu": mu, **more}

        def expected(x: Any) -> Any:
            return getattr(sys.modules["scipy.fft"], name)(x, dln, mu, **more)

        return at(spaced(-1, 1, shape), expected=expected, **params)

    return linear(
        name,
        calls=(f"scipy.fft.{name}",),
        signature="x, dln=0.0, mu=0.0, offset=0.0, bias=0.0",
        bind=_hankel_bind(name),
        infer=lambda x, **_: _hankel_type(name, x),
        code=f"scipy.fft.{name}(x, dln, mu, offset=offset, bias=bias)",
        transpose=transposed,
        domain=lambda: [
            sample((6,), 0.3, 1.0),
            sample((2, 5), 0.2, 0.5, offset=0.1),
            sample((6,), 0.3, 0.0, bias=0.2, offset=0.1),
        ],
    )


def _hankel_type(name: str, x: Type) -> Type:
    dims, dtype = dims_of(x), dtype_of(x)
    if dims is None or dtype is None:
        return UNKNOWN
    return Array(_hankel_dtype(name, dtype), dims)


@cache
def _hankel_dtype(name: str, dtype: str) -> str:
    """What SciPy computes in, which differs from version to version."""
    module = sys.modules.get("scipy.fft")
    if module is None or dtype == "float64":
        return "float64"
    return str(getattr(module, name)(np.ones(2, dtype), 0.1, 0.5).dtype)


fht: Op = _hankel("fht")
ifht: Op = _hankel("ifht")
