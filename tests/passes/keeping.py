"""What a gradient keeps of s in loops, with the pass for it and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from lowering import types_at
from trees import close, leaves

from srcad import pipeline
from srcad.backend import function as loading
from srcad.backend.generate import generate
from srcad.passes.kept_once import kept_once
from srcad.pipeline import (
    Step,
    compiled_form,
    finished,
    for_loops,
    prepared,
    transformed,
)

W = np.linspace(0.4, 1.3, 4)


def made(function: Callable[..., Any], args: Any, dialect: str) -> tuple[Any, str]:
    """What the gradient's source gives when it is run, and its text."""
    types = types_at(function, *args)
    steps = [Step("value_and_grad", (0,), True)]
    program = transformed(prepared(function, types, dialect).program, steps)
    if dialect == "numba":
        program = for_loops(finished(compiled_form(program)))
    else:
        program = finished(program)
    printed = generate(program)
    np.random.seed(3)
    return loading.load(printed)(*args), printed.text


def kept(text: str) -> int:
    """How many lists and arrays there are for what is kept of s."""
    return len(re.findall(r"\bsaved_s(?:_\d+)? = (?:\[\]|np\.empty)", text))


def check(function: Callable[..., Any], n: int, dialect: str, monkeypatch: Any) -> int:
    """How many lists keep s, where the numbers are those without the pass."""
    found, text = made(function, (W, n), dialect)
    others = tuple(p for p in pipeline.ADJOINT if p is not kept_once)
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "ADJOINT", others)
        wanted, _ = made(function, (W, n), dialect)
    pairs = zip(leaves(found), leaves(wanted), strict=True)
    assert all(close(a, b, 1e-13) for a, b in pairs)
    return kept(text)
