"""What joins arrays has in common: how a call is read, printed and pushed forward.

The entries of a tuple or list of known length are inputs of their own; a list of
unknown length is one input (`whole`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, as_value
from srcad.ir.types import (
    Maybe,
    Tuple,
    Type,
    dtype_of,
)
from srcad.ops.containers import container_zeros, item
from srcad.ops.declare import Arguments, Op, as_array, static
from srcad.ops.domain import Sample, spaced
from srcad.ops.shapes import ravel
from srcad.ops.sizes import bound

ALL = ("slice", False, False, False)


def binding(name: str) -> Any:
    """How the arguments of `np.<name>` become inputs and params."""

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        names = ("xs", "axis") if name in ("concatenate", "stack") else ("xs",)
        given = bound(names, args, kwargs, name)
        params: dict[str, Any] = {}
        axis = static(given.get("axis", 0), f"{name}(axis=...)")
        entries = given["xs"]
        if axis:
            params["axis"] = axis
        t = entries.type if isinstance(entries, Value) else None
        t = t.inner if isinstance(t, Maybe) else t
        if isinstance(t, Tuple):
            entries = [item(entries, key=k) for k in range(len(t.items))]
        if isinstance(entries, (list, tuple)):
            if axis is None:
                entries = [ravel(as_value(as_array(x))) for x in entries]
            return list(entries), params
        if axis is None:
            raise MissingRule(
                f"{name}(axis=None) of a list of unknown length has no derivative rule"
            )
        return [entries], {**params, "whole": True}

    return bind


def printing(name: str, brackets: str = "[]") -> Any:
    """The text of `np.<name>`, its entries in such brackets.

    Numba joins no lists (`[]`), only tuples (`()`): there is none for a whole list.
    """

    def code(node: Node) -> str | None:
        if node.params.get("whole"):
            return None if brackets == "()" else f"np.{name}(xs0, axis=axis)"
        return f"np.{name}({listed(len(node.inputs), brackets)}, axis=axis)"

    return code


def listed(count: int, brackets: str = "[]") -> str:
    """So many inputs as the text of a list, or of a tuple."""
    inner = ", ".join(f"xs{k}" for k in range(count))
    comma = "," if count == 1 and brackets == "()" else ""
    return f"{brackets[0]}{inner}{comma}{brackets[1]}"


def joined_dtype(types: Sequence[Type]) -> str | None:
    """The dtype of arrays of these types put together; None where not known."""
    dtypes = [dtype_of(t) for t in types]
    if not dtypes or None in dtypes:
        return None
    return str(np.result_type(*(d for d in dtypes if d)))


def joined_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    """The tangents joined as their values are."""
    op = node.op
    assert isinstance(op, Op)
    if all(t is None for t in ts):
        return [None]
    pairs = zip(node.inputs, ts, strict=True)
    # np.zeros_like rather than 0.0: the entries must keep their shapes.
    return [
        op(*[container_zeros(x) if t is None else t for x, t in pairs], **node.params)
    ]


def join_samples(name: str, *cases: Any) -> Any:
    """Cases of (shapes, axis)."""

    def sample(shapes: Sequence[tuple[int, ...]], axis: int) -> Sample:
        params = {"axis": axis} if axis else {}
        function = getattr(np, name)
        return Sample(
            tuple(spaced(-k - 1, k + 1, s) for k, s in enumerate(shapes)),
            params,
            expected=lambda *xs: function(list(xs), **params),
        )

    return lambda: [sample(*case) for case in cases]
