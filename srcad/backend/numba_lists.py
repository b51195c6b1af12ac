"""How the Numba dialect writes lists: as arrays, added up, and of zeros.

Numba stacks and joins tuples of arrays, not lists of them, and sums no lists of arrays:
that goes by helpers of `runtime_lists.py`. Tables (lists of lists) and lists of pairs
are written entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from srcad.backend.numba_axes import turned
from srcad.ir.graph import Node
from srcad.ir.types import Array, Bottom, List, Scalar, Tuple, Type, dims_of, dtype_of

Code = Callable[[Node], str | None]


def _entries(node: Node) -> Array | None:
    """The type of the entries of the only input, a list of arrays of one dtype."""
    t = node.inputs[0].type
    if (
        len(node.inputs) != 1
        or not isinstance(t, List)
        or not isinstance(t.item, Array)
    ):
        return None
    same = dtype_of(t.item) == dtype_of(node.out.type)
    return t.item if same and t.item.dims else None


def _stacked_code(node: Node) -> str | None:
    """`np.array(rows)` and `np.stack(rows, axis)` of a list of arrays."""
    entry = _entries(node)
    if entry is None or node.params.get("layout", "x") != "x" or "dtype" in node.params:
        return None
    rank = len(entry.dims) + 1
    axis = node.params.get("axis", 0) % rank
    if not axis:
        return "runtime.stacked(xs0)"
    order = list(range(1, rank))
    order.insert(axis, 0)
    return f"np.ascontiguousarray({turned('runtime.stacked(xs0)', order)})"


def _joined_code(name: str) -> Code:
    """`np.concatenate` and its like of a list of arrays, along the first axis."""

    def code(node: Node) -> str | None:
        entry = _entries(node)
        if entry is None or node.params.get("axis", 0) != 0:
            return None
        if len(entry.dims) == 1 and name in ("vstack", "column_stack"):
            text = "runtime.stacked(xs0)"
            return text if name == "vstack" else f"np.ascontiguousarray({text}.T)"
        if name == "column_stack" or (name == "hstack" and len(entry.dims) > 1):
            return None
        return "runtime.joined(xs0)"

    return code


def _pieces_code(node: Node) -> str | None:
    """The parts of a cotangent that belong to the arrays of a list."""
    t = node.inputs[1].type
    first = node.params.get("axis", 0) == 0
    arrays = isinstance(t, List) and isinstance(t.item, Array)
    return "runtime.pieces_of(g, xs)" if first and arrays else None


def _sum_code(node: Node) -> str | None:
    return None if _entries(node) is None else "runtime.list_summed(xs)"


# ---- tables, and lists of pairs ------------------------------------------------------


def _number(t: Type) -> bool:
    return isinstance(t, Scalar) and t.kind == "float"


def _is_table(t: Type) -> bool:
    return isinstance(t, List) and isinstance(t.item, List) and _number(t.item.item)


def _width(t: Type) -> int:
    """How many numbers each tuple of a list has; 0 if it holds none."""
    if not isinstance(t, List) or not isinstance(t.item, Tuple):
        return 0
    return len(t.item.items) if all(map(_number, t.item.items)) else 0


def _zeros_code(node: Node) -> str | None:
    t = node.inputs[0].type
    if isinstance(t, List) and isinstance(t.item, Bottom):
        return "[]"
    if _is_table(t):
        return "[[0.0] * len(row) for row in x]"
    width = _width(t)
    return f"[({'0.0, ' * width})] * len(x)" if width else None


def _padded_code(node: Node) -> str | None:
    """A list of pairs, made as long as another one with zeros."""
    width = _width(node.inputs[1].type)
    count = "(len(xs) - len(short))"
    return f"[*short, *([({'0.0, ' * width})] * {count})]" if width else None


def _sum_of_entries(a: str, b: str, width: int) -> str:
    """The sum of two rows, or of two tuples of so many numbers."""
    if not width:
        return f"[{a}[j] + {b}[j] for j in range(len({a}))]"
    return f"({', '.join(f'{a}[{j}] + {b}[{j}]' for j in range(width))},)"


def _add_any_code(node: Node) -> str | None:
    """The sum of two lists, entry by entry."""
    a, b = (v.type for v in node.inputs)
    if not isinstance(a, List) or not isinstance(b, List):
        return None
    entries = (a.item, b.item)
    if all(isinstance(t, (Scalar, Array)) for t in entries):
        return "[a[k] + b[k] for k in range(len(a))]"
    width = _width(a)
    if width != _width(b) or (not width and not (_is_table(a) and _is_table(b))):
        return None
    return f"[{_sum_of_entries('a[k]', 'b[k]', width)} for k in range(len(a))]"


def _add_entry_code(node: Node) -> str | None:
    """A list with something added to one of its entries, a list or a tuple."""
    t, v = node.inputs[0].type, node.inputs[2].type
    width = _width(t)
    alike = isinstance(t, List) and (
        isinstance(v, List) and _number(v.item) if _is_table(t) else width
    )
    if not alike or (width and not _width(List(v))):
        return None
    added = _sum_of_entries("t[k]", "v", width)
    return f"[{added} if k == key % len(t) else t[k] for k in range(len(t))]"


def _rows_code(node: Node) -> str | None:
    dims = dims_of(node.inputs[0].type)
    table = _is_table(node.inputs[1].type) and dims is not None and len(dims) == 2
    return "[list(row) for row in g]" if table else None


LISTS: Mapping[str, Code] = {
    "array_of": _stacked_code,
    "stack": _stacked_code,
    "concatenate": _joined_code("concatenate"),
    "vstack": _joined_code("vstack"),
    "hstack": _joined_code("hstack"),
    "column_stack": _joined_code("column_stack"),
    "pieces": _pieces_code,
    "list_sum": _sum_code,
    "container_zeros": _zeros_code,
    "add_any": _add_any_code,
    "add_entry": _add_entry_code,
    "list_padded": _padded_code,
    "rows": _rows_code,
}
