"""Regular numbers: eye, tri, arange, linspace, meshgrid, indices of diagonals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value, literal
from srcad.ir.sizes import Dim, shifted
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Scalar,
    Tuple,
    Type,
    dims_of,
    dtype_of,
    is_inexact,
    kind_of,
    unwrapped,
)
from srcad.ops.containers import item
from srcad.ops.declare import Arguments, Contribution, Op, custom, declared, static
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.fit import known, matched, sum_, zeros_of
from srcad.ops.ranks import reshape_like
from srcad.ops.shapes import len_of
from srcad.ops.sizes import Sized, bound, dtype_argument, length, own_length, product


def _sized(name: str, signature: str, infer: Any, code: Any, **facts: Any) -> Op:
    return declared(Sized(name, signature, infer, code, **{"kind": "zero", **facts}))


def _with_dtype(inputs: list[Any], given: Mapping[str, Any], name: str) -> Arguments:
    dtype = dtype_argument(given.get("dtype"), name)
    return inputs, {} if dtype is None or dtype == np.float64 else {"dtype": dtype}


# ---- matrices ------------------------------------------------------------------------


def _eye_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        names = ("N", "M", "k", "dtype") if name != "identity" else ("N", "dtype")
        kwargs = {"N" if key == "n" else key: v for key, v in kwargs.items()}
        given = bound(names, args, kwargs, name, ignored={"order": ["C"]})
        columns = given.get("M")
        inputs = [given["N"]]
        if columns is not None and getattr(columns, "value", columns) is not None:
            inputs.append(columns)
        inputs, params = _with_dtype(inputs, given, name)
        k = static(given.get("k", 0), f"{name}(k=...)")
        return inputs, {**params, "k": k} if k else params

    return bind


def _eye_type(n: Type, m: Type | None = None, k: int = 0, dtype: Any = float) -> Type:
    rows = length(n)
    columns = rows if m is None else length(m)
    return Array(str(np.dtype(dtype)), (rows, columns))


def _eye_code(name: str) -> Any:
    def code(node: Node) -> str:
        shape = ", ".join(("N", "M")[: len(node.inputs)])
        extra = "" if name == "identity" else ", k=k"
        return f"np.{name}({shape}{extra}, dtype=dtype)"

    return code


def _matrix(name: str, *samples: Sample) -> Op:
    return _sized(
        name,
        "N, M=None, k=0, dtype=float",
        _eye_type,
        _eye_code(name),
        inputs=("M",),
        calls=(getattr(np, name),),
        bind=_eye_bind(name),
        cost="cheap",
        domain=lambda: list(samples),
    )


eye = _matrix("eye", value_at(3), value_at(2, 3), value_at(3, k=1))
identity = _matrix("identity", value_at(3))
tri = _matrix("tri", value_at(3), value_at(2, 3, k=-1))


def _indices(name: str) -> Op:
    """`np.triu_indices(n, k)` and its kin: a pair of index arrays."""

    def infer(n: Type, *_: Type, **params: Any) -> Type:
        rows = length(n)
        count: Dim = rows if name == "diag_indices" else own_length()
        return Tuple((Array("int64", (count,)),) * 2)

    extra = "" if name == "diag_indices" else ", k=k, m=m"
    return _sized(
        name,
        "n, k=0, m=None" if extra else "n",
        infer,
        f"np.{name}(n{extra})",
        calls=(getattr(np, name),),
        domain=lambda: [value_at(3)],
    )


diag_indices = _indices("diag_indices")
triu_indices = _indices("triu_indices")
tril_indices = _indices("tril_indices")


# ---- arange --------------------------------------------------------------------------


def _arange_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("start", "stop", "step", "dtype"), args, kwargs, "arange")
    if "stop" not in given or getattr(given["stop"], "value", 0) is None:
        given["start"], given["stop"] = literal(0), given["start"]
    dtype = dtype_argument(given.get("dtype"), "arange")
    inputs = [given["start"], given["stop"], given.get("step", literal(1))]
    return inputs, {} if dtype is None else {"dtype": dtype}


def _arange_type(start: Type, stop: Type, step: Type, dtype: Any = None) -> Type:
    kinds = [kind_of(t) for t in (start, stop, step)]
    if None in kinds:
        return UNKNOWN
    name = "int64" if set(kinds) <= {"int", "bool"} else "float64"
    name = name if dtype is None else str(np.dtype(dtype))
    a, b, c = (t.size if isinstance(t, Scalar) else None for t in (start, stop, step))
    if isinstance(a, int) and isinstance(b, int) and isinstance(c, int) and c:
        return Array(name, (len(range(a, b, c)),))
    if isinstance(a, int) and b is not None and c == 1:
        return Array(name, (shifted(b, -a),))
    return Array(name, (own_length(),))


def _is_int(value: Value, number: int) -> bool:
    return isinstance(value.type, Scalar) and value.type.size == number


def _arange_code(node: Node) -> str:
    start, _, step = node.inputs
    if not _is_int(step, 1):
        return "np.arange(start, stop, step, dtype=dtype)"
    if not _is_int(start, 0):
        return "np.arange(start, stop, dtype=dtype)"
    return "np.arange(stop, dtype=dtype)"


def _arange_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    """start + step * k, of a length that does not change."""
    total: Value | None = None
    if ts[0] is not None:
        total = zeros_of(node.out) + ts[0]
    if ts[2] is not None:
        slope = ts[2] * arange(0, len_of(node.out), 1)
        total = slope if total is None else total + slope
    return [total]


def _arange_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (start, _, step), g = node.inputs, known(cts[0])
    by_step = (
        sum_(g * arange(0, len_of(node.out), 1)) if is_inexact(step.type) else None
    )
    return [sum_(g) if is_inexact(start.type) else None, None, by_step]


arange: Op = _sized(
    "arange",
    "start, stop, step, dtype=None",
    _arange_type,
    _arange_code,
    calls=(np.arange,),
    bind=_arange_bind,
    jvp=_arange_jvp,
    vjp=_arange_vjp,
    kind="linear",
    domain=lambda: [
        value_at(0, 4, 1),
        value_at(1, 4, 1),
        value_at(5, 0, -2),
        at(0.2, 2.1, 0.5),
    ],
)


# ---- linspace ------------------------------------------------------------------------


def _linspace_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("start", "stop", "num", "endpoint")
    plain: dict[str, list[Any]] = {"retstep": [False], "axis": [0], "dtype": [None]}
    given = bound(names, args, kwargs, "linspace", ignored=plain)
    endpoint = static(given.get("endpoint", True), "linspace(endpoint=...)")
    inputs = [given["start"], given["stop"], given.get("num", literal(50))]
    return inputs, {} if endpoint else {"endpoint": False}


def _linspace_type(start: Type, stop: Type, num: Type, endpoint: bool = True) -> Type:
    dims, dtypes = dims_of(start), [dtype_of(start), dtype_of(stop)]
    if dims != () or dims_of(stop) != () or None in dtypes:
        return UNKNOWN
    probe = np.linspace(np.zeros((), dtypes[0]), np.zeros((), dtypes[1]), 2)
    return Array(str(probe.dtype), (length(num),))


def _weights(node: Node, first: float, last: float) -> Value:
    """What an end weighs in each entry; of ends that are arrays, for each of theirs."""
    start, stop, num = node.inputs
    if not all(isinstance(unwrapped(v.type), Scalar) for v in (start, stop)):
        like = zeros_of(start) + zeros_of(stop)
        return linspace(like + first, like + last, num, **node.params)
    return linspace(first, last, num, **node.params)


def _linspace_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is None and ts[1] is None:
        return [None]
    pairs = zip(node.inputs, ts[:2], strict=False)
    ends = [zeros_of(x) if t is None else t for x, t in pairs]
    return [linspace(*ends, node.inputs[2], **node.params)]


def _linspace_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g = known(cts[0])
    ends = (_weights(node, 1.0, 0.0), _weights(node, 0.0, 1.0))
    pairs = zip(node.inputs, ends, strict=False)
    found = [
        matched(sum_(g * weight, axis=0), x) if is_inexact(x.type) else None
        for x, weight in pairs
    ]
    return [*found, None]


linspace: Op = _sized(
    "linspace",
    "start, stop, num, endpoint=True",
    _linspace_type,
    "np.linspace(start, stop, num, endpoint=endpoint)",
    calls=(np.linspace,),
    bind=_linspace_bind,
    jvp=_linspace_jvp,
    vjp=_linspace_vjp,
    kind="linear",
    domain=lambda: [
        at(0.2, 1.5, 4),
        at(0.2, 1.5, 3, endpoint=False),
        at(spaced(-1, 1, (4,)), 1.5, 4),
        at(0.5, spaced(-1, 1, (2, 3)), 3),
    ],
)


# ---- meshgrid ------------------------------------------------------------------------


def _mesh_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    indexing = static(kwargs.get("indexing", "xy"), "meshgrid(indexing=...)")
    bound(("indexing",), (), kwargs, "meshgrid")
    return list(args), {} if indexing == "xy" else {"indexing": indexing}


def _order(count: int, indexing: str) -> list[int]:
    """For each axis of the grid, the input that runs along it."""
    axes = list(range(count))
    if indexing == "xy" and count > 1:
        axes[:2] = [1, 0]
    return axes


def _mesh_type(*xs: Type, indexing: str = "xy") -> Type:
    lengths, dtypes = [], []
    for x in xs:
        dims, dtype = dims_of(x), dtype_of(x)
        if dims is None or dtype is None:
            return Tuple((UNKNOWN,) * len(xs), MESH)
        lengths.append(product(dims))
        dtypes.append(dtype)
    full = tuple(lengths[k] for k in _order(len(xs), indexing))
    return Tuple(tuple(Array(d, full) for d in dtypes), MESH)


def _mesh_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g, count = known(cts[0]), len(node.inputs)
    order = _order(count, node.params.get("indexing", "xy"))
    found: list[Contribution] = []
    for k, x in enumerate(node.inputs):
        others = tuple(a for a in range(count) if order[a] != k)
        part = item(g, key=k)
        if not is_inexact(x.type):
            found.append(None)
            continue
        line = sum_(part, axis=others) if others else part
        vector = len(dims_of(x.type) or ()) == 1
        found.append(matched(line if vector else reshape_like(line, x), x))
    return found


def _mesh_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    pairs = zip(node.inputs, ts, strict=True)
    parts = [zeros_of(x) if t is None else t for x, t in pairs]
    return [meshgrid(*parts, **node.params)]


MESH = type(np.meshgrid(np.zeros(1)))  # a list before NumPy 2, then a tuple

meshgrid: Op = custom(
    "meshgrid",
    calls=(np.meshgrid,),
    signature="*xs, indexing='xy'",
    bind=_mesh_bind,
    infer=_mesh_type,
    code=lambda node: (
        f"np.meshgrid({', '.join(f'xs{k}' for k in range(len(node.inputs)))}, "
        "indexing=indexing)"
    ),
    jvp=_mesh_jvp,
    vjp=_mesh_vjp,
    domain=lambda: [
        at(spaced(-1, 1, (2,)), spaced(1, 2, (3,))),
        at(spaced(-1, 1, (2,)), spaced(1, 2, (3,)), indexing="ij"),
        at(spaced(-1, 1, (2, 2)), 0.7),
    ],
)
