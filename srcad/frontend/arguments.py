"""Binding a call's arguments to a function's parameters, as Python does."""

from __future__ import annotations

from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import Binding
from srcad.frontend.frame import Frame
from srcad.frontend.installed import is_fixed
from srcad.frontend.lookup import known_ref, outside
from srcad.frontend.refs import Items, Ref, Table


def bound(
    frame: Frame,
    tree: Any,
    args: list[Ref],
    kwargs: dict[str, Ref],
    defaults: dict[str, Ref] | Any,
    name: str,
) -> dict[str, Ref]:
    """Parameter names -> objects.

    defaults : the defaults of a function defined here, or the Python function.

    Raises
    ------
    UnsupportedSyntax
        The call does not fit the function: Python would raise TypeError.
    """
    parameters = tree.args
    positional = [*parameters.posonlyargs, *parameters.args]
    found: dict[str, Ref] = {}
    rest = dict(kwargs)
    for k, p in enumerate(positional):
        if k < len(args):
            if p.id in rest and p not in parameters.posonlyargs:
                raise UnsupportedSyntax(f"{name}() got {p.id!r} twice")
            found[p.id] = args[k]
        elif p.id in rest and p not in parameters.posonlyargs:
            found[p.id] = rest.pop(p.id)
        else:
            found[p.id] = default_ref(frame, p.id, defaults, name)
    extra = args[len(positional) :]
    if parameters.vararg is not None:
        found[parameters.vararg.id] = Items(tuple(extra))
    elif extra:
        raise UnsupportedSyntax(
            f"{name}() takes {len(positional)} positional arguments, {len(args)} given"
        )
    for p in parameters.kwonlyargs:
        given = rest.pop(p.id, None)
        found[p.id] = given or default_ref(frame, p.id, defaults, name)
    if parameters.kwarg is not None:
        found[parameters.kwarg.id] = frame.new(Table(rest))
    elif rest:
        raise UnsupportedSyntax(f"{name}() got an unexpected keyword {min(rest)!r}")
    return found


def default_ref(frame: Frame, parameter: str, defaults: Any, name: str) -> Ref:
    """The default of a parameter; `defaults` as in `bound`."""
    if isinstance(defaults, dict):
        if parameter in defaults:
            found: Ref = defaults[parameter]
            return found
    elif defaults is not None:
        binding = Binding("default", defaults, parameter)
        try:
            value = binding.read()
        except LookupError:
            pass
        else:
            fixed = is_fixed(defaults, value)
            return known_ref(frame, value) if fixed else outside(frame, binding)
    raise UnsupportedSyntax(f"{name}() misses the argument {parameter!r}")


def parameter_names(tree: Any) -> list[str]:
    """All parameters of a function, in order."""
    a = tree.args
    names = [p.id for p in (*a.posonlyargs, *a.args)]
    if a.vararg is not None:
        names.append(a.vararg.id)
    names += [p.id for p in a.kwonlyargs]
    if a.kwarg is not None:
        names.append(a.kwarg.id)
    return names
