"""Functions lowered to graphs of their own, once per signature, and their calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gast

from srcad.frontend.bodies import body_of, local_names
from srcad.frontend.boxes import box_of, function_around
from srcad.frontend.context import Binding, Context
from srcad.frontend.flatten import Flat, given_back, hashable, rebuilt, returned
from srcad.frontend.frame import Frame
from srcad.frontend.installed import in_library
from srcad.frontend.refs import Cell, Closure, Content, Number, Ref, World
from srcad.frontend.session import CALLEE, InPlaceOnly
from srcad.ir.builder import Builder, current
from srcad.ir.canonical import canonical, localised
from srcad.ir.graph import Block, Graph, Node, Value
from srcad.ir.joining import join
from srcad.ir.sizes import Size
from srcad.ir.structure import call, has_effect
from srcad.ir.types import BOTTOM, Type
from srcad.source import FunctionSource

AROUND_LIMIT = 60  # how often a function may stand around its own call, each another


@dataclass(eq=False)
class Callee:
    """A function lowered for one signature.

    result : the structure of what it returns, over the graph's first results.
    writes : which of the leaves it was given are written; their new values follow.
    dependents : functions lowered while this one was, which call it: what they relied
        on may change, so they are lowered `again`.
    """

    key: Any
    tree: Any = None
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


def call_graph(
    frame: Frame,
    function: Any,
    source: FunctionSource,
    tree: Any,
    names: dict[str, Ref],
    node: Any,
) -> Ref:
    """Call a function as a graph of its own, lowering it for this signature first."""
    identity = tree if isinstance(function, Closure) else function
    around = sum(c.key.identity == id(identity) for c in frame.session.stack)
    if around > AROUND_LIMIT:
        raise frame.refuse(
            "each call of this recursive function is one of another kind",
            node,
            "pass arguments of the same structure at each depth",
        )
    # In itself, a count that grows would make it another function at each depth.
    flat = Flat(frame, known=not around and in_library(source.code.co_filename))
    if isinstance(function, Closure):
        names = {**_captured(function, tree), **names}
    spec = tuple((n, flat.spec(r, n)) for n, r in names.items())
    values = [frame.read(r) for r in flat.leaves]
    sizes: dict[str, Size] = {}
    types = tuple(canonical(v.type, sizes) for v in values)
    key = CalleeKey(tree.name, id(identity), hashable(spec), types, identity)
    callee = frame.session.callees.get(key)
    if callee is None:
        callee = Callee(key, tree)
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


def _captured(function: Closure, tree: Any) -> dict[str, Ref]:
    """The names that a nested function reads from the frames around it."""
    local = local_names(tree)
    found: dict[str, Ref] = {}
    for n in gast.walk(tree):
        if isinstance(n, gast.Name) and n.id not in local and n.id != function.name:
            if box_of(function.frame, n.id) is not None:
                raise InPlaceOnly
            outer = function.frame
            while outer is not None:
                if n.id in outer.names:
                    found[n.id] = outer.names[n.id]
                    break
                outer = outer.lexical
    return found


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
    closure = isinstance(function, Closure)
    inner_function = function_around(function.frame) if closure else function
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
        cells = [r for r in leaves if isinstance(r, Cell)]
        session.parameters.update(dict.fromkeys([*cells, *params], CALLEE))
        for name, part in spec:
            inner.names[name] = rebuilt(inner, part, leaves)
        if isinstance(function, Closure):
            inner.names[function.name] = Closure(tree, inner, {}, function.name)
        session.callees[key] = callee
        before = dict(inner.world.contents)
        found = body_of(inner, tree)
        _refuse_changed(inner, before)
        results: list[Value] = []
        callee.result = returned(inner, found, leaves, results, set(before))
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


def _refuse_changed(frame: Frame, before: dict[Cell, Content]) -> None:
    """A callee that changes a list or dict it was given is lowered in place."""
    for cell, content in before.items():
        if not isinstance(content, Value) and frame.content(cell) is not content:
            raise InPlaceOnly


def _padded(types: tuple[Type, ...], count: int) -> tuple[Type, ...]:
    return types if len(types) == count else (BOTTOM,) * count


def _was_written(frame: Frame, ref: Ref, param: Value) -> bool:
    return isinstance(ref, Cell) and frame.content(ref) is not param


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
    number = session.call_count
    types = [localised(t, sizes, f"call{number}") for t in callee.types]
    params: dict[str, Any] = {"callee": callee.key}
    if callee.effect:
        params["effect"] = True
    inputs = (*values, *extra)
    outputs = tuple(Value("", t) for t in types)
    current().add(Node(call, inputs, outputs, params, (), current().span))
    plain = len(outputs) - len(callee.writes)
    for k, value in zip(callee.writes, outputs[plain:], strict=True):
        frame.write(flat.leaves[k], value)
    return given_back(frame, callee.result, outputs, flat.leaves)
