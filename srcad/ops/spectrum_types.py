"""The types of spectra: which axes are transformed, their lengths, the dtype."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.sizes import Dim, Size
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, dtype_of
from srcad.ops.sizes import length

PREFIX = "scipy_"  # of SciPy's operations


def kind_named(op: Any) -> str:
    """The name that both libraries give a transform."""
    name: str = op if isinstance(op, str) else op.name
    return name.removeprefix(PREFIX)


def axes_in(
    name: str, params: Mapping[str, Any], dims: Sequence[Dim] | None
) -> tuple[int, ...] | None:
    """The axes, the last of which is the halved one; None: all of an unknown number."""
    if name.endswith("fft"):
        return (params.get("axis", -1),)
    if "axes" in params:
        axes: tuple[int, ...] = params["axes"]
        return axes
    if name.endswith("2"):
        return (-2, -1)
    return None if dims is None else tuple(range(-len(dims), 0))


def half_length(d: Dim) -> Dim:
    """d // 2 + 1."""
    if isinstance(d, int):
        return d // 2 + 1
    return Size(f"half({str(d).rstrip('?')})", 0, d.may_be_one)


def _whole(d: Dim) -> Dim:
    """2 * (d - 1), which is never 1."""
    if isinstance(d, int):
        return 2 * (d - 1)
    return Size(f"whole({str(d).rstrip('?')})", 0)


def complex_dtype(dtype: str, library: str = "np") -> Any:
    """The dtype of the spectrum of an array."""
    if library == "np":
        return np.fft.fft(np.zeros(2, dtype)).dtype
    inexact = np.dtype(dtype).kind in "fc"
    return np.result_type(np.dtype(dtype) if inexact else np.float64, np.complex64)


def spectrum_type(name: str, library: str) -> Callable[..., Type]:
    """How the type of a transform's result is inferred."""
    to_real = name.startswith(("irfft", "hfft"))
    halved = name.startswith(("rfft", "ihfft"))

    def infer(x: Type, *lengths: Type, **params: Any) -> Type:
        dims, dtype = dims_of(x), dtype_of(x)
        if not dims or dtype is None:
            return UNKNOWN
        axes = axes_in(name, params, dims)
        if axes is None or not all(-len(dims) <= a < len(dims) for a in axes):
            return UNKNOWN
        found = list(dims)
        for axis, given in zip(axes, lengths, strict=False):
            found[axis] = length(given)
        last = axes[-1]
        if halved:
            found[last] = half_length(found[last])
        elif to_real and not lengths:
            found[last] = _whole(found[last])
        kind = complex_dtype(dtype, library)
        result = np.zeros(0, kind).real.dtype if to_real else kind
        if to_real and dtype == "float16" and library == "np":
            sides = (2,) * min(len(axes), 2)  # the last of several is no longer half
            result = getattr(np.fft, name)(np.zeros(sides, dtype)).dtype
        return Array(str(result), tuple(found))

    return infer
