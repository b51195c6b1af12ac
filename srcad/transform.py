"""The objects that transforms return: callable, with their source to read."""

from __future__ import annotations

import copy
import functools
import inspect
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from srcad.backend.generate import Generated
from srcad.dispatch import Dispatcher
from srcad.entry import Entry
from srcad.errors import ShapeError, SignatureError
from srcad.export import exported
from srcad.export.exportable import Exportable
from srcad.frontend.abstract import argument_type
from srcad.frontend.rules import CHANGES, rules_of
from srcad.ir.graph import Graph
from srcad.ir.types import FLOAT, UNKNOWN, Type
from srcad.ops.declare import find
from srcad.options import OPTIONS, checked_backend, checked_parallel
from srcad.pipeline import Step
from srcad.plain import is_replaced, made_of, plain_function
from srcad.quick import ABSENT, Quick, quick_call
from srcad.reading.doc import described
from srcad.reading.readable import Readable
from srcad.refusals import refuse_static
from srcad.results import has_deques, shown
from srcad.signature import bound, keys_of, positions
from srcad.source import is_jitted, on_threads

Function = Callable[..., Any]


class Transform(Readable, Exportable):
    """A function made from another by a chain of transforms.

    Attributes
    ----------
    primal : callable
        The user's function.
    source : str
        The generated source: of the latest call, or before the first one of types
        guessed from annotations and defaults.
    """

    # What Python calls where it calls the transform: `whole`, or the latest quick call.
    __slots__ = ("__call__",)
    __call__: Function

    def __init__(
        self,
        primal: Any,
        steps: tuple[Step, ...],
        backend: str | None = None,
        parallel: bool | None = None,
    ) -> None:
        self.primal = primal
        self.steps = steps
        self.backend, self.parallel = run_by(primal, backend, parallel)
        function, self._before, self._more = plain_function(primal)
        self._signature = inspect.signature(function)
        self._count = len(self._signature.parameters)
        kinds = {p.kind for p in self._signature.parameters.values()}
        spread = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
        self._listed = not self._before and not self._more and not kinds & spread
        self._plain = self._listed and inspect.Parameter.KEYWORD_ONLY not in kinds
        self.offset = offset = len(self._before)  # `self` of a bound method, say
        moved = tuple(_moved(step, offset) for step in steps)
        inner = primal.wrt if isinstance(primal, Exportable) else ()
        self._function = function
        self._made_of = made_of(function)
        self._gradients = _gradients(moved)
        self.dispatcher = Dispatcher(
            function,
            tuple(self._signature.parameters),
            moved,
            tuple(sorted({k for step in moved for k in step.wrt}.union(inner))),
            self.backend,
            self.parallel,
            turns=self._slowly,
        )
        self._slowly()
        functools.update_wrapper(self, function, updated=())
        self.__doc__ = described(function, moved)

    def __repr__(self) -> str:
        kinds = " of ".join(step.kind for step in reversed(self.steps))
        return f"<srcad {kinds} of {getattr(self.primal, '__qualname__', self.primal)}>"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def arguments(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Sequence[Any]:
        """The primal's arguments in the order of its parameters."""
        self._look_again()
        if self._plain and not kwargs and len(args) == self._count:
            return args
        return bound(self._signature, (*self._before, *args), {**self._more, **kwargs})

    def primals(self, given: Sequence[Any]) -> Sequence[Any]:
        """Arguments in a row: those by keyword only may stand in it too."""
        self._look_again()
        if self._listed and len(given) == self._count:
            return given
        return self.arguments(given, {})

    def _look_again(self) -> None:
        """Begin anew where the function has got other code or defaults: a reload may
        replace them in place."""
        if is_replaced(self._function, self._made_of):
            self.__init__(*self.__reduce__()[1])  # type: ignore[misc]

    def entry(self, values: Sequence[Any]) -> Entry:
        """The compiled function for these arguments."""
        return self.dispatcher.entry(values)

    def __reduce__(self) -> Any:
        return Transform, (self.primal, self.steps, self.backend, self.parallel)

    def whole(self, *args: Any, **kwargs: Any) -> Any:
        """Call the transform, and let calls like this one be quick from now on.

        The quick call is made by the second one: many programs take a gradient once.
        """
        values = self.arguments(args, kwargs)
        seen = len(CHANGES)
        entry = self.dispatcher.find(values) or self._checked(values)
        found = shown(entry, entry.run(values))
        if self._gradients:
            self._check_shapes(found, values)
        made = entry.quick_after == seen
        quick = entry.quick if made else self._quick_later(entry, values, seen)
        self.dispatcher.served(entry)  # another call may have come in between
        self.__call__ = quick or self.whole
        return found

    def _slowly(self) -> None:
        """Let the next call go the whole way."""
        self.__call__ = self.whole

    def _quick_later(
        self, entry: Entry, values: Sequence[Any], seen: int
    ) -> Quick | None:
        """What makes the quick call of an entry, and calls it."""
        if not self._plain or has_deques(entry):
            return None
        keys = keys_of(values)

        def first(*args: Any, **kwargs: Any) -> Any:
            entry.quick = self._quick_call(entry, keys, seen)
            entry.quick_after = seen
            if self.__call__ is first:
                self.__call__ = entry.quick or self.whole
            return (entry.quick or self.whole)(*args, **kwargs)

        return first

    def _quick_call(self, entry: Entry, keys: Sequence[Any], seen: int) -> Quick | None:
        """What serves calls like the one with these keys from now on."""
        return quick_call(
            entry,
            self._function,
            self._made_of.get("__code__"),
            keys,
            tuple(self._signature.parameters.values()),
            seen,
            self._gradients,
            self._check_shapes,
            self._again,
        )

    def _again(self, more: Sequence[Any], *given: Any) -> Any:
        """Go the whole way with what a quick call was given.

        more : arguments for which there are no parameters.
        """
        if not any(v is ABSENT for v in given):
            return self.whole(*given, *more)
        pairs = zip(self._signature.parameters.values(), given, strict=True)
        args, kwargs = [], {}
        for p, v in pairs:
            if v is ABSENT:
                continue
            if p.kind is p.POSITIONAL_ONLY:
                args.append(v)
            else:
                kwargs[p.name] = v
        return self.whole(*args, **kwargs)

    def _check_shapes(self, found: Any, values: Sequence[Any]) -> None:
        """Refuse a gradient that has not the shape of its argument.

        A value that the gradient does not need is not computed, nor its errors raised.
        Where shapes do not fit, the function itself is called, to raise what it raises.
        """
        for k, where in self._gradients.items():
            x, g = values[k], found
            for place in where:
                g = g[place]
            if type(x) is np.ndarray and np.shape(g) != x.shape:
                self._function(*copy.deepcopy(list(values)))
                raise ShapeError(
                    f"the gradient has shape {np.shape(g)}, "
                    f"argument {self.dispatcher.names[k]} has {x.shape}"
                )

    def _checked(self, values: Sequence[Any]) -> Entry:
        wrt = self.dispatcher.active
        refuse_static(values, self.dispatcher.names, wrt)
        return self.dispatcher.entry(values)

    def _latest(self) -> Entry:
        """The entry of the latest call, or one of guessed types."""
        found = self.dispatcher.latest
        if found is None:
            backend = self.backend or OPTIONS.backend
            found = self.dispatcher.compiled(self.guessed(), backend)
        return found

    def _generated(self) -> Sequence[Generated]:
        return self._latest().generated

    def _entry_for(
        self, args: Sequence[Any], kwargs: dict[str, Any]
    ) -> tuple[Entry, Sequence[Any]]:
        values = self.arguments(args, kwargs)
        return self._checked(values), values

    def _read_from(self) -> Any:
        return self._function

    def compiled_for(self, *args: Any, **kwargs: Any) -> Any:
        """The compiled function for arguments like these, for other compiled functions.

        A function under `numba.njit` can call it with arguments of the same types. As
        everywhere, lengths may differ, but an axis of length 1 counts as another type.

        Raises
        ------
        SignatureError
            The backend is not "numba", or the function is not one of plain arguments:
            it reads data from outside, takes dicts or objects, or is in two halves.
        """
        if (self.backend or OPTIONS.backend) != "numba":
            raise SignatureError(
                "this is not compiled",
                hint='give backend="numba", or an @njit function',
            )
        entry = self._checked(self.arguments(args, kwargs))
        why = ""
        if entry.contract.hidden:
            names = ", ".join(b.name for b in entry.contract.hidden)
            why = f"it reads {names} from outside: make that an argument"
        elif entry.promote:
            names = ", ".join(self.dispatcher.names[k] for k in entry.promote)
            why = f"{names} is differentiated by: pass floats, not integers"
        elif len(entry.functions) > 1 or self.dispatcher.tangents:
            why = "only a gradient is one function of the same arguments"
        elif entry.generated[0].kernel:
            why = "it takes or gives dicts or objects: pass their arrays"
        if why:
            raise SignatureError(
                "other compiled functions cannot call this", entry.contract.place, why
            )
        return entry.functions[0]

    @property
    def graph(self) -> Graph:
        """The transformed graph of the latest call, or of guessed types."""
        return self._latest().programs.finished[0].graph

    @property
    def kinds(self) -> tuple[str, ...]:
        """The transforms, the innermost first."""
        return tuple(step.kind for step in self.steps)

    def exported(self, at: Sequence[Any] = (), made_by: str = "") -> str:
        """The text that `export` writes."""
        fresh = Transform(self.primal, self.steps, self.backend, self.parallel)
        before = Transform(self.primal, self.steps[:-1], "python")
        return exported(fresh, before, fresh.dispatcher.steps[-1], at, made_by)

    def clear(self) -> None:
        """Forget all compiled functions; the next call reads the source again."""
        self._slowly()
        self.dispatcher.clear()

    def guessed(self) -> dict[str, Type]:
        """Types before the first call: by annotation, by default value, unknown."""
        fixed = [*self._before]
        found: dict[str, Type] = {}
        for k, (name, p) in enumerate(self._signature.parameters.items()):
            if k < len(fixed):
                found[name] = argument_type(fixed[k], name)
            elif p.annotation in (float, "float"):
                found[name] = FLOAT
            elif p.default is not p.empty:
                default = p.default
                promote = k in self.dispatcher.active and type(default) is int
                found[name] = argument_type(
                    float(default) if promote else default, name
                )
            elif k in self.dispatcher.active or p.annotation is p.empty:
                found[name] = UNKNOWN
            elif p.annotation in (int, "int"):
                found[name] = argument_type(0, name)
            else:
                found[name] = UNKNOWN
        return found


def _moved(step: Step, offset: int) -> Step:
    if not offset:
        return step
    wrt = tuple(k + offset for k in step.wrt)
    return Step(step.kind, wrt, step.single, step.has_aux, step.holomorphic)


def _gradients(steps: Sequence[Step]) -> dict[int, tuple[int, ...]]:
    """For each argument where in the result its gradient is, if it is a gradient."""
    if len(steps) != 1 or steps[0].kind not in ("grad", "value_and_grad"):
        return {}
    (step,) = steps
    first = () if step.kind == "grad" else (1,)
    if step.kind == "grad" and step.has_aux:
        first = (0,)
    return {k: first if step.single else (*first, n) for n, k in enumerate(step.wrt)}


def implied(target: Any) -> str | None:
    """The backend where none is named: a derivative's own, "numba" under `@njit`."""
    if isinstance(target, Exportable):
        return target.backend
    return "numba" if is_jitted(target) else None


def root(target: Any) -> tuple[Any, tuple[Step, ...], str | None]:
    """The primal behind a callable, the steps already taken, and the backend."""
    if isinstance(target, Transform):
        return target.primal, target.steps, target.backend
    return target, (), None


def signature_of(target: Any) -> inspect.Signature:
    """The signature a callable shows its callers."""
    if isinstance(target, Transform):
        target = target.primal
    if rules_of(target) is not None or find(target) is not None:
        target, _, _ = plain_function(target)
    try:
        return inspect.signature(target)
    except (TypeError, ValueError):
        function, _, _ = plain_function(target)
        return inspect.signature(function)


def step_for(
    target: Any,
    kind: str,
    argnums: int | Sequence[int],
    argnames: str | Sequence[str] | None = None,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Step:
    """The step that a user's argnums and options ask for."""
    name = getattr(target, "__name__", "the function")
    where, single = positions(signature_of(target), argnums, argnames, name)
    return Step(kind, where, single, has_aux, holomorphic)


def run_by(
    target: Any, backend: str | None, parallel: bool | None
) -> tuple[str | None, bool | None]:
    """How a transform of a callable is run: as named, or as the callable itself is."""
    primal, _, known = root(target)
    if backend is not None:
        checked_backend(backend)
    checked_parallel(backend or "auto", parallel)
    if parallel is None and isinstance(target, Exportable):
        parallel = target.parallel if backend in (None, target.backend) else None
    elif parallel is None and backend != "python" and on_threads(primal):
        parallel = True
    return backend or known or implied(primal), parallel


def extended(
    target: Any, step: Step, backend: str | None, parallel: bool | None = None
) -> Transform:
    """The transform of a function, or of a transform."""
    primal, steps, _ = root(target)
    if steps and steps[-1].kind == "vjp":
        raise SignatureError("a vjp cannot be transformed again; use grad or jvp")
    return Transform(primal, (*steps, step), *run_by(target, backend, parallel))
