"""Fingerprints: one text for each thing; and what writes the source, by its files."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import srcad
from srcad.cache.fingerprint import fingerprint
from srcad.cache.tools import TOOLS, files_of
from srcad.ir.sizes import Size
from srcad.ir.types import (
    BOOL,
    FLOAT,
    INT,
    UNKNOWN,
    Array,
    Dict,
    List,
    Maybe,
    Scalar,
    Static,
    Tuple,
)
from srcad.pipeline import Step

SIZES = (1, 2, Size("x.0"), Size("x.1"), Size("x.0", 1), Size("x.0", 0, True))
SIZES += (Size("x.0\0int 1"), Size("x.0', 'int 1"))


class Pair(tuple[Any, ...]):
    """A tuple of another class."""


def types() -> list[Any]:
    flat = [BOOL, INT, FLOAT, UNKNOWN, Scalar("float", "float64"), Scalar("int", "", 3)]
    flat += [Array("float64", ()), Array("float32", (1,)), Static("a"), Static(None)]
    flat += [Array("float64", (d,)) for d in SIZES]
    flat += [Array("float64", pair) for pair in itertools.product(SIZES[:4], repeat=2)]
    few = [FLOAT, Array("float64", (SIZES[2],)), Static("float"), Tuple(()), Maybe(INT)]
    rows = [row for n in range(4) for row in itertools.product(few, repeat=n)]
    nested = [Tuple(row) for row in rows] + [Tuple((Tuple(row),)) for row in rows]
    nested += [Tuple((FLOAT, FLOAT), list), Tuple((FLOAT, FLOAT), Pair)]
    nested += [Dict(("a", "b")[: len(row)], row) for row in rows if len(row) < 3]
    nested += [Dict(("b", "a"), (FLOAT, INT)), Dict((0, "a"), (FLOAT, INT))]
    nested += [List(t) for t in few] + [Maybe(t) for t in few[:4]]
    return list(dict.fromkeys([*flat, *nested]))


def test_types_that_differ_have_other_fingerprints() -> None:
    found = types()
    assert len(found) > 350
    assert len({fingerprint(t) for t in found}) == len(found)
    assert len({fingerprint({"x": t, "y": FLOAT}) for t in found}) == len(found)


def test_steps_that_differ_have_other_fingerprints() -> None:
    steps = [
        Step(kind, wrt, *flags)
        for kind in ("grad", "jvp")
        for wrt in ((0,), (1,), (0, 1))
        for flags in itertools.product((True, False), repeat=3)
    ]
    chains = [(), *itertools.product(steps), *itertools.product(steps, steps)]
    assert len({fingerprint(chain) for chain in chains}) == len(chains)


def test_all_files_of_a_package_count(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    (inner / "__pycache__").mkdir(parents=True)
    for name in ("a.py", "inner/b.py", "inner/data.txt", "inner/__pycache__/c.py"):
        (tmp_path / name).write_text("x = 1\n")
    (inner / "again").symlink_to(tmp_path, target_is_directory=True)
    first = files_of(tmp_path)
    names = [line.split()[0] for line in first]
    assert names == [str(tmp_path / "a.py"), str(inner / "b.py")]
    os.utime(inner / "b.py", ns=(1, 1))
    second = files_of(tmp_path)
    assert second[0] == first[0] and second[1] != first[1]
    (tmp_path / "a.py").write_text("x = 12\n")
    assert files_of(tmp_path)[0] != first[0]
    assert files_of(tmp_path / "absent") == []


def test_the_tools_are_all_of_srcad() -> None:
    package = Path(srcad.__file__).parent
    assert len(files_of(package)) == sum(1 for _ in package.rglob("*.py")) > 300
    assert len(TOOLS) == 32
