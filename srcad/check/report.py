"""What a check compared, as a table."""

from __future__ import annotations

import html

from srcad.check.point import Comparison
from srcad.reading.page import fragment
from srcad.reading.rows import Rows, aligned

_HEAD = ("derivative", "order", "off by", "allowed")


class CheckReport(Rows[Comparison]):
    """The comparisons of a check that held."""

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return aligned([_HEAD, *map(_cells, self)], "<>>>")

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(what)}</td>"
            + "".join(f'<td class="count">{cell}</td>' for cell in cells)
            + "</tr>"
            for what, *cells in map(_cells, self)
        )
        head = "".join(f"<th>{name}</th>" for name in _HEAD)
        body = f"<table><tr>{head}</tr>{rows}</table>"
        return fragment(f'<div class="pane code">{body}</div>')


def _cells(c: Comparison) -> tuple[str, str, str, str]:
    return (
        f"{c.what} of {c.chain}",
        str(c.chain.order),
        f"{c.off:.1e}",
        f"{c.allowed:.1e}",
    )
