"""The parameters of a function that is differentiated, and a call's arguments in them.

Takes any callable `Ref`; `argnums` and `argnames` count and name these parameters.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from srcad.errors import SignatureError
from srcad.frontend.arguments import default_ref
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Closure, Derivative, Items, Ref, Static
from srcad.frontend.rules import rules_of
from srcad.source import unwrap

POSITIONAL, STARRED, KEYWORD, REST = "positional", "starred", "keyword", "rest"
_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: POSITIONAL,
    inspect.Parameter.POSITIONAL_OR_KEYWORD: POSITIONAL,
    inspect.Parameter.VAR_POSITIONAL: STARRED,
    inspect.Parameter.KEYWORD_ONLY: KEYWORD,
    inspect.Parameter.VAR_KEYWORD: REST,
}


@dataclass(frozen=True)
class Signature:
    """Names and kinds of a function's parameters; None where they cannot be known."""

    name: str
    known: tuple[tuple[str, str], ...] | None

    def filled(
        self, frame: Frame, args: list[Ref], kwargs: dict[str, Ref], target: Ref
    ) -> Parameters:
        """A call's arguments by parameter; a default that is needed is looked up later.

        Raises
        ------
        SignatureError
            The call does not fit.
        """
        if self.known is None:
            names = tuple("" for _ in args)
            kinds = (POSITIONAL,) * len(args)
            if kwargs:
                raise SignatureError(f"{self.name} takes no keywords here")
            return Parameters(frame, target, self.name, names, kinds, list(args))
        rest, refs, extra = dict(kwargs), [], list(args)
        for name, kind in self.known:
            found: Ref | None = None
            if kind == POSITIONAL and extra:
                found = extra.pop(0)
            elif kind == STARRED:
                found, extra = Items(tuple(extra)), []
            elif kind in (POSITIONAL, KEYWORD) and name in rest:
                found = rest.pop(name)
            refs.append(found)
        if extra:
            raise SignatureError(f"{self.name}() got {len(args)} arguments, too many")
        names, kinds = zip(*self.known, strict=True) if self.known else ((), ())
        return Parameters(frame, target, self.name, names, kinds, refs, rest)


@dataclass
class Parameters:
    """Arguments in the order of the parameters; None for one left at its default."""

    frame: Frame
    target: Ref
    function: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    refs: list[Any]
    rest: dict[str, Ref] | None = None

    def shown(self, k: int) -> str:
        """How to call an argument in a message."""
        return f"argument {self.names[k] or k}"

    def positions(
        self, argnums: int | Sequence[int], argnames: str | Sequence[str] | None
    ) -> tuple[int, ...]:
        """Which parameters are meant; each has a value then.

        Raises
        ------
        SignatureError
            There is no such parameter.
        """
        count = len(self.names)
        if argnames is not None:
            wanted = (argnames,) if isinstance(argnames, str) else tuple(argnames)
            missing = [n for n in wanted if n not in self.names]
            if missing:
                raise SignatureError(
                    f"{self.function}() has no parameter {missing[0]!r}",
                    hint=f"its parameters are {', '.join(self.names)}",
                )
            found = [self.names.index(n) for n in wanted]
        else:
            numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
            if not all(-count <= k < count for k in numbers):
                raise SignatureError(
                    f"argnums={argnums} is out of range: {self.function}() has "
                    f"{count} parameters",
                    hint="argnums counts from 0" if count else "",
                )
            found = [k % count for k in numbers]
        if len(set(found)) != len(found) or not found:
            raise SignatureError(f"argnums={argnums} must name distinct parameters")
        for k in found:
            if self.refs[k] is None:
                self.refs[k] = self._default(k)
        return tuple(found)

    def _default(self, k: int) -> Ref:
        if self.kinds[k] == REST:
            raise SignatureError(
                f"**{self.names[k]} cannot be differentiated by",
                hint="pass a dict as an ordinary argument",
            )
        target: Any = self.target
        while isinstance(target, Derivative):
            target = target.target
        defaults: Any = target.defaults if isinstance(target, Closure) else None
        if isinstance(target, Static):
            rules = rules_of(target.value)
            plain = unwrap(target.value if rules is None else rules.target)
            defaults = plain[0] if plain is not None else None
        return default_ref(self.frame, self.names[k], defaults, self.function)

    def spread(self, refs: Sequence[Any]) -> tuple[list[Ref], dict[str, Ref]]:
        """The positional and keyword arguments of a call with these arguments."""
        args: list[Ref] = []
        kwargs = dict(self.rest or {})
        skipped = False
        for name, kind, ref in zip(self.names, self.kinds, refs, strict=True):
            if ref is None:
                skipped = skipped or kind == POSITIONAL
            elif kind == STARRED:
                args += ref.items
            elif kind == KEYWORD or skipped:
                kwargs[name] = ref
            else:
                args.append(ref)
        return args, kwargs


def parameters_of(target: Ref) -> Signature:
    """The parameters that a function shows its callers."""
    if isinstance(target, Derivative):
        assert target.target is not None
        inner = parameters_of(target.target)
        return Signature(f"{inner.name}_{target.request.kind}", inner.known)
    if isinstance(target, Closure):
        return Signature(target.name, _of_tree(target.node.args))
    if isinstance(target, Static):
        name = getattr(target.value, "__name__", "this function")
        rules = rules_of(target.value)
        signature = None if rules is None else rules.signature
        try:
            signature = signature or inspect.signature(target.value)
            shown = signature.parameters.values()
        except (TypeError, ValueError):
            return Signature(name, None)
        return Signature(name, tuple((p.name, _KINDS[p.kind]) for p in shown))
    return Signature("this function", None)


def _of_tree(args: Any) -> tuple[tuple[str, str], ...]:
    found = [(p.id, POSITIONAL) for p in (*args.posonlyargs, *args.args)]
    if args.vararg is not None:
        found.append((args.vararg.id, STARRED))
    found += [(p.id, KEYWORD) for p in args.kwonlyargs]
    if args.kwarg is not None:
        found.append((args.kwarg.id, REST))
    return tuple(found)
