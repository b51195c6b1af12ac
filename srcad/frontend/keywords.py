"""Arguments that library functions take by position only."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.refs import Ref


@functools.lru_cache(maxsize=1024)
def positional_only(target: Any) -> frozenset[str]:
    """The parameters of a library function that cannot be given by keyword."""
    if isinstance(target, np.ufunc):
        return frozenset(("x", "y", "x1", "x2"))
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return frozenset()
    return frozenset(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)


def refuse_by_keyword(target: Any, kwargs: dict[str, Ref]) -> None:
    """Refuse an argument given by keyword that Python takes by position only."""
    wrong = [k for k in kwargs if k in _positional_only(target)]
    if wrong:
        name = getattr(target, "__name__", "this function")
        raise UnsupportedSyntax(
            f"{name}() takes {wrong[0]!r} by position only",
            hint=f"leave out `{wrong[0]}=`",
        )


def _positional_only(target: Any) -> frozenset[str]:
    try:
        return positional_only(target)
    except TypeError:  # not hashable
        return frozenset()
