"""Functions of the prelude, lowered in place of a builtin that the user calls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from srcad.errors import Span
from srcad.frontend.arguments import parameter_names
from srcad.frontend.bodies import body_of, local_names
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Ref
from srcad.ir.builder import current
from srcad.source import FunctionSource, read_function


@dataclass(frozen=True, eq=False)
class Standing(FunctionSource):
    """A source all of whose nodes stand where the user's call does."""

    at: Span | None = None

    def span(self, node: Any) -> Span:
        """Return the place of the call."""
        return self.at or super().span(node)


@lru_cache(maxsize=256)
def _read(function: Any) -> FunctionSource:
    return read_function(function)


def inline(frame: Frame, function: Any, *args: Ref) -> Ref:
    """Lower a function of the prelude with these arguments, as the user's call."""
    source = _read(function)
    node = frame.here
    span = current().span if node is None else frame.span(node)
    inner = Frame(
        frame.session,
        frame.context,
        Standing(source.file, source.tree, source.function, span),
        function,
        None,
        dict(zip(parameter_names(source.tree), args, strict=True)),
        local_names(source.tree),
        path=(*frame.path, id(node), function.__name__),
    )
    with current().at(current().span or span):
        return body_of(inner, source.tree)
