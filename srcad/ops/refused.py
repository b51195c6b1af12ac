"""Partial derivatives that have no formula: asking for one is refused, by name."""

from __future__ import annotations

from srcad.errors import MissingRule
from srcad.ir.graph import Value


class Refused:
    """A partial, or a contribution, that raises where it is asked for, only there."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = message, hint

    def __call__(self, g: Value | None) -> Value:
        """Refuse, whatever the cotangent or tangent."""
        raise MissingRule(self.message, hint=self.hint)


def no_partial(name: str, argument: str) -> Refused:
    """The refusal of a derivative by one argument."""
    return Refused(
        f"{name} has no derivative rule for its argument {argument!r}",
        f"keep {argument!r} constant: differentiate by other arguments only",
    )
