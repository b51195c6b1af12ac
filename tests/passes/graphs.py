"""A small language for writing graphs by hand, and comparing them before and after."""

from __future__ import annotations

import importlib

import numpy as np

from srcad.backend.evaluate import evaluate
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Graph, Program, Value, as_value, nodes_of
from srcad.ir.sizes import Size
from srcad.ir.types import BOOL, FLOAT, INT, Array, Range
from srcad.ir.verify import verify
from srcad.ops.declare import OPS

for family in ("arithmetic", "containers", "creation", "fit", "index", "layout"):
    importlib.import_module(f"srcad.ops.{family}")

N = Size("n")
VECTOR = Array("float64", (N,))
MATRIX = Array("float64", (Size("m"), N))


def op(name):
    """The operation of this name."""
    return OPS[name]


def graph(build, *types, names=None):
    """The graph of a function of values; several results as a tuple."""
    names = names or build.__code__.co_varnames
    params = [Value(n, t) for n, t in zip(names, types)]
    with Builder().active() as builder:
        results = build(*params)
    results = results if isinstance(results, tuple) else (results,)
    body = builder.block(params, [as_value(r) for r in results])
    made = Graph("f", body)
    verify(made)
    return made


def branch(condition, then, otherwise, types=None, names=()):
    """An if_ of two functions without arguments; its outputs."""
    with current().inner() as a:
        left = _results(then())
    with current().inner() as b:
        right = _results(otherwise())
    types = types or [v.type for v in left]
    blocks = a.block((), left), b.block((), right)
    return current().if_(condition, *blocks, types, names)


def loop(walked, initial, body, *, stop=False, reverse=False):
    """A for_ over values; body(*items, *carried) gives (carried, collected)."""
    walked, initial = list(walked), [as_value(v) for v in initial]
    items = [Value("i", _item(v.type)) for v in walked]
    carried = [Value(v.name, _unsized(v.type)) for v in initial]
    with current().inner() as inner:
        after, collected = body(*items, *carried)
    results = [as_value(v) for v in (*after, *collected)]
    block = inner.block([*items, *carried], results)
    return current().for_(walked, initial, block, stop=stop, reverse=reverse)


def while_loop(initial, test, body, *, stop=False):
    """A while_; test(*carried) gives a boolean, body as for `loop`."""
    initial = [as_value(v) for v in initial]
    asked = [Value(v.name, _unsized(v.type)) for v in initial]
    carried = [Value(v.name, _unsized(v.type)) for v in initial]
    with current().inner() as first:
        answer = as_value(test(*asked))
    with current().inner() as second:
        after, collected = body(*carried)
    results = [as_value(v) for v in (*after, *collected)]
    blocks = first.block(asked, [answer]), second.block(carried, results)
    return current().while_(initial, *blocks, stop=stop)


def _results(found):
    found = found if isinstance(found, tuple) else (found,)
    return [as_value(v) for v in found]


def _item(t):
    return INT if isinstance(t, Range) else t.item


def _unsized(t):
    return {"int": INT, "bool": BOOL, "float": FLOAT}.get(str(t).split("=")[0], t)


def run(made, *arguments):
    """The results of a graph for arguments."""
    return evaluate(Program("f", {"f": made}), arguments)[0]


def same_results(before, after, *arguments):
    """Both graphs give the same bits, and `after` is legal."""
    verify(after)
    expected, found = run(before, *copies(arguments)), run(after, *copies(arguments))
    assert len(expected) == len(found)
    for a, b in zip(expected, found):
        assert_same(a, b)


def copies(arguments):
    return [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]


def assert_same(a, b):
    if isinstance(a, (list, tuple)):
        assert type(a) is type(b) and len(a) == len(b)
        for x, y in zip(a, b):
            assert_same(x, y)
        return
    assert type(a) is type(b), (a, b)
    np.testing.assert_array_equal(a, b)
    if isinstance(a, (float, np.floating, np.ndarray)):
        assert np.array_equal(np.signbit(a), np.signbit(b))


def ops(made):
    """The names of a graph's operations, in order."""
    return [node.op.name for node in nodes_of(made.body)]
