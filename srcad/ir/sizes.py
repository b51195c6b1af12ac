"""Lengths: known numbers, or names for unknown ones in one normal form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """An unknown length: max(base + offset, 0).

    base : a canonical text; equal texts mean equal lengths.
    may_be_one : whether this length can be 1, so that it could broadcast.
    """

    base: str
    offset: int = 0
    may_be_one: bool = False

    def __str__(self) -> str:
        sign = f"{self.offset:+d}" if self.offset else ""
        return f"{self.base}{sign}" + ("?" if self.may_be_one else "")


Dim = int | Size


def shifted(dim: Dim, by: int) -> Dim:
    """The length `max(dim + by, 0)`; exact for shrinking, which is what slices do."""
    if isinstance(dim, int):
        return max(dim + by, 0)
    if by == 0:
        return dim
    return Size(dim.base, dim.offset + by, may_be_one=True)


def combined(operator: str, *dims: Dim) -> Dim:
    """A length computed from others, named by its formula."""
    if operator in "+-" and isinstance(dims[1], int) and not isinstance(dims[0], int):
        by = dims[1] if operator == "+" else -dims[1]
        return shifted(dims[0], by)
    if operator == "+" and isinstance(dims[0], int) and isinstance(dims[1], Size):
        return shifted(dims[1], dims[0])
    if operator in "+*":
        dims = tuple(sorted(dims, key=str))
    return Size("(" + operator.join(str(d).rstrip("?") for d in dims) + ")", 0, True)


def same_length(a: Dim, b: Dim) -> bool:
    """Whether two dimensions are known to be the same length."""
    if isinstance(a, int) or isinstance(b, int):
        return a == b
    if a.base.startswith("~") and a.may_be_one:
        return False  # one name for the entries of a list, whose lengths differ
    return a.base == b.base and a.offset == b.offset
