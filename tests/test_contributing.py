"""CONTRIBUTING.md is true: its example is the code, and passes the tests it names."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from ops import (
    test_broadcasting,
    test_census,
    test_declarations,
    test_dtypes,
    test_numba,
)
from ops.check import check_derivatives, check_value
from ops.test_harness import fails, fresh  # noqa: F401  (a fixture)
from pages import BLOCK, ROOT

from srcad.ops import declare, elementary
from srcad.ops.declare import OPS, Op

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
(EXAMPLE,) = (code for language, code in BLOCK.findall(TEXT) if language == "python")


def declared(example: str) -> Op:
    """The example's operation, in a table where it is new."""
    taken = OPS.pop("logaddexp2")
    for target in taken.calls:
        del declare._BY_CALL[id(target)]
    namespace = dict(vars(elementary))
    exec(example, namespace)
    op: Op = namespace["logaddexp2"]
    assert op is not taken
    return op


def test_the_example_is_the_code() -> None:
    assert EXAMPLE in Path(elementary.__file__).read_text(encoding="utf-8")


@pytest.mark.usefixtures("fresh")
def test_the_example_passes() -> None:
    op = declared(EXAMPLE)
    assert len(op.samples()) > 5
    with np.errstate(all="ignore"):
        for sample in op.samples():
            check_value(op, sample)
            if sample.derivative:
                check_derivatives(op, sample)


@pytest.mark.usefixtures("fresh")
def test_the_example_with_a_mistake_fails() -> None:
    wrong = EXAMPLE.replace("exp2(y - out)", "exp2(x - out)")
    assert wrong != EXAMPLE
    assert fails(check_derivatives, declared(wrong))


def test_so_many_tests_come_for_free() -> None:
    once, twice = (test_numba, test_broadcasting), (test_dtypes, test_dtypes)
    modules = (*[test_declarations] * 3, *twice * 2, *once)  # of the printed source too
    count = sum(
        case.values[0].name == "logaddexp2"
        for module in modules
        for case in getattr(module, "SAMPLES", None) or module.CASES
    )
    count += np.logaddexp2 in test_census.UFUNCS
    assert f"\n{'.' * count}{' ' * (73 - count)}[100%]\n{count} passed\n" in TEXT


def test_the_commands_name_what_exists() -> None:
    for command in re.findall(r"`((?:python|\.ci)[^`]*)`", TEXT):
        for word in shlex.split(command):
            if re.match(r"(tests|\.ci)/", word):
                assert (ROOT / word).exists(), command
            if word.startswith("tests."):
                assert (ROOT / f"{word.replace('.', '/')}.py").exists(), command


def test_the_files_it_names_exist() -> None:
    for name in re.findall(r"`((?:srcad|tests)/[^` *]*)`", TEXT):
        assert (ROOT / name).exists(), name
