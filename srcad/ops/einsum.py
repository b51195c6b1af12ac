"""Sums of products with named axes: einsum.

The cotangent of an operand is an einsum of the cotangent of the result with the other
operands. An axis that the operand repeats (a diagonal) takes an identity matrix; one
that only it has (a plain sum) takes ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.sizes import Dim
from srcad.ir.types import (
    UNKNOWN,
    Type,
    broadcast_dims,
    checked_dims,
    dims_of,
    dtype_of,
    is_inexact,
    number_type,
)
from srcad.ops.declare import Contribution, Op, custom, static
from srcad.ops.domain import Sample, spaced
from srcad.ops.fit import known, matched
from srcad.ops.grids import eye
from srcad.ops.likes import ones_as
from srcad.ops.shapes import dim
from srcad.ops.sizes import bound

DOTS = "."  # stands for "..." inside this module


def parsed(subscripts: str) -> tuple[list[str], str]:
    """The subscripts of the operands and of the result, which may be implicit."""
    text = subscripts.replace(" ", "").replace("...", DOTS)
    left, arrow, right = text.partition("->")
    if not arrow:
        letters = sorted(c for c in set(left) if c.isalpha() and left.count(c) == 1)
        right = (DOTS if DOTS in left else "") + "".join(letters)
    return left.split(","), right


def written(operands: Sequence[str], result: str) -> str:
    """The subscripts as NumPy reads them."""
    return f"{','.join(operands)}->{result}".replace(DOTS, "...")


def _bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], Any]:
    subscripts = static(args[0], "einsum(subscripts)")
    if not isinstance(subscripts, str):
        raise MissingRule(
            "einsum without a string of subscripts has no derivative rule",
            hint="write einsum('ij,jk->ik', x, y)",
        )
    given = bound(("optimize",), (), kwargs, "einsum")
    optimize = static(given.get("optimize", False), "einsum(optimize=...)")
    params = {"subscripts": subscripts}
    return list(args[1:]), {**params, "optimize": optimize} if optimize else params


def _type(*xs: Type, subscripts: str = "", optimize: Any = False) -> Type:
    operands, result = parsed(subscripts)
    lengths: dict[str, tuple[Dim, ...]] = {}
    dots: list[tuple[Dim, ...]] = [()]
    dtypes = []
    for x, text in zip(xs, operands, strict=True):
        dims, dtype = dims_of(x), dtype_of(x)
        extra = 0 if dims is None else len(dims) - len(text.replace(DOTS, ""))
        if dims is None or dtype is None or (extra and DOTS not in text) or extra < 0:
            return UNKNOWN
        dtypes.append(dtype)
        before, _, after = text.partition(DOTS)
        k = len(before)
        dots.append(dims[k : k + extra])
        for c, d in zip(before + after, dims[:k] + dims[k + extra :], strict=True):
            lengths[c] = checked_dims(lengths.get(c, (1,)), (d,))
    found: list[Dim] = []
    for c in result:
        found += broadcast_dims(*dots) if c == DOTS else lengths[c]
    return number_type(str(np.result_type(*dtypes)), tuple(found))


def _code(node: Node) -> str:
    xs = "".join(f", xs{k}" for k in range(len(node.inputs)))
    return f"np.einsum(subscripts{xs}, optimize=optimize)"


def _jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    total: Value | None = None
    for k, t in enumerate(ts):
        if t is None:
            continue
        term = einsum(*node.inputs[:k], t, *node.inputs[k + 1 :], **node.params)
        total = term if total is None else total + term
    return [total]


def _vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g, (operands, result) = known(cts[0]), parsed(node.params["subscripts"])
    return [
        cotangent(g, operands, result, k, node.inputs) if is_inexact(x.type) else None
        for k, x in enumerate(node.inputs)
    ]


def cotangent(
    g: Value, operands: Sequence[str], result: str, k: int, xs: Sequence[Value]
) -> Value:
    """The cotangent of operand k."""
    x, text = xs[k], operands[k]
    others = [*operands[:k], *operands[k + 1 :]]
    values = [*xs[:k], *xs[k + 1 :]]
    target, diagonals, matrices = _without_repeats(x, text, "".join(operands))
    operands, factors = [*others, *diagonals], [*values, *matrices]
    if result:
        operands, factors = [result, *operands], [g, *factors]
    everything = "".join(operands)
    if any(c not in everything for c in target):
        operands, factors = [*operands, target], [*factors, ones_as(x)]
    if DOTS in everything and DOTS not in target:
        target = DOTS + target
    if not operands:
        return matched(g, x)
    if operands == [target]:
        found = factors[0]
    else:
        found = einsum(*factors, subscripts=written(operands, target))
    return matched(found if result else g * found, x)


def _without_repeats(
    x: Value, text: str, taken: str
) -> tuple[str, list[str], list[Value]]:
    """The subscript with every letter once, and an identity for each one replaced."""
    free = (c for c in ascii_letters if c not in taken)
    target, diagonals, matrices = "", [], []
    for k, c in enumerate(text):
        if c.isalpha() and c in target:
            new = next(free)
            place = k if DOTS not in text[:k] else k - len(text)
            dtype = np.dtype(dtype_of(x.type) or "float64")
            params = {} if dtype == np.float64 else {"dtype": dtype}
            diagonals.append(c + new)
            matrices.append(eye(dim(x, k=place), **params))
            c = new
        target += c
    return target, diagonals, matrices


def _sample(subscripts: str, *shapes: tuple[int, ...]) -> Sample:
    xs = tuple(spaced(-k - 1, k + 2, s) for k, s in enumerate(shapes))
    expected = lambda *xs: np.einsum(subscripts, *xs)  # noqa: E731
    return Sample(xs, {"subscripts": subscripts}, expected=expected)


einsum: Op = custom(
    "einsum",
    calls=(np.einsum,),
    signature="*xs, subscripts='', optimize=False",
    bind=_bind,
    infer=_type,
    code=_code,
    jvp=_jvp,
    vjp=_vjp,
    domain=lambda: [
        _sample("ij,jk->ik", (2, 3), (3, 2)),
        _sample("ij, jk", (2, 3), (3, 2)),
        _sample("ij,ij->", (2, 3), (2, 3)),
        _sample("ij->ji", (2, 3)),
        _sample("ij->j", (2, 3)),
        _sample("ijk->j", (2, 3, 2)),
        _sample("ii->i", (3, 3)),
        _sample("ii", (3, 3)),
        _sample("->", ()),
        _sample("iij,j->i", (2, 2, 3), (3,)),
        _sample("i,j,ij->", (2,), (3,), (2, 3)),
        _sample("i,i->i", (3,), (1,)),
        _sample("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
        _sample("...i->...", (2, 3)),
        _sample("b...,b->...", (2, 3, 2), (2,)),
        _sample("...ii->...", (2, 3, 3)),
        _sample("...i,ij", (2, 3), (3, 2)),
    ],
)
