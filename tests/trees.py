"""Arguments and gradients are trees: dict, list and tuple over scalars and arrays."""

import copy

import numpy as np


def leaves(tree):
    """The numbers and arrays of a tree, in order."""
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in leaves(tree[key])]
    if isinstance(tree, (list, tuple)):
        return [leaf for item in tree for leaf in leaves(item)]
    return [tree]


def tree_map(fn, tree, *others):
    """A tree with fn applied to its leaves (and to those of other trees beside it)."""
    if isinstance(tree, dict):
        return {k: tree_map(fn, tree[k], *(o[k] for o in others)) for k in tree}
    if isinstance(tree, (list, tuple)):
        return type(tree)(tree_map(fn, *items) for items in zip(tree, *others))
    return fn(tree, *others)


def dot(a, b):
    """The sum of the products of leaves."""
    pairs = zip(leaves(a), leaves(b), strict=True)
    return float(sum(np.sum(x * y) for x, y in pairs))


def unlike(grad, arg):
    """The first way in which a gradient is not shaped as its argument, or None."""
    if isinstance(arg, (dict, list, tuple)):
        if type(grad) is not type(arg) or len(grad) != len(arg):
            return f"{type(grad).__name__} for {type(arg).__name__}"
        if isinstance(arg, dict) and list(grad) != list(arg):
            return f"keys {list(grad)} for {list(arg)}"
        keys = arg if isinstance(arg, dict) else range(len(arg))
        return next((p for p in (unlike(grad[k], arg[k]) for k in keys) if p), None)
    if isinstance(arg, np.ndarray):
        if not isinstance(grad, np.ndarray):
            return f"{type(grad).__name__} for an array"
        if grad.shape != arg.shape or grad.dtype != arg.dtype:
            return f"{grad.shape} {grad.dtype} for {arg.shape} {arg.dtype}"
        return None if grad.flags.writeable else "a read-only gradient"
    return None if np.ndim(grad) == 0 else f"shape {np.shape(grad)} for a scalar"


def close(a, b, rtol, atol=0.0):
    """Whether every leaf agrees within rtol of that leaf's largest entry."""
    first, second = leaves(a), leaves(b)
    return len(first) == len(second) and all(
        np.all(np.abs(np.subtract(x, y)) <= rtol * np.max(np.abs(y)) + atol)
        for x, y in zip(first, second)
    )


def same(a, b):
    """Whether every leaf agrees bit for bit."""
    return all(np.array_equal(x, y) for x, y in zip(leaves(a), leaves(b), strict=True))


def frozen(args):
    """A copy whose arrays are read-only."""
    args = copy.deepcopy(args)
    for leaf in leaves(args):
        if isinstance(leaf, np.ndarray):
            leaf.flags.writeable = False
    return args


def shared_memory(grads, args):
    """Whether an array among gradients shares memory with another or an argument."""
    arrays = [g for g in leaves(grads) if isinstance(g, np.ndarray)]
    outer = [a for a in leaves(args) if isinstance(a, np.ndarray)]
    return any(
        np.may_share_memory(g, other)
        for i, g in enumerate(arrays)
        for other in arrays[i + 1 :] + outer
    )


def difference(function, point, direction, step=1e-4):
    """The derivative of a function of a tree along a direction, by differences."""

    def value(t):
        return float(function(tree_map(lambda a, d: a + t * d, point, direction)))

    near = value(step) - value(-step)
    far = value(2.0 * step) - value(-2.0 * step)
    return (8.0 * near - far) / (12.0 * step)
