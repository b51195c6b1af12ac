"""`srcad explain`: a page that steps through a call, forwards and backwards."""

from __future__ import annotations

import argparse

from srcad.cli.asked import add_target, wrt_of
from srcad.cli.command import Answer, Command
from srcad.cli.targets import target
from srcad.cli.values import arguments
from srcad.draw import explain


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_target(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="explain.html", help="explain.html"
    )


def run(options: argparse.Namespace) -> Answer:
    """Write the page."""
    f = target(options.target)
    given, named = arguments(f, options.at)
    page = explain(f, *given.values(), argnums=wrt_of(f, options.wrt), **named)
    return Answer(f"{page.save(options.output)} written: open it in a browser")


EXPLAIN = Command("a page that steps through a call", add_options, run)
