"""Rules of the user's: what was said of which callable.

`Rules` is what one callable has. A declared function is entered by itself (`enter`), a
decorated one is an object of a class that carries its rules (`enter_class`). Both are
read as a `Ruled`, whose call `frontend/ruled.py` lowers. `CHANGES` notes whose rules
were changed, so that what was compiled before is made again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcad.frontend.callables import NAMED, READ, as_callable
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Ref


@dataclass(eq=False)
class Rules:
    """How one callable is differentiated. All functions are plain Python.

    target : what a call calls. body : the function that is lowered for the value, if
        the call is not to stay one.
    jvp : jvp(*fixed, primals, tangents) -> (out, tangent of out).
    fwd, bwd : fwd(*args) -> (out, kept); bwd(*fixed, kept, g) -> cotangents.
    vjp : vjp(g, out, *args) -> cotangents.
    partials : partials(out, *args) -> one per argument, of an elementwise function.
    linear : positions of the arguments that the function is linear in, together; () for
        all. transpose : transpose(g, *args) -> their cotangents.
    transposes : left(g, x, y) and right(g, x, y) of a bilinear function.
    zero : whether the derivative is zero.
    fixed : positions of arguments that are not differentiated by (nondiff_argnums).
    like : position of the argument whose shape and dtype the result has; or a function
        of the arguments, of whose result only structure, shape and dtype count.
    strict : whether cotangents come as a tuple even where there is one.
    """

    name: str
    target: Any
    body: Any = None
    jvp: Any = None
    fwd: Any = None
    bwd: Any = None
    vjp: Any = None
    partials: Any = None
    linear: tuple[int, ...] | None = None
    transpose: Any = None
    transposes: tuple[Any, Any] | None = None
    zero: bool = False
    fixed: tuple[int, ...] = ()
    like: Any = None
    strict: bool = False

    @property
    def signature(self) -> inspect.Signature | None:
        """The parameters of the callable; None where they cannot be known."""
        if isinstance(self.target, np.ufunc):
            kind = inspect.Parameter.POSITIONAL_ONLY
            names = [f"x{k}" for k in range(self.target.nin)]
            return inspect.Signature([inspect.Parameter(n, kind) for n in names])
        try:
            return inspect.signature(self.target)
        except (TypeError, ValueError):
            return None


@dataclass(frozen=True, eq=False)
class Ruled(Ref):
    """A callable with rules of the user's."""

    rules: Rules


def as_function(frame: Frame, ref: Ref) -> Ref:
    """A known object that stands for a function of its own kind as that.

    One with rules stays the object that it is: a call of it goes by the rules anyway.
    """
    found = as_callable(frame, ref)
    return ref if isinstance(found, Ruled) else found


@dataclass(frozen=True, eq=False)
class Recomputed(Ref):
    """A function under `checkpoint`."""

    target: Ref


CHANGES: list[Any] = []  # callables whose rules were set, changed or taken away


def enter(target: Any, rules: Rules) -> None:
    """Let calls of an object go by these rules."""
    NAMED[id(target)] = (target, Ruled(rules))
    CHANGES.append(target)


def any_declared() -> bool:
    """Whether something is declared, so that what others made may not hold here."""
    return any(isinstance(ref, Ruled) for _, ref in NAMED.values())


def uses_rules(called: Mapping[int, Any] | None) -> bool:
    """Whether one of some callables has rules of the user's."""
    return any(rules_of(target) is not None for target in (called or {}).values())


def leave(target: Any) -> bool:
    """Forget the rules of an object; whether there were any."""
    known = NAMED.get(id(target))
    if known is None or not isinstance(known[1], Ruled):
        return False
    del NAMED[id(target)]
    CHANGES.append(target)
    return True


def enter_class(cls: type, rules_of: Callable[[Any], Rules]) -> None:
    """Let objects of a class be callables with the rules that they carry."""

    def reader(frame: Frame, value: Any) -> Ref:
        return Ruled(rules_of(value))

    READ[cls] = reader


def rules_of(target: Any) -> Rules | None:
    """The rules of an object that is read as a callable with rules."""
    known = NAMED.get(id(target))
    if known is not None:
        return known[1].rules if isinstance(known[1], Ruled) else None
    return getattr(target, "rules", None) if type(target) in READ else None
