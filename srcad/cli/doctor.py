"""`srcad doctor`: versions, cache, backends, and whether a gradient comes out right."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
from typing import Any

from srcad.api import grad
from srcad.cache import store
from srcad.cli.cache import state
from srcad.cli.command import NO, Answer, Command
from srcad.errors import SrcadError

NEEDED = ("numpy", "gast", "astor")
OPTIONAL = ("scipy", "numba", "argcomplete")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> Answer:
    """Tell how this installation is; status 1 where something does not work."""
    found = found_here()
    backends, cache = found["backends"], found["cache"]
    right = backends["python"] == "works" and all(found["needed"].values())
    right &= backends["numba"] in ("works", "not installed")
    right &= cache["usable"] or not cache["enabled"]
    status = 0 if right else NO
    if options.json:
        return Answer(json.dumps({**found, "right": right}, indent=1), status)
    named = {"srcad": found["srcad"], "python": found["python"]}
    named |= found["needed"] | found["optional"]
    lines = [
        f"{name:<12}{version or 'not installed'}" for name, version in named.items()
    ]
    lines += ["", "backends"] + [f"  {k:<8} {v}" for k, v in backends.items()]
    lines += ["", "cache"] + [f"  {line}" for line in state()]
    return Answer("\n".join(lines), status)


def found_here() -> dict[str, Any]:
    """Versions, backends and cache of this installation."""
    return {
        "srcad": _version("srcad"),
        "python": f"{platform.python_version()} on {platform.platform()}",
        "needed": {name: _version(name) for name in NEEDED},
        "optional": {name: _version(name) for name in OPTIONAL},
        "backends": {name: _tried(name) for name in ("python", "numba")},
        "cache": store.info(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cube(x: float) -> float:
    return x**3


def _tried(backend: str) -> str:
    """Whether a backend gives the derivative of a cube."""
    if backend == "numba" and _version("numba") is None:
        return "not installed"
    try:
        found = grad(_cube, backend=backend)(2.0)
    except SrcadError as error:
        return f"fails: {error.message}"
    return "works" if found == 12.0 else f"WRONG: the slope of x**3 at 2 is {found}"


DOCTOR = Command("versions, cache and backends of this installation", add_options, run)
