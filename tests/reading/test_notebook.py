"""Cells of a notebook: run again with other definitions, and shown."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Iterator

import pytest

from srcad import check_grads, diff, grad


class Notebook:
    """Runs cells as IPython does: each under a name of its own, known to linecache."""

    def __init__(self) -> None:
        self.names: dict = {"grad": grad}
        self.files: list[str] = []
        self.numbers = itertools.count(1)

    def run(self, cell: str) -> None:
        name = f"<ipython-input-{next(self.numbers)}-{hash(cell) & 0xFFFFFF:x}>"
        lines = cell.splitlines(keepends=True)
        linecache.cache[name] = (len(cell), None, lines, name)
        self.files.append(name)
        exec(compile(cell, name, "exec", dont_inherit=True), self.names)

    def __getitem__(self, name: str):
        return self.names[name]


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    made = Notebook()
    yield made
    for name in made.files:
        linecache.cache.pop(name, None)


@pytest.mark.parametrize("called_before", [True, False])
def test_a_function_defined_again(notebook: Notebook, called_before: bool) -> None:
    notebook.run("def f(x):\n    return x * x\n")
    notebook.run("df = grad(f)\n")
    old = notebook["df"]
    if called_before:
        assert old(3.0) == 6.0
    notebook.run("def f(x):\n    # another\n    return x * x * x\n")
    assert old(3.0) == 6.0  # it was made from the first one
    assert "x * x * x" not in old.source
    assert "return x * x\n" in linecache.getline(notebook.files[0], 2)
    notebook.run("df = grad(f)\n")
    new = notebook["df"]
    assert new(3.0) == 27.0
    assert old(3) == 6.0 and old(3.0) == 6.0
    assert old.source_map.generated(2, notebook.files[0])
    assert new.source_map.generated(3, notebook.files[2])
    assert not new.source_map.generated(3, notebook.files[0])


def test_a_helper_defined_again(notebook: Notebook) -> None:
    notebook.run("def h(x):\n    return 2.0 * x\n")
    notebook.run("def f(x):\n    return h(x) * x\ndf = grad(f)\n")
    df = notebook["df"]
    assert df(3.0) == 12.0
    notebook.run("def h(x):\n    return 5.0 * x\n")
    assert df(3.0) == 30.0  # as a call of f would
    assert "5.0" in df.source and "2.0 * x\n" not in df._repr_html_()
    notebook.run("h = abs\n")
    assert df(-3.0) == 6.0  # of -x * x


def test_the_same_cell_twice(notebook: Notebook) -> None:
    for _ in range(2):
        notebook.run("@grad\ndef df(x):\n    return x * x\n")
        assert notebook["df"](2.0) == 4.0


def test_all_of_it_can_be_shown(notebook: Notebook) -> None:
    notebook.run("def f(x):\n    y = x * x\n    return y * y\n")
    df = grad(notebook["f"])
    df(2.0)
    shown = [df, df.source, df.source_map, diff(df), df.memory(2.0)]
    shown.append(check_grads(notebook["f"], (2.0,)))
    for thing in shown:
        page = thing._repr_html_()
        assert page.startswith("<style>") and page.endswith("</div>")
        assert page.count("<div") == page.count("</div>")
        assert "prefers-color-scheme" in page
    assert "&lt;ipython-input-1-" in df._repr_html_()
