"""Settings: the default backend, and what the environment asks for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from srcad.errors import SignatureError
from srcad.frontend.rules import CHANGES

BACKENDS = ("python", "numba", "auto")


@dataclass
class Options:
    """Settings that hold for the process.

    backend : "python", "numba" or "auto".
    parallel : whether loops whose rounds are independent run on threads (Numba).
    copies : every update copies its array first (a check on in-place planning).

    To set one is noted among the `CHANGES` that quick calls look at.
    """

    backend: str = "python"
    parallel: bool = False
    copies: bool = False

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        CHANGES.append(self)


OPTIONS = Options()


def set_default_backend(backend: str, *, parallel: bool = False) -> None:
    """Choose the backend of transforms that do not name one.

    Parameters
    ----------
    backend : str
        "python", "numba", or "auto" (Numba where it can compile the function).
    parallel : bool
        In Numba, loops whose rounds are independent run on several threads.

    Raises
    ------
    SignatureError
        There is no such backend, or it has no threads.
    """
    checked_parallel(checked_backend(backend), parallel)
    OPTIONS.backend, OPTIONS.parallel = backend, parallel


def checked_backend(backend: str) -> str:
    """The name, if there is such a backend."""
    if backend not in BACKENDS:
        raise SignatureError(
            f"there is no backend {backend!r}", hint=f"one of {', '.join(BACKENDS)}"
        )
    return backend


def checked_parallel(backend: str, parallel: bool | None) -> None:
    """Refuse threads where nothing is compiled."""
    if parallel and backend == "python":
        raise SignatureError(
            "parallel=True needs compiled code: Python runs one thread at a time",
            hint='give backend="numba" as well, or leave parallel out',
        )


def verifying() -> bool:
    """Whether graphs are verified after each pass (`SRCAD_VERIFY=1`)."""
    return os.environ.get("SRCAD_VERIFY", "") == "1"
