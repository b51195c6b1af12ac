"""The answers of the benchmarks' programs by srcad, and by hand in Numba."""

import functools
import types
from typing import Any

import numpy as np

import srcad
from benchmarks.peers import Call, flat
from benchmarks.programs import kind_of
from srcad.backend import compiled


def by_numpy(program: Any, args: tuple[Any, ...]) -> Call:
    """Plain NumPy, differentiated into plain NumPy."""
    if kind_of(program) == "gradient":
        both = srcad.value_and_grad(program.plain, program.WRT, backend="python")
        return lambda: flat(*both(*args))
    if kind_of(program) == "rows":
        return lambda: pulled_rows(program.plain, args)
    return diagonal(program.plain, args, "python")


def by_numba(program: Any, args: tuple[Any, ...]) -> Call:
    """Plain loops, differentiated into compiled loops."""
    return by_loops(program, args, "numba")


def by_loops(program: Any, args: tuple[Any, ...], backend: str) -> Call:
    if kind_of(program) == "gradient":
        both = srcad.value_and_grad(program.loops, program.WRT, backend=backend)
        return lambda: flat(*both(*args))
    if kind_of(program) == "rows":
        matrix = jacobian_of(program.loops, program.WRT, backend)
        return lambda: rows_of(matrix(*args))
    return diagonal(program.loops, args, backend)


@functools.cache
def jacobian_of(f: Any, wrt: tuple[int, ...], backend: str) -> Any:
    return srcad.jacobian(f, wrt, backend=backend)


def rows_of(found: tuple[Any, ...]) -> list[Any]:
    """Of a Jacobian by several arguments the first row by each, then the second."""
    return [rows[k] for k in range(len(found[0])) for rows in found]


def pulled_rows(f: Any, args: tuple[Any, ...]) -> list[Any]:
    out, pull = srcad.vjp(f, *args)
    found = [out]
    for k in range(2):
        seed = np.zeros_like(out)
        seed[k] = 1.0
        found += pull(seed)[:3]
    return found


def diagonal(f: Any, args: tuple[Any, ...], backend: str) -> Call:
    both = slope_and_diagonal(f, backend)

    def call() -> list[Any]:
        diagonal, gradient = both(*args)
        return [gradient, diagonal]

    return call


@functools.cache
def slope_and_diagonal(f: Any, backend: str) -> Any:
    """Hessian times ones, and the gradient, in one function."""

    def slope(centroids, points):
        gradient = srcad.grad(f)(centroids, points)
        return np.sum(gradient), gradient

    return srcad.grad(slope, has_aux=True, backend=backend)


def by_hand(program: Any, args: tuple[Any, ...]) -> Call:
    f = jitted(program, "by_hand")
    if kind_of(program) == "gradient":
        return lambda: flat(*f(*args))
    return lambda: list(f(*args))


@functools.cache
def jitted(program: Any, name: str) -> Any:
    """A function of the program's under njit, with those that it calls."""
    scope = dict(vars(program))
    njit = compiled.numba().njit
    for other in (*called(program, vars(program)[name]), name):
        code = vars(program)[other].__code__
        scope[other] = njit(types.FunctionType(code, scope, other))
    return scope[name]


def called(program: Any, f: types.FunctionType) -> list[str]:
    """The functions of the program's own that f calls, directly or not."""
    found: list[str] = []
    todo = [f]
    while todo:
        for name in todo.pop().__code__.co_names:
            other = vars(program).get(name)
            own = isinstance(other, types.FunctionType)
            if own and other.__module__ == program.__name__ and name not in found:
                found.append(name)
                todo.append(other)
    return found


def primal_of(program: Any, name: str, backend: str) -> Any:
    """A function of the program's, compiled if the backend is Numba."""
    return jitted(program, name) if backend == "numba" else getattr(program, name)
