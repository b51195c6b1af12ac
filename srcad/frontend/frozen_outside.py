"""Frozen distributions of SciPy made outside: parameters are read at each call."""

from __future__ import annotations

import sys
import types
from typing import Any

from srcad.frontend.decorators import bound_arguments
from srcad.frontend.frame import Frame
from srcad.frontend.frozen import frozen_method, is_a
from srcad.frontend.refs import Frozen


def frozen_outside(frame: Frame, target: Any) -> Frozen | None:
    """A method of a frozen distribution from outside; None for other callables."""
    owner: Any = getattr(target, "__self__", None)
    if not isinstance(target, types.MethodType) or not is_a(owner, ("rv_frozen",)):
        return None
    stats: Any = sys.modules["scipy.stats"]
    law = getattr(stats, owner.dist.name, None)
    if type(law) is not type(owner.dist):
        return None
    args, kwargs = bound_arguments(frame, target, owner.args, owner.kwds)
    return frozen_method(Frozen(law, tuple(args), kwargs), target.__name__)
