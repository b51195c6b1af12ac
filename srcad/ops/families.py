"""What the families of SciPy's special functions share (nothing here imports SciPy)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import (
    BOTTOM,
    FLOAT,
    UNKNOWN,
    Array,
    Scalar,
    Type,
    broadcast_dims,
    dims_of,
    number_type,
    unwrapped,
)
from srcad.ops.declare import Infer, Op
from srcad.ops.domain import Domain
from srcad.ops.kinds import elementwise
from srcad.ops.ufunc import floating, ufunc_type


def special_type(name: str) -> Infer:
    """Inference for a function of `scipy.special`: by its ufunc, once imported."""

    def infer(*types: Type, via: str = "scipy") -> Type:
        if via == "math":
            return FLOAT
        ufunc = getattr(sys.modules.get("scipy.special"), name, None)
        if isinstance(ufunc, np.ufunc):
            return ufunc_type(ufunc)(*types)
        return floating(*types)

    return infer


def asked_type(path: str, *types: Type, **params: Any) -> Type:
    """The type that a broadcasting function of SciPy gives, found out by calling it.

    For one written in Python, which promotes as its lines happen to.
    """
    types = tuple(unwrapped(t) for t in types)
    shapes = [s for s in map(dims_of, types) if s is not None]
    if len(shapes) < len(types):
        return BOTTOM if BOTTOM in types else UNKNOWN
    given = tuple(_like(t) for t in types)
    dtype = _asked(path, given, tuple(params.items()))
    return UNKNOWN if dtype is None else number_type(dtype, broadcast_dims(*shapes))


def _like(t: Type) -> tuple[str, int | None]:
    """A dtype or the kind of a Python number, and the rank of an array."""
    if isinstance(t, Array):
        return t.dtype, len(t.dims)
    assert isinstance(t, Scalar)
    return t.dtype or t.kind, None if t.dtype else -1


@cache
def _asked(path: str, given: tuple[Any, ...], params: tuple[Any, ...]) -> str | None:
    module, _, name = path.rpartition(".")
    function = getattr(sys.modules.get(module), name, None)
    if function is None:
        return None
    args = [
        _PYTHON[dtype](1)
        if rank == -1
        else np.dtype(dtype).type(1)
        if rank is None
        else np.ones((1,) * rank, dtype)
        for dtype, rank in given
    ]
    try:
        return str(np.asarray(function(*args, **dict(params))).dtype)
    except TypeError:  # it takes no such numbers
        return None


_PYTHON: dict[str, Any] = {"bool": bool, "int": int, "float": float, "complex": complex}


def special(
    name: str, *calls: object, partials: Any, domain: Domain, **facts: Any
) -> Op:
    """A broadcasting function of `scipy.special`, perhaps also of `math`.

    target : the name in SciPy, where that is another operation's name here.
    """
    names = facts.pop("signature", "x")
    target = facts.pop("target", name)
    return elementwise(
        name,
        calls=(f"scipy.special.{target}", *calls),
        signature=f"{names}, *, via='scipy'" if calls else names,
        infer=special_type(target),
        partials=partials,
        domain=domain,
        **facts,
    )


def neighbour(n: Value, by: float) -> Value:
    """The order n + by; a literal for a literal."""
    if isinstance(n, Literal):
        return literal(n.value + by)
    return n + by


def is_zero(n: Value) -> bool:
    """Whether an order is the literal 0."""
    return isinstance(n, Literal) and n.value == 0


Partials = Callable[..., Any]
