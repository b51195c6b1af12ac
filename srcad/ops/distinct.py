"""The entries of an array without repeats: unique, union1d.

They are entries of the array, at places that are whole numbers: of equal entries, that
of the first one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Value
from srcad.ir.types import UNKNOWN, Array, Type
from srcad.ops.bodies import flat
from srcad.ops.declare import Arguments, Op, is_none, static, zero
from srcad.ops.derived import derived, macro
from srcad.ops.domain import at, value_at
from srcad.ops.joins import concatenate
from srcad.ops.rearrange import take
from srcad.ops.sizes import bound, own_length

X = np.array([0.5, -1.0, 2.0, 0.7])
TIES = np.array([0.5, -1.0, 0.5, 2.0])


def _places(name: str, flag: str, infer: Any) -> Op:
    return zero(
        name,
        signature="x, equal_nan=True",
        infer=infer,
        code=f"np.unique(x, {flag}=True, equal_nan=equal_nan)[1]",
        domain=lambda: [at(X), at(TIES)],
    )


def _line(x: Type, equal_nan: bool = True) -> Type:
    return Array("int64", (own_length(),))


first_places = _places("first_places", "return_index", _line)
# Its shape is that of x, or a line, as the version of NumPy has it.
places_among = _places("places_among", "return_inverse", lambda x, **_: UNKNOWN)
repeats = _places("repeats", "return_counts", _line)


def _bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("ar", "return_index", "return_inverse", "return_counts", "axis")
    given = bound(
        (*names, "equal_nan"), args, kwargs, "unique", ignored={"sorted": [True]}
    )
    if not is_none(given.get("axis")):
        raise MissingRule(
            "unique(axis=...) has no derivative rule",
            hint="find the rows outside, and index with them",
        )
    params = {
        k: static(given[k], f"unique({k}=...)")
        for k in ("equal_nan", *names[1:4])
        if k in given
    }
    usual = {"equal_nan": True}
    return [given["ar"]], {k: v for k, v in params.items() if v != usual.get(k, False)}


distinct: Op = derived(
    "distinct",
    signature="x, equal_nan=True",
    code="np.unique(x, equal_nan=equal_nan)",
    body=lambda x, **params: take(flat(x), first_places(x, **params)),
    domain=lambda: [at(X, expected=np.unique), value_at(TIES, expected=np.unique)],
)


def _unique(
    x: Value,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    **params: Any,
) -> Any:
    wanted = ((return_index, first_places), (return_inverse, places_among))
    asked = [op for flag, op in (*wanted, (return_counts, repeats)) if flag]
    found = distinct(x, **params)
    return (found, *(op(x, **params) for op in asked)) if asked else found


unique: Op = macro(
    "unique",
    calls=(np.unique,),
    signature="x, return_index=False, return_inverse=False, return_counts=False, "
    "equal_nan=True",
    bind=_bind,
    body=_unique,
)
union1d: Op = derived(
    "union1d",
    calls=(np.union1d,),
    signature="a, b",
    code="np.union1d(a, b)",
    body=lambda a, b: distinct(concatenate(flat(a), flat(b))),
    domain=lambda: [at(X, X[:2] + 0.1)],
)
