"""`srcad cache`: what is kept on disk of earlier sessions."""

from __future__ import annotations

import argparse
import json

from srcad.cache import store
from srcad.cli.command import Answer, Command


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("what", choices=("info", "clear"))
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> Answer:
    """Tell of the cache, or empty it."""
    if options.what == "clear":
        count = store.clear()
        if options.json:
            return Answer(json.dumps({"deleted": count}))
        return Answer(f"{count} record{'s' * (count != 1)} deleted")
    found = store.info()
    if options.json:
        return Answer(json.dumps(found, indent=1))
    return Answer("\n".join(state()))


def state() -> list[str]:
    """The cache in a few lines."""
    found = store.info()
    use = "in use" if found["enabled"] else "turned off by SRCAD_CACHE=0"
    if found["enabled"] and not found["usable"]:
        use = "not used: the directory must be yours, with mode 0700"
    return [
        f"directory  {found['directory']}",
        f"state      {use}",
        f"records    {found['records']}, {found['bytes'] / 1024:.0f} KiB",
    ]


CACHE = Command("what is kept on disk: info, clear", add_options, run)
