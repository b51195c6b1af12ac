"""How the Numba dialect writes quantiles along axes: Numba has those of all entries.

They go by the helpers of `runtime_order.py`, which put nan last as NumPy does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from srcad.backend.numba_axes import gathered
from srcad.backend.numba_order import left_shape
from srcad.ir.graph import Node
from srcad.ir.types import dims_of, dtype_of, kind_of
from srcad.ops.reduced import axes_of

Code = Callable[[Node], str | None]


def _quantile_code(scale: str, skip_nan: bool) -> Code:
    def code(node: Node) -> str | None:
        q = node.inputs[1].type
        places = dims_of(q)
        linear = node.params.get("method", "linear") == "linear"
        number = kind_of(q) in ("float", "int")
        if places is None or len(places) > 1 or not linear or not number:
            return None
        return _along(node, f"q{scale}", skip_nan, bool(places))

    return code


def _nanmedian_code(node: Node) -> str | None:
    """The quantile in the middle."""
    return _along(node, "0.5", skip_nan=True)


def _along(node: Node, q: str, skip_nan: bool, several: bool = False) -> str | None:
    """One quantile, or several of a vector q, along the axes of a reduction."""
    a = node.inputs[0].type
    dims, axis = dims_of(a), node.params.get("axis")
    if not dims or dtype_of(a) != "float64":
        return None
    if axis is None and not node.params.get("keepdims"):
        return None  # Numba has it
    given, axis = gathered("a", axes_of(axis, len(dims)), len(dims))
    shape, helper = left_shape(node, "a"), "quantile_along"
    if several:
        shape, helper = f"(len(q), {shape[1:]}", "quantiles_along"
    return f"runtime.{helper}({given}, {q}, {axis}, {skip_nan}).reshape({shape})"


QUANTILES: Mapping[str, Code] = {
    "nanmedian": _nanmedian_code,
    "quantile": _quantile_code("", False),
    "nanquantile": _quantile_code("", True),
    "percentile": _quantile_code(" / 100.0", False),
    "nanpercentile": _quantile_code(" / 100.0", True),
}
