"""Keywords that change nothing: `device="cpu"`, `subok=`, `order="K"` and the like.

Takes the keywords of a call; gives those that are left.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.frontend.frame import Frame
from srcad.frontend.known import NOT_KNOWN, known_object
from srcad.frontend.refs import Ref, Static
from srcad.frontend.structures import parts_of_known
from srcad.ir.graph import Value
from srcad.ir.types import Array, dtype_of, unwrapped

Given = dict[str, Ref]


def without_plain(frame: Frame, target: Any, kwargs: Given) -> Given:
    """The keywords less `device="cpu"`, `subok=`, and `like=` an array of NumPy's own.

    And less `order="K"` of a function like `np.zeros_like`, whose default it is.
    """
    if not kwargs.keys() & {"device", "like", "subok", "order"}:
        return kwargs
    if isinstance(target, np.ufunc):
        return kwargs
    if (getattr(target, "__module__", "") or "").split(".")[0] != "numpy":
        return kwargs
    keeps = target in (np.zeros_like, np.ones_like, np.full_like, np.empty_like)
    return {
        k: r
        for k, r in kwargs.items()
        if not _is_plain(frame, k, r)
        and not (keeps and k == "order" and known_object(r) == "K")
    }


def _is_plain(frame: Frame, name: str, ref: Ref) -> bool:
    if name == "subok":
        return known_object(ref) in (True, False)
    if name == "device":
        return known_object(ref) in ("cpu", None)
    if name != "like":
        return False
    if known_object(ref) is None or parts_of_known(frame, ref) is not None:
        return known_object(ref) is None
    return isinstance(unwrapped(frame.read(ref).type), Array)


def plain_cast(frame: Frame, x: Value, args: list[Ref], kwargs: Given) -> Given:
    """The keywords of `x.astype(dtype)` less those that change nothing here."""
    dtype = known_object(args[0] if args else kwargs.get("dtype", Static(None)))
    old = dtype_of(x.type)
    plain = []
    for name, ref in kwargs.items():
        value = known_object(ref)
        fits = dtype is not NOT_KNOWN and old is not None and name == "casting"
        if fits and np.can_cast(np.dtype(old or ""), dtype, value):
            plain.append(name)
        if name == "subok" or (name == "order" and value == "K"):
            plain.append(name)
    return {k: r for k, r in kwargs.items() if k not in plain}
