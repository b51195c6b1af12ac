"""The harness sees what is wrong: for each kind, each defect makes it fail.

A rule that is off by one part in a thousand, in forward mode, in reverse mode, or in
the second order only; a wrong type; a param that is ignored; a wrong Numba code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import srcad.ops  # noqa: F401  (declares every family)
from srcad.ir.graph import Node, Value
from srcad.ir.types import Array, is_number
from srcad.ops import declare
from srcad.ops.circular import cos, sin
from srcad.ops.declare import OPS, Op, custom
from srcad.ops.derived import derived
from srcad.ops.domain import at, spaced
from srcad.ops.fit import spread, sum_
from srcad.ops.formulas import by_formula, by_tangent
from srcad.ops.kinds import bilinear, elementwise, linear
from srcad.ops.reduced import reduced

from .check import check_derivatives, check_value
from .test_declarations import unsampled, untested

TABLES = ("OPS", "METHODS", "_BY_CALL", "_BY_PATH", "_BY_UFUNC", "_VARIANTS")


@pytest.fixture
def fresh() -> Iterator[None]:
    """A table of operations that is put back afterwards."""
    tables = [getattr(declare, name) for name in TABLES]
    kept = [dict(table) for table in tables]
    yield
    for table, before in zip(tables, kept, strict=True):
        table.clear()
        table.update(before)


def fails(check: Callable[[Any, Any], None], op: Op) -> bool:
    """Whether a check fails at one of the samples."""
    for sample in op.samples():
        try:
            with np.errstate(all="ignore"):
                check(op, sample)
        except AssertionError:
            return True
    return False


# ---- rules that are off, by what declares them ---------------------------------------

OFF = 1.001
X = spaced(-1.0, 1.5, (2, 3))
Y = spaced(0.5, 2.0, (2, 3))


def points() -> Any:
    return [at(X), at(X[0])]


def same(x: Any, **_: Any) -> Any:
    return x


def elementwise_off() -> Op:
    return elementwise(
        "off", calls=(), infer=same, code="np.sin(x)", domain=points,
        partials=lambda out, x: [cos(x) * OFF],
    )  # fmt: skip


def linear_off() -> Op:
    return linear(
        "off", signature="x, axis=None", infer=reduced, code="np.sum(x, axis=axis)",
        transpose=lambda g, node: spread(g, node.inputs[0], **node.params) * OFF,
        domain=points,
    )  # fmt: skip


def bilinear_off() -> Op:
    return bilinear(
        "off", signature="x, y", infer=lambda x, y: x, code="x * y",
        transposes=(lambda g, n: g * n.inputs[1], lambda g, n: g * n.inputs[0] * OFF),
        domain=lambda: [at(X, Y)],
    )  # fmt: skip


def custom_off() -> Op:
    return custom(
        "off", signature="x", infer=same, code="np.sin(x)", domain=points,
        jvp=lambda node, ts: [ts[0] * cos(node.inputs[0])],
        vjp=lambda node, cts: [cts[0] * cos(node.inputs[0]) * OFF],
    )  # fmt: skip


def derived_off() -> Op:
    return derived(
        "off", signature="x", code="np.sin(x)", domain=points,
        body=lambda x: sin(x) * OFF,
    )  # fmt: skip


def by_formula_off() -> Op:
    return by_formula(
        "off", signature="x", infer=same, code="np.sin(x)", domain=points,
        formula=lambda x: sin(x) * OFF,
    )  # fmt: skip


def by_tangent_off() -> Op:
    return by_tangent(
        "off", signature="x", infer=same, code="np.sin(x)", domain=points,
        tangent=lambda node, ts: ts[0] * cos(node.inputs[0]) * OFF,
    )  # fmt: skip


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    "declaration",
    [
        elementwise_off,
        linear_off,
        bilinear_off,
        custom_off,
        derived_off,
        by_formula_off,
        by_tangent_off,
    ],
)
def test_a_declaration_that_is_off(declaration: Callable[[], Op]) -> None:
    assert fails(check_derivatives, declaration())


# ---- rules that are off in one mode, or in the second order only ---------------------

# The identity, whose derivative is said to be a little more than 1.
bent = Op(
    "bent",
    "x",
    same,
    "x",
    jvp=lambda node, ts: [ts[0] * OFF],
    vjp=lambda node, cts: [cts[0] * OFF],
)


def changed(by: Callable[[Value], Value]) -> Callable[[Any], Any]:
    """A rule whose numbers, or the first of a tuple, are changed."""

    def change(found: Any) -> Any:
        if found is None:
            return None
        if not isinstance(found, Value):
            return lambda total: change(found(total))
        return by(found) if is_number(found.type) else found

    return lambda rule: lambda node, given: list(map(change, rule(node, given)))


scaled = changed(lambda v: v * OFF)
bent_rule = changed(lambda v: bent(v))
DEFECTS: dict[str, Callable[[Op], Op]] = {
    "forward": lambda op: replace(op, jvp=scaled(op.jvp)),
    "reverse": lambda op: replace(op, vjp=scaled(op.vjp)),
    "second order, forward": lambda op: replace(op, jvp=bent_rule(op.jvp)),
    "second order, reverse": lambda op: replace(op, vjp=bent_rule(op.vjp)),
}
# One of each kind.
KINDS = {
    "elementwise": "sin",
    "linear": "cumsum",
    "bilinear": "matmul",
    "custom": "prod",
    "derived": "trapezoid",
    "by_formula": "cofactor_slope",
    "by_tangent": "pinv",
}


def test_every_kind_has_its_example() -> None:
    with_rules = {op.kind for op in OPS.values() if op.vjp is not None}
    assert with_rules == set(KINDS)
    assert all(OPS[name].kind == kind for kind, name in KINDS.items())


@pytest.mark.parametrize("defect", DEFECTS)
@pytest.mark.parametrize("name", KINDS.values(), ids=KINDS)
def test_a_rule_that_is_off(name: str, defect: str) -> None:
    op = OPS[name]
    op = replace(op, domain=lambda samples=op.samples()[:2]: samples)
    assert not fails(check_derivatives, op)
    assert fails(check_derivatives, DEFECTS[defect](op))


# ---- what else can be wrong ----------------------------------------------------------


def test_a_wrong_type() -> None:
    op = OPS["sin"]
    assert not fails(check_value, op)
    single: Sequence[Any] = [
        lambda x: Array("float32", getattr(x, "dims", ())),
        lambda x: Array("float64", (*getattr(x, "dims", ()), 1)),
    ]
    assert all(fails(check_value, replace(op, infer=infer)) for infer in single)


def summed(**facts: Any) -> Op:
    """`np.sum`, as the parts that are not given declare it."""
    usual: dict[str, Any] = {
        "signature": "x, axis=None",
        "infer": reduced,
        "code": "np.sum(x, axis=axis)",
        "transpose": lambda g, node: spread(g, node.inputs[0], **node.params),
        "domain": lambda: [at(X, expected=np.sum), _at_axis()],
    }
    return linear("summed", **{**usual, **facts})


def _at_axis() -> Any:
    return at(X, axis=1, expected=lambda x: np.sum(x, axis=1))


@pytest.mark.usefixtures("fresh")
def test_a_param_that_is_heeded() -> None:
    op = summed()
    assert not fails(check_value, op) and not fails(check_derivatives, op)
    assert not unsampled(op) and not untested(op)


@pytest.mark.usefixtures("fresh")
def test_a_param_that_the_code_ignores() -> None:
    assert fails(check_value, summed(code="np.sum(x)"))


@pytest.mark.usefixtures("fresh")
def test_a_param_that_the_rule_ignores() -> None:
    def careless(g: Value, node: Node) -> Value:
        return spread(
            g if g.type == sum_(node.inputs[0]).type else sum_(g), node.inputs[0]
        )

    assert fails(check_derivatives, summed(transpose=careless))


@pytest.mark.usefixtures("fresh")
def test_a_param_that_no_sample_has() -> None:
    op = summed(domain=lambda: [at(X, expected=np.sum)])
    assert unsampled(op) == ["summed: no sample with axis="]


@pytest.mark.usefixtures("fresh")
def test_a_derivative_without_samples() -> None:
    assert untested(summed(domain=None))


def test_a_wrong_code_for_numba() -> None:
    pytest.importorskip("numba")
    from .test_numba import check_numba, typical

    op = OPS["sin"]
    sample = typical(op.samples())
    assert sample is not None
    check_numba(op, sample)
    with pytest.raises(AssertionError):
        check_numba(replace(op, numba="np.cos(x)"), sample)
    with pytest.raises(pytest.fail.Exception, match="it compiles"):
        check_numba(replace(op, interpreted="np.sin"), sample)
