"""Where the adjoint part of a function's text begins, and that of a loop's body.

Takes the statements of a function and their names. The adjoint part begins after the
statement that gives the primal's value, where one that names a cotangent (`x_bar`)
follows; where the value is not given out, with the first that names a cotangent or a
tangent (`x_dot`). A loop of the primal part that differentiates each round as it goes
has an adjoint part of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from srcad.backend.statements import Assign, Function, Move, Statement, inner, walk
from srcad.errors import Span
from srcad.ir.graph import Value

COTANGENT, TANGENT = "_bar", "_dot"


class Sections:
    """The adjoint parts of one function.

    name : gives the name of a value.
    """

    def __init__(self, function: Function, name: Callable[[Value], str]) -> None:
        self.function = function
        self.order = list(walk(function.body))
        self.names = {s: [name(v) for v in targets(s)] for s in self.order}
        self.marked = self.naming(COTANGENT, TANGENT)

    def naming(self, *marks: str) -> set[Statement]:
        """The statements that name such a value, or hold one that does."""
        found: set[Statement] = set()
        for s in reversed(self.order):  # what is inside comes first
            own = any(name.endswith(marks) for name in self.names[s])
            if own or any(t in found for part in inner(s) for t in part):
                found.add(s)
        return found

    def start(self) -> Statement | None:
        """The first statement of the function's adjoint part."""
        body = self.function.body
        marked = [k for k, s in enumerate(body) if s in self.marked]
        value = self.function.value
        given = [
            k for k, s in enumerate(body) if any(value in targets(t) for t in walk([s]))
        ]
        if given and value not in self.function.params:
            after = [k for k in marked if k > given[-1]]
            if after:
                return body[given[-1] + 1]
            tangents = self.naming(TANGENT)
            marked = [k for k in marked if body[k] in tangents]
        if not marked:
            return None
        first = marked[0]
        place = place_of(body[first].span)
        while first and place is not None and place_of(body[first - 1].span) == place:
            if not isinstance(body[first - 1], (Assign, Move)):
                break  # the branch or loop itself, of which this is the adjoint
            first -= 1
        return body[first]

    def inner_start(self, body: Sequence[Statement]) -> Statement | None:
        """The first statement of the adjoint part of a block of the primal part.

        There is one in a loop that differentiates each round as it goes.
        """
        first = next((k for k, s in enumerate(body) if s in self.marked), None)
        if first is None:
            return None
        if not isinstance(body[first], (Assign, Move)):
            return next(iter(body[first + 1 :]), None)
        place = place_of(body[first].span)
        while first and place_of(body[first - 1].span) == place:
            before = body[first - 1]
            if not isinstance(before, Assign) or any(v.name for v in targets(before)):
                break
            first -= 1
        return body[first]


def targets(s: Statement) -> list[Value]:
    """The values that a statement gives a name to."""
    if isinstance(s, Assign):
        return [v for v in s.targets if v is not None]
    return [v for v, _ in s.pairs] if isinstance(s, Move) else []


def place_of(span: Span | None) -> tuple[str, int] | None:
    """The user's line of a span."""
    return (span.filename, span.line) if span is not None else None
