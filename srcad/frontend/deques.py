"""`collections.deque` created in the function: an object with a list, as users' are.

Its methods are lowered like user code; none of it is ever run as it stands here.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from srcad.frontend.classes import fields
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Fields, Ref, Static


class Deque:
    """What `collections.deque` does, on a list."""

    def __init__(self, iterable: Any = (), maxlen: Any = None) -> None:
        items = [v for v in iterable]  # noqa: C416  (`list` of a walk may be a view)
        if maxlen is not None and len(items) > maxlen:
            items = items[len(items) - maxlen :]
        self._items = items
        self.maxlen = maxlen

    def append(self, x: Any) -> None:
        self._items.append(x)
        if self.maxlen is not None and len(self._items) > self.maxlen:
            self._items.pop(0)

    def appendleft(self, x: Any) -> None:
        self._items.insert(0, x)
        if self.maxlen is not None and len(self._items) > self.maxlen:
            self._items.pop()

    def extend(self, iterable: Any) -> None:
        for x in iterable:
            self.append(x)

    def extendleft(self, iterable: Any) -> None:
        for x in iterable:
            self.appendleft(x)

    def popleft(self) -> Any:
        return self._items.pop(0)

    def pop(self) -> Any:
        return self._items.pop()

    def clear(self) -> None:
        self._items.clear()

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __setitem__(self, index: Any, x: Any) -> None:
        self._items[index] = x

    def __iter__(self) -> Any:
        return iter(self._items)

    def __contains__(self, x: Any) -> bool:
        return x in self._items

    def reverse(self) -> None:
        self._items.reverse()

    def copy(self) -> Any:
        return deque(self._items, self.maxlen)

    def rotate(self, n: int = 1) -> None:
        if self._items:
            for _ in range(n):
                self._items.insert(0, self._items.pop())
            for _ in range(-n):
                self._items.append(self._items.pop(0))


def made_deque(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    """`collections.deque(iterable, maxlen)`."""
    made = frame.new(Fields(Deque, {}))
    frame.call(Static(Deque.__init__), [made, *args], kwargs)
    return made


def class_shown(cls: type) -> type:
    """The class that the program sees for an object made here."""
    return deque if cls is Deque else cls


def as_list(frame: Frame, ref: Ref) -> Ref:
    """A deque as the list that NumPy takes it for; anything else as it is."""
    known = fields(frame, ref)
    if known is None or known.cls is not Deque:
        return ref
    return known.items["_items"]
