"""Rules for the order of axes: what is turned twice, and products that are turned."""

from __future__ import annotations

from srcad.ir.graph import Node, Value
from srcad.ir.types import dims_of
from srcad.passes.rules import Inputs, Params, adjoint, exact, made_by, op, used_once


@exact("transpose", "transposed")
def twice_transposed(inputs: Inputs, params: Params) -> Value | None:
    """x.T.T is x."""
    node = made_by(inputs[0], "transpose", "transposed")
    if node is None or any(v is not None for v in params.values()):
        return None
    if any(v is not None for v in node.params.values()):
        return None
    return node.inputs[0]


@exact("swapaxes")
def twice_swapped(inputs: Inputs, params: Params) -> Value | None:
    """Two axes swapped, and swapped again."""
    node = made_by(inputs[0], "swapaxes")
    rank = len(dims_of(inputs[0].type) or ())
    if node is None or not rank:
        return None
    same = _axes(params, rank) == _axes(node.params, rank)
    return node.inputs[0] if same else None


def _axes(params: Params, rank: int) -> set[int]:
    return {params["a"] % rank, params["b"] % rank}


@adjoint("transpose", "swapaxes")
def turned_product(inputs: Inputs, params: Params) -> Value | None:
    """(x.T @ y).T is y.T @ x."""
    product = made_by(inputs[0], "matmul")
    if product is None or not used_once(product.out):
        return None
    if not turns("swapaxes" if "a" in params else "transpose", params, inputs[0]):
        return None
    x, y = product.inputs
    if turned(x) is None and turned(y) is None:
        return None
    if any(len(dims_of(v.type) or ()) < 2 for v in (x, y)):
        return None
    return op("matmul")(_turn(y), _turn(x))


def turns(name: str, params: Params, x: Value) -> bool:
    """Whether an operation makes columns of the rows of each matrix in x."""
    rank = len(dims_of(x.type) or ())
    if name == "transpose":
        return rank == 2 and params.get("axes") in (None, (1, 0))
    return rank >= 2 and _axes(params, rank) == {rank - 2, rank - 1}


def turned(x: Value) -> Value | None:
    """The matrices whose transposes x holds, where it was made so."""
    node: Node | None = made_by(x, "transpose", "swapaxes")
    if node is None or not turns(node.op.name, node.params, x):
        return None
    return node.inputs[0]


def _turn(x: Value) -> Value:
    found = turned(x)
    if found is not None:
        return found
    if len(dims_of(x.type) or ()) == 2:
        return op("transpose")(x)
    return op("swapaxes")(x, a=-1, b=-2)
