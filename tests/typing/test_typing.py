"""A type checker knows the parameters of what transforms return; and so does `help`."""

from __future__ import annotations

import functools
import importlib.util
import inspect
import pydoc
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from srcad import grad, jacobian, value_and_grad

EXAMPLES = Path(__file__).with_name("examples.py")
HAS_MYPY = importlib.util.find_spec("mypy") is not None
HAS_PYRIGHT = importlib.util.find_spec("pyright") is not None


def mypy(path: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    options = ["--strict", "--warn-unused-ignores", "--python-version", "3.11"]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *options, "--cache-dir", str(cache), str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=EXAMPLES.parent.parent.parent,
    )


@pytest.mark.skipif(not HAS_MYPY, reason="mypy is not installed")
def test_mypy_infers_what_the_examples_say(tmp_path: Path) -> None:
    told = mypy(EXAMPLES, tmp_path / "cache")
    assert told.returncode == 0, told.stdout + told.stderr
    # It does look: what is not so is an error.
    wrong = tmp_path / "wrong.py"
    text = EXAMPLES.read_text(encoding="utf-8")
    wrong.write_text(
        text.replace("tuple[float, float])", "tuple[str, str])"), encoding="utf-8"
    )
    told = mypy(wrong, tmp_path / "cache")
    assert "assert-type" in told.stdout


def pyright(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=EXAMPLES.parent.parent.parent,
    )


@pytest.mark.skipif(not HAS_PYRIGHT, reason="pyright is not installed")
def test_pyright_infers_what_the_examples_say(tmp_path: Path) -> None:
    told = pyright(EXAMPLES)
    assert told.returncode == 0, told.stdout + told.stderr
    wrong = tmp_path / "wrong.py"
    text = EXAMPLES.read_text(encoding="utf-8")
    wrong.write_text(
        text.replace("tuple[float, float])", "tuple[str, str])"), encoding="utf-8"
    )
    told = pyright(wrong)
    assert told.returncode == 1 and "reportAssertTypeFailure" in told.stdout


def loss(w, x, *, rate: float = 0.1):
    """How far off the weights are.

    Parameters are arrays.
    """
    return np.sum((w - x) ** 2) * rate


def test_help_shows_signature_and_what_it_is() -> None:
    text = pydoc.plain(pydoc.render_doc(grad(loss, argnums=(0, 1))))
    assert "loss(w, x, *, rate: 'float' = 0.1)" in text
    assert "Gradient of loss with respect to w, x." in text
    assert "How far off the weights are." in text


def test_docstrings() -> None:
    assert inspect.getdoc(grad(loss)) == (
        "Gradient of loss with respect to w.\n\n"
        "How far off the weights are.\n\nParameters are arrays."
    )

    def f(x):
        return x * x

    assert value_and_grad(f).__doc__ == "Value of f, and gradient with respect to x."
    second = "Gradient of gradient of f with respect to x with respect to x."
    assert grad(grad(f)).__doc__ == second
    bound = functools.partial(loss, np.ones(2))
    assert grad(bound).__doc__.startswith("Gradient of loss with respect to x.")
    assert grad(np.sin).__doc__.startswith("Gradient of sin with respect to ")
    assert jacobian(f).__doc__ == "Jacobian of f with respect to x."
    assert f.__doc__ is None
