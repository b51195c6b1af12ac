"""`assert_grads` and the pytest plugin: what a failure shows."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import srcad
from srcad import check_grads, grad, jacobian
from srcad.testing import assert_grads

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent
PLUGIN = ROOT / "srcad" / "plugin"


@srcad.custom_jvp
def half_wrong(x):
    return np.sin(x)


@half_wrong.defjvp
def half_wrong_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    return np.sin(x), 0.5 * np.cos(x) * t


def energy(x, k):
    return np.sum(k * half_wrong(x))


def test_right_derivatives_pass() -> None:
    assert_grads(lambda x, y: np.sum(x * np.exp(y)), np.ones(3), 0.5, order=3)
    assert_grads(grad(lambda x: x**3), 0.5, modes=("fwd",))


def test_the_message_names_line_direction_and_both_numbers() -> None:
    x = np.array([0.3, 0.5])
    with pytest.raises(AssertionError) as caught:
        assert_grads(energy, x, 2.0, modes=("fwd",), argnums=0)
    text = str(caught.value)
    line = energy.__code__.co_firstlineno
    assert f"{__file__}:{line}: def energy(x, k):" in text
    gives, says = (
        float(re.search(rf"{who} +([-+.e\d]+)", text).group(1))
        for who in ("srcad gives", "differences give")
    )
    direction = re.search(r"direction of x: \[([^]]*)\]", text).group(1)
    t = np.array([float(part) for part in direction.split()])
    assert says == pytest.approx(2.0 * np.cos(x) @ t, rel=1e-5)
    assert gives == pytest.approx(np.cos(x) @ t, rel=1e-5)
    assert "cotangent:" not in text


def test_the_message_in_reverse_mode() -> None:
    with pytest.raises(AssertionError, match=r"vjp, .*of energy, order 1") as caught:
        assert_grads(energy, np.ones(2), 2.0, modes=("rev",))
    text = str(caught.value)
    assert "direction of x: [" in text and "direction of k: " in text
    assert "cotangent: " in text
    ((title, source),) = caught.value.srcad_sources
    assert title == "srcad source: vjp of energy"
    assert "def energy_fwd" in source or "def energy" in source


def test_it_is_tight_or_not_as_asked() -> None:
    with pytest.raises(AssertionError):
        assert_grads(energy, np.ones(2), 2.0, order=1)
    assert_grads(energy, np.ones(2), 2.0, order=1, rtol=0.0, atol=1e3)


def test_a_check_gives_a_report() -> None:
    found = check_grads(lambda x: x**3, (0.7,), order=2)
    assert [c.chain.order for c in found] == [1, 1, 2, 2, 2, 2, 2]
    assert all(c.off <= c.allowed for c in found)
    head, *rows = str(found).splitlines()
    assert head.split() == ["derivative", "order", "off", "by", "allowed"]
    assert len(rows) == len(found)
    assert found._repr_html_().count("<tr>") == len(found) + 1
    assert len(check_grads(jacobian(lambda x: x * x), (0.7,), order=1)) == 2


# ---- the plugin ----------------------------------------------------------------------

TESTS = """
    import numpy as np
    import srcad
    from srcad.testing import assert_grads

    @srcad.custom_jvp
    def wrong(x):
        return np.sin(x)

    @wrong.defjvp
    def rule(primals, tangents):
        return np.sin(primals[0]), 0.0 * tangents[0]

    def loss(x):
        return 3.0 * wrong(x)

    def divides(x, y):
        return x / (y - y)

    def test_gradient():
        assert_grads(loss, 0.5)

    def test_error():
        srcad.grad(divides)(1.0, 1.0)

    def test_plain():
        assert False

    def test_passes():
        assert_grads(lambda x: x * x, 0.5)
"""


def ran(pytester: pytest.Pytester, *options: str) -> str:
    pytester.makepyfile(TESTS)
    pytester.syspathinsert(PLUGIN)
    # Blocked by its entry point's name where it is installed, and named here.
    given = ("-p", "no:srcad", "-p", "srcad_pytest", "-p", "no:cacheprovider", *options)
    result = pytester.runpytest_inprocess(*given)
    result.assert_outcomes(failed=3, passed=1)
    return result.stdout.str()


def test_the_source_is_shown_where_asked(pytester: pytest.Pytester) -> None:
    text = ran(pytester, "--srcad-show-source")
    assert "wrong derivative of loss: " in text
    assert re.search(r"-+ srcad source: [jv][vj]p of loss -+\n(?s:.*?)def loss", text)
    assert re.search(r"-+ srcad source: <srcad divides \d+> -+\n(?s:.*?)y - y", text)
    assert len(re.findall(r"^-+ srcad source", text, re.MULTILINE)) == 2


def test_it_is_not_shown_where_not(pytester: pytest.Pytester) -> None:
    text = ran(pytester)
    assert "wrong derivative of loss: " in text
    assert "srcad source" not in text


def test_the_plugin_imports_nothing_of_srcad() -> None:
    text = "import sys, srcad_pytest; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", text],
        capture_output=True,
        text=True,
        check=True,
        cwd=PLUGIN,
    )
    assert not {"srcad", "numpy", "gast"} & set(told.stdout.split())


def test_it_is_entered_for_pytest() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    assert project["project"]["entry-points"]["pytest11"] == {"srcad": "srcad_pytest"}
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"srcad/plugin/srcad_pytest.py": "srcad_pytest.py"}
    assert (PLUGIN / "srcad_pytest.py").is_file()
