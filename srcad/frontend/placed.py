"""Functions of ours lowered as if they stood where the user wrote a call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from srcad.errors import Span
from srcad.frontend.bodies import body_of, local_names
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Ref
from srcad.ir.builder import current
from srcad.source import FunctionSource, read_function


@dataclass(frozen=True, eq=False)
class _Placed(FunctionSource):
    """A source whose nodes all stand in one place."""

    place: Span

    def span(self, node: Any) -> Span:
        return self.place


def placed(
    frame: Frame, function: Callable[..., Any], args: list[Ref], node: Any
) -> Ref:
    """Lower a function of ours in place; its nodes, and errors, stand at a call."""
    read = read_function(function)  # type: ignore[arg-type]
    place = current().span or frame.span(node)
    source = _Placed(read.file, read.tree, read.function, place)
    inner = Frame(
        frame.session,
        frame.context,
        source,
        function,
        None,
        {},
        local_names(read.tree),
        path=(*frame.path, id(node), id(function)),
    )
    names = [p.id for p in read.tree.args.args]
    inner.names.update(zip(names, args, strict=True))
    return body_of(inner, read.tree)
