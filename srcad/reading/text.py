"""Generated source as text that shows itself well.

It is a string like any other; at an interactive prompt it is shown as it is, in colour,
and not in quotes; in a notebook as coloured HTML.
"""

from __future__ import annotations

import sys
from typing import Any

from srcad.reading.colour import as_html, for_terminal, wanted
from srcad.reading.page import fragment


class SourceText(str):
    """Python source."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not hasattr(sys, "ps1"):  # not a prompt
            return super().__repr__()
        return for_terminal(self) if wanted() else str(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows at its prompt."""
        printer.text(for_terminal(self) if wanted() else str(self))

    def _repr_html_(self) -> str:
        lines = "".join(f'<div class="line">{t or " "}</div>' for t in as_html(self))
        return fragment(f'<div class="pane"><div class="code">{lines}</div></div>')
