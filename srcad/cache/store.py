"""Records on disk: text with its own hash, in a directory that only the user can write.

One file is one record: a line with the SHA-256 of the rest, and the rest, JSON. It is
written under another name and moved, so that no process reads half of one. What is
damaged, or not the user's own, counts as absent; where nothing can be written, nothing
is kept. Directories follow the rules of each system for caches (XDG on Linux).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FORMAT = "1"  # of the records; another format has another directory
VARIANTS = 8  # records for one key
FILES = 4096  # beyond that the oldest go


def enabled() -> bool:
    """Whether records are kept at all (`SRCAD_CACHE=0` says no)."""
    return os.environ.get("SRCAD_CACHE", "1") != "0"


def directory() -> Path:
    """The directory of the records: `SRCAD_CACHE_DIR`, or the user's cache."""
    own = os.environ.get("SRCAD_CACHE_DIR")
    return (Path(own) if own else _user_cache() / "srcad") / FORMAT


def _user_cache() -> Path:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    return Path(xdg) if os.path.isabs(xdg) else Path.home() / ".cache"


def _is_ours(path: Path) -> bool:
    """Whether a directory is the user's own, and nobody else can write to it."""
    if not hasattr(os, "getuid"):
        return path.is_dir()
    try:
        found = os.lstat(path)
    except OSError:
        return False
    private = not found.st_mode & 0o077
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and private


def read(key: str) -> Iterator[dict[str, Any]]:
    """The records for a key, the latest first."""
    home = directory()
    if not _is_ours(home):
        return
    for path in _latest_first(os.path.join(home, key)):
        record = _read(path)
        if record is not None:
            yield record


def _latest_first(folder: str) -> list[str]:
    try:
        found = [e for e in os.scandir(folder) if e.name.endswith(".json")]
        if len(found) > 1:
            found.sort(key=lambda e: (e.stat().st_mtime_ns, e.path), reverse=True)
    except OSError:
        return []
    return [entry.path for entry in found]


def _read(path: str) -> dict[str, Any] | None:
    try:
        with open(path, "rb", buffering=0) as file:
            said, _, body = file.readall().partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != said:
            return None
        record = json.loads(body)
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def write(key: str, record: dict[str, Any]) -> None:
    """Keep a record; where that cannot be, do nothing."""
    home = directory()
    with contextlib.suppress(OSError):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(home):
            return
        folder = home / key
        folder.mkdir(mode=0o700, exist_ok=True)
        body = json.dumps(record, separators=(",", ":")).encode()
        said = hashlib.sha256(body).hexdigest()
        _replace(folder / f"{said[:16]}.json", said.encode() + b"\n" + body)
        for old in _latest_first(str(folder))[VARIANTS:]:
            Path(old).unlink(missing_ok=True)
        _prune(home)


def source_file(name: str, text: str, tools: str) -> Path | None:
    """A file that holds generated text, for Numba; None where none can be had.

    tools : what the compiled code depends on besides the text; another file for each.
    """
    home = directory()
    said = hashlib.sha256(f"{tools}\n{text}".encode()).hexdigest()
    path = home / "numba" / f"srcad_{name}_{said[:16]}.py"
    with contextlib.suppress(OSError):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(home):
            return None
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists() or path.read_bytes() != text.encode():
            _replace(path, text.encode())
        return path
    return None


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _prune(home: Path) -> None:
    """Drop the oldest quarter of the keys where there are too many."""
    keys = [(entry.stat().st_mtime_ns, entry.path) for entry in os.scandir(home)]
    if len(keys) > FILES:
        for _, path in sorted(keys)[: FILES // 4]:
            shutil.rmtree(path, ignore_errors=True)


def info() -> dict[str, Any]:
    """Where the cache is, whether it is in use, how many records it has, how large."""
    home = directory()
    files = [p for p in home.rglob("*") if p.is_file()]
    return {
        "directory": str(home),
        "enabled": enabled(),
        "usable": _is_ours(home) or not home.exists(),
        "records": sum(p.suffix == ".json" for p in files),
        "bytes": sum(p.stat().st_size for p in files),
    }


def clear() -> int:
    """Delete all records; gives how many there were."""
    count = int(info()["records"])
    shutil.rmtree(directory(), ignore_errors=True)
    return count
