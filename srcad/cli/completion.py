"""Completion in shells by argcomplete, where it is installed: `srcad[completion]`.

In bash: `eval "$(register-python-argcomplete srcad)"`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
from typing import Any

argcomplete: Any = None
with contextlib.suppress(ImportError):
    argcomplete = importlib.import_module("argcomplete")


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks what could be typed next."""
    if argcomplete is not None:
        argcomplete.autocomplete(parser)
