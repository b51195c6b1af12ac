"""Arrays made of numbers and nested lists, lists of rows, and copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Literal, Node, Value
from srcad.ir.sizes import Dim
from srcad.ir.types import (
    UNKNOWN,
    Array,
    List,
    Maybe,
    Scalar,
    Tuple,
    Type,
    dims_of,
    dtype_of,
    is_inexact,
    kind_of,
)
from srcad.ops.containers import item
from srcad.ops.declare import Arguments, Contribution, Op, custom
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched
from srcad.ops.index import getitem
from srcad.ops.joining import joined_jvp
from srcad.ops.sizes import bound, dtype_argument, dtype_name, own_length

Nesting = Any  # "x" for one input, or a tuple of nestings


def nesting(given: Any) -> tuple[list[Any], Nesting]:
    """The entries of nested lists in order, and the layout of their brackets."""
    t = given.type if isinstance(given, Value) else None
    if isinstance(t, Tuple):
        given = [item(given, key=k) for k in range(len(t.items))]
    if not isinstance(given, (list, tuple)):
        return [given], "x"
    parts = [nesting(entry) for entry in given]
    leaves = [leaf for found, _ in parts for leaf in found]
    return leaves, tuple(layout for _, layout in parts)


def _array_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        ignored: dict[str, list[Any]] = {"order": ["C", "K", None], "subok": [False]}
        ignored["copy"] = [None] if name == "asarray" else [True]
        given = bound(("x", "dtype"), args, kwargs, name, ignored=ignored)
        leaves, layout = nesting(given["x"])
        dtype = dtype_argument(given.get("dtype"), name)
        params = {"layout": layout}
        return leaves, params if dtype is None else {**params, "dtype": dtype}

    return bind


def array_of_nested(given: Any) -> Value:
    """`np.array` of a value, or of nested lists and tuples of values."""
    leaves, layout = nesting(given)
    return array_of(*leaves, layout=layout)


def _text(layout: Nesting, names: Any) -> str:
    if layout == "x":
        return str(next(names))
    return f"[{', '.join(_text(entry, names) for entry in layout)}]"


def _array_code(name: str) -> Callable[[Node], str]:
    def code(node: Node) -> str:
        names = (f"xs{k}" for k in range(len(node.inputs)))
        inner = _text(node.params.get("layout", "x"), names)
        return f"np.{name}({inner}, dtype=dtype)"

    return code


def _array_by_numba(node: Node) -> str | None:
    """`np.stack` for rows that are arrays; Numba's `np.array` takes numbers only.

    Rows of numbers in brackets must be of one kind: Numba joins no lists of ints and
    of floats.
    """
    layout, inputs = node.params.get("layout", "x"), node.inputs
    wanted = dtype_of(node.out.type)
    same = all(dtype_of(v.type) == wanted for v in inputs)
    if layout == "x":
        if not isinstance(inputs[0].type, Array) or wanted is None:
            return None
        return "xs0.copy()" if same else _cast_by_numba("xs0", inputs[0], wanted)
    if all(entry == "x" for entry in layout):
        if not all(isinstance(v.type, Array) for v in inputs):
            return None
        if "dtype" in node.params and not same:
            return None
        names = ", ".join(f"xs{k}" for k in range(len(inputs)))
        return f"np.stack(({names},))"
    if wanted != "float64" or not all(map(_is_real, inputs)):
        return None
    names_ = (_float_by_numba(f"xs{k}", v) for k, v in enumerate(inputs))
    return f"np.array({_text(layout, names_)})"


def _is_real(v: Value) -> bool:
    return isinstance(v.type, Scalar) and v.type.kind in ("int", "float")


def _float_by_numba(name: str, v: Value) -> str:
    if kind_of(v.type) == "float":
        return name
    return repr(float(v.value)) if isinstance(v, Literal) else f"float({name})"


def _cast_by_numba(name: str, x: Value, dtype: str) -> str | None:
    """An array in another dtype; complex numbers do not become others."""
    kept = kind_of(x.type) != "complex" or dtype.startswith("complex")
    return (
        f"{name}.astype(np.{'bool_' if dtype == 'bool' else dtype})" if kept else None
    )


def _array_type(*xs: Type, layout: Nesting = "x", dtype: Any = None) -> Type:
    return nested_type(xs, layout, dtype)


def nested_type(xs: Sequence[Type], layout: Nesting, dtype: Any) -> Type:
    """The type of `np.array` of nested lists of values of these types."""
    forms = [_form(x) for x in xs]
    dims = _dims(layout, iter(forms))
    if dims is None:
        return UNKNOWN
    if dtype is not None:
        return Array(dtype_name(dtype), dims)
    dtypes = [form[0] for form in forms if form]
    name = str(np.result_type(*dtypes)) if dtypes else "float64"
    return Array(name, dims)


def _form(x: Type) -> tuple[str, tuple[Dim, ...]] | None:
    """The dtype and shape of a leaf as an array."""
    x = x.inner if isinstance(x, Maybe) else x
    if isinstance(x, (List, Tuple)):
        entries = (x.item,) if isinstance(x, List) else x.items
        count = x.length if isinstance(x, List) else len(x.items)
        forms = [_form(entry) for entry in entries]
        if not forms or None in forms:
            return None
        known_forms = [form for form in forms if form]
        dtype = str(np.result_type(*(d for d, _ in known_forms)))
        rows = own_length() if count is None else count
        return dtype, (rows, *known_forms[0][1])
    dims, dtype_ = dims_of(x), dtype_of(x)
    return None if dims is None or dtype_ is None else (dtype_, dims)


def _dims(layout: Nesting, forms: Any) -> tuple[Dim, ...] | None:
    if layout == "x":
        form = next(forms)
        return None if form is None else form[1]
    parts = [_dims(entry, forms) for entry in layout]
    if any(p is None for p in parts):
        return None
    first = parts[0] if parts else ()
    assert first is not None
    same = all(p is not None and len(p) == len(first) for p in parts)
    return (len(parts), *first) if same else None


def _places(layout: Nesting, before: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    if layout == "x":
        return [before]
    return [p for k, e in enumerate(layout) for p in _places(e, (*before, k))]


def _array_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g = known(cts[0])
    found: list[Contribution] = []
    for x, place in zip(
        node.inputs, _places(node.params.get("layout", "x")), strict=True
    ):
        if not is_inexact(x.type):
            found.append(None)
            continue
        part = getitem(g, *place, layout=("at",) * len(place)) if place else g
        found.append(_as_leaf(part, x))
    return found


def _as_leaf(g: Value, x: Value) -> Value:
    """A cotangent in the form of a leaf: rows as a list for a list."""
    t = x.type.inner if isinstance(x.type, Maybe) else x.type
    if isinstance(t, (List, Tuple)):
        return rows(g, x)
    return matched(g, x)


def _array_points() -> list[Sample]:
    numbers = at(1.5, 2.5, layout=("x", "x"), expected=lambda *xs: np.array(xs))
    return [numbers, at(spaced(-1, 1, (2, 3)))]


array_of: Op = custom(
    "array_of",
    calls=(np.array,),
    signature="*xs, layout='x', dtype=None",
    bind=_array_bind("array"),
    infer=_array_type,
    code=_array_code("array"),
    numba=_array_by_numba,
    jvp=joined_jvp,
    vjp=_array_vjp,
    domain=_array_points,
)

asarray: Op = custom(
    "asarray",
    calls=(np.asarray, np.asanyarray, np.ascontiguousarray),
    signature="*xs, layout='x', dtype=None",
    bind=_array_bind("asarray"),
    infer=_array_type,
    code=_array_code("asarray"),
    jvp=joined_jvp,
    vjp=_array_vjp,
    memory=lambda node: "view" if node.params.get("layout", "x") == "x" else "new",
    domain=_array_points,
)

# An array as a list with the structure of x, of which only that is read.
rows: Op = custom(
    "rows",
    signature="g, x",
    infer=lambda g, x: x,
    code=lambda node: (
        "runtime.rows(g, x)" if _depth(node.inputs[1].type) > 1 else "list(g)"
    ),
    jvp=lambda node, ts: [rows(ts[0], node.inputs[1]) if ts[0] else None],
    vjp=lambda node, cts: [array_of(cts[0], layout="x"), None],
    memory="view",
)


def _depth(t: Type) -> int:
    if isinstance(t, List):
        return 1 + _depth(t.item)
    if isinstance(t, Tuple):
        return 2  # what is no list goes by the helper
    return 0


def _copy_bind(orders: Sequence[str]) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("x",), args, kwargs, "copy", ignored={"order": list(orders)})
        return [given["x"]], {}

    return bind


def _copy_code(node: Node) -> str:
    """`np.copy` keeps the order in memory, on which the last digits of sums depend."""
    t = node.inputs[0].type
    if isinstance(t, List) and isinstance(t.item, Scalar):
        return "x.copy()"
    if not isinstance(t, Array):
        return "runtime.copied(x)"
    return "x.copy()" if len(t.dims) < 2 else "np.copy(x)"


def _copy(name: str, **facts: Any) -> Op:
    return custom(
        name,
        signature="x",
        infer=lambda x: x,
        jvp=lambda node, ts: [ts[0]],
        vjp=lambda node, cts: [cts[0]],
        domain=lambda: [at(spaced(-1, 1, (2, 3))), at(spaced(-1, 1, (3,)))],
        **facts,
    )


copy = _copy("copy", calls=(np.copy,), bind=_copy_bind("K"), code=_copy_code)

# The method: in row order, whatever the order of x is.
copy_in_rows = _copy(
    "copy_in_rows",
    methods=("copy",),
    bind=_copy_bind("C"),
    code=lambda node: (
        "x.copy()" if isinstance(node.inputs[0].type, Array) else "runtime.copied(x)"
    ),
)
