"""Calls of user functions: inlined here, or lowered to a graph of their own.

A function of a module is lowered once per signature and called (`call` nodes), so the
generated source keeps it as a function. A nested function, a lambda, or a call whose
arguments are one object twice is lowered in place, where names and objects are shared
as they are.
"""

from __future__ import annotations

import inspect
from typing import Any

import gast

from srcad.errors import MissingRule, UnsupportedSyntax
from srcad.frontend.arguments import bound
from srcad.frontend.bodies import body_of, local_names
from srcad.frontend.frame import Frame, caller
from srcad.frontend.graphs import call_graph
from srcad.frontend.refs import (
    Closure,
    Ref,
)
from srcad.frontend.session import InPlaceOnly
from srcad.frontend.syntax import construct
from srcad.source import FunctionSource, read_function

DEPTH_LIMIT = 60
UNFOLDED_LIMIT = 200  # recursive calls lowered in place, all told
UNFOLDED_DEPTH = 20  # and in one another


# ---- in place ------------------------------------------------------------------------


@caller(Closure)
def call_closure(
    frame: Frame, callee: Closure, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    """Call a function defined in the function being lowered."""
    names = bound(frame, callee.node, args, kwargs, callee.defaults, callee.name)
    source = callee.frame.source
    key = (id(callee.node), callee.frame.path)
    if key in frame.session.open or _calls_itself(callee):
        try:
            return call_graph(frame, callee, source, callee.node, names, node)
        except InPlaceOnly:
            pass
        except (MissingRule, UnsupportedSyntax) as error:
            if not error.needs_known:
                raise
        return _unfolded(frame, callee, names, node)
    frame.session.open.add(key)
    try:
        return _in_place(frame, callee.frame, None, source, callee.node, names, node)
    finally:
        frame.session.open.discard(key)


def _unfolded(frame: Frame, callee: Closure, names: dict[str, Ref], node: Any) -> Ref:
    """A recursive call in place: known arguments must end the recursion."""
    session = frame.session
    session.unfolded += 1
    if session.unfolded > UNFOLDED_LIMIT or session.depth > UNFOLDED_DEPTH:
        raise frame.refuse(
            "this call of a recursive function defined here is not supported: how deep "
            "it goes is not known",
            node,
            "define the function outside and pass what it uses",
        )
    source = callee.frame.source
    return _in_place(frame, callee.frame, None, source, callee.node, names, node)


def _calls_itself(callee: Closure) -> bool:
    return any(
        isinstance(n, gast.Name) and n.id == callee.name
        for n in gast.walk(callee.node)
        if callee.name != "<lambda>"
    )


def call_function(
    frame: Frame, function: Any, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    """Call a Python function of the user's."""
    session = frame.session
    source = session.sources.get(function.__code__)
    if source is None:
        source = session.sources[function.__code__] = read_function(function)
    if isinstance(source.tree, gast.FunctionDef):
        refuse_yield(source)
    names = bound(frame, source.tree, args, kwargs, function, function.__name__)
    if isinstance(source.tree, gast.Lambda):
        return _in_place(frame, None, function, source, source.tree, names, node)
    code = function.__code__
    try:
        if code not in session.in_place:
            return call_graph(frame, function, source, source.tree, names, node)
    except InPlaceOnly:
        pass
    except (MissingRule, UnsupportedSyntax) as error:
        if not error.needs_known or code in session.open:
            raise
    before = set(session.open)
    session.open.add(code)
    try:
        return _in_place(frame, None, function, source, source.tree, names, node)
    finally:
        session.open = before


def refuse_yield(source: FunctionSource) -> None:
    """Refuse generators and other functions that are not plain."""
    if not source.code.co_flags & inspect.CO_GENERATOR:
        return
    todo = list(source.tree.body)
    while todo:
        item = todo.pop()
        if isinstance(item, (gast.Yield, gast.YieldFrom)):
            row = construct(item)
            raise UnsupportedSyntax(row.message, source.span(item), row.hint)
        if not isinstance(item, (gast.FunctionDef, gast.Lambda)):
            todo.extend(gast.iter_child_nodes(item))


def _in_place(
    frame: Frame,
    lexical: Frame | None,
    function: Any,
    source: FunctionSource,
    tree: Any,
    names: dict[str, Ref],
    node: Any,
) -> Ref:
    if frame.session.depth > DEPTH_LIMIT:
        raise frame.refuse("calls are nested too deeply here", node)
    inner = Frame(
        frame.session,
        frame.context,
        source,
        function,
        lexical,
        {},
        local_names(tree),
        path=(*frame.path, id(node)),
    )
    for name, ref in names.items():
        inner.names[name] = ref
    frame.session.depth += 1
    try:
        return body_of(inner, tree)
    finally:
        frame.session.depth -= 1
