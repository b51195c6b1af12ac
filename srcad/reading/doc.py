"""The docstring of a transform: what it is of which function, then the user's own."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from srcad.pipeline import Step

_WORDS = {
    "grad": "gradient of {} with respect to {}",
    "value_and_grad": "value of {}, and gradient with respect to {}",
    "jvp": "value of {}, and tangent with respect to {}",
    "vjp": "value of {}, and pullback with respect to {}",
}


def described(function: Any, steps: Sequence[Step]) -> str:
    """The docstring of a function after these transforms, the innermost first."""
    names = list(inspect.signature(function).parameters)
    found = getattr(function, "__name__", "the function")
    for step in steps:
        by = ", ".join(names[k] for k in step.wrt)
        found = _WORDS[step.kind].format(found, by)
    return introduced(f"{found[0].upper()}{found[1:]}.", function)


def introduced(first: str, function: Any) -> str:
    """A line above the docstring of a function."""
    own = inspect.getdoc(function)
    return f"{first}\n\n{own}" if own else first
