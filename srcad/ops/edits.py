"""Arrays with entries more or less: append, insert, delete, resize, trim_zeros.

Which entries stay, and where, is a vector of places that `take` reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, as_value, literal
from srcad.ir.types import Array, dims_of
from srcad.ops.bodies import cast_like, flat, in_line, length
from srcad.ops.declare import Arguments, Op, as_array, static, zero
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, at, value_at
from srcad.ops.fit import broadcast_like
from srcad.ops.joins import concatenate
from srcad.ops.rearrange import take
from srcad.ops.shapes import reshape, size_of
from srcad.ops.sizes import bound, entries_of, own_length, shape_code

X = [[0.5, -1.0, 2.0], [1.5, 0.2, -0.3]]


def _places(name: str, signature: str, code: str, **facts: Any) -> Op:
    """The places of the entries of an edited array among those it is made of."""
    return zero(
        name,
        signature=signature,
        infer=lambda *_, **__: Array("int64", (own_length(),)),
        code=code,
        **facts,
    )


def _axis(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    axis = static(given.get("axis"), f"{name}(axis=...)")
    return {} if axis is None else {"axis": axis}


# ---- append --------------------------------------------------------------------------


def _append(x: Value, values: Value, axis: int | None = None) -> Value:
    if axis is None:
        return concatenate(flat(x), flat(values))
    return concatenate(x, values, **({"axis": axis} if axis else {}))


append: Op = derived(
    "append",
    calls=(np.append,),
    signature="x, values, axis=None",
    body=_append,
    domain=lambda: [
        at(np.array(X), np.array([3.0, 4.0])),
        at(np.array(X), np.array(X) * 2, axis=0),
        at(np.array(X[0]), 1.5),
    ],
)

# ---- insert --------------------------------------------------------------------------

inserted_places: Op = _places(
    "inserted_places",
    "n, where, values",
    "np.insert(np.arange(n), where, n + np.arange(np.size(values)))",
    domain=lambda: [at(3, 1, np.array([0.5])), at(3, np.array([0, 2]), np.ones(2))],
)


def _inserted(x: Value, where: Value, values: Value, axis: int | None = None) -> Value:
    x = flat(x)
    many = dims_of(where.type) != ()
    if many and dims_of(values.type) == ():
        values = broadcast_like(values, where)
    values = cast_like(flat(values), x)  # NumPy writes them into an array like x
    return take(concatenate(x, values), inserted_places(length(x), where, values))


def _insert_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("arr", "obj", "values", "axis"), args, kwargs, "insert")
    x, where = as_array(given["arr"]), as_value(as_array(given["obj"]))
    axis = _axis(given, "insert")
    dims = dims_of(as_value(x).type)
    if axis and (dims is None or len(dims) != 1):
        raise MissingRule(
            "insert along an axis of an array of several has no derivative rule",
            hint="put the parts together with np.concatenate",
        )
    if dims_of(where.type) is None:
        raise MissingRule(
            "insert: whether the places are one or several must be known",
            hint="pass a number or an array",
        )
    return [x, where, as_array(given["values"])], axis


def _insert_points() -> list[Sample]:
    def sample(x: Any, where: Any, values: Any) -> Sample:
        return Sample((np.array(x), where, values), expected=np.insert)

    return [
        sample(X, 1, 0.7),
        sample(X[0], 3, np.array([0.7, 0.8])),
        sample(X[0], np.array([0, 2]), np.array([0.7, 0.8])),
        sample(X[0], np.array([2, 2]), 0.7),
        at(np.array(X[0]), 1, 0.7, axis=0, expected=np.insert),
    ]


insert: Op = derived(
    "insert",
    calls=(np.insert,),
    signature="x, where, values, axis=None",
    bind=_insert_bind,
    code="np.insert(x, where, values, axis=axis)",
    body=_inserted,
    domain=_insert_points,
)

# ---- delete --------------------------------------------------------------------------

kept_places: Op = _places(
    "kept_places",
    "n, gone",
    "np.delete(np.arange(n), gone)",
    domain=lambda: [at(3, 1), at(4, np.array([0, -1]))],
)


def _deleted(x: Value, gone: Value, axis: int | None = None) -> Value:
    x, axis = in_line(x, axis)
    return take(x, kept_places(length(x, axis), gone), axis=axis)


delete: Op = derived(
    "delete",
    calls=(np.delete,),
    signature="x, gone, axis=None",
    bind=lambda args, kwargs: _delete_bind(args, kwargs),
    code="np.delete(x, gone, axis=axis)",
    body=_deleted,
    domain=lambda: [
        at(np.array(X), 1, expected=np.delete),
        at(np.array(X), np.array([0, -1]), axis=1),
        at(np.array(X), 0, axis=0),
    ],
)


def _delete_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("arr", "obj", "axis"), args, kwargs, "delete")
    if isinstance(given["obj"], (list, tuple)) and not given["obj"]:
        raise MissingRule(
            "delete: an empty list of entries has no derivative rule",
            hint="leave the call out",
        )
    return [given["arr"], given["obj"]], _axis(given, "delete")


# ---- trim_zeros ----------------------------------------------------------------------

trimmed_places: Op = _places(
    "trimmed_places",
    "x, trim='fb'",
    "runtime.kept_part(x, trim)",
    domain=lambda: [at(np.array([0.0, 1.5, 0.0, 2.0, 0.0]))],
)


def _trim_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("filt", "trim", "axis"), args, kwargs, "trim_zeros")
    dims = dims_of(as_value(as_array(given["filt"])).type)
    along = static(given.get("axis"), "trim_zeros(axis=...)")
    if along not in (None, 0, -1) or dims is None or len(dims) != 1:
        raise MissingRule("trim_zeros: only of a vector has a derivative rule")
    trim = static(given.get("trim", "fb"), "trim_zeros(trim=...)")
    return [given["filt"]], {} if trim == "fb" else {"trim": trim}


trim_zeros: Op = derived(
    "trim_zeros",
    calls=(np.trim_zeros,),
    signature="x, trim='fb'",
    bind=_trim_bind,
    code="np.trim_zeros(x, trim=trim)",
    body=lambda x, trim="fb": take(x, trimmed_places(x, trim=trim)),
    domain=lambda: [
        value_at(np.array([0.0, 1.5, 0.0, 2.0, 0.0])),
        value_at(np.array([0.0, 1.5, 0.0]), trim="f"),
        at(np.array([0.5, 1.5, 2.0])),
        at(np.array([0.5, 1.5, 2.0]), trim="f"),
    ],
)

# ---- resize --------------------------------------------------------------------------

cyclic_places: Op = _places(
    "cyclic_places",
    "n, *shape",
    lambda node: (  # type: ignore[arg-type]
        "np.arange("
        + " * ".join(f"shape{k}" for k in range(len(node.inputs) - 1))
        + ") % n"
    ),
)


def _resized(x: Value, *shape: Value, scalar: bool = False) -> Value:
    places = cyclic_places(size_of(x), *(shape or (literal(1),)))
    return reshape(take(flat(x), places), *shape)


def _resize_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("a", "new_shape"), args, kwargs, "resize")
    shape, scalar = entries_of(given["new_shape"], "resize")
    return [given["a"], *shape], {"scalar": True} if scalar else {}


def _resize_code(node: Node) -> str:
    shape = shape_code(len(node.inputs), node.params.get("scalar", False), first=1)
    return f"np.resize(x, {shape})"


resize: Op = derived(
    "resize",
    calls=(np.resize,),
    signature="x, *shape, scalar=False",
    bind=_resize_bind,
    code=_resize_code,
    body=_resized,
    domain=lambda: [
        Sample((np.array(X), 2, 4), expected=lambda x, *shape: np.resize(x, shape)),
        Sample((np.array(X), 3), {"scalar": True}, expected=np.resize),
    ],
)
