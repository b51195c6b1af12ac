"""Fourier transforms of `numpy.fft` and `scipy.fft`: 1-d, 2-d, n-d; real, Hermitian.

Each is linear, and the complex one is its own transpose (its matrix is symmetric; as
everywhere, cotangents pair without conjugation). With F the transform over all axes:

    rfft   x -> the first half of F x             transpose: real(F g), g padded
    irfft  x -> F^-1 of the Hermitian whole of x  transpose: w * conj(rfft(g)) / n
    hfft   x -> irfft(conj(x)) * n                transpose: w * rfft(g)
    ihfft  x -> conj(rfft(x)) / n                 transpose: real(F conj(g)) / n

where w is 2 for each frequency that stands for two. Padding and cropping undo each
other. SciPy's operations bear the prefix `scipy_`; they keep single precision, and
their transposes are SciPy's too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import Type, dims_of, same_dims
from srcad.ops.complexes import conj
from srcad.ops.declare import (
    OPS,
    Arguments,
    Contribution,
    Op,
    declared,
    first_only,
    on_first,
    static,
)
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.fit import known, matched, real
from srcad.ops.kinds import linear
from srcad.ops.shapes import dim
from srcad.ops.sizes import Sized, bound, entries_of, with_dims
from srcad.ops.spectrum_types import PREFIX, axes_in, kind_named, spectrum_type

# The norm of the transform that goes the other way with the same factor.
SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": None}

# What SciPy takes besides; it may not destroy what the derivative reads.
FREE: dict[str, Sequence[Any]] = {
    "overwrite_x": [False],
    "workers": [None, *range(-64, 65)],
    "plan": [None],
}


def _bind(name: str, axes: str, library: str) -> Any:
    """Sorts `f(x, n, axis, norm)` and `f(x, s, axes, norm)`: lengths are inputs."""
    one = axes == "axis"
    count = "n" if one else "s"
    first, ignored = ("x", FREE) if library == "scipy" else ("a", {"out": [None]})

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        names = (first, count, axes, "norm")
        if library == "scipy" and len(args) > 4:  # overwrite_x, workers
            more = dict(zip(FREE, args[4:6], strict=False))
            args, kwargs = [*args[:4], *args[6:]], {**kwargs, **more}
        given = bound(names, args, kwargs, name, ignored=ignored)
        params = {
            k: static(given[k], f"{name}({k}=...)") for k in names[2:] if k in given
        }
        if isinstance(params.get("axes"), list):
            params["axes"] = tuple(params["axes"])
        lengths = given.get(count)
        if isinstance(lengths, Literal) and lengths.value is None:
            lengths = None
        if lengths is None:
            return [given[first]], _plain(params)
        if one:
            return [given[first], lengths], _plain(params)
        entries = entries_of(lengths, name)[0]
        if any(_is_minus_one(e) for e in entries):
            raise MissingRule(f"{name}: a length of -1 has no derivative rule")
        if params.get("axes") is None and name.endswith("n"):
            params["axes"] = tuple(range(-len(entries), 0))
        return [given[first], *entries], _plain(params)

    return bind


def _is_minus_one(entry: Any) -> bool:
    value = entry.value if isinstance(entry, Literal) else entry
    return isinstance(value, int) and value == -1


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Without what means nothing: `norm="backward"` stays, as it is the user's word."""
    return {k: v for k, v in params.items() if v is not None}


def _axes(node: Node) -> tuple[int, ...] | None:
    """The axes that a node transforms."""
    return axes_in(kind_named(node.op), node.params, dims_of(node.inputs[0].type))


# ---- fitting the lengths -------------------------------------------------------------


def _fitted_type(g: Type, x: Type) -> Type:
    return with_dims(g, dims_of(x))


# g cropped, or padded with zeros, to the shape of x; of which only the shape is read.
cropped_like: Op = linear(
    "cropped_like",
    signature="g, x",
    infer=_fitted_type,
    code="runtime.cropped_like(g, x)",
    transpose=lambda g, node: cropped_like(g, node.inputs[0]),
    domain=lambda: [
        at(spaced(-1, 1, (2, 3)), np.zeros((4, 2)), expected=_cropped),
    ],
)


def _cropped(g: Any, x: Any) -> Any:
    found = np.zeros(x.shape)
    part = tuple(slice(0, min(a, b)) for a, b in zip(g.shape, x.shape, strict=True))
    found[part] = g[part]
    return found


def _fitted(g: Value, node: Node) -> Value:
    """The cotangent of the transformed array, of the shape it was padded to."""
    x = node.inputs[0]
    fits = len(node.inputs) == 1 or same_dims(g.type, x.type)
    return matched(g if fits else cropped_like(g, x), x)


def _even_doubled(g: Any, n: int) -> Any:
    return g * np.array([1.0, 2.0, 1.0])[: g.shape[-1]]


def _odd_doubled(g: Any, n: int) -> Any:
    return g * np.array([1.0, 2.0, 2.0])[: g.shape[-1]]


# Frequencies that stand for two, doubled: all but the first and, where the number of
# samples n is even, the last.
doubled: Op = linear(
    "doubled",
    signature="g, n, axis=-1",
    infer=lambda g, n, axis=-1: g,
    code="runtime.doubled(g, n, axis=axis)",
    transpose=lambda g, node: doubled(g, node.inputs[1], **node.params),
    domain=lambda: [
        at(spaced(-1, 1, (2, 3)), 4, expected=_even_doubled),
        at(spaced(-1, 1, (3,)), 5, expected=_odd_doubled),
        at(spaced(-1, 1, (3, 2)), 4, axis=0),
    ],
)


# ---- transposes ----------------------------------------------------------------------


def _back_params(node: Node, swapped: bool, lengths: Sequence[Value]) -> dict[str, Any]:
    """The params of the transform back; with lengths, NumPy wants the axes too."""
    norm = node.params.get("norm")
    params = {k: v for k, v in node.params.items() if k != "norm"}
    norm = SWAPPED[norm] if swapped else norm
    if norm is not None:
        params["norm"] = norm
    if lengths and kind_named(node.op).endswith("n"):
        params["axes"] = _axes(node)
    return params


def _complex_back(g: Value, node: Node) -> Contribution:
    """The complex transform is its own transpose."""
    op = node.op
    assert isinstance(op, Op)
    return _fitted(op(g, **node.params), node)


def _half_back(g: Value, node: Node) -> Contribution:
    """real(F g) over the whole length; ihfft: of the conjugate, with its factor."""
    x, axes = node.inputs[0], _axes(node)
    hermitian = kind_named(node.op).startswith("ihfft")
    g = conj(g) if hermitian else g
    lengths = list(node.inputs[1:])
    if not lengths and axes is not None:
        lengths = [dim(x, k=a) for a in axes]
    elif not lengths:
        g = cropped_like(g, x)
    params = _back_params(node, hermitian, lengths)
    return _fitted(real(_of_kind("fft", node)(g, *lengths, **params)), node)


def _real_back(g: Value, node: Node) -> Contribution:
    """w * conj(rfft(g)) with the other factor; hfft: w * rfft(g)."""
    hermitian, axes = kind_named(node.op).startswith("hfft"), _axes(node)
    half = _of_kind("rfft", node)(g, **_back_params(node, not hermitian, ()))
    half = half if hermitian else conj(half)
    axis = -1 if axes is None else axes[-1]
    where = {} if axis == -1 else {"axis": axis}
    return _fitted(doubled(half, dim(g, k=axis), **where), node)


def _of_kind(kind: str, node: Node) -> Op:
    """fft2 for irfft2, and so on."""
    op = node.op
    assert isinstance(op, Op)
    name = kind_named(op)
    prefix = op.name.removesuffix(name)
    return OPS[prefix + kind + name[name.index("fft") + 3 :]]


def _code(name: str, axes: str, library: str) -> Callable[[Node], str]:
    def code(node: Node) -> str:
        count = len(node.inputs) - 1
        lengths = ""
        if count and axes == "axis":
            lengths = ", s0"
        elif count:
            inner = ", ".join(f"s{k}" for k in range(count))
            lengths = f", s=({inner}{',' if count == 1 else ''})"
        return f"{library}.fft.{name}(x{lengths}, {axes}={axes}, norm=norm)"

    return code


def _transform(
    name: str, back: Callable[[Value, Node], Contribution], library: str = "np"
) -> Op:
    axes = "axis" if name.endswith("fft") else "axes"
    usual = "-1" if axes == "axis" else "(-2, -1)" if name.endswith("2") else "None"

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        return first_only(node, back(known(cts[0]), node))

    return declared(
        Sized(
            name if library == "np" else PREFIX + name,
            f"x, *s, {axes}={usual}, norm=None",
            spectrum_type(name, library),
            _code(name, axes, library),
            calls=(getattr(np.fft, name) if library == "np" else f"scipy.fft.{name}",),
            bind=_bind(name, axes, library),
            jvp=on_first,
            vjp=vjp,
            kind="linear",
            domain=_points(name, axes, library),
        )
    )


# ---- sample points -------------------------------------------------------------------


def _points(name: str, axes: str, library: str) -> Callable[[], list[Sample]]:
    complex_in = not name.startswith(("rfft", "ihfft"))
    shift = 0.3j if complex_in else 0.0

    def function(*args: Any, **kwargs: Any) -> Any:
        home: Any = np if library == "np" else sys.modules["scipy"]
        return getattr(home.fft, name)(*args, **kwargs)

    where = {"axis": 0} if axes == "axis" else {"axes": (1, 0)}

    def whole(k: int, **params: Any) -> Sample:
        """With the length k on the last axis that is transformed."""
        x = spaced(-1, 1, (3, 4)) + shift
        inputs = (x, k) if axes == "axis" else (x, 2, k)
        if axes == "axes":
            params = {"axes": (0, 1), **params}
        return Sample(inputs, params, expected=_called(function, axes, params))

    def points() -> list[Sample]:
        found = [
            at(spaced(-1, 1, (2, 4)) + shift),
            at(spaced(-1, 1, (3, 3)) + shift, norm="ortho"),
            at(spaced(-1, 1, (3, 4)) + shift, norm="forward", **where),
            at(spaced(-1, 1, (2, 3)), norm="backward"),
            *(whole(k) for k in (3, 4, 5, 6)),
            whole(5, norm="ortho"),
            at(spaced(-1, 1, (2, 3), np.float32)),
        ]
        if axes == "axis":
            found.append(value_at(spaced(-1, 1, (4,)) + shift))
        return found

    return points


def _called(function: Any, axes: str, params: Mapping[str, Any]) -> Any:
    def call(x: Any, *lengths: int) -> Any:
        count = lengths[0] if axes == "axis" else lengths
        return function(x, count, **params)

    return call


BACK: dict[str, Callable[[Value, Node], Contribution]] = {
    "": _complex_back,
    "i": _complex_back,
    "r": _half_back,
    "ih": _half_back,
    "ir": _real_back,
    "h": _real_back,
}
fft: Op = _transform("fft", _complex_back)
ifft: Op = _transform("ifft", _complex_back)
fft2: Op = _transform("fft2", _complex_back)
ifft2: Op = _transform("ifft2", _complex_back)
fftn: Op = _transform("fftn", _complex_back)
ifftn: Op = _transform("ifftn", _complex_back)
rfft: Op = _transform("rfft", _half_back)
rfft2: Op = _transform("rfft2", _half_back)
rfftn: Op = _transform("rfftn", _half_back)
ihfft: Op = _transform("ihfft", _half_back)
irfft: Op = _transform("irfft", _real_back)
irfft2: Op = _transform("irfft2", _real_back)
irfftn: Op = _transform("irfftn", _real_back)
hfft: Op = _transform("hfft", _real_back)

SCIPY: dict[str, Op] = {
    f"{kind}fft{axes}": _transform(f"{kind}fft{axes}", back, "scipy")
    for kind, back in BACK.items()
    for axes in ("", "2", "n")
}
