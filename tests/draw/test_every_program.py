"""The programs that all modes are tested on, drawn: the same derivatives, no crash."""

import contextlib
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import srcad
from srcad import grad
from tests.programs import test_programs  # noqa: F401  (it enters the programs)
from tests.programs.registry import PROGRAMS

CHOSEN = [*sorted(PROGRAMS)[::11], "conversions.logs"]


def flat(value):
    if value is None:
        return np.zeros(0)
    if hasattr(value, "__dict__"):
        value = vars(value)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return np.concatenate([np.zeros(0), *map(flat, value)])
    return np.ravel(np.asarray(value, dtype=complex))


@pytest.mark.parametrize("name", CHOSEN)
@pytest.mark.filterwarnings("ignore")
def test_the_picture_has_the_gradient(name):
    program = PROGRAMS[name]
    f, argnums = program.function, program.argnums
    with contextlib.redirect_stdout(io.StringIO()):
        drawing = srcad.graph(f, *program.fresh(), argnums=argnums)
        told = srcad.explain(f, *program.fresh(), argnums=argnums)
    ET.fromstring(drawing.to_svg(fold=False))
    assert drawing.to_text() and drawing.to_dot() and drawing.to_mermaid()
    assert len(told.story.steps) > 0
    if drawing.note:
        return
    run, back = drawing.numbers.trace, drawing.numbers.derivatives
    wrt = [k for k, v in enumerate(run.params) if v in back.whole]
    if isinstance(argnums, (int, tuple)):
        wrt = [argnums] if isinstance(argnums, int) else list(argnums)
    wrt = [k for k in wrt if k < len(program.args)]
    assert wrt
    with contextlib.redirect_stdout(io.StringIO()):
        expected = grad(f, argnums=tuple(wrt))(*program.fresh())
    for k, g in zip(wrt, expected):
        found = flat(back.whole.get(run.params[k]))
        g = flat(g)
        if found.size:
            np.testing.assert_allclose(found, g, rtol=1e-6, atol=1e-9)
        else:
            assert not g.any()
