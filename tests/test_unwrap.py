"""The plain function behind a callable, and what is bound."""

import functools
import types

import numpy as np
import pytest
from sources import Model, decorated, plain

from srcad.source import unwrap


def test_unwrap_functions_and_methods():
    model = Model()
    assert unwrap(plain) == (plain, (), {})
    assert unwrap(decorated) == (decorated, (), {})  # not what it wraps
    assert unwrap(model.loss) == (Model.loss, (model,), {})
    assert unwrap(Model.square) == (Model.square, (), {})
    assert unwrap(model.square) == (Model.square, (), {})
    assert unwrap(Model.build) == (Model.build.__func__, (Model,), {})
    assert unwrap(Model.__dict__["square"]) == (Model.square, (), {})


def test_unwrap_partials():
    model = Model()
    inner = functools.partial(plain, 1, y=2)
    assert unwrap(inner) == (plain, (1,), {"y": 2})
    assert unwrap(functools.partial(inner, y=3)) == (plain, (1,), {"y": 3})
    bound = functools.partial(model.loss, 2.0)
    assert unwrap(bound) == (Model.loss, (model, 2.0), {})
    assert unwrap(model.half) == (Model.loss, (model, 0.5), {})
    assert unwrap(types.MethodType(inner, 5)) == (plain, (1, 5), {"y": 2})
    assert unwrap(functools.partial(len)) is None


def test_unwrap_callable_instances():
    model = Model()
    model.__dict__["__call__"] = plain  # Python does not look here
    assert unwrap(model) == (Model.__call__, (model,), {})

    class Static:
        __call__ = staticmethod(plain)

    class OfClass:
        @classmethod
        def __call__(cls, x):
            return x

    class OfBuiltin:
        __call__ = len

    assert unwrap(Static()) == (plain, (), {})
    assert unwrap(OfClass()) == (OfClass.__call__.__func__, (OfClass,), {})
    assert unwrap(OfBuiltin()) is None


@pytest.mark.parametrize(
    "obj", [len, np.sin, np.dot, Model, int, functools.lru_cache(len), 3, None, "f"]
)
def test_unwrap_leaves_the_rest_to_the_caller(obj):
    assert unwrap(obj) is None


def test_unwrap_caches_and_numpy():
    assert unwrap(functools.lru_cache(plain)) == (plain, (), {})
    assert unwrap(functools.lru_cache(functools.partial(plain, 1))) == (plain, (1,), {})
    function, bound, keywords = unwrap(np.kron)
    assert function.__name__ == "kron" and (bound, keywords) == ((), {})


def test_unwrap_numba():
    numba = pytest.importorskip("numba")

    class Fast:
        run = numba.njit(plain)

    fast = Fast()
    assert unwrap(numba.njit(plain)) == (plain, (), {})
    assert unwrap(fast.run) == (plain, (fast,), {})
    assert unwrap(functools.partial(Fast.run, 1)) == (plain, (1,), {})
    # The function of a ufunc is that of one element: not what a call runs.
    assert unwrap(numba.vectorize(plain))[0] is not plain


def test_unwrap_does_not_ask_objects_that_answer_everything():
    class Yes:
        def __getattr__(self, name):
            return plain

    assert unwrap(Yes()) is None


# --- from_source ------------------------------------------------------------------
