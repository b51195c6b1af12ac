"""The programs of the public GradBench suite, each in the forms that are compared.

A module gives `SIZES`, `arguments(*size)`, `WRT`, and the same mathematics as

    plain       plain NumPy, as a user writes it
    loops       plain loops, as a user writes it for Numba
    by_hand     the answer by hand, for Numba
    functional  for the namespace of a peer: NumPy without writes; else `plain` serves
    jax_form    for jax, where loops ask for another form

KIND says what the answer is: "gradient" (value and gradients), "rows" (of the Jacobian
of two rows of errors) or "diagonal" (gradient and diagonal of the Hessian). SLOW names
peers that take minutes above a number of steps (the last entry of a size).

The mathematics is that of the suite's descriptions (github.com/gradbench/gradbench,
directory evals); the code is ours.
"""

import importlib
import types

NAMES = ("hello", "gmm", "ba", "lstm", "kmeans", "lse", "llsq", "ode", "logistic")


def load(name: str) -> types.ModuleType:
    return importlib.import_module(f"benchmarks.programs.{name}")


def kind_of(program: types.ModuleType) -> str:
    return getattr(program, "KIND", "gradient")


def in_namespace(program: types.ModuleType, namespace: object) -> types.FunctionType:
    """The program without writes, on a peer's namespace in NumPy's place."""
    if hasattr(program, "functional"):
        return program.functional(namespace)
    plain = program.plain
    return types.FunctionType(plain.__code__, {**vars(program), "np": namespace})
