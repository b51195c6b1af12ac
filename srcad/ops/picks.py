"""Entries chosen by conditions: nonzero, compress, extract, choose, select."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import UNKNOWN, Array, Tuple, Type, dims_of
from srcad.ops.arithmetic import equal, remainder
from srcad.ops.bodies import entries, in_line, names
from srcad.ops.choice import clip, where
from srcad.ops.declare import Arguments, Op, as_array, static, variant, zero
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.rearrange import take
from srcad.ops.sizes import bound, own_length

MASK = np.array([True, False, True])

# ---- places --------------------------------------------------------------------------


def _nonzero_type(x: Type) -> Type:
    dims = dims_of(x)
    if not dims:
        return UNKNOWN
    return Tuple((Array("int64", (own_length(),)),) * len(dims))


nonzero: Op = zero(
    "nonzero",
    calls=(np.nonzero,),
    methods=("nonzero",),
    signature="x",
    infer=_nonzero_type,
    domain=lambda: [at(spaced(-1, 1, (2, 3)) > 0), at(np.array([0.0, 1.5, 2.0]))],
)
variant(where, 1, nonzero)  # np.where(condition)
flatnonzero: Op = zero(
    "flatnonzero",
    calls=(np.flatnonzero,),
    signature="x",
    infer=lambda x: Array("int64", (own_length(),)),
    domain=lambda: [at(spaced(-1, 1, (2, 3)) > 0)],
)
argwhere: Op = zero(
    "argwhere",
    calls=(np.argwhere,),
    signature="x",
    infer=lambda x: (
        UNKNOWN
        if not (dims := dims_of(x))
        else Array("int64", (own_length(), len(dims)))
    ),
    domain=lambda: [at(spaced(-1, 1, (2, 3)) > 0)],
)

# ---- compress and extract ------------------------------------------------------------


def _compress(condition: Value, x: Value, axis: int | None = None) -> Value:
    x, axis = in_line(x, axis)
    return take(x, flatnonzero(condition), axis=axis)


compress: Op = derived(
    "compress",
    calls=(np.compress,),
    signature="condition, x, axis=None",
    body=_compress,
    code="np.compress(condition, x, axis=axis)",
    domain=lambda: [
        at(MASK, spaced(-1, 1, (2, 3))),
        at(MASK, spaced(-1, 1, (2, 3)), axis=1),
        at(MASK[:2], spaced(-1, 1, (2, 3)), axis=0),
    ],
)
# The method has the array first.
compress_method: Op = derived(
    "compress_method",
    methods=("compress",),
    signature="x, condition, axis=None",
    body=lambda x, condition, **params: _compress(condition, x, **params),
    code="x.compress(condition, axis=axis)",
    domain=lambda: [at(spaced(-1, 1, (2, 3)), MASK, axis=1)],
)
extract: Op = derived(
    "extract",
    calls=(np.extract,),
    signature="condition, x",
    body=lambda condition, x: _compress(condition, x),
    domain=lambda: [at(spaced(-1, 1, (2, 3)) > 0, spaced(-1, 1, (2, 3)))],
)

# ---- choose and select ---------------------------------------------------------------


def _chosen(a: Value, *choices: Value, mode: str = "raise") -> Value:
    n = len(choices)
    if mode == "wrap":
        a = remainder(a, n)
    elif mode == "clip":
        a = clip(a, 0, n - 1)
    found = choices[-1]
    for k in reversed(range(n - 1)):
        found = where(equal(a, k), choices[k], found)
    return found if n > 1 else where(equal(a, 0), found, found)


def _choose_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("a", "choices", "out", "mode"), args, kwargs, "choose")
    if static(given.get("out"), "choose(out=...)") is not None:
        raise MissingRule("choose(out=...) has no derivative rule")
    choices = entries(given["choices"])
    if choices is None:
        raise MissingRule(
            "choose: the number of choices must be known",
            hint="pass a list or tuple of arrays",
        )
    mode = static(given.get("mode", "raise"), "choose(mode=...)")
    inputs = [given["a"], *map(as_array, choices)]
    return inputs, {} if mode == "raise" else {"mode": mode}


def _choose_sample(mode: str, *places: int) -> Sample:
    x, y = spaced(-1, 1, (2, 3)), spaced(1, 2, (3,))
    params = {"mode": mode} if mode != "raise" else {}
    return Sample(
        (np.array(places), x, y),
        params,
        expected=lambda a, *xs: np.choose(a, xs, mode=mode),  # type: ignore[call-overload]
    )


choose: Op = derived(
    "choose",
    calls=(np.choose,),
    methods=("choose",),
    signature="a, *choices, mode='raise'",
    bind=_choose_bind,
    code=lambda node: (
        f"np.choose(a, [{names('choices', len(node.inputs) - 1)}], mode=mode)"
    ),
    body=_chosen,
    domain=lambda: [
        _choose_sample("raise", 0, 1, 1),
        _choose_sample("wrap", 2, -1, 5),
        _choose_sample("clip", 7, -3, 1),
    ],
)


def _selected(*xs: Value) -> Value:
    *pairs, default = xs
    n = len(pairs) // 2
    found = default
    for condition, choice in zip(reversed(pairs[:n]), reversed(pairs[n:]), strict=True):
        found = where(condition, choice, found)
    return found


def _select_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("condlist", "choicelist", "default"), args, kwargs, "select")
    lists = [entries(given[k]) for k in ("condlist", "choicelist")]
    if None in lists or len(set(map(len, lists))) != 1:  # type: ignore[arg-type]
        raise MissingRule(
            "select: there must be a known number of conditions, and as many choices"
        )
    flat_ = [as_array(v) for xs in lists for v in xs or ()]
    return [*flat_, given.get("default", literal(0))], {}


def _select_code(node: Node) -> str:
    n = len(node.inputs) // 2
    conditions, choices = names("xs", n), names("xs", 2 * n, n)
    return f"np.select([{conditions}], [{choices}], xs{2 * n})"


def _select_sample(default: Any) -> Sample:
    x, y = spaced(-1, 1, (2, 3)), spaced(1, 2, (2, 3))
    return Sample(
        (x > 0.3, x > -0.4, x, y, default),
        expected=lambda a, b, x, y, d: np.select([a, b], [x, y], d),
    )


select: Op = derived(
    "select",
    calls=(np.select,),
    signature="*xs",
    bind=_select_bind,
    code=_select_code,
    body=_selected,
    domain=lambda: [_select_sample(0.5), _select_sample(0.0)],
)
