"""Values by their leaves: what is inside tuples and dicts has its own cotangent.

A path is a tuple of positions and keys; the path of a number, array, list or residual
is (). Takes values and types; gives leaf types, parts, zeros and whole containers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from srcad.ir.builder import current
from srcad.ir.graph import UNDEFINED, Block, Literal, Node, Value, is_literal, literal
from srcad.ir.joining import join
from srcad.ir.structure import if_
from srcad.ir.types import (
    Array,
    Dict,
    List,
    Maybe,
    Residual,
    Scalar,
    Static,
    Tuple,
    Type,
    Unknown,
    is_inexact,
    is_number,
    unwrapped,
)
from srcad.ops.containers import (
    add_any,
    container_zeros,
    item,
    like,
    list_get,
    make_dict,
    make_tuple,
)
from srcad.ops.containers import cotangent_type as zero_type
from srcad.ops.fit import zeros_of
from srcad.ops.sure import sure

Path = tuple[Any, ...]
Paths = frozenset[Path]
NOWHERE: Paths = frozenset()


def entries(t: Type) -> Mapping[Any, Type] | None:
    """The types inside a tuple or dict by position or key; None for a leaf."""
    t = unwrapped(t)
    if isinstance(t, Tuple):
        return dict(enumerate(t.items))
    if isinstance(t, Dict):
        return dict(zip(t.keys, t.items, strict=True))
    return None


def leaf_types(t: Type) -> dict[Path, Type]:
    """The type of each leaf. Inside a Maybe, all leaves are Maybe."""
    inside = entries(t)
    if inside is None:
        return {(): t}
    found: dict[Path, Type] = {}
    for key, inner in inside.items():
        if isinstance(t, Maybe) and not isinstance(inner, Maybe):
            inner = Maybe(inner)
        for path, leaf in leaf_types(inner).items():
            found[(key, *path)] = leaf
    return found


def inexact_paths(t: Type) -> Paths:
    """The leaves that can carry a derivative."""
    return frozenset(p for p, leaf in leaf_types(t).items() if is_inexact(leaf))


def projected(paths: Paths, source: Type, target: Type) -> Paths:
    """Paths of a value of one type as those of what it becomes in a merge."""
    if not paths:
        return NOWHERE
    if leaf_types(source).keys() == leaf_types(target).keys():
        return paths & inexact_paths(target)
    return inexact_paths(target)


def cotangent_type(t: Type) -> Type:
    """The type of the cotangent of a value.

    That of a Maybe(number) is a number: zero where the value is undefined.
    """
    if isinstance(t, Maybe):
        inner = cotangent_type(t.inner)
        return inner if isinstance(inner, (Scalar, Tuple, Dict)) else Maybe(inner)
    return zero_type(t)


def key_of(node: Node) -> Any:
    """The entry an `item` node takes, counted from the front."""
    key = node.params.get("key", 0)
    inside = entries(node.inputs[0].type)
    if isinstance(key, int) and key < 0 and inside is not None:
        return key + len(inside)
    return key


def part(value: Value, key: Any) -> Value:
    """Entry `key` of a container, read off the node that built it where possible."""
    if isinstance(value, Literal):
        return value
    node = current().definitions.get(value)
    if node is not None and node.op is make_tuple and isinstance(key, int):
        return node.inputs[key]
    if node is not None and node.op is make_dict:
        entry: Value = node.inputs[node.params["keys"].index(key)]
        return entry
    if isinstance(unwrapped(value.type), List):
        return list_get(value, literal(key))
    return item(value, key=key)


def at(value: Value, path: Path) -> Value:
    """The leaf of a value at a path."""
    for key in path:
        value = part(value, key)
    return value


def zero_leaf(value: Value, path: Path) -> Value:
    """Zero for one leaf of a value: a literal for a number, undefined for a Maybe."""
    t = leaf_types(value.type)[path]
    inner = unwrapped(t)
    if not (is_number(t) or isinstance(inner, (List, Residual))):
        return literal(None)
    if isinstance(inner, Scalar):
        return literal(0j if inner.kind == "complex" else 0.0)
    if isinstance(value, Literal):
        return literal(UNDEFINED)
    if isinstance(t, Maybe):
        return literal(UNDEFINED)
    leaf = at(value, path)
    return container_zeros(leaf) if isinstance(t, (List, Residual)) else zeros_of(leaf)


def packed(t: Type, leaf: Callable[[Path], Value], path: Path = ()) -> Value:
    """A container of type t built from one value for each leaf."""
    inside = entries(t)
    if inside is None:
        return leaf(path)
    form = unwrapped(t)
    parts = [packed(inner, leaf, (*path, key)) for key, inner in inside.items()]
    assert isinstance(form, (Tuple, Dict))
    return like(form, parts)


def leaf_name(value: Value, path: Path, suffix: str) -> str:
    """`x_bar`, `params_W_bar`; nothing for a part of an expression."""
    if not value.name:
        return ""
    keys = [str(k) for k in path if str(k).isidentifier() or isinstance(k, int)]
    return "_".join([value.name, *keys, suffix])


def is_nothing(value: Value) -> bool:
    """Whether a cotangent is the literal for no contribution at all."""
    return isinstance(value, Literal) and (
        value.value is UNDEFINED or value.type == Static(None)
    )


def made_sure(g: Value, leaf: Value) -> Value:
    """A cotangent or tangent that may be undefined as a number; `leaf` is defined."""
    plain = isinstance(unwrapped(leaf.type), (Scalar, Array, Unknown))
    return with_added(g, zeros_of(leaf) if plain else container_zeros(leaf))


def with_added(a: Value, b: Value) -> Value:
    """What may be undefined with something added that is not: where it is, that alone.

    Where a branch leaves it undefined on one side, another branch on the same condition
    says which it is; so it needs no look at the value, for which Numba has no way.
    """
    node = current().definitions.get(a)
    if node is None or node.op is not if_:
        return add_any(a, b)
    k = node.outputs.index(a)
    undefined = [is_literal(block.results[k], UNDEFINED) for block in node.blocks]
    inner = unwrapped(a.type)
    types = [block.results[k].type for block in node.blocks]
    if (
        sum(undefined) != 1
        or not isinstance(inner, Array)
        or not isinstance(b.type, Array)
    ):
        return add_any(a, b)
    if isinstance(types[undefined.index(False)], Maybe):
        return add_any(a, b)
    with current().inner() as builder:
        (known,) = current().emit(sure, [a], [inner])
        total = known + b
    sides = [builder.block(results=[total]), Block((), (), (b,))]
    then, otherwise = sides[::-1] if undefined[0] else sides
    form = join(total.type, b.type)
    return current().if_(node.inputs[0], then, otherwise, [form], [a.name])[0]
