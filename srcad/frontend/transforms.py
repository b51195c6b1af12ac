"""Transforms that the user's own code calls: `grad(f)(x)`, `vjp(f, x)`, ...

`grad(f)` becomes a `Derivative`, a function like any other; a call of it lowers `f` in
place, in a block whose parameters stand for the arguments differentiated by, and writes
a `transform` node around it. What `f` captures is read from above the block, so that an
outer transform sees it. Nothing is differentiated here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from srcad.errors import ShapeError, UnsupportedSyntax
from srcad.frontend.detached import detached, differentiable
from srcad.frontend.form import like
from srcad.frontend.frame import Frame, caller
from srcad.frontend.parameters import Parameters
from srcad.frontend.refs import Closure, Derivative, Items, Pullback, Ref
from srcad.frontend.structures import structure
from srcad.ir.builder import current
from srcad.ir.graph import Block, Value
from srcad.ir.structure import pullback, transform
from srcad.ir.types import Array, Residual, Tuple, Type, unwrapped
from srcad.ops.containers import cotangent_type, item, make_tuple
from srcad.ops.fit import sum_


@dataclass(frozen=True)
class Request:
    """Which transform of a function, as the user asked for it.

    kind : "grad", "value_and_grad", "jvp", "vjp", "jacrev" or "jacfwd".
    argnums, argnames : as in `srcad.grad`.
    """

    kind: str
    argnums: int | tuple[int, ...] = 0
    argnames: str | tuple[str, ...] | None = None
    has_aux: bool = False
    holomorphic: bool = False

    @property
    def single(self) -> bool:
        """Whether the gradient is a bare one, not a tuple."""
        if self.argnames is not None:
            return isinstance(self.argnames, str)
        return isinstance(self.argnums, int)


@dataclass(frozen=True)
class TransformKey:
    """Names the graphs that will be made for one `transform` node."""

    name: str
    number: int

    def __str__(self) -> str:
        return self.name


def differentiated(
    frame: Frame,
    target: Ref,
    request: Request,
    given: Parameters,
    where: Sequence[int],
    node: Any,
    tangents: Sequence[Value] | None = None,
) -> Ref:
    """Write the node of a transform of `target` at the given arguments.

    Parameters
    ----------
    where : which of the given arguments are differentiated by.
    tangents : for "jvp", one for each.
    """
    chosen = [differentiable(frame, given.refs[k], given.shown(k)) for k in where]
    values = [frame.read(ref) for ref in chosen]
    params = [
        Value(given.names[k] or v.name, v.type)
        for k, v in zip(where, values, strict=True)
    ]

    def inside() -> Value:
        inner = detached(frame, given.refs, dict(zip(where, params, strict=True)))
        args, kwargs = given.spread(inner)
        return _result(frame, frame.call(target, args, kwargs, node), request)

    block = block_of_call(frame, [target], params, inside)
    session = frame.session
    session.made += 1
    name = name_of(target)
    key = TransformKey(name, session.made)
    facts = {
        "kind": request.kind,
        "wrt": tuple(range(len(params))),
        "single": request.single,
        "has_aux": request.has_aux,
        "holomorphic": request.holomorphic,
        "name": name,
        "key": key,
    }
    out = block.results[0].type
    gradients = tuple(cotangent_type(v.type) for v in params)
    t = _type(request, out, gradients, key)
    (found,) = current().emit(
        transform, [*values, *(tangents or ())], [t], facts, blocks=[block]
    )
    if request.kind != "vjp":
        return frame.object_of(found)
    residual = item(found, key=1)
    value: Ref = frame.object_of(item(found, key=0))
    aux: list[Ref] = []
    if request.has_aux:
        assert isinstance(value, Items)
        value, *aux = value.items
    pulled = Pullback(residual, key, value, gradients)
    return Items((value, pulled, *aux))


def name_of(target: Ref) -> str:
    """What the graph of a derivative is named after."""
    if isinstance(target, Derivative):
        inner = "f" if target.target is None else name_of(target.target)
        return f"{inner}_{target.request.kind}"
    name = getattr(target, "name", None) or getattr(
        getattr(target, "value", None), "__name__", "f"
    )
    return "lambda" if name == "<lambda>" else str(name)


def block_of_call(
    frame: Frame,
    targets: Sequence[Ref],
    params: Sequence[Value],
    lower: Callable[[], Value | tuple[Value, ...]],
) -> Block:
    """Functions lowered in a block of its own; the world outside stays as it is."""
    session = frame.session
    frozen, outer = session.frozen, session.world
    names = [(f, dict(f.names)) for f in _frames(frame, targets)]
    session.frozen = frozen | set(outer.contents)
    try:
        with current().inner() as builder, frame.within(outer.copy()):
            found = lower()
    finally:
        session.frozen, session.world = frozen, outer
    for f, before in names:
        if any(f.names.get(n) is not ref for n, ref in before.items()):
            raise UnsupportedSyntax(
                "a function that is differentiated here binds a name outside of it",
                hint="return the value instead",
            )
    return builder.block(params, found if isinstance(found, tuple) else (found,))


def _frames(frame: Frame, targets: Sequence[Ref]) -> list[Frame]:
    """The frames whose names some functions may see."""
    found: list[Frame] = []
    starts = [frame]
    for closure in targets:
        while isinstance(closure, Closure):
            starts.append(closure.frame)
            closure = getattr(closure, "target", None) or Ref()
    for start in starts:
        inner: Frame | None = start
        while inner is not None and inner not in found:
            found.append(inner)
            inner = inner.lexical
    return found


def _result(frame: Frame, ref: Ref, request: Request) -> Value:
    """What a function gave, as one value; an array of one element becomes a number."""
    if isinstance(ref, (Closure, Pullback)):
        raise UnsupportedSyntax(
            "a function that returns a function cannot be differentiated",
            hint="call the function that it returns inside, and return the number",
        )
    gradient = request.kind in ("grad", "value_and_grad")
    if not request.has_aux:
        value = frame.read(ref)
        return _one_number(value) if gradient else value
    known = structure(frame, ref)
    if not isinstance(known, Items) or len(known.items) != 2:
        raise ShapeError("with has_aux the function returns (value, aux)")
    value, aux = (frame.read(r) for r in known.items)
    return make_tuple(_one_number(value) if gradient else value, aux)


def _one_number(value: Value) -> Value:
    t = unwrapped(value.type)
    single = isinstance(t, Array) and all(d == 1 for d in t.dims)
    return sum_(value) if single else value


def _type(
    request: Request, out: Type, gradients: tuple[Type, ...], key: TransformKey
) -> Type:
    """The type of what a transform gives, known without differentiating."""
    found = gradients[0] if request.single else Tuple(gradients)
    if request.kind == "grad":
        if request.has_aux and isinstance(out, Tuple):
            return Tuple((found, out.items[1]))
        return found
    if request.kind == "value_and_grad":
        return Tuple((out, found))
    if request.kind == "jvp":
        return Tuple((out, cotangent_type(out)))
    return Tuple((out, Residual(key)))


@caller(Pullback)
def _pull(
    frame: Frame, callee: Pullback, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    """`pullback(cotangent)`: one cotangent for each primal, as a tuple."""
    if len(args) != 1 or kwargs:
        raise UnsupportedSyntax("a pullback takes one cotangent")
    seed = like(frame, args[0], callee.out, "the cotangent", node)
    (found,) = current().emit(
        pullback, [callee.residual, seed], [Tuple(callee.types)], {"key": callee.key}
    )
    return frame.object_of(found)
