"""Frozen distributions of SciPy: `scipy.stats.norm(loc, scale).logpdf(x)`.

A distribution that is called gives a `Frozen`, whose methods are those of the
distribution with its parameters behind the other arguments. Nothing here imports SciPy.
"""

from __future__ import annotations

from typing import Any

from srcad.errors import MissingRule
from srcad.frontend.frame import Frame, caller
from srcad.frontend.refs import Frozen, Ref, Static

LAWS = ("rv_generic", "multi_rv_generic")
FIRST = ("x", "q", "k")
METHODS = frozenset(
    ["logpdf", "pdf", "logpmf", "pmf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf"]
)


def is_a(target: Any, names: tuple[str, ...]) -> bool:
    """Whether an object is of one of these classes of `scipy.stats`."""
    return any(
        c.__name__ in names and c.__module__.startswith("scipy.stats")
        for c in type(target).__mro__
    )


def made_frozen(target: Any, args: list[Ref], kwargs: dict[str, Ref]) -> Frozen | None:
    """What a distribution gives that is called; None for other callables."""
    if not is_a(target, LAWS):
        return None
    return Frozen(target, tuple(args), dict(kwargs))


def frozen_method(owner: Frozen, name: str) -> Frozen:
    """`rv.name`.

    Raises
    ------
    MissingRule
        It is none of the methods that have rules.
    """
    if name not in METHODS:
        raise MissingRule(
            f"the method {name!r} of a distribution has no derivative rule",
            hint=f"those that have one are {', '.join(sorted(METHODS))}",
        )
    return Frozen(owner.law, owner.args, owner.kwargs, name)


@caller(Frozen)
def _call(
    frame: Frame, callee: Frozen, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    if not callee.method:
        raise MissingRule("a frozen distribution is no function: call a method of it")
    if not args:
        named = [k for k in FIRST if k in kwargs]
        args = [kwargs[k] for k in named]
        kwargs = {k: r for k, r in kwargs.items() if k not in named}
    whole = [*args, *callee.args]
    target = Static(getattr(callee.law, callee.method))
    return frame.call(target, whole, {**callee.kwargs, **kwargs}, node)
