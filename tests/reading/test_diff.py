"""`diff`: each statement of the user's beside the statements of its adjoint."""

from __future__ import annotations

import numpy as np

from srcad import diff, grad, hessian


def inner(x):
    return np.sin(x)


def f(x, y):
    a = x * y
    unused = y - 1.0
    for _ in range(3):
        a += inner(
            x,
        )
    return a * a, unused


def loss(x, y):
    return f(x, y)[0]


def test_pairs_stand_in_the_users_order() -> None:
    found = diff(loss, 1.5, 2.0)
    texts = [pair.statement.text for pair in found]
    assert texts == [
        "return f(x, y)[0]",
        "a = x * y",
        "unused = y - 1.0",
        "for _ in range(3):",
        "a += inner(\n    x,\n)",
        "return a * a, unused",
        "return np.sin(x)",
    ]
    by_text = {pair.statement.text: pair for pair in found}
    assert by_text["a = x * y"].adjoint == ("x_bar += a_bar * y", "return x_bar")
    assert "np.cos(x)" in "".join(by_text["return np.sin(x)"].adjoint)
    assert by_text["a = x * y"].forward == ("a = x * y",)


def test_every_generated_line_with_a_place_is_in_one_pair() -> None:
    gradient = grad(loss, argnums=(0, 1))
    gradient(1.5, 2.0)
    placed = [line.text.strip() for line in gradient.source_map if line.span]
    paired = [t.strip() for p in diff(gradient) for t in (*p.forward, *p.adjoint)]
    assert sorted(placed) == sorted(paired)


def test_as_text() -> None:
    def g(x):
        y = np.sin(x)
        return y * y

    first = g.__code__.co_firstlineno
    assert str(diff(g, 0.5)) == "\n".join(
        [
            "test_diff.py",
            f"{first + 1:>4}  y = np.sin(x)",
            "      |  x_bar = y_bar * np.cos(x)",
            "      |  return x_bar",
            "",
            f"{first + 2:>4}  return y * y",
            "      |  y_bar = 2.0 * y",
        ]
    )


def test_of_what_else_has_source() -> None:
    assert len(diff(hessian(loss), 1.5, 2.0)) > 3
    assert len(diff(loss, 1.5, y=2.0, argnums=(0, 1))) > 3
    page = diff(loss, 1.5, 2.0)._repr_html_()
    assert page.count("<tr>") == len(diff(loss, 1.5, 2.0)) + 1
