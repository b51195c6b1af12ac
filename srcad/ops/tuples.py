"""Values of known structure: tuples, dicts, and what a forward half keeps.

The cotangent of a container is a container of the same form, with zeros where nothing
flows and None for leaves that are not numbers. Building and taking apart is linear, so
the rules are made of the operations themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import UNDEFINED, Node, Value, as_value, is_literal, literal
from srcad.ir.joining import join
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Dict,
    List,
    Maybe,
    Residual,
    Scalar,
    Static,
    Tuple,
    Type,
    is_inexact,
    is_number,
    kind_of_dtype,
    unwrapped,
)
from srcad.ops.declare import Contribution, Op, custom, declared
from srcad.ops.domain import at
from srcad.ops.fit import known, zeros_of


def tangent_of(x: Value, t: Value | None) -> Value:
    return container_zeros(x) if t is None else t


# ---- zeros and sums of any structure -------------------------------------------------


def cotangent_type(t: Type) -> Type:
    """The type of a zero cotangent of a value of type t."""
    if isinstance(t, Maybe):
        return Maybe(cotangent_type(t.inner))
    if isinstance(t, (Tuple, Dict)):
        return replace(t, items=tuple(map(cotangent_type, t.items)))
    if isinstance(t, List):
        return List(cotangent_type(t.item), t.length)
    if isinstance(t, Scalar):
        kind = "complex" if t.kind == "complex" else "float"
        return Scalar(kind, t.dtype if kind_of_dtype(t.dtype or "O") == kind else "")
    return t if is_number(t) or isinstance(t, Residual) else Static(None)


class _Leafwise(Op):
    """An operation that is written entry by entry where the structure is known."""

    def __call__(self, *operands: Any, **params: Any) -> Value:
        inputs = tuple(map(as_value, operands))
        t = inputs[-1].type
        if isinstance(t, Tuple):
            return like(t, [self._at(inputs, k) for k in range(len(t.items))])
        if isinstance(t, Dict):
            return like(t, [self._at(inputs, k) for k in t.keys])
        found = self.leaf(*inputs)
        if found is not None:
            assert isinstance(found, Value)
            return found
        return super().__call__(*inputs, **params)

    def leaf(self, *inputs: Value) -> Value | None:
        """What to write where there is nothing to take apart; None: a node."""
        raise NotImplementedError

    def _at(self, inputs: Sequence[Value], key: Any) -> Value:
        return self(*[item(v, key=key) for v in inputs])


class _Zeros(_Leafwise):
    def leaf(self, *inputs: Value) -> Value | None:
        (x,) = inputs
        if isinstance(x.type, (Residual, Maybe, List)):
            return None
        return zeros_of(x) if is_number(x.type) else literal(None)


def _zeros_code(node: Node) -> str:
    t = node.inputs[0].type
    return zero_entries(t.item if isinstance(t, List) else UNKNOWN, "x", "len(x)")


def zero_entries(entry: Type, xs: str, count: str) -> str:
    """Code for a list of zeros like the entries of the list `xs`."""
    if isinstance(entry, Array):
        return f"[np.zeros_like(entry) for entry in {xs}]"
    number = {"float": "0.0", "complex": "0j"}.get(getattr(entry, "kind", ""))
    return f"[{number}] * {count}" if number else f"runtime.zeros_like({xs})"


class _Sum(_Leafwise):
    def leaf(self, *inputs: Value) -> Value | None:
        a, b = inputs
        if is_literal(a, UNDEFINED, None):
            return b
        if is_literal(b, UNDEFINED, None):
            return a
        plain = isinstance(a.type, (Scalar, Array)), isinstance(b.type, (Scalar, Array))
        return a + b if all(plain) else None


container_zeros: Op = declared(
    _Zeros(
        "container_zeros",
        "x",
        cotangent_type,
        _zeros_code,
        kind="zero",
    )
)

add_any: Op = declared(
    _Sum(
        "add_any",
        "a, b",
        lambda a, b: join(unwrapped(a), unwrapped(b)),
        "runtime.add_any(a, b)",
        jvp=lambda node, ts: [
            add_any(*(v or literal(None) for v in ts)) if any(ts) else None
        ],
        vjp=lambda node, cts: [cts[0], cts[0]],
        kind="linear",
    )
)


# ---- tuples and dicts ----------------------------------------------------------------


def build_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    op = node.op
    assert isinstance(op, Op)
    if all(t is None for t in ts):
        return [None]
    parts = [tangent_of(x, t) for x, t in zip(node.inputs, ts, strict=True)]
    return [op(*parts, **node.params)]


def _build_vjp(keys: Any) -> Any:
    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        g = known(cts[0])
        return [
            item(g, key=k) if is_inexact(x.type) else None
            for k, x in zip(keys(node), node.inputs, strict=True)
        ]

    return vjp


def _tuple_code(node: Node) -> str:
    count, cls = len(node.inputs), node.params.get("cls", tuple)
    inner = ", ".join(f"items{k}" for k in range(count))
    if cls is list:
        return f"[{inner}]"
    if cls is not tuple:
        return f"cls({inner})"
    return f"({inner},)" if count == 1 else f"({inner})"


def _dict_code(node: Node) -> str:
    cls = node.params.get("cls", dict)
    if cls.__module__.split(".")[0] == "scipy":
        raise MissingRule(
            f"an object of {cls.__name__} cannot be a result, or differ by the path",
            span=node.span,
            hint="give out the values that it gives",
        )
    if cls is not dict:
        pairs = [f"{key}=items{k}" for k, key in enumerate(node.params["keys"])]
        return f"runtime.with_attributes({', '.join(['cls', *pairs])})"
    pairs = [f"{key!r}: items{k}" for k, key in enumerate(node.params["keys"])]
    return "{" + ", ".join(pairs) + "}"


make_tuple: Op = custom(
    "make_tuple",
    signature="*items, cls=tuple",
    infer=lambda *items, cls=tuple: Tuple(items, cls),
    code=_tuple_code,
    jvp=build_jvp,
    vjp=_build_vjp(lambda node: range(len(node.inputs))),
    memory="holds",
    cost="cheap",
)

make_dict: Op = custom(
    "make_dict",
    signature="*items, keys=(), cls=dict",
    infer=lambda *items, keys=(), cls=dict: Dict(keys, items, cls),
    code=_dict_code,
    jvp=build_jvp,
    vjp=_build_vjp(lambda node: node.params["keys"]),
    memory="holds",
    cost="cheap",
)


def like(form: Tuple | Dict, parts: Sequence[Value]) -> Value:
    """A container of the given form with these parts."""
    if isinstance(form, Dict):
        return make_dict(*parts, keys=form.keys, cls=form.cls)
    return make_tuple(*parts, cls=form.cls)


def _item_type(t: Type, key: Any = 0) -> Type:
    t = unwrapped(t)
    if isinstance(t, Tuple) and isinstance(key, int):
        return t.items[key] if -len(t.items) <= key < len(t.items) else UNKNOWN
    if isinstance(t, Dict) and key in t.keys:
        return t.items[t.keys.index(key)]
    return t.item if isinstance(t, List) else UNKNOWN


def _item_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (t,), g, key = node.inputs, known(cts[0]), node.params["key"]
    form = unwrapped(t.type)
    if not isinstance(form, (Tuple, Dict)):
        return [into_entry(t, literal(key), g)]
    keys = range(len(form.items)) if isinstance(form, Tuple) else form.keys
    where = key % len(form.items) if isinstance(form, Tuple) else key

    def into(total: Value | None) -> Value:
        parts = []
        for k in keys:
            part = None if total is None else item(total, key=k)
            if k == where:
                part = g if part is None else add_any(part, g)
            parts.append(container_zeros(item(t, key=k)) if part is None else part)
        return like(form, parts)

    return [into]


def into_entry(t: Value, key: Value, g: Value) -> Contribution:
    """g added to one entry of the cotangent of t."""

    def into(total: Value | None) -> Value:
        return add_entry(container_zeros(t) if total is None else total, key, g)

    return into


def _item_code(node: Node) -> str:
    form, key = unwrapped(node.inputs[0].type), node.params["key"]
    if isinstance(form, Dict) and form.cls is not dict:
        return f"t.{key}"
    return f"t[{key!r}]"


item: Op = custom(
    "item",
    signature="t, key=0",
    infer=_item_type,
    code=_item_code,
    jvp=lambda node, ts: [item(ts[0], **node.params) if ts[0] else None],
    vjp=_item_vjp,
    memory="view",
    cost="free",
)


# ---- what the forward half of a graph keeps ------------------------------------------


def _residual_code(node: Node) -> str:
    names = [f"items{k}" for k in range(len(node.inputs))]
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


make_residual: Op = custom(
    "make_residual",
    signature="*items, key=None",
    infer=lambda *items, key=None: Residual(key),
    code=_residual_code,
    jvp=build_jvp,
    vjp=lambda node, cts: [
        residual_item(known(cts[0]), k=k, type=x.type) if is_inexact(x.type) else None
        for k, x in enumerate(node.inputs)
    ],
    memory="holds",
    cost="cheap",
)


def _residual_item_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    return [into_entry(node.inputs[0], literal(node.params["k"]), known(cts[0]))]


residual_item: Op = custom(
    "residual_item",
    signature="r, k=-1, type=None",
    infer=lambda r, k=-1, type=UNKNOWN: type,
    code="r[k]",
    jvp=lambda node, ts: [residual_item(ts[0], **node.params) if ts[0] else None],
    vjp=_residual_item_vjp,
    memory="view",
    cost="free",
)


def _added_type(t: Type, key: Type, v: Type) -> Type:
    t = unwrapped(t)
    return t if isinstance(t, (List, Tuple, Dict, Residual)) else UNKNOWN


def _add_entry_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (t, key, _), (dt, _, dv) = node.inputs, ts
    if dv is None:
        return [dt]
    return [add_entry(container_zeros(t) if dt is None else dt, key, dv)]


def _add_entry_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g = known(cts[0])
    return [g, None, entry_like(g, *node.inputs[1:])]


# The container t with v added to its entry `key`: the transpose of reading an entry.
add_entry: Op = custom(
    "add_entry",
    signature="t, key, v",
    infer=_added_type,
    code="runtime.add_any(t, v, key)",
    jvp=_add_entry_jvp,
    vjp=_add_entry_vjp,
    memory="same holds",
    domain=lambda: [at((1.5, 2.0), 1, 0.5, expected=lambda t, k, v: (t[0], t[1] + v))],
)

# Entry `key` of a cotangent t, of the type of v, of which only the type is read.
entry_like: Op = custom(
    "entry_like",
    signature="t, key, v",
    infer=lambda t, key, v: v,
    code="t[key]",
    jvp=lambda node, ts: [entry_like(ts[0], *node.inputs[1:]) if ts[0] else None],
    vjp=lambda node, cts: [
        into_entry(node.inputs[0], node.inputs[1], known(cts[0])),
        None,
        None,
    ],
    memory="view",
    cost="free",
    domain=lambda: [at((1.5, 2.0), 1, 0.5, expected=lambda t, k, v: t[k])],
)
