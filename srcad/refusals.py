"""Arguments that a call refuses: no numbers, shared memory, strides."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from srcad.errors import SignatureError, SrcadError, UnsupportedSyntax
from srcad.frontend.context import Contract
from srcad.instances import attributes, is_plain


def refuse_static(
    args: Sequence[Any], names: Sequence[str], wrt: Sequence[int]
) -> None:
    """Refuse to differentiate by an argument that is no number or array.

    Raises
    ------
    SignatureError
        It is a string, a function, True, None, or an array of objects.
    """
    for k in wrt:
        value = args[k]
        static = callable(value) and attributes(value) is None
        if value is None or isinstance(value, (str, bytes, bool)) or static:
            raise SignatureError(
                f"argument {names[k]} is {value!r}: it cannot be differentiated by",
                hint="choose other argnums",
            )


def refuse_strided(args: Sequence[Any], contract: Contract) -> None:
    """Refuse arrays of which reshape or ravel give copies, not views."""
    for k, span in contract.contiguous.items():
        if not all(
            a.flags.c_contiguous for a in _mutable(args[k]) if isinstance(a, np.ndarray)
        ):
            raise UnsupportedSyntax(
                f"this writes through a view of {contract.parameters[k]!r}, "
                "which in this call is not C-contiguous: NumPy may make a copy",
                span,
                "pass np.ascontiguousarray(...), or write to the array itself",
            )


def refuse_shared(args: Sequence[Any], contract: Contract) -> None:
    """Refuse arguments that share memory where the function writes to one."""
    objects = [list(_mutable(a)) for a in args]
    for k in contract.written:
        for other, found in enumerate(objects):
            pairs = [(a, b) for a in objects[k] for b in found]
            if other == k:
                pairs = list(itertools.combinations(found, 2))
            filled = k in contract.filled
            if any(_shared(a, b, filled) for a, b in pairs):
                names = contract.parameters
                raise SrcadError(
                    f"the function writes to {names[k]!r}, and in this call "
                    f"{names[other]!r} shares memory with it",
                    contract.place,
                    "pass a copy of one of them",
                )


def _mutable(value: Any) -> list[Any]:
    """The arrays, lists, dicts and objects in an argument, itself among them."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        inside: Iterable[Any] = value.values()
    elif isinstance(value, (list, tuple)):
        inside = value
    else:
        inside = (attributes(value) or {}).values()
    own = [value] if isinstance(value, (dict, list)) or is_plain(type(value)) else []
    return [*own, *(a for v in inside for a in _mutable(v))]


def _shared(a: Any, b: Any, filled: bool) -> bool:
    """Whether a write to one changes the other.

    filled : whether arrays are written to, not only attributes and entries.
    """
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return filled and np.shares_memory(a, b)
    return a is b
