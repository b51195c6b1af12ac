"""Attributes of the objects that SciPy gives, beyond those that have a rule."""

from __future__ import annotations

from srcad.errors import MissingRule
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Fields, Ref
from srcad.ir.graph import literal
from srcad.ops.effects import foreign

TEXTS = ("message", "flag")


def other_field(frame: Frame, owner: Ref, known: Fields, name: str) -> Ref:
    """A text of such an object.

    Raises
    ------
    MissingRule
        For anything else.
    """
    if name in TEXTS:
        value = frame.read(owner)
        found = foreign(value, literal(name), function=getattr, keywords=())
        return frame.result(found)
    fields = [key for key in known.items if key.isidentifier()]
    raise MissingRule(
        f"{name!r} of what SciPy gives has no derivative rule",
        hint=f"of this object there are {', '.join(sorted(fields))}",
    )
