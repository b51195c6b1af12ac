"""unstop: before and after."""

from srcad.ir.graph import UNDEFINED, literal
from srcad.ir.structure import if_, loop_of
from srcad.ir.types import FLOAT, INT, Range, Scalar
from srcad.passes.dce import dce
from srcad.passes.unstop import unstop

from .graphs import branch, graph, loop, op, ops, run, same_results, while_loop


def newton(read_x=False):
    """x_new and x by Newton's iteration, left by a break."""

    def f(a, tol):
        def body(stop, x, x_new):
            new = 0.5 * (x + a / x)
            done = op("less_equal")(op("abs_")(new - x), tol * new)
            (after,) = branch(done, lambda: x, lambda: new)
            return (done, after, new), []

        found = while_loop([False, a, a], lambda *_: literal(True), body, stop=True)
        return (found[1], found[2]) if read_x else found[2]

    return graph(f, FLOAT, FLOAT)


def test_the_branch_on_the_flag_goes():
    before = newton()
    after = dce(unstop(before))
    assert "if_" in ops(before) and "if_" not in ops(after)
    same_results(before, after, 2.0, 1e-12)
    same_results(before, after, 1e300, 1e-12)


def test_one_value_is_carried_where_two_end_alike():
    after = dce(unstop(newton()))
    (node,) = after.body.nodes
    assert len(loop_of(node).carried) == 2  # the flag and x


def test_a_value_read_after_the_loop_stays():
    before = newton(read_x=True)
    assert unstop(before) is before


def test_a_loop_that_may_not_run_keeps_its_values():
    def f(r, a):
        def body(i, stop, x, last):
            done = op("greater")(x, 3.0)
            (after,) = branch(done, lambda: x, lambda: x * 2.0)
            return (done, after, after), []

        return loop([r], [False, a, a], body, stop=True)[2]

    before = graph(f, Range(), FLOAT)
    after = dce(unstop(before))
    same_results(before, after, range(0), 1.0)
    same_results(before, after, range(9), 1.0)
    assert run(after, range(9), 1.0) == run(before, range(9), 1.0)


def test_a_value_made_on_the_way_that_goes_on_stays():
    def f(a):
        def body(stop, x, total):
            done = op("greater")(total, 10.0)
            (after,) = branch(done, lambda: x, lambda: x * 2.0)
            return (done, after, total + x), []

        return while_loop([False, a, 0.0], lambda *_: literal(True), body, stop=True)[2]

    before = graph(f, FLOAT)
    assert unstop(before) is before


def test_a_flag_from_nested_branches():
    def f(a):
        def body(stop, x, n):
            new = x * 1.5

            def inner():
                return branch(
                    op("greater")(new, 5.0),
                    lambda: (True, x),
                    lambda: (False, new),
                    [op("truth")(literal(True)).type, FLOAT],
                )

            done, after = branch(
                op("greater")(n, 6), lambda: (True, x), inner, [stop.type, FLOAT]
            )
            return (done, after, n + 1), []

        return while_loop([False, a, 0], lambda *_: literal(True), body, stop=True)[2]

    before = graph(f, FLOAT)
    after = unstop(before)
    (loop_node,) = [n for n in after.body.nodes if n.blocks]
    carried = loop_of(loop_node).carried_next[1]
    made = [n for n in loop_of(loop_node).body.nodes if carried in n.outputs]
    assert made and made[0].op is not if_
    for a in (1.0, 0.0, 100.0):
        same_results(before, after, a)


def test_another_type_is_no_stand_in():
    def f(a, k):
        def body(stop, x, n):
            (after,) = branch(
                op("greater")(n, 3), lambda: x, lambda: n, [Scalar("float")]
            )
            return (op("greater")(n, 3), after, n + 1), []

        return while_loop([False, a, k], lambda *_: literal(True), body, stop=True)[2]

    before = graph(f, FLOAT, INT)
    assert unstop(before) is before


def test_an_undefined_start():
    def f(a):
        def body(stop, x, last):
            new = x * 2.0
            done = op("greater")(new, 5.0)
            (after,) = branch(done, lambda: x, lambda: new)
            return (done, after, new), []

        start = [False, a, literal(UNDEFINED)]
        params = while_loop(start, lambda *_: literal(True), body, stop=True)
        return params[1]

    before = graph(f, FLOAT)
    same_results(before, unstop(before), 1.0)
