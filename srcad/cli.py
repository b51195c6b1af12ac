"""The command line: `python -m srcad COMMAND`, or `srcad COMMAND`.

`COMMANDS` is the table of commands: each is a function that adds its options to a
parser, and one that runs with them and gives what is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from srcad import coverage


@dataclass(frozen=True)
class Command:
    """One command: its help, its options, and what it prints."""

    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], str]


# ---- coverage ------------------------------------------------------------------------


def _coverage_options(parser: argparse.ArgumentParser) -> None:
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


def _coverage(options: argparse.Namespace) -> str:
    tables = {m: coverage.rows(m) for m in options.module or coverage.modules()}
    totals = coverage.totals(tables)
    if options.refused:
        tables = {m: [r for r in t if r.kind == "refused"] for m, t in tables.items()}
    if options.totals:
        tables = {}
    if options.format == "json":
        return _json(totals, tables)
    marked = options.format == "markdown"
    shown = coverage.markdown if marked else coverage.aligned
    parts = [
        f"{'## ' if marked else ''}{module}\n\n{shown(coverage.cells(found))}"
        for module, found in tables.items()
        if found
    ]
    return "\n\n".join([*parts, shown(totals)])


def _json(
    totals: Sequence[Sequence[str]], tables: Mapping[str, Sequence[coverage.Row]]
) -> str:
    head, *lines = totals
    counted = [dict(zip(head, line, strict=True)) for line in lines]
    names = [asdict(row) for found in tables.values() for row in found]
    return json.dumps({"totals": counted, "names": names}, indent=1)


# ---- all of them ---------------------------------------------------------------------

COMMANDS: Mapping[str, Command] = {
    "coverage": Command(
        "what is differentiated, of NumPy, math and SciPy", _coverage_options, _coverage
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit status."""
    parser = argparse.ArgumentParser(prog="srcad", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.options(commands.add_parser(name, help=command.help))
    options = parser.parse_args(arguments)
    print(COMMANDS[options.command].run(options))
    return 0
