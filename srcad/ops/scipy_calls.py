"""Calls of `scipy.linalg` sorted: inputs, static params, what changes no value.

`check_finite` changes none; `overwrite_a=True` is refused: it would destroy what the
adjoint needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.builder import current
from srcad.ir.graph import Value
from srcad.ir.types import Tuple
from srcad.ops.containers import item, make_tuple
from srcad.ops.declare import Arguments, Bind, static
from srcad.ops.sizes import bound

FREE: Mapping[str, Sequence[Any]] = {
    "overwrite_a": [False],
    "overwrite_b": [False],
    "check_finite": [True, False],
    "lapack_driver": [None, "gesdd"],
    "lwork": [None],
    "driver": [None],
    "type": [1],
    "subset_by_index": [None],
    "subset_by_value": [None],
    "homogeneous_eigvals": [False],
}


def by_name(
    name: str, order: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of a call by their names, which SciPy's signature has in order."""
    return {**bound(order.split(), args, {}, name), **kwargs}


def free_bind(
    name: str,
    inputs: Sequence[str],
    params: Mapping[str, Any] | None = None,
    ignored: Mapping[str, Sequence[Any]] | None = None,
    order: str = "",
) -> Bind:
    """Sorts a call of SciPy: inputs, static params with their defaults, the rest.

    ignored : other keywords, with the values that they may have.
    order : all names as SciPy's signature has them, where others stand in between.
    """
    usual = params or {}

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        names = (*inputs, *usual)
        if order:
            args, kwargs = (), by_name(name, order, args, kwargs)
        free = {**FREE, **(ignored or {})}
        free = {k: v for k, v in free.items() if k not in names}
        given = bound(names, args, kwargs, name, ignored=free)
        missing = [k for k in inputs if k not in given]
        if missing:
            raise MissingRule(f"{name} needs an argument {missing[0]!r}")
        found = {k: static(given[k], f"{name}({k}=...)") for k in usual if k in given}
        found = {k: v for k, v in found.items() if v != usual[k]}
        return [given[k] for k in inputs], found

    return bind


def _entry(given: Any) -> Any:
    """What an entry of a tuple made by this program was made of."""
    definitions = current().definitions
    node = definitions.get(given) if isinstance(given, Value) else None
    if node is None or node.op is not item:
        return given
    made = definitions.get(node.inputs[0])
    if made is None or made.op is not make_tuple:
        return given
    return made.inputs[node.params["key"]]


def pair_of(given: Any, name: str) -> tuple[Any, Any]:
    """The two entries of an argument such as `(c, lower)`."""
    if isinstance(given, Value) and isinstance(given.type, Tuple):
        given = [item(given, key=k) for k in range(len(given.type.items))]
    if isinstance(given, (tuple, list)) and len(given) == 2:
        return _entry(given[0]), _entry(given[1])
    raise MissingRule(f"{name}: its first argument must be a pair made by this program")
