"""Sets of values as integers, one bit for each.

Where each of thousands of statements has a set of what is alive, all else takes time
and memory by the square of their number.
"""

from __future__ import annotations

from collections.abc import Iterable

from srcad.ir.graph import Value

Values = int  # a set of values: bit k stands for the k-th
EMPTY: Values = 0


class Bits:
    """Which bit stands for which value."""

    def __init__(self) -> None:
        self._bits: dict[Value, Values] = {}

    def bit(self, value: Value) -> Values:
        """The set of one value."""
        found = self._bits.get(value)
        if found is None:
            found = self._bits[value] = 1 << len(self._bits)
        return found

    def bits(self, values: Iterable[Value]) -> Values:
        """The set of some values."""
        found = EMPTY
        for v in values:
            found |= self.bit(v)
        return found
