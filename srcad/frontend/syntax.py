"""Syntax in words: what errors call a construct, why it is refused, what to do instead.

`TABLE` has one row for each class of syntax that has, or once had, no meaning here; a
class that a handler serves is not refused, whatever stands in its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Construct:
    """A construct in words.

    why : the reason it is refused, as the rest of a sentence. hint : what to write
        instead.
    """

    words: str
    why: str = ""
    hint: str = ""

    @property
    def message(self) -> str:
        """The message of the error."""
        return f"{self.words} is not supported" + (self.why and f": {self.why}")


_ASYNC = (
    "what runs between its steps is not in the function's text",
    "compute the values first, and differentiate a plain function of them",
)
_GENERATOR = (
    "its body runs piece by piece, when its caller asks",
    "append the values to a list and return it",
)

TABLE: dict[str, Construct] = {
    "AsyncFor": Construct("async for", *_ASYNC),
    "AsyncFunctionDef": Construct("async def", *_ASYNC),
    "AsyncWith": Construct("async with", *_ASYNC),
    "Await": Construct("await", *_ASYNC),
    "ClassDef": Construct(
        "a class defined inside a function",
        "each call would make another class",
        "define the class at the top of the module",
    ),
    "JoinedStr": Construct("an f-string here"),
    "Starred": Construct("a starred expression here"),
    "TryStar": Construct(
        "try with except*",
        "which of its handlers run is not known beforehand",
        "test for the condition with if",
    ),
    "TypeAlias": Construct(
        "a type statement inside a function",
        "it has no meaning for numbers",
        "write it at the top of the module",
    ),
    "Yield": Construct("a generator function", *_GENERATOR),
    "YieldFrom": Construct("a generator function", *_GENERATOR),
}

_SCOPES = (
    "names would come and go that are not in the function's text",
    "write the names themselves, or keep the values in a dict",
)

# Builtins that are refused where they are called.
CALLS: dict[str, Construct] = {
    **{
        name: Construct(f"{name}()", *_SCOPES)
        for name in ("exec", "eval", "locals", "globals", "vars", "compile")
    },
    "__import__": Construct(
        "__import__()", "the module is not named in the text", "write import"
    ),
    "id": Construct(
        "id()",
        "the objects of the generated source are others",
        "compare objects with `is`",
    ),
}

# Objects that draw random numbers: only those from outside have their methods.
MADE_INSIDE = Construct(
    "making a random generator in a differentiated function",
    "srcad does not follow its methods",
    "make it outside and pass it, as in f(x, np.random.default_rng(0)); or pass what "
    "it draws",
)


def construct(node: Any) -> Construct:
    """The row of a node of syntax."""
    name = type(node).__name__
    return TABLE.get(name, Construct(name.lower()))
