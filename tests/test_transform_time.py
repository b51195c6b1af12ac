"""The work of a transform grows in proportion to the program.

Counted are calls of functions, so the machine and what else it does play no part.
"""

import ast
import cProfile
import gc
import importlib
import itertools
import sys
import types

import numpy as np
import pytest
from benchmarks import transform_time

import srcad
from srcad.ad.accumulate import Gathered
from srcad.ad.activity import Analysis
from srcad.backend import layout, layout_branches, trees
from srcad.backend.comments import LARGE, Comments
from srcad.backend.compiled import INSTALLED
from srcad.backend.names import candidates
from srcad.collecting import without_collecting
from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Value, fact, free_values, nodes_of
from srcad.ir.types import BOOL, FLOAT
from srcad.ops.circular import sin
from srcad.passes import rules_containers
from srcad.passes.buffers import Buffers
from srcad.passes.dce import all_needed

dce_module = importlib.import_module("srcad.passes.dce")
in_parts_module = importlib.import_module("srcad.passes.in_parts")


def calls(kind, n, how=transform_time.gradient):
    """How many functions are called to transform a program of n statements."""
    f = transform_time.function_of(kind, n)
    profiler = cProfile.Profile()
    profiler.runcall(how, f, transform_time.argument_of(kind))
    return sum(entry.callcount for entry in profiler.getstats())


@pytest.fixture
def room_to_recurse(monkeypatch):
    """No second start on a large stack: its calls would be counted again, or not."""
    monkeypatch.setenv("SRCAD_CACHE", "0")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(limit)


# These took work by the square once.
GREW = ("elif_chain", "display", "callees", "carried", "slices")


@pytest.mark.parametrize(
    "kind", [k for k in transform_time.KINDS if k.__name__ in GREW]
)
def test_twice_the_program_takes_twice_the_work(kind, room_to_recurse):
    calls(kind, 12)  # what is found out once for all
    few, some, many = (calls(kind, n) for n in (60, 120, 240))
    assert (many - some) / (some - few) < 2.25


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
def test_source_for_numba_takes_twice_the_work_too(room_to_recurse):
    kind, how = transform_time.slices, transform_time.for_numba
    calls(kind, 12, how)
    few, some, many = (calls(kind, n, how) for n in (40, 80, 160))
    assert (many - some) / (some - few) < 2.25


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
def test_where_a_loop_reads_what_is_kept_is_found_once(monkeypatch, room_to_recurse):
    """Not once for each array of what its rounds keep."""
    kind, how = transform_time.loop_body, transform_time.for_numba
    few, many = counts(monkeypatch, in_parts_module, "nodes_of", kind, how)
    assert 80 < many < 2.3 * few


def counts(monkeypatch, owner, name, kind, how=transform_time.gradient):
    """How often a function is called for programs of 80 and of 160 statements.

    Of a generator, how many things it gives.
    """
    asked, seen = getattr(owner, name), []

    def noting(things):
        for thing in things:
            seen.append(thing)
            yield thing

    def counted(*args):
        answer = asked(*args)
        if isinstance(answer, types.GeneratorType):
            return noting(answer)
        seen.append(answer)
        return answer

    monkeypatch.setattr(owner, name, counted)
    found = []
    for n in (80, 160):
        seen.clear()
        how(transform_time.function_of(kind, n), transform_time.argument_of(kind))
        found.append(len(seen))
    return found


def test_how_often_a_body_reads_its_values_is_counted_once(
    monkeypatch, room_to_recurse
):
    """Not once for each value that no round changes."""
    walk = importlib.import_module("srcad.ir.walk")
    few, many = counts(monkeypatch, walk, "nodes_of", transform_time.loop_body)
    assert 80 < many < 2.3 * few


def test_what_the_scopes_around_hold_is_asked_once(monkeypatch, room_to_recurse):
    few, many = counts(monkeypatch, Gathered, "get", transform_time.elif_chain)
    assert 80 < many < 2.3 * few


def test_the_lines_of_a_chain_are_not_copied_for_each_elif(
    monkeypatch, room_to_recurse
):
    kind = transform_time.elif_chain
    few, many = counts(monkeypatch, layout, "branch", kind)
    assert 0 < few == many
    assert counts(monkeypatch, layout_branches, "branch", kind) == [0, 0]  # by itself


def test_a_row_of_additions_to_a_list_is_walked_once(monkeypatch, room_to_recurse):
    kind, how = transform_time.display, transform_time.second
    few, many = counts(monkeypatch, rules_containers, "made_by", kind, how)
    assert 80 < many < 2.3 * few


def test_what_a_write_settles_is_found_without_asking_all(monkeypatch, room_to_recurse):
    kind, how = transform_time.slices, transform_time.second
    few, many = counts(monkeypatch, Buffers, "written", kind, how)
    assert 80 < many < 2.3 * few


def test_branches_as_deep_as_python_reads_them():
    f = transform_time.function_of(transform_time.nested, 180)
    x, h = 1e-3, 1e-9
    slope = (f(x + h) - f(x - h)) / (2 * h)
    assert srcad.grad(f)(x) == pytest.approx(slope, rel=1e-5)
    assert srcad.grad(f).source_for(x).count("if ") >= 90


def nested(depth):
    """A branch in a branch in a branch, and the questions asked about its blocks."""
    x, condition = Value("x", FLOAT), Value("c", BOOL)
    block = Block((), (), (x,))
    for _ in range(depth):
        builder = Builder()
        with builder.active():
            (out,) = builder.if_(condition, block, Block((), (), (x,)), [FLOAT])
            block = builder.block((), (sin(out),))
    return Block((x, condition), block.nodes, block.results)


def test_nodes_are_walked_in_order_and_without_recursion():
    names = [node.op.name for node in nodes_of(nested(3))]
    assert names == ["if_", "if_", "if_", "sin", "sin", "sin"]
    assert sum(1 for _ in nodes_of(nested(5_000))) == 10_000


def test_a_question_about_a_block_is_answered_once():
    asked = []

    @fact
    def size(block):
        asked.append(block)
        return 1 + sum(size(inner) for node in block.nodes for inner in node.blocks)

    body = nested(20)
    assert size(body) == size(body) == 41
    assert len(asked) == len(set(asked)) == 41


def test_free_values_are_counted_at_all_depths():
    body = nested(3)
    inner = body.nodes[0].blocks[0]
    x, condition = body.params
    assert free_values(body) == {}
    assert free_values(inner) == {condition: 2, x: 3}


def test_what_is_surely_needed_is_needed(monkeypatch):
    """The short way through `dce` says no more than the long one."""
    asked = []

    def checked(body):
        sure = all_needed(body)
        if sure:
            asked.append(body)
            live = dce_module._Live(body, False)
            assert dce_module._Sweep(live).block(body) is body
        return sure

    monkeypatch.setattr(dce_module, "all_needed", checked)
    for kind in transform_time.KINDS:
        calls(kind, 12)
    assert len(asked) > 20


def test_candidates_may_begin_further_on():
    for before in (False, True):
        first = list(itertools.islice(candidates("x", before=before), 9))
        assert first[:2] == ["x", "x_before" if before else "x_1"]
        for k in range(5):
            rest = candidates("x", before=before, first=k)
            assert list(itertools.islice(rest, 4)) == first[k : k + 4]


def test_activity_asks_a_chain_of_calls_once_each(monkeypatch):
    """No graph here calls itself, so no answer is provisional."""
    asked = []
    answer = Analysis.varied_results

    def counted(self, callee, active):
        if (callee, active) not in self.memo:
            asked.append((callee, active))
        return answer(self, callee, active)

    monkeypatch.setattr(Analysis, "varied_results", counted)
    lines = ["def f0(x):", "    for _ in range(3):", "        x = np.sin(x)"]
    lines += ["    return x"]
    for k in range(1, 12):
        lines += [f"def f{k}(x):", "    for _ in range(3):"]
        lines += [f"        x = f{k - 1}(x) * x", "    return x"]
    f = srcad.from_source("\n".join(lines), {"np": np}, "f11")
    srcad.grad(f).source_for(0.3)
    assert len(asked) == len(set(asked)) >= 11


def test_cycles_are_not_searched_for_while_a_program_is_transformed():
    seen = []
    gradient = srcad.grad(transform_time.function_of(transform_time.straight, 40))
    gc.callbacks.append(lambda phase, info: seen.append(info["generation"]))
    try:
        gc.collect()
        before = len(seen)
        gradient.source_for(0.3)
        during = len(seen) - before
    finally:
        gc.callbacks.pop()
    assert before and during < 10  # there would be hundreds
    assert gc.isenabled()


def test_collecting_stays_as_it_was():
    with without_collecting():
        assert not gc.isenabled()
        with without_collecting():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="x"), without_collecting():
        raise ValueError("x")
    assert gc.isenabled()
    gc.disable()
    try:
        with without_collecting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_parts_of_parts_of_parts_are_not_put_together_without_end():
    comments = Comments({})
    for k in range(500):
        tree = ast.parse(f"t{k} * x", mode="eval").body
        comments.part(f"t{k + 1}", tree)
    largest = max(len(trees.parts(part)) for part in comments.parts.values())
    assert largest == max(comments.sizes.values())
    assert LARGE - 4 < largest <= LARGE
