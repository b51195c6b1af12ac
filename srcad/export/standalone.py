"""What every exported module carries: the check of its arguments, and its self-test.

The text of these functions is copied into the module, so they import only NumPy, and
call nothing of srcad that stands elsewhere.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np


def made_for(kind: Any, value: Any, name: str) -> Any:
    """An argument in the form that this module was made for, or a TypeError.

    kind : a number's type, an array's dtype and axes (`float64[:, 1]`, where `:` is any
        length but 1), or a container of such; else the text of the one value allowed.
    """
    if isinstance(kind, dict) and isinstance(value, dict) and set(kind) == set(value):
        return {k: made_for(kind[k], value[k], f"{name}[{k!r}]") for k in kind}
    if isinstance(kind, (list, tuple)) and type(value) is type(kind):
        kinds = [kind[0]] * len(value) if kind[-1:] == [...] else kind
        if len(kinds) == len(value):
            pairs = enumerate(zip(kinds, value, strict=True))
            return type(kind)(made_for(a, b, f"{name}[{k}]") for k, (a, b) in pairs)
    if kind in ("float", "complex", "int") and not isinstance(value, (bool, np.bool_)):
        if np.shape(value) == () and not isinstance(value, (str, bytes)):
            if kind == "int":
                return operator.index(value)
            return float(value) if kind == "float" else complex(value)
    if kind == "bool" and isinstance(value, (bool, np.bool_)):
        return bool(value)
    found = repr(value)
    unlike = isinstance(value, (np.matrix, np.ma.MaskedArray))  # another arithmetic
    if hasattr(value, "dtype") and not unlike:
        axes = ", ".join("1" if n == 1 else ":" for n in value.shape)
        found = f"{value.dtype}[{axes}]"
    if found != kind:
        found = found if len(found) < 60 else type(value).__name__
        raise TypeError(f"{name} is {found}, and this was made for {kind}: export anew")
    return value


def arrays_in(value: Any) -> list[Any]:
    """The arrays in an argument."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [array for part in value for array in arrays_in(part)]
    return [value] if isinstance(value, np.ndarray) else []


def refuse_shared(written: Any, others: Sequence[Any], name: str) -> None:
    """Refuse that an argument shares memory with one that the function writes to."""
    own = arrays_in(written)
    rest = [*own, *(b for other in others for b in arrays_in(other))]
    for k, a in enumerate(own):
        if any(np.shares_memory(a, b) for b in rest[k + 1 :]):
            raise ValueError(
                f"the function writes to {name}, and another argument shares memory "
                "with it: pass a copy"
            )


def refuse_strided(value: Any, name: str) -> None:
    """Refuse arrays that are not C-contiguous: the function writes through a view."""
    if not all(array.flags.c_contiguous for array in arrays_in(value)):
        raise ValueError(
            f"the function writes through a view of {name}, which is not C-contiguous: "
            "pass np.ascontiguousarray(...)"
        )


def same_shapes(given: Any, like: Any, name: str) -> None:
    """Refuse numbers that do not have the structure and shapes of others."""
    for a, b in zip(leaves_of(given), leaves_of(like), strict=True):
        if np.shape(a) != np.shape(b):
            raise ValueError(f"{name} has shape {np.shape(a)}, not {np.shape(b)}")


def drawn(
    seed: int, shape: tuple[int, ...], dtype: str, low: float, high: float
) -> Any:
    """An array of numbers drawn between two, always the same ones."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind in "iub":
        return rng.integers(int(low), int(high), shape, endpoint=True).astype(dtype)
    return rng.uniform(low, high, shape).astype(dtype)


# ---- the self-test -------------------------------------------------------------------


def leaves_of(tree: Any) -> list[Any]:
    """The numbers and arrays in a container, in order."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, (list, tuple)):
        return [leaf for part in tree for leaf in leaves_of(part)]
    return [tree]


def rebuilt_from(tree: Any, found: Iterator[Any]) -> Any:
    """A container of the same structure with other leaves."""
    if isinstance(tree, dict):
        return {k: rebuilt_from(v, found) for k, v in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)([rebuilt_from(v, found) for v in tree])
    return next(found)


def has_slope(leaf: Any) -> bool:
    """Whether a leaf is a number or an array with derivatives."""
    return np.asarray(leaf).dtype.kind in "fc"


def paired(a: Any, b: Any) -> float:
    """The real part of the sum of products of two containers, leaf by leaf."""
    pairs = zip(leaves_of(a), leaves_of(b), strict=True)
    products = [np.sum(np.multiply(x, y)) for x, y in pairs if has_slope(x)]
    return float(np.real(sum(products)))


def directions_for(leaf: Any, rng: np.random.Generator) -> Iterator[Any]:
    """Directions to move a leaf in: each element of a small one, else a few drawn.

    Each element moves in proportion to itself, so that none leaves its domain.
    """
    size = np.abs(leaf)
    scale = np.where(size == 0, np.max(size, initial=0.0) or 1.0, size)
    if np.size(leaf) <= 20:
        for k in range(np.size(leaf)):
            one = np.zeros(np.size(leaf))
            one[k] = 1.0
            yield one.reshape(np.shape(leaf)) * scale
        return
    for _ in range(4):
        yield rng.uniform(-1.0, 1.0, np.shape(leaf)) * scale


def in_form_of(leaf: Any, numbers: Any) -> Any:
    """Numbers in the type and dtype of a leaf."""
    found = np.asarray(numbers).astype(np.asarray(leaf).dtype)
    return found if isinstance(leaf, np.ndarray) else found.item()


def largest_error(
    value: Callable[[Mapping[str, Any]], float],
    slope: Callable[[Mapping[str, Any]], float],
    point: Mapping[str, Any],
    wrt: Sequence[str],
) -> float:
    """The largest relative error of a derivative against central differences.

    value : of the function at a point; slope : its derivative there along a direction.
    """
    rng = np.random.default_rng(0)
    worst = 0.0
    for name in wrt:
        leaves = leaves_of(point[name])
        for k, leaf in enumerate(leaves):
            if not has_slope(leaf):
                continue
            step = float(np.finfo(np.asarray(leaf).dtype).eps) ** 0.2
            errors, sizes = [0.0], [0.0]
            for direction in directions_for(leaf, rng):
                tangents = [np.zeros(np.shape(v))[()] for v in leaves]
                tangents[k] = direction[()]
                along = rebuilt_from(point[name], iter(tangents))
                expected = step * slope({name: along})
                ends = []
                for h in (step, -step, 0.5 * step, -0.5 * step):
                    moved = [*leaves[:k], in_form_of(leaf, leaf + h * direction)]
                    there = rebuilt_from(point[name], iter(moved + leaves[k + 1 :]))
                    ends.append(value({**point, name: there}))
                wide, narrow = 0.5 * (ends[0] - ends[1]), ends[2] - ends[3]
                measured = narrow + (narrow - wide) / 3.0  # Richardson
                off = abs(measured - expected)
                errors.append(off if np.isfinite(off) else np.inf)
                # step**5 is one rounding; far smaller changes than that cannot be told.
                blurred = 5.0 * step**3 * max(map(abs, ends))
                sizes += [abs(measured), abs(expected), blurred]
            if max(errors):
                worst = max(worst, max(errors) / max(sizes))
    return worst


def gradient_error(
    function: Callable[..., Any],
    gradients: Callable[..., Sequence[Any]],
    point: Mapping[str, Any],
    wrt: Sequence[str],
) -> float:
    """The largest error of gradients: a sequence, one for each name of `wrt`."""
    found = dict(zip(wrt, gradients(**point), strict=True))

    def slope(along: Mapping[str, Any]) -> float:
        return sum(paired(found[name], along[name]) for name in along)

    def value(at: Mapping[str, Any]) -> float:
        return float(np.real(np.sum(function(**at))))

    return largest_error(value, slope, point, wrt)


def pullback_error(
    function: Callable[..., Any],
    vjp: Callable[..., Any],
    point: Mapping[str, Any],
    wrt: Sequence[str],
) -> float:
    """The largest error of a pullback, of one cotangent drawn at random."""
    out, pullback = vjp(**point)
    weights = drawn_like(out)
    pulled = pullback(weights)

    def gradients(**at: Any) -> Any:
        return pulled

    def total(**at: Any) -> float:
        return float(paired(function(**at), weights))

    return gradient_error(total, gradients, point, wrt)


def tangent_error(
    function: Callable[..., Any],
    jvp: Callable[..., Any],
    point: Mapping[str, Any],
    wrt: Sequence[str],
) -> float:
    """The largest error of tangents, weighed by numbers drawn at random."""
    weights = drawn_like(function(**point))

    def slope(along: Mapping[str, Any]) -> float:
        tangents = {}
        for name in wrt:
            leaves = leaves_of(point[name])
            still = [np.zeros(np.shape(x)) for x in leaves]
            parts = leaves_of(along[name]) if name in along else still
            moves = [
                in_form_of(x, p) if has_slope(x) else 0.0
                for x, p in zip(leaves, parts, strict=True)
            ]
            tangents[f"{name}_dot"] = rebuilt_from(point[name], iter(moves))
        return float(paired(jvp(**point, **tangents)[1], weights))

    def value(at: Mapping[str, Any]) -> float:
        return float(paired(function(**at), weights))

    return largest_error(value, slope, point, wrt)


def jacobian_error(
    function: Callable[..., Any],
    jacobians: Callable[..., Sequence[Any]],
    point: Mapping[str, Any],
    wrt: Sequence[str],
) -> float:
    """The largest error of Jacobians: rows weighed by numbers drawn at random."""
    found = dict(zip(wrt, jacobians(**point), strict=True))
    weights = drawn_like(function(**point))

    def slope(along: Mapping[str, Any]) -> float:
        products = [
            np.tensordot(found[name], tangent, np.ndim(tangent))
            for name, tangent in along.items()
        ]
        return float(paired(sum(products), weights))

    def value(at: Mapping[str, Any]) -> float:
        return float(paired(function(**at), weights))

    return largest_error(value, slope, point, wrt)


def drawn_like(tree: Any) -> Any:
    """Numbers drawn at random with the structure of a container."""
    rng = np.random.default_rng(1)
    found = [
        in_form_of(leaf, rng.normal(size=np.shape(leaf))) if has_slope(leaf) else leaf
        for leaf in leaves_of(tree)
    ]
    return rebuilt_from(tree, iter(found))
