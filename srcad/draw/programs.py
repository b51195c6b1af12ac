"""The program to be drawn, as the user asks for it.

Takes a function, or a gradient of one, and perhaps arguments; gives its graphs: before
or after passes, of the function or of its adjoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcad.errors import SignatureError, SrcadError
from srcad.frontend.abstract import argument_type
from srcad.frontend.lower import Lowered
from srcad.instances import attributes, is_sparse
from srcad.ir.graph import Program
from srcad.ir.types import Static, Type
from srcad.passes.dce import dce
from srcad.pipeline import (
    TRANSFORMS,
    Step,
    improved,
    lowered_only,
    prepared,
    transformed,
)
from srcad.refusals import refuse_static
from srcad.signature import fixes_shape, promoted_argument
from srcad.transform import Transform, root

WHICH = ("primal", "adjoint")


@dataclass(frozen=True, eq=False)
class Drawn:
    """What is drawn.

    values : the arguments and what is read from outside; None where none were given.
    wrt : positions of the arguments that are differentiated by.
    """

    program: Program
    wrt: tuple[int, ...]
    values: list[Any] | None
    transform: Transform


def drawn(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    argnums: int | Sequence[int] | None = None,
    which: str = "primal",
    passes: bool = False,
    ints: bool = True,
) -> Drawn:
    """The program of a function, for these arguments where there are some.

    ints : whether Python integers count as floats where `argnums` is not given.

    Raises
    ------
    SignatureError
        `which` or `argnums` is not what they may be.
    """
    if which not in WHICH:
        raise SignatureError(f"which is 'primal' or 'adjoint', not {which!r}")
    primal, steps, _ = root(f)
    if any(step.kind not in TRANSFORMS for step in steps):
        raise SignatureError(
            "a vjp is two graphs", hint="draw the function itself, or its grad"
        )
    transform = Transform(primal, steps, "python")
    dispatcher = transform.dispatcher
    count = len(dispatcher.names)
    values: list[Any] | None = None
    if args or kwargs or not count:
        values = list(transform.arguments(args, dict(kwargs)))
    wrt = _positions(argnums, transform, values, ints)
    types: Mapping[str, Type] = transform.guessed()
    if values is not None:
        refuse_static(values, dispatcher.names, wrt if argnums is not None else ())
        for k in sorted({*wrt, *dispatcher.active}):
            where = f"argument {dispatcher.names[k]}"
            values[k] = promoted_argument(values[k], where)
        pairs = zip(dispatcher.names, values, strict=True)
        types = {n: argument_type(v, n) for n, v in pairs}
    wanted = [*dispatcher.steps]
    if which == "adjoint":
        wanted.append(Step("value_and_grad", wrt, len(wrt) == 1))
    lowered = _lowered(transform, types, values, bool(wanted) or passes)
    program = lowered.program
    if wanted and passes:
        program = transformed(program, wanted)
    elif wanted:
        for step in wanted:
            program = TRANSFORMS[step.kind](program, step)
    if values is not None:
        values += [binding.read() for binding in lowered.contract.hidden]
    return Drawn(improved(program, [dce]), wrt, values, transform)


def _lowered(
    transform: Transform,
    types: Mapping[str, Type],
    values: Sequence[Any] | None,
    improve: bool,
) -> Lowered:
    """Lower; where that is refused, for these flags, or integers, only."""
    function, names = transform.dispatcher.function, transform.dispatcher.names
    lower = prepared if improve else lowered_only
    try:
        return lower(function, types)
    except SrcadError as error:
        pairs = list(zip(names, values or (), strict=values is not None))
        flags = {n: Static(v) for n, v in pairs if type(v) is bool}
        integers = {n: Static(v) for n, v in pairs if fixes_shape(v)}
        known = {**flags, **integers} if error.needs_known else flags
        if not known:
            raise
        return lower(function, {**types, **known})


def _positions(
    argnums: int | Sequence[int] | None,
    transform: Transform,
    values: Sequence[Any] | None,
    ints: bool,
) -> tuple[int, ...]:
    """The arguments to differentiate by: all that hold numbers, if not given."""
    names, offset = transform.dispatcher.names, transform.offset
    if argnums is None:
        if values is None:
            return tuple(range(len(names)))
        return tuple(k for k, v in enumerate(values) if _differentiable(v, ints))
    wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    count = len(names) - offset  # as the caller counts
    if not all(isinstance(k, int) and -count <= k < count for k in wanted):
        raise SignatureError(
            f"argnums={argnums!r} is out of range: there are {count} arguments"
        )
    return tuple(k % count + offset for k in wanted)


def _differentiable(value: Any, ints: bool) -> bool:
    """Whether a value holds floats, or an int that counts as one."""
    if isinstance(value, (bool, str, bytes)) or value is None or is_sparse(value):
        return False
    if isinstance(value, int):
        return ints
    if isinstance(value, (float, complex)):
        return True
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "fc"
    if isinstance(value, Mapping):
        return any(_differentiable(v, False) for v in value.values())
    if isinstance(value, (list, tuple)):
        return any(_differentiable(v, False) for v in value)
    inside = attributes(value)
    return inside is not None and _differentiable(inside, False)
