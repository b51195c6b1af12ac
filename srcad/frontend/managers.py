"""`with`: context managers, and the statements under them.

`np.errstate` and `warnings.catch_warnings` decide what warns; `contextlib.suppress` is
a `try`, `nullcontext` is nothing. Any other manager is entered and left when the
program runs, in order with all that has effects; where it is not known to let
exceptions through, the program checks that it does.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from srcad.frontend.attempt_body import Body
from srcad.frontend.attempts import Clause, attempt, class_tuple, finally_
from srcad.frontend.call_arguments import call_arguments
from srcad.frontend.control import BRANCHING, block
from srcad.frontend.foreign_calls import call_foreign, writes_nothing
from srcad.frontend.forks import Status
from srcad.frontend.frame import Frame
from srcad.frontend.intrinsics import Handler, intrinsic
from srcad.frontend.refs import Ref, Static, root_of
from srcad.frontend.statements import assign
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Node, Value
from srcad.ir.structure import with_
from srcad.ir.types import UNKNOWN, Array, Bottom, Dict, List, Scalar, Tuple, unwrapped
from srcad.ir.walk import copied

# Their managers let every exception through.
PLAIN_MODULES = frozenset(
    """builtins io _io threading _thread multiprocessing tempfile decimal _decimal os
    numpy warnings time tracemalloc""".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Manager:
    """A context manager whose methods are lowered.

    enter : lowers `__enter__`; gives what it returns.
    leave : lowers `__exit__`, which must let exceptions through.
    """

    enter: Callable[[], Ref]
    leave: Callable[[], None]


# Whoever lowers the methods of objects enters a function of the expression of a manager
# and of what it is, or what it calls; it gives None for what it does not lower.
MANAGERS: list[Callable[[Frame, Ref, Any], Manager | None]] = []


@dataclass
class Made:
    """What a context manager is made from, as in the layout of `with_`."""

    inputs: list[Value]
    params: dict[str, Any] = field(default_factory=dict)


def with_statement(frame: Frame, node: Any, rest: list[Any]) -> tuple[Status, bool]:
    """Lower a `with`; says how it ends and whether `rest` was lowered with it."""
    return _managed(frame, node, 0, rest)


def _managed(frame: Frame, node: Any, k: int, rest: list[Any]) -> tuple[Status, bool]:
    """Lower the items of a `with` from the k-th on, and its body."""
    if k == len(node.items):
        return block(frame, node.body), False
    item = node.items[k]

    def inside(given: Ref | None = None) -> Status:
        if item.optional_vars is not None:
            assign(frame, item.optional_vars, Static(None) if given is None else given)
        return _managed(frame, node, k + 1, [])[0]

    with frame.place(item.context_expr), current().at(frame.span(item.context_expr)):
        expression = item.context_expr
        called = isinstance(expression, gast.Call)
        ref = frame.lower(expression.func if called else expression)
        target = ref.value if isinstance(ref, Static) else None
        known = target is contextlib.suppress or target is contextlib.nullcontext
        if known and called:
            args, kwargs = call_arguments(frame, expression, ref)
    if called and target is contextlib.suppress:
        kinds = tuple(c for r in args for c in class_tuple(frame, r, expression))
        clause = Clause(kinds, "", lambda: Status.FALL)
        body = Body(frame, node.body)
        if k < len(node.items) - 1 or item.optional_vars is not None:
            body = Body(frame, [*node.items[k:], *node.body], inside)
        return attempt(frame, body, [clause], [], rest)
    if called and target is contextlib.nullcontext:
        return inside(*args, *kwargs.values()), False
    with frame.place(expression):
        for hook in MANAGERS:
            manager = hook(frame, ref, expression)
            if manager is not None:
                return _lowered(frame, manager, inside, node), False
        if called and isinstance(ref, Static):
            made = _made(frame, target, expression)
        else:
            ref = frame.lower(expression) if called else ref
            made = _existing(frame, ref, expression)
    return _region(frame, made, item, inside), False


def _lowered(
    frame: Frame, manager: Manager, inside: Callable[[Ref], Status], node: Any
) -> Status:
    given = manager.enter()
    body = Body(frame, [*node.items, *node.body], lambda: inside(given))
    return finally_(frame, body, manager.leave)


def _made(frame: Frame, target: Any, node: gast.Call) -> Made:
    """A manager made by a call: real code, that is not looked into."""
    if not callable(target):
        raise frame.refuse("this is no context manager", node)
    args, kwargs = call_arguments(frame, node, Static(target))
    refs = [*args, *kwargs.values()]
    values = [frame.read(r) for r in refs]
    params = {"function": target, "keywords": tuple(kwargs)}
    if _decides_warnings(target, values, kwargs):
        return Made(values, {**params, "quiet": True})
    for root in filter(None, map(root_of, refs)):
        if not writes_nothing(target):
            frame.session.handed.add(root)
            frame.world.stale[root] = current().span
    checked = not _lets_through(target)
    return Made(values, {**params, "effect": True, **_flag(checked)})


def _decides_warnings(target: Any, values: list[Value], kwargs: dict[str, Ref]) -> bool:
    known = len(values) == len(kwargs) and all(isinstance(v, Literal) for v in values)
    if target is np.errstate:
        return known and "call" not in kwargs
    return known and target is warnings.catch_warnings and "record" not in kwargs


def _existing(frame: Frame, ref: Ref, node: Any) -> Made:
    """A manager that is there already."""
    value = frame.read(ref)
    manager = ref.value if isinstance(ref, Static) else None
    number = isinstance(unwrapped(value.type), (Scalar, Array, List, Tuple, Dict))
    known = isinstance(ref, Static) and not hasattr(type(manager), "__enter__")
    if number or known:
        raise frame.refuse("this is no context manager", node)
    checked = manager is None or not _lets_through(type(manager))
    return Made([value], {"function": None, "effect": True, **_flag(checked)})


def _lets_through(target: Any) -> bool:
    """Whether managers of a class, or made by a function, swallow no exception."""
    module = getattr(target, "__module__", None) or ""
    return module.split(".")[0] in PLAIN_MODULES


def _flag(checked: bool) -> dict[str, bool]:
    return {"checked": True} if checked else {}


def _region(
    frame: Frame, made: Made, item: Any, inside: Callable[[Ref | None], Status]
) -> Status:
    """Write the `with_`.

    What its block makes is seen after it under the same values: the block has copies.
    """
    builder = current()
    silent = made.params.get("quiet")
    wants = item.optional_vars is not None and not silent
    given = Value("", UNKNOWN) if wants else None
    with builder.inner() as inner:
        ref = None if given is None else frame.object_of(given)
        status = inside(ref)
    params = () if given is None else (given,)
    whole = inner.block(params)
    outputs = [*params, *(v for node in whole.nodes for v in node.outputs)]
    outputs = [v for v in outputs if not isinstance(v.type, Bottom)]
    makers = {v: node for node in whole.nodes for v in node.outputs}
    block_ = copied(inner.block(params, outputs))
    builder.add(
        Node(
            with_,
            tuple(made.inputs),
            tuple(outputs),
            made.params,
            (block_,),
            frame.span(item.context_expr),
        )
    )
    builder.definitions.update(makers)
    return status


BRANCHING[gast.With] = with_statement


def _kept(function: Any) -> Handler:
    """Calls that change what warns stay calls, whatever their code is."""
    return lambda frame, args, kwargs: call_foreign(frame, function, args, kwargs)


for _function in (
    warnings.simplefilter,
    warnings.filterwarnings,
    warnings.resetwarnings,
):
    intrinsic(_function)(_kept(_function))
