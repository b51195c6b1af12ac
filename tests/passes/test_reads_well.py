"""Rules that let adjoints read as one would write them: before and after."""

import collections
import re

import numpy as np
import pytest

import srcad
from srcad.ir.graph import literal
from srcad.ir.types import BOOL, FLOAT, INT, Array, Range
from srcad.ops import choice, reductions  # noqa: F401
from srcad.passes.cse import cse
from srcad.passes.dce import dce
from srcad.passes.newest import newest
from srcad.passes.one_branch import one_branch
from srcad.passes.respell import respell
from srcad.passes.simplify import simplify
from srcad.products import cached

from .graphs import MATRIX, VECTOR, branch, graph, loop, op, ops, run, same_results

A, B = np.array([1.0, -2.0, 3.5]), np.array([0.5, 4.0, 2.0])
MASK = Array("bool", VECTOR.dims)
AT = {"layout": ("at",)}
UNTIL = {"layout": (("slice", False, True, False),)}
FROM = {"layout": (("slice", True, False, False),)}
STEPS = {"layout": (("slice", False, True, True),)}
ROW = {"layout": ("at", ("slice", False, False, False))}


def after_simplify(build, types, arguments, exact=False):
    """The operations left, where the numbers agree."""
    before = graph(build, *types)
    after = dce(simplify(before, reassociate=True))
    for a, b in zip(run(before, *arguments), run(after, *arguments), strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=0 if exact else 1e-14)
    return ops(after)


# ---- masks ---------------------------------------------------------------------------


def masked(condition, x, keep=True):
    return op("masked")(condition, x, keep=keep)


def test_complementary_masks_are_one_choice():
    def f(c, x, y):
        return masked(c, x) + masked(c, y, False), y + masked(c, x, False) + masked(
            c, y
        )

    found = after_simplify(f, (MASK, VECTOR, VECTOR), (A > 0, A, B))
    assert found == ["where", "where", "add"]


def test_masks_alike_or_read_twice_stay():
    def alike(c, x, y):
        return masked(c, x) + masked(c, y)

    def twice(c, x, y):
        first = masked(c, x)
        return first + masked(c, y, False), first * 2.0

    def apart(c, x, y):
        return masked(c, x) + masked(x > 1.0, y, False)

    for f in (alike, twice, apart):
        found = after_simplify(f, (MASK, VECTOR, VECTOR), (A > 0, A, B))
        assert found.count("masked") == 2 and "where" not in found


@pytest.mark.parametrize("a", [True, False])
@pytest.mark.parametrize("b", [True, False])
def test_a_number_masked_twice_is_masked_once(a, b):
    def f(a, b, x):
        return masked(a, masked(b, x, False), False), masked(a, masked(b, x))

    found = after_simplify(f, (BOOL, BOOL, FLOAT), (a, b, 2.5), exact=True)
    assert found == ["either", "masked", "both", "masked"]


def test_masks_of_two_kinds_stay_two():
    def f(a, b, x):
        return masked(a, masked(b, x, False))

    found = after_simplify(f, (BOOL, BOOL, FLOAT), (True, False, 2.5), exact=True)
    assert found == ["masked", "masked"]


def test_what_is_masked_is_never_read():
    """An infinity that a mask leaves out is no nan, of a mask of masks neither."""

    def limited(x, y):
        return np.sqrt(y) * min(max(x, -1.0), 1.0)

    for backend in ("python", "numba"):
        slope = srcad.grad(limited, backend=backend)
        assert slope(2.0, np.inf) == 0.0 == slope(-2.0, np.inf)
        assert slope(0.5, 4.0) == 2.0
    assert "-1.0 > x or 1.0 < max(x, -1.0)" in slope.source


# ---- parts of zeros ------------------------------------------------------------------


def parts(first, second):
    """Zeros written to at one index, then added to at another."""

    def f(x, k):
        made = op("update")(op("zeros_like")(x), 2.0, *first[0], **first[1])
        return op("add_at")(made, 3.0, *(second[0](k)), **second[1])

    return f


@pytest.mark.parametrize(
    "first, second, left",
    [
        (((0,), AT), (lambda k: (1,), AT), "update"),
        (((0,), AT), (lambda k: (-1,), AT), "add_at"),  # of one entry, the same
        (((-1,), AT), (lambda k: (-2,), AT), "update"),
        (((0,), AT), (lambda k: (1,), FROM), "update"),
        (((1,), AT), (lambda k: (1,), FROM), "add_at"),
        (((1,), AT), (lambda k: (1,), UNTIL), "update"),
        (((-1,), AT), (lambda k: (-1,), UNTIL), "update"),
        (((-2,), AT), (lambda k: (-1,), UNTIL), "add_at"),
        (((2,), AT), (lambda k: (-1,), UNTIL), "add_at"),
        (((2,), UNTIL), (lambda k: (2,), FROM), "update"),
        (((2,), UNTIL), (lambda k: (1,), FROM), "add_at"),
        (((-1,), UNTIL), (lambda k: (-1,), FROM), "update"),
        (((-1,), UNTIL), (lambda k: (1,), FROM), "add_at"),
        (((1, 2), STEPS), (lambda k: (2,), FROM), "add_at"),
        (((0,), AT), (lambda k: (k,), AT), "add_at"),
    ],
)
def test_what_nothing_was_added_to_is_set(first, second, left):
    found = after_simplify(parts(first, second), (VECTOR, INT), (A, 1), exact=True)
    assert found[-1] == left


def test_what_ends_where_the_other_starts():
    def f(x, k):
        made = op("update")(op("zeros_like")(x), 2.0, k, **UNTIL)
        return op("add_at")(made, 3.0, k, **FROM), op("add_at")(made, 3.0, k, **AT)

    for k in (0, 1, 2, -1):
        found = after_simplify(f, (VECTOR, INT), (A, k), exact=True)
        assert "add_at" not in found


def test_none_is_no_place_to_end_at():
    def f(x):
        made = op("update")(op("zeros_like")(x), 2.0, literal(None), **UNTIL)
        return op("add_at")(made, 3.0, literal(None), **FROM)

    assert "add_at" in after_simplify(f, (VECTOR,), (A,), exact=True)


def test_rows_apart_and_arrays_that_are_no_zeros():
    def rows(x):
        made = op("update")(op("zeros_like")(x), 2.0, 0, **ROW)
        return op("add_at")(made, 3.0, 1, **ROW)

    def given(x):
        return op("add_at")(op("update")(x, 2.0, 0, **AT), 3.0, 1, **AT)

    assert after_simplify(rows, (MATRIX,), (np.ones((2, 3)),)).count("update") == 2
    assert "add_at" in after_simplify(given, (VECTOR,), (A,))


# ---- sums ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda x, s: 2.0 * x + 4.0 * x, ["multiply"]),
        (lambda x, s: (s + (x - 0.5 * s)) - 0.5 * s, ["add", "subtract", "add"]),
        (lambda x, s: x - 0.1 * x, ["multiply"]),
        (lambda x, s: 3.0 * x + s - 2.0 * x, ["add"]),
        (lambda x, s: 2.0 * x - 3.0 * x, ["negative"]),
        (lambda x, s: 0.1 * x + 0.2 * x, ["multiply", "multiply", "add"]),
        (lambda x, s: 2.0 * x - 2.0 * x, ["multiply", "multiply", "subtract"]),
    ],
)
def test_like_terms(build, left):
    found = after_simplify(build, (FLOAT, FLOAT), (1.5, -2.0))
    assert found == left or len(found) < len(left)
    after_simplify(build, (VECTOR, VECTOR), (A, B))


def test_the_mean_of_what_is_scaled():
    def mean(x, **params):
        return op("mean")(x, **params)

    def f(x, y):
        return mean((2.0 * x) * y), mean(-x), mean(3.0 * x, axis=0, keepdims=True)

    found = after_simplify(f, (VECTOR, VECTOR), (A, B))
    assert found[:3] == ["multiply", "mean", "multiply"]
    assert found[3:] == ["mean", "negative", "mean", "multiply"]


def test_a_mean_in_another_dtype_or_of_integers_stays():
    narrow, whole = Array("float32", VECTOR.dims), Array("int64", VECTOR.dims)

    def wider(x):
        return op("mean")(2.0 * x, dtype="float64")

    def integers(x):
        return op("mean")(2 * x)

    assert after_simplify(wider, (narrow,), (A.astype("float32"),))[0] == "multiply"
    assert after_simplify(integers, (whole,), (np.arange(3),))[0] == "multiply"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", ["python", "numba"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_of_nothing_the_mean_has_a_gradient(dtype, backend):
    def squares(x):
        return np.mean(x * x)

    def plain(x):
        return np.mean(x)

    def twice(x):
        return 3.0 * np.mean(np.sin(x)) + np.mean(x, axis=0)

    for f in (squares, plain, twice):
        found = srcad.grad(f, backend=backend)(np.zeros(0, dtype))
        assert found.shape == (0,) and found.dtype == dtype


def test_an_array_is_divided_by_the_size_as_it_is():
    def slope(x):
        return np.mean(np.exp(x))

    assert "np.exp(x) / x.size" in srcad.grad(slope).source_for(A)

    def limited(x, y):  # the user's own is kept: of no x, y is divided by 1
        return np.sum(y / max(x.size, 1))

    assert "max(x.size, 1)" in srcad.grad(limited, 1).source_for(A, B)
    np.testing.assert_array_equal(srcad.grad(limited, 1)(A[:0], B), np.ones(3))


# ---- transposes, loops ---------------------------------------------------------------


def test_transposes_stand_where_they_are_read():
    def f(a, b):
        turned = op("transpose")(a)
        return turned @ b, turned @ (2.0 * b)

    before = graph(f, MATRIX, MATRIX)
    after = respell(before)
    assert ops(before).count("transpose") == 1 and ops(after).count("transpose") == 2
    a = np.arange(6.0).reshape(2, 3)
    same_results(before, after, a, a + 1.0)


def test_a_transpose_that_has_a_name_or_is_given_out_stays():
    def given(a, b):
        turned = op("transpose")(a)
        return turned @ b, turned, turned @ (2.0 * b)

    before = graph(given, MATRIX, MATRIX)
    assert respell(before) is before


def test_what_is_walked_twice_is_walked_once():
    def f(x, r, other):
        def body(i, j, k, t):
            one, two = (op("getitem")(x, v, **AT) for v in (i, j))
            return (t + one * two + 1.0 * k,), [one]

        total, entries, _ = loop([r, r, other], [0.0], body)
        return total, entries

    before = graph(f, VECTOR, Range(), Range())
    after = dce(cse(before))
    (node,) = after.body.nodes
    assert node.params["walked"] == 2 and len(node.inputs) == 3
    same_results(before, after, A, range(3), range(5, 8))


def test_a_pair_loop_walks_one_range():
    def energy(x):
        total = 0.0
        for i in range(len(x)):
            for j in range(i):
                r = x[i] - x[j]
                total += r * r
        return total

    source = srcad.value_and_grad(energy).source_for(A)
    assert "for j in range(i):" in source and "zip(" not in source
    np.testing.assert_allclose(srcad.grad(energy)(A), 2.0 * (3.0 * A - A.sum()))


# ---- branches ------------------------------------------------------------------------


def test_in_its_own_way_a_condition_is_known():
    def f(c, x):
        def other():
            no = op("not_")(c)
            return branch(no, lambda: x * 3.0, lambda: x * 4.0)

        return branch(c, lambda: branch(c, lambda: x, lambda: x * 2.0), other)

    before = graph(f, BOOL, FLOAT)
    after = one_branch(before)
    assert ops(after).count("if_") == 1 and "not_" not in ops(after)
    for c in (True, False):
        same_results(before, after, c, 1.5)


def test_after_it_and_of_another_it_is_not():
    def f(c, d, x):
        (y,) = branch(c, lambda: branch(d, lambda: x, lambda: x * 2.0), lambda: x * 3.0)
        return y, branch(d, lambda: y, lambda: y * 5.0)

    before = graph(f, BOOL, BOOL, FLOAT)
    after = one_branch(before)
    assert ops(after).count("if_") == 3
    for c in (True, False):
        for d in (True, False):
            same_results(before, after, c, d, 1.5)


def test_in_a_loop_in_a_branch_it_is_known():
    def f(c, r, x):
        def looped():
            def body(i, t):
                return (t + branch(c, lambda: x * 1.0, lambda: x * 2.0)[0],), []

            return loop([r], [0.0], body)[0]

        return branch(c, looped, lambda: x)

    before = graph(f, BOOL, Range(), FLOAT)
    after = one_branch(before)
    assert ops(after).count("if_") == 1
    for c in (True, False):
        same_results(before, after, c, range(4), 1.5)


def test_two_branches_of_an_adjoint_are_one():
    def f(c, x):
        (y,) = branch(c, lambda: x * 2.0, lambda: x * 3.0, names=("y_bar",))
        between = x * x
        no = op("not_")(c)
        return branch(no, lambda: y + x, lambda: y - between, names=("x_bar",))

    before = graph(f, BOOL, FLOAT)
    after = one_branch(before)
    assert ops(after).count("if_") == 1
    for c in (True, False):
        same_results(before, after, c, 1.5)


def test_the_users_branches_and_those_with_something_between_stay():
    def users(c, x):
        (y,) = branch(c, lambda: x * 2.0, lambda: x * 3.0, names=("y",))
        return branch(c, lambda: y + x, lambda: y - x, names=("z",))

    def between(c, x):
        (y,) = branch(c, lambda: x * 2.0, lambda: x * 3.0, names=("y_bar",))
        z = y * y
        return branch(c, lambda: z + x, lambda: z - x, names=("z_bar",))

    for f in (users, between):
        before = graph(f, BOOL, FLOAT)
        after = one_branch(before)
        assert ops(after).count("if_") == 2
        for c in (True, False):
            same_results(before, after, c, 1.5)


def test_an_early_return_asks_once():
    def early(x, limit):
        if limit <= 0.0:
            return 0.5 * x[0] * x[0]
        total = 0.0
        for k in range(len(x)):
            total = total + x[k] * x[k]
        return total * limit

    def slopes(x, limit):
        return np.sum(srcad.grad(early)(x, limit) ** 2)

    source = srcad.grad(slopes).source_for(A, 3.0)
    assert "if not" not in source
    np.testing.assert_allclose(srcad.grad(slopes)(A, 3.0), 72.0 * A)
    np.testing.assert_allclose(srcad.grad(slopes)(A, -1.0), [2.0, 0.0, 0.0])


# ---- memory --------------------------------------------------------------------------


def test_shapes_are_read_of_the_newest():
    def f(x, k):
        first = op("update")(x, 2.0, 0, **AT)
        second = op("add_at")(first, 3.0, k, **AT)
        return op("zeros_like")(x), op("getitem")(x, 0, **AT), second

    before = graph(f, VECTOR, INT)
    after = newest(before)
    zeros, item = (
        n for n in after.body.nodes if n.op.name in ("zeros_like", "getitem")
    )
    assert zeros.inputs[0] is after.body.results[2]
    assert item.inputs[0] is after.body.params[0]
    same_results(before, after, A, 1)


def test_not_before_it_is_written_nor_of_another_branch():
    def f(c, x):
        early = op("zeros_like")(x)
        (y,) = branch(c, lambda: op("update")(x, 2.0, 0, **AT), lambda: x)
        return early, op("zeros_like")(x), y

    before = graph(f, BOOL, VECTOR)
    assert newest(before) is before


def filter_energy(x):
    out = np.zeros_like(x)
    s = 0.0
    for i in range(len(x)):
        s = 0.9 * s + x[i]
        out[i] = s
    return np.sum(out**2)


def test_no_zeros_are_stored_that_nothing_reads():
    source = srcad.grad(filter_energy).source_for(A)
    assert "] = 0.0" not in source and "s_bar += out_bar[i]" in source


def test_zeros_that_are_read_are_stored():
    """An element that is written twice: the first value must get nothing."""

    def over(x):
        out = np.zeros(2)
        for i in range(len(x)):
            out[i % 2] = x[i] * x[i]
        return np.sum(out)

    source = srcad.grad(over).source_for(A)
    assert "] = 0.0" in source
    np.testing.assert_array_equal(srcad.grad(over)(A), [0.0, -4.0, 7.0])


# ---- names ---------------------------------------------------------------------------


def inner(y, p):
    return np.array([p[0] * y[0] - y[1] * y[0], p[1] * y[1] * y[0]])


def outer(y, p):
    for _ in range(3):
        y = y + 0.1 * inner(y + 0.1 * inner(y, p), p)
    return np.sum(y * y)


def test_what_is_kept_has_the_name_it_was_kept_by():
    y, p = np.array([1.0, 0.5]), np.array([0.3, 0.7])
    text = str(cached(srcad.grad(outer), "jvp", 2, wrt=(0,)).source_for(y, p))
    kept = text[text.index("return (", text.index("def inner_fwd")) :]
    names = kept[: kept.index("np.array([", 30)]
    read = re.search(r"\n    (.*) = residual\n", text)
    assert read is not None and f"({read[1]})" in names


def test_the_tangent_of_a_dict_is_named_after_it():
    def loss(p, x):
        return np.sum(np.tanh(p["w"] * x + p["b"]) ** 2)

    p = {"w": A, "b": B}
    text = str(cached(srcad.grad(loss), "jvp", 2, wrt=(0,)).source_for(p, A))
    assert "return p_bar, p_bar_dot" in text


def test_a_negative_that_is_added_once_is_taken_away():
    def pairs(x):
        total = 0.0
        for i in range(len(x)):
            for j in range(i):
                d = x[i] - x[j]
                total += np.sin(d @ d)
        return total

    source = srcad.value_and_grad(pairs).source_for(np.ones((3, 2)))
    assert "x_bar[i] += " in source and "x_bar[j] -= " in source
    assert "= -" not in source


# ---- loops of Numba ------------------------------------------------------------------


def polynomial(c, x):
    total = 0.0
    for k in range(len(c) - 1, -1, -1):
        total = total * x + c[k]
    return total


def until(x, limit):
    total = 0.0
    for k in range(len(x)):
        total = total + x[k] * x[k]
        if total > limit:
            return total * x[k]
    return total


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_loop_down_to_0_has_no_length_of_a_range(count):
    c = np.linspace(1.0, 2.0, count)
    compiled = srcad.value_and_grad(polynomial, (0, 1), backend="numba")
    plain = srcad.value_and_grad(polynomial, (0, 1))
    (value, found), (expected, wanted) = compiled(c, 0.5), plain(c, 0.5)
    assert "len(range" not in compiled.source and "* -1" not in compiled.source
    assert value == pytest.approx(expected) and found[1] == pytest.approx(wanted[1])
    np.testing.assert_allclose(found[0], wanted[0])


def test_a_loop_left_early_counts_by_its_own_number():
    compiled = srcad.value_and_grad(until, backend="numba")
    for limit in (0.5, 4.0, 100.0):
        value, found = compiled(A, limit)
        expected, wanted = srcad.value_and_grad(until)(A, limit)
        assert value == pytest.approx(expected)
        np.testing.assert_allclose(found, wanted)
    assert "k_1" not in compiled.source


def test_the_sign_of_narrow_numbers_is_asked_as_it_is():
    def rectified(x):
        return np.sum(np.maximum(x, 0.0) * x)

    x = A.astype("float32")
    compiled = srcad.grad(rectified, backend="numba")
    found = compiled(x)
    assert found.dtype == "float32" and "- np.float32(0.0)" not in compiled.source
    np.testing.assert_allclose(found, srcad.grad(rectified)(x))


# ---- comments ------------------------------------------------------------------------


def windowed(x):
    window = collections.deque(maxlen=2)
    total = 0.0
    for v in x:
        window.append(v * v)
        total += window[0] * window[-1]
    return total


def test_comments_are_the_users_lines():
    source = srcad.grad(windowed).source_for(A)
    assert "self._" not in source and "noqa" not in source
    assert "# window.append(v * v)" in source


# ---- pullbacks -----------------------------------------------------------------------


def test_a_pullback_names_what_it_reads():
    def f(x, y):
        a = np.sin(x) * y
        b = np.exp(a) + x
        return np.tanh(b) * a

    transform = cached(f, "vjp", 2)
    out, pull = srcad.vjp(f, A, B)
    text = str(transform.source_for(A, B))
    kept = re.search(r"return .*?, \((.*?)\)\n", text)
    read = re.search(r"\n    (.*?) = residual\n", text)
    assert kept is not None and read is not None and kept[1] == read[1]
    x_bar, _ = pull(np.ones(3))
    step = 1e-6 * np.ones(3)
    near = (srcad.vjp(f, A + step, B)[0] - srcad.vjp(f, A - step, B)[0]) / 2e-6
    np.testing.assert_allclose(x_bar, near, rtol=1e-6)


@pytest.mark.parametrize(
    "first, second, left",
    [
        (("...", "at"), ("...", "at"), "update"),
        (("...", "at"), ("at", "..."), "add_at"),
        (("...", "at", "new"), ("...", "new", "at"), "add_at"),
    ],
)
def test_the_last_axis_is_told_apart(first, second, left):
    def f(x):
        made = op("update")(op("zeros_like")(x), 2.0, 0, layout=first)
        return op("add_at")(made, 3.0, 1, layout=second)

    found = after_simplify(f, (MATRIX,), (np.ones((2, 3)),), exact=True)
    assert found[-1] == left
