"""The command line: `python -m srcad COMMAND`, or `srcad COMMAND`.

`COMMANDS` is the table of commands, one file each. Exit status: 0 all is well; 1 no:
a derivative is wrong, a file is not up to date; 2 wrong usage, or refused.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from srcad.cli.asked import described
from srcad.cli.cache import CACHE
from srcad.cli.check import CHECK
from srcad.cli.command import REFUSED, Command
from srcad.cli.completion import complete
from srcad.cli.coverage import COVERAGE
from srcad.cli.doctor import DOCTOR
from srcad.cli.draw import DRAW
from srcad.cli.explain import EXPLAIN
from srcad.cli.export import EXPORT
from srcad.cli.show import SHOW

COMMANDS: Mapping[str, Command] = {
    "show": SHOW,
    "draw": DRAW,
    "explain": EXPLAIN,
    "check": CHECK,
    "export": EXPORT,
    "coverage": COVERAGE,
    "cache": CACHE,
    "doctor": DOCTOR,
}


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    found = argparse.ArgumentParser(
        prog="srcad", description="Gradients of Python and NumPy, as source."
    )
    commands = found.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.options(commands.add_parser(name, help=command.help))
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit status."""
    asked = parser()
    complete(asked)
    options = asked.parse_args(words)
    try:
        answer = COMMANDS[options.command].run(options)
    except Exception as error:  # of srcad, or of the user's function
        print(f"srcad {options.command}: {described(error)}", file=sys.stderr)
        if "SRCAD_TRACEBACK" in os.environ:
            raise
        return REFUSED
    try:
        print(answer.text, flush=True)
    except BrokenPipeError:  # whoever read it has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return answer.status
