"""The Python function behind a callable, where srcad can read it or write one."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from srcad.errors import MissingRule, SignatureError, SourceUnavailable
from srcad.frontend.callables import bound_reading
from srcad.frontend.rules import rules_of
from srcad.ops.declare import Op, find
from srcad.source import from_source, unwrap


def plain_function(
    target: Any,
) -> tuple[types.FunctionType, tuple[Any, ...], dict[str, Any]]:
    """The Python function behind a callable, with arguments already bound.

    A declared operation (`grad(np.sin)`) becomes a function that calls it.

    Raises
    ------
    SignatureError
        The object is not callable.
    SourceUnavailable
        It has no Python source.
    MissingRule
        It is a C function without a rule.
    """
    if not callable(target):
        raise SignatureError(
            f"{target!r} is not a function",
            hint="use grad(f), @grad or @grad(argnums=...)",
        )
    rules = rules_of(target)
    if rules is not None:
        if rules.signature is None:
            raise MissingRule(
                f"{rules.name} has a rule, and its signature is not known",
                hint="wrap it in a function of your own",
            )
        shown = rules.signature.parameters.values()
        plain = [p for p in shown if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
        return _calling(target, plain), (), {}
    op = find(target)
    if op is not None:
        return _wrapper(op, target), (), {}
    if bound_reading(target) is not None:  # a jacobian, say: a call of it is known
        shown = inspect.signature(target).parameters.values()
        return _calling(target, shown, "jacobian"), (), {}
    found = unwrap(target)
    if found is not None and hasattr(found[0], "__wrapped__"):
        return _outer(found[0]), found[1], found[2]
    if found is None and isinstance(target, types.BuiltinFunctionType):
        raise MissingRule(
            f"{getattr(target, '__qualname__', target)} has no derivative rule",
            hint="wrap what it computes in a Python function of operations with rules",
        )
    if found is None:
        raise SourceUnavailable(
            f"{target!r} has no Python source",
            hint="pass the Python function behind it, or srcad.from_source(text, "
            "globals)",
        )
    return found


def _wrapper(op: Op, target: Any) -> types.FunctionType:
    """A Python function of an operation's inputs that calls it."""
    names = ", ".join(p.name for p in op.parameters.values() if p.default is p.empty)
    starred = any(p.kind is p.VAR_POSITIONAL for p in op.parameters.values())
    if starred or not names:
        raise MissingRule(
            f"{op.name} takes any number of arguments",
            hint="wrap it in a function of your own",
        )
    text = f"def {op.name}({names}):\n    return operation({names})\n"
    function = from_source(text, {"operation": target})
    function.__qualname__ = function.__name__
    return function


def _outer(function: types.FunctionType) -> types.FunctionType:
    """A decorated function as a plain one with the parameters that it shows."""
    inner = inspect.signature(function, follow_wrapped=False).parameters.values()
    starred = any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in inner)
    shown = inspect.signature(function).parameters.values()
    if not starred or any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in shown):
        return function
    return _calling(function, shown)


def _calling(
    target: Any, parameters: Iterable[inspect.Parameter], called: str = "decorated"
) -> types.FunctionType:
    """A Python function with these parameters that calls `target`, by this name."""
    parameters = list(parameters)
    name = getattr(target, "__name__", "derivative")
    name = name if name.isidentifier() else "derivative"
    taken = {name, *(p.name for p in parameters)}
    inner = next(n for n in (f"{called}{'_' * k}" for k in count()) if n not in taken)
    names: dict[str, Any] = {inner: target}
    parts: list[str] = []
    given: list[str] = []
    for k, p in enumerate(parameters):
        default = "" if p.default is p.empty else f"=default{k}"
        names[f"default{k}"] = p.default
        star = "*" if p.kind is p.VAR_POSITIONAL else ""
        star = "**" if p.kind is p.VAR_KEYWORD else star
        if p.kind is p.KEYWORD_ONLY and not any(s.startswith("*") for s in parts):
            parts.append("*")
        parts.append(f"{star}{p.name}{default}")
        only = p.kind is p.KEYWORD_ONLY
        given.append(f"{p.name}={p.name}" if only else f"{star}{p.name}")
    text = f"def {name}({', '.join(parts)}):\n    return {inner}({', '.join(given)})\n"
    found = from_source(text, names)
    found.__doc__ = target.__doc__
    return found


def made_of(function: Any) -> dict[str, Any]:
    """What a reload replaces in a function, by its attributes; nothing of others."""
    names = ("__code__", "__defaults__", "__kwdefaults__")
    plain = isinstance(function, types.FunctionType)
    return {name: getattr(function, name) for name in names} if plain else {}


def is_replaced(function: Any, before: Mapping[str, Any]) -> bool:
    """Whether a function is no longer made of what it was."""
    return any(getattr(function, name) is not part for name, part in before.items())
