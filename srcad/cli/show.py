"""`srcad show`: the source that srcad writes for a function."""

from __future__ import annotations

import argparse
import json
import sys

from srcad.cli.asked import add_kind, add_target, derivative
from srcad.cli.command import Answer, Command
from srcad.cli.values import arguments
from srcad.reading.colour import for_terminal, wanted


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_target(parser)
    add_kind(parser)
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> Answer:
    """Show it: for arguments like those of `--at`, or for types that are guessed."""
    found = derivative(options)
    if options.at:
        given, named = arguments(found, options.at)
        source = found.source_for(*given.values(), **named)
    else:
        source = found.source
    if options.json:
        shown = {
            "target": options.target,
            "kinds": list(found.kinds),
            "source": str(source),
        }
        return Answer(json.dumps(shown, indent=1))
    text = for_terminal(source) if wanted(sys.stdout) else str(source)
    return Answer(text.rstrip("\n"))


SHOW = Command("the generated source of a derivative", add_options, run)
