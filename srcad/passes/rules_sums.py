"""Rules for sums over axes in adjoint code: a sum of a product is a matrix product.

What does not change along the axes of a sum stands before it; what is left, a product
of two arrays, is summed by `@` or `einsum`, without an array for the product.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

from srcad.ir.builder import current
from srcad.ir.graph import Value, literal
from srcad.ir.sizes import Dim, Size, same_length
from srcad.ir.types import Array, dims_of, dtype_of
from srcad.ops.layout import is_basic
from srcad.ops.reduced import axes_of
from srcad.passes.rules import (
    Counting,
    Inputs,
    Params,
    adjoint,
    can_be_negated,
    exact,
    is_array,
    is_floating,
    is_scalar,
    made_by,
    op,
    same_type,
    used_once,
)
from srcad.passes.rules_arithmetic import is_zeros

LETTERS = ascii_lowercase[8:]
ALL = ("slice", False, False, False)


def is_one(d: Dim) -> bool:
    """Whether a dimension is known to be 1."""
    return d == 1


def not_one(d: Dim) -> bool:
    """Whether a dimension is known not to be 1."""
    return not d.may_be_one if isinstance(d, Size) else d != 1


def new_axes(layout: Sequence[object], rank: int) -> tuple[int, ...] | None:
    """The new axes of an index that only adds axes; None for other indices."""
    if any(entry not in ("new", ALL) for entry in layout) or len(layout) > rank:
        return None
    return tuple(k for k, entry in enumerate(layout) if entry == "new")


# ---- shapes --------------------------------------------------------------------------


@exact("broadcast_like")
def nothing_to_broadcast(inputs: Inputs, params: Params) -> Value | None:
    """What has as many axes, and none of length 1, has the shape already."""
    g, x = inputs
    dims, wanted = dims_of(g.type), dims_of(x.type)
    if dims is None or wanted is None or not is_array(g) or len(dims) != len(wanted):
        return None
    same = all(
        not_one(d) or same_length(d, w) for d, w in zip(dims, wanted, strict=True)
    )
    return g if same else None


def _without_new(v: Value, x: Value, params: Params) -> Value | None:
    """v[:, 0] for what is written or added at x[:, None], where it has that shape."""
    layout, dims = tuple(params.get("layout", ())), dims_of(x.type)
    found = dims_of(v.type)
    if dims is None or found is None or dtype_of(v.type) != dtype_of(x.type):
        return None
    axes = new_axes(layout, len(found))
    if not axes or len(found) != len(dims) + len(axes):
        return None
    if any(not is_one(found[k]) for k in axes):
        return None
    kept = [d for k, d in enumerate(found) if k not in axes]
    if not all(
        not_one(d) or same_length(d, w) for d, w in zip(kept, dims, strict=True)
    ):
        return None
    return op("squeeze")(v, axis=axes[0] if len(axes) == 1 else axes)


@adjoint("update")
def written_whole(inputs: Inputs, params: Params) -> Value | None:
    """zeros, with v written at [:, None], is v[:, 0]."""
    x, v, *_ = inputs
    return _without_new(v, x, params) if made_by(x, "zeros_like", "zeros") else None


@adjoint("add_at")
def added_whole(inputs: Inputs, params: Params) -> Value | None:
    """x with v added at [:, None] is x + v[:, 0]."""
    x, v, *_ = inputs
    found = _without_new(v, x, params)
    return None if found is None else x + found


@adjoint("squeeze")
def squeezed_inside(inputs: Inputs, params: Params) -> Value | None:
    """A squeezed sum does not keep its axes; a squeezed c * x is c * squeezed x."""
    (x,) = inputs
    node = made_by(x, "multiply", "negative", "sum_")
    axis, dims = params.get("axis"), dims_of(x.type)
    if node is None or axis is None or dims is None or not used_once(x):
        return None
    if node.op.name == "negative":
        return -op("squeeze")(node.inputs[0], axis=axis)
    if node.op.name == "multiply":
        c, inner = node.inputs
        if not is_scalar(c) or not is_array(inner):
            return None
        return c * op("squeeze")(inner, axis=axis)
    if not node.params.get("keepdims") or set(node.params) - {"axis", "keepdims"}:
        return None
    axes = axes_of(node.params.get("axis"), len(dims))
    if axes != axes_of(axis, len(dims)):
        return None
    return op("sum_")(node.inputs[0], axis=axes[0] if len(axes) == 1 else axes)


@adjoint("add")
def placed_first(inputs: Inputs, params: Params) -> Value | None:
    """zeros with v added at [i], plus x, is x with v added at [i]."""
    for placed, x in (inputs, inputs[::-1]):
        node = made_by(placed, "add_at", "update")
        if node is None or not is_zeros(node.inputs[0]) or not used_once(placed):
            continue
        fresh = made_by(x, "multiply", "divide", "quotient", "add", "subtract")
        if fresh is None or not used_once(x) or not same_shape(x, placed):
            continue
        layout = node.params.get("layout", ())
        if node.op.name == "update" and not is_basic(layout, node.inputs[2:]):
            continue
        return op("add_at")(x, *node.inputs[1:], layout=layout)
    return None


def same_shape(a: Value, b: Value) -> bool:
    """Whether two arrays that are added have one shape and dtype."""
    da, db = dims_of(a.type), dims_of(b.type)
    if da is None or db is None or len(da) != len(db):
        return False
    return dtype_of(a.type) == dtype_of(b.type) and all(map(_one_length, da, db))


def _one_length(a: Dim, b: Dim) -> bool:
    """Whether two dimensions that meet elementwise are the same length."""
    return same_length(a, b) or (not_one(a) and not_one(b))


@adjoint("masked")
def mask_of_broadcast(inputs: Inputs, params: Params) -> Value | None:
    """np.where broadcasts by itself."""
    condition, g = inputs
    node = made_by(g, "broadcast_like")
    if node is None:
        return None
    found = op("masked").infer(condition.type, node.inputs[0].type, **params)
    old = op("masked").infer(condition.type, g.type, **params)
    if not isinstance(found, Array) or not same_type(found, old):
        return None
    return op("masked")(condition, node.inputs[0], **params)


def _enter_writing(name: str) -> None:
    @adjoint(name)
    def writing(inputs: Inputs, params: Params) -> Value | None:
        """Writing broadcasts by itself."""
        x, v, *index = inputs
        node = made_by(v, "broadcast_like")
        if node is None or params.get("inplace"):
            return None
        return op(name)(x, node.inputs[0], *index, layout=params.get("layout", ()))


for _name in ("add_at", "update"):
    _enter_writing(_name)


# ---- sums ----------------------------------------------------------------------------


@adjoint("sum_")
def sum_of_scaled(inputs: Inputs, params: Params) -> Value | None:
    """The sum of c * x is c times the sum of x; of -x, the negative."""
    (x,) = inputs
    node = made_by(x, "multiply", "negative")
    if node is None or not used_once(x) or not is_floating(x.type):
        return None
    if node.op.name == "negative":
        total = op("sum_")(node.inputs[0], **params)
        return -total if can_be_negated(total) else None
    c, inner = node.inputs
    if not is_scalar(c) or not is_array(inner) or not is_floating(inner.type):
        return None
    return c * op("sum_")(inner, **params)


@adjoint("sum_")
def sum_of_product(inputs: Inputs, params: Params) -> Value | None:
    """The sum over axes of a product of two arrays, without the product."""
    (x,) = inputs
    node = made_by(x, "multiply")
    if node is None or not isinstance(x.type, Array) or set(params) - _SUM:
        return None
    dtypes = {v.type.dtype for v in (x, *node.inputs) if isinstance(v.type, Array)}
    if not all(map(is_array, node.inputs)) or len(dtypes) != 1:
        return None
    rank = len(x.type.dims)
    if not is_floating(x.type) or rank > len(LETTERS):
        return None
    axes = axes_of(params.get("axis"), rank)
    a, b = (_Factor(v, rank) for v in node.inputs)
    keep = bool(params.get("keepdims", False))
    for one, other in ((a, b), (b, a)):
        if used_once(x) and not set(one.letters) & {LETTERS[k] for k in axes}:
            return _taken_out(one.given, other.given, axes, rank, keep)
    scale, a, b = _without_scale(a, b, rank)
    fresh = used_once(x) or (_read_twice(x) and a.letters != b.letters)
    if not fresh or not a.fits(b) or (keep and len(axes) != 1):
        return None
    total = _contracted(a, b, "".join(LETTERS[k] for k in axes), rank)
    if total is None:
        return None
    if scale is not None:
        total = scale * total
    return op("expand_dims")(total, axis=axes[0]) if keep else total


_SUM = {"axis", "keepdims"}


def _without_scale(
    a: _Factor, b: _Factor, rank: int
) -> tuple[Value | None, _Factor, _Factor]:
    """A number that multiplies one of two factors, and the factors without it."""
    for k, factor in enumerate((a, b)):
        node = made_by(factor.given, "multiply")
        if node is None or not is_scalar(node.inputs[0]) or not _read_twice(node.out):
            continue
        c, inner = node.inputs
        if is_floating(c.type) and inner.type == factor.given.type:
            plain = _Factor(inner, rank)
            return c, *((a, plain) if k else (plain, b))
    return None, a, b


def _read_twice(x: Value) -> bool:
    builder = current()
    return isinstance(builder, Counting) and builder.uses.get(x, 1) <= 2


class _Factor:
    """One of the two factors: the array behind added axes, and the axes it has.

    given : as it stands in the product.
    array : without its axes of length 1.
    letters : one for each axis of the product that it has.
    """

    def __init__(self, given: Value, rank: int) -> None:
        dims = dims_of(given.type) or ()
        self.given = self.array = given
        self.lengths = dict(zip(LETTERS[rank - len(dims) : rank], dims, strict=True))
        self.gone = [k for k, d in enumerate(dims) if is_one(d)]
        self.letters = "".join(c for c, d in self.lengths.items() if not is_one(d))

    def fits(self, other: _Factor) -> bool:
        """Whether axes that both have are surely of one length."""
        shared = set(self.letters) & set(other.letters)
        return all(_one_length(self.lengths[c], other.lengths[c]) for c in shared)

    def bare(self) -> Value:
        """The array without its axes of length 1."""
        if not self.gone:
            return self.given
        dims = dims_of(self.given.type) or ()
        node = made_by(self.given, "expand_dims", "getitem")
        if node is not None:
            if node.op.name == "expand_dims":
                axes = list(axes_of(node.params.get("axis", 0), len(dims)))
            else:
                axes = list(new_axes(node.params.get("layout", ()), len(dims)) or ())
            if axes == self.gone:
                return node.inputs[0]
        layout = tuple("at" if k in self.gone else ALL for k in range(len(dims)))
        return op("getitem")(self.given, *[literal(0)] * len(self.gone), layout=layout)


def _taken_out(
    fixed: Value, x: Value, axes: tuple[int, ...], rank: int, keep: bool
) -> Value | None:
    """A factor that does not change along the axes, times the sum of the other."""
    dims = dims_of(x.type) or ()
    missing = rank - len(dims)
    if any(k < missing for k in axes):
        return None
    if len(axes) == len(dims) and len(dims_of(fixed.type) or ()) == rank and keep:
        return fixed * op("sum_")(x)
    inner = tuple(k - missing for k in axes)
    total = op("sum_")(x, axis=inner[0] if len(inner) == 1 else inner, keepdims=True)
    found = fixed * total
    if keep:
        return found
    return op("squeeze")(found, axis=axes[0] if len(axes) == 1 else axes)


def _contracted(a: _Factor, b: _Factor, over: str, rank: int) -> Value | None:
    """The product of two arrays, summed over some letters."""
    if not set(over) <= set(a.letters) | set(b.letters):
        return None
    left = [c for c in LETTERS[:rank] if c not in over]
    result = "".join(c for c in left if c in a.letters or c in b.letters)
    if len(result) != len(left):
        return None
    found = _matrix_product(a, b, over, result)
    if found is not None:
        return found
    subscripts = f"{a.letters},{b.letters}->{result}"
    return op("einsum")(a.bare(), b.bare(), subscripts=subscripts)


def _matrix_product(a: _Factor, b: _Factor, over: str, result: str) -> Value | None:
    """`@`, where one axis is summed over that is not also one of a stack."""
    shared = set(a.letters) & set(b.letters)
    if len(over) != 1 or shared != {over}:
        return None
    if max(len(a.letters), len(b.letters)) > 2:
        return None
    first = a.letters.replace(over, "") + b.letters.replace(over, "")
    if first != result:
        a, b = b, a
    x, y = a.bare(), b.bare()
    if len(b.letters) == 1 and a.letters[0] == over:
        return y @ x
    if len(a.letters) == 1 and b.letters[-1] == over:
        return y @ x
    if len(a.letters) == 2 and a.letters[1] != over:
        x = op("transpose")(x)
    if len(b.letters) == 2 and b.letters[0] != over:
        y = op("transpose")(y)
    return x @ y
