"""The house keeps its floors: who may import whom, and where.

The rules are those of STYLE.md, read from the import statements of each file.
"""

import ast
import sys
from pathlib import Path

import srcad

# From the ground up; modules on one floor but in different rooms do not meet.
FLOORS = [
    [
        {"errors", "source", "source_text", "source_match", "source_unwrap"}
        | {"instances", "deep", "collecting"},
    ],
    [{"ir"}],
    [{"ops"}],
    [{"frontend"}, {"passes"}],
    [{"ad"}, {"backend"}],
    [
        {"pipeline", "dispatch", "entry", "quick", "refusals", "signature"}
        | {"cache", "options"},
    ],
    [
        {"api", "gradients", "products", "jacobians", "plain", "transform", "typed"}
        | {"arrays", "results", "nested", "rules", "syntax_check", "reading"}
        | {"check", "coverage", "draw", "cli", "testing", "__init__", "__main__"}
        | {"export", "optim", "plugin"},
    ],
]
ROOMS = {
    name: (level, room)
    for level, rooms in enumerate(FLOORS)
    for room, names in enumerate(rooms)
    for name in names
}
# What srcad cannot do without may be imported anywhere; the rest in one file each.
NEEDED = {"numpy", "gast"}
EXACTLY_ONE = {"astor"}
LONG = 400


def violations(package: Path) -> list[str]:
    """Return what breaks the rules in a package, one readable line each."""
    found: list[str] = []
    importers: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        here = path.relative_to(package.parent).as_posix()
        home = path.relative_to(package).parts[0].removesuffix(".py")
        if home not in ROOMS:
            found.append(f"{here}: {home} has no floor; give it one in {__name__}")
            continue
        found += [
            f"{here}:{line}: import inside {name}; imports stand at the top"
            for name, line in inner_imports(tree)
        ]
        for module, line in imported(tree, path, package):
            top, *rest = module.split(".")
            if top == package.name:
                target = rest[0] if rest else "__init__"
                if message := step(home, target):
                    found.append(f"{here}:{line}: {message}")
            elif top not in NEEDED and top not in sys.stdlib_module_names:
                importers.setdefault(top, set()).add(here)
    for name, files in sorted(importers.items()):
        if len(files) > 1:
            listed = ", ".join(sorted(files))
            found.append(f"{name} is imported in several files: {listed}")
    if (package / "pipeline.py").exists():
        missing = sorted(EXACTLY_ONE - set(importers))
        found += [f"{name} is imported nowhere" for name in missing]
    return found


def step(home: str, target: str) -> str:
    """Say what is wrong with `home` importing from `target`; "" where nothing is."""
    if target not in ROOMS:
        return f"{home} imports {target}, which has no floor"
    (level, room), (other, other_room) = ROOMS[home], ROOMS[target]
    if other > level:
        return f"{home} (floor {level}) imports up, from {target} (floor {other})"
    if other == level and other_room != room:
        return f"{home} imports across the bar, from {target} (floor {level})"
    return ""


def imported(tree: ast.Module, path: Path, package: Path):
    """Yield (absolute dotted name, line) of all that a file imports."""
    folder = list(path.relative_to(package.parent).parent.parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module != package.name:
                yield module, node.lineno
                continue
            for alias in node.names:  # `from srcad import x`: a module or a name?
                inside = package / alias.name
                is_module = inside.is_dir() or inside.with_suffix(".py").exists()
                yield f"{module}.{alias.name}" if is_module else module, node.lineno


def inner_imports(tree: ast.Module):
    """Yield (function name, line) of imports inside functions."""
    for outer in ast.walk(tree):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(outer):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield outer.name, node.lineno


def test_the_house_stands():
    package = Path(srcad.__file__).parent
    for path in sorted(package.rglob("*.py")):
        # Not a rule: one idea may need the room. Shown by `pytest -rP`.
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONG:
            print(f"note: {path.relative_to(package)} has {lines} lines; two ideas?")
    found = violations(package)
    assert not found, "\n" + "\n".join(found)


def house(tmp_path: Path, **files: str) -> list[str]:
    """Build a small package (``ir__types="..."`` is ir/types.py) and check it."""
    package = tmp_path / "srcad"
    for name, text in {"__init__": "", **files}.items():
        folder, _, module = name.rpartition("__") if name[0] != "_" else ("", "", name)
        path = package / folder / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return violations(package)


def test_down_and_sideways_in_one_room_is_fine(tmp_path):
    assert not house(
        tmp_path,
        errors="import ast",
        source="from srcad.errors import Span",
        ir__types="from srcad import errors\nimport numpy as np",
        ir__graph="from .types import Value\nfrom ..errors import Span",
        ad__reverse="import srcad.ir.graph\nfrom srcad.passes import dce",
        passes__dce="from srcad.ops import table",
        ops__table="import scipy.special",
        dispatch="from srcad.cache import load",
        cache="from srcad.ad.reverse import reverse",
        __init__="from srcad.api import grad",
        api="from srcad.dispatch import call",
    )


def test_up_is_refused(tmp_path):
    assert house(tmp_path, ir__types="\nfrom srcad.ops import sin", ops__sin="") == [
        "srcad/ir/types.py:2: ir (floor 1) imports up, from ops (floor 2)"
    ]


def test_up_by_a_relative_import_is_refused(tmp_path):
    found = house(tmp_path, ir__types="from ..ops import sin", ops__sin="")
    assert found == ["srcad/ir/types.py:1: ir (floor 1) imports up, from ops (floor 2)"]
    found = house(tmp_path / "again", errors="from . import api", api="")
    assert found == [
        "srcad/errors.py:1: errors (floor 0) imports up, from api (floor 6)"
    ]


def test_the_package_itself_is_the_top_floor(tmp_path):
    (message,) = house(tmp_path, ops__sin="from srcad import grad")
    assert "imports up, from __init__ (floor 6)" in message
    (message,) = house(tmp_path / "again", ops__sin="import srcad")
    assert "imports up, from __init__ (floor 6)" in message


def test_across_a_bar_is_refused(tmp_path):
    found = house(
        tmp_path,
        ad__reverse="from srcad.backend import emit",
        backend__emit="",
        passes__dce="import srcad.frontend.lower",
    )
    assert found == [
        "srcad/ad/reverse.py:1: ad imports across the bar, from backend (floor 4)",
        "srcad/passes/dce.py:1: passes imports across the bar, from frontend (floor 3)",
    ]


def test_imports_inside_functions_are_refused(tmp_path):
    (message,) = house(tmp_path, errors="def f():\n    if 1:\n        import os")
    assert message == "srcad/errors.py:3: import inside f; imports stand at the top"


def test_optional_packages_are_imported_in_one_file_each(tmp_path):
    (message,) = house(
        tmp_path,
        backend__emit="import astor",
        backend__numba="import numba",
        check="try:\n    from numba import njit\nexcept ImportError:\n    pass",
    )
    assert message == (
        "numba is imported in several files: srcad/backend/numba.py, srcad/check.py"
    )


def test_astor_is_imported_somewhere(tmp_path):
    assert house(tmp_path, pipeline="") == ["astor is imported nowhere"]


def test_a_module_without_a_floor_is_refused(tmp_path):
    found = house(tmp_path, attic="", errors="from srcad import attic")
    assert len(found) == 2
    assert found[0].startswith("srcad/attic.py: attic has no floor")
    assert found[1] == "srcad/errors.py:1: errors imports attic, which has no floor"
