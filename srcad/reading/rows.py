"""A table to read: a sequence of rows that cannot be changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

T = TypeVar("T")


class Rows(Sequence[T]):
    """Rows in order."""

    def __init__(self, rows: Sequence[T]) -> None:
        self._rows = tuple(rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self._rows[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._rows)


def aligned(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Rows of cells as text, each column as wide as its widest cell.

    sides : for each column "<" or ">", the side at which its cells stand.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            f"{cell:{side}{width}}"
            for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in rows
    )
