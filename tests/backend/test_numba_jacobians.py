"""Jacobians and Hessians that Numba compiles: one function, the loop over rows in."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad
from srcad import grad, hessian, hvp, jacfwd, jacobian, jacrev, jvp, vjp

numba = pytest.importorskip("numba")
V = np.array([1.0, 2.0, 0.5])
A = np.arange(6.0).reshape(2, 3) + 0.5


def turned(x):
    return A @ np.sin(x) * x[0]


def two_numbers(x):
    return np.array([x[0] * x[1], np.exp(x[2]) / x[0]])


def outer(x, y):
    return np.outer(x, y * y)


def of_matrix(a):
    return a * a.sum(axis=1)[:, None]


def walked(x, s):
    """A loop that carries its value, and a branch in it."""
    out = np.zeros(len(x))
    total = s
    for i in range(len(x)):
        total = total * x[i] if x[i] > 0.7 else total + x[i] ** 2
        out[i] = total
    return out


def sums(x, w):
    """Two sums over rounds that are independent."""
    first = second = 0.0
    for i in range(len(w)):
        r = np.sin(x[i, 0] * w[i]) + x[i, 1]
        if r > 0.5:
            first += r * r
            second += r * w[i]
        else:
            first += x[i, 2]
            second -= r * x[i, 2] ** 2
    return np.array([first, second])


ROWS = np.random.default_rng(3).normal(size=(5, 3))
WEIGHTS = np.linspace(0.5, 1.5, 5)

CASES: dict[str, tuple[Any, Any, tuple[Any, ...]]] = {
    "vector": (turned, 0, (V,)),
    "few": (two_numbers, 0, (V,)),
    "number": (lambda x: x * x * x, 0, (2.0,)),
    "whole number": (lambda x: x * x * x, 0, (2,)),
    "number of vector": (lambda x: np.sum(x**3), 0, (V,)),
    "vector by number": (lambda s: s * s * V, 0, (2.0,)),
    "two arguments": (outer, (0, 1), (V, A[0])),
    "matrix": (of_matrix, 0, (A,)),
    "loop": (walked, (0, 1), (V, 0.3)),
    "sums": (sums, (0, 1), (ROWS, WEIGHTS)),
    "operation": (np.cumsum, 0, (V,)),
    "no rows": (np.sin, 0, (np.zeros(0),)),
    "no columns": (lambda x: np.ones(3) * np.sum(x), 0, (np.zeros(0),)),
    "single precision": (lambda x: x * x, 0, (V.astype(np.float32),)),
    "of a gradient": (grad(lambda x: np.sum(x**3) * x[0]), 0, (V,)),
    "of a jacobian": (jacobian(turned), 0, (V,)),
}


def differences(f: Any, args: tuple[Any, ...], k: int, h: float = 1e-6) -> Any:
    """The Jacobian by argument k from central differences, axes as in `jacobian`."""
    x = np.asarray(args[k], float)
    columns = []
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = h
        ends = [
            np.asarray(f(*args[:k], (x + s * step)[()], *args[k + 1 :]))
            for s in (1.0, -1.0)
        ]
        columns.append((ends[0] - ends[1]) / (2.0 * h))
    found = np.stack(columns, axis=-1)
    return found.reshape(*found.shape[:-1], *x.shape)


@pytest.mark.parametrize("transform", [jacrev, jacfwd])
@pytest.mark.parametrize("name", CASES)
def test_both_dialects_agree(transform: Any, name: str) -> None:
    f, wrt, args = CASES[name]
    wanted = transform(f, wrt, backend="python")(*args)
    compiled = transform(f, wrt, backend="numba")
    found = compiled(*args)
    pairs = [(found, wanted)] if isinstance(wrt, int) else list(zip(found, wanted))
    for a, b in pairs:
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        assert np.allclose(a, b, rtol=1e-6 if "single" in name else 1e-12, atol=0)
    assert compiled.transform() is compiled.whole
    assert compiled.whole.source == compiled.source


@pytest.mark.parametrize("transform", [jacrev, jacfwd])
@pytest.mark.parametrize("name", ["vector", "few", "two arguments", "loop", "sums"])
def test_against_differences(transform: Any, name: str) -> None:
    f, wrt, args = CASES[name]
    where = (wrt,) if isinstance(wrt, int) else wrt
    found = transform(f, where, backend="numba")(*args)
    for k, matrix in zip(where, found):
        assert np.allclose(matrix, differences(f, args, k), rtol=1e-6, atol=1e-6)


def test_second_order() -> None:
    wanted = np.diag(6.0 * V)
    cube = lambda x: np.sum(x**3)
    for found in (
        hessian(cube, backend="numba"),
        jacrev(grad(cube), backend="numba"),
        jacfwd(grad(cube, backend="numba")),
        jacobian(jacobian(cube, backend="numba")),
    ):
        assert found.backend == "numba"
        assert np.allclose(found(V), wanted, rtol=1e-12)
    curved = lambda x: np.sum(two_numbers(x) ** 2)
    found = hessian(curved, backend="numba")(V)
    assert np.allclose(found, differences(grad(curved), (V,), 0), rtol=1e-6, atol=1e-6)
    gradient = grad(lambda x: np.sum(jacobian(two_numbers)(x) ** 2), backend="numba")
    assert np.allclose(
        gradient(V),
        differences(lambda x: np.sum(jacobian(two_numbers)(x) ** 2), (V,), 0),
    )


def test_called_from_compiled_code() -> None:
    rows = jacobian(two_numbers, backend="numba").compiled_for(V)
    curvature = hessian(lambda x: np.sum(x**3), backend="numba").compiled_for(V)

    @numba.njit
    def newton(x):
        for _ in range(3):
            J = rows(x)
            x = x - 0.1 * J[0] + 0.0 * J[1] - 0.01 * np.diag(curvature(x))
        return x

    x = V
    for _ in range(3):
        x = x - 0.1 * jacobian(two_numbers)(x)[0] - 0.01 * 6.0 * x
    assert np.allclose(newton(V), x, rtol=1e-12)
    powers = jacobian(lambda s: np.array([s, s * s]), backend="numba")
    slopes = powers.compiled_for(V[1])
    assert np.allclose(numba.njit(lambda s: slopes(s))(3.0), [1.0, 6.0])


def test_the_backend_of_a_function_and_the_default() -> None:
    jitted = numba.njit(lambda x: x * x)
    assert jacobian(jitted).backend == "numba"
    assert jacobian(jitted)(V).tolist() == np.diag(2.0 * V).tolist()
    assert jacobian(jitted, backend="python").backend == "python"
    on_threads = numba.njit(parallel=True)(lambda x: x * x)
    assert jacobian(on_threads).whole.parallel is True
    plain = jacobian(lambda x: x * x)
    assert plain.backend is None and plain.transform() is not plain.whole
    before = srcad.options.OPTIONS.backend
    srcad.set_default_backend("numba")
    try:
        assert np.allclose(plain(V), np.diag(2.0 * V))
        assert plain.transform() is plain.whole
    finally:
        srcad.set_default_backend(before)
    again = pickle.loads(pickle.dumps(jacobian(turned, backend="numba")))
    assert again.backend == "numba" and np.allclose(again(V), jacobian(turned)(V))


def test_containers_are_assembled_from_compiled_calls() -> None:
    def f(p, v):
        return {"s": p["w"] @ v, "t": (p["b"] * v, v * v)}

    args = ({"w": A, "b": 2.0}, V)
    for transform in (jacrev, jacfwd):
        found = transform(f, (0, 1), backend="numba")
        assert close(found(*args), transform(f, (0, 1))(*args), 1e-12)
        assert found.transform().backend == "numba"
    complex_one = jacobian(lambda z: z * z, backend="numba")
    assert complex_one(1.0 + 2.0j) == pytest.approx(jacobian(lambda z: z * z)(1 + 2j))


def test_what_is_refused() -> None:
    def spelled(x):
        return x * len(f"{x[0]:.3f}")

    with pytest.raises(srcad.SrcadError, match="Numba does not compile") as refused:
        jacobian(spelled, backend="numba")(V)
    assert refused.value.span.text.strip() == 'return x * len(f"{x[0]:.3f}")'
    with pytest.warns(UserWarning, match="runs in the python backend"):
        found = jacobian(spelled, backend="auto")(V)
    assert np.allclose(found, 5.0 * np.eye(3))
    with pytest.raises(srcad.SignatureError, match="there is no backend 'cuda'"):
        jacobian(turned, backend="cuda")
    with pytest.raises(srcad.SignatureError, match="needs compiled code"):
        hessian(turned, backend="python", parallel=True)
    with pytest.raises(srcad.SignatureError, match="derivatives need floats"):
        jacobian(turned, backend="numba")(np.array([1, 2, 3]))
    with pytest.raises(srcad.SignatureError, match="not compiled"):
        jacobian(turned).compiled_for(V)


def test_products_on_a_backend() -> None:
    out, tangent = jvp(turned, (V,), (A[0],), backend="numba")
    J = jacobian(turned)(V)
    assert np.allclose(out, turned(V)) and np.allclose(tangent, J @ A[0])
    out, pull = vjp(turned, V, backend="numba")
    assert np.allclose(pull(np.array([1.0, -2.0]))[0], np.array([1.0, -2.0]) @ J)
    energy = lambda x: np.sum(x**3)
    assert np.allclose(hvp(energy, (V,), (A[0],), backend="numba"), 6.0 * V * A[0])


def test_named_inside_a_function() -> None:
    def inside(x):
        J = jacobian(two_numbers, backend="numba", parallel=False)(x)
        H = hessian(lambda v: np.sum(v**3), backend="numba")(x)
        _, pull = vjp(two_numbers, x, backend="numba")
        _, tangent = jvp(two_numbers, (x,), (x,), backend="numba")
        return np.sum(J * J) + np.sum(H) + np.sum(pull(tangent)[0])

    assert np.allclose(grad(inside)(V), differences(inside, (V,), 0), rtol=1e-5)


def test_rows_are_checked_as_the_result_is() -> None:
    """The source keeps the user's lines, and its map finds them."""
    found = jacobian(turned, backend="numba")
    found(V)
    assert "np.empty" in found.source and found.kinds == ("jacobian",)
    assert any("return A @ np.sin(x) * x[0]" in line.text for line in found.source_map)
    assert found.memory(V).total >= 0
    assert found.graph.name.startswith("jacobian_of_turned")


def test_few_rows_share_one_sweep() -> None:
    """The primal once, in the loop of both adjoints, and nothing kept."""
    text = jacobian(sums, (0, 1), backend="numba").source_for(ROWS, WEIGHTS)
    data = text[: text.index("rows = ")]
    assert data.count("for i in range(n)") == 1
    assert "append" not in text and "_bwd" not in text
    code = [line.split("#")[0] for line in text.splitlines()]
    assert sum("np.sin(" in line for line in code) == 1


def test_the_order_of_the_users_own_sums_stays() -> None:
    def inside(x):
        kept = []
        for v in x:
            kept.append(v * 1.0)
        total = 0.0
        for v in reversed(kept):
            total += v
        J = jacobian(two_numbers)(x[:3])
        return total + J[0, 2]

    x = np.array([1.0, 1e16, -1e16, 2.0])
    assert inside(x) == 3.0 and np.cumsum(x)[-1] == 2.0
    assert srcad.value_and_grad(inside, backend="numba")(x)[0] == 3.0


def only_above(a, c, n):
    s = 1.0
    for k in range(n):
        if c > 0:
            z = np.exp(a) * np.sqrt(c)
            s = s + z[k]
        else:
            s = s * 0.5
    return s


def test_arrays_of_one_way_through_a_branch_are_no_rows():
    """On the other way there is none, though the type of a tangent does not say it."""
    matrix = hessian(only_above, backend="numba")
    for c in (0.3, -0.3):
        expected = hessian(only_above)(np.arange(3.0), c, 3)
        assert np.allclose(matrix(np.arange(3.0), c, 3), expected)
