"""Rules for coefficients and for sums in adjoint code: before and after."""

import numpy as np
import pytest

import srcad
from srcad.ir.sizes import Size
from srcad.ir.types import FLOAT, INT, Array, Scalar
from srcad.ir.verify import verify
from srcad.passes.dce import dce
from srcad.passes.simplify import simplify

from .graphs import MATRIX, VECTOR, graph, op, ops, run

M, N = MATRIX.dims
CUBE = Array("float64", (M, N, Size("k")))
COLUMN = Array("float64", (M, 1))
ROW = Array("float64", (N,))
a = np.array([1.0, -2.0, 0.5, 3.5])
b = np.array([0.5, 4.0, 2.0, -1.0])
matrix = np.arange(12.0).reshape(3, 4) - 3.3
cube = np.arange(24.0).reshape(3, 4, 2) - 7.5


def nearly(before, after, *arguments):
    """Both graphs give the same numbers, but for their rounding."""
    verify(after)
    for x, y in zip(run(before, *arguments), run(after, *arguments), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12)
        assert np.shape(x) == np.shape(y) and type(x) is type(y)


def simplified(build, *types):
    before = graph(build, *types)
    return before, dce(simplify(before, reassociate=True))


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda x, y: -0.5 * (-0.5 * x / y) / y, ["divide", "divide", "multiply"]),
        (lambda x, y: 2.0 * x * (0.5 / y), ["divide"]),
        (lambda x, y: 3.0 * (2.0 / x / y), ["divide", "divide"]),
        (lambda x, y: 2.0 * x + 2.0 * y, ["add", "multiply"]),
        (lambda x, y: 2.0 * x - 2.0 * y, ["subtract", "multiply"]),
        (lambda x, y: 2.0 * x + -2.0 * y, ["subtract", "multiply"]),
        (lambda x, y: -2.0 * x - 2.0 * y, ["add", "multiply"]),
        (lambda x, y: 2.0 * x - 3.0 * y, ["multiply", "multiply", "subtract"]),
    ],
)
def test_coefficients_of_arrays_meet(build, left):
    before, after = simplified(build, VECTOR, VECTOR)
    assert sorted(ops(after)) == sorted(left)
    nearly(before, after, a, b)


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda x: 3.0 * x / 3.0, []),
        (lambda x: 6.0 * x / 3.0, ["multiply"]),
        (lambda x: 2.0 * x / 4, ["divide"]),
        (lambda x: -4.0 * (x / 2.0), ["multiply"]),
        (lambda x: 2.0 * (x / -8.0), ["divide"]),
        (lambda x: 2.0 * (x / 3.0), ["divide", "multiply"]),
        (lambda x: 2.0 * x / 3.0, ["divide", "multiply"]),
    ],
)
@pytest.mark.parametrize("t", [FLOAT, VECTOR, Array("float32", VECTOR.dims)])
def test_a_number_over_a_number(build, left, t):
    before, after = simplified(build, t)
    divided = [name.replace("quotient", "divide") for name in sorted(ops(after))]
    assert sorted(divided) == left
    given = 1.5 if t == FLOAT else a.astype(t.dtype)
    nearly(before, after, given)
    (x,) = run(after, given)
    assert t == FLOAT or x.dtype == t.dtype


def test_a_division_by_zero_stays():
    _, after = simplified(lambda x: (2.0 * x / 0.0, 2.0 * (x / 0.0)), FLOAT)
    assert sorted(ops(after)) == ["divide", "divide", "multiply", "multiply"]


def test_a_scaled_integer_stays_a_float():
    def f(n):
        return 3.0 * n / 3.0, 2.0 * (n / 2.0)

    before, after = simplified(f, INT)
    for x, y in zip(run(before, 5), run(after, 5), strict=True):
        assert x == y and type(x) is type(y)


def test_a_scaled_array_read_twice_is_scaled_once():
    def f(x, y):
        t = 100.0 * x
        return t, -(t * (2.0 * y))

    before, after = simplified(f, VECTOR, VECTOR)
    assert ops(after).count("multiply") == 3
    nearly(before, after, a, b)


def test_numbers_meet_in_a_numerator():
    def f(x, n):
        return 2.0 * (0.5 / n) * x, (1.0 * n) / x

    before, after = simplified(f, VECTOR, INT)
    assert "multiply" not in ops(after)
    nearly(before, after, a, 4)


@pytest.mark.parametrize("first", ["add", "subtract"])
@pytest.mark.parametrize("second", ["add", "subtract"])
def test_products_with_one_factor_in_common(first, second):
    def f(t, x, y, z):
        return op(second)(op(first)(t, x * y), z * x)

    before, after = simplified(f, FLOAT, FLOAT, FLOAT, FLOAT)
    assert ops(after).count("multiply") == 1
    nearly(before, after, 0.3, 1.5, -2.0, 0.7)


@pytest.mark.parametrize(
    "build, multiplied",
    [
        (lambda x, y, z, n: x * y - z * x, 1),
        (lambda x, y, z, n: x * y * z + z * (0.5 * y), 2),
        (lambda x, y, z, n: x * x * y - x * x * z, 2),
        (lambda x, y, z, n: x * (y * z) + x * x * z, 2),
        (lambda x, y, z, n: x - x * y, 1),  # no product the less
        (lambda x, y, z, n: 3.0 * x * y - 3.0 * z, 3),
        (lambda x, y, z, n: x * y - z * y * n, 3),  # n is no float
        (lambda x, y, z, n: n * y - n * z, 2),  # a whole number times a float
        (lambda x, y, z, n: (x * y, x * y - x * z), 2),  # x * y is read elsewhere
    ],
)
@pytest.mark.parametrize("kind", ["float", "complex"])
def test_a_factor_in_common_is_outside(build, multiplied, kind):
    number = Scalar(kind)
    before, after = simplified(build, number, number, number, INT)
    assert ops(after).count("multiply") == multiplied
    turned = 1.0 if kind == "float" else 0.6 + 0.8j
    nearly(before, after, 1.5 * turned, -2.0 * turned, 0.7 * turned, 3)


def test_an_array_in_common_is_outside():
    def f(x, y, z):
        return x * y * z - z * y

    before, after = simplified(f, VECTOR, VECTOR, VECTOR)
    assert ops(after).count("multiply") == 2
    nearly(before, after, a, b, a + b)

    before, after = simplified(f, VECTOR, VECTOR, MATRIX)  # x * y is the smaller
    assert ops(after).count("multiply") == 3
    nearly(before, after, a, b, matrix)


def test_numbers_meet_behind_new_axes():
    new = ("slice", False, False, False), ("slice", False, False, False), "new"

    def f(x, m):
        return (2.0 * x) * op("getitem")(-0.5 * m, layout=new)

    before, after = simplified(f, CUBE, MATRIX)
    assert ops(after).count("multiply") == 1
    nearly(before, after, cube, matrix)

    before, after = simplified(lambda x, m: f(3.0 * x, m), CUBE, MATRIX)
    assert ops(after).count("multiply") == 2  # of them one of the matrix
    nearly(before, after, cube, matrix)


def test_a_product_that_is_smaller_takes_the_coefficient():
    def f(x, m):
        diff = 2.0 * x
        weights = 0.25 * m
        rows = op("einsum")(diff, weights, subscripts="ijk,ij->ik")
        return rows - op("einsum")(diff, weights, subscripts="ijk,ij->ik")

    before, after = simplified(f, CUBE, MATRIX)
    assert ops(after) == ["einsum", "einsum", "subtract", "multiply"]
    nearly(before, after, cube, matrix)

    before, after = simplified(lambda m, x: (2.0 * m) @ x, MATRIX, VECTOR)
    assert ops(after) == ["matmul", "multiply"]
    nearly(before, after, matrix, a)


def test_a_product_of_matrices_keeps_it():
    square = Array("float64", (M, M))
    before, after = simplified(lambda m, s: s @ (2.0 * m), MATRIX, square)
    assert ops(after) == ["multiply", "matmul"]
    nearly(before, after, matrix, np.eye(3))


def test_a_sum_of_what_was_broadcast():
    def f(column, row):
        wide = op("broadcast_like")(column, column * row)
        return op("sum_")(wide, axis=0) + row

    before, after = simplified(f, COLUMN, ROW)
    assert ops(after) == ["sum_", "add"]
    nearly(before, after, matrix[:, :1], a)


def test_a_sum_over_the_new_axis_stays():
    def f(column, row):
        wide = op("broadcast_like")(column, column * row)
        return op("sum_")(wide, axis=1)

    before, after = simplified(f, COLUMN, ROW)
    assert "broadcast_like" in ops(after)
    nearly(before, after, matrix[:, :1], a)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_a_sum_of_a_transposed_matrix(axis):
    def f(m):
        return op("sum_")(op("transpose")(m * m), axis=axis)

    before, after = simplified(f, MATRIX)
    assert "transpose" not in ops(after)
    nearly(before, after, matrix)


def test_a_sum_over_the_diagonal():
    def f(m, n):
        return op("einsum")(m, op("eye")(n), subscripts="ij,ij->")

    square = Array("float64", (M, M))
    before, after = simplified(f, square, Scalar("int", "", M))
    assert ops(after) == ["trace"]
    nearly(before, after, matrix[:, :3], 3)


def test_the_users_own_values_keep_every_bit():
    def f(x, y):
        return -0.5 * (-0.5 * x / y) / y

    before = graph(f, VECTOR, VECTOR)
    kept = {v for node in before.body.nodes for v in node.outputs}
    assert simplify(before, reassociate=True, primal=kept) is before


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda s, x, y: s * x + s * y, ["add", "multiply"]),
        (lambda s, x, y: s * x - s * y, ["subtract", "multiply"]),
        (lambda s, x, y: s * x - 2.0 * y, ["multiply", "multiply", "subtract"]),
        (
            lambda s, x, y: (p := s * x, p - s * y),  # p is read besides
            ["multiply", "multiply", "subtract"],
        ),
    ],
)
def test_a_scale_of_two_arrays_scales_their_sum(build, left):
    before, after = simplified(build, FLOAT, VECTOR, VECTOR)
    assert ops(after) == left
    nearly(before, after, 0.3, a, b)


def test_a_scale_stays_with_the_sum_that_has_a_name():
    def logistic(w, X, y):
        p = 1 / (1 + np.exp(-(X @ w)))
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    args = a[:4] / 5.0, matrix, np.array([0.0, 1.0, 1.0])
    srcad.check_grads(logistic, args, order=2)
    text = srcad.grad(logistic).source_for(*args)
    assert "p_bar = -1.0 / max(y.size, 1) * (y / p - (1 - y) / (1 - p))" in text


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda s, x, y: x / s + y / s, ["add", "divide"]),
        (lambda s, x, y: x / s - y / s, ["divide", "subtract"]),
        (lambda s, x, y: (-1.0 / s) * x + y / s, ["divide", "subtract"]),
        (lambda s, x, y: x / s + (1.0 / s) * y, ["add", "divide"]),
        (lambda s, x, y: x / s + y / (2.0 * s), ["add", "divide", "divide"]),
        (lambda s, x, y: x / y + y / y, ["add", "divide", "divide"]),
        (
            lambda s, x, y: (p := x / s, p + y / s),  # p is read besides
            ["add", "divide", "divide"],
        ),
    ],
)
def test_two_quotients_by_one_number_are_one(build, left):
    before, after = simplified(build, FLOAT, VECTOR, VECTOR)
    assert sorted(o for o in ops(after) if o != "multiply") == left
    nearly(before, after, 0.3, a, b)


@pytest.mark.parametrize("t", [VECTOR, FLOAT])
def test_twice_the_half_is_the_whole_also_where_the_half_is_read(t):
    before, after = simplified(lambda x: (h := 0.5 * x, 2.0 * h), t)
    assert ops(after) == ["multiply"]
    nearly(before, after, a if t is VECTOR else 0.3)
    before, after = simplified(lambda x: (h := 0.5 * x, 3.0 * h), t)
    assert ops(after) == ["multiply", "multiply"]
    nearly(before, after, a if t is VECTOR else 0.3)
