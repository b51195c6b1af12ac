"""Calls of the public transforms, by the objects that the user calls.

The objects live floors above, so they are entered from there: `enter` for functions
such as `srcad.grad`, `enter_class` for what they return.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from srcad.errors import ShapeError, SignatureError, UnsupportedSyntax
from srcad.frontend.callables import NAMED, READ
from srcad.frontend.context import Guard
from srcad.frontend.form import like
from srcad.frontend.frame import Frame, caller
from srcad.frontend.jacobians import jacobian
from srcad.frontend.parameters import POSITIONAL, Parameters, parameters_of
from srcad.frontend.refs import (
    Closure,
    Derivative,
    Entries,
    Items,
    Method,
    Number,
    Ref,
    Static,
)
from srcad.frontend.rules import Recomputed, as_function
from srcad.frontend.structures import structure
from srcad.frontend.transforms import Request, differentiated
from srcad.ir.graph import Literal


@dataclass(frozen=True, eq=False)
class Public(Ref):
    """A public function: `srcad.grad`, say."""

    kind: str


def enter(kind: str, target: Any) -> None:
    """Let calls of `target` mean the transform `kind`; of others: be refused."""
    NAMED[id(target)] = (target, Public(kind))


def enter_class(cls: type, read: Callable[[Any], tuple[Any, list[Request]]]) -> None:
    """Let objects of a class stand for derivatives.

    read : gives the function behind one, and the requests, the innermost first.
    """

    def reader(frame: Frame, value: Any) -> Ref:
        primal, requests = read(value)
        found = as_function(frame, Static(primal))
        for request in requests:
            name = getattr(value, "__name__", "f")
            found = Derivative(None, None, {}, name, found, request)
        return found

    READ[cls] = reader


@caller(Derivative)
def _call_derivative(
    frame: Frame,
    callee: Derivative,
    args: list[Ref],
    kwargs: dict[str, Ref],
    node: Any,
) -> Ref:
    """`grad(f)(*args, **kwargs)`; with nothing to differentiate yet, `grad(...)(f)`."""
    request, target = callee.request, callee.target
    if target is None:
        if len(args) != 1 or kwargs:
            raise UnsupportedSyntax(f"{request.kind}(...) takes one function")
        return replace(callee, target=as_function(frame, args[0]))
    given = parameters_of(target).filled(frame, args, kwargs, target)
    where = given.positions(request.argnums, request.argnames)
    if request.kind in ("jacrev", "jacfwd"):
        return jacobian(frame, callee, given, where, node)
    return differentiated(frame, target, request, given, where, node)


@caller(Public)
def _call(
    frame: Frame, callee: Public, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    if callee.kind not in _TABLE:
        raise UnsupportedSyntax(
            f"{callee.kind} inside a function that is differentiated is not supported",
            hint="call it outside",
        )
    names, handler = _TABLE[callee.kind]
    given = _named(callee.kind, names, args, kwargs)
    target = given.pop("f", None)
    if target is not None:
        target = as_function(frame, target)
        if not isinstance(target, (Closure, Method, Static)) or (
            isinstance(target, Static) and not callable(target.value)
        ):
            raise SignatureError(f"{callee.kind} takes a function")
    return handler(frame, callee.kind, target, given, node)


def _named(
    kind: str, names: str, args: list[Ref], kwargs: dict[str, Ref]
) -> dict[str, Any]:
    """The arguments of a public function by name."""
    known = names.split()
    starred = known[1].startswith("*") if len(known) > 1 else False
    if starred:
        known = [known[0], "has_aux=", "backend="]
        kwargs = {**kwargs, "primals": Items(tuple(args[1:]))}
        args = args[:1]
        known.append("primals=")
    positional = [n.removesuffix("=") for n in known]
    if len(args) > len(positional) or not set(kwargs) <= set(positional):
        raise SignatureError(f"{kind}() does not take these arguments")
    found: dict[str, Any] = dict(zip(positional, args, strict=False))
    if set(found) & set(kwargs):
        raise SignatureError(f"{kind}() got an argument twice")
    found.update(kwargs)
    missing = [n for n in known if not n.endswith("=") and n not in found]
    if missing:
        raise SignatureError(f"{kind}() misses the argument {missing[0]!r}")
    return found


def _static(frame: Frame, ref: Ref, what: str) -> Any:
    """The constant behind a reference."""
    if isinstance(ref, Static):
        return ref.value
    if isinstance(ref, Number) and isinstance(ref.value, Literal):
        return ref.value.value
    for binding, _, outside in frame.context.hidden.values():
        if ref is outside:  # data from outside the function: known from now on
            value = binding.read()
            frame.session.guards.setdefault(binding.key, Guard(binding, value))
            return value
    known = structure(frame, ref)
    if isinstance(known, (Items, Entries)):
        return tuple(_static(frame, r, what) for r in known.items)
    raise UnsupportedSyntax(f"{what} must be a constant in the source")


def request_of(frame: Frame, kind: str, given: dict[str, Any]) -> Request:
    """A request from the options of a call."""
    run = ("backend", "parallel")  # how it is run, where it is the outermost
    options = {n: _static(frame, r, n) for n, r in given.items() if n not in run}
    argnums = options.get("argnums", 0)
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    if not all(type(k) is int for k in numbers):
        raise SignatureError(f"argnums must be integers, not {argnums!r}")
    return Request(kind, **options)


def _derivative(
    frame: Frame, kind: str, target: Ref | None, given: dict[str, Any], node: Any
) -> Ref:
    request = request_of(frame, kind, given)
    return Derivative(node, frame, {}, kind, target, request)


def _hessian(
    frame: Frame, kind: str, target: Ref | None, given: dict[str, Any], node: Any
) -> Ref:
    request = request_of(frame, "grad", given)
    if not isinstance(request.argnums, int):
        raise SignatureError("hessian takes one argument number")
    inner = Derivative(node, frame, {}, "grad", target, request)
    outer = Request("jacfwd", request.argnums)
    return Derivative(node, frame, {}, "hessian", inner, outer)


def _vjp(frame: Frame, kind: str, target: Ref, given: dict[str, Any], node: Any) -> Ref:
    primals = list(given.pop("primals").items)
    request = request_of(frame, "vjp", given)
    arguments = _positional(frame, target, primals)
    numbers = tuple(range(len(primals)))
    request = Request("vjp", numbers, None, request.has_aux)
    return differentiated(frame, target, request, arguments, numbers, node)


def _jvp(frame: Frame, kind: str, target: Ref, given: dict[str, Any], node: Any) -> Ref:
    primals = _sequence(frame, given["primals"], "the primals")
    tangents = _sequence(frame, given["tangents"], "the tangents")
    return pushed(frame, target, primals, tangents, node)


def pushed(
    frame: Frame, target: Ref, primals: list[Ref], tangents: list[Ref], node: Any
) -> Ref:
    """`jvp(target, primals, tangents)`."""
    if len(primals) != len(tangents):
        raise SignatureError(
            f"jvp got {len(primals)} primals and {len(tangents)} tangents"
        )
    dots = [
        like(frame, r, p, "the tangent", node)
        for r, p in zip(tangents, primals, strict=True)
    ]
    arguments = _positional(frame, target, primals)
    numbers = tuple(range(len(primals)))
    request = Request("jvp", numbers)
    return differentiated(frame, target, request, arguments, numbers, node, dots)


def _hvp(frame: Frame, kind: str, target: Ref, given: dict[str, Any], node: Any) -> Ref:
    primals = _sequence(frame, given["primals"], "the primals")
    vectors = _sequence(frame, given["vectors"], "the vectors")
    count = len(primals)
    request = Request("grad", 0 if count == 1 else tuple(range(count)))
    gradient = Derivative(node, frame, {}, "grad", target, request)
    found = pushed(frame, gradient, primals, vectors, node)
    assert isinstance(found, Items)
    return found.items[1]


def _positional(frame: Frame, target: Ref, primals: list[Ref]) -> Parameters:
    """Arguments given by position, each one a parameter of its own."""
    count = len(primals)
    known = parameters_of(target).known or ()
    kinds = (POSITIONAL,) * count
    names = [name for name, kind in known if kind == POSITIONAL]
    names = [*names, *[""] * count][:count]
    return Parameters(frame, target, "f", tuple(names), kinds, list(primals))


def _sequence(frame: Frame, ref: Ref, what: str) -> list[Ref]:
    known = structure(frame, ref)
    if not isinstance(known, (Items, Entries)):
        raise ShapeError(f"{what} are a tuple, one entry for each argument")
    return list(known.items)


def _checkpoint(
    frame: Frame, kind: str, target: Ref, given: dict[str, Any], node: Any
) -> Ref:
    return Recomputed(target)


_GRADIENT = "f= argnums= argnames= has_aux= holomorphic= backend= parallel="
_MATRIX = "f argnums= backend= parallel="
_Handler = Callable[[Frame, str, Any, dict[str, Any], Any], Ref]
_TABLE: dict[str, tuple[str, _Handler]] = {
    "grad": (_GRADIENT, _derivative),
    "value_and_grad": (_GRADIENT, _derivative),
    "jacrev": (_MATRIX, _derivative),
    "jacfwd": (_MATRIX, _derivative),
    "hessian": (_MATRIX, _hessian),
    "vjp": ("f *primals", _vjp),
    "jvp": ("f primals tangents backend=", _jvp),
    "hvp": ("f primals vectors backend=", _hvp),
    "checkpoint": ("f", _checkpoint),
}
