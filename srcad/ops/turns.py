"""Arrays turned, joined in blocks and broadcast together, by simpler operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Value
from srcad.ir.types import dims_of, kind_of
from srcad.ops.axes import swapaxes
from srcad.ops.bodies import entries, flat, names, rank_for
from srcad.ops.creation import nesting
from srcad.ops.declare import Arguments, Op, as_array, static
from srcad.ops.derived import derived, macro
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import broadcast_like
from srcad.ops.joins import concatenate, vstack
from srcad.ops.ranks import expand_dims
from srcad.ops.rearrange import flip
from srcad.ops.shapes import atleast_3d
from srcad.ops.sizes import bound
from srcad.ops.triangles import diag

# ---- quarter turns -------------------------------------------------------------------


def _turned(x: Value, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Value:
    a, b = axes
    if k % 4 == 0:
        return x
    if k % 4 == 2:
        return flip(x, axis=(a, b))
    if k % 4 == 1:
        return swapaxes(flip(x, axis=b), a=a, b=b)
    return flip(swapaxes(x, a=a, b=b), axis=b)


def _turn_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("m", "k", "axes"), args, kwargs, "rot90")
    axes = tuple(static(given.get("axes", (0, 1)), "rot90(axes=...)"))
    params = {"k": static(given.get("k", 1), "rot90(k=...)"), "axes": axes}
    usual = {"k": 1, "axes": (0, 1)}
    return [given["m"]], {k: v for k, v in params.items() if v != usual[k]}


rot90: Op = derived(
    "rot90",
    calls=(np.rot90,),
    signature="x, k=1, axes=(0, 1)",
    bind=_turn_bind,
    body=_turned,
    memory="view",
    domain=lambda: [
        *(at(spaced(-1, 1, (2, 3)), k=k) for k in (0, 2, 3, -1)),
        at(spaced(-1, 1, (2, 3))),
        at(spaced(-1, 1, (2, 3, 2)), axes=(2, 1)),
    ],
)

diagflat: Op = derived(
    "diagflat",
    calls=(np.diagflat,),
    signature="x, k=0",
    body=lambda x, k=0: diag(flat(x), k=k),
    domain=lambda: [at(spaced(-1, 1, (2, 2))), at(spaced(-1, 1, (2,)), k=1)],
)

# ---- joined in depth and in blocks ---------------------------------------------------


def _list_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        xs = entries(bound(("tup",), args, kwargs, name)["tup"])
        if xs is None:
            raise MissingRule(f"{name}: the number of arrays must be known")
        return [as_array(x) for x in xs], {}

    return bind


dstack: Op = derived(
    "dstack",
    calls=(np.dstack,),
    signature="*xs",
    bind=_list_bind("dstack"),
    code=lambda node: f"np.dstack([{names('xs', len(node.inputs))}])",
    body=lambda *xs: concatenate(*map(atleast_3d, xs), axis=2),
    facts={"ranked": True},
    domain=lambda: [
        Sample(
            (spaced(-1, 1, shape), spaced(1, 2, shape)),
            expected=lambda *xs: np.dstack(xs),
        )
        for shape in ((3,), (2, 3), (2, 3, 1))
    ],
)
row_stack: Op = macro(
    "row_stack",
    calls=(np.row_stack,) if "row_stack" in vars(np) else (),
    signature="*xs",
    bind=_list_bind("row_stack"),
    body=lambda *xs: vstack(*xs),
    domain=lambda: [
        Sample(
            (spaced(-1, 1, (3,)), spaced(1, 2, (3,))),
            expected=lambda *xs: np.vstack(xs),
        )
    ],
)


def _block(*xs: Value, layout: Any = "x") -> Value:
    ranks, depth = rank_for("block", *xs), _depth(layout)
    rank = max(depth, *ranks)
    leaves = iter(
        expand_dims(x, axis=tuple(range(rank - r))) if r < rank else x
        for x, r in zip(xs, ranks, strict=True)
    )

    def joined(part: Any, axis: int) -> Value:
        if part == "x":
            return next(leaves)
        parts = [joined(p, axis + 1) for p in part]
        return concatenate(*parts, **({"axis": axis} if axis else {}))

    return joined(layout, rank - depth)


def _depth(layout: Any) -> int:
    return 0 if layout == "x" else 1 + max(map(_depth, layout))


def _block_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    leaves, layout = nesting(bound(("arrays",), args, kwargs, "block")["arrays"])
    return leaves, {"layout": layout}


block: Op = macro(
    "block",
    calls=(np.block,),
    signature="*xs, layout='x'",
    bind=_block_bind,
    body=_block,
    facts={"ranked": True},
    domain=lambda: [
        Sample(
            (spaced(-1, 1, (2, 2)), spaced(1, 2, (2, 1)), spaced(2, 3, (1, 3))),
            {"layout": (("x", "x"), ("x",))},
            expected=lambda a, b, c: np.block([[a, b], [c]]),
        ),
        Sample(
            (spaced(-1, 1, (2,)), spaced(1, 2, ())),
            {"layout": ("x", "x")},
            expected=lambda a, b: np.block([a, b]),
        ),
    ],
)

# ---- broadcast together --------------------------------------------------------------


def _together(*xs: Value) -> tuple[Value, ...]:
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    return tuple(broadcast_like(x, total) for x in xs)


broadcast_arrays: Op = macro(
    "broadcast_arrays",
    calls=(np.broadcast_arrays,),
    signature="*xs, subok=False",
    body=lambda *xs, **_: _together(*xs),
    domain=lambda: [
        at(spaced(-1, 1, (3,)), spaced(1, 2, (2, 1))),
        at(spaced(-1, 1, (3,)), spaced(1, 2, (2, 3))),
    ],
)


def _real_if_close(x: Value, tol: Any = 100) -> Value:
    if kind_of(x.type) in ("float", "int", "bool") and dims_of(x.type):
        return x
    raise MissingRule(
        "real_if_close of what may be complex gives one dtype or the other, "
        "and has no derivative rule",
        hint="take x.real",
    )


real_if_close: Op = macro(
    "real_if_close",
    calls=(np.real_if_close,),
    signature="x, tol=100",
    body=_real_if_close,
    facts={"ranked": True},
    domain=lambda: [at(spaced(-1, 1, (3,)))],
)
