"""From an operation's result to the object it is: a new one, or a view of its input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from srcad.frontend.contiguity import SURE, Order, contiguity
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Cell, Entries, Items, Number, Ref, View, root_of
from srcad.ir.builder import current
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import (
    Array,
    Scalar,
    Tuple,
    Unknown,
    dims_of,
    dtype_of,
    kind_of,
    unwrapped,
)
from srcad.ops.arithmetic import floor_divide, multiply
from srcad.ops.complexes import imag
from srcad.ops.containers import item
from srcad.ops.declare import Op, memory_of
from srcad.ops.fit import real
from srcad.ops.index import update
from srcad.ops.layout import FLAT, TRANSPOSED, Layout
from srcad.ops.ranks import reshape_like
from srcad.ops.shapes import ATTRIBUTES, dim, transpose, transpose_back

Inverse = Callable[[Value, Value], Value]

# Views that NumPy never makes copies of, so that reading them again is always right.
CERTAIN = (
    "transpose",
    "expand_dims",
    "squeeze",
    "broadcast_to",
    "diagonal",
    "diag",
    "swapaxes",
    "moveaxis",
    "flip",
    "flipud",
    "fliplr",
    "rot90",
    "real",
    "imag",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
)
READ_ONLY = ("broadcast_to", "diagonal", "diag")
_RESHAPED = (
    "reshape",
    "ravel",
    "expand_dims",
    "squeeze",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
)
_OWN_INVERSE = ("swapaxes", "flip", "flipud", "fliplr")


def result_object(
    frame: Frame, op: Op, base: Ref | None, inputs: Sequence[Any], found: Value
) -> Ref:
    """The object that an operation gave, `base` being its first argument."""
    node = current().definitions.get(found)
    t = unwrapped(found.type)
    if node is None or not isinstance(base, (Cell, View)):
        return frame.object_of(found)
    if not isinstance(node.op, Op) or memory_of(node) == "new":
        return frame.object_of(found)
    if not node.inputs or node.inputs[0] is not frame.read(base):
        return frame.object_of(found)
    if isinstance(t, Tuple):
        return _parts(frame, base, node, found, t)
    if not isinstance(t, (Array, Unknown)):
        return frame.object_of(found)
    return view_of(frame, base, node, found)


def view_of(frame: Frame, base: Ref, node: Node, found: Value) -> Ref:
    """The result of an operation that gives (or may give) a view of its first input."""
    op, rest, params = node.op, node.inputs[1:], dict(node.params)
    assert isinstance(op, Op)
    source = node.inputs[0]
    rank = dims_of(source.type)
    if op.name == "diag" and rank is not None and len(rank) == 1:
        return frame.object_of(found)  # a new matrix
    if op.name == "asarray" and isinstance(unwrapped(source.type), Array):
        same = dtype_of(source.type) == dtype_of(found.type)
        return base if same else frame.object_of(found)

    def read(b: Value) -> Value:
        return op(b, *rest, **params)

    order = _certainty(frame, base, op, source)
    view = View(
        base,
        read,
        None if order is None else _inverse(op, params, source),
        source if order is None else None,
        index=None if order is None else _as_index(op, params, source, found),
        name=op.name,
        needs=order or frozenset(),
    )
    frame.world.views[view] = (source, found)
    return view


def _as_index(
    op: Op, params: Mapping[str, Any], source: Value, found: Value
) -> tuple[Layout, tuple[Value, ...]] | None:
    """The layout by which `x.T[...]` and `x.flat[...]` are read and written."""
    before, after = dims_of(source.type) or (), dims_of(found.type) or ()
    axes = params.get("axes")
    plain = axes is None or tuple(a % len(before) for a in axes) == (1, 0)
    if op is transpose and plain and len(before) > 1:
        return (TRANSPOSED,), ()
    if op.name in ("reshape", "ravel") and len(after) == 1 and len(before) > 1:
        return (FLAT,), ()
    return None


def _certainty(frame: Frame, base: Ref, op: Op, source: Value) -> Order:
    """On which arguments' order in memory it depends that the result is a view."""
    t = unwrapped(source.type)
    if not isinstance(t, Array):
        return None
    if op.name == "reshape" and len(t.dims) == 1:
        return SURE
    if op.name in ("reshape", "ravel"):
        return contiguity(frame, base)
    return SURE if op.name in CERTAIN else None


def _inverse(op: Op, params: Mapping[str, Any], source: Value) -> Inverse | None:
    """What a write to the view makes of the base."""
    name = op.name
    if op is transpose:
        return lambda b, new: transpose_back(new, **params)
    if name in _RESHAPED:
        return lambda b, new: reshape_like(new, b)
    if name in _OWN_INVERSE:
        return lambda b, new: op(new, **params)
    if name == "moveaxis":
        return lambda b, new: op(new, a=params["b"], b=params["a"])
    if name == "rot90" and set(params) <= {"k", "axes"}:
        back = {**params, "k": -params.get("k", 1)}
        return lambda b, new: op(new, **back)
    if name == "real" and kind_of(source.type) == "float":
        return lambda b, new: new
    if name == "real" and kind_of(source.type) == "complex":
        return lambda b, new: new + multiply(1j, imag(b))
    if name == "imag" and kind_of(source.type) == "complex":
        return lambda b, new: real(b) + multiply(1j, new)
    return None


# ---- several parts -------------------------------------------------------------------


def _parts(frame: Frame, base: Ref, node: Node, found: Value, t: Tuple) -> Ref:
    """The arrays that `np.split` cuts an array into: each is a view of it."""
    op, rest, params = node.op, node.inputs[1:], dict(node.params)
    assert isinstance(op, Op)
    source = node.inputs[0]
    views: list[Ref] = []
    for k in range(len(t.items)):

        def read(b: Value, k: int = k) -> Value:
            return item(op(b, *rest, **params), key=k)

        write = _split_write(params, k) if op.name == "split" else None
        if not isinstance(unwrapped(source.type), Array):
            write = None
        origin = source if write is None else None
        view = View(base, read, write, origin, name=op.name)
        frame.world.views[view] = (source, item(found, key=k))
        views.append(view)
    if t.cls is list:
        return frame.new(Entries(tuple(views)))
    return Items(tuple(views), t.cls)


def _split_write(params: Mapping[str, Any], k: int) -> Inverse | None:
    sections, axis = params.get("sections"), params.get("axis", 0)

    def write(b: Value, new: Value) -> Value:
        where = axis % len(dims_of(b.type) or (0,))
        if isinstance(sections, int):
            each = floor_divide(dim(b, k=where), sections)
            bounds = [each * k, each * (k + 1)]
            entry = ("slice", True, True, False)
        else:
            ends = [None, *(sections or ()), None][k : k + 2]
            bounds = [literal(e) for e in ends if e is not None]
            entry = ("slice", ends[0] is not None, ends[1] is not None, False)
        before = (("slice", False, False, False),) * where
        return update(b, new, *bounds, layout=(*before, entry))

    return write if sections is not None else None


# ---- attributes ----------------------------------------------------------------------


def attribute_view(frame: Frame, owner: Ref, value: Value, name: str) -> Ref:
    """`owner.name` of an array or number."""
    if name in ("shape", "ndim", "size", "dtype"):
        value = frame.shape_source(owner)
    found = ATTRIBUTES[name](value)
    if isinstance(found, tuple):
        return Items(tuple(Number(v) for v in found))
    if found is value:
        return owner
    node = current().definitions.get(found)
    if node is None or isinstance(unwrapped(found.type), Scalar):
        return frame.object_of(found)
    if not isinstance(node.op, Op) or memory_of(node) == "new":
        return frame.object_of(found)
    if node.inputs[0] is not value or not isinstance(owner, (Cell, View)):
        return frame.object_of(found)
    return view_of(frame, owner, node, found)


# Functions whose result is their argument itself, or not, depending on its layout.
MAY_SHARE = frozenset(
    (
        "ascontiguousarray",
        "asfortranarray",
        "broadcast_arrays",
        "conj",
        "conjugate",
        "real_if_close",
        "trim_zeros",
    )
)


def note_shared(
    frame: Frame, name: str, ordered: bool, base: Ref | None, result: Ref
) -> Ref:
    """Note that a result may share memory with the first argument.

    A write to one makes the other stale. ordered : whether `order=` was given.
    """
    if name not in MAY_SHARE and not (ordered and name in ("ravel", "reshape")):
        return result
    if result is base and isinstance(result, (Cell, View)):
        result = frame.new(frame.read(result))
    parts = result.items if isinstance(result, Items) else (result,)
    root = None if base is None else root_of(base)
    for cell in map(root_of, parts):
        if cell is not None and root is not None and cell is not root:
            cell.linked.add(root)
            root.linked.add(cell)
    return result
