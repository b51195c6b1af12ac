"""`xpx.at(x, index).set(v)` in SciPy's own source: for NumPy it is `x[index] = v`.

Its methods are lowered like user code; none of it is ever run as it stands here.
"""

from __future__ import annotations

from typing import Any

from srcad.frontend.frame import Frame
from srcad.frontend.refs import Fields, Ref, Static


class At:
    """What `array_api_extra.at` does, for NumPy's arrays."""

    def __init__(self, x: Any, index: Any = None) -> None:
        self.x = x
        self.index = index

    def __getitem__(self, index: Any) -> Any:
        self.index = index
        return self

    def set(self, y: Any, copy: Any = None, xp: Any = None) -> Any:
        x = self.x.copy() if copy else self.x
        x[self.index] = y
        return x

    def add(self, y: Any, copy: Any = None, xp: Any = None) -> Any:
        return self.set(self.x[self.index] + y, copy)

    def subtract(self, y: Any, copy: Any = None, xp: Any = None) -> Any:
        return self.set(self.x[self.index] - y, copy)

    def multiply(self, y: Any, copy: Any = None, xp: Any = None) -> Any:
        return self.set(self.x[self.index] * y, copy)

    def divide(self, y: Any, copy: Any = None, xp: Any = None) -> Any:
        return self.set(self.x[self.index] / y, copy)


def is_at(target: Any) -> bool:
    """Whether a class is SciPy's copy of `array_api_extra.at`."""
    if not isinstance(target, type) or target.__name__ != "at":
        return False
    return target.__module__.startswith("scipy.") and "array_api_extra" in (
        target.__module__
    )


def made_at(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    """`at(x, index)`."""
    made = frame.new(Fields(At, {}))
    frame.call(Static(At.__init__), [made, *args], kwargs)
    return made
