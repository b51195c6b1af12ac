"""The values and derivatives of a drawing, in every iteration, are the right ones."""

import functools
import re

import numpy as np
import pytest

import srcad
from srcad import grad
from srcad.draw import trace as tracing
from srcad.ir.graph import Literal
from tests.draw.programs import PROGRAMS, branch_in_loop, layer, tutorial


def labels(drawing):
    return [label for item in drawing.region.every() for label in item.outputs]


def flat(value):
    if isinstance(value, dict):
        return np.concatenate([flat(v) for v in value.values()])
    if isinstance(value, (list, tuple)):
        return np.concatenate([flat(v) for v in value])
    return np.ravel(np.asarray(value, dtype=float))


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_flows_back_to_the_arguments_is_the_gradient(name):
    f, args = PROGRAMS[name]
    drawing = srcad.graph(f, *args)
    numbers = drawing.numbers
    wrt = tuple(k for k, v in enumerate(args) if type(v) is not int)
    expected = grad(f, argnums=wrt)(*args)
    for k, g in zip(wrt, expected):
        found = numbers.derivatives.whole[numbers.trace.params[k]]
        np.testing.assert_allclose(flat(found), flat(g), rtol=1e-9, atol=1e-12)
    (out,) = numbers.trace.results
    np.testing.assert_allclose(numbers.trace.of(out), f(*args), rtol=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_derivative_is_the_sum_over_those_who_read_the_value(name):
    f, args = PROGRAMS[name]
    numbers = srcad.graph(f, *args).numbers
    back, run = numbers.derivatives, numbers.trace
    totals, plain = {run.results[0]: 1.0}, set()
    for moment in run.moments:
        if not back.factors[moment]:
            plain.update(moment.traced.inputs)  # no number: nothing to check by
    for moment in reversed(run.moments):
        for v, factor in back.factors[moment].items():
            (out,) = moment.traced.outputs
            totals[v] = totals.get(v, 0.0) + back.whole.get(out, 0.0) * factor
    checked = [v for v in totals if v not in plain and v in back.whole]
    for v in checked:
        assert back.whole[v] == pytest.approx(totals[v])
    assert checked


def test_each_iteration_has_its_numbers():
    drawing = srcad.graph(branch_in_loop, 1.2, 4)
    named = [drawing.numbers.iterations(x) for x in labels(drawing) if x.name == "s"]
    found = next(by for by in named if (0,) in by)  # the first in the loop
    values = [drawing.numbers.trace.of(v) for v in found.values()]
    assert values == pytest.approx([0.0, 1.44, 2.88, np.sin(2.88) * 0.5 + 2])

    # d(result)/d(s before iteration k), by differences: the result from there on
    def rest(s, k):
        for j in range(k, 4):
            s = s + 1.44 if s < 2.0 else np.sin(s) * 0.5 + j
        return s * 1.2

    for (k,), v in found.items():
        if isinstance(v, Literal):
            continue
        s = drawing.numbers.trace.of(v)
        expected = (rest(s + 1e-6, k) - rest(s - 1e-6, k)) / 2e-6
        assert drawing.numbers.derivatives.whole[v] == pytest.approx(expected, rel=1e-6)
    shown = re.sub(r"</?tspan[^>]*>", "", drawing.to_svg(iteration=1))
    assert ">s = 1.44<" in shown
    assert ">s = 2.88<" not in shown.partition(">branch_in_loop =")[0]


def test_the_function_runs_once(capsys):
    def told(x):
        y = x * x
        print("running", y)
        return y + 1.0

    drawing = srcad.graph(told, 3.0)
    assert capsys.readouterr().out == "running 9.0\n"
    x = drawing.numbers.trace.params[0]
    assert drawing.numbers.derivatives.whole[x] == 6.0


def test_the_arguments_are_not_changed():
    def written(x):
        x[0] = 5.0
        return np.sum(x * x)

    x = np.ones(3)
    srcad.graph(written, x)
    assert np.array_equal(x, np.ones(3))


def scaled(x):
    return np.sin(x) * 0.001


def test_a_long_run_keeps_its_loop_as_one_node():
    def many(x):
        s = 0.0
        for k in range(4000):
            s = s + scaled(x)
        return s * s

    drawing = srcad.graph(many, 2.0)
    assert not drawing.numbers.trace.whole
    x = drawing.numbers.trace.params[0]
    expected = 32.0 * np.sin(2.0) * np.cos(2.0)
    assert drawing.numbers.derivatives.whole[x] == pytest.approx(expected)
    assert "more than 3000" in drawing.remark
    assert drawing.remark in drawing.to_html()
    assert len(srcad.explain(many, 2.0).story.steps) == 6
    assert len(drawing.numbers.trace.moments) < tracing.LIMIT
    assert "for k in range(4000)" in drawing.to_svg()


def test_integers_count_as_floats_where_they_can():
    assert "−3" in str(srcad.graph(tutorial, 1, 3, -3))
    drawing = srcad.graph(branch_in_loop, 1.2, 4)  # but range(n) needs an integer
    assert "n = 4\n" in drawing.to_text(fold=True) + "\n"


def test_no_single_number_has_values_and_no_derivatives():
    drawing = srcad.graph(layer, np.eye(2), np.ones(2), np.ones(2))
    assert drawing.note == "the function returns an array of 2, not one number"
    assert "0.964" in drawing.to_text()
    assert not drawing.numbers.derivatives.whole
    assert "derivative" not in drawing.to_svg().partition("</style>")[2].replace(
        'class="derivative"', ""
    )


def test_users_rules_are_one_node():
    @srcad.custom_vjp
    def twice(x):
        return 2.0 * x

    twice.defvjp(lambda x: (2.0 * x, None), lambda r, g: (5.0 * g,))

    def uses(x):
        return twice(x) * x

    drawing = srcad.graph(uses, 3.0)
    x = drawing.numbers.trace.params[0]
    assert drawing.numbers.derivatives.whole[x] == 5.0 * 3.0 + 6.0
    assert all(item.kind != "box" for item in drawing.region.every())


def test_argnums():
    drawing = srcad.graph(tutorial, 1.0, 3.0, -3.0, argnums=2)
    back, params = drawing.numbers.derivatives.whole, drawing.numbers.trace.params
    assert params[2] in back
    assert params[0] not in back
    with pytest.raises(srcad.SignatureError, match="out of range"):
        srcad.graph(tutorial, 1.0, 3.0, -3.0, argnums=5)


class Model:
    def __init__(self):
        self.w = 2.0

    def loss(self, x):
        return self.w * x * x


def test_argnums_count_as_the_caller_does():
    for drawing in (
        srcad.graph(Model().loss, 3.0, argnums=0),
        srcad.explain(Model().loss, 3.0, argnums=0).drawing,
        srcad.graph(functools.partial(tutorial, 1.0, 3.0), -3.0, argnums=0),
    ):
        back, params = drawing.numbers.derivatives.whole, drawing.numbers.trace.params
        assert [p.name for p in params if p in back] == [params[-1].name]
    assert back[params[-1]] == 4.0
    every = srcad.graph(Model().loss, 3.0)
    (model, _), back = every.numbers.trace.params, every.numbers.derivatives.whole
    assert back[model].w == 9.0


def test_the_errors_are_those_of_the_function():
    def refused(x):
        import math

        return math.nextafter(x, 2.0) ** 2

    with pytest.raises(srcad.SrcadError):
        srcad.graph(refused, 1.0)
