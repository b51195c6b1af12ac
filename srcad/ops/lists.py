"""Lists and ranges: reading, growing, cutting and joining them.

A `List` has entries of one joined type. All of these are linear in what they hold, so
each one's rule is made of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from srcad.ir.graph import Node, Value, is_literal, literal
from srcad.ir.joining import join, joined
from srcad.ir.sizes import Dim, combined, shifted
from srcad.ir.types import (
    INT,
    UNKNOWN,
    List,
    Range,
    Scalar,
    Tuple,
    Type,
    is_inexact,
    is_number,
    unwrapped,
)
from srcad.ops.declare import Arguments, Contribution, Op, custom, on_first, zero
from srcad.ops.fit import known, matched
from srcad.ops.tuples import (
    add_entry,
    build_jvp,
    container_zeros,
    into_entry,
    tangent_of,
    zero_entries,
)

# ---- ranges --------------------------------------------------------------------------


def _range_type(start: Type, stop: Type, step: Type, prange: bool = False) -> Type:
    a, b, c = (t.size if isinstance(t, Scalar) else None for t in (start, stop, step))
    if isinstance(a, int) and isinstance(b, int) and isinstance(c, int) and c:
        return Range(len(range(a, b, c)))
    if isinstance(a, int) and b is not None and c == 1:
        return Range(shifted(b, -a))
    return Range()


def _range_bind(args: Sequence[Any], kwargs: Any) -> Arguments:
    if len(args) == 1:
        args = [literal(0), *args]
    return [*args, *[literal(1)] * (3 - len(args))], dict(kwargs)


def _range_code(node: Node) -> str:
    start, _, step = node.inputs
    if not is_literal(step, 1):
        return "range(start, stop, step)"
    return "range(stop)" if is_literal(start, 0) else "range(start, stop)"


def _length(xs: Type) -> Dim | None:
    xs = unwrapped(xs)
    if isinstance(xs, (List, Range)):
        return xs.length
    return len(xs.items) if isinstance(xs, Tuple) else None


def _length_type(xs: Type) -> Type:
    return Scalar("int", "", _length(xs))


range_ = zero(
    "range_",
    calls=(range,),
    signature="start, stop, step, prange=False",
    bind=_range_bind,
    infer=_range_type,
    code=_range_code,
    cost="cheap",
)
range_len = zero(
    "range_len", signature="r", infer=_length_type, code="len(r)", cost="free"
)
range_prefix = zero(
    "range_prefix",
    signature="r, count",
    infer=lambda r, count: Range(_prefix_length(r, count)),
    code="r[:count]",
    cost="cheap",
)


# ---- lists ---------------------------------------------------------------------------


def entry_type(xs: Type) -> Type:
    """The joined type of a list's entries."""
    xs = unwrapped(xs)
    if isinstance(xs, List):
        return xs.item
    if isinstance(xs, Range):
        return INT
    return joined(xs.items) if isinstance(xs, Tuple) else UNKNOWN


def _prefix_length(xs: Type, count: Type) -> Dim | None:
    by = count.size if isinstance(count, Scalar) else None
    whole = _length(xs)
    if isinstance(by, int) and whole is not None:
        if by < 0:
            return shifted(whole, by)
        return min(whole, by) if isinstance(whole, int) else None
    return whole if by is not None and by == whole else None


def _suffix_length(xs: Type, start: Type) -> Dim | None:
    by, whole = start.size if isinstance(start, Scalar) else None, _length(xs)
    if isinstance(by, int) and by >= 0 and whole is not None:
        return shifted(whole, -by)
    return None


def _set_type(xs: Type, i: Type, v: Type) -> Type:
    return List(join(entry_type(xs), v), _length(xs))


def _concat_type(a: Type, b: Type) -> Type:
    lengths = (_length(a), _length(b))
    total = None if None in lengths else _sum_of_lengths(*lengths)
    return List(join(entry_type(a), entry_type(b)), total)


def _sum_of_lengths(a: Any, b: Any) -> Dim:
    return a + b if isinstance(a, int) and isinstance(b, int) else combined("+", a, b)


def _append_type(xs: Type, v: Type) -> Type:
    return _concat_type(xs, List(v, 1))


def _fit(g: Value, x: Value) -> Contribution:
    """An entry's cotangent, brought to the entry's own shape and dtype."""
    if not is_inexact(x.type):
        return None
    return matched(g, x) if is_number(x.type) else g


def _list(
    name: str, signature: str, infer: Any, code: Any, vjp: Any, **facts: Any
) -> Op:
    """A linear operation on lists; `vjp(g, *inputs)` gives the contributions."""

    def rule(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        found = list(vjp(known(cts[0]), *node.inputs))
        return [*found, *[None] * (len(node.inputs) - len(found))]

    facts = {"jvp": on_first, **facts}
    return custom(name, signature=signature, infer=infer, code=code, vjp=rule, **facts)


def _set_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    op, xs, v = node.op, node.inputs[0], node.inputs[-1]
    assert isinstance(op, Op)
    dxs, dv = ts[0], ts[-1]
    if dxs is None and dv is None:
        return [None]
    if dv is None and op is list_add_at:
        return [dxs]
    return [op(tangent_of(xs, dxs), *node.inputs[1:-1], tangent_of(v, dv))]


def _unappended(g: Value, v: Value) -> list[Contribution]:
    """The entry is read before the list is cut, which may happen in place."""
    entry = _fit(list_get(g, -1), v)
    return [list_popped(g), entry]


def _unset(g: Value, xs: Value, i: Value, v: Value) -> list[Contribution]:
    entry = _fit(list_get(g, i), v)
    return [list_set(g, i, container_zeros(list_get(xs, i))), None, entry]


def _padded_code(node: Node) -> str:
    entry = entry_type(node.inputs[1].type)
    rest = zero_entries(entry, "xs[len(short):]", "(len(xs) - len(short))")
    return f"[*short, *{rest}]"


list_len = zero(
    "list_len", signature="xs", infer=_length_type, code="len(xs)", cost="free"
)
list_zeros = container_zeros
list_add_at = add_entry

list_of: Op = _list(
    "list_of",
    "*items",
    lambda *items: List(joined(items), len(items)),
    lambda node: f"[{', '.join(f'items{k}' for k in range(len(node.inputs)))}]",
    lambda g, *items: [_fit(list_get(g, k), x) for k, x in enumerate(items)],
    jvp=build_jvp,
    memory="holds",
)
list_get: Op = _list(
    "list_get",
    "xs, i",
    lambda xs, i: entry_type(xs),
    "xs[i]",
    lambda g, xs, i: [into_entry(xs, i, g)],
    memory="view",
    cost="free",
)
list_set: Op = _list(
    "list_set",
    "xs, i, v",
    _set_type,
    "runtime.list_set(xs, i, v)",
    lambda g, xs, i, v: _unset(g, xs, i, v),
    jvp=_set_jvp,
    memory="same holds",
)
list_append: Op = _list(
    "list_append",
    "xs, v",
    _append_type,
    "[*xs, v]",
    lambda g, xs, v: _unappended(g, v),
    jvp=_set_jvp,
    memory="same holds",
)
list_prefix: Op = _list(
    "list_prefix",
    "xs, count",
    lambda xs, count: List(entry_type(xs), _prefix_length(xs, count)),
    "xs[:count]",
    lambda g, xs, count: [list_padded(g, xs)],
    memory="view",
)
# The list without its last entry: `xs.pop()` where it may be written to.
list_popped: Op = _list(
    "list_popped",
    "xs",
    lambda xs: List(entry_type(xs), _prefix_length(xs, Scalar("int", "", -1))),
    "xs[:-1]",
    lambda g, xs: [list_padded(g, xs)],
    memory="same holds",
)
list_suffix: Op = _list(
    "list_suffix",
    "xs, start",
    lambda xs, start: List(entry_type(xs), _suffix_length(xs, start)),
    "xs[start:]",
    lambda g, xs, start: [list_concat(list_zeros(list_prefix(xs, start)), g)],
    memory="view",
)
list_padded: Op = _list(
    "list_padded",
    "short, xs",
    lambda short, xs: List(join(entry_type(short), entry_type(xs)), _length(xs)),
    _padded_code,
    lambda g, short, xs: [list_prefix(g, list_len(short))],
    memory="view",
)
list_reversed: Op = _list(
    "list_reversed",
    "xs",
    lambda xs: xs if isinstance(xs, Range) else List(entry_type(xs), _length(xs)),
    "xs[::-1]",
    lambda g, xs: [list_reversed(g)],
    memory="view",
)
list_concat: Op = _list(
    "list_concat",
    "a, b",
    _concat_type,
    "[*a, *b]",
    lambda g, a, b: [list_prefix(g, list_len(a)), list_suffix(g, list_len(a))],
    jvp=build_jvp,
    memory="holds",
)
# `[v] * count` and `sum(xs)` are each other's transposes.
list_filled: Op = _list(
    "list_filled",
    "v, count",
    lambda v, count: List(v, _count_size(count)),
    "[v] * count",
    lambda g, v, count: [_fit(list_sum(g), v)],
    memory=lambda node: "holds" if isinstance(node.inputs[0].type, Scalar) else "view",
)
list_sum: Op = _list(
    "list_sum",
    "xs",
    lambda xs: entry_type(xs),
    "sum(xs)",
    lambda g, xs: [list_filled(g, list_len(xs))],
)


def _count_size(count: Type) -> Dim | None:
    size = count.size if isinstance(count, Scalar) else None
    return max(size, 0) if isinstance(size, int) else size
