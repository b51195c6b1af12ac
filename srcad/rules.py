"""Rules of the user's own: custom_jvp, custom_vjp, declare, and stop_gradient."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import SignatureError
from srcad.frontend.callables import READ
from srcad.frontend.intrinsics import intrinsic
from srcad.frontend.refs import Static
from srcad.frontend.rule_calls import stopped
from srcad.frontend.rules import CHANGES, Recomputed, Rules, enter, enter_class, leave
from srcad.source import unwrap

Argnums = int | Sequence[int]


class _Custom:
    """A function that brings its own rule; calls of it compute what they always did."""

    def __init__(self, function: Callable[..., Any], nondiff_argnums: Argnums) -> None:
        found = unwrap(function)
        if found is None or found[1] or found[2]:
            raise SignatureError(
                f"{function!r} is not a Python function",
                hint="use srcad.declare(f, ...) for other callables",
            )
        self.function = function
        name = getattr(function, "__name__", "the function")
        fixed = positions(nondiff_argnums)
        self.rules = Rules(name, found[0], body=function, fixed=fixed, strict=True)
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<srcad {type(self).__name__} of {self.rules.name}>"

    def _set(self, **rules: Any) -> None:
        for name, rule in rules.items():
            setattr(self.rules, name, checked(rule, self.rules.name))
        CHANGES.append(self)


class custom_jvp(_Custom):
    """A function whose tangent the user states, as in JAX.

    Works as `@custom_jvp` and as `@custom_jvp(nondiff_argnums=(1,))`. Reverse mode is
    the transpose of the tangent, which is linear in the tangents.

    Parameters
    ----------
    function : function
    nondiff_argnums : int or tuple of int
        Positions of arguments that are not differentiated by; the rule gets them first.

    Examples
    --------
    >>> @custom_jvp
    ... def f(x, y):
    ...     return np.sin(x) * y
    >>> @f.defjvp
    ... def f_jvp(primals, tangents):
    ...     x, y = primals
    ...     x_dot, y_dot = tangents
    ...     return f(x, y), np.cos(x) * y * x_dot + np.sin(x) * y_dot
    """

    def __new__(cls, function: Any = None, nondiff_argnums: Argnums = ()) -> Any:
        if function is None:
            return functools.partial(cls, nondiff_argnums=nondiff_argnums)
        return super().__new__(cls)

    def __init__(self, function: Any, nondiff_argnums: Argnums = ()) -> None:
        super().__init__(function, nondiff_argnums)

    def defjvp(self, jvp: Callable[..., Any]) -> Callable[..., Any]:
        """State the tangent.

        Parameters
        ----------
        jvp : function
            `jvp(*nondiff, primals, tangents)` gives `(out, tangent of out)`; both are
            tuples with an entry for each other argument.
        """
        self._set(jvp=jvp)
        return jvp


class custom_vjp(_Custom):
    """A function whose cotangents the user states, as in JAX.

    Works as `@custom_vjp` and as `@custom_vjp(nondiff_argnums=(0,))`. Forward mode is
    the transpose of the backward rule, which is linear in the cotangent.

    Parameters
    ----------
    function : function
    nondiff_argnums : int or tuple of int
        Positions of arguments that are not differentiated by; `bwd` gets them first.

    Examples
    --------
    >>> @custom_vjp
    ... def f(x, y):
    ...     return np.sin(x) * y
    >>> def f_fwd(x, y):
    ...     return f(x, y), (np.cos(x), np.sin(x), y)
    >>> def f_bwd(kept, g):
    ...     cos_x, sin_x, y = kept
    ...     return cos_x * g * y, sin_x * g
    >>> f.defvjp(f_fwd, f_bwd)
    """

    def __new__(cls, function: Any = None, nondiff_argnums: Argnums = ()) -> Any:
        if function is None:
            return functools.partial(cls, nondiff_argnums=nondiff_argnums)
        return super().__new__(cls)

    def __init__(self, function: Any, nondiff_argnums: Argnums = ()) -> None:
        super().__init__(function, nondiff_argnums)

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """State the cotangents.

        Parameters
        ----------
        fwd : function
            `fwd(*args)` gives `(out, kept)`: what `bwd` needs.
        bwd : function
            `bwd(*nondiff, kept, g)` gives a tuple with a cotangent for each other
            argument; g is that of the result.
        """
        self._set(fwd=fwd, bwd=bwd)


def positions(argnums: Argnums) -> tuple[int, ...]:
    """The positions in nondiff_argnums.

    Raises
    ------
    SignatureError
        They are no integers from 0 on.
    """
    found = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    if not all(type(k) is int and k >= 0 for k in found):
        raise SignatureError(f"nondiff_argnums={argnums!r} must be integers from 0 on")
    return tuple(found)


def checked(rule: Any, name: str) -> Any:
    """A rule, if it is a Python function.

    Raises
    ------
    SignatureError
        It is something else.
    """
    if not isinstance(rule, types.FunctionType):
        raise SignatureError(
            f"a rule of {name} is {rule!r}: rules are Python functions",
            hint="write it with def or lambda, from operations that have rules",
        )
    return rule


def declare(
    target: Any = None,
    *,
    partials: Callable[..., Any] | None = None,
    linear: bool | Argnums = False,
    transpose: Callable[..., Any] | None = None,
    bilinear: bool = False,
    transposes: tuple[Callable[..., Any], Callable[..., Any]] | None = None,
    zero: bool = False,
    jvp: Callable[..., Any] | None = None,
    vjp: Any = None,
    nondiff_argnums: Argnums = (),
    like: int | Callable[..., Any] | None = None,
) -> Any:
    """Say how a callable is differentiated: one in C, say, or without source.

    The call stays a call in the generated source. The callable must be pure: it gives
    the same for the same arguments, and writes to none. Rules are plain Python
    functions of the call's arguments (`out` is its result), differentiated themselves
    for second derivatives. Declaring again replaces what was said before.

    Works as a call, which gives the target back, and as a decorator.

    Parameters
    ----------
    target : callable
        A function of Python, C or an extension, a ufunc, a Numba dispatcher.
    partials : function
        `partials(out, *args)` gives one derivative for each argument of a broadcasting
        function of each element; None where it is zero.
    linear : bool, int or tuple of int
        The function is linear in all arguments together, or in those at these
        positions; `transpose(g, *args)` gives their cotangents.
    bilinear : bool
        It is linear in each of its two arguments; `transposes=(left, right)` give the
        cotangents, `left(g, x, y)` that of x.
    zero : bool
        It is piecewise constant, or gives nothing to differentiate.
    jvp : function
        As in `custom_jvp`: `jvp(primals, tangents)` gives `(out, tangent)`.
    vjp : function, or pair of functions
        `vjp(g, out, *args)` gives the cotangents, one for each argument; or
        `(fwd, bwd)` as in `custom_vjp`.
    nondiff_argnums : int or tuple of int
        Positions of arguments that are not differentiated by.
    like : int or function, optional
        The result has shape and dtype of the argument at this position, or the
        structure, shapes and dtypes of `like(*args)`. Knowing them makes shorter
        source; a result that is a tuple or dict needs it.

    Raises
    ------
    SignatureError
        What was said does not fit together.
    """
    options = {
        "partials": partials,
        "linear": linear,
        "transpose": transpose,
        "bilinear": bilinear,
        "transposes": transposes,
        "zero": zero,
        "jvp": jvp,
        "vjp": vjp,
        "nondiff_argnums": nondiff_argnums,
        "like": like,
    }
    if target is None:
        return functools.partial(declare, **options)
    rules = Rules(name_of(target), target, fixed=positions(nondiff_argnums), like=like)
    check_said(rules.name, options)
    if linear is not False:
        rules.linear = () if linear is True else positions(linear)
    rules.partials, rules.zero, rules.jvp = partials, zero, jvp
    rules.transpose, rules.transposes = transpose, transposes
    if isinstance(vjp, tuple):
        rules.fwd, rules.bwd = vjp
    else:
        rules.vjp = vjp
    functions = (partials, transpose, *(transposes or ()), jvp)
    if callable(like):
        checked(like, rules.name)
    for rule in (*functions, rules.fwd, rules.bwd, rules.vjp):
        if rule is not None:
            checked(rule, rules.name)
    enter(target, rules)
    return target


def check_said(name: str, options: Mapping[str, Any]) -> None:
    """Refuse what does not fit together.

    Raises
    ------
    SignatureError
        With what it is.
    """
    said = [k for k in ("partials", "bilinear", "zero") if options[k]]
    said += ["linear"] * (options["linear"] is not False)
    said += ["jvp or vjp"] * bool(options["jvp"] or options["vjp"])
    if len(said) != 1:
        raise SignatureError(
            f"srcad.declare({name}) says {' and '.join(said) or 'nothing'}",
            hint="say one: partials, linear, bilinear, zero, or jvp and vjp",
        )
    if options["transpose"] and options["linear"] is False:
        raise SignatureError("transpose=... belongs to linear=True")
    if bool(options["bilinear"]) != bool(options["transposes"]):
        raise SignatureError("bilinear=True and transposes=(left, right) go together")


def undeclare(target: Any) -> None:
    """Forget what was declared of a callable.

    Raises
    ------
    SignatureError
        Nothing was.
    """
    if not leave(target):
        raise SignatureError(f"{name_of(target)} was not declared")


def name_of(target: Any) -> str:
    """What a callable is called; refused where it cannot have rules.

    Raises
    ------
    SignatureError
        It cannot be called, or gives arrays of objects.
    """
    if not callable(target):
        raise SignatureError(f"{target!r} is not a function")
    if isinstance(target, np.ufunc) and any("O" in t[-1:] for t in target.types):
        if len(target.types) == 1:
            raise SignatureError(
                f"{target!r} gives arrays of objects, which have no derivative",
                hint="use np.vectorize(f, otypes=[float]), and declare that",
            )
    return str(getattr(target, "__name__", None) or type(target).__name__)


def stop_gradient(x: Any) -> Any:
    """x itself, through which no derivative passes.

    Parameters
    ----------
    x : number, array, or a container of them
    """
    return x


class Checkpointed:
    """A function whose adjoint computes again what it needs: see `checkpoint`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)


def checkpoint(f: Callable[..., Any]) -> Any:
    """The same function, of which reverse mode keeps nothing but the arguments.

    What its adjoint needs is computed again when it is needed: half as much again of
    the work, for less memory. Works as a call and as a decorator, inside the functions
    that are differentiated too. The function is to have no effects.

    Parameters
    ----------
    f : callable
        Its source can be read.

    Returns
    -------
    callable
    """
    if not callable(f):
        raise SignatureError(f"{f!r} is not a function")
    return Checkpointed(f)


READ[Checkpointed] = lambda frame, value: Recomputed(Static(value.function))
intrinsic(stop_gradient)(stopped)
enter_class(custom_jvp, lambda value: value.rules)
enter_class(custom_vjp, lambda value: value.rules)
