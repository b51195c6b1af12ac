"""What Numba wants written in another way: one table of code, one of statements.

What runs along axes is in `numba_axes.py`; several index arrays go entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from srcad.backend.numba_axes import AXES
from srcad.backend.numba_copies import COPIES
from srcad.backend.numba_errors import asserted, raised
from srcad.backend.numba_grids import GRIDS
from srcad.backend.numba_lists import LISTS
from srcad.backend.numba_matrices import MATRICES
from srcad.backend.numba_norms import NORMS
from srcad.backend.numba_order import ORDER
from srcad.backend.numba_products import PRODUCTS
from srcad.backend.numba_quantiles import QUANTILES
from srcad.backend.numba_writes import (
    add_at,
    is_entry,
    is_flat,
    is_masked,
    is_places,
    is_vector,
    same_places,
    update,
)
from srcad.backend.writes import SPECIALS, Special
from srcad.ir.graph import Literal, Node
from srcad.ir.types import (
    Array,
    Scalar,
    dims_of,
    dtype_of,
    kind_of,
    same_dims,
    unwrapped,
)
from srcad.ops.layout import subscripted
from srcad.ops.sizes import shape_code

if TYPE_CHECKING:
    pass


def _getitem_code(node: Node) -> str | None:
    """`x[rows, columns]` with several index arrays: Numba reads by one at most.

    A mask of several dimensions goes over all entries in order.
    """
    x, *index = node.inputs
    vectors = [k for k, v in enumerate(index) if is_vector(v)]
    dims, layout = dims_of(x.type), node.params["layout"]
    if is_masked(node, index):
        return "x.ravel()[index0.ravel()]"
    if is_flat(node, index):
        return subscripted(layout).replace(".flat[", ".flatten()[")
    if dims is None or len(vectors) < 2 or len(index) != len(dims):
        return None
    if any(entry != "at" for entry in layout) or not all(map(is_entry, index)):
        return None
    if same_places([index[k] for k in vectors]) is None:
        return None
    names = [f"index{k}" for k in range(len(index))]
    entry = ", ".join(f"{n}[k]" if k in vectors else n for k, n in enumerate(names))
    first = vectors[0]
    count = f"len({names[first]})"
    for k in vectors[1:]:
        if not same_dims(index[k].type, index[first].type):
            count = f"runtime.agreed({count}, len({names[k]}))"
    return f"np.array([x[{entry}] for k in range({count})])"


def _where_code(node: Node) -> str | None:
    """`x if condition else y` for numbers."""
    numbers = all(isinstance(v.type, Scalar) for v in (*node.inputs, node.out))
    return "x if condition else y" if numbers else None


def _quotient_code(node: Node) -> str | None:
    """Compiled divisions do not raise (`error_model="numpy"`)."""
    numbers = all(isinstance(unwrapped(v.type), Scalar) for v in node.inputs)
    return "x / y" if numbers else None


def _quotient_or_zero_code(node: Node) -> str | None:
    """Numbers in the dtype of the result, or Numba's would be float64."""
    name = dtype_of(node.out.type)
    if name != "float32" or not isinstance(node.inputs[1].type, Array):
        return None
    return "x / np.where(y == 0, np.float32(np.inf), y)"


def _sum_like_code(node: Node) -> str | None:
    """By a helper of the rank; leading axes are summed before."""
    g, x = (unwrapped(v.type) for v in node.inputs)
    have, want = dims_of(g), dims_of(x)
    if have is None or want is None or not {kind_of(g), kind_of(x)} <= {"float"}:
        return None
    if not want:
        return "np.sum(g)" if have else "g"
    lead = len(have) - len(want)
    if lead < 0 or not isinstance(x, Array):
        return None
    text = "g"
    for _ in range(lead):
        text = f"np.sum({text}, axis=0)"
    if len(want) > 3:
        return f"runtime.summed_n({text}, x)"
    return f"runtime.summed_{len(want)}({text}, x)"


def _cast_code(node: Node) -> str | None:
    """`x.astype(np.int64)`: Numba takes NumPy's names of dtypes."""
    if not isinstance(node.inputs[0].type, Array):
        return None
    name = np.dtype(node.params.get("dtype", "float64")).name
    return f"x.astype(np.{'bool_' if name == 'bool' else name})"


def _power_slope_code(node: Node) -> str | None:
    """y * x**(y - 1), and 0 where y is 0; Numba's powers never raise."""
    x, y = node.inputs
    if not {kind_of(x.type), kind_of(y.type)} <= {"float", "int"}:
        return None
    if isinstance(y, Literal):
        c = float(y.value)
        return f"{c!r} * x ** {c - 1.0!r}" if c else "0.0 * x"
    if isinstance(y.type, Array):
        return "np.where(y == 0.0, 0.0, y * x ** (y - 1.0))"
    return "(y * x ** (y - 1.0) if y != 0.0 else 0.0 * x)"


def _power_or_zero_code(node: Node) -> str | None:
    real = {kind_of(v.type) for v in node.inputs} <= {"float", "int"}
    return "x ** (1.0 * y)" if real else None


def _log_or_zero_code(node: Node) -> str | None:
    (x,) = node.inputs
    if kind_of(x.type) not in ("float", "int"):
        return None
    if isinstance(x.type, Array):
        return "np.log(np.where(x == 0.0, 1.0, x))"
    return "(np.log(x) if x != 0.0 else 0.0)"


def _reshape_code(node: Node) -> str | None:
    """Numba gives an array another shape only where it is contiguous."""
    x, *shape = node.inputs
    if node.op.name == "reshape_like" and isinstance(x.type, Scalar):
        dims = dims_of(shape[0].type)
        return None if dims is None else "np.full(np.shape(x), g)" if dims else "g"
    if not isinstance(x.type, Array) or not x.type.dims:
        return None
    if node.op.name == "reshape_like" and isinstance(shape[0].type, Scalar):
        return "g.item()"
    if node.op.name == "reshape_like":
        return "np.ascontiguousarray(g).reshape(np.shape(x))"
    text = shape_code(len(shape), node.params.get("scalar", False))
    return f"np.ascontiguousarray(x).reshape({text})"


def _lanes_code(text: str) -> Callable[[Node], str | None]:
    """What stands in loops whose rounds go several at a time (`passes/lanes.py`)."""
    return lambda node: text if node.params.get("lanes") else None


def _sum_code(node: Node) -> str | None:
    """`x | y` of NumPy's truth values: their sum is one, where Numba counts them."""
    return "x | y" if _is_truth(node) else _lanes_code("runtime.plus(x, y)")(node)


def _is_truth(node: Node) -> bool:
    t = node.out.type
    return isinstance(t, Scalar) and t.dtype == "bool"


def _invert_code(node: Node) -> str | None:
    """Of Python's truth values it is a whole number."""
    t = node.inputs[0].type
    plain = isinstance(t, Scalar) and t.kind == "bool" and not t.dtype
    return "~int(x)" if plain else None


def _filled_code(name: str) -> Callable[[Node], str | None]:
    """`np.empty` and the like, of a dtype that is a name in NumPy."""

    def code(node: Node) -> str | None:
        if "dtype" not in node.params:
            return None
        shape = shape_code(len(node.inputs), node.params.get("scalar", False))
        dtype = np.dtype(node.params["dtype"]).name
        return f"np.{name}({shape}, dtype=np.{'bool_' if dtype == 'bool' else dtype})"

    return code


def _like_code(name: str) -> Callable[[Node], str | None]:
    """`np.zeros_like(x, dtype=np.bool_)`: Numba takes NumPy's names of dtypes."""

    def code(node: Node) -> str | None:
        if "dtype" not in node.params:
            return f"np.{name}(x)"
        dtype = np.dtype(node.params["dtype"]).name
        return f"np.{name}(x, dtype=np.{'bool_' if dtype == 'bool' else dtype})"

    return code


def _last_written_code(node: Node) -> str | None:
    """By a helper, where index arrays name rows, or each an axis."""
    x, *index = node.inputs
    rank = len(dims_of(x.type) or ())
    ats = node.params["layout"] == ("at",) * len(index)
    if 1 < len(index) == rank and ats and all(map(is_places, index)):
        names = ", ".join(f"index{k}" for k in range(rank))
        return f"runtime.last_of_entries(x, ({names}))"
    one = node.params["layout"] == ("at",) and len(index) == 1 and is_vector(index[0])
    return "runtime.last_of_rows(x, index0)" if one and dims_of(x.type) else None


def _pair_code(helper: str) -> Callable[[Node], str | None]:
    """A pair of results for each entry of an array of floats."""

    def code(node: Node) -> str | None:
        (x,) = node.inputs
        plain = isinstance(x.type, Array) and kind_of(x.type) == "float"
        return f"runtime.{helper}(x)" if plain else None

    return code


# Operations that Numba wants written in another way, and have no `numba` of their own.
NUMBA: Mapping[str, Callable[[Node], str | None]] = {
    **AXES,
    **GRIDS,
    **LISTS,
    **MATRICES,
    **NORMS,
    **ORDER,
    **PRODUCTS,
    **QUANTILES,
    **COPIES,
    "add": _sum_code,
    "subtract": _lanes_code("runtime.plus(x, -y)"),
    "exp": _lanes_code("runtime.exp(x)"),
    "tanh": _lanes_code("runtime.tanh(x)"),
    "getitem": _getitem_code,
    "invert": _invert_code,
    "multiply": lambda node: "x & y" if _is_truth(node) else None,
    "where": _where_code,
    "quotient": _quotient_code,
    "quotient_or_zero": _quotient_or_zero_code,
    "sum_like": _sum_like_code,
    "cast": _cast_code,
    "reshape": _reshape_code,
    "reshape_like": _reshape_code,
    "power_slope": _power_slope_code,
    "power_or_zero": _power_or_zero_code,
    "log_or_zero": _log_or_zero_code,
    "empty": _filled_code("empty"),
    "zeros": _filled_code("zeros"),
    "ones": _filled_code("ones"),
    "zeros_as": _like_code("zeros_like"),
    "ones_as": _like_code("ones_like"),
    "empty_as": _like_code("empty_like"),
    "last_written": _last_written_code,
    "frexp": _pair_code("frexp_of"),
    "modf": _pair_code("modf_of"),
}
NUMBA_SPECIALS: Mapping[str, Special] = {
    **SPECIALS,
    "add_at": add_at,
    "update": update,
    "raise_": raised,
    "assert_": asserted,
}
