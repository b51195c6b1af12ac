"""The notebook's cells run in order, as Jupyter would run them."""

import ast
import linecache
import re
import socket
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook" / "tutorial.py"
CELL = re.compile(r"^# %%(.*)\n", re.MULTILINE)


def cells():
    """The cells, as (whether it is code, its text)."""
    before, *rest = CELL.split(NOTEBOOK.read_text(encoding="utf-8"))
    assert before == ""
    return [(kind == "", text) for kind, text in zip(rest[::2], rest[1::2])]


@pytest.fixture
def no_network(monkeypatch):
    def refused(*args):
        raise AssertionError("a notebook of the tutorial needs no network")

    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.mark.usefixtures("no_network")
def test_the_cells_run_in_order(capsys):
    namespace, shown = {"__name__": "__main__"}, []
    for number, (is_code, text) in enumerate(cells(), start=1):
        if is_code:
            name = f"<cell {number}>"
            linecache.cache[name] = len(text), None, text.splitlines(True), name
            *body, last = ast.parse(text).body
            exec(compile(ast.Module(body, []), name, "exec"), namespace)
            if isinstance(last, ast.Expr):
                shown.append(eval(compile(ast.unparse(last), name, "eval"), namespace))
            else:
                exec(compile(ast.Module([last], []), name, "exec"), namespace)
    assert namespace["gradient"](1.0, 3.0, -3.0) == (-3.0, -3.0, 4.0)
    assert [s.derivative for s in namespace["graph"]] == [-3, -3, 4, -3, 1]
    assert sum("<svg" in getattr(x, "_repr_svg_", str)() for x in shown) == 2
    assert namespace["epoch"] < 4999  # it stopped by itself
    assert namespace["losses"][-1] < namespace["losses"][0] / 20
    out = capsys.readouterr().out
    assert "def orbit(x, rate, rounds)" in out and "stopped at epoch" in out


def test_text_cells_are_comments():
    kinds = [is_code for is_code, _ in cells()]
    assert kinds.count(False) > 5 and kinds.count(True) > 5
    for is_code, text in cells():
        if not is_code:
            assert all(line.startswith("#") for line in text.splitlines() if line)
