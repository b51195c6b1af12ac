"""Python's search for cycles, paused while a program is transformed or compiled.

A transform makes objects by the million, and nearly all of them stay until it is done.
Python would look through them for cycles again and again: a third of the time, for a
program of a thousand statements; a tenth of Numba's.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Let Python search for no cycles meanwhile; references are counted as ever."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
