"""Graphs built by hand, and the checks that every one of them goes through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcad.ad.forward import forward
from srcad.ad.reverse import reverse, reverse_pair
from srcad.backend.evaluate import evaluate
from srcad.ir.builder import Builder, current
from srcad.ir.graph import UNDEFINED, Graph, Program, Value, as_value
from srcad.ir.joining import joined
from srcad.ir.sizes import Size
from srcad.ir.types import INT, Array, Maybe, Range, Scalar, Type
from srcad.ir.verify import verify_program
from srcad.ops.containers import range_

N = Size("n")
VECTOR = Array("float64", (N,))
MATRIX = Array("float64", (N, N))
F64 = Scalar("float", "float64")


def several(results: Any) -> list[Value]:
    return [
        as_value(v)
        for v in (results if isinstance(results, (tuple, list)) else [results])
    ]


def branch(
    condition: Value, then: Callable[[], Any], other: Callable[[], Any], **names: Any
) -> Any:
    """An `if_`; gives its output or outputs."""
    blocks = []
    for side in (then, other):
        with current().inner() as inner:
            results = several(side())
        blocks.append(inner.block((), results))
    types = [joined_maybe(a, b) for a, b in zip(blocks[0].results, blocks[1].results)]
    out = current().if_(condition, *blocks, types, **names)
    return out[0] if len(out) == 1 else out


def joined_maybe(*values: Value) -> Type:
    types = [v.type for v in values if getattr(v, "value", None) is not UNDEFINED]
    t = joined(
        tuple(Scalar(t.kind, t.dtype) if isinstance(t, Scalar) else t for t in types)
    )
    undefined = len(types) < len(values)
    return Maybe(t) if undefined and not isinstance(t, Maybe) else t


def item_of(t: Type) -> Type:
    return INT if isinstance(t, Range) else t.item


def loop(
    walked: Sequence[Value],
    initial: Sequence[Any],
    step: Callable[..., Any],
    *,
    types: Sequence[Type] | None = None,
    names: Sequence[str] = (),
    items: Sequence[str] = (),
    **params: Any,
) -> Any:
    """A `for_`: `step(*items, *carried)` gives (next values, collected values)."""
    initial = [as_value(v) for v in initial]
    types = types or [joined_maybe(v) for v in initial]
    names = names or [f"c{k}" for k in range(len(initial))]
    items = items or [f"e{k}" for k in range(len(walked))]
    inputs = [Value(n, item_of(v.type)) for n, v in zip(items, walked)]
    carried = [Value(n, t) for n, t in zip(names, types)]
    with current().inner() as inner:
        after, collected = step(*inputs, *carried)
    body = inner.block((*inputs, *carried), [*several(after), *several(collected)])
    return current().for_(walked, initial, body, **params)


def while_loop(
    initial: Sequence[Any],
    test: Callable[..., Any],
    step: Callable[..., Any],
    *,
    types: Sequence[Type] | None = None,
    names: Sequence[str] = (),
    **params: Any,
) -> Any:
    """A `while_`, like `loop`."""
    initial = [as_value(v) for v in initial]
    types = types or [joined_maybe(v) for v in initial]
    names = names or [f"c{k}" for k in range(len(initial))]
    asked, carried = ([Value(n, t) for n, t in zip(names, types)] for _ in range(2))
    with current().inner() as inner:
        tested = test(*asked)
    test_block = inner.block(asked, [as_value(tested)])
    with current().inner() as inner:
        after, collected = step(*carried)
    body = inner.block(carried, [*several(after), *several(collected)])
    return current().while_(initial, test_block, body, **params)


def count(n: Any) -> Value:
    return range_(0, n, 1)


def graph_of(
    name: str,
    function: Callable[..., Any],
    types: Sequence[Type],
    names: Sequence[str] = (),
) -> Graph:
    names = names or [f"x{k}" for k in range(len(types))]
    params = [Value(n, t) for n, t in zip(names, types)]
    with Builder().active() as builder:
        results = several(function(*params))
    return Graph(name, builder.block(params, results))


def program_of(function: Callable[..., Any], *types: Type, **others: Graph) -> Program:
    graph = graph_of("f", function, types)
    return Program("f", {"f": graph, **others})


# ---- checks --------------------------------------------------------------------------


@dataclass
class Case:
    """A program with arguments; `wrt` are those to differentiate."""

    name: str
    program: Program
    args: Sequence[Any]
    wrt: Sequence[int]
    order: int = 2
    tolerance: float = 2e-6
    expected: Any = None
    facts: dict[str, Any] = field(default_factory=dict)


def run(program: Program, args: Sequence[Any]) -> list[Any]:
    verify_program(program)
    with np.errstate(all="raise"):
        return evaluate(program, args)[0]


def flat(x: Any) -> np.ndarray:
    """All numbers inside a value; None counts for nothing."""
    if x is None or x is UNDEFINED:
        return np.zeros(0)
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, (list, tuple)):
        return np.concatenate([np.zeros(0), *map(flat, x)])
    if isinstance(x, (int, np.integer)) or getattr(x, "dtype", None) == np.int64:
        return np.zeros(0)
    return np.asarray(x, dtype=float).ravel()


def fitting(g: Any, x: Any) -> np.ndarray:
    """The numbers of a cotangent that belong to inexact leaves of x."""
    if isinstance(x, dict):
        assert list(g) == list(x)
        g, x = list(g.values()), list(x.values())
    if isinstance(x, (list, tuple)):
        assert len(g) == len(x)
        return np.concatenate([np.zeros(0), *map(fitting, g, x)])
    g = flat(g) if flat(x).size else np.zeros(0)
    assert g.shape == flat(x).shape
    return g


def like(x: Any, numbers: np.ndarray) -> Any:
    """The numbers put back into the structure of x."""

    def build(x: Any) -> Any:
        if isinstance(x, dict):
            return {k: build(v) for k, v in x.items()}
        if isinstance(x, (list, tuple)):
            return type(x)(map(build, x))
        if isinstance(x, np.ndarray) and x.dtype == float:
            return np.array([next(rest) for _ in range(x.size)]).reshape(x.shape)
        if isinstance(x, (float, np.floating)):
            return type(x)(next(rest))
        return None

    rest = iter(numbers)
    return build(x)


def moved(x: Any, by: Any, step: float) -> Any:
    if isinstance(x, dict):
        return {k: moved(v, by[k], step) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x)(moved(a, b, step) for a, b in zip(x, by))
    return x if by is None else x + step * by


def slope(
    function: Callable[..., Any],
    args: Sequence[Any],
    wrt: Sequence[int],
    directions: Sequence[Any],
) -> np.ndarray:
    """The derivative of everything a function gives, along a direction."""

    def at(step: float) -> np.ndarray:
        shifted = list(args)
        for k, d in zip(wrt, directions):
            shifted[k] = moved(args[k], d, step)
        return flat(function(shifted))

    h = 1e-3
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


def directions(
    args: Sequence[Any], wrt: Sequence[int], rng: np.random.Generator
) -> list[Any]:
    return [like(args[k], rng.normal(size=flat(args[k]).size)) for k in wrt]


def check(case: Case) -> None:
    """Reverse and forward mode of any order, against differences and each other."""
    rng = np.random.default_rng(0)
    program, args, wrt = case.program, list(case.args), list(case.wrt)
    value = run(program, args)
    if case.expected is not None:
        np.testing.assert_allclose(flat(value[0]), flat(case.expected), rtol=1e-12)
    result = 0
    for _ in range(case.order):
        program, args, result = check_once(
            program, args, wrt, result, rng, case.tolerance
        )


def check_once(program, args, wrt, result, rng, tolerance):
    before = run(program, args)
    out = before[result]
    d = directions(args, wrt, rng)
    w = like(out, rng.normal(size=flat(out).size))
    expected = slope(lambda a: evaluate(program, a)[0][result], args, wrt, d)

    tangent = run(forward(program, wrt, result=result), [*args, *d])[-1]
    np.testing.assert_allclose(flat(tangent), expected, rtol=tolerance, atol=tolerance)

    adjoint = reverse(program, wrt, seeded=True, result=result)
    after = run(adjoint, [*args, w])
    np.testing.assert_array_equal(flat(after[: len(before)]), flat(before))
    found = after[len(before) :]
    pairs = zip(wrt, found, d)
    product = sum(fitting(g, args[k]) @ flat(b) for k, g, b in pairs)
    np.testing.assert_allclose(
        product, flat(w) @ expected, rtol=tolerance, atol=tolerance
    )

    pair = reverse_pair(program, wrt, result=result)
    residual = run(pair, args)[-1]
    seed_and = evaluate(pair, [residual, w], (program.main, "bwd"))[0]
    np.testing.assert_array_equal(flat(seed_and), flat(found))
    return adjoint, [*args, w], len(before)
