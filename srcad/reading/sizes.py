"""How many bytes values take, each object counted once.

In Python's own objects, or as compiled code lays them out: a number in a list takes 24
bytes and a pointer there, and 8 bytes here.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcad.instances import attributes

_SMALL = range(-5, 257)  # Python makes these integers once
_FLOATS = (float, np.float64)  # NumPy's is one, and as large
_FLOAT = sys.getsizeof(1.0)
# What Numba allocates beside the data of an array: its own record, room to align the
# data, and malloc's share.
_BLOCK = 48 + 64 + 16


def _inside(value: Any) -> int:
    """The bytes of an item as it stands inside a compiled list."""
    if isinstance(value, tuple):
        return sum(map(_inside, value))
    return 8 * (5 + 2 * value.ndim) if isinstance(value, np.ndarray) else 8


@dataclass
class Sizes:
    """A measuring of values that may share objects.

    compiled : whether the values are those of compiled code.
    seen : the objects counted already, by id; they must stay alive meanwhile.
    """

    compiled: bool = False
    seen: set[int] = field(default_factory=set)

    def of(self, value: Any) -> tuple[int, int]:
        """How many numbers a value holds, and how many bytes are its own."""
        if isinstance(value, np.ndarray):
            return value.size, self._array(value)
        if isinstance(value, (list, tuple)):
            return self._sequence(value)
        if isinstance(value, dict):
            inside: Any = value.values()
        else:
            found = attributes(value)
            if found is None:
                return self._number(value)
            inside = found.values()
        if self._again(value):
            return 0, 0
        parts = [self.of(v) for v in inside]
        own = 0 if self.compiled else sys.getsizeof(value)
        return sum(n for n, _ in parts), own + sum(b for _, b in parts)

    def _again(self, value: Any) -> bool:
        if id(value) in self.seen:
            return True
        self.seen.add(id(value))
        return False

    def _array(self, value: np.ndarray[Any, Any]) -> int:
        """An array's header, and its data where no array counted before has it."""
        if self._again(value):
            return 0
        root: Any = value
        while isinstance(root.base, np.ndarray):
            root = root.base
        header = sys.getsizeof(value) - (value.nbytes if value.base is None else 0)
        if self.compiled:
            header = 0
        if root is not value and self._again(root):
            return header
        return header + int(root.nbytes) + self.compiled * _BLOCK

    def _sequence(self, value: list[Any] | tuple[Any, ...]) -> tuple[int, int]:
        if self._again(value):
            return 0, 0
        count, size = 0, sys.getsizeof(value)
        if self.compiled:  # lists grow by the same rule, with items for pointers
            places = (size - sys.getsizeof(type(value)())) // 8
            size = places * _inside(value[0]) if value else 0
            size *= isinstance(value, list)
        seen = self.seen
        for item in value:
            if type(item) in _FLOATS:
                count += 1
                if not self.compiled and id(item) not in seen:
                    seen.add(id(item))
                    size += _FLOAT
            else:
                more, own = self.of(item)
                count, size = count + more, size + own
        return count, size

    def _number(self, value: Any) -> tuple[int, int]:
        number = isinstance(value, (int, float, complex, np.generic))
        if not number or isinstance(value, bool):
            return 0, 0
        cached = type(value) is int and value in _SMALL
        if self.compiled or cached or self._again(value):
            return 1, 0
        numpy = isinstance(value, np.generic)  # which counts its number twice
        return 1, type(value).__basicsize__ if numpy else sys.getsizeof(value)
