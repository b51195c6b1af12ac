"""`print` of a caught exception."""

from __future__ import annotations

import builtins

from srcad.frontend.calls import call_operation
from srcad.frontend.frame import Frame
from srcad.frontend.intrinsics import intrinsic, made_text
from srcad.frontend.refs import Caught, Number, Ref
from srcad.ops.effects import print_


@intrinsic(builtins.print)
def _print(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    if not any(isinstance(r, Caught) for r in args):
        return None
    shown = [Number(r.value) if isinstance(r, Caught) else r for r in args]
    return call_operation(frame, print_, builtins.print, shown, kwargs)
<<<<<<< HEAD


@intrinsic(builtins.str)
def _str(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    return _text(frame, args, kwargs, "s") or made_text(frame, args, kwargs, str)


@intrinsic(builtins.repr)
def _repr(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    return _text(frame, args, kwargs, "r") or made_text(frame, args, kwargs, repr)


def _text(
    frame: Frame, args: list[Ref], kwargs: dict[str, Ref], conversion: str
) -> Ref | None:
    if len(args) != 1 or kwargs or not isinstance(args[0], Caught):
        return None
    return frame.result(format_(args[0].value, layout=((conversion, ""),)))
=======
>>>>>>> main
