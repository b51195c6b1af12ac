"""The pipeline: each step gives a legal program, and the same one each time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad.backend.evaluate import evaluate
from srcad.backend.generate import generate
from srcad.errors import ShapeError, SignatureError
from srcad.frontend.abstract import type_of
from srcad.ir.graph import Program
from srcad.ir.verify import verify
from srcad.pipeline import Step, finished, prepared, transformed, verified, vjp_pair

V = np.array([0.3, -0.5, 1.2])


def square(x):
    return x * x


def loss(x):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0:
            total += square(x[i]) * i
        else:
            total -= x[i]
    return total


def result(program: Program, *args: Any) -> Any:
    """What the main graph gives, without printing it."""
    ((found,), _) = evaluate(program, args)
    return found


def test_each_step_is_legal() -> None:
    lowered = prepared(loss, {"x": type_of(V, "x")})
    steps = (Step("grad"),)
    for program in (
        lowered.program,
        transformed(lowered.program, steps),
        finished(transformed(lowered.program, steps)),
        *vjp_pair(transformed(lowered.program, steps), Step("vjp")),
        transformed(lowered.program, (Step("jvp"), Step("jvp"))),
    ):
        for graph in program.graphs.values():
            verify(graph, program)
        assert verified(program) is program


def test_the_graph_computes_what_the_function_does() -> None:
    lowered = prepared(loss, {"x": type_of(V, "x")})
    assert result(lowered.program, V) == loss(V)
    gradient = transformed(lowered.program, (Step("grad"),))
    assert np.allclose(result(gradient, V), [0.0, -1.0, 4.8])


def test_the_text_is_the_same_each_time() -> None:
    texts = set()
    for _ in range(3):
        lowered = prepared(loss, {"x": type_of(V, "x")})
        program = finished(transformed(lowered.program, (Step("grad"),)))
        texts.add(generate(program).text)
    assert len(texts) == 1


def test_scalar_results_only() -> None:
    lowered = prepared(square, {"x": type_of(V, "x")})
    with pytest.raises(ShapeError, match="1 dimension"):
        transformed(lowered.program, (Step("grad"),))
    lowered = prepared(square, {"x": type_of(1j, "x")})
    with pytest.raises(SignatureError, match="complex"):
        transformed(lowered.program, (Step("grad"),))


def test_values_are_packed() -> None:
    lowered = prepared(square, {"x": type_of(2.0, "x")})
    program = transformed(lowered.program, (Step("value_and_grad"),))
    assert result(program, 3.0) == (9.0, 6.0)
