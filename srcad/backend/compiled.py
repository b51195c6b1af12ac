"""Numba, where it is installed: the only file that imports it.

It is imported when it is first needed, for that takes longer than all else.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import itertools
import re
import types
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from srcad.errors import SrcadError

INSTALLED = importlib.util.find_spec("numba") is not None


# How lines of Numba's messages begin that say where it was, and not what is wrong.
_BEGIN, _WHERE = "Failed in", ("File ", "During")
# What colours a message, and the line before the call that has no implementation.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NO_SUCH = "No implementation of function"


# Of all that `parallel=True` stands for, the loops that ask for it: Numba's rewriting
# of array expressions gives wrong numbers where an axis of length 1 is repeated.
LOOPS_ON_THREADS = {
    "prange": True,
    "comprehension": False,
    "fusion": False,
    "inplace_binop": False,
    "numpy": False,
    "reduction": False,
    "setitem": False,
    "stencil": False,
}


def loops_on_threads() -> Any:
    """These options as Numba keeps them: of a dict it takes the entries out."""
    kept = importlib.import_module("numba.core.cpu_options").ParallelOptions
    return kept(dict(LOOPS_ON_THREADS))


# What LLVM may do in a helper that it may not do elsewhere: take the terms of a sum in
# another order; multiply and add at once. It is said of each operation, so it holds for
# these alone where the helper is put in place of a call.
ALLOWED = {"plus": "reassoc"}
ALLOWED |= dict.fromkeys(("exp", "exp_parts", "tanh"), "contract")


class CannotCompile(SrcadError):
    """Numba is not installed, or does not compile this program."""


@functools.cache
def numba() -> Any:
    """The package.

    Raises
    ------
    CannotCompile
        It is not installed.
    """
    if not INSTALLED:
        raise CannotCompile(
            "the numba backend needs Numba", hint="pip install 'srcad[numba]'"
        )
    return importlib.import_module("numba")


def typed_list() -> Any:
    """The class of Numba's own lists, which may hold lists and go through Python."""
    numba()
    return importlib.import_module("numba.typed").List


def njit(namespace: dict[str, Any], filename: str, keep: bool = False) -> None:
    """Compile the functions of a namespace that are of this file, and their helpers.

    keep : whether Numba keeps what it compiles of this file, beside it.
    """
    for name, thing in list(namespace.items()):
        if not isinstance(thing, types.FunctionType):
            continue
        if thing.__code__.co_filename == filename:
            how: dict[str, Any] = {"cache": True} if keep else {}
            if not keep:  # under another name Numba does not find what calls itself
                thing.__module__ = "<dynamic>"
            if "prange" in thing.__code__.co_names:
                how["parallel"] = loops_on_threads()
            namespace[name] = numba().njit(error_model="numpy", **how)(thing)
        elif thing.__module__.startswith("srcad."):
            namespace[name] = helper(thing)


@functools.cache
def helper(function: types.FunctionType) -> Any:
    """A helper that generated code calls, for Numba to compile; with its own."""
    scope, name = function.__globals__, function.__name__
    called = {n: scope.get(n) for n in function.__code__.co_names if n != name}
    own = {n: helper(f) for n, f in called.items() if isinstance(f, types.FunctionType)}
    if own:
        scope, given = {**scope, **own}, function.__defaults__
        function = types.FunctionType(function.__code__, scope, name, given)
    return numba().njit(error_model="numpy", fastmath=allowed(name))(function)


def allowed(name: str) -> set[str]:
    """What LLVM may do in a helper besides, as Numba's `fastmath` says it."""
    return {ALLOWED[name]} if name in ALLOWED else set()


def kernel_call(
    function: types.FunctionType, arguments: Sequence[Any]
) -> tuple[Any, Sequence[Any]]:
    """The kernel that a function of Python calls, and what it calls it with."""
    calls: list[tuple[Any, Sequence[Any]]] = []
    scope = dict(function.__globals__)
    for name, thing in scope.items():
        if is_dispatcher(thing):
            scope[name] = _Recorder(thing, calls)
    with contextlib.suppress(_Called):
        types.FunctionType(function.__code__, scope)(*arguments)
    return calls[0]


class _Called(Exception):
    """A kernel would be called now."""


class _Recorder:
    """Stands for a kernel: notes its arguments, and runs nothing."""

    def __init__(self, kernel: Any, calls: list[tuple[Any, Sequence[Any]]]) -> None:
        self.kernel, self.calls = kernel, calls

    def __call__(self, *arguments: Any) -> None:
        self.calls.append((self.kernel, arguments))
        raise _Called


def is_dispatcher(thing: Any) -> bool:
    """Whether an object is a function that Numba compiles."""
    return isinstance(thing, numba().core.dispatcher.Dispatcher)


def for_floats(function: Any, count: int) -> Any:
    """What a compiled function does for so many floats, without a look at their types;
    the function itself where it is not compiled, or for others.

    Numba's look at the types of one float costs a third of what a call of it costs.
    """
    compiled = getattr(function, "overloads", None)
    made = compiled and compiled.get((numba().float64,) * count)
    return made.entry_point if made else function


def of_one_kind(arguments: Sequence[Any]) -> list[Any]:
    """Arguments with ints made floats in lists of both: Numba's lists hold one kind."""
    return [_of_one_kind(a) if type(a) is list else a for a in arguments]


def _of_one_kind(entries: list[Any]) -> list[Any]:
    kinds = set(map(type, entries))
    return [float(v) for v in entries] if kinds == {int, float} else entries


def compile_for(function: Any, arguments: Sequence[Any]) -> None:
    """Compile a function for arguments like these, without running it.

    Raises
    ------
    CannotCompile
        With what Numba says.
    """
    with _refusing():
        if isinstance(function, types.FunctionType):
            function, arguments = kernel_call(function, arguments)
        arguments = of_one_kind(arguments)
        function.compile(tuple(numba().typeof(a) for a in arguments))


def compile_pullback(forward: Any, backward: Any) -> None:
    """Compile the backward half for what the compiled forward half gives.

    Raises
    ------
    CannotCompile
        With what Numba says.
    """
    if not (is_dispatcher(forward) and is_dispatcher(backward)):
        return
    with _refusing():
        out, residual = list(forward.overloads.values())[-1].signature.return_type
        backward.compile((residual, out))


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Tell what Numba says as an error of ours."""
    try:
        with warnings.catch_warnings():
            # Products of views that are not contiguous, and lists as arguments:
            # nothing for the user to do.
            errors = numba().core.errors
            warnings.simplefilter("ignore", errors.NumbaPerformanceWarning)
            warnings.simplefilter("ignore", errors.NumbaPendingDeprecationWarning)
            yield
    except Exception as error:  # of Numba, or what its compiler stumbles over
        raise _refusal(error) from error


def refuse_uncompiled(error: Exception) -> None:
    """Tell an error of Numba's compiler, which compiles at the first call, as ours."""
    if isinstance(error, numba().core.errors.NumbaError):
        raise _refusal(error) from error


def _refusal(error: Exception) -> CannotCompile:
    return CannotCompile(
        f"Numba does not compile this program: {said(error)}",
        hint='use backend="python", or backend="auto" to fall back by itself',
    )


def said(error: BaseException) -> str:
    """What is wrong, in a line, of a message of Numba's."""
    if isinstance(error, (AssertionError, AttributeError, LookupError)):
        return f"its compiler fails ({type(error).__name__}: {error})"
    lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines()]
    calls = [line.removeprefix(">>> ") for line in lines if line.startswith(">>> ")]
    if calls and any(line.startswith(_NO_SUCH) for line in lines):
        return f"it has no {calls[0]}"
    lines = [line for line in lines if line and not line.startswith(_BEGIN)]
    said = list(itertools.takewhile(lambda line: not line.startswith(_WHERE), lines))
    return " ".join(said[:2]) or type(error).__name__
