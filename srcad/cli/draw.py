"""`srcad draw`: the computational graph of a function, as a picture or as text."""

from __future__ import annotations

import argparse
from typing import Any

from srcad.cli.asked import add_target, wrt_of
from srcad.cli.command import Answer, Command
from srcad.cli.targets import target
from srcad.cli.values import arguments
from srcad.draw import graph


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_target(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="its suffix says what is written: .svg, .html, .dot, .mmd, .txt; "
        "without it the graph is printed as text",
    )
    parser.add_argument("--which", choices=("primal", "adjoint"), default="primal")
    parser.add_argument(
        "--passes", action="store_true", help="after the passes that simplify it"
    )


def run(options: argparse.Namespace) -> Answer:
    """Draw it; with the values and derivatives of one call where `--at` says which."""
    f = target(options.target)
    given, named = arguments(f, options.at) if options.at else ({}, {})
    drawing: Any = graph(
        f,
        *given.values(),
        argnums=wrt_of(f, options.wrt),
        which=options.which,
        passes=options.passes,
        **named,
    )
    if options.output is None:
        return Answer(drawing.to_text())
    return Answer(f"{drawing.save(options.output)} written")


DRAW = Command("the computational graph, as a picture or text", add_options, run)
