"""Iteration: what is refused, with its line; what depends on lengths at run time."""

from __future__ import annotations

import functools
import itertools
import textwrap
from typing import Any

import numpy as np
import pytest

from srcad import UnsupportedSyntax, from_source, grad, value_and_grad

V = np.array([0.3, -0.5, 1.2])
NAMES = {"np": np, "itertools": itertools, "functools": functools}


def function(body: str) -> Any:
    """A function of x with this body; its first line is line 2."""
    return from_source("def f(x):\n" + textwrap.indent(body, "    "), dict(NAMES))


# body, the line that is refused, words of the message
REFUSED = {
    "generator_twice": (
        "g = (v * v for v in x)\na = sum(g)\nreturn a + sum(g)",
        3,
        "walked before",
    ),
    "zip_twice": (
        "z = zip(x, x)\nt = 0.0\nfor a, b in z:\n    t += a * b\n"
        "for a, b in z:\n    t += a\nreturn t",
        5,
        "walked before",
    ),
    "generator_in_a_loop": (
        "g = (v * v for v in x)\nt = 0\nfor k in range(2):\n    t += sum(g)\nreturn t",
        4,
        "walked before",
    ),
    "generator_in_a_branch": (
        "g = (v * v for v in x)\nif x[0] > 0:\n    return sum(g)\nreturn max(g)",
        3,
        "walked before",
    ),
    "inner_iterator": (
        "g = (v for v in x)\nreturn sum(a * b for a in x for b in g)",
        2,
        "walked before",
    ),
    "walrus_read_by_a_function": (
        "def w():\n    return z\nz = 1.0\nreturn sum([w() for v in x if (z := v) > 0])",
        4,
        "bound by :=",
    ),
    "list_changed_under_filter": (
        "xs = list(x)\nt = 0.0\nfor v in filter(lambda a: a > 0, xs):\n"
        "    xs[2] = -1.0\n    t += v\nreturn t",
        3,
        "may change",
    ),
    "name_changed_under_generator": (
        "k = 1.0\nt = 0.0\nfor v in (a * k for a in x if a > 0):\n"
        "    k = k + 1.0\n    t += v\nreturn t",
        3,
        "may change",
    ),
    "list_grows_while_walked": (
        "xs = list(x)\nfor v in xs:\n    if len(xs) < 6:\n        xs.append(v)\n"
        "return sum(xs)",
        2,
        "may change",
    ),
    "dict_grows_while_walked": (
        "d = {'a': x[0]}\nfor k in d:\n    d['b'] = x[1]\nreturn d['a']",
        2,
        "may change",
    ),
    "keys_change_under_items": (
        "d = {'a': x[0], 'b': x[1]}\nfor k, v in d.items():\n    d['c'] = x[1]\n"
        "return d['a']",
        2,
        "keys of this dict change",
    ),
    "set_order": ("return sum(k * x[0] for k in {1, 2})", 1, "set"),
    "starred_array": (
        "def g(a, b, c=1.0):\n    return a * b * c\nreturn g(*x)",
        3,
        "does not always take the same number",
    ),
    "sorted_by_values": ("return sorted([x[0], x[1]])[0]", 1, "sort"),
    "sorted_array": ("return sorted(x)[0]", 1, "sort"),
    "list_times": ("return sum([v for v in x] * len(x))", 1, "list and a number"),
    "lists_compared": (
        "a = [v for v in x]\nreturn x[0] if a == [v for v in x] else x[1]",
        2,
        "comparison of lists",
    ),
    "minus_list": ("return np.sum(-[v for v in x])", 1, "list"),
    "iterator_in_arithmetic": ("return np.sum(map(np.sin, x) * x)", 1, "iterator"),
    "slice_written": (
        "xs = [v for v in x]\nxs[0:1] = [x[0]]\nreturn sum(xs)",
        2,
        "slice",
    ),
    "index_of": ("xs = [v for v in x]\nreturn x[xs.index(x[0])]", 2, "list.index"),
    "pop_anywhere": (
        "xs = list(x)\nt = 0.0\nfor k in range(2):\n    t += xs.pop(k)\nreturn t",
        4,
        "position",
    ),
    "permutations": (
        "return sum(a * b for a, b, c in itertools.permutations(x))",
        1,
        "permutations",
    ),
    "no_end": ("return sum(k * x[0] for k in itertools.count())", 1, "end"),
    "enumerate_no_end": (
        "t = 0.0\nfor k, j in enumerate(itertools.count()):\n    t += x[0]\nreturn t",
        2,
        "end",
    ),
    "next_of_a_list": ("return next([x[0]])", 1, "next"),
    "set_of_values": ("return len({v for v in x}) * x[0]", 1, "set"),
    "one_array_many_times": (
        "rows = [x for k in range(3)]\nfor r in rows:\n    r[0] *= 2\n"
        "return sum(np.sum(r) for r in rows)",
        3,
        "which entries",
    ),
    "closures_in_a_loop": (
        "fs = [lambda: v for v in x]\nreturn fs[0]()",
        1,
        "function",
    ),
    "too_few": ("a, b, c = [v for v in (x[0], x[1])]\nreturn a", 1, "unpacked"),
    "at_its_end": (
        "it = iter([x[0]])\na = next(it)\nb = next(it)\nreturn a * b",
        3,
        "end",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    body, line, words = REFUSED[name]
    f = function(body)
    with pytest.raises(UnsupportedSyntax, match=words) as caught:
        grad(f)(V.copy())
    assert caught.value.span is not None
    assert caught.value.span.line == line + 1
    assert (
        caught.value.span.text
        == ("def f(x):\n" + textwrap.indent(body, "    ")).split("\n")[line]
    )


# Bodies whose iterations depend on a length that is known at run time only.
LENGTHS = {
    "zip_with_functions": (
        "t = 0.0\nfor f, v in zip((np.sin, np.cos, np.tanh), x):\n"
        "    t += f(v) * (t + 1)\nreturn t"
    ),
    "zip_with_numbers": "return sum([w * v for w, v in zip([1.0, 2.0, 3.0], x)])",
    "zip_with_tuple_and_break": (
        "t = 0.0\nfor (a, b), v in zip(((1.0, 'p'), (2.0, 'q'), (3.0, 'p')), x):\n"
        "    if b == 'q' and v > 5:\n        break\n    t += a * v * v\nreturn t"
    ),
    "slices": (
        "ys = [v * v for v in x]\n"
        "return sum(ys[1:-1]) + sum(ys[-3:]) * 2 + sum(ys[-3:-1]) + sum(ys[::2])"
    ),
    "any": "return sum(x) if any(v > 100 for v in x) else x[0] * 2.0 + x[-1]",
    "sum_of_arrays": "return np.sum(sum(v * x for v in x))",
    "accumulate": "return sum(itertools.accumulate(x, lambda a, b: a * b))",
    "islice": "return sum(itertools.islice(x, 1, 3))",
}


@pytest.mark.parametrize("name", LENGTHS)
def test_lengths(name: str) -> None:
    f = function(LENGTHS[name])
    transform = value_and_grad(f)
    for n in (2, 3, 5, 7, 2):
        x = np.linspace(0.3, 1.7, n) ** 2
        value, gradient = transform(x)
        assert np.isclose(value, f(x), rtol=1e-14)
        steps = 1e-6 * np.eye(n)
        differences = [(f(x + h) - f(x - h)) / 2e-6 for h in steps]
        assert np.allclose(gradient, differences, atol=1e-7)


RAISES = {
    "max_of_nothing": ("return max(v for v in x if v > 100)", ValueError),
    "reduce_of_nothing": (
        "return functools.reduce(lambda a, b: a * b, [v for v in x if v > 100])",
        TypeError,
    ),
    "zip_strict": (
        "return sum(a * b for a, b in zip(x, x[1:], strict=True))",
        ValueError,
    ),
    "next_of_nothing": ("return next(v for v in x if v > 100)", StopIteration),
    "unpacking_too_few": (
        "a, *b, c = [v for v in x if v > 1]\nreturn a * c",
        ValueError,
    ),
    "unpacking_more": ("a, b = x\nreturn a * b", ValueError),
    "unpacking_rows": (
        "return sum(a * b for a, b in np.outer(x, x))",
        ValueError,
    ),
    "unpacking_a_list_of_fewer": (
        "a, b = [v for v in x if v > 100]\nreturn a * b",
        ValueError,
    ),
    "keys_without_values": (
        "d = dict(zip('abcd', x))\nreturn d['a'] * d['d']",
        (ValueError, KeyError),
    ),
    "list_and_array": ("a = [v for v in x if v > 0]\na += x\nreturn a[0]", ValueError),
}


@pytest.mark.parametrize("name", RAISES)
def test_raises_as_python_does(name: str) -> None:
    body, error = RAISES[name]
    f = function(body)
    with pytest.raises(error):
        f(V.copy())
    with pytest.raises(error):
        grad(f)(V.copy())


def test_a_sum_needs_no_list() -> None:
    f = function("return sum(v * v for v in x)")
    text = value_and_grad(f).source_for(V)
    assert "append" not in text
    assert "value += v * v" in text


def test_comments_stand_once() -> None:
    f = function("ys = [v * v for v in x if v > 0]\nreturn sum(ys)")
    text = value_and_grad(f).source_for(V)
    assert text.count("# ys = [v * v for v in x if v > 0]") == 2  # forward and adjoint
