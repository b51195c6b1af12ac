"""Zeros of functions and nodes of quadratures of `scipy.special`: constants.

They depend on counts and orders. By the parameters of a weight function (`alpha`) the
nodes of a quadrature have no formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import Array, Type
from srcad.ops.declare import Arguments, Op, custom, static, zero
from srcad.ops.domain import value_at
from srcad.ops.refused import no_partial
from srcad.ops.sizes import bound, own_length

# ---- zeros ---------------------------------------------------------------------------


def _arrays(*dtypes: str) -> Any:
    """The types of arrays of one length, which is not known."""

    def infer(*_: Type) -> Any:
        size = own_length()
        found = tuple(Array(dtype, (size,)) for dtype in dtypes)
        return found if len(found) > 1 else found[0]

    return infer


def _zeros(name: str, signature: str, dtypes: Sequence[str], *given: int) -> None:
    zero(
        name,
        calls=(f"scipy.special.{name}",),
        signature=signature,
        infer=_arrays(*dtypes),
        outputs=len(dtypes),
        domain=lambda: [value_at(*given)],
    )


for _name in (
    *("ber_zeros", "bei_zeros", "ker_zeros", "kei_zeros"),
    *("berp_zeros", "beip_zeros", "kerp_zeros", "keip_zeros"),
):
    _zeros(_name, "nt", ["float64"], 3)
for _name in ("jn_zeros", "jnp_zeros", "yn_zeros", "ynp_zeros"):
    _zeros(_name, "n, nt", ["float64"], 1, 3)
for _name in ("erf_zeros", "fresnelc_zeros", "fresnels_zeros"):
    _zeros(_name, "nt", ["complex128"], 3)
for _name in ("ai_zeros", "bi_zeros"):
    _zeros(_name, "nt", ["float64"] * 4, 3)
for _name in ("fresnel_zeros", "y0_zeros", "y1_zeros", "y1p_zeros"):
    _zeros(_name, "nt", ["complex128"] * 2, 3)
_zeros("jnjnp_zeros", "nt", ["float64", "int32", "int32", "int32"], 3)
_zeros("jnyn_zeros", "n, nt", ["float64"] * 4, 1, 3)
_zeros("kelvin_zeros", "nt", ["float64"] * 8, 3)

# ---- nodes and weights ---------------------------------------------------------------


def _refusing(name: str, names: Sequence[str]) -> Mapping[str, Any]:
    def jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
        for argument, t in zip(names, ts, strict=True):
            if t is not None:
                no_partial(name, argument)(t)
        return [None, None]

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Any]:
        return [None, *(no_partial(name, argument) for argument in names[1:])]

    return {"jvp": jvp, "vjp": vjp}


def _roots(name: str, *parameters: str, values: tuple[float, ...] = ()) -> Op:
    names = ("n", *parameters)

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound((*names, "mu"), args, kwargs, name)
        if static(given.get("mu", False), f"{name}(mu=...)"):
            raise MissingRule(f"{name}(mu=True) has no derivative rule")
        return [given[k] for k in names], {}

    facts = {
        "calls": (f"scipy.special.{name}",),
        "signature": ", ".join(names),
        "bind": bind,
        "infer": _arrays("float64", "float64"),
        "outputs": 2,
        "domain": lambda: [value_at(3, *values)],
    }
    if not parameters:
        return zero(name, **facts)
    return custom(name, **facts, **_refusing(name, names))


for _name in (
    *("legendre", "laguerre", "hermite", "hermitenorm", "chebyt", "chebyu", "chebyc"),
    *("chebys", "sh_legendre", "sh_chebyt", "sh_chebyu"),
):
    _roots(f"roots_{_name}")
_roots("roots_jacobi", "alpha", "beta", values=(0.5, 1.5))
_roots("roots_sh_jacobi", "p1", "q1", values=(2.5, 1.5))
_roots("roots_gegenbauer", "alpha", values=(0.7,))
_roots("roots_genlaguerre", "alpha", values=(0.7,))
