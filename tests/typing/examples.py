"""What type checkers infer; read by mypy and pyright, and run by nobody.

`assert_type` fails where another type is inferred, and an `ignore` where there is no
error to ignore: mypy runs with `--warn-unused-ignores`.
"""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import srcad
from srcad import (
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)

Vector = NDArray[np.float64]


def loss(w: Vector, x: Vector, rate: float = 0.1) -> float:
    return float(np.sum((w @ x) ** 2) * rate)


def with_aux(w: Vector, name: str) -> tuple[float, str]:
    return float(np.sum(w)), name


w = np.ones(3)

# ---- as calls: the parameters are those of the function ------------------------------

assert_type(grad(loss)(w, w), Any)
assert_type(grad(loss)(w, x=w, rate=0.5), Any)
assert_type(grad(loss, (0, 1))(w, w), tuple[Any, ...])
assert_type(grad(loss, argnums=[0, 1], backend="numba")(w, w), tuple[Any, ...])
assert_type(grad(loss, argnames="x")(w, w), Any)
assert_type(value_and_grad(loss)(w, w), tuple[float, Any])
assert_type(value_and_grad(loss, (0, 1))(w, w), tuple[float, tuple[Any, ...]])
assert_type(grad(grad(loss))(w, w, 0.2), Any)

grad(loss)(w)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
grad(loss)(w, w, speed=1.0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
grad(loss)("w", w)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
value_and_grad(loss)(w, w, "fast")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
grad(3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]

# ---- has_aux -------------------------------------------------------------------------

assert_type(grad(with_aux, has_aux=True)(w, "a"), tuple[Any, str])
assert_type(
    value_and_grad(with_aux, has_aux=True)(w, "a"), tuple[tuple[float, str], Any]
)
grad(loss, has_aux=True)(w)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

# ---- as decorators -------------------------------------------------------------------


@grad
def slope(x: float, power: int = 3) -> float:
    return x**power


@grad(argnums=(0, 1))
def both(x: float, y: float) -> float:
    return x * y


@value_and_grad
def cost(x: float) -> float:
    return x * x


@value_and_grad(backend="numba")
def fast(x: float, steps: int) -> float:
    return x * steps


assert_type(slope(2.0, power=2), Any)
assert_type(both(1.0, 2.0), Any)
assert_type(cost(2.0), tuple[float, Any])
assert_type(fast(2.0, 3), tuple[float, Any])
slope()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
both(1.0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
fast(2.0, "3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# ---- what can be read of them --------------------------------------------------------

text: str = slope.source
number: int = slope.memory(2.0).total
line = slope.source_map.user(1)
assert_type(line, srcad.Span | None)
assert_type(slope.source_map[0].text, str)
assert_type(slope.memory(2.0)[0].bytes, int)
assert_type(srcad.diff(slope, 2.0)[0].adjoint, tuple[str, ...])
assert_type(srcad.check_grads(cost.primal, (2.0,))[0].off, float)

# ---- the others ----------------------------------------------------------------------

assert_type(jvp(loss, (w, w), (w, w)), tuple[float, float])
value, pullback = vjp(loss, w, w)
assert_type(value, float)
assert_type(pullback(1.0), tuple[Any, ...])
first, pull, aux = vjp(with_aux, w, "a", has_aux=True)
assert_type(aux, str)
assert_type(jacobian(loss)(w, w), Any)
jacfwd(loss)(w, w, speed=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
hessian(loss)()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
assert_type(hvp(loss, (w, w), (w, w)), Any)
