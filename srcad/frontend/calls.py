"""Calls: of operations, methods, builtins and user functions."""

from __future__ import annotations

import types
from typing import Any

import gast
import numpy as np

from srcad.errors import ShapeError, SrcadError, UnsupportedSyntax
from srcad.frontend import prelude
from srcad.frontend.attributes import set_field
from srcad.frontend.call_arguments import call_arguments
from srcad.frontend.callables import as_callable, bound_reading
from srcad.frontend.classes import special
from srcad.frontend.collections_ import made_dict
from srcad.frontend.conditions import choose
from srcad.frontend.construct import construct
from srcad.frontend.context import constant_ref
from srcad.frontend.decorators import (
    CACHE,
    bound_arguments,
    check_cached,
    implementation,
    note_cached,
)
from srcad.frontend.deques import as_list
from srcad.frontend.foreign_calls import call_foreign
from srcad.frontend.frame import Frame, caller, expression
from srcad.frontend.frozen import made_frozen
from srcad.frontend.frozen_outside import frozen_outside
from srcad.frontend.functions import call_function
from srcad.frontend.indices import array_inputs, is_list_of_numbers
from srcad.frontend.inline import inline
from srcad.frontend.installed import is_library, is_memoised
from srcad.frontend.intrinsics import BOUND, CALLABLES, handler_of
from srcad.frontend.keywords import masks, with_keywords
from srcad.frontend.known import all_known, known_object
from srcad.frontend.library import Failed, lowered_from_source
from srcad.frontend.library_objects import library_object
from srcad.frontend.lists import walked_list
from srcad.frontend.logs import call_log
from srcad.frontend.methods import call_method
from srcad.frontend.plain_keywords import without_plain
from srcad.frontend.positional import refuse_by_keyword
from srcad.frontend.refs import (
    Bound,
    Cell,
    Choice,
    Closure,
    Entries,
    Frozen,
    Items,
    Iteration,
    Method,
    Partial,
    Ref,
    Static,
    Table,
    Use,
)
from srcad.frontend.results import note_shared, result_object
from srcad.frontend.sets import call_on_set
from srcad.frontend.solvers import call_solver
from srcad.frontend.spelled import spelled_call
from srcad.frontend.structures import structure
from srcad.frontend.ufuncs import reduction_of, ufunc_method
from srcad.frontend.walk_iterators import found_walk
from srcad.ir.builder import current
from srcad.ir.graph import Value
from srcad.ops.census_scipy import scipy_reason
from srcad.ops.creation import array_of
from srcad.ops.declare import Op, call_params, find, variant_of
from srcad.ops.effects import no_rule
from srcad.ops.solvers import SOLVERS
from srcad.source import unwrap


@expression(gast.Call)
def _call(frame: Frame, node: gast.Call) -> Ref:
    callee = frame.lower(node.func)
    if isinstance(callee, Static) and callee.value is zip and not node.keywords:
        if len(node.args) == 1 and isinstance(node.args[0], gast.Starred):
            return _columns(frame, node)
    args, kwargs = call_arguments(frame, node, callee)
    frame.here = node
    return frame.call(callee, args, kwargs)


def _columns(frame: Frame, node: gast.Call) -> Ref:
    """`zip(*rows)`."""
    rows = frame.lower(node.args[0].value)
    frame.here = node
    found = found_walk(frame, rows, node.args[0])
    if isinstance(found, list):
        return Iteration("zip", tuple(found), None, Use(current()))

    def make() -> Ref:
        frame.here = node
        return inline(frame, prelude.columns, walked_list(frame, rows, found))

    return Iteration("lazy", (rows,), make, Use(current()))


def _answered(
    frame: Frame, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref | None:
    """What a builtin that the language knows gives; None for all others."""
    if isinstance(target, types.BuiltinMethodType):
        target = BOUND.get(target, target)
    handler = handler_of(target)
    if handler is not None:
        return handler(frame, args, kwargs)
    by_class = CALLABLES.get(type(target))
    return by_class(frame, target, args) if by_class is not None else None


@caller(Method)
def _method(
    frame: Frame, callee: Method, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    return call_method(frame, callee, args, kwargs)


@caller(Choice)
def _chosen(
    frame: Frame, callee: Choice, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    """One of two functions, by a condition of the program."""
    return choose(
        frame,
        callee.condition,
        lambda: frame.call(callee.left, list(args), dict(kwargs), node),
        lambda: frame.call(callee.right, list(args), dict(kwargs), node),
    )


@caller(Partial)
def _partial(
    frame: Frame, callee: Partial, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    kwargs = {**callee.kwargs, **kwargs}
    return frame.call(callee.function, [*callee.args, *args], kwargs, node)


@caller(Bound)
def _of_class(
    frame: Frame, callee: Bound, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    """A method of the user's class."""
    if callee.function is object.__init__:
        return Static(None)
    if callee.function is object.__setattr__ and isinstance(args[0], Static):
        set_field(frame, callee.owner, args[0].value, args[1])
        return Static(None)
    return frame.call(Static(callee.function), [callee.owner, *args], kwargs)


@caller(Cell)
def _object(
    frame: Frame, callee: Cell, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    """An object with `__call__`."""
    method = special(frame, callee, "__call__")
    if method is None:
        raise frame.refuse("this object is not a function that can be called", node)
    return frame.call(method, args, kwargs)


@caller(Static)
def _known(
    frame: Frame, callee: Static, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    """A function, class or other callable from outside."""
    target = callee.value
    frame.session.called[id(target)] = target
    held = library_object(frame, target)
    if held is not None:
        return frame.call(held, args, kwargs, node)
    if target is object.__setattr__ and len(args) == 3 and isinstance(args[1], Static):
        set_field(frame, args[0], args[1].value, args[2])
        return Static(None)
    other = as_callable(frame, callee)
    if other is not callee:
        return frame.call(other, args, kwargs)
    read = bound_reading(target)
    if read is not None:
        inner, before, more = read
        first, named = bound_arguments(frame, target, tuple(before), dict(more))
        return frame.call(Static(inner), [*first, *args], {**named, **kwargs})
    if _of_numpy(target):
        args = [as_list(frame, r) for r in args]
        kwargs = {k: as_list(frame, r) for k, r in kwargs.items()}
    frame.here = node
    for answer in (call_log, call_on_set, _answered):
        answered = answer(frame, target, args, kwargs)
        if answered is not None:
            return answered
    law = frozen_outside(frame, target) or made_frozen(target, args, kwargs)
    if law is not None:
        return frame.call(law, args, kwargs, node) if law.method else law
    folded = _folded(target, args, kwargs)
    if folded is not None:
        return folded
    made_here = made_dict(frame, target, args, kwargs)
    if made_here is not None:
        return made_here
    kwargs = without_plain(frame, target, kwargs)
    by_another = spelled_call(frame, target, args, kwargs)
    if by_another is not None:
        return by_another
    target, args, kwargs = reduction_of(target, args, kwargs)
    by_method = ufunc_method(frame, target, args, kwargs, node)
    if by_method is not None:
        return by_method
    op = find(target)
    if op is not None:
        if op in SOLVERS:
            return call_solver(frame, op, target, args, kwargs, node)
        if not masks(op, kwargs):
            op = variant_of(op, len(args), kwargs)
        result = call_operation(frame, op, target, args, kwargs)
        name = getattr(target, "__name__", "")
        base = args[0] if args else None
        return note_shared(frame, name, "order" in kwargs, base, result)
    if isinstance(target, type):
        if scipy_reason(target):
            raise no_rule(target, frame.span(node))
        return construct(frame, target, args, kwargs, node)
    chosen = implementation(frame, target, args)
    if chosen is not None:
        return frame.call(constant_ref(chosen), args, kwargs)
    if isinstance(target, CACHE) and not is_memoised(target):
        check_cached(frame, target, [*args, *kwargs.values()])
        inner = frame.call(constant_ref(target.__wrapped__), args, kwargs)
        return note_cached(frame, target, inner)
    unwrapped = unwrap(target)
    if unwrapped is None:
        return call_foreign(frame, target, args, kwargs)
    if scipy_reason(target):
        return _call_unless_refused(frame, target, args, kwargs, node)
    function, before, more = unwrapped
    frame.session.called[id(function)] = function
    first, named = bound_arguments(frame, target, before, more)
    whole, keywords = [*first, *args], {**named, **kwargs}
    if not is_library(function):
        return call_function(frame, function, whole, keywords, node)
    found = lowered_from_source(frame, function, whole, keywords, node)
    if not isinstance(found, Failed):
        return found
    return _call_unless_refused(frame, target, args, kwargs, node, found.reason)


def _call_unless_refused(
    frame: Frame,
    target: Any,
    args: list[Ref],
    kwargs: dict[str, Ref],
    node: Any,
    reason: str = "",
) -> Ref:
    """A call without a rule, if what it is given can be handed over."""
    try:
        return call_foreign(frame, target, args, kwargs, reason)
    except UnsupportedSyntax:  # it takes functions that are defined here, say
        raise no_rule(target, frame.span(node), reason) from None


def _folded(target: Any, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    """The result of a call that can be made now, where its arguments are known.

    That is a method of a string, and a function that its package memoises.
    """
    text = isinstance(getattr(target, "__self__", None), (str, bytes)) and not kwargs
    if not text and not is_memoised(target):
        return None
    given = [known_object(r) for r in args]
    named = {k: known_object(r) for k, r in kwargs.items()}
    if not all_known((*given, *named.values())):
        return None
    try:
        return constant_ref(target(*given, **named))
    except Exception as error:
        raise UnsupportedSyntax(f"this call fails: {error}") from None


def _of_numpy(target: Any) -> bool:
    """Whether a callable belongs to NumPy or SciPy: a list is an array to it."""
    module = getattr(target, "__module__", "") or ""
    return isinstance(target, np.ufunc) or module.split(".")[0] in ("numpy", "scipy")


def call_operation(
    frame: Frame, op: Op, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    """Write the node of a declared operation."""
    refuse_by_keyword(target, kwargs)
    inputs: list[Any] = []
    listed = _of_numpy(target) and op.name not in TAKE_LISTS

    def plain(args: list[Ref], kwargs: dict[str, Ref]) -> tuple[Value, ...]:
        given = [argument(frame, r) for r in args]
        given = [_as_array(v) for v in given] if listed else given
        named = {k: argument(frame, r) for k, r in kwargs.items()}
        try:
            found, params = op.arguments(given, named)
            inputs[:] = array_inputs(found)
            return op.several(*inputs, **{**params, **call_params(op, target)})
        except (ValueError, IndexError) as error:  # as NumPy itself would raise
            if isinstance(error, SrcadError):
                raise
            name = getattr(target, "__name__", op.name)
            raise ShapeError(f"{name}: {error}") from None

    written = with_keywords(frame, op, target, args, kwargs, plain)
    if written is not None:
        return written
    outputs = plain(args, kwargs)
    base = args[0] if args else None
    if len(outputs) != 1 or target in GIVE_TUPLES:
        return Items(tuple(frame.object_of(v) for v in outputs))
    return result_object(frame, op, base, inputs, outputs[0])


# Functions that give a tuple of one result too.
GIVE_TUPLES = (np.broadcast_arrays,)
# Operations that take a list of arrays as it is.
TAKE_LISTS = frozenset(
    [
        "array_of",
        "asarray",
        "block",
        "column_stack",
        "concatenate",
        "dstack",
        "hstack",
        "multi_dot",
        "stack",
        "sum",
        "vstack",
    ]
)


def _as_array(given: Any) -> Any:
    listed = isinstance(given, Value) and is_list_of_numbers(given)
    return array_of(given) if listed else given


def argument(frame: Frame, ref: Ref) -> Any:
    """An argument as operations take it: values, and Python containers of them."""
    known = structure(frame, ref)
    if isinstance(known, Items):
        return tuple(argument(frame, r) for r in known.items)
    if isinstance(known, Entries):
        return [argument(frame, r) for r in known.items]
    if isinstance(known, Table):
        return {k: argument(frame, r) for k, r in known.items.items()}
    if isinstance(ref, Iteration) and ref.kind == "tuple":
        return frame.read(ref.args[0])
    if isinstance(ref, (Closure, Frozen, Method, Partial)):
        raise UnsupportedSyntax("a function is not supported as this argument")
    return frame.read(ref)
