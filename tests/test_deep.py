"""Programs that nest deeply are transformed on a large stack."""

import contextvars
import math
import sys
import threading

import pytest

import srcad
from srcad.deep import begins_again, deeply
from srcad.errors import UnsupportedSyntax


def down(n):
    return 0 if n == 0 else 1 + down(n - 1)


def test_what_recurses_too_deeply_is_begun_again_with_more_room():
    limit = sys.getrecursionlimit()
    stack = threading.stack_size()
    assert deeply(lambda: down(20_000)) == 20_000
    assert sys.getrecursionlimit() == limit
    assert threading.stack_size() == stack


def test_what_does_not_recurse_stays_in_its_thread():
    assert deeply(threading.get_ident) == threading.get_ident()


def test_the_outermost_begins_again():
    begun = []

    def outer():
        begun.append((threading.get_ident(), begins_again()))
        return deeply(lambda: down(5_000))

    assert deeply(outer) == 5_000
    (first, again), (second, not_again) = begun
    assert first == threading.get_ident() != second
    assert again and not not_again
    assert not begins_again()


def test_errors_and_context_come_through():
    where = contextvars.ContextVar("where", default="outside")
    where.set("here")

    def work():
        down(5_000)
        raise ValueError(where.get())

    with pytest.raises(ValueError, match="here"):
        deeply(work)


def test_endless_recursion_is_an_error_still():
    limit = sys.getrecursionlimit()
    with pytest.raises(RecursionError):
        deeply(lambda: down(-1))
    assert sys.getrecursionlimit() == limit


def long_sum(n):
    terms = " + ".join(f"x * {k}.0" for k in range(n))
    return srcad.from_source(f"def f(x):\n    return {terms}\n")


def test_a_sum_of_many_terms():
    f = long_sum(700)
    gradient = srcad.grad(f)
    assert math.isclose(gradient(2.0), sum(range(700)))
    assert math.isclose(srcad.grad(srcad.grad(f))(2.0) + 1.0, 1.0)


def test_a_long_display():
    entries = ", ".join(f"x * {k}.0" for k in range(600))
    f = srcad.from_source(f"def f(x):\n    return sum([{entries}])\n")
    assert math.isclose(srcad.grad(f)(2.0), sum(range(600)))


def test_what_is_too_deep_even_so_is_refused_with_the_line(monkeypatch):
    monkeypatch.setattr("srcad.deep.LIMIT", 1200)
    with pytest.raises(UnsupportedSyntax, match="nested too deeply") as caught:
        srcad.grad(long_sum(700))(2.0)
    assert caught.value.span.text == "def f(x):"
    assert "split" in caught.value.hint
