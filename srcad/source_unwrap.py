"""The plain function behind a callable.

Takes any object; gives the Python function whose code a call runs, and the arguments
that are already bound. ``__wrapped__`` of a Python function is never followed: the
function that `functools.wraps` names is not the one that runs.
"""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any, TypeAlias

import numpy as np

# NumPy's public functions: C objects that ask their arguments' `__array_function__`,
# and for NumPy's own arrays and numbers run this Python (or C) function.
_DISPATCHER = type(np.kron)

Unwrapped: TypeAlias = tuple[types.FunctionType, tuple[Any, ...], dict[str, Any]]


def unwrap(obj: object) -> Unwrapped | None:
    """Find the plain function that a call of `obj` runs.

    Parameters
    ----------
    obj : object
        A function, bound method, `functools.partial`, staticmethod, Numba dispatcher,
        NumPy's dispatcher of a Python function, ``lru_cache`` wrapper, or an instance
        of a class with a ``__call__`` written in Python; any nesting.

    Returns
    -------
    (function, bound_args, bound_kwargs) or None
        ``obj(*args, **kwargs)`` is ``function(*bound_args, *args, **bound_kwargs |
        kwargs)``. None for everything else: builtins, classes.
    """
    if isinstance(obj, types.FunctionType):
        return obj, (), {}
    if isinstance(obj, types.MethodType):
        return _bind(obj.__func__, (obj.__self__,), {})
    if isinstance(obj, functools.partial):
        return _bind(obj.func, obj.args, obj.keywords)
    if isinstance(obj, staticmethod):
        return unwrap(obj.__func__)
    if isinstance(obj, type):
        return None
    if (function := _jitted(obj)) is not None:
        return function, (), {}
    if type(obj) is _DISPATCHER:
        return unwrap(obj._implementation)  # type: ignore[attr-defined]
    if isinstance(obj, functools._lru_cache_wrapper):
        return unwrap(obj.__wrapped__)
    return _instance(obj)


def is_jitted(obj: object) -> bool:
    """Whether an object is a function under `numba.njit`."""
    return _jitted(obj) is not None


def on_threads(obj: object) -> bool:
    """Whether an object is a function under `numba.njit(parallel=True)`."""
    options = getattr(obj, "targetoptions", None) if is_jitted(obj) else None
    return isinstance(options, dict) and bool(options.get("parallel"))


def _bind(
    callee: object, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Unwrapped | None:
    inner = unwrap(callee)
    if inner is None:
        return None
    function, bound, keywords = inner
    return function, (*bound, *args), {**keywords, **kwargs}


def _jitted(obj: object) -> types.FunctionType | None:
    """Return the Python function of a Numba dispatcher, without importing Numba."""
    # Numba's own protocol: the class says which attribute holds the function. ufuncs
    # made by `vectorize` have no such mark, and their function is that of one element.
    attribute = getattr(type(obj), "__numba__", None)
    if not isinstance(attribute, str):
        return None
    function = getattr(obj, attribute, None)
    return function if isinstance(function, types.FunctionType) else None


def _instance(obj: object) -> Unwrapped | None:
    """Unwrap ``__call__``, which Python looks up on the class, never the instance."""
    call: Any = inspect.getattr_static(type(obj), "__call__", None)
    if isinstance(call, types.FunctionType):
        return call, (obj,), {}
    if isinstance(call, staticmethod | classmethod | functools.partialmethod):
        return unwrap(call.__get__(obj, type(obj)))
    if (function := _jitted(call)) is not None:
        return function, (obj,), {}
    return None
