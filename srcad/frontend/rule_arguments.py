"""The arguments of a function with rules by position, and taken apart."""

from __future__ import annotations

import inspect
import types
from collections.abc import Sequence
from typing import Any

import gast

from srcad.errors import Span, SrcadError, UnsupportedSyntax
from srcad.frontend.arguments import default_ref
from srcad.frontend.context import constant_ref
from srcad.frontend.flatten import Flat
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Cell, Members, Number, Ref, View
from srcad.frontend.rules import Rules
from srcad.frontend.session import CALLEE, InPlaceOnly
from srcad.ir.graph import Value
from srcad.source import read_function


class Given(Flat):
    """Arguments taken apart; what has no values, such as a function, stays a part."""

    def spec(self, ref: Ref, name: str) -> Any:
        """The structure of an argument; leaves are noted."""
        try:
            return super().spec(ref, name)
        except InPlaceOnly:
            if not self._is_leaf(ref):
                return ("ref", ref)
        self.leaves.append(ref)
        self.names.append(name)
        return ("leaf", len(self.leaves) - 1)

    def _is_leaf(self, ref: Ref) -> bool:
        if isinstance(ref, Cell):
            kinds = self.frame.session.kinds
            return ref not in kinds and not isinstance(self.frame.content(ref), Members)
        return isinstance(ref, (Number, View))


def written_words(name: str) -> str:
    """What an argument of a function with a rule is, where a write to it is refused."""
    return f"an argument of {name}, which has a rule of its own,"


def entered(frame: Frame, leaves: Sequence[Value], words: str) -> list[Ref]:
    """Arguments inside a graph; `words` say of what a write is refused."""
    before = set(frame.world.contents)
    objects = [frame.object_of(v) for v in leaves]
    for cell in set(frame.world.contents) - before:
        object.__setattr__(cell, "captured", words)
        frame.session.parameters[cell] = CALLEE
    return objects


def has_refs(spec: Any) -> bool:
    """Whether a structure has a part that has no values."""
    if not isinstance(spec, (list, tuple)):
        return False
    return (len(spec) == 2 and spec[0] == "ref") or any(map(has_refs, spec))


def positional(
    frame: Frame, rules: Rules, args: list[Ref], kwargs: dict[str, Ref]
) -> list[Ref]:
    """A call's arguments by position; those of a Python function with its defaults.

    Raises
    ------
    UnsupportedSyntax
        The call does not fit, or has arguments that a rule cannot be given.
    """
    signature, name = rules.signature, rules.name
    if signature is None:
        if kwargs:
            raise UnsupportedSyntax(
                f"{name} has a rule, and its signature is not known",
                hint="pass its arguments by position",
            )
        return args
    try:
        given = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        raise UnsupportedSyntax(f"{name}() {error}") from None
    python = isinstance(rules.target, types.FunctionType)
    found: list[Ref] = []
    waiting: list[Ref] = []
    for p in signature.parameters.values():
        if p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD):
            if given.get(p.name):
                raise UnsupportedSyntax(
                    f"{name} has a rule, and {p.name!r} is no positional argument",
                    hint="give the function positional parameters only",
                )
        elif p.kind is p.VAR_POSITIONAL:
            found += given.get(p.name, ())
        elif p.name in given:
            found += [*waiting, given[p.name]]
            waiting = []
        else:
            waiting.append(_default(frame, rules, p))
    return [*found, *waiting] if python else found


def names_of(rules: Rules, count: int) -> list[str]:
    """What the arguments of a call are called."""
    shown = rules.signature.parameters.values() if rules.signature is not None else ()
    names = [p.name for p in shown if p.kind in (p.POSITIONAL_ONLY, _PLAIN)]
    return [*names, *(f"x{k}" for k in range(len(names), count))][:count]


_PLAIN = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _default(frame: Frame, rules: Rules, parameter: inspect.Parameter) -> Ref:
    if isinstance(rules.target, types.FunctionType):
        return default_ref(frame, parameter.name, rules.target, rules.name)
    return constant_ref(parameter.default)


def place_of(function: Any) -> Span | None:
    """Where a rule returns: its last `return`, or the expression of a lambda."""
    try:
        source = read_function(function)
    except SrcadError:
        return None
    if isinstance(source.tree, gast.Lambda):
        return source.span(source.tree.body)
    returns = [n for n in gast.walk(source.tree) if isinstance(n, gast.Return)]
    return source.span(returns[-1] if returns else source.tree)
