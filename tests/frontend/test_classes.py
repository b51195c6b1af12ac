"""Objects: gradients of their class, untouched arguments, and what is refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from srcad import UnsupportedSyntax, grad, jacobian, jvp, value_and_grad, vjp
from srcad.instances import attributes, is_plain


@dataclasses.dataclass
class Model:
    w: np.ndarray
    b: float = 1
    steps: int = 2
    name: str = "m"


def loss(model: Model, x: np.ndarray) -> Any:
    for _ in range(model.steps):
        x = np.tanh(model.w * x + model.b)
    model.w[0] = 7.0
    return x.sum()


def test_the_gradient_is_an_object_of_the_class() -> None:
    model, x = Model(np.array([0.3, -0.2])), np.array([1.0, 2.0])
    value, found = value_and_grad(loss)(model, x)
    assert type(found) is Model and found.name is None
    assert model.w[0] == 0.3  # the caller's object is as it was
    e = 1e-6
    up, down = (loss(Model(model.w.copy(), 1 + s * e), x) for s in (1, -1))
    assert found.b == pytest.approx((up - down) / (2 * e))
    assert value == loss(Model(model.w.copy()), x)


def test_new_objects_of_the_class_use_the_compiled_function() -> None:
    df = grad(loss)
    for k in range(5):
        df(Model(np.array([0.3, 0.1 * k])), np.ones(2))
    assert sum(map(len, df.dispatcher.entries.values())) == 1


def test_pullback_and_tangent() -> None:
    def scaled(m: Model) -> Any:
        return m.w * m.b

    m = Model(np.array([0.3, -0.2]), 2.0)
    _, pull = vjp(scaled, m)
    (found,) = pull(np.array([1.0, 10.0]))
    assert found.b == pytest.approx(0.3 - 2.0)
    tangent = Model(np.array([1.0, 0.0]), 1.0, 0.0, None)  # type: ignore[arg-type]
    assert jvp(scaled, (m,), (tangent,))[1] == pytest.approx([2.3, -0.2])
    assert jacobian(lambda x: scaled(Model(x, 3.0)))(m.w) == pytest.approx(
        3.0 * np.eye(2)
    )


class Made:
    def __new__(cls) -> Any:
        return object.__new__(cls)


class Guarded:
    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(name)


class Growing(dict):  # type: ignore[type-arg]
    pass


class Meta(type):
    pass


class Odd(metaclass=Meta):
    pass


@dataclasses.dataclass(frozen=True)
class Point:
    x: float


class ReadOnly:
    def __init__(self, x: Any) -> None:
        self._x = x

    @property
    def x(self) -> Any:
        return self._x


class Plain:
    def __init__(self, x: Any) -> None:
        self.x = x


OUTSIDE = Plain(2.0)


def makes_new(x: Any) -> Any:
    Made()  # refuse
    return x


def makes_guarded(x: Any) -> Any:
    Guarded()  # refuse
    return x


def makes_dict(x: Any) -> Any:
    Growing()  # refuse
    return x


def makes_odd(x: Any) -> Any:
    Odd()  # refuse
    return x


def writes_frozen(x: Any) -> Any:
    p = Point(x)
    p.x = x * x  # type: ignore[misc]  # refuse
    return p.x


def writes_property(x: Any) -> Any:
    p = ReadOnly(x)
    p.x = x * x  # type: ignore[misc]  # refuse
    return p.x


def writes_outside(x: Any) -> Any:
    OUTSIDE.x = x  # refuse
    return OUTSIDE.x


def reads_missing(x: Any) -> Any:
    return Plain(x).y  # type: ignore[attr-defined]  # refuse


def adds_objects(x: Any) -> Any:
    return Plain(x) + Plain(x)  # type: ignore[operator]  # refuse


def array_first(x: Any) -> Any:
    return np.ones(3) * Plain(x)  # type: ignore[operator]  # refuse


def wrong_arguments(x: Any) -> Any:
    return Plain(x, x).x  # type: ignore[call-arg]  # refuse


def maybe_missing(x: Any) -> Any:
    p = Plain(x)
    if x > 0:
        p.extra = x  # type: ignore[attr-defined]
    return p.extra  # type: ignore[attr-defined]  # refuse


REFUSED = {
    makes_new: "Made",
    makes_guarded: "Guarded",
    makes_dict: "Growing",
    makes_odd: "Odd",
    writes_frozen: "frozen",
    writes_property: "'x'",
    writes_outside: "outside",
    reads_missing: "'y'",
    adds_objects: "__add__",
    array_first: "NumPy decides",
    wrong_arguments: "__init__",
    maybe_missing: "extra",
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused_at_the_line(f: Any) -> None:
    with pytest.raises(UnsupportedSyntax) as caught:
        grad(f)(0.5)
    error = caught.value
    assert REFUSED[f] in error.message
    assert error.span is not None
    with open(__file__, encoding="utf-8") as lines:
        assert "# refuse" in lines.readlines()[error.span.line - 1]


def test_plain_classes() -> None:
    assert is_plain(Model) and is_plain(Point) and is_plain(Plain)
    assert not any(map(is_plain, (Made, Guarded, Growing, Odd, float, np.ndarray)))
    assert attributes(Point(2.0)) == {"x": 2.0}


def test_an_object_that_holds_itself_is_known_by_identity() -> None:
    p = Plain(2.0)
    p.me = p  # type: ignore[attr-defined]

    def f(x: Any, p: Any) -> Any:
        return x * p.x * p.me.x

    assert grad(f)(3.0, p) == 4.0


def test_arrays_of_objects_in_a_list_that_grows_are_subscripted() -> None:
    def f(x: Any) -> Any:
        found = []
        for i in range(len(x)):
            found.append(Plain(x * i))
        found.append(Plain([x[0], x * x]))
        return found[1].x[0] + found[2].x.sum() + found[-1].x[1][2]

    assert np.array_equal(grad(f)(np.array([2.0, 3.0, 4.0])), [3.0, 2.0, 10.0])

    def g(x: Any) -> Any:
        found = []
        for i in range(len(x)):
            found.append(Plain([x * i, x[i]]))
        return found[1].x[0][0] + found[2].x[0].sum() * found[0].x[1]

    assert np.array_equal(grad(g)(np.array([2.0, 3.0, 4.0])), [23.0, 4.0, 4.0])

    def written(x: Any) -> Any:
        found = []
        for i in range(len(x)):
            found.append(Plain(x * i))
        found[1].x[0] = 0.0
        return found[1].x.sum()

    with pytest.raises(UnsupportedSyntax, match="cannot be followed"):
        grad(written)(np.arange(3.0))
