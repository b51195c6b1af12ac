"""The table of refused syntax is true, and check_syntax finds all of it beforehand."""

from __future__ import annotations

import builtins
import sys
import textwrap
from typing import Any

import gast
import numpy as np
import pytest

import srcad
from srcad import UnsupportedSyntax, check_syntax, from_source, grad
from srcad.errors import MissingRule
from srcad.frontend.frame import EXPRESSIONS, STATEMENTS
from srcad.frontend.matching import ARRAYS_ARE_SEQUENCES
from srcad.frontend.syntax import CALLS, TABLE
from srcad.ir.graph import Value
from srcad.ir.types import FLOAT
from srcad.ops.declare import static

# For each row of the table: a body, and what is marked (it starts its line's caret).
ROWS = {
    "AsyncFor": ("async def g():\n    async for a in x:\n        pass", "async def"),
    "AsyncFunctionDef": ("async def g():\n    pass", "async def"),
    "AsyncWith": ("async def g():\n    async with x:\n        pass", "async def"),
    "Await": ("async def g():\n    await x", "async def"),
    "ClassDef": ("class A:\n    pass", "class A"),
    "JoinedStr": None,  # served
    "Starred": ("y = *x", "*x"),
    "TryStar": ("try:\n    pass\nexcept* ValueError:\n    pass", "try"),
    "TypeAlias": ("type T = int", "type T"),
    "Yield": ("y = yield x", "yield x"),
    "YieldFrom": ("yield from x", "yield from"),
}
NOT_PYTHON = ("Starred",)  # alone it is no Python


def _refused() -> list[str]:
    served = {c.__name__ for c in (*EXPRESSIONS, *STATEMENTS)}
    return [
        name
        for name in TABLE
        if name not in (served - {"Yield", "YieldFrom"})
        and name not in NOT_PYTHON
        and not (name == "TypeAlias" and sys.version_info < (3, 12))
    ]


def _function(body: str) -> Any:
    text = textwrap.indent(f"{body}\nreturn x[0]", "    ")
    return from_source(f"def f(x):\n{text}", {"np": np})


def test_every_row_has_a_program() -> None:
    assert set(ROWS) == set(TABLE)
    assert all(hasattr(gast, name) for name in TABLE)


@pytest.mark.parametrize("name", _refused())
def test_rows(name: str) -> None:
    program = ROWS[name]
    assert program is not None
    body, marked = program
    f = _function(body)
    with pytest.raises(UnsupportedSyntax) as caught:
        grad(f)(np.ones(2))
    error = caught.value
    lines = textwrap.indent(body, "    ").splitlines()
    line = next(k for k, text in enumerate(lines) if marked in text)
    assert error.span is not None
    assert error.span.line == line + 2
    assert error.span.column == lines[line].index(marked)
    assert (error.offset or 0) == error.span.column + 1
    whole = "AsyncFunctionDef" if marked == "async def" else name
    assert error.message == TABLE[whole].message
    assert error.hint == TABLE[whole].hint
    (found,) = check_syntax(f)
    assert (found.line, found.column) == (error.span.line, error.span.column)
    assert found.hint == error.hint and found.construct in error.message
    assert str(found.line) in str(check_syntax(f)) and "^" in str(found)


@pytest.mark.parametrize("name", CALLS)
def test_refused_builtins(name: str) -> None:
    f = _function(f"y = {name}(x)")
    with pytest.raises(UnsupportedSyntax) as caught:
        grad(f)(np.ones(2))
    assert caught.value.message == CALLS[name].message
    assert caught.value.hint == CALLS[name].hint
    assert caught.value.span is not None
    assert (caught.value.span.line, caught.value.span.column) == (2, 8)
    (found,) = check_syntax(f)
    assert (found.line, found.column, found.file) == (2, 8, caught.value.filename)
    assert hasattr(builtins, name)


def test_all_constructs_at_once() -> None:
    f = _function("y = eval('x')\nclass A:\n    pass\ndef g():\n    yield 1\nz = id(x)")
    found = check_syntax(f)
    assert [x.line for x in found] == [2, 3, 6, 7]
    assert len(str(found).split("\n\n")) == 4


def test_accepted_functions_have_no_findings() -> None:
    def fine(x, eval=abs):  # a parameter of that name is no builtin
        match x:
            case [a, *_]:
                del a
        total, *_ = [eval(x), {1: 2}, {3}, f"{x}", lambda: x]
        return total

    assert check_syntax(fine) == []
    assert "nothing" in str(check_syntax(fine))
    assert check_syntax(grad(fine).primal) == []
    assert "check_syntax" in srcad.__all__


def test_what_must_be_known_says_so() -> None:
    with pytest.raises(MissingRule) as caught:
        static(Value("n", FLOAT), "the axis")
    assert caught.value.needs_known
    assert not UnsupportedSyntax("before the program runs").needs_known


def test_a_known_integer_reaches_through_a_call() -> None:
    def pick(d, k):
        return d[k]

    namespace: dict[str, Any] = {}
    text = "def f(x):\n    d = {1: x, 2: x * x}\n    return pick(d, 2) * pick(d, 1)\n"
    f = from_source(text, {"pick": pick, **namespace})
    assert grad(f)(2.0) == 12.0


@pytest.mark.skipif(
    not ARRAYS_ARE_SEQUENCES, reason="before NumPy 2.5 no array is a sequence"
)
def test_an_array_of_any_length_is_not_matched_by_its_entries() -> None:
    f = _function("match x:\n    case [a, b]:\n        return a * b")
    with pytest.raises(UnsupportedSyntax, match="whose length is known") as error:
        grad(f)(np.ones(2))
    assert error.value.span is not None and error.value.span.line == 3
