"""A session: the lowering of one function and of all that it calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from srcad.errors import Span
from srcad.frontend.refs import Cell, World
from srcad.ir.graph import Graph, Value
from srcad.source import FunctionSource

CALLEE = -1


class InPlaceOnly(Exception):
    """This call can only be lowered in place."""


@dataclass(eq=False, repr=False)
class Session:
    """What all frames of one lowering share.

    world : the contents of all objects at the point that is being lowered.
    graphs : the program's graphs, as they are done.
    loops : what each loop carried when it was last lowered (by syntax node and path).
    guards : what the source relied on, by the key of what is compared.
    callees : functions lowered to graphs of their own, by key; `stack` has those being
        lowered, the outermost first. call_count : counts their calls.
    sources : the sources of functions called, by code object.
    written : the objects written to. filled : those of them whose own memory is, not
        only their entries or attributes. handed : those handed to calls that may write.
    parameters : for the objects and values that the function (CALLEE: a callee) was
        given, which of its arguments they came with. contiguous : those that must be
        C-contiguous, with the place that relies on it.
    rewritten : loops whose test binds a name, and comprehensions, by their id, as the
        statements that they are lowered as.
    open : functions being lowered in place. depth : how deep such calls are nested.
    entered : where the user's code called the package whose source is being lowered.
    unknown : by their places, calls of packages that could not be lowered, in words.
    unrolled : how often the loops around this point are repeated, being unrolled.
    shared : the boxes of globals that are written to, by the key of their binding.
    factories : what makes a missing entry, for the dicts that do so.
    kinds : the classes of dicts of another class than dict.
    solving : how many functions given to solvers are being lowered in one another.
    unfolded : counts the calls of recursive functions that were lowered in place.
    ways : how many branches there are around this point, in one another, after which
        what follows is lowered for each way (`ways.py`).
    in_place : the code of functions that can only be lowered in place.
    ends : for the solution of an equation, at all times, that at the last.
    called : the callables from outside that were called, by id.
    ruled : calls of functions with rules of the user's, by rules and types.
        rule_depth : how often each rule is being lowered inside itself, by id.
    """

    world: World = field(default_factory=World)
    graphs: dict[Any, Graph] = field(default_factory=dict)
    loops: dict[Any, Any] = field(default_factory=dict)
    guards: dict[Any, Any] = field(default_factory=dict)
    callees: dict[Any, Any] = field(default_factory=dict)
    sources: dict[Any, FunctionSource] = field(default_factory=dict)
    written: set[Cell] = field(default_factory=set)
    filled: set[Cell] = field(default_factory=set)
    handed: set[Cell] = field(default_factory=set)
    parameters: dict[Cell | Value, int] = field(default_factory=dict)
    contiguous: dict[int, Span | None] = field(default_factory=dict)
    rewritten: dict[Any, Any] = field(default_factory=dict)
    stack: list[Any] = field(default_factory=list)
    call_count: int = 0
    depth: int = 0
    unrolled: int = 1
    frozen: frozenset[Cell] = frozenset()
    made: int = 0
    open: set[Any] = field(default_factory=set)
    entered: Span | None = None
    unknown: dict[Span | None, str] = field(default_factory=dict)
    shared: dict[Any, Cell] = field(default_factory=dict)
    factories: dict[Cell, Any] = field(default_factory=dict)
    kinds: dict[Cell, type] = field(default_factory=dict)
    solving: int = 0
    unfolded: int = 0
    ways: int = 0
    in_place: set[Any] = field(default_factory=set)
    ends: dict[Cell, Cell] = field(default_factory=dict)
    called: dict[int, Any] = field(default_factory=dict)
    ruled: dict[Any, Any] = field(default_factory=dict)
    rule_depth: dict[int, int] = field(default_factory=dict)
