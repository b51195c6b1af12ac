"""How the Numba dialect writes products over several axes: einsum, tensordot, inner.

A product that sums over what both factors have is one of matrices, between two turns of
their axes; `einsum` is a product over all axes, summed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from string import digits
from typing import Any

from srcad.backend.numba_axes import turned
from srcad.backend.numba_matrices import as_dtype, product_dtype
from srcad.ir.graph import Node, Value
from srcad.ir.sizes import same_length
from srcad.ir.types import dims_of, dtype_of
from srcad.ops.einsum import DOTS, parsed

Code = Callable[[Node], str | None]
Factor = tuple[str, Value, Sequence[int]]  # its name, and a number for each of its axes


# ---- sums over what both factors have ------------------------------------------------


def _contracted(first: Factor, second: Factor, result: Sequence[int]) -> str | None:
    """The product of two arrays, summed over the axes that have one number."""
    (x, left, xs), (y, right, ys) = first, second
    dtype = product_dtype(left, right)
    both, own = [k for k in xs if k in ys], [k for k in xs if k not in ys]
    others = [k for k in ys if k not in xs]
    if dtype is None or not xs or not ys or {*own, *others} != set(result):
        return None
    sizes = {k: f"{x}.shape[{n}]" for n, k in enumerate(xs)}
    sizes |= {k: f"{y}.shape[{ys.index(k)}]" for k in others}
    rows = _matrix((as_dtype(x, left, dtype), left, xs), own, both, sizes)
    checked = dict(sizes)  # the product sees how many entries there are, not in what
    for k in both if len(both) > 1 else ():
        n, m = xs.index(k), ys.index(k)
        if not same_length(
            (dims_of(left.type) or ())[n], (dims_of(right.type) or ())[m]
        ):
            checked[k] = f"runtime.agreed({y}.shape[{m}], {sizes[k]})"
    columns = _matrix((as_dtype(y, right, dtype), right, ys), both, others, checked)
    text = f"({rows} @ {columns})"
    found = [*own, *others]
    if not found:
        return f"{text}[0, 0]"
    if len(own) != 1 or len(others) != 1:
        text = f"{text}.reshape(({', '.join(sizes[k] for k in found)},))"
    if found == list(result):
        return text
    return turned(text, [found.index(k) for k in result])


def _alike(x: Value, n: int, y: Value, m: int) -> bool:
    """Whether an axis of one array is known to be as long as an axis of another."""
    return same_length((dims_of(x.type) or ())[n], (dims_of(y.type) or ())[m])


def _matrix(
    factor: Factor,
    rows: Sequence[int],
    columns: Sequence[int],
    sizes: Mapping[int, str],
) -> str:
    """A factor with some of its axes as rows and the others as columns."""
    text, _, own = factor
    text = turned(text, [own.index(k) for k in (*rows, *columns)])
    if len(rows) == len(columns) == 1:
        return text
    shape = ", ".join(
        " * ".join(sizes[k] for k in axes) or "1" for axes in (rows, columns)
    )
    return f"np.ascontiguousarray({text}).reshape(({shape}))"


def _numbered(kind: Any, ranks: tuple[int, int]) -> tuple[list[int], list[int]] | None:
    """A number for each axis of two factors, one for those that are summed over."""
    x, y = list(range(ranks[0])), list(range(ranks[0], sum(ranks)))
    if not x or not y:
        return None
    if kind == "inner":
        y[-1] = x[-1]
    elif kind == "dot":
        y[-2 if len(y) > 1 else -1] = x[-1]
    elif isinstance(kind, tuple):
        axes = kind[1]
        if isinstance(axes, int):
            pairs = zip(range(len(x) - axes, len(x)), range(axes), strict=True)
        else:
            given = [[k] if isinstance(k, int) else k for k in axes]
            pairs = zip(*given, strict=True)
        for i, j in pairs:
            y[j] = x[i]
    else:
        return None
    return x, y


def _ranks(*values: Value) -> tuple[int, int]:
    first, second = (len(dims_of(v.type) or ()) for v in values)
    return first, second


def _tensordot_code(node: Node) -> str | None:
    axes = node.params.get("axes", 2)
    return _product_code(node, ("tensordot", axes))


def _product_code(node: Node, kind: Any) -> str | None:
    x, y = node.inputs
    found = _numbered(kind, _ranks(x, y))
    if found is None:
        return None
    rest = [k for k in (*found[0], *found[1]) if (k in found[0]) != (k in found[1])]
    text = _contracted(("x", x, found[0]), ("y", y, found[1]), rest)
    number = text is not None and not rest and isinstance(kind, tuple)
    return f"np.array({text})" if number else text


def _inner_code(node: Node) -> str | None:
    return _product_code(node, "inner")


def _dot_code(node: Node) -> str | None:
    """Of more than two axes; else Numba has it."""
    return _product_code(node, "dot") if max(_ranks(*node.inputs)) > 2 else None


def _cotangent_code(node: Node) -> str | None:
    """The cotangent of a factor: the product of g and the other one."""
    g, other, like = node.inputs
    kind, left = node.params["kind"], node.params["left"]
    if len({dtype_of(v.type) for v in node.inputs}) > 1:
        return None
    if kind == "outer":
        line = "np.ascontiguousarray(other).reshape(-1)"
        text = f"g @ {line}" if left else f"{line} @ g"
        real = product_dtype(g, other) is not None and bool(dims_of(like.type))
        return f"({text}).reshape(np.shape(like))" if real else None
    ranks = _ranks(like, other) if left else _ranks(other, like)
    found = _numbered(kind, ranks)
    if found is None:
        return None
    x, y = found
    target, factor = (x, y) if left else (y, x)
    rest = [k for k in (*x, *y) if (k in x) != (k in y)]
    if rest:
        return _contracted(("g", g, rest), ("other", other, factor), target)
    return f"g * {turned('other', [factor.index(k) for k in target])}"


# ---- einsum --------------------------------------------------------------------------


def _einsum_code(node: Node) -> str | None:
    """The product of the factors over all axes, summed over those that go."""
    if any(dims_of(v.type) is None for v in node.inputs):
        return None
    given, result = parsed(node.params["subscripts"])
    ranks = [len(dims_of(v.type) or ()) for v in node.inputs]
    most = max(_dots(*pair) for pair in zip(given, ranks, strict=True))
    terms = [_spelled(t, _dots(t, n)) for t, n in zip(given, ranks, strict=True)]
    result = _spelled(result, most)
    names = [f"xs{k}" for k in range(len(terms))]
    for k, term in enumerate(terms):
        if len(term) == 2 and term[0] == term[1]:  # a diagonal
            count = f"runtime.agreed(xs{k}.shape[0], xs{k}.shape[1])"
            names[k], terms[k] = f"np.diag(xs{k})[:{count}]", term[0]
    if any(len(set(t)) < len(t) for t in (*terms, result)):
        return None
    letters = list(dict.fromkeys("".join(terms)))
    longest = max(terms, key=len)
    order = list(dict.fromkeys(longest + "".join(letters)))
    if [c for c in order if c in result] != list(result):
        order = [c for c in letters if c not in result] + list(result)
    text = " * ".join(_spread(*pair, order) for pair in zip(names, terms, strict=True))
    if not result:
        text = f"np.sum({text})"
    for k in reversed(range(len(order))) if result else ():
        if order[k] not in result:
            text = f"np.sum({text}, axis={k})"
    return f"({text} > 0)" if dtype_of(node.out.type) == "bool" else text


def _dots(term: str, rank: int) -> int:
    """How many axes the dots of a term stand for."""
    return rank - len(term) + 1 if DOTS in term else 0


def _spelled(term: str, count: int) -> str:
    """A term with a name for each axis that its dots stand for; the last one is 9."""
    return term.replace(DOTS, digits[len(digits) - count :])


def _spread(name: str, term: str, order: Sequence[str]) -> str:
    """A factor with its axes in this order, and one of length 1 for each it has not."""
    own = [c for c in order if c in term]
    if own != list(term):
        name = turned(name, [term.index(c) for c in own])
    if len(own) == len(order):
        return name
    return f"{name}[{', '.join(':' if c in term else 'None' for c in order)}]"


PRODUCTS: Mapping[str, Code] = {
    "einsum": _einsum_code,
    "dot": _dot_code,
    "inner": _inner_code,
    "tensordot": _tensordot_code,
    "product_cotangent": _cotangent_code,
}
