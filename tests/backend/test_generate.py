"""Printed source: names, folding, branches, loops, writes, comments."""

from __future__ import annotations

import ast
import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from srcad.backend.function import load, note_user_line
from srcad.backend.generate import generate
from srcad.ir.builder import Builder, current
from srcad.ir.graph import (
    UNDEFINED,
    Block,
    Graph,
    Literal,
    Program,
    Value,
    literal,
)
from srcad.ir.types import BOOL, FLOAT, INT, Maybe, python_kind
from srcad.ops import arithmetic as ops
from srcad.ops.effects import assert_, print_, raise_
from srcad.ops.fit import sum_like, zeros_like
from srcad.ops.index import add_at, getitem, update
from srcad.ops.lists import range_

from .graphs import (
    AT,
    VECTOR,
    Random,
    body,
    check,
    inplace,
    line,
    named,
    program,
)

X, Y, N, V = (
    Value("x", FLOAT),
    Value("y", FLOAT),
    Value("n", INT),
    Value("v", VECTOR),
)
ARRAY = np.array([1.0, -2.0, 3.0])


def text(given: Program, **options: object) -> list[str]:
    """The lines of the printed function."""
    return body(generate(given, **options).text)  # type: ignore[arg-type]


# ---- folding and names ---------------------------------------------------------------


def test_unnamed_values_fold() -> None:
    made = check(program((X, Y), lambda x, y: (x + y) * x - 2.0), 1.0, 2.0)
    assert made.text == "def f(x, y):\n    return (x + y) * x - 2.0\n"


def test_named_values_keep_their_statement() -> None:
    made = program((X, Y), lambda x, y: named(x + y, "g") * x)
    assert text(made) == ["g = x + y", "return g * x"]


def test_a_value_used_twice_gets_a_name() -> None:
    def make(x: Value, y: Value) -> Value:
        both = x + y
        return both * both

    made = program((X, Y), make)
    assert text(made) == ["x_plus_y = x + y", "return x_plus_y * x_plus_y"]


def test_lines_stay_within_88_columns() -> None:
    def make(x: Value, y: Value) -> Value:
        total = x
        for k in range(40):
            total = total * (y + float(k))
        return total

    made = check(program((X, Y), make), 1.5, 0.25)
    assert max(map(len, made.text.splitlines())) <= 88


def test_versions_share_a_name_where_lives_do_not_overlap() -> None:
    def make(x: Value) -> Value:
        return named(named(x * 2.0, "a") + 1.0, "a")

    assert text(program((X,), make)) == ["a = x * 2.0", "a += 1.0", "return a"]


def test_versions_get_a_suffix_where_lives_overlap() -> None:
    def make(x: Value) -> Value:
        a = named(x * 2.0, "a")
        b = named(a + 1.0, "a")
        return a * b

    made = check(program((X,), make), 3.0)
    assert body(made.text) == ["a = x * 2.0", "a_1 = a + 1.0", "return a * a_1"]


def test_nothing_folds_past_a_new_version_of_its_operand() -> None:
    def make(x: Value) -> Value:
        a = named(x * 2.0, "a")
        old = a * 3.0
        b = named(a + 1.0, "a")
        return old * b

    made = check(program((X,), make), 3.0)
    assert "a_1" not in made.text


def test_user_names_win_over_modules_and_helpers() -> None:
    params = Value("np", VECTOR), Value("sum_like", VECTOR)
    made = program(params, lambda a, b: sum_like(zeros_like(a), b))
    made = check(made, ARRAY, ARRAY)
    assert "import numpy as np_" in made.text
    assert "def f(np, sum_like):" in made.text


def test_names_that_are_keywords_or_builtins_in_use() -> None:
    def make(x: Value) -> Value:
        a = named(x + 1.0, "lambda")
        b = named(a * 2.0, "range")
        return a * b

    made = check(program((X,), make), 3.0)
    assert "lambda_ = " in made.text and "range = " not in made.text


def test_deterministic() -> None:
    first, second = (generate(Random(11).program()).text for _ in range(2))
    assert first == second


CONSTANTS = [
    0.1, -0.0, 1e300, math.nan, math.inf, -math.inf, 3, -2, True, 2j, -1.5 + 2j,
    complex(-0.0, 1.0), np.float32(0.1), np.float64(-0.0), np.int64(7), np.bool_(True),
    None, "text", (1, 2.0),
]  # fmt: skip


@pytest.mark.parametrize("value", CONSTANTS, ids=repr)
def test_constants_print_exactly(value: object) -> None:
    constant = Literal("", python_kind(value), value)
    found = load(generate(program((), lambda: constant)))()
    assert type(found) is type(value) and repr(found) == repr(value)


def test_a_negative_base_keeps_its_parentheses() -> None:
    made = program((X,), lambda x: literal(-2.0) ** x)
    assert text(made) == ["return (-2.0) ** x"]
    check(made, 2.0)


# ---- writes --------------------------------------------------------------------------


def test_update_copies_or_writes_in_place() -> None:
    def make(v: Value, *, here: bool) -> Value:
        a = named(v * 2.0, "a")
        b = named(update(a, 5.0, 0, layout=AT), "a")
        return inplace(b) if here else b

    here = program((V,), lambda v: make(v, here=True))
    assert text(here) == ["a = v * 2.0", "a[0] = 5.0", "return a"]
    copied = ["a = v * 2.0", "a = a.copy()", "a[0] = 5.0", "return a"]
    assert text(here, copies=True) == copied
    assert text(program((V,), lambda v: make(v, here=False))) == copied
    check(here, ARRAY)


def test_nothing_that_reads_a_buffer_moves_past_its_write() -> None:
    def make(v: Value) -> Value:
        a = named(v * 2.0, "a")
        old = getitem(a, 0, layout=AT) * 3.0
        b = inplace(named(update(a, 5.0, 0, layout=AT), "a"))
        return old + getitem(b, 0, layout=AT)

    made = check(program((V,), make), ARRAY)
    lines = body(made.text)
    assert lines.index("a[0] = 5.0") > next(
        k for k, t in enumerate(lines) if "* 3.0" in t
    )


def test_adding_a_negative_subtracts() -> None:
    def make(v: Value, x: Value) -> Value:
        a = named(zeros_like(v), "v_bar")
        return inplace(named(add_at(a, -x, 1, layout=AT), "v_bar"))

    lines = text(program((V, X), make))
    assert lines == ["v_bar = np.zeros_like(v)", "v_bar[1] -= x", "return v_bar"]


def test_repeated_indices_use_add_at() -> None:
    rows = Value("rows", VECTOR)

    def make(v: Value, rows: Value) -> Value:
        return named(add_at(v, 1.0, rows, layout=AT), "w")

    made = check(program((V, rows), make), ARRAY, np.array([1, 1, 0]))
    assert "np.add.at(w, rows, 1.0)" in made.text


def test_arithmetic_in_place() -> None:
    def make(v: Value) -> Value:
        a = named(v * 2.0, "a")
        return inplace(named(a + v, "a"))

    assert text(program((V,), make)) == ["a = v * 2.0", "a += v", "return a"]


# ---- branches ------------------------------------------------------------------------


def branch(name: str, then_name: str = "") -> Program:
    def make(x: Value, y: Value) -> Value:
        builder = current()
        test = x > y
        with builder.inner() as then:
            a = named(x * 2.0, then_name) if then_name else x * 2.0
        with builder.inner() as otherwise:
            b = x
        blocks = then.block((), (a,)), otherwise.block((), (b,))
        (found,) = builder.if_(test, *blocks, [FLOAT], [name])
        return found

    return program((X, Y), make)


def test_one_expression_each_way_is_a_conditional_expression() -> None:
    assert text(branch("")) == ["return x * 2.0 if x > y else x"]


def test_a_named_result_is_a_statement_and_empty_ways_vanish() -> None:
    lines = ["if x > y:", "    x *= 2.0", "return x"]
    assert text(branch("x", "x")) == lines


def test_a_way_that_raises_has_no_results() -> None:
    def make(x: Value, y: Value) -> Value:
        builder = current()
        with builder.inner() as then:
            raise_(literal("too big"), exception=ValueError)
        with builder.inner() as otherwise:
            b = named(x * y, "z")
        blocks = then.block((), (literal(UNDEFINED),)), otherwise.block((), (b,))
        return builder.if_(x > y, *blocks, [FLOAT], ["z"])[0]

    made = generate(program((X, Y), make))
    assert body(made.text) == [
        "if x > y:",
        '    raise ValueError("too big")',
        "z = x * y",
        "return z",
    ]
    with pytest.raises(ValueError, match="too big"):
        load(made)(2.0, 1.0)


def test_effects_keep_their_place(capsys: pytest.CaptureFixture[str]) -> None:
    def make(x: Value) -> Value:
        a = x * 2.0
        assert_(x > 0.0, literal("positive"))
        print_(x)
        return a + 1.0

    made = generate(program((X,), make))
    assert body(made.text) == [
        "product = x * 2.0",
        'assert x > 0.0, "positive"',
        "print(x)",
        "return product + 1.0",
    ]
    assert load(made)(2.0) == 5.0
    assert capsys.readouterr().out == "2.0\n"


# ---- loops ---------------------------------------------------------------------------


def test_a_swap_is_one_assignment() -> None:
    def make(n: Value) -> Value:
        builder = current()
        a, b, i = Value("a", FLOAT), Value("b", FLOAT), Value("i", INT)
        with builder.inner() as inner:
            after = named(a + b, "b")
        block = inner.block((i, a, b), (b, after))
        start = [literal(0.0), literal(1.0)]
        return builder.for_([range_(0, n, 1)], start, block)[0]

    made = check(program((N,), make), 7)
    assert body(made.text) == [
        "a = 0.0",
        "b = 1.0",
        "for _ in range(n):",
        "    a, b = b, a + b",
        "return a",
    ]


def newton(a: Value, tol: Value) -> tuple[Value, Value]:
    """Newton's square root, left by a break, and its adjoint."""
    builder = current()
    stop, x, before = Value("", BOOL), Value("x", FLOAT), Value("x_new", FLOAT)
    with builder.inner() as inner:
        after = named(0.5 * (x + a / x), "x_new")
        error = after - x
        done = ops.less_equal(error * error, tol * after)
        ways = (
            Block((), (), (literal(True), x)),
            Block((), (), (literal(False), after)),
        )
        flag, following = inner.if_(done, *ways, [BOOL, FLOAT], ["", "x"])
    names = (Value("", BOOL), Value("x", FLOAT), Value("x_new", FLOAT))
    test = Block(names, (), (literal(True),))
    block = inner.block((stop, x, before), (flag, following, after, x))
    _, _, out, kept, _ = builder.while_(
        [literal(False), a, literal(UNDEFINED)],
        test,
        block,
        [BOOL, FLOAT, Maybe(FLOAT)],
        stop=True,
        names=["", "x", "x_new", "saved_x"],
    )
    x, a_bar, bar = (Value(t, FLOAT) for t in ("x", "a_bar", "x_new_bar"))
    with builder.inner() as inner:
        total = named(a_bar + 0.5 * bar / x, "a_bar")
        passed = named(0.5 * bar * (1.0 - a / x / x), "x_new_bar")
    block = inner.block((x, a_bar, bar), (total, passed))
    start = [literal(0.0), literal(1.0)]
    a_bar, bar, _ = builder.for_([kept], start, block, reverse=True)
    return out, named(a_bar + bar, "a_bar")


NEWTON = """\
x = a
saved_x = []
while True:
    saved_x.append(x)
    x_new = 0.5 * (x + a / x)
    x_new_minus_x = x_new - x
    if x_new_minus_x * x_new_minus_x <= tol * x_new:
        break
    x = x_new

a_bar = 0.0
x_new_bar = 1.0
for x in reversed(saved_x):
    a_bar += 0.5 * x_new_bar / x
    x_new_bar = 0.5 * x_new_bar * (1.0 - a / x / x)
a_bar += x_new_bar
return x_new, a_bar"""


def test_a_flag_is_a_break_and_a_kept_list_is_walked_back() -> None:
    params = Value("a", FLOAT), Value("tol", FLOAT)
    made = check(program(params, newton), 2.0, 1e-12)
    assert body(made.text) == NEWTON.splitlines()


def test_a_while_tests_in_its_header_and_counts() -> None:
    def make(n: Value, x: Value) -> tuple[Value, Value]:
        builder = current()
        i, s, j, t = (Value(k, FLOAT if k == "s" else INT) for k in "isis")
        with builder.inner() as tested:
            more = ops.less(j, n)
        with builder.inner() as inner:
            product, step = named(s * x, "s"), named(i + 1, "i")
        test, block = (
            tested.block((j, t), (more,)),
            inner.block((i, s), (step, product)),
        )
        found = builder.while_([literal(0), literal(1.0)], test, block)
        return found[1], found[2]

    made = check(program((N, X), make), 5, 2.0)
    assert body(made.text) == [
        "i = 0",
        "s = 1.0",
        "count = 0",
        "while i < n:",
        "    count += 1",
        "    s *= x",
        "    i += 1",
        "return s, count",
    ]


def test_a_reverse_loop_gives_lists_in_walked_order() -> None:
    def make(n: Value) -> Value:
        builder = current()
        i, j, e, total = (Value(t, INT) for t in ("i", "j", "e", "total"))
        kept = builder.for_([range_(0, n, 1)], [], Block((i,), (), (i,)), reverse=True)[
            0
        ]
        with builder.inner() as inner:
            after = named(total * 10 + e * j, "total")
        block = inner.block((j, e, total), (after,))
        return builder.for_([range_(0, n, 1), kept], [literal(0)], block)[0]

    made = check(program((N,), make), 5)
    assert ".reverse()" in made.text
    check(program((N,), make), 5, dialect="numba")


# ---- comments, notes, text -----------------------------------------------------------


def adjoint(x: Value, y: Value) -> tuple[Value, Value]:
    builder = current()
    with builder.at(line("g = x * y", 2)):
        g = named(x * y, "g")
    with builder.at(line("return g / y", 3)):
        value = g / y
        g_bar = named(literal(1.0) / y, "g_bar")
    with builder.at(line("g = x * y", 2)):
        x_bar = named(g_bar * y, "x_bar")
    return value, x_bar


def test_the_users_statement_stands_above_its_adjoint() -> None:
    made = generate(program((X, Y), adjoint))
    assert body(made.text) == [
        "g = x * y",
        "value = g / y",
        "",
        "# return g / y",
        "g_bar = 1.0 / y",
        "# g = x * y",
        "x_bar = g_bar * y",
        "return value, x_bar",
    ]


def test_errors_name_the_users_line() -> None:
    made = generate(program((X, Y), adjoint))
    with pytest.raises(ZeroDivisionError) as caught:
        load(made)(1.0, 0.0)
    note_user_line(caught.value, made)
    assert caught.value.__notes__ == ["in user.py, line 3: return g / y"]


def test_calls_print_callees_first() -> None:
    inner = program((X,), lambda x: (x * 2.0, x + 1.0), "layer").graph
    builder = Builder()
    with builder.active():
        a, b = builder.call("layer", [X], [FLOAT, FLOAT], ["a", "b"])
        total = a + b
    outer = Graph("f", builder.block((X,), (total,)))
    made = Program("f", {"f": outer, "layer": inner})
    found = check(made, 3.0)
    assert found.text.index("def layer(x):") < found.text.index("def f(x):")
    assert "    a, b = layer(x)" in found.text


RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which(
    "ruff"
)


@pytest.mark.skipif(RUFF is None, reason="ruff is not installed")
def test_printed_text_passes_pyflakes(tmp_path: Path) -> None:
    for seed in range(60):
        source = generate(Random(seed).program()).text
        (tmp_path / f"made_{seed}.py").write_text(source)
    command = [str(RUFF), "check", "--isolated", "--select", "F", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("seed", range(120))
def test_random_graphs_print_what_evaluate_gives(seed: int) -> None:
    given = Random(seed).program()
    for copies in (False, True):
        made = check(given, 0.7, -1.3, np.array([1.0, 2.0, 3.0, 4.0]), copies=copies)
        ast.parse(made.text)
