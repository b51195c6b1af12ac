"""A derivative as a module of its own, which does not need srcad.

Takes a transform and the arguments of its self-test; gives the text of a module: the
generated functions, the helpers that they call, a check of the arguments, and a
self-test against differences, which has passed before the text is given.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import types
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from srcad.backend.names import clean
from srcad.dispatch import Dispatcher
from srcad.entry import Entry
from srcad.errors import SignatureError, SrcadError
from srcad.export.derivative import Derivative
from srcad.export.literals import plain
from srcad.export.module import Module
from srcad.export.self_test import tolerance
from srcad.frontend.context import Contract
from srcad.frontend.installed import is_library
from srcad.pipeline import Step
from srcad.signature import promoted_argument
from srcad.source import read_function

__all__ = ["exported"]


class Derived(Protocol):
    """What is asked of a transform."""

    steps: tuple[Step, ...]
    dispatcher: Dispatcher

    def primals(self, given: Sequence[Any]) -> Sequence[Any]:
        """The primal's arguments: all in a row, or those that are given by position."""

    def entry(self, values: Sequence[Any]) -> Entry:
        """The compiled function for these arguments."""


def exported(
    derived: Derived,
    primal: Derived,
    step: Step,
    at: Sequence[Any],
    made_by: str = "",
) -> str:
    """The text of a module for a derivative.

    Parameters
    ----------
    derived : Transform
        The derivative, of all parameters of the primal's Python function; not called
        before, so that its source is made for `at` alone.
    primal : Transform
        The same without its last step, in the Python backend.
    step : Step
        The last step, in numbers of those parameters; for a matrix of derivatives, of
        kind "jacobian".
    at : sequence
        Arguments of the primal: the module is made for their types, and its self-test
        is run there.
    made_by : str
        How it is exported again.

    Raises
    ------
    SrcadError
        It cannot be exported, or its self-test fails.
    """
    source = read_function(primal.dispatcher.function)
    try:
        return _exported(derived, primal, step, at, made_by)
    except SrcadError as error:
        called = derived.dispatcher.function
        if called is not primal.dispatcher.function and error.span is not None:
            if error.span.filename == called.__code__.co_filename:  # no line of theirs
                error.span = None
        raise error.at(source.span(source.tree)) from error.__cause__


def _exported(
    derived: Derived, primal: Derived, step: Step, at: Sequence[Any], made_by: str
) -> str:
    function = primal.dispatcher.function
    parameters = tuple(inspect.signature(function).parameters.values())
    values = _values(primal, step, parameters, at)
    entry, primal_entry = derived.entry(values), primal.entry(values)
    contract = entry.contract
    if step.has_aux and step.kind not in ("grad", "value_and_grad"):
        raise SignatureError(f"a {step.kind} with has_aux is not exported")
    hidden = [plain(b.read(), f"{b.name}, from outside,") for b in contract.hidden]
    what = Derivative(
        name=clean(function.__name__).strip("_") or "function",
        kinds=tuple(s.kind for s in (*primal.steps, step)),
        wrt=tuple(parameters[k].name for k in step.wrt),
        single=step.single,
        has_aux=step.has_aux,
        doc=inspect.getdoc(function) or "",
        parameters=parameters,
        values=tuple(values),
        hidden=tuple(hidden),
        result=_result(entry, step, values),
        fixed=frozenset(entry.fixed),
        written=contract.written,
        contiguous=tuple(contract.contiguous),
        primal=primal_entry.programs.finished[0],
        programs=entry.programs.finished,
        dialect=entry.generated[0].dialect,
        threads=derived.dispatcher.on_threads,
        place=primal_entry.contract.place,
        made_by=made_by,
        origin=_origin(function, contract),
    )
    text = Module(what).text()
    _passes(text, tolerance(what), contract)
    return text


def _values(
    primal: Derived,
    step: Step,
    parameters: Sequence[inspect.Parameter],
    at: Sequence[Any],
) -> list[Any]:
    """The arguments as an exported module writes them down."""
    for p in parameters:
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            raise SignatureError(
                f"the function takes any number of arguments ({p})",
                hint="wrap it in a function of named arguments, and export that",
            )
    try:
        given = primal.primals(at)
    except TypeError as error:
        raise SignatureError(
            f"the arguments of the self-test do not fit: {error}",
            hint='give them: df.export(path, at=(x, y)), or --at "x=1.0" "y=2.0"',
        ) from error
    values = [
        plain(v, f"argument {p.name}") for p, v in zip(parameters, given, strict=True)
    ]
    for k in {*primal.dispatcher.active, *step.wrt}:
        values[k] = promoted_argument(values[k], f"argument {parameters[k].name}")
    return values


def _result(entry: Entry, step: Step, values: Sequence[Any]) -> Any:
    """What the derivative gives; for vjp the value alone.

    Raises
    ------
    SrcadError
        It ends with an error at this point.
    """
    values = copy.deepcopy(list(values))
    try:
        with np.errstate(all="ignore"):
            if step.kind == "jvp":
                tangents = copy.deepcopy([values[k] for k in step.wrt])
                return entry.run(values, tangents)
            found = entry.run(values)
    except SrcadError:
        raise
    except Exception as error:
        raise _fails(error, entry.contract) from error
    return found[0] if step.kind == "vjp" else found


def _fails(error: Exception, contract: Contract) -> SrcadError:
    return SrcadError(
        f"the self-test of the exported module ends with {type(error).__name__}: "
        f"{error}",
        contract.place,
        "choose another point for it (at=, or --at)",
    )


def _origin(function: types.FunctionType, contract: Contract) -> str:
    """Where the source stands, and a hash of it and of the functions that it calls."""
    called = [g.expected for g in contract.guards]
    own = [f for f in called if isinstance(f, types.FunctionType) and not is_library(f)]
    texts = sorted({_text_of(f) for f in own})
    whole = "\n".join([_text_of(function), *texts])
    said = hashlib.sha256(whole.encode()).hexdigest()
    return f"Source: {function.__qualname__} in {function.__module__}, sha256\n{said}"


def _text_of(f: types.FunctionType) -> str:
    """The source of a function; its name where a class or library made it."""
    try:
        source = read_function(f)
    except SrcadError:
        return f.__qualname__
    return source.text(source.tree)


def _passes(text: str, allowed: float, contract: Contract) -> None:
    """Run the self-test of a module.

    Raises
    ------
    SrcadError
        It fails.
    """
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(text, "<exported>", "exec", dont_inherit=True), names)
    try:
        with np.errstate(all="ignore"):
            off = names["self_test"]()
    except Exception as error:
        raise _fails(error, contract) from error
    if not off <= allowed:
        raise SrcadError(
            f"the self-test of the exported module fails: the derivative is off by "
            f"{off:.1e}; there may be a kink near the point",
            contract.place,
            "choose another point for it (at=, or --at)",
        )
