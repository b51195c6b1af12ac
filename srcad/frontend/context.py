"""A context: one graph being written, with what it reads from outside the function.

Data in globals, closures and module attributes becomes hidden parameters (`Binding`),
read at each call; functions, classes, modules, strings and flags are known while
lowering, and guarded.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcad.errors import Span
from srcad.frontend.abstract import is_array_like
from srcad.frontend.refs import Cell, Content, Number, Ref, Static
from srcad.frontend.snapshot import CONTAINERS, snapshot
from srcad.instances import is_sparse
from srcad.ir.builder import Builder
from srcad.ir.graph import Value, literal
from srcad.ir.types import Dict, List, Tuple, Type
from srcad.ir.types import Static as StaticType


@dataclass(frozen=True)
class Binding:
    """Where a hidden parameter is read at each call.

    kind : "global" (holder is a namespace dict), "class" (holder is a class, whose own
        dict is meant), "closure" (holder is a cell of a closure), "attribute" (holder
        is an object or module), "own" (what it has itself, not its class; else None),
        "item" (holder is a list or dict, and the name its index or key) or "default"
        (holder is the function).
    name : the name there.
    """

    kind: str
    holder: Any
    name: Any

    def read(self) -> Any:
        """The object that stands there now.

        Raises
        ------
        LookupError
            Nothing does.
        """
        if self.kind in ("global", "item"):
            return self.holder[self.name]
        if self.kind == "class":
            return vars(self.holder)[self.name]
        if self.kind == "own":
            return vars(self.holder).get(self.name)
        if self.kind == "closure":
            try:
                return self.holder.cell_contents
            except ValueError:
                raise LookupError(self.name) from None
        if self.kind == "default":
            return default_of(self.holder, self.name)
        try:
            return getattr(self.holder, self.name)
        except AttributeError:
            raise LookupError(self.name) from None

    @property
    def parameter(self) -> str:
        """What the hidden parameter is called."""
        name = str(self.name)
        return (
            name if name.isidentifier() else f"item{name}" if name.isdigit() else "item"
        )

    @property
    def key(self) -> Any:
        """What makes two bindings one."""
        return (self.kind, id(self.holder), self.name)


def default_of(function: types.FunctionType, name: str) -> Any:
    """The default value of a parameter.

    Raises
    ------
    LookupError
        The parameter has none.
    """
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    if name in positional[len(positional) - len(defaults) :]:
        return defaults[positional.index(name) - len(positional) + len(defaults)]
    return (function.__kwdefaults__ or {})[name]


@dataclass(frozen=True)
class Guard:
    """What the source relied on: that `binding` still reads `expected`.

    held : for a list, dict or set, what was in it.
    code : that of a function, which a reload may replace.
    """

    binding: Binding
    expected: Any
    held: Any = None
    code: types.CodeType | None = field(init=False)

    def __post_init__(self) -> None:
        code = getattr(self.expected, "__code__", None)
        code = code if isinstance(self.expected, types.FunctionType) else None
        object.__setattr__(self, "code", code)

    @property
    def is_container(self) -> bool:
        """Whether what is in the object counts too."""
        return self.held is not None

    def holds(self) -> bool:
        """Whether it does (by `is`; strings and flags by value)."""
        try:
            now = self.binding.read()
        except LookupError:
            return False
        if self.held is not None:
            return bool(snapshot(now) == self.held)
        if now is self.expected:
            return self.code is None or now.__code__ is self.code
        plain = isinstance(now, (str, bytes, bool)) and type(now) is type(self.expected)
        return plain and bool(now == self.expected)


@dataclass(frozen=True)
class Contract:
    """What calls of a compiled function must keep to.

    parameters : the names of the function's parameters, in order.
    hidden : where the parameters after those are read at each call.
    guards : what the source relied on.
    written : positions of the parameters whose objects the function writes to.
    contiguous : those whose arrays must be C-contiguous, with the place why.
    filled : those in which arrays are written to, not only attributes and entries.
    place : where the function is defined.
    called : the callables from outside that the source calls, by id: when the rules of
        one change, the source is made anew. None where it is not known.
    """

    parameters: tuple[str, ...]
    hidden: tuple[Binding, ...]
    guards: tuple[Guard, ...]
    written: tuple[int, ...]
    contiguous: Mapping[int, Span | None]
    place: Span
    called: Mapping[int, Any] | None = None
    filled: tuple[int, ...] = ()


def guard_of(binding: Binding, value: Any) -> Guard:
    """The guard for an object as it is now."""
    contains = isinstance(value, CONTAINERS)
    return Guard(binding, value, snapshot(value) if contains else None)


@dataclass(eq=False, repr=False)
class Context:
    """One graph being written.

    prologue : nodes that take hidden container parameters apart, before all others.
    hidden : for each binding, its parameter and the object behind it.
    contents : the contents of objects from outside, which are never written to.
    known : for each binding of a list or dict that is known while lowering, the object.
    """

    prologue: Builder
    hidden: dict[Any, tuple[Binding, Value, Ref]] = field(default_factory=dict)
    contents: dict[Cell, Content] = field(default_factory=dict)
    known: dict[Any, Ref] = field(default_factory=dict)


def is_data(value: Any) -> bool:
    """Whether an object is read anew at each call, rather than known and guarded."""
    if isinstance(value, (bool, str, bytes, type(None), type, types.ModuleType)):
        return False
    if isinstance(value, (int, float, complex, np.ndarray, np.number)):
        return not (isinstance(value, np.ndarray) and value.dtype.kind in "OSUVMm")
    if isinstance(value, tuple) and type(value) is not tuple:
        if not hasattr(value, "_fields"):  # such as sys.float_info: known by name
            return False
    if isinstance(value, (tuple, list)):
        return bool(value) and all(map(is_data, value))
    if isinstance(value, dict):
        return bool(value) and all(map(is_data, value.values()))
    return is_sparse(value) or (is_array_like(value) and not callable(value))


def constant_ref(value: Any) -> Ref:
    """A known object as a reference."""
    known = literal(value)
    return Static(value) if isinstance(known.type, StaticType) else Number(known)


def is_container(t: Type) -> bool:
    """Whether a value of the type is taken apart."""
    return isinstance(t, (Tuple, Dict, List))
