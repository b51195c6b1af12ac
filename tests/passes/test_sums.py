"""simplify: sums of products in adjoint code, before and after."""

import numpy as np
import pytest

from srcad.ir.sizes import Size
from srcad.ir.types import Array
from srcad.ir.verify import verify
from srcad.ops import reductions  # noqa: F401
from srcad.passes.dce import dce
from srcad.passes.simplify import simplify

from .graphs import graph, op, ops, run

N, M = Size("n"), Size("m")
ROW, COLUMN = Array("float64", (N,)), Array("float64", (M, 1))
MATRIX, OTHER = Array("float64", (M, N)), Array("float64", (N, Size("k")))
CUBE = Array("float64", (M, N, Size("k")))
CUBES = Array("float64", (M, Size("p"), N))
WIDE = Array("float64", (M, Size("w", 0, True)))
ALL = ("slice", False, False, False)
FROM = ("slice", True, False, False)
VALUES = {
    ROW: np.linspace(-1.0, 2.0, 4),
    COLUMN: np.linspace(1.0, 2.0, 3)[:, None],
    MATRIX: np.linspace(-2.0, 1.0, 12).reshape(3, 4),
    OTHER: np.linspace(0.0, 3.0, 20).reshape(4, 5),
    CUBE: np.linspace(-1.0, 2.0, 60).reshape(3, 4, 5),
    CUBES: np.linspace(1.0, -2.0, 24).reshape(3, 2, 4),
    WIDE: np.linspace(-1.0, 1.0, 12).reshape(3, 4),
}


def total(x, **params):
    return op("sum_")(x, **params)


def new(x, *layout):
    return op("getitem")(x, layout=layout)


def simplified(build, *types):
    """The operations left, where the numbers agree."""
    before = graph(build, *types)
    after = dce(simplify(before, reassociate=True))
    verify(after)
    arguments = [VALUES[t] for t in types]
    for a, b in zip(run(before, *arguments), run(after, *arguments), strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-13)
    return ops(after)


@pytest.mark.parametrize(
    "build, types, left",
    [
        (lambda x, y: total(x * y), (ROW, ROW), ["matmul"]),
        (lambda a, x: total(a * x, axis=1), (MATRIX, ROW), ["matmul"]),
        (lambda a, x: total(x * a, axis=-1), (MATRIX, ROW), ["matmul"]),
        (lambda a, x: total(a * x, axis=0), (MATRIX, COLUMN), ["getitem", "matmul"]),
        (
            lambda a, x: total(a * x, axis=1, keepdims=True),
            (MATRIX, ROW),
            ["matmul", "expand_dims"],
        ),
        (
            lambda a, b: total(new(a, ALL, ALL, "new") * b, axis=1),
            (MATRIX, OTHER),
            ["matmul"],
        ),
        (
            lambda a, b: total(op("expand_dims")(a, axis=2) * b, axis=1),
            (MATRIX, CUBE),
            ["einsum"],
        ),
        (lambda a, b: total(a * b, axis=1), (MATRIX, MATRIX), ["einsum"]),
        (lambda a: total(2.0 * a, axis=0), (MATRIX,), ["sum_", "multiply"]),
        (lambda a: total(-a), (MATRIX,), ["sum_", "negative"]),
        (
            lambda x, y: total(x * y, axis=1, keepdims=True),
            (COLUMN, ROW),
            ["sum_", "multiply"],
        ),
        (lambda a, b: total(a @ b, axis=0), (MATRIX, OTHER), ["sum_", "matmul"]),
        (lambda a, b: total(a @ b, axis=1), (MATRIX, OTHER), ["sum_", "matmul"]),
        (
            lambda a, b: total(a @ b, axis=-1, keepdims=True),
            (MATRIX, OTHER),
            ["sum_", "matmul"],
        ),
        (
            lambda a, b: total(a @ b, axis=1),
            (CUBES, CUBE),
            ["sum_", "matmul", "squeeze"],
        ),
        (
            lambda a, b: total(a @ b, axis=-1),
            (CUBES, CUBE),
            ["sum_", "matmul", "squeeze"],
        ),
        (lambda a, b: total(a @ b, axis=0), (CUBES, CUBE), ["matmul", "sum_"]),
        (lambda a, x: total(a @ x, axis=0), (MATRIX, ROW), ["matmul", "sum_"]),
        # Two lengths that may be 1 may broadcast.
        (lambda a, b: total(a * b, axis=1), (MATRIX, WIDE), ["multiply", "sum_"]),
    ],
)
def test_sum_of_product(build, types, left):
    assert simplified(build, *types) == left


def test_a_product_that_others_read_stays():
    def build(a, x):
        product = a * x
        return total(product, axis=1), product, product + 1.0

    assert "matmul" not in simplified(build, MATRIX, ROW)


def test_the_users_own_sums_stay():
    before = graph(lambda a, x: total(a * x, axis=1), MATRIX, ROW)
    assert ops(dce(simplify(before))) == ["multiply", "sum_"]
    (kept,) = before.body.results
    after = dce(simplify(before, reassociate=True, primal={kept}))
    assert ops(after) == ["multiply", "sum_"]


@pytest.mark.parametrize(
    "build, types, left",
    [
        (
            lambda x, g: op("update")(
                op("zeros_like")(x), total(g, axis=0, keepdims=True), layout=("new",)
            ),
            (ROW, MATRIX),
            ["sum_"],
        ),
        (
            lambda x, g: op("add_at")(
                x * 2.0, total(g, axis=0, keepdims=True), layout=("new", ALL)
            ),
            (ROW, MATRIX),
            ["multiply", "sum_", "add"],
        ),
        (
            lambda x, g: (
                op("add_at")(op("zeros_like")(x), 3.0, 1, layout=("at",)) + 2.0 * g
            ),
            (ROW, ROW),
            ["multiply", "add_at"],
        ),
        (
            lambda x, g: op("update")(
                x,
                op("broadcast_like")(2.0, op("getitem")(g, 1, layout=(FROM,))),
                1,
                layout=(FROM,),
            ),
            (ROW, ROW),
            ["update"],
        ),
        (lambda a, x: op("broadcast_like")(a * x, a), (MATRIX, ROW), ["multiply"]),
        (
            lambda a, x: op("masked")(a > 0.0, op("broadcast_like")(x, a)),
            (MATRIX, ROW),
            ["greater", "masked"],
        ),
    ],
)
def test_shapes_that_are_there_already(build, types, left):
    assert simplified(build, *types) == left


def test_what_may_broadcast_is_broadcast():
    def build(a, b):
        return op("broadcast_like")(b, a + b)

    assert simplified(build, MATRIX, WIDE) == ["add", "broadcast_like"]


def test_what_is_only_measured_is_not_computed():
    def build(a, x):
        return op("count")(a * a), op("count")(a * x, axis=0)

    assert simplified(build, MATRIX, ROW) == ["count", "count"]


def test_what_is_only_scaled_is_scaled_once():
    def build(x):
        scaled = 2.0 * x
        return 3.0 * scaled, op("negative")(scaled)

    assert simplified(build, ROW) == ["multiply", "multiply"]


def test_what_is_read_as_it_is_and_scaled_is_shared():
    def build(x, y):
        scaled = 2.0 * x
        return 3.0 * scaled, scaled + y

    assert simplified(build, ROW, ROW) == ["multiply", "multiply", "add"]
