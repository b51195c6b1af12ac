"""Filters of `scipy.ndimage` that are correlations of an extended array.

All are linear in the array; `correlate` and `convolve` are so in the weights too.
Widths (`sigma`, `size`) are constants.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Value
from srcad.ir.types import Array, Type, kind_of
from srcad.ops.bodies import rank_for
from srcad.ops.declare import Arguments, Op, as_array, is_none, static, zero
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, spaced
from srcad.ops.elementary import sqrt
from srcad.ops.image_correlations import (
    MODES,
    along,
    correlated,
    correlated_along,
    turned,
)
from srcad.ops.sizes import bound

# ---- named weights -------------------------------------------------------------------


def _kernel_type(*_: Type, radius: int = 0, **__: Any) -> Type:
    return Array("float64", (2 * radius + 1,))


# The response of a Gaussian filter to one 1 among zeros.
gaussian_kernel: Op = zero(
    "gaussian_kernel",
    signature="*, sigma=1.0, order=0, radius=-1",
    infer=_kernel_type,
    code="scipy.ndimage.gaussian_filter1d(np.eye(1, 2 * radius + 1, radius)[0], sigma, "
    "order=order, mode='constant', radius=radius)",
)


def _gaussian1d(
    x: Value,
    sigma: Any = 1.0,
    axis: int = -1,
    order: int = 0,
    truncate: float = 4.0,
    radius: Any = None,
    **to: Any,
) -> Value:
    reach = int(truncate * float(sigma) + 0.5) if radius is None else int(radius)
    params: dict[str, Any] = {"sigma": float(sigma), "radius": reach}
    params |= {"order": order} if order else {}
    return along(x, gaussian_kernel(**params), axis, **to)


def _each(given: Any, count: int) -> list[Any]:
    return list(given) if isinstance(given, (tuple, list)) else [given] * count


def _gaussian(
    x: Value,
    sigma: Any = 1.0,
    order: Any = 0,
    truncate: float = 4.0,
    radius: Any = None,
    mode: Any = "reflect",
    cval: float = 0.0,
) -> Value:
    (rank,) = rank_for("gaussian_filter", x)
    lists = (_each(v, rank) for v in (sigma, order, radius, mode))
    for k, (s, o, r, m) in enumerate(zip(*lists, strict=True)):
        if s > 1e-15:
            x = _gaussian1d(x, s, k, o, truncate, r, mode=m, cval=cval)
    return x


def _uniform1d(
    x: Value, size: int = 3, axis: int = -1, origin: int = 0, **to: Any
) -> Value:
    kernel = turned([1.0 / size] * size)
    return along(x, kernel, axis, origin=origin, **to)


def _uniform(
    x: Value, size: Any = 3, origin: Any = 0, mode: Any = "reflect", cval: float = 0.0
) -> Value:
    (rank,) = rank_for("uniform_filter", x)
    lists = (_each(v, rank) for v in (size, origin, mode))
    for k, (n, o, m) in enumerate(zip(*lists, strict=True)):
        if n > 1:
            x = _uniform1d(x, int(n), k, o, mode=m, cval=cval)
    return x


def _slope(side: Sequence[float]) -> Callable[..., Value]:
    def body(
        x: Value, axis: int = -1, mode: Any = "reflect", cval: float = 0.0
    ) -> Value:
        (rank,) = rank_for("ndimage", x)
        modes = _each(mode, rank)
        axis = axis % rank
        x = along(x, turned([-1, 0, 1]), axis, modes[axis], cval)
        for k in range(rank):
            if k != axis:
                x = along(x, turned(side), k, modes[k], cval)
        return x

    return body


def _total(
    terms: Callable[[Value, int, str], Value], x: Value, mode: Any = "reflect"
) -> Value:
    (rank,) = rank_for("ndimage", x)
    found = [terms(x, k, m) for k, m in enumerate(_each(mode, rank))]
    total = found[0]
    for term in found[1:]:
        total = total + term
    return total


def _laplace(x: Value, mode: Any = "reflect", cval: float = 0.0) -> Value:
    def bend(x: Value, k: int, m: str) -> Value:
        return along(x, turned([1, -2, 1]), k, m, cval)

    return _total(bend, x, mode)


def _by_gauss(
    order: int, x: Value, k: int, sigma: Any, mode: Any, cval: float
) -> Value:
    (rank,) = rank_for("ndimage", x)
    orders = [order if j == k else 0 for j in range(rank)]
    return _gaussian(x, sigma, orders, mode=mode, cval=cval)


def _gaussian_laplace(
    x: Value, sigma: Any = 1.0, mode: Any = "reflect", cval: float = 0.0
) -> Value:
    return _total(lambda x, k, m: _by_gauss(2, x, k, sigma, m, cval), x, mode)


def _gaussian_gradient(
    x: Value, sigma: Any = 1.0, mode: Any = "reflect", cval: float = 0.0
) -> Value:
    def squared(x: Value, k: int, m: str) -> Value:
        slope = _by_gauss(1, x, k, sigma, m, cval)
        return slope * slope

    return sqrt(_total(squared, x, mode))


# ---- the operations ------------------------------------------------------------------


def _constant(given: Any, what: str) -> Any:
    found = static(given, what)
    return tuple(found) if isinstance(found, (list, np.ndarray)) else found


def _bind(
    name: str, inputs: Sequence[str], names: str, usual: Mapping[str, Any]
) -> Any:
    free: dict[str, Sequence[Any]] = {"axes": [None], "output": [None]}

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound((*names.split(), "axes"), args, kwargs, name)
        for k, allowed in free.items():
            if not is_none(given.pop(k, None)):
                raise MissingRule(
                    f"{name}: {k}= has no derivative rule (only {allowed[0]})"
                )
        rest = [k for k in given if k not in inputs]
        params = {k: _constant(given[k], f"{name}({k}=...)") for k in rest}
        params = {k: v for k, v in params.items() if k == "sigma" or v != usual.get(k)}
        modes = params.get("mode", "reflect")
        for mode in modes if isinstance(modes, tuple) else (modes,):
            if mode not in MODES:
                raise MissingRule(f"{name}: the mode {mode!r} has no derivative rule")
        x = as_array(given["input"])
        t = x.type if isinstance(x, Value) else None
        if t is not None and kind_of(t) == "complex":
            raise MissingRule(f"{name} of complex numbers has no derivative rule")
        return [x, *(as_array(given[k]) for k in inputs[1:])], params

    return bind


def _filter(
    name: str,
    names: str,
    body: Any,
    samples: Sequence[dict[str, Any]],
    weights: Callable[[], Sequence[Any]] | None = None,
    **usual: Any,
) -> Op:
    """A filter: its parameters in SciPy's order, and their defaults."""
    inputs = ["input"] if weights is None else ["input", "weights"]
    settings = [k for k in names.split() if k not in (*inputs, "output")]
    usual = {"mode": "reflect", "cval": 0.0, **usual}
    back = {"back": True} if name.startswith("convolve") else {}

    def points() -> list[Sample]:
        def sample(x: Any, w: Any, params: dict[str, Any]) -> Sample:
            def expected(*inputs: Any) -> Any:
                return getattr(sys.modules["scipy.ndimage"], name)(*inputs, **params)

            return Sample((x, *w), params, expected=expected)

        arrays = [()] if weights is None else [(w,) for w in weights()]
        x = spaced(-1, 1, (5, 4))
        return [sample(x, w, dict(params)) for w in arrays for params in samples]

    signature = ", ".join(["x", *("w" for _ in inputs[1:])])
    shown = "".join(f", {k}={usual[k]!r}" for k in settings)
    passed = "".join(f", {k}={k}" for k in settings)
    return derived(
        f"image_{name}",
        calls=(f"scipy.ndimage.{name}",),
        signature=f"{signature}{shown}",
        bind=_bind(name, inputs, names, usual),
        code=f"scipy.ndimage.{name}({signature}{passed})",
        body=lambda *xs, **params: body(*xs, **back, **params),
        facts={"ranked": True},
        domain=points,
    )


Settings = list[dict[str, Any]]
ALL_MODES: Settings = [
    {"mode": m} for m in ("reflect", "constant", "nearest", "mirror", "wrap")
]
FILLED: dict[str, Any] = {"mode": "constant", "cval": 0.5}
VECTORS = lambda: [spaced(1, 2, (3,)), spaced(1, 2, (4,))]  # noqa: E731
MATRICES = lambda: [spaced(1, 2, (3, 2)), spaced(1, 2, (2, 3))]  # noqa: E731
SMOOTH: Settings = [{"sigma": 0.6}, {"sigma": (0.4, 0.7), "mode": ("nearest", "wrap")}]

for _name in ("correlate1d", "convolve1d"):
    _filter(
        _name,
        "input weights axis output mode cval origin",
        correlated_along,
        [*ALL_MODES, {"axis": 0, "origin": -1}, FILLED],
        VECTORS,
        axis=-1,
        origin=0,
    )
for _name in ("correlate", "convolve"):
    _filter(
        _name,
        "input weights output mode cval origin",
        correlated,
        [*ALL_MODES, {"origin": (0, -1)}, FILLED],
        MATRICES,
        origin=0,
    )
_filter(
    "gaussian_filter1d",
    "input sigma axis order output mode cval truncate radius",
    _gaussian1d,
    [
        {"sigma": 0.6, "axis": 0},
        {"sigma": 0.5, "order": 1, "mode": "wrap"},
        {"sigma": 0.8, "radius": 2, "mode": "mirror"},
        {"sigma": 2.5, "truncate": 3.0},
        {"sigma": 0.1},
    ],
    sigma=1.0,
    axis=-1,
    order=0,
    truncate=4.0,
    radius=None,
)
_filter(
    "gaussian_filter",
    "input sigma order output mode cval truncate radius",
    _gaussian,
    [*SMOOTH, {"sigma": 0.5, "order": (0, 1), "truncate": 2.0}],
    sigma=1.0,
    order=0,
    truncate=4.0,
    radius=None,
)
_filter(
    "uniform_filter1d",
    "input size axis output mode cval origin",
    _uniform1d,
    [{"size": 3}, {"size": 4, "axis": 0, "origin": 1}],
    size=0,
    axis=-1,
    origin=0,
)
_filter(
    "uniform_filter",
    "input size output mode cval origin",
    _uniform,
    [{}, {"size": (2, 3), "mode": "wrap"}, {"size": 3, **FILLED}],
    size=3,
    origin=0,
)
_filter("sobel", "input axis output mode cval", _slope([1, 2, 1]), ALL_MODES, axis=-1)
_filter("prewitt", "input axis output mode cval", _slope([1, 1, 1]), ALL_MODES, axis=-1)
_filter("laplace", "input output mode cval", _laplace, [*ALL_MODES, FILLED])
_filter(
    "gaussian_laplace",
    "input sigma output mode cval",
    _gaussian_laplace,
    SMOOTH,
    sigma=1.0,
)
_filter(
    "gaussian_gradient_magnitude",
    "input sigma output mode cval",
    _gaussian_gradient,
    SMOOTH,
    sigma=1.0,
)
