"""What can be read of every object that has generated source."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from srcad.backend.generate import Generated
from srcad.entry import Entry
from srcad.reading.colour import for_terminal, wanted
from srcad.reading.lines import SourceMap, joined, source_map
from srcad.reading.memory import MemoryReport, memory_report
from srcad.reading.sides import side_by_side
from srcad.reading.text import SourceText


class Readable:
    """An object with generated source: shown, mapped to the user's, side by side."""

    def _generated(self) -> Sequence[Generated]:
        """The generated texts of the latest call, or of guessed types."""
        raise NotImplementedError

    def _entry_for(
        self, args: Sequence[Any], kwargs: dict[str, Any]
    ) -> tuple[Entry, Sequence[Any]]:
        """What serves arguments like these, and the arguments in order."""
        raise NotImplementedError

    def _generated_for(self, *args: Any, **kwargs: Any) -> Sequence[Generated]:
        """The generated texts for arguments like these."""
        return self._entry_for(args, kwargs)[0].generated

    def _read_from(self) -> Any:
        """The Python function that was differentiated."""
        raise NotImplementedError

    @property
    def source(self) -> SourceText:
        """The generated source, a str: of the latest call, or of guessed types."""
        return SourceText(joined(self._generated()))

    def source_for(self, *args: Any, **kwargs: Any) -> SourceText:
        """The generated source for arguments like these, without calling it."""
        return SourceText(joined(self._generated_for(*args, **kwargs)))

    @property
    def source_map(self) -> SourceMap:
        """For each line of `source`, the user's line it comes from; and back."""
        return source_map(self._generated())

    def show(self, *args: Any, **kwargs: Any) -> None:
        """Print the generated source, in colour where that is read by a terminal.

        Parameters
        ----------
        *args, **kwargs
            For arguments like these; without any, as `source`.
        """
        text = self.source_for(*args, **kwargs) if args or kwargs else self.source
        print(for_terminal(text) if wanted(sys.stdout) else str(text), end="")

    def memory(self, *args: Any, **kwargs: Any) -> MemoryReport:
        """What is kept for the way back at these arguments, value by value.

        The source is run once, and seen from outside its loops: of what their bodies
        need for themselves, what the last round left. What compiled code needs inside
        functions of NumPy is not in it.

        Returns
        -------
        MemoryReport
            A sequence of `Kept(name, count, bytes, span)` with the `total` in bytes;
            it prints as a table.
        """
        return memory_report(*self._entry_for(args, kwargs))

    def _repr_html_(self) -> str | None:
        """The user's source and the generated source, side by side, for a notebook."""
        try:
            lines = self.source_map
        except Exception:  # types that a call would tell: shown as text, with no error
            return None
        return side_by_side(self._read_from(), repr(self)[1:-1], lines)
