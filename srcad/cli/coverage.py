"""`srcad coverage`: what is differentiated, of NumPy, math and SciPy."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from srcad import coverage
from srcad.cli.command import Answer, Command


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--module",
        action="append",
        choices=coverage.modules(),
        metavar="NAME",
        help=f"only this table, may be given again: {', '.join(coverage.modules())}",
    )
    parser.add_argument(
        "--format", choices=("text", "markdown", "json"), default="text"
    )
    parser.add_argument("--refused", action="store_true", help="only what is refused")
    parser.add_argument("--totals", action="store_true", help="only the counts")


def run(options: argparse.Namespace) -> Answer:
    tables = {m: coverage.rows(m) for m in options.module or coverage.modules()}
    totals = coverage.totals(tables)
    if options.refused:
        tables = {m: [r for r in t if r.kind == "refused"] for m, t in tables.items()}
    if options.totals:
        tables = {}
    if options.format == "json":
        return Answer(_json(totals, tables))
    marked = options.format == "markdown"
    shown = coverage.markdown if marked else coverage.aligned
    parts = [
        f"{'## ' if marked else ''}{module}\n\n{shown(coverage.cells(found))}"
        for module, found in tables.items()
        if found
    ]
    return Answer("\n\n".join([*parts, shown(totals)]))


def _json(
    totals: Sequence[Sequence[str]], tables: Mapping[str, Sequence[coverage.Row]]
) -> str:
    head, *lines = totals
    counted = [dict(zip(head, line, strict=True)) for line in lines]
    names = [asdict(row) for found in tables.values() for row in found]
    return json.dumps({"totals": counted, "names": names}, indent=1)


COVERAGE = Command("what is differentiated, of NumPy, math and SciPy", add_options, run)
