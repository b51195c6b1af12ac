"""What the families of SciPy's special functions share (nothing here imports SciPy)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import FLOAT, Type
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
