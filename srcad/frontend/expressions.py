"""Expressions other than calls, subscripts and conditions."""

from __future__ import annotations

import operator
import types
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import Binding, Guard, constant_ref
from srcad.frontend.control import Fork, Status, as_number, choose, none_test, truth_of
from srcad.frontend.frame import Frame, expression, is_unbound
from srcad.frontend.lookup import lookup, outside
from srcad.frontend.refs import (
    Cell,
    Closure,
    Entries,
    Items,
    Iteration,
    Method,
    Number,
    Ref,
    Static,
    Table,
    View,
)
from srcad.frontend.results import attribute_view
from srcad.frontend.subscripts import array_like, structure, unwrapped
from srcad.ir.graph import UNDEFINED, Literal, Value, literal
from srcad.ir.types import Array, List, Scalar, Tuple, Unknown
from srcad.ir.types import Static as StaticType
from srcad.ops import arithmetic as ops
from srcad.ops.declare import METHODS, Op
from srcad.ops.effects import raise_
from srcad.ops.lists import list_concat, list_filled, list_of
from srcad.ops.products import matmul
from srcad.ops.shapes import ATTRIBUTES

BINARY: dict[type, Op] = {
    gast.Add: ops.add,
    gast.Sub: ops.subtract,
    gast.Mult: ops.multiply,
    gast.Div: ops.divide,
    gast.FloorDiv: ops.floor_divide,
    gast.Mod: ops.remainder,
    gast.Pow: ops.power,
    gast.MatMult: matmul,
    gast.BitAnd: ops.bit_and,
    gast.BitOr: ops.bit_or,
    gast.BitXor: ops.bit_xor,
    gast.LShift: ops.shift_left,
    gast.RShift: ops.shift_right,
}

_PYTHON: dict[type, Callable[[Any, Any], Any]] = {
    gast.Add: operator.add,
    gast.Sub: operator.sub,
    gast.Mult: operator.mul,
    gast.FloorDiv: operator.floordiv,
    gast.Mod: operator.mod,
}

COMPARE: dict[type, Op] = {
    gast.Lt: ops.less,
    gast.LtE: ops.less_equal,
    gast.Gt: ops.greater,
    gast.GtE: ops.greater_equal,
    gast.Eq: ops.equal,
    gast.NotEq: ops.not_equal,
}

_STATIC_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    gast.Eq: operator.eq,
    gast.NotEq: operator.ne,
    gast.Lt: operator.lt,
    gast.LtE: operator.le,
    gast.Gt: operator.gt,
    gast.GtE: operator.ge,
}


# ---- constants and names -------------------------------------------------------------


@expression(gast.Constant)
def _constant(frame: Frame, node: gast.Constant) -> Ref:
    return constant_ref(node.value)


@expression(gast.Name)
def _name(frame: Frame, node: gast.Name) -> Ref:
    ref = lookup(frame, node.id)
    if node.id in frame.tentative and is_unbound(ref):
        frame.tolerated = True
        return Number(literal(UNDEFINED))
    if ref is None:
        raise frame.refuse(
            f"{node.id!r} has no value here", node, "assign to it on every path"
        )
    if ref in frame.world.doubts:
        ensure_bound(frame, node.id, ref)
    return ref


def ensure_bound(frame: Frame, name: str, ref: Ref) -> None:
    """Raise, when the program runs, what Python raises for a name without a value."""
    del frame.world.doubts[ref]
    if not isinstance(ref, (Number, Cell)):
        return
    text = (
        f"cannot access local variable {name!r} where it is not associated with a value"
    )
    fork = Fork(frame, ops.unbound(frame.read(ref)))

    def fail() -> Status:
        message = Literal("", StaticType(text), text)
        raise_(message, exception=UnboundLocalError, layout=("value",))
        return Status.DEAD

    fork.left(fail)
    fork.right(lambda: Status.FALL)
    fork.merge()


# ---- displays ------------------------------------------------------------------------


@expression(gast.Tuple)
def _tuple(frame: Frame, node: gast.Tuple) -> Ref:
    return Items(tuple(_elements(frame, node.elts)))


@expression(gast.List)
def _list(frame: Frame, node: gast.List) -> Ref:
    return frame.new(Entries(tuple(_elements(frame, node.elts))))


def _elements(frame: Frame, nodes: list[Any]) -> list[Ref]:
    found: list[Ref] = []
    for node in nodes:
        if isinstance(node, gast.Starred):
            found += spread(frame, node.value)
        else:
            found.append(frame.lower(node))
    return found


def spread(frame: Frame, node: Any) -> list[Ref]:
    """The entries of `*node`, whose length must be known."""
    ref = frame.lower(node)
    known = structure(frame, ref)
    if isinstance(known, Table):
        return [constant_ref(k) for k in known.items]
    if known is not None:
        return list(known.items)
    raise frame.refuse("the length of this starred object is not known", node)


@expression(gast.Dict)
def _dict(frame: Frame, node: gast.Dict) -> Ref:
    table: dict[Any, Ref] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            known = structure(frame, frame.lower(value))
            if not isinstance(known, Table):
                raise frame.refuse("the keys of this ** object are not known", value)
            table.update(known.items)
            continue
        key_ref = frame.lower(key)
        known_key = key_ref.value if isinstance(key_ref, Static) else None
        if isinstance(key_ref, Number) and isinstance(key_ref.value, Literal):
            known_key = key_ref.value.value
        elif not isinstance(key_ref, Static):
            raise frame.refuse("a dict's key must be a constant", key)
        table[known_key] = frame.lower(value)
    return frame.new(Table(table))


@expression(gast.Lambda)
def _lambda(frame: Frame, node: gast.Lambda) -> Ref:
    return closure(frame, node, "<lambda>")


def closure(frame: Frame, node: Any, name: str) -> Closure:
    """A function defined here; its defaults are computed now."""
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    late = positional[len(positional) - len(args.defaults) :]
    defaults = {p.id: frame.lower(d) for p, d in zip(late, args.defaults, strict=True)}
    for p, d in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if d is not None:
            defaults[p.id] = frame.lower(d)
    return Closure(node, frame, defaults, name)


# ---- operators -----------------------------------------------------------------------


@expression(gast.BinOp)
def _binary(frame: Frame, node: gast.BinOp) -> Ref:
    left, right = frame.lower(node.left), frame.lower(node.right)
    return binary(frame, type(node.op), left, right)


def binary(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    """`left op right`: of sequences, of known objects, or of numbers and arrays."""
    a, b = structure(frame, left), structure(frame, right)
    if isinstance(a, (Items, Entries)) or isinstance(b, (Items, Entries)):
        found = _sequences(frame, sign, left, right)
        if found is not None:
            return found
    if isinstance(left, Static) and isinstance(right, Static):
        if sign in _PYTHON:
            return constant_ref(_PYTHON[sign](left.value, right.value))
    x, y = operand(frame, left), operand(frame, right)
    if isinstance(unwrapped(x.type), List) and isinstance(unwrapped(y.type), List):
        return frame.new(list_concat(x, y))
    integers = isinstance(x, Literal) and isinstance(y, Literal) and sign in _PYTHON
    if integers and type(x.value) is type(y.value) is int:  # type: ignore[attr-defined]
        if y.value != 0 or sign in (gast.Add, gast.Sub, gast.Mult):  # type: ignore[attr-defined]
            return constant_ref(_PYTHON[sign](x.value, y.value))  # type: ignore[attr-defined]
    return frame.result(BINARY[sign](x, y))


def _sequences(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref | None:
    """Concatenation and repetition of tuples and lists."""
    a, b = structure(frame, left), structure(frame, right)
    if sign is gast.Add and type(a) is type(b):
        if isinstance(a, Items) and isinstance(b, Items):
            return Items((*a.items, *b.items))
        if isinstance(a, Entries) and isinstance(b, Entries):
            return frame.new(Entries((*a.items, *b.items)))
    if sign is gast.Add and isinstance(a, Entries) and isinstance(right, Cell):
        return frame.new(list_concat(_as_list(frame, a), frame.read(right)))
    if sign is gast.Add and isinstance(b, Entries) and isinstance(left, Cell):
        return frame.new(list_concat(frame.read(left), _as_list(frame, b)))
    if sign is gast.Mult:
        times = right if a is not None else left
        many = a if a is not None else b
        if isinstance(times, Number) and isinstance(times.value, Literal):
            if isinstance(many, Items):
                return Items(many.items * times.value.value)
            if isinstance(many, Entries):
                return frame.new(Entries(many.items * times.value.value))
        if isinstance(many, Entries) and isinstance(times, Number):
            return _repeated(frame, many, times.value)
    return None


def _repeated(frame: Frame, many: Entries, count: Value) -> Ref | None:
    """`[v] * n` for an integer that is not known."""
    if not (isinstance(count.type, Scalar) and count.type.kind == "int"):
        return None
    entries = [frame.read(r) for r in many.items]
    if len(entries) != 1 or not isinstance(entries[0].type, Scalar):
        raise UnsupportedSyntax(
            "only a list of one number can be repeated a number of times not known",
            hint="use a loop with append, or a list comprehension",
        )
    return frame.new(list_filled(entries[0], count))


def _as_list(frame: Frame, known: Entries) -> Value:
    return list_of(*(frame.read(r) for r in known.items))


def operand(frame: Frame, ref: Ref) -> Value:
    """An operand of arithmetic: lists of numbers meet arrays as arrays.

    Raises
    ------
    UnsupportedSyntax
        It is nothing to compute with.
    """
    if isinstance(ref, Static) and isinstance(ref.value, bool):
        return literal(ref.value)
    if isinstance(ref, Static):
        raise UnsupportedSyntax(f"{ref.value!r} is nothing to compute with")
    known = structure(frame, ref)
    if isinstance(known, Table):
        raise UnsupportedSyntax("a dict is nothing to compute with")
    return array_like(frame, ref)


@expression(gast.UnaryOp)
def _unary(frame: Frame, node: gast.UnaryOp) -> Ref:
    if isinstance(node.op, gast.Not):
        condition = truth_of(frame, frame.lower(node.operand))
        if isinstance(condition, bool):
            return constant_ref(not condition)
        return Number(ops.not_(condition))
    value = operand(frame, frame.lower(node.operand))
    if isinstance(value, Literal) and isinstance(value.value, (int, float, complex)):
        python = {gast.USub: operator.neg, gast.UAdd: operator.pos}
        known: Any = python.get(type(node.op), operator.invert)
        return constant_ref(known(value.value))
    unary = {gast.USub: ops.negative, gast.UAdd: ops.positive, gast.Invert: ops.invert}
    return frame.result(unary[type(node.op)](value))


@expression(gast.Compare)
def _compare(frame: Frame, node: gast.Compare) -> Ref:
    return _chain(frame, frame.lower(node.left), node.ops, node.comparators)


def _chain(frame: Frame, left: Ref, signs: list[Any], nodes: list[Any]) -> Ref:
    right = frame.lower(nodes[0])
    first = _compared(frame, type(signs[0]), left, right)
    if len(nodes) == 1:
        return first
    return choose(
        frame,
        truth_of(frame, first),
        lambda: _chain(frame, right, signs[1:], nodes[1:]),
        lambda: first,
    )


def _compared(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    if sign in (gast.Is, gast.IsNot):
        return _identity(frame, sign, left, right)
    if sign in (gast.In, gast.NotIn):
        found = _membership(frame, left, right)
        return constant_ref(found if sign is gast.In else not found)
    if isinstance(left, Static) or isinstance(right, Static):
        return _static_compare(frame, sign, left, right)
    a, b = structure(frame, left), structure(frame, right)
    if a is not None and b is not None:
        return _compare_sequences(frame, sign, a, b)
    x, y = operand(frame, left), operand(frame, right)
    if isinstance(x, Literal) and isinstance(y, Literal):
        return constant_ref(bool(_STATIC_COMPARE[sign](x.value, y.value)))
    return frame.result(COMPARE[sign](x, y))


def _identity(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    for a, b in ((left, right), (right, left)):
        if isinstance(b, Static) and b.value is None:
            condition = none_test(frame, a)
            if sign is gast.Is:
                return as_number(condition)
            if isinstance(condition, bool):
                return constant_ref(not condition)
            return Number(ops.not_(condition))
    if isinstance(left, Static) and isinstance(right, Static):
        same = left.value is right.value
    else:
        same = left is right
        if isinstance(left, (Number, View)) or isinstance(right, (Number, View)):
            raise UnsupportedSyntax("`is` between numbers or arrays is not supported")
    return constant_ref(same if sign is gast.Is else not same)


def _compare_sequences(frame: Frame, sign: type, a: Any, b: Any) -> Ref:
    """Tuples or lists compared, where their entries are known."""
    if isinstance(a, Table) or isinstance(b, Table) or type(a) is not type(b):
        raise UnsupportedSyntax("this comparison of containers is not supported")
    entries = [[frame.read(r) for r in side.items] for side in (a, b)]
    if not all(isinstance(v, Literal) for side in entries for v in side):
        raise UnsupportedSyntax(
            "a comparison of tuples or lists must be decided before the program runs",
            hint="compare the entries one by one",
        )
    known = [[v.value for v in side] for side in entries]  # type: ignore[attr-defined]
    return constant_ref(bool(_STATIC_COMPARE[sign](*known)))


def _membership(frame: Frame, left: Ref, right: Ref) -> bool:
    known = structure(frame, right)
    if isinstance(known, Table) and isinstance(left, Static):
        return left.value in known.items
    if isinstance(known, Table) and isinstance(left, Number):
        if isinstance(left.value, Literal):
            return left.value.value in known.items
    if isinstance(left, Static):
        if isinstance(right, Static):
            return bool(left.value in right.value)
        if known is not None and all(isinstance(r, Static) for r in known.items):
            return any(left.value == r.value for r in known.items)  # type: ignore[union-attr]
    raise UnsupportedSyntax("`in` must be decided before the program runs here")


def _static_compare(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    if isinstance(left, Static) and isinstance(right, Static):
        return constant_ref(bool(_STATIC_COMPARE[sign](left.value, right.value)))
    booleans = [r.value if isinstance(r, Static) else None for r in (left, right)]
    if any(isinstance(b, bool) for b in booleans):
        x, y = operand(frame, left), operand(frame, right)
        return frame.result(COMPARE[sign](x, y))
    other = right if isinstance(left, Static) else left
    kind = unwrapped(frame.known_type(other))
    certain = isinstance(kind, (Scalar, List, Tuple, StaticType))
    if sign in (gast.Eq, gast.NotEq) and certain:
        return constant_ref(sign is gast.NotEq)
    raise UnsupportedSyntax("this comparison is between things of different kinds")


# ---- attributes ----------------------------------------------------------------------


@expression(gast.Attribute)
def _attribute(frame: Frame, node: gast.Attribute) -> Ref:
    owner = frame.lower(node.value)
    name = node.attr
    if isinstance(owner, Static):
        return static_attribute(frame, owner, name)
    if isinstance(owner, Items) and name in getattr(owner.cls, "_fields", ()):
        return owner.items[owner.cls._fields.index(name)]  # type: ignore[attr-defined]
    if isinstance(owner, (Items, Closure, Iteration, Method)):
        return Method(owner, name)
    if structure(frame, owner) is not None:
        return Method(owner, name)
    value = frame.read(owner)
    t = unwrapped(value.type)
    if isinstance(t, List):
        return Method(owner, name)
    if name in ATTRIBUTES and isinstance(t, (Array, Scalar, Unknown)):
        return attribute_view(frame, owner, value, name)
    if name in METHODS or hasattr(np.ndarray, name):
        return Method(owner, name)
    raise frame.refuse(f"numbers and arrays have no attribute {name!r}", node)


def static_attribute(frame: Frame, owner: Static, name: str) -> Ref:
    """An attribute of a known object: data is read at each call."""
    holder = owner.value
    try:
        value = getattr(holder, name)
    except AttributeError:
        raise UnsupportedSyntax(f"{holder!r} has no attribute {name!r}") from None
    if _is_library(holder):
        return constant_ref(value)
    if isinstance(value, types.MethodType):
        _guard_method(frame, holder, name)
        return constant_ref(value)
    return outside(frame, Binding("attribute", holder, name))


def _is_library(holder: Any) -> bool:
    """Whether an object's attributes are taken to stay what they are."""
    if isinstance(holder, (str, bytes, np.dtype, np.ufunc)):
        return True
    if isinstance(holder, types.ModuleType):
        home = holder.__name__
    else:
        home = holder.__module__ if isinstance(holder, type) else ""
    return home.split(".")[0] in ("builtins", "math", "numpy", "scipy")


def _guard_method(frame: Frame, holder: Any, name: str) -> None:
    """Note that a method relies on what its class holds under the name."""
    cls = holder if isinstance(holder, type) else type(holder)
    for base in cls.__mro__:
        if name in vars(base):
            binding = Binding("global", vars(base), name)
            guard = Guard(binding, vars(base)[name])
            frame.session.guards.setdefault((id(base), name), guard)
            return
