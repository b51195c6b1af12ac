"""What the transforms promise beyond right numbers: structure, errors, cost."""

from __future__ import annotations

import numpy as np
import pytest

from srcad.ad.forward import forward
from srcad.ad.reverse import reverse, reverse_pair
from srcad.backend.evaluate import evaluate
from srcad.errors import MissingRule, Span
from srcad.ir.builder import current
from srcad.ir.graph import UNDEFINED, Program, literal, nodes_of
from srcad.ir.structure import for_, if_, loop_of
from srcad.ir.types import (
    FLOAT,
    INT,
    UNKNOWN,
    Array,
    Dict,
    List,
    Maybe,
    Scalar,
    Static,
    Tuple,
)
from srcad.ir.verify import verify_program
from srcad.ops.containers import item, list_get, list_of, make_dict, make_tuple
from srcad.ops.effects import foreign
from srcad.ops.fit import sum_
from srcad.ops.index import add_at, getitem, update

from .graphs import (
    VECTOR,
    Case,
    N,
    branch,
    check,
    count,
    graph_of,
    loop,
    program_of,
    run,
    while_loop,
)

X = np.array([0.7, -0.4, 1.3, 0.2])


def at(x, i):
    return getitem(x, i, layout=("at",))


def called(callee, *args, types=(FLOAT,)):
    return current().call(callee, args, types)[0]


def loops(program, key=None):
    graph = program.graphs[program.main if key is None else key]
    return [n for n in nodes_of(graph.body) if n.op is for_]


def checked(function, *types, args, wrt=None, order=2, tolerance=2e-6, **others):
    program = program_of(function, *types, **others)
    wrt = list(range(len(types))) if wrt is None else wrt
    check(Case("case", program, args, wrt, order, tolerance))


# ---- errors --------------------------------------------------------------------------


def mystery(x):
    return x


def unknown_call(x):
    with current().at(Span("user.py", 7, 4, 7, 9, "y = mystery(x)")):
        return current().emit(foreign, (x,), (UNKNOWN,), {"function": mystery})[0]


@pytest.mark.parametrize("transform", [reverse, forward])
def test_unknown_call_on_a_path_that_matters(transform):
    program = program_of(lambda x: unknown_call(x) * x, FLOAT)
    with pytest.raises(MissingRule, match="mystery") as caught:
        transform(program, [0])
    assert caught.value.span.line == 7
    assert "outside" in caught.value.hint


@pytest.mark.parametrize("transform", [reverse, forward])
def test_unknown_call_elsewhere_is_kept(transform):
    def unread(x, y):
        unknown_call(x)
        return x * unknown_call(y)

    program = transform(program_of(unread, FLOAT, FLOAT), [0])
    names = [n.op.name for n in program.graph.body.nodes]
    assert names.count("foreign") == 2


# ---- aux, seeds, several results -----------------------------------------------------


def with_aux(x, v):
    return make_tuple(sum_(v * v) * x, x * x)


def test_aux_gets_no_cotangent():
    program = program_of(with_aux, FLOAT, VECTOR)
    value, x_bar, v_bar = run(reverse(program, [0, 1], has_aux=True), [0.5, X])
    assert value == (0.5 * X @ X, 0.25)
    assert x_bar == X @ X
    np.testing.assert_allclose(v_bar, X)
    *_, residual = run(reverse_pair(program, [0], has_aux=True), [0.5, X])
    pair = reverse_pair(program, [0], has_aux=True)
    assert evaluate(pair, [residual, 2.0], ("f", "bwd"))[0] == [2 * X @ X]
    tangent = run(forward(program, [0], has_aux=True), [0.5, X, 1.0])[-1]
    assert tangent == X @ X


def test_seed_is_one_by_default():
    one = Array("float64", (1,))
    value, g = run(reverse(program_of(lambda x: x * x, one), [0]), [np.array([3.0])])
    np.testing.assert_array_equal(g, [6.0])


def test_structure_of_cotangents():
    form = Dict(
        ("a", "k", "mode", "xs"),
        (FLOAT, INT, Static("fast"), List(Tuple((VECTOR, INT)))),
    )
    program = program_of(lambda d, y: item(d, key="a") * y, form, FLOAT)
    d = {"a": 0.5, "k": 3, "mode": "fast", "xs": [(X, 1), (X, 2)]}
    _, d_bar, y_bar = run(reverse(program, [0, 1]), [d, 2.0])
    assert d_bar["a"] == 2.0 and d_bar["k"] == 0.0 and y_bar == 0.5
    assert d_bar["mode"] is None
    assert [n for _, n in d_bar["xs"]] == [0.0, 0.0]
    np.testing.assert_array_equal(d_bar["xs"][1][0], 0 * X)


def test_dtype_is_that_of_the_argument():
    single = Array("float32", (N,))
    program = program_of(lambda x, c: sum_(x * x * c), single, FLOAT)
    _, x_bar, _ = run(reverse(program, [0, 1]), [X.astype("float32"), 0.5])
    assert x_bar.dtype == np.float32


def test_main_may_be_called():
    """The function that is differentiated calls itself."""

    def power(x, n):
        return branch(n < 1, lambda: literal(1.0), lambda: called("f", x, n - 1) * x)

    checked(power, FLOAT, INT, args=(0.7, 4), wrt=[0], order=3)


# ---- undefined, Maybe, joins ---------------------------------------------------------


def early_return(x, v):
    """`if x < 0.5: return ...`, twice."""
    undefined = literal(UNDEFINED)
    done, out = branch(x < 0.5, lambda: (True, sum_(v * x)), lambda: (False, undefined))
    return branch(done, lambda: out, lambda: sum_(v * v) * x)


@pytest.mark.parametrize("x", [0.3, 0.8])
def test_early_return(x):
    checked(early_return, FLOAT, VECTOR, args=(x, X))


def bound_on_some_paths(x, v):
    """An array of a shape of its own, kept through rounds that do not bind it."""
    rest = ("slice", True, False, False)

    def step(i, s, w):
        w = branch(i < 2, lambda: getitem(v, i, layout=(rest,)) * s, lambda: w)
        s = s * x + sum_(w)
        return (s, w), ()

    shape = getitem(v, 0, layout=(rest,)).type
    s, w, _ = loop(
        [count(4)], [x, literal(UNDEFINED)], step, types=[FLOAT, Maybe(UNKNOWN)]
    )
    return s * sum_(w), shape


def test_bound_on_some_paths():
    checked(lambda x, v: bound_on_some_paths(x, v)[0], FLOAT, VECTOR, args=(0.6, X))


def returned_inside_loop(x, limit):
    def step(i, stop, s, out):
        s = s * x + 0.7
        stop = limit < s
        out = branch(stop, lambda: s * s, lambda: out)
        return (stop, s, out), ()

    types = [Scalar("bool"), FLOAT, Maybe(FLOAT)]
    stop, s, out, _ = loop(
        [count(5)], [False, x, literal(UNDEFINED)], step, types=types, stop=True
    )
    return branch(stop, lambda: out * x, lambda: s)


@pytest.mark.parametrize("limit", [0.5, 1.5, 90.0])
def test_return_inside_loop(limit):
    checked(returned_inside_loop, FLOAT, FLOAT, args=(0.8, limit), wrt=[0], order=3)


def test_list_of_known_length_joins_a_list():
    def joins(x, y, xs):
        known = make_tuple(x * y, y, x, cls=list)
        blocks = []
        for result in (known, xs):
            with current().inner() as inner:
                pass
            blocks.append(inner.block((), [result]))
        (both,) = current().if_(x < 0.5, *blocks, [List(FLOAT)])
        s, _ = loop([both], [y], lambda e, s: (s * e + e, ()))
        return s

    for x in (0.3, 0.9):
        checked(joins, FLOAT, FLOAT, List(FLOAT), args=(x, 0.6, [0.4, 0.5, 1.1]))


def test_unknown_types():
    def anything(x, y):
        s, _ = loop([count(3)], [x], lambda i, s: (s * y + x, ()))
        return sum_(s * s)

    for args in [(X, 0.5), (0.5, X), (X, X), (X[:, None], X)]:
        program = program_of(anything, UNKNOWN, UNKNOWN)
        if np.shape(args[0]) != np.shape(args[1]) and np.shape(args[0]) != (4,):
            continue
        check(Case("unknown", program, args, [0, 1]))


# ---- carried containers --------------------------------------------------------------


def test_carried_tuple():
    def rotated(x, v):
        def step(i, t):
            a, b = item(t, key=0), item(t, key=1)
            return make_tuple(a * x, b * a), ()

        start = make_tuple(x, v)
        t, _ = loop([count(3)], [start], step, types=[Tuple((FLOAT, VECTOR))])
        return sum_(item(t, key=1)) * item(t, key=0)

    checked(rotated, FLOAT, VECTOR, args=(0.8, X))


def test_carried_list():
    def grown(x):
        from srcad.ops.containers import list_append

        def step(i, xs):
            return list_append(xs, list_get(xs, -1) * x), ()

        xs, _ = loop([count(3)], [list_of(x)], step, types=[List(FLOAT)])
        s, _ = loop([xs], [0.0], lambda e, s: (s + e * e, ()))
        return s

    checked(grown, FLOAT, args=(0.8,), order=3)


def test_dict_of_arrays_through_calls():
    form = Dict(("w", "b", "n"), (VECTOR, FLOAT, INT))
    layer = graph_of(
        "layer",
        lambda d, h: h * item(d, key="w") + item(d, key="b") * at(item(d, key="w"), 1),
        [form, VECTOR],
    )

    def net(d, h):
        h, _ = loop(
            [count(2)],
            [h],
            lambda i, h: (called("layer", d, h, types=(VECTOR,)), ()),
            types=[VECTOR],
        )
        return sum_(h * h)

    d = {"w": X, "b": 0.5, "n": 2}
    checked(net, form, VECTOR, args=(d, X[::-1].copy()), layer=layer)


def test_call_of_tuple():
    form = Tuple((FLOAT, VECTOR))
    split = graph_of("split", lambda x, v: make_tuple(x * x, v * x), [FLOAT, VECTOR])

    def use(x, v):
        t = called("split", x, v, types=(form,))
        return item(t, key=0) * x + sum_(item(t, key=1))

    checked(use, FLOAT, VECTOR, args=(0.6, X), split=split)


# ---- what is kept, and cost ----------------------------------------------------------


def test_linear_loop_keeps_nothing():
    def heat(u):
        u, _ = loop([count(3)], [u], lambda i, u: (u * 2.0 + u, ()), types=[VECTOR])
        return sum_(u)

    for node in loops(reverse(program_of(heat, VECTOR), [0])):
        assert not loop_of(node).lists


def test_elements_are_kept_rather_than_the_array():
    def recurrence(x, c):
        def step(i, t):
            before = at(t, i - 1)
            return update(t, before * before * at(x, i), i, layout=("at",)), ()

        t, _ = loop([count(4)], [x * c], step, types=[VECTOR])
        return sum_(t)

    primal, _ = loops(reverse(program_of(recurrence, VECTOR, FLOAT), [0, 1]))
    assert [v.type.item.kind for v in loop_of(primal).lists] == ["float"]


def test_stop_flag_is_not_kept():
    def stopped(x):
        def step(i, stop, s):
            s = s * x
            stop = s < 0.1
            return (stop, branch(stop, lambda: s * s, lambda: s)), ()

        _, s, _ = loop([count(5)], [False, x], step, stop=True)
        return s

    primal, adjoint = loops(reverse(program_of(stopped, FLOAT), [0]))
    kinds = [v.type.item.kind for v in loop_of(primal).lists]
    assert "bool" not in kinds


def test_parts_are_added_in_place_through_calls():
    """The backward half of `x[i] * x[i]` takes the total and gives it back."""
    entry = graph_of("entry", lambda x, i: at(x, i) * at(x, i), [VECTOR, INT])
    outer = graph_of("outer", lambda x, i: called("entry", x, i), [VECTOR, INT])

    def energy(x):
        s, _ = loop([count(4)], [0.0], lambda i, s: (s + called("outer", x, i), ()))
        return s

    program = reverse(program_of(energy, VECTOR, entry=entry, outer=outer), [0])
    verify_program(program)
    back = program.graphs[("entry", (0,), "bwd")]
    assert [n.op.name for n in back.body.nodes if n.op.name == "zeros_like"] == []
    assert [v.name for v in back.body.params][-1] == "x0_bar"
    checked(energy, VECTOR, args=(X,), entry=entry, outer=outer)


def test_one_array_given_twice():
    entry = graph_of(
        "entry", lambda x, y, i: at(x, i) * at(y, 1) * at(x, 0), [VECTOR, VECTOR, INT]
    )

    def energy(x, y):
        def step(i, s):
            return s + called("entry", x, x, i) * called("entry", y, x, i), ()

        s, _ = loop([count(4)], [0.0], step)
        return s

    checked(energy, VECTOR, VECTOR, args=(X, X * X), entry=entry)


def test_recursion_over_an_array():
    def total(x, n):
        def more():
            return called("total", x, n - 1) * 0.5 + at(x, n - 1) * at(x, n - 1)

        return branch(n < 1, lambda: literal(0.0), more)

    graph = graph_of("total", total, [VECTOR, INT])
    checked(
        lambda x, n: called("total", x, n),
        VECTOR,
        INT,
        args=(X, 4),
        wrt=[0],
        total=graph,
    )


def test_branch_that_adds_nothing_passes_the_total_on():
    def f(x, i):
        s = at(x, 0) * at(x, 1)
        return branch(i < 1, lambda: at(x, i) * s, lambda: s)

    graph = reverse(program_of(f, VECTOR, INT), [0]).graph
    (adjoint,) = [n for n in graph.body.nodes if n.op is if_][1:]
    assert all(len(b.results) <= 2 for b in adjoint.blocks)


def test_nothing_is_active():
    program = program_of(
        lambda x, n: branch(n < 1, lambda: 1.0, lambda: 2.0), FLOAT, INT
    )
    assert run(reverse(program, [0]), [0.5, 1]) == [2.0, 0.0]
    assert run(forward(program, [0]), [0.5, 1, 1.0]) == [2.0, 0.0]


def test_programs_are_pruned():
    square = graph_of("square", lambda x: x * x, [FLOAT])
    program = program_of(lambda x: called("square", x), FLOAT, square=square)
    assert isinstance(program, Program)
    assert set(reverse(program, [0]).graphs) == {
        ("f", "adjoint"),
        ("square", (0,), "fwd"),
        ("square", (0,), "bwd"),
    }


def test_while_inside_branch():
    def f(x, v):
        def then():
            s, _ = while_loop([x], lambda s: s < 4.0, lambda s: (s * s + 1.0, ()))
            return s * sum_(v)

        return branch(x < 0.5, then, lambda: x * x)

    for x in (0.3, 0.9):
        checked(f, FLOAT, VECTOR, args=(x, X))


def test_containers_made_in_branches():
    def f(x, v):
        d = branch(
            x < 0.5,
            lambda: make_dict(x * v, x * x, keys=("v", "x")),
            lambda: make_dict(v, x, keys=("v", "x")),
        )
        return sum_(item(d, key="v")) * item(d, key="x")

    for x in (0.3, 0.9):
        checked(f, FLOAT, VECTOR, args=(x, X))


def test_written_in_branch():
    def f(x, c):
        def step(i, t):
            def then():
                return update(t, at(t, i) * c, i, layout=("at",))

            def other():
                return add_at(t, at(x, i) * c * c, 1, layout=("at",))

            return branch(i < 2, then, other), ()

        t, _ = loop([count(4)], [x * c], step, types=[VECTOR])
        return sum_(t * t)

    checked(f, VECTOR, FLOAT, args=(X, 0.7))


def test_array_changed_by_update_is_carried_back():
    """An array read whole in each round is restored, not collected."""

    def f(x, c):
        def step(i, t, s):
            s = s * c + sum_(t * t) * at(x, 0)
            t = update(t, at(t, i) * c + s, i, layout=("at",))
            return (update(t, s * at(x, i), 1, layout=("at",)), s), ()

        t, s, _ = loop([count(4)], [x * c, c], step, types=[VECTOR, FLOAT])
        return sum_(t) * s

    program = program_of(f, VECTOR, FLOAT)
    primal, _ = loops(reverse(program, [0, 1]))
    assert not any(isinstance(v.type.item, Array) for v in loop_of(primal).lists)
    checked(f, VECTOR, FLOAT, args=(0.3 * X, 0.4), tolerance=1e-5)


def test_kept_views_of_written_arrays_are_copied():
    ends = ("slice", False, True, False)

    def f(x, c):
        def step(i, t):
            head = getitem(t, i, layout=(ends,))
            return update(t, sum_(head * head) * c, i, layout=("at",)), ()

        t, _ = loop([count(4)], [x], step, types=[VECTOR])
        return sum_(t * x)

    primal, _ = loops(reverse(program_of(f, VECTOR, FLOAT), [0, 1]))
    assert "copy" in [n.op.name for n in loop_of(primal).body.nodes]
    checked(f, VECTOR, FLOAT, args=(X, 0.4))
