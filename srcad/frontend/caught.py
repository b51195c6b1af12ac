"""`print` of a caught exception."""

from __future__ import annotations

import builtins

from srcad.frontend.calls import call_operation
from srcad.frontend.frame import Frame
from srcad.frontend.intrinsics import intrinsic
from srcad.frontend.refs import Caught, Number, Ref
from srcad.ops.effects import print_


@intrinsic(builtins.print)
def _print(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    if not any(isinstance(r, Caught) for r in args):
        return None
    shown = [Number(r.value) if isinstance(r, Caught) else r for r in args]
    return call_operation(frame, print_, builtins.print, shown, kwargs)
