"""Settings: the default backend, and what the environment asks for."""

from __future__ import annotations

import os
from dataclasses import dataclass

from srcad.errors import SignatureError

BACKENDS = ("python", "numba", "auto")


@dataclass
class Options:
    """Settings that hold for the process.

    backend : "python", "numba" or "auto".
    copies : every update copies its array first (a check on in-place planning).
    """

    backend: str = "python"
    copies: bool = False


OPTIONS = Options()


def set_default_backend(backend: str) -> None:
    """Choose the backend of transforms that do not name one.

    Parameters
    ----------
    backend : str
        "python", "numba", or "auto" (Numba where it can compile the function).

    Raises
    ------
    SignatureError
        There is no such backend.
    """
    OPTIONS.backend = checked_backend(backend)


def checked_backend(backend: str) -> str:
    """The name, if there is such a backend."""
    if backend not in BACKENDS:
        raise SignatureError(
            f"there is no backend {backend!r}", hint=f"one of {', '.join(BACKENDS)}"
        )
    return backend


def verifying() -> bool:
    """Whether graphs are verified after each pass (`SRCAD_VERIFY=1`)."""
    return os.environ.get("SRCAD_VERIFY", "") == "1"
