"""The generated source of value_and_grad, as text and as a module of its own.

`pytest --update-golden` writes tests/golden/ anew; read what changed.
"""

import ast
from pathlib import Path

import golden_programs
import handwritten
import numpy as np
import pytest
from trees import close, difference, dot, same, tree_map

import srcad

GOLDEN = Path(__file__).parent / "golden"
NAMES = (*handwritten.NAMES, *golden_programs.NAMES)
every_program = pytest.mark.parametrize("name", NAMES)


def program(name):
    """(function, argnums, arguments) of a program."""
    if name in golden_programs.NAMES:
        return golden_programs.arguments(name)
    case = handwritten.load(name)
    return case.primal, case.WRT, handwritten.arguments(case, "tiny")


def golden(name):
    return (GOLDEN / f"{name}.py").read_text(encoding="utf-8")


@every_program
def test_text(name, request):
    function, argnums, args = program(name)
    text = srcad.value_and_grad(function, argnums=argnums).source_for(*args)
    if request.config.getoption("--update-golden"):
        (GOLDEN / f"{name}.py").write_text(text, encoding="utf-8")
    assert text == golden(name)


@every_program
def test_the_text_runs_alone(name):
    """It needs NumPy, and SciPy where the user's code does, but not srcad."""
    function, argnums, args = program(name)
    text = golden(name)
    tree = ast.parse(text)
    needed = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert {module.split(".")[0] for module in needed} <= {"numpy", "math", "scipy"}
    scope = {}
    exec(compile(text, f"{name}.py", "exec"), scope)
    alone = scope[tree.body[-1].name]
    value, grads = alone(*args)
    found = srcad.value_and_grad(function, argnums=argnums)(*args)
    assert same((value, grads), found)
    assert close(value, function(*args), 1e-12)


@pytest.mark.parametrize("name", golden_programs.NAMES)
def test_the_gradient_is_right(name):
    function, argnums, args = program(name)
    _, grads = srcad.value_and_grad(function, argnums=argnums)(*args)
    rng = np.random.default_rng(1)
    for where, grad in zip(argnums, grads, strict=True):
        direction = tree_map(lambda a: rng.normal(size=np.shape(a)), args[where])

        def value(moved, where=where):
            return function(*args[:where], moved, *args[where + 1 :])

        numeric = difference(value, args[where], direction)
        assert abs(dot(direction, grad) - numeric) <= 1e-7 * max(1.0, abs(numeric))


def test_no_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.py")} == set(NAMES)
