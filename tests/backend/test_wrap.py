"""Long lines are broken into pieces that are still the same statement."""

import ast

import pytest

from srcad.backend.wrap import wrapped

LONG = "an_array_with_a_long_name"


@pytest.mark.parametrize(
    "text",
    [
        f"y = np.take(x, f({LONG}), axis=1).reshape(({', '.join([LONG] * 3)}))",
        f"y = g(np.take(x, f({LONG}).reshape(-1), axis=1)."
        f"reshape(({LONG}.shape[0], {LONG}.shape[1], x.shape[1])), {LONG} * {LONG})",
        f"total += np.sum({LONG}, axis=0, keepdims=True) * {LONG} + f({LONG}, k=2)",
        f"return np.sum({LONG}, axis=0), np.sum({LONG} * {LONG}, axis=1), {LONG}",
        f"{', '.join(LONG + str(k) for k in range(4))} = residual",
        f"{', '.join(LONG + str(k) for k in range(4))} = f({', '.join([LONG] * 3)})",
    ],
)
def test_a_broken_line_says_the_same(text: str) -> None:
    lines = wrapped(text, 0)
    assert len(lines) > 1 and all(len(line) <= 88 for line in lines)
    plain = text.replace("return ", "y = ", 1)
    broken = "\n".join(lines).replace("return ", "y = ", 1)
    assert ast.dump(ast.parse(broken)) == ast.dump(ast.parse(plain))


def test_a_keyword_in_brackets_is_no_assignment() -> None:
    """`axis=1` inside the call is not where the right-hand side begins."""
    places = "array_of_value"
    text = (
        f"np.take(table, np.ascontiguousarray({places}).reshape(-1), axis=1)"
        f".reshape((table.shape[0], {places}.shape[0], {places}.shape[1]))"
    )
    broken = "\n".join(wrapped(text, 2)).strip()
    assert ast.dump(ast.parse(broken)) == ast.dump(ast.parse(text))
