"""What writes the source and runs it: the versions, and srcad by its own files.

Read when srcad is imported: a file that is edited later is not what this process runs,
and what it keeps must not be served to one that does.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import numpy as np

import srcad.errors
from srcad.cache.fingerprint import digest


def files_of(package: Path) -> list[str]:
    """The Python files of a package, each with its size and time, in order."""
    found, folders = [], [str(package)]
    while folders:
        with contextlib.suppress(OSError):  # not in a directory, such as in a zip file
            for entry in os.scandir(folders.pop()):
                if entry.name.endswith(".py"):
                    stat = entry.stat()
                    found.append(f"{entry.path} {stat.st_size} {stat.st_mtime_ns}")
                elif entry.name != "__pycache__" and entry.is_dir(
                    follow_symlinks=False
                ):
                    folders.append(entry.path)
    return sorted(found)


_PACKAGE = Path(srcad.errors.__file__).parent
TOOLS = digest([sys.version, np.__version__, *files_of(_PACKAGE)])
