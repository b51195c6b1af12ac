"""Functions lowered to graphs of their own, once per signature, and their calls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import gast

from srcad.frontend.bodies import InPlaceOnly, body_of, local_names
from srcad.frontend.context import Binding, Context
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    Cell,
    Closure,
    Conflict,
    Entries,
    Items,
    Number,
    Ref,
    Static,
    Table,
    View,
    World,
    root_of,
)
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Graph, Node, Value
from srcad.ir.structure import call, has_effect
from srcad.ir.types import (
    BOTTOM,
    Array,
    Dict,
    List,
    Maybe,
    Scalar,
    Size,
    Tuple,
    Type,
    join,
)
from srcad.source import FunctionSource


@dataclass(eq=False)
class Callee:
    """A function lowered for one signature.

    result : the structure of what it returns, over the graph's first results.
    writes : which of the leaves it was given are written; their new values follow.
    dependents : functions lowered while this one was, which call it: what they relied
        on may change, so they are lowered `again`.
    """

    key: Any
    result: Any = None
    types: tuple[Type, ...] = (BOTTOM,)
    writes: tuple[int, ...] = ()
    hidden: tuple[Binding, ...] = ()
    effect: bool = False
    recursive: bool = False
    lowering: bool = True
    again: bool = False
    dependents: dict[Any, Callee] = field(default_factory=dict)

    def state(self) -> Any:
        """What callers rely on: while it changes, the function is lowered again."""
        return self.result, self.types, self.writes, self.hidden, self.effect


@dataclass
class Flat:
    """Arguments taken apart: leaves that are values, and the structure around them."""

    frame: Frame
    leaves: list[Ref] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    roots: list[Cell] = field(default_factory=list)

    def spec(self, ref: Ref, name: str) -> Any:
        """The structure of an argument; leaves are noted."""
        if isinstance(ref, Static):
            return ("static", ref.value)
        if isinstance(ref, Items):
            parts = enumerate(ref.items)
            return (
                "items",
                ref.cls,
                tuple(self.spec(r, f"{name}{k}") for k, r in parts),
            )
        if isinstance(ref, Cell):
            content = self.frame.content(ref)
            if isinstance(content, Entries):
                items = enumerate(content.items)
                return ("list", tuple(self.spec(r, f"{name}{k}") for k, r in items))
            if isinstance(content, Table):
                pairs = content.items.items()
                parts_ = tuple((k, self.spec(r, _joined(name, k))) for k, r in pairs)
                return ("dict", parts_)
        if not isinstance(ref, (Number, Cell, View)):
            raise InPlaceOnly
        root = root_of(ref)
        if root is not None:
            if root in self.roots:
                raise InPlaceOnly
            self.roots.append(root)
        self.leaves.append(ref)
        self.names.append(name)
        return ("leaf", len(self.leaves) - 1)


def _joined(name: str, key: Any) -> str:
    return f"{name}_{key}" if str(key).isidentifier() else name


def call_graph(
    frame: Frame,
    function: Any,
    source: FunctionSource,
    tree: Any,
    names: dict[str, Ref],
    node: Any,
) -> Ref:
    """Call a function as a graph of its own, lowering it for this signature first."""
    flat = Flat(frame)
    if isinstance(function, Closure):
        names = {**_captured(function, tree), **names}
    spec = tuple((n, flat.spec(r, n)) for n, r in names.items())
    values = [frame.read(r) for r in flat.leaves]
    sizes: dict[str, Size] = {}
    types = tuple(canonical(v.type, sizes) for v in values)
    identity = tree if isinstance(function, Closure) else function
    key = CalleeKey(tree.name, id(identity), _hashable(spec), types, identity)
    callee = frame.session.callees.get(key)
    if callee is None:
        callee = Callee(key)
        _lowered(frame, callee, function, source, tree, spec, flat.names)
    elif callee.again:
        _lowered(frame, callee, function, source, tree, spec, flat.names)
    return _called(frame, callee, flat, values, sizes)


@dataclass(frozen=True)
class CalleeKey:
    """What makes two calls go to one graph."""

    name: str
    identity: int
    spec: Any
    types: tuple[Type, ...]
    keep: Any = field(compare=False, repr=False, default=None)

    def __str__(self) -> str:
        return self.name


def _hashable(spec: Any) -> Any:
    if isinstance(spec, tuple) and len(spec) == 2 and spec[0] == "static":
        value = spec[1]
        return ("static", type(value), value if _is_plain(value) else id(value))
    if isinstance(spec, tuple):
        return tuple(map(_hashable, spec))
    return spec


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, bytes, bool, int, float, type(None)))


def _captured(function: Closure, tree: Any) -> dict[str, Ref]:
    """The names that a nested function reads from the frames around it."""
    local = local_names(tree)
    found: dict[str, Ref] = {}
    for n in gast.walk(tree):
        if isinstance(n, gast.Name) and n.id not in local and n.id != function.name:
            outer = function.frame
            while outer is not None:
                if n.id in outer.names:
                    found[n.id] = outer.names[n.id]
                    break
                outer = outer.lexical
    return found


def canonical(t: Type, sizes: dict[str, Size]) -> Type:
    """A type with its unknown lengths numbered in order of appearance."""

    def dim(d: Any) -> Any:
        if not isinstance(d, Size):
            return d
        text = f"{d.base}{d.offset:+d}"
        number = list(sizes).index(text) if text in sizes else len(sizes)
        sizes.setdefault(text, d)
        return Size(f"n{number}", 0, d.may_be_one)

    return mapped_dims(t, dim)


def mapped_dims(t: Type, dim: Any) -> Type:
    """A type with a function applied to each dimension."""
    if isinstance(t, Array):
        return Array(t.dtype, tuple(map(dim, t.dims)))
    if isinstance(t, Scalar) and t.size is not None:
        size = dim(t.size) if isinstance(t.size, Size) else None
        return Scalar(t.kind, t.dtype, size)
    if isinstance(t, (Tuple, Dict)):
        return replace(t, items=tuple(mapped_dims(i, dim) for i in t.items))
    if isinstance(t, List):
        return List(mapped_dims(t.item, dim))
    if isinstance(t, Maybe):
        return Maybe(mapped_dims(t.inner, dim))
    return t


def _lowered(
    frame: Frame,
    callee: Callee,
    function: Any,
    source: FunctionSource,
    tree: Any,
    spec: Any,
    names: list[str],
) -> None:
    """Lower a function for a signature, until types hold still if it is recursive."""
    session, key = frame.session, callee.key
    session.callees[key] = callee
    session.stack.append(callee)
    callee.lowering, callee.again = True, False
    world = session.world
    try:
        for _ in range(20):
            before = _states(callee)
            callee.recursive = False
            for other in callee.dependents.values():
                other.again = True
            _lower_once(frame, callee, function, source, tree, spec, names)
            if not callee.recursive or before == _states(callee):
                callee.lowering = False
                return
        raise frame.refuse("the types of this recursive function do not settle", tree)
    except BaseException:
        session.callees.pop(key, None)
        raise
    finally:
        session.stack.pop()
        session.world = world


def _states(callee: Callee) -> Any:
    others = ((key, other.state()) for key, other in callee.dependents.items())
    return (callee.state(), *others)


def _lower_once(
    frame: Frame,
    callee: Callee,
    function: Any,
    source: FunctionSource,
    tree: Any,
    spec: Any,
    names: list[str],
) -> None:
    session, key = frame.session, callee.key
    session.world = World()
    root = Builder()
    context = Context(Builder())
    inner_function = None if isinstance(function, Closure) else function
    inner = Frame(
        session,
        context,
        source,
        inner_function,
        None,
        {},
        local_names(tree),
        path=(id(callee),),
    )
    params = tuple(Value(n, t) for n, t in zip(names, key.types, strict=True))
    with root.active(), root.at(source.span(tree)):
        leaves = [inner.object_of(p) for p in params]
        for name, part in spec:
            inner.names[name] = _rebuilt(inner, part, leaves)
        if isinstance(function, Closure):
            inner.names[function.name] = Closure(tree, inner, {}, function.name)
        session.callees[key] = callee
        found = body_of(inner, tree)
        results: list[Value] = []
        callee.result = _returned(inner, found, leaves, results)
        writes = [k for k, r in enumerate(leaves) if _was_written(inner, r, params[k])]
        results += [inner.read(leaves[k]) for k in writes]
    callee.types = tuple(
        join(a, b.type)
        for a, b in zip(_padded(callee.types, len(results)), results, strict=True)
    )
    callee.writes = tuple(writes)
    hidden = tuple(context.hidden.values())
    callee.hidden = tuple(binding for binding, _, _ in hidden)
    nodes = (*context.prologue.nodes, *root.nodes)
    callee.effect = any(map(has_effect, nodes))
    body = Block((*params, *(p for _, p, _ in hidden)), nodes, tuple(results))
    session.graphs[key] = Graph(tree.name, body, source)


def _padded(types: tuple[Type, ...], count: int) -> tuple[Type, ...]:
    return types if len(types) == count else (BOTTOM,) * count


def _was_written(frame: Frame, ref: Ref, param: Value) -> bool:
    return isinstance(ref, Cell) and frame.content(ref) is not param


def _rebuilt(frame: Frame, spec: Any, leaves: list[Ref]) -> Ref:
    kind = spec[0]
    if kind == "static":
        return Static(spec[1])
    if kind == "leaf":
        leaf: Ref = leaves[spec[1]]
        return leaf
    if kind == "items":
        return Items(tuple(_rebuilt(frame, s, leaves) for s in spec[2]), spec[1])
    if kind == "list":
        return frame.new(Entries(tuple(_rebuilt(frame, s, leaves) for s in spec[1])))
    return frame.new(Table({k: _rebuilt(frame, s, leaves) for k, s in spec[1]}))


def _returned(frame: Frame, ref: Ref, given: list[Ref], results: list[Value]) -> Any:
    """The structure of what a function returns; values are added to `results`."""
    if isinstance(ref, Static):
        return ("static", ref.value)
    if isinstance(ref, Items):
        parts = tuple(_returned(frame, r, given, results) for r in ref.items)
        return ("items", ref.cls, parts)
    if ref in given and isinstance(ref, Cell):
        return ("given", given.index(ref))
    if isinstance(ref, Cell):
        content = frame.content(ref)
        if isinstance(content, Entries):
            parts = tuple(_returned(frame, r, given, results) for r in content.items)
            return ("list", parts)
        if isinstance(content, Table):
            pairs = content.items.items()
            return (
                "dict",
                tuple((k, _returned(frame, r, given, results)) for k, r in pairs),
            )
        if ref.linked:
            raise InPlaceOnly
    if isinstance(ref, (View, Closure, Conflict)) or not isinstance(
        ref, (Number, Cell)
    ):
        raise InPlaceOnly
    results.append(frame.read(ref))
    return ("leaf", len(results) - 1)


def _called(
    frame: Frame,
    callee: Callee,
    flat: Flat,
    values: list[Value],
    sizes: dict[str, Size],
) -> Ref:
    """Write the call node; gives the object returned."""
    session = frame.session
    if callee.lowering:
        above = session.stack[session.stack.index(callee) + 1 :]
        callee.dependents.update((other.key, other) for other in above)
    if callee.result is None:
        callee.recursive = True
        unknown = current().emit(
            call, values, (BOTTOM,), {"callee": callee.key}, names=("",)
        )
        return Number(unknown[0])
    callee.recursive |= callee.lowering
    extra = [frame.read(frame.hidden(b, b.read())) for b in callee.hidden]
    session.call_count += 1
    types = [_localised(t, sizes, session.call_count) for t in callee.types]
    params: dict[str, Any] = {"callee": callee.key}
    if callee.effect:
        params["effect"] = True
    inputs = (*values, *extra)
    outputs = tuple(Value("", t) for t in types)
    current().add(Node(call, inputs, outputs, params, (), current().span))
    plain = len(outputs) - len(callee.writes)
    for k, value in zip(callee.writes, outputs[plain:], strict=True):
        frame.write(flat.leaves[k], value)
    return _given_back(frame, callee.result, outputs, flat.leaves)


def _given_back(
    frame: Frame, spec: Any, outputs: tuple[Value, ...], leaves: list[Ref]
) -> Ref:
    if spec[0] == "given":
        leaf: Ref = leaves[spec[1]]
        return leaf
    if spec[0] == "leaf":
        return frame.object_of(outputs[spec[1]])
    if spec[0] == "items":
        parts = tuple(_given_back(frame, s, outputs, leaves) for s in spec[2])
        return Items(parts, spec[1])
    if spec[0] == "list":
        parts = tuple(_given_back(frame, s, outputs, leaves) for s in spec[1])
        return frame.new(Entries(parts))
    if spec[0] == "dict":
        return frame.new(
            Table({k: _given_back(frame, s, outputs, leaves) for k, s in spec[1]})
        )
    return Static(spec[1])


def _localised(t: Type, sizes: dict[str, Size], call_number: int) -> Type:
    """A callee's type with its lengths named as the caller knows them."""
    known = list(sizes.values())

    def dim(d: Any) -> Any:
        if not isinstance(d, Size):
            return d
        name = d.base
        if name.startswith("n") and name[1:].isdigit() and int(name[1:]) < len(known):
            outer = known[int(name[1:])]
            return (
                outer
                if d.offset == 0
                else Size(outer.base, outer.offset + d.offset, True)
            )
        return Size(f"call{call_number}:{name}", d.offset, True)

    return mapped_dims(t, dim)
