"""The generated source, kept on disk for the next process.

Takes what a compiled function is made from (`Request`); gives the source another
process made, if all that it relied on is the same here: the code of the function and of
all that it calls, the types of the arguments and of the data it reads, the versions of
srcad, Python and NumPy. What cannot be told is not kept: a wrong answer is worse than a
slow one. Text and JSON only; `SRCAD_CACHE=0` turns it off.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srcad.backend.generate import Generated
from srcad.cache import store
from srcad.cache.fingerprint import Untold, digest, fingerprint
from srcad.cache.records import Stored, record_of, stored_in
from srcad.cache.tools import TOOLS
from srcad.ir.types import Type
from srcad.pipeline import Step

__all__ = ["Request", "Stored", "file_for", "keep", "recall"]


@dataclass(frozen=True, eq=False)
class Request:
    """What a compiled function is made from.

    function : the user's plain Python function.
    steps : the transforms, the innermost first.
    types : those of its parameters.
    dialect, copies, threads : how it is printed.
    """

    function: Any
    steps: tuple[Step, ...]
    types: Mapping[str, Type]
    dialect: str
    copies: bool
    threads: bool = False

    @functools.cached_property
    def key(self) -> str | None:
        """The name of its records; None where it cannot be told from others."""
        try:
            parts = [
                fingerprint(self.function),
                self.function.__qualname__,
                fingerprint(tuple(self.steps)),
                fingerprint(dict(self.types)),
            ]
        except (Untold, RecursionError):
            return None
        how = f"{self.dialect} {self.copies} {self.threads}"
        return digest([TOOLS, *parts, how])


def recall(request: Request) -> Stored | None:
    """What an earlier process made for a request, where it still holds."""
    if not store.enabled() or request.key is None:
        return None
    for record in store.read(request.key):
        found = stored_in(record, request.function)
        if found is not None:
            return found
    return None


def keep(request: Request, stored: Stored) -> None:
    """Keep what was made for a request, where another process could use it."""
    if not store.enabled() or request.key is None:
        return
    try:
        record = record_of(request.function, stored)
    except (Untold, RecursionError, LookupError):
        return
    store.write(request.key, record)


def file_for(generated: Generated) -> Path | None:
    """A file with the generated text, where Numba can keep what it compiles of it."""
    if generated.dialect != "numba" or not store.enabled():
        return None
    return store.source_file(generated.name, generated.text, TOOLS)
