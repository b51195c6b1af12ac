"""A command of the command line, and what it answers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

FINE, NO, REFUSED = 0, 1, 2  # exit statuses; argparse gives 2 for wrong usage, too


@dataclass(frozen=True)
class Answer:
    """What a command prints, and its exit status."""

    text: str
    status: int = FINE


@dataclass(frozen=True)
class Command:
    """One command: its help, its options, and what it answers."""

    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Answer]


class Refused(Exception):
    """A command that cannot be run, with the reason for the user."""
