"""Builtins that the language itself knows: len, range, zip, isinstance, float, ..."""

from __future__ import annotations

import builtins
import random
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.abstract import refuse_changing
from srcad.frontend.attributes import has_attribute, store_attribute
from srcad.frontend.classes import call_special, fields
from srcad.frontend.context import constant_ref
from srcad.frontend.deques import class_shown
from srcad.frontend.expressions import attribute, static_attribute
from srcad.frontend.frame import Frame
from srcad.frontend.operators import operand
from srcad.frontend.refs import (
    Bound,
    Cell,
    Choice,
    Closure,
    Items,
    Iteration,
    Method,
    Number,
    Partial,
    Ref,
    Static,
    Table,
)
from srcad.frontend.sets import members_of
from srcad.frontend.structures import parts_of_known, structure
from srcad.frontend.syntax import CALLS, MADE_INSIDE, Construct
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import (
    Array,
    Dict,
    List,
    Range,
    Scalar,
    Tuple,
    Type,
    Unknown,
    kind_of,
    unwrapped,
)
from srcad.ir.types import Static as StaticType
from srcad.ops.arithmetic import truth
from srcad.ops.convert import to_float, to_int
from srcad.ops.effects import text_of
from srcad.ops.lists import list_len, range_, range_len
from srcad.ops.shapes import len_of

Handler = Callable[[Frame, list[Ref], dict[str, Ref]], Ref | None]
INTRINSICS: dict[int, Handler] = {}
# Handlers of objects that are called, by their class.
CALLABLES: dict[type, Callable[[Frame, Any, list[Ref]], Ref]] = {}
# Class methods written in C, which are a new object each time they are asked for.
BOUND: dict[Any, Any] = {}
_KEEP: list[Any] = []  # the objects whose ids are keys


def intrinsic(*targets: Any) -> Callable[[Handler], Handler]:
    """Enter a handler for calls of the given objects; None means: not handled.

    Raises
    ------
    ValueError
        An object has one already.
    """

    def enter(handler: Handler) -> Handler:
        for target in targets:
            assert id(target) not in INTRINSICS, f"{target} has a handler already"
            _KEEP.append(target)
            INTRINSICS[id(target)] = handler
            if isinstance(target, types.BuiltinMethodType):
                BOUND[target] = target
        return handler

    return enter


# The same for objects of packages that need not be installed: by package and name.
NAMED: dict[tuple[str, str], Handler] = {}


def handler_of(target: Any) -> Handler | None:
    """The handler for calls of an object, if it has one."""
    found = INTRINSICS.get(id(target))
    if found is not None or not isinstance(target, type):
        return found
    return NAMED.get((target.__module__.partition(".")[0], target.__qualname__))


@intrinsic(builtins.len)
def _len(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    (ref,) = args
    found = call_special(frame, ref, "__len__")
    if found is not None:
        return found
    if isinstance(ref, Iteration) and ref.kind == "tuple":
        ref = ref.args[0]
    if isinstance(ref, Iteration) and ref.use is None and ref.kind != "view":
        return constant_ref(len(ref.args))
    known = parts_of_known(frame, ref)
    if known is not None:
        return constant_ref(len(known.items))
    if isinstance(ref, Static):
        refuse_changing(ref.value)
        return constant_ref(len(ref.value))
    return Number(length(frame.shape_source(ref)))


def length(value: Value) -> Value:
    """`len(value)`."""
    t = unwrapped(value.type)
    if isinstance(t, List):
        return list_len(value)
    if isinstance(t, Range):
        return range_len(value)
    if isinstance(t, (Tuple, Dict)):
        return literal(len(t.items))
    if isinstance(t, Array) and isinstance(t.dims[0], int):
        return literal(t.dims[0])
    if isinstance(t, Scalar):
        raise UnsupportedSyntax("a number has no len()")
    return len_of(value)


@intrinsic(builtins.range)
def _range(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return Number(range_(*_range_parts(frame, args)))


def _prange(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    """`numba.prange`: a range, with a note that its rounds are worth a thread."""
    return Number(range_(*_range_parts(frame, args), prange=True))


NAMED["numba", "prange"] = _prange


def _range_parts(frame: Frame, args: list[Ref]) -> list[Value]:
    values = [operand(frame, r) for r in args]
    zero, one = literal(0), literal(1)
    if len(values) == 1:
        values = [zero, values[0], one]
    elif len(values) == 2:
        values = [*values, one]
    for v in values:
        if kind_of(v.type) in ("float", "complex"):
            raise UnsupportedSyntax(
                "range() takes integers",
                hint="an integer that is differentiated by is a float: differentiate "
                "by other arguments, as in vjp(lambda x: f(x, 3), x)",
            )
    return values


@intrinsic(builtins.slice)
def _slice(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    none = constant_ref(None)
    if len(args) == 1:
        args = [none, args[0]]
    return Iteration("slice", tuple([*args, none, none][:3]))


@intrinsic(builtins.float)
def _float(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    if not args:
        return constant_ref(0.0)
    found = call_special(frame, args[0], "__float__")
    if found is not None:
        return found
    if isinstance(args[0], Static):
        return constant_ref(float(args[0].value))
    value = frame.read(args[0])
    if isinstance(value, Literal):
        return constant_ref(float(value.value))
    return Number(to_float(value))


@intrinsic(builtins.int)
def _int(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    value = frame.read(args[0])
    if isinstance(value, Literal):
        return constant_ref(int(value.value))
    if unwrapped(value.type) == Scalar("int") or kind_of(value.type) == "int":
        if isinstance(value.type, Scalar) and not value.type.dtype:
            return Number(value)
    return Number(to_int(value))


@intrinsic(builtins.bool)
def _bool(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    if isinstance(args[0], Static):
        return constant_ref(bool(args[0].value))
    return Number(truth(frame.read(args[0])))


@intrinsic(builtins.isinstance)
def _isinstance(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    classes = args[1]
    return constant_ref(issubclass(class_of(frame, args[0]), _classes(classes)))


def _classes(ref: Ref) -> Any:
    """A class, a union of classes, or a tuple of such."""
    if isinstance(ref, Items):
        return tuple(_classes(r) for r in ref.items)
    if isinstance(ref, Static):
        return ref.value
    raise UnsupportedSyntax("the classes asked for must be known")


@intrinsic(builtins.type)
def _type(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return Static(class_of(frame, args[0]))


_CLASSES = {"bool": bool, "int": int, "float": float, "complex": complex}


def class_of(frame: Frame, ref: Ref) -> type:
    """The class of an object.

    Raises
    ------
    UnsupportedSyntax
        It is not known before the first call.
    """
    inside = fields(frame, ref)
    if inside is not None:
        return class_shown(inside.cls)
    known = structure(frame, ref)
    if isinstance(known, Items):
        return known.cls
    if known is not None:
        if isinstance(known, Table) and isinstance(ref, Cell):
            return frame.session.kinds.get(ref, dict)
        return list
    if members_of(frame, ref) is not None and not isinstance(ref, Static):
        return set
    if isinstance(ref, Static):
        return type(ref.value)
    if isinstance(ref, (Closure, Choice)):
        return types.FunctionType
    t = frame.read(ref).type
    return _class_of_type(t)


def _class_of_type(t: Type) -> type:
    if isinstance(t, Scalar):
        return np.dtype(t.dtype).type if t.dtype else _CLASSES[t.kind]
    if isinstance(t, Array):
        return np.ndarray
    if isinstance(t, List):
        return list
    if isinstance(t, Range):
        return range
    if isinstance(t, StaticType):
        return type(t.value)
    what = "before the first call" if isinstance(t, Unknown) else "here"
    raise UnsupportedSyntax(
        f"the type of this object is not known {what}",
        hint="call the function once, or ask for source_for(*args)",
    )


def made_text(
    frame: Frame, args: list[Ref], kwargs: dict[str, Ref], function: Any
) -> Ref:
    """The text that `str`, `repr` or `format` gives."""
    if all(isinstance(r, Static) for r in args) and not kwargs:
        return constant_ref(function(*(r.value for r in args)))  # type: ignore[attr-defined]
    return frame.result(text_of(*map(frame.read, args), function=function))


@intrinsic(builtins.format)
def _format(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return made_text(frame, args, kwargs, builtins.format)


@intrinsic(builtins.callable)
def _callable(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    if isinstance(args[0], Static):
        return constant_ref(callable(args[0].value))
    if isinstance(args[0], (Bound, Choice, Closure, Method, Partial)):
        return constant_ref(True)
    classes = class_of(frame, args[0]).__mro__
    return constant_ref(any("__call__" in vars(c) for c in classes))


@intrinsic(builtins.getattr)
def _getattr(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    owner, name = args[0], args[1]
    if isinstance(name, Static) and fields(frame, owner) is not None:
        if len(args) > 2 and not has_attribute(frame, owner, name.value):
            return args[2]
        return attribute(frame, owner, name.value, frame.here)
    if isinstance(owner, Static) and isinstance(name, Static):
        if len(args) > 2 and not hasattr(owner.value, name.value):
            return args[2]
        return static_attribute(frame, owner, name.value)
    if isinstance(name, Static) and isinstance(name.value, str):
        if len(args) > 2 and not hasattr(class_of(frame, owner), name.value):
            return args[2]
        return attribute(frame, owner, name.value, frame.here)
    raise UnsupportedSyntax("getattr of this object is not supported")


@intrinsic(builtins.hasattr)
def _hasattr(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    owner, name = args
    if isinstance(name, Static):
        found = has_attribute(frame, owner, name.value)
        if found is not None:
            return constant_ref(found)
        if isinstance(owner, Static):
            return constant_ref(hasattr(owner.value, name.value))
        return constant_ref(hasattr(class_of(frame, owner), name.value))
    raise UnsupportedSyntax("hasattr of this object is not supported")


@intrinsic(builtins.setattr)
def _setattr(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    owner, name, new = args
    if not isinstance(name, Static) or not store_attribute(
        frame, owner, name.value, new
    ):
        raise UnsupportedSyntax("setattr of this object is not supported")
    return Static(None)


@intrinsic(builtins.abs)
def _abs(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    return call_special(frame, args[0], "__abs__")


def _refused(row: Construct) -> Handler:
    def handler(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
        raise UnsupportedSyntax(row.message, hint=row.hint)

    return handler


for _name, _row in CALLS.items():
    intrinsic(getattr(builtins, _name))(_refused(_row))
intrinsic(
    np.random.default_rng,
    np.random.Generator,
    np.random.RandomState,
    np.random.SeedSequence,
    *np.random.BitGenerator.__subclasses__(),
    random.Random,
)(_refused(MADE_INSIDE))
