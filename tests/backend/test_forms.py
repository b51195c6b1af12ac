"""Statements that differ in names and numbers only are printed once."""

import ast
from pathlib import Path

import pytest

from srcad.backend import printer
from srcad.backend.forms import cut, form, with_stand_ins

GOLDEN = Path(__file__).parent.parent / "golden"
SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return)


def simple_statements():
    for path in sorted(GOLDEN.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, SIMPLE):
                yield node


def test_a_form_prints_as_each_statement_by_itself():
    count = 0
    for node in simple_statements():
        assert printer.printed(node) == printer._print(node)
        count += 1
    assert count > 500


def test_astor_is_asked_where_it_would_print_otherwise(monkeypatch):
    quick = [(n, printer._print(n)) for n in simple_statements() if is_quick(n)]
    monkeypatch.setattr(printer, "_prints_in_two_ways", lambda tree: True)
    assert len(quick) > 500
    for node, text in quick:
        assert printer._print(node) == text


def is_quick(node: ast.stmt) -> bool:
    """Whether a statement is printed without astor; in comprehensions they differ."""
    lists = any(isinstance(part, ast.comprehension) for part in ast.walk(node))
    return not lists and not printer._prints_in_two_ways(node)


@pytest.mark.parametrize(
    "text",
    [
        "x = stand_in_0_ * y",  # names and numbers that look like stand-ins
        "x = 713000000001 * y",
        "x = stand_in_1_[713000000000]",
        "x = a if b else c",  # printed in another order than their fields stand in
        "x = {a: b, c: d, **e}",
        "x = [a for b, c in zip(d, e) if f < 2]",
        "x = f(a, 2, key=3.5, *b, **c)",
        "x = a[1:2, ..., ::-1, None]",
        "x = -1 - -2.5 ** -a ** 1e-05 + 1e300 + 0.1 + 3j",
        "x = (2).real + 2.5.real + True",
        "x, (y, z) = 10000000000000000, a.x.y",
        "x['it'] += 'a text that is longer than the others and has no end yet'",
        'x = f"{a} and {b:.3f}" + \'"\' + "it\'s"',
        "x = lambda a, b=2: a + b",
        "return not a and (b or c) and a < b <= 3",
    ],
)
def test_what_might_be_taken_for_something_else(text):
    tree = ast.parse(text).body[0]
    found = printer.printed(tree)
    assert found == printer._print(tree) == printer.printed(tree)
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(text))


def test_names_and_numbers_are_no_part_of_a_form():
    forms, found = [], []
    for text in ("x = a * 2 + 0.5", "y2 = y2 * 30 + 11.25", "x = a * 2 + 5"):
        found.append([])
        forms.append(form(ast.parse(text).body[0], found[-1]))
    assert forms[0] == forms[1] != forms[2]
    assert found[1] == ["y2", "y2", "30", "11.25"]


def test_signs_exponents_and_texts_are_part_of_a_form():
    texts = ["x = 2", "x = -2", "x = 2.5", "x = 1e-9", "x = 1e-8", "x = 'a'", "x = 'b'"]
    texts += ["x = True", "x = None", "x = 2j", "x = y", "x = a.y", "x = a.z"]
    assert len({form(ast.parse(t).body[0], []) for t in texts}) == len(texts)


def test_a_text_is_cut_only_where_each_stand_in_is_found_once():
    tree, count = with_stand_ins(ast.parse("f(a, 2.5)", mode="eval").body)
    text = ast.unparse(tree)
    assert count == 3
    assert [k for _, k in cut(text, 3)] == [0, 1, 2, 3]
    assert cut(text, 2) is None
    assert cut(f"{text} + stand_in_1_", 3) is None
