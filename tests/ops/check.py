"""Check a declaration at a sample: value, type, both modes, second order.

A sample becomes a graph of one node. Its rules are applied as the AD transforms apply
them, but to straight-line graphs only, which is all that rules make.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from srcad.backend.evaluate import evaluate
from srcad.errors import MissingRule
from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Node, Program, Value, literal
from srcad.ir.sizes import Size
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Dict,
    List,
    Maybe,
    Range,
    Scalar,
    Static,
    Tuple,
    Type,
    is_inexact,
    is_number,
    python_kind,
)
from srcad.ops.arithmetic import add
from srcad.ops.containers import add_any
from srcad.ops.declare import Op, find, path_of
from srcad.ops.domain import Sample

from .numbers import (
    STEP,
    central,
    close,
    complex_step,
    leaves,
    pairing,
    random_like,
    rebuilt,
    single,
)

# ---- types of concrete values --------------------------------------------------------


def type_of(value: object) -> Type:
    """The exact type of a concrete value."""
    if isinstance(value, np.ndarray):
        return Array(str(value.dtype), value.shape)
    if isinstance(value, (tuple, list)):
        return Tuple(tuple(map(type_of, value)), type(value))
    if isinstance(value, dict):
        return Dict(tuple(value), tuple(map(type_of, value.values())))
    if isinstance(value, range):
        return Range(len(value))
    found = python_kind(value)
    return Scalar(found.kind, found.dtype) if isinstance(found, Scalar) else found


def with_sizes(t: Type, tag: str) -> Type:
    """The same type with named dimensions, as dispatch makes them."""
    if not isinstance(t, Array):
        return t
    dims = (d if d == 1 else Size(f"{tag}{d}") for d in t.dims)
    return Array(t.dtype, tuple(dims))


def fits(value: object, t: Type) -> bool:
    """Whether a concrete value has a type. Sizes may be any length."""
    if t == UNKNOWN:
        return True
    if isinstance(t, Maybe):
        return value is None or fits(value, t.inner)
    if isinstance(t, Array):
        if not isinstance(value, np.ndarray) or value.ndim != len(t.dims):
            return False
        dims = zip(value.shape, t.dims, strict=True)
        return str(value.dtype) == t.dtype and all(_length(n, d) for n, d in dims)
    if isinstance(t, Scalar):
        actual = python_kind(value)
        return isinstance(actual, Scalar) and (actual.kind, actual.dtype) == (
            t.kind,
            t.dtype,
        )
    if isinstance(t, (Tuple, Dict)):
        entries = list(value.values() if isinstance(value, dict) else value)
        pairs = zip(entries, t.items, strict=True)
        return all(fits(v, item) for v, item in pairs)
    if isinstance(t, List):
        return isinstance(value, list) and all(fits(v, t.item) for v in value)
    if isinstance(t, Static):
        return value is t.value or value == t.value
    return True


def _length(n: int, dim: Any) -> bool:
    return dim == n if isinstance(dim, int) else (n != 1 or dim.may_be_one)


# ---- graphs of one node, and their derivatives ---------------------------------------


def differentiable(value: object) -> bool:
    """Whether a concrete input can carry a derivative."""
    return not isinstance(value, (Sample, type(None))) and is_inexact(type_of(value))


def node_graph(
    op: Op, sample: Sample, types: Sequence[Type] | None = None
) -> tuple[Graph, list[Any]]:
    """The sample's node as a graph of the inputs that can vary; and their values.

    Other inputs are literals where they are numbers.
    """
    builder = Builder()
    params, values, inputs = [], [], []
    for k, value in enumerate(sample.inputs):
        t = type_of(value) if types is None else types[k]
        if (
            value is None
            or k in sample.fixed
            or (
                not isinstance(value, (np.ndarray, list, tuple, dict))
                and not differentiable(value)
            )
        ):
            inputs.append(literal(value))
            continue
        param = Value(f"x{k}", t)
        inputs.append(param)
        params.append(param)
        values.append(value)
    with builder.active():
        results = op.several(*inputs, **sample.params)
    return Graph(op.name, builder.block(params, results)), values


def run(graph: Graph, values: Sequence[Any]) -> tuple[list[Any], dict[Value, Any]]:
    """The results of a graph, and the value of each of its values."""
    return evaluate(Program("f", {"f": graph}), values, "f")


def pushforward(graph: Graph) -> Graph:
    """(params, tangents of the inexact ones) -> tangents of the results."""
    builder = Builder()
    tangents: dict[Value, Value | None] = {}
    for p in graph.body.params:
        if is_inexact(p.type):
            tangents[p] = Value(f"{p.name}_dot", p.type)
    params = (*graph.body.params, *[t for t in tangents.values() if t])
    with builder.active():
        for node in graph.body.nodes:
            builder.add(node)
            given = [tangents.get(v) for v in node.inputs]
            if all(t is None for t in given):
                continue
            _by(builder, node)
            found = _op(node).jvp
            results = (
                [None] * len(node.outputs) if found is None else found(node, given)
            )
            tangents.update(zip(node.outputs, results, strict=True))
        results = [tangents.get(v) or literal(0.0) for v in graph.body.results]
    return Graph(f"{graph.name}_jvp", builder.block(params, results))


def pullback(graph: Graph) -> Graph:
    """(params, one seed per result) -> cotangents of the inexact params."""
    builder = Builder()
    seeds = tuple(Value("seed", v.type) for v in graph.body.results)
    bars: dict[Value, Value | None] = {}
    with builder.active():
        for node in graph.body.nodes:
            builder.add(node)
        for v, seed in zip(graph.body.results, seeds, strict=True):
            if is_inexact(v.type):
                bars[v] = seed if bars.get(v) is None else _sum(bars[v], seed)
        active = _active(graph)
        for node in reversed(graph.body.nodes):
            given = [bars.get(v) for v in node.outputs]
            rule = _op(node).vjp
            if rule is None or all(g is None for g in given):
                continue
            _by(builder, node)
            for x, ct in zip(node.inputs, rule(node, given), strict=True):
                if ct is None or x not in active:
                    continue
                bars[x] = _accumulated(bars.get(x), ct)
        wanted = [p for p in graph.body.params if is_inexact(p.type)]
        results = [bars.get(p) or literal(0.0) for p in wanted]
    params = (*graph.body.params, *seeds)
    return Graph(f"{graph.name}_vjp", builder.block(params, results))


def _active(graph: Graph) -> set[Value]:
    """What depends on the inexact params."""
    active = {p for p in graph.body.params if is_inexact(p.type)}
    for node in graph.body.nodes:
        if _op(node).vjp is not None and any(v in active for v in node.inputs):
            active.update(v for v in node.outputs if is_inexact(v.type))
    return active


def _accumulated(before: Value | None, ct: Any) -> Value:
    if not isinstance(ct, Value):
        total = ct(before)
        assert isinstance(total, Value)
        return total
    return ct if before is None else _sum(before, ct)


def _sum(a: Value, b: Value) -> Value:
    return add(a, b) if is_number(a.type) else add_any(a, b)


def _by(builder: Builder, node: Node) -> None:
    builder.via = node.params.get("via", "np")


def _op(node: Node) -> Op:
    assert isinstance(node.op, Op)
    return node.op


# ---- the checks ----------------------------------------------------------------------

# How far reverse mode may be from forward mode in double precision, as a share of the
# size of what the dot product sums.
EXACT = 1e-10


def callable_of(op: Op, sample: Sample) -> Callable[..., Any] | None:
    """What the sample's value is compared with, or None."""
    if sample.expected is not None:
        return sample.expected
    via = sample.params.get("via")
    for target in op.calls:
        if isinstance(target, str):
            module, name = path_of(target)
            target = operator.attrgetter(name)(importlib.import_module(module))
        if via is None or (getattr(target, "__module__", "") or "").lstrip("_") == via:
            params = {k: v for k, v in sample.params.items() if k != "via"}
            assert find(target) is op
            return _called(target, params)
    return None


def _called(target: Any, params: dict[str, Any]) -> Callable[..., Any]:
    return lambda *inputs: target(*inputs, **params)


def check_value(op: Op, sample: Sample) -> None:
    """Value against the callable, inferred type against the actual one."""
    kept = [_copied(v) for v in sample.inputs]
    graph, values = node_graph(op, sample)
    results, _ = run(graph, values)
    for value, found in zip(results, graph.body.results, strict=True):
        assert fits(value, found.type), f"inferred {found.type}, is {type_of(value)}"
    target = callable_of(op, sample)
    if target is not None:
        expected = target(*map(_copied, kept))
        expected = [expected] if len(results) == 1 else list(expected)
        assert repr(type_of(expected)) == repr(type_of(results))
        np.testing.assert_equal(results, expected)
    for types in _other_types(op, sample):
        abstract, _ = node_graph(op, sample, types)
        for value, found in zip(results, abstract.body.results, strict=True):
            assert fits(value, found.type), f"inferred {found.type}: {types}"
        again, _ = run(abstract, values)
        np.testing.assert_equal(again, results)
    np.testing.assert_equal(list(sample.inputs), kept)


_copied = copy.deepcopy


def _other_types(op: Op, sample: Sample) -> list[list[Type]]:
    """Types that tell less: no lengths, or nothing.

    An operation whose `facts` say that it is "ranked" must know the ranks, and refuses
    with a MissingRule where it does not.
    """
    exact = [type_of(v) for v in sample.inputs]
    unknown = [UNKNOWN if isinstance(t, (Scalar, Array)) else t for t in exact]
    sized = [with_sizes(t, "n") for t in exact]
    if op.facts.get("ranked"):
        with contextlib.suppress(MissingRule):
            node_graph(op, sample, unknown)
            return [sized, unknown]
        return [sized]
    return [sized, unknown]


def check_derivatives(op: Op, sample: Sample) -> None:
    """Both modes and the second order, for exact types, for sizes, for none."""
    exact = [type_of(v) for v in sample.inputs]
    others = _other_types(op, sample)
    for types in [exact, *(others[:1] if sample.ranked else others)]:
        _check_derivatives(op, sample, types)


def _check_derivatives(op: Op, sample: Sample, types: Sequence[Type]) -> None:
    graph, values = node_graph(op, sample, types)
    rng = np.random.default_rng(7)
    rough = "float32" in sample.params.values()
    check_graph(graph, values, rng, rough=rough)
    if sample.order < 2:
        return
    results, _ = run(graph, values)
    seeds = [random_like(r, rng) for r in results]
    vjp, jvp = pullback(graph), pushforward(graph)
    check_graph(vjp, [*values, *seeds], rng, 30, rough)
    check_graph(jvp, [*values, *_tangents(graph, values, rng)], rng, 30, rough)


def _tangents(graph: Graph, values: Sequence[Any], rng: Any) -> list[Any]:
    pairs = zip(graph.body.params, values, strict=True)
    return [random_like(v, rng) for p, v in pairs if is_inexact(p.type)]


def check_graph(
    graph: Graph,
    values: Sequence[Any],
    rng: Any,
    factor: float = 1.0,
    rough: bool = False,
) -> None:
    """Forward against differences, reverse against forward, at one point.

    rough : whether single precision occurs on the way, though not at its ends.
    """
    params = graph.body.params
    active = [k for k, v in enumerate(values) if leaves(v)]
    if not active:
        return
    given = _tangents(graph, values, rng)
    wanted = [k for k, p in enumerate(params) if is_inexact(p.type)]
    tangents = [given[wanted.index(k)] for k in active]
    results, _ = run(graph, values)
    precise = not rough and not single(leaves(list(values)) + leaves(results))
    rtol, atol = (2e-6 * factor, 2e-7 * factor) if precise else (2e-3, 2e-3)
    moving = [values[k] for k in active]

    def along(moved: Sequence[Any]) -> Any:
        full = list(values)
        for k, v in zip(active, moved, strict=True):
            full[k] = v
        return run(graph, full)[0]

    forward, _ = run(pushforward(graph), [*values, *given])
    differences = central(along, moving, tangents, 1e-3)
    inexact = [f for f, r in zip(forward, results, strict=True) if leaves(r)]
    shaped = [
        np.broadcast_to(f, np.shape(d))
        for f, d in zip(leaves(inexact), differences, strict=True)
    ]
    close(shaped, differences, rtol, atol)
    if precise:
        _close_to_all_digits(shaped, complex_step(along, moving, tangents, differences))
    seeds = [random_like(r, rng) for r in results]
    backward, _ = run(pullback(graph), [*values, *seeds])
    cotangents = [ct for ct, k in zip(backward, wanted, strict=True) if k in active]
    for ct, k in zip(cotangents, active, strict=True):
        _same_structure(ct, values[k], params[k].type)
    left, size = pairing([s for s in seeds if leaves(s)], shaped)
    cotangents = [
        _filled(ct, values[k]) for ct, k in zip(cotangents, active, strict=True)
    ]
    right, other = pairing(cotangents, tangents)
    exact = EXACT if precise else 1e-4
    np.testing.assert_allclose(right, left, rtol=0, atol=exact * max(size, other))


def _close_to_all_digits(forward: Any, exact: Any) -> None:
    for x, y in zip(forward, exact or (), strict=exact is not None):
        size = np.max(np.abs(y), initial=0.01, where=np.isfinite(y))
        np.testing.assert_allclose(x, y, rtol=0, atol=STEP * size)


def _same_structure(ct: Any, value: Any, t: Type) -> None:
    """A cotangent has its input's shapes and, where that is known, its dtype.

    A Python number fits any dtype.
    """
    for g, x in zip(leaves(_filled(ct, value)), leaves(value), strict=True):
        assert g.shape == x.shape, f"cotangent of shape {g.shape} for {x.shape}"
        assert g.dtype.kind != "c" or x.dtype.kind == "c"
        if isinstance(ct, np.ndarray) and isinstance(t, Array):
            assert g.dtype == x.dtype or g.dtype.kind != x.dtype.kind


def _filled(ct: Any, value: Any) -> Any:
    """A cotangent with zeros for none, and without what belongs to no inexact leaf."""
    if ct is None or (type(ct) is float and ct == 0.0):
        return rebuilt(value, lambda leaf: np.zeros_like(leaf))
    if isinstance(value, (tuple, list)) and len(ct) == len(value):
        return [_filled(g, v) for g, v in zip(ct, value, strict=True)]
    return ct if leaves(value) else None
