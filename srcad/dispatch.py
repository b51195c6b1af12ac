"""Dispatch: from a call's arguments to the compiled function that serves it.

Each transform keeps entries by signature. An entry also remembers what its source
relied on (guards) and the types of the data it reads from outside (hidden parameters);
where those have changed, another entry serves, or a new one is made.
"""

from __future__ import annotations

import functools
import itertools
import linecache
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcad.backend.compiled import CannotCompile, compile_for, compile_pullback
from srcad.backend.function import load, note_user_line, span_said, user_span
from srcad.backend.generate import Generated, generate
from srcad.backend.runtime import NoDerivative
from srcad.cache import Request, Stored, file_for, keep, recall
from srcad.deep import begins_again, deeply
from srcad.errors import SignatureError, Span, SrcadError, UnsupportedSyntax
from srcad.frontend.abstract import argument_type
from srcad.frontend.context import Contract, Guard
from srcad.frontend.rules import CHANGES, any_declared, uses_rules
from srcad.instances import attributes, is_plain
from srcad.ir.graph import Program
from srcad.ir.types import Static, Type, join
from srcad.options import OPTIONS
from srcad.pipeline import (
    Step,
    compiled_form,
    finished,
    for_loops,
    prepared,
    transformed,
    vjp_pair,
)
from srcad.signature import (
    key_of,
    keys_of,
    needs_promotion,
    promoted_argument,
    shapeless,
)
from srcad.source import read_function

_lock = threading.RLock()


@dataclass(frozen=True, eq=False)
class Programs:
    """The graphs behind an entry.

    primal : the function itself, improved.
    contract : what its lowering relied on.
    finished : what was printed: one program, or for vjp the two halves.
    """

    primal: Program
    contract: Contract
    finished: tuple[Program, ...]


@dataclass(eq=False)
class Entry:
    """A compiled function and when it may be used.

    generated : the source: one, or for vjp the two halves.
    functions : one compiled function for each.
    made : gives the graphs, which not every entry has before they are asked for.
    fixed : by position, the integers whose values the source was made for.
    """

    contract: Contract
    generated: tuple[Generated, ...]
    functions: tuple[Callable[..., Any], ...]
    guards_hold: Callable[[], bool]
    hidden_key: Any
    made: Callable[[], Programs]
    promote: tuple[int, ...] = ()
    fixed: dict[int, Any] = field(default_factory=dict)

    @functools.cached_property
    def programs(self) -> Programs:
        """The graphs that the source was printed from."""
        return self.made()

    def fits(self, args: Sequence[Any]) -> bool:
        """Whether what the source relied on still stands."""
        if not self.guards_hold():
            return False
        for k, known in self.fixed.items():
            if args[k] != known:
                return False
        if not self.contract.hidden:
            return True
        try:
            now = [binding.read() for binding in self.contract.hidden]
        except LookupError:
            return False
        return bool([key_of(v) for v in now] == self.hidden_key)

    def run(self, args: Sequence[Any], which: int = 0) -> Any:
        """Call the compiled function; a run-time error names the user's line."""
        if self.promote:
            args = _promoted(args, self.promote, self.contract.parameters)
        if self.contract.written:
            self._refuse_shared(args)
        if self.contract.contiguous:
            self._refuse_strided(args)
        hidden = self.contract.hidden
        extra = [binding.read() for binding in hidden] if hidden else ()
        return self.called(which, *args, *extra)

    def run_with(self, args: Sequence[Any], more: Sequence[Any]) -> Any:
        """Call the compiled function with tangents after the hidden parameters."""
        if self.promote:
            args = _promoted(args, self.promote, self.contract.parameters)
        if self.contract.written:
            self._refuse_shared(args)
        if self.contract.contiguous:
            self._refuse_strided(args)
        hidden = [binding.read() for binding in self.contract.hidden]
        return self.called(0, *args, *hidden, *more)

    def called(self, which: int, *args: Any) -> Any:
        """Call one of the compiled functions; an error names the user's line."""
        try:
            return self.functions[which](*args)
        except SrcadError:
            raise
        except NoDerivative as error:
            span = user_span(error, self.generated[which])
            raise SrcadError(str(error), span) from error
        except Exception as error:
            note_user_line(error, self.generated[which])
            raise

    def _refuse_strided(self, args: Sequence[Any]) -> None:
        """Refuse arrays of which reshape or ravel give copies, not views."""
        for k, span in self.contract.contiguous.items():
            if not all(
                a.flags.c_contiguous
                for a in _mutable(args[k])
                if isinstance(a, np.ndarray)
            ):
                raise UnsupportedSyntax(
                    f"this writes through a view of {self.contract.parameters[k]!r}, "
                    "which in this call is not C-contiguous: NumPy may make a copy",
                    span,
                    "pass np.ascontiguousarray(...), or write to the array itself",
                )

    def _refuse_shared(self, args: Sequence[Any]) -> None:
        """Refuse arguments that share memory where the function writes to one."""
        objects = [list(_mutable(a)) for a in args]
        for k in self.contract.written:
            for other, found in enumerate(objects):
                pairs = [(a, b) for a in objects[k] for b in found]
                if other == k:
                    pairs = list(itertools.combinations(found, 2))
                if any(_shared(a, b) for a, b in pairs):
                    names = self.contract.parameters
                    raise SrcadError(
                        f"the function writes to {names[k]!r}, and in this call "
                        f"{names[other]!r} shares memory with it",
                        self.contract.place,
                        "pass a copy of one of them",
                    )


def _mutable(value: Any) -> list[Any]:
    """The arrays, lists, dicts and objects in an argument, itself among them."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        inside: Iterable[Any] = value.values()
    elif isinstance(value, (list, tuple)):
        inside = value
    else:
        inside = (attributes(value) or {}).values()
    own = [value] if isinstance(value, (dict, list)) or is_plain(type(value)) else []
    return [*own, *(a for v in inside for a in _mutable(v))]


def _shared(a: Any, b: Any) -> bool:
    """Whether a write to one changes the other."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.shares_memory(a, b)
    return a is b


def fixes_shape(value: Any) -> bool:
    """Whether an argument may be an axis, a shape, or a position."""
    if isinstance(value, tuple):
        return bool(value) and all(map(fixes_shape, value))
    return type(value) is int


def _promoted(
    args: Sequence[Any], where: Sequence[int], names: Sequence[str]
) -> list[Any]:
    found = list(args)
    for k in where:
        found[k] = promoted_argument(found[k], f"argument {names[k]}")
    return found


@dataclass(eq=False)
class Dispatcher:
    """The entries of one transform of one function.

    function : the plain Python function behind it.
    names : its parameters, in order.
    steps : the transforms, the innermost first; empty for the function itself.
    active : positions of the parameters that may be differentiated by some step.
    """

    function: Any
    names: tuple[str, ...]
    steps: tuple[Step, ...]
    active: tuple[int, ...]
    backend: str | None = None
    entries: dict[Any, list[Entry]] = field(default_factory=dict)
    seen: dict[Any, list[Mapping[str, Type]]] = field(default_factory=dict)
    latest: Entry | None = None
    rules_seen: int = field(default_factory=lambda: len(CHANGES))

    def _forget_changed(self) -> None:
        """Drop what was made before the rules of something that it calls changed."""
        with _lock:
            changed = {id(target) for target in CHANGES[self.rules_seen :]}
            self.rules_seen = len(CHANGES)
            if id(self.function) in changed:
                self.clear()
            for key, entries in list(self.entries.items()):
                self.entries[key] = [e for e in entries if _rests(e, changed)]
            if self.latest is not None and not _rests(self.latest, changed):
                self.latest = None

    def find(self, args: Sequence[Any]) -> Entry | None:
        """The entry that serves these arguments, where there is one."""
        if self.rules_seen != len(CHANGES):
            self._forget_changed()
        key = (keys_of(args), self.backend or OPTIONS.backend)
        for entry in self.entries.get(key, ()):
            if entry.fits(args):
                self.latest = entry
                return entry
        return None

    def entry(self, args: Sequence[Any]) -> Entry:
        """The entry that serves these arguments, made where there is none."""
        found = self.find(args)
        return found if found is not None else self._deeply(lambda: self._entry(args))

    def _deeply(self, work: Callable[[], Entry]) -> Entry:
        """Do what reads, transforms or prints the function, however deep it nests."""
        try:
            return deeply(work)
        except RecursionError:
            if begins_again():
                raise
            raise UnsupportedSyntax(
                "this function is nested too deeply",
                first_line(self.function),
                "split its longest expression into statements",
            ) from None

    def _entry(self, args: Sequence[Any]) -> Entry:
        with _lock:
            found = self.find(args)
            if found is not None:
                return found
            backend = self.backend or OPTIONS.backend
            return self._made((keys_of(args), backend), args, backend)

    def _made(self, key: Any, args: Sequence[Any], backend: str) -> Entry:
        given = key[0]
        promote = tuple(k for k in self.active if needs_promotion(given[k]))
        values = _promoted(args, promote, self.names) if promote else list(args)
        pairs = zip(self.names, values, strict=True)
        types = self._widened(
            shapeless(given), {n: argument_type(v, n) for n, v in pairs}
        )
        entry = self._with_integers(types, backend, promote, values)
        kept = [e for e in self.entries.get(key, ()) if e.guards_hold()]
        self.entries[key] = [*kept[-7:], entry]
        self.latest = entry
        return entry

    def _with_integers(
        self,
        types: Mapping[str, Type],
        backend: str,
        promote: tuple[int, ...],
        values: Sequence[Any],
    ) -> Entry:
        """The entry; where an axis, say, must be known, for these integers only."""
        try:
            return self._on_backend(types, backend, promote, values)
        except SrcadError as error:
            passive = [k for k, v in enumerate(values) if k not in self.active]
            fixed = {k: values[k] for k in passive if fixes_shape(values[k])}
            if not fixed or not error.needs_known:
                raise
            known = {self.names[k]: Static(v) for k, v in fixed.items()}
            entry = self._on_backend({**types, **known}, backend, promote, values)
            entry.fixed = fixed
            return entry

    def _on_backend(
        self,
        types: Mapping[str, Type],
        backend: str,
        promote: tuple[int, ...],
        values: Sequence[Any],
    ) -> Entry:
        """The entry of a backend; "auto" falls back on Python with one warning."""
        if backend == "python":
            return self.compiled(types, backend, promote)
        try:
            entry = self.compiled(types, "numba", promote)
            hidden = [binding.read() for binding in entry.contract.hidden]
            if not self.tangents:
                compile_for(entry.functions[0], [*values, *hidden])
            if len(entry.functions) > 1:
                compile_pullback(*entry.functions)
        except CannotCompile as error:
            if backend == "numba":
                source_of = read_function(self.function)
                place = span_said(str(error.__cause__))
                place = place or source_of.span(source_of.tree)
                raise error.at(place) from error.__cause__
            warnings.warn(
                f"{self.function.__name__} runs in the python backend: {error.message}",
                stacklevel=5,
            )
            return self.compiled(types, "python", promote)
        return entry

    @property
    def tangents(self) -> bool:
        """Whether the compiled function takes tangents too."""
        return bool(self.steps) and self.steps[-1].kind == "jvp"

    def _widened(self, kind: Any, types: Mapping[str, Type]) -> Mapping[str, Type]:
        """Types that serve all the patterns of dimensions of 1 seen so far."""
        before = self.seen.setdefault(kind, [])
        if len(before) >= 2:
            for old in before:
                types = {n: join(t, old[n]) for n, t in types.items()}
        before.append(types)
        return types

    def compiled(
        self, types: Mapping[str, Type], backend: str, promote: tuple[int, ...] = ()
    ) -> Entry:
        """Lower, transform and compile for the given types."""
        return self._deeply(lambda: self._compiled(types, backend, promote))

    def _compiled(
        self, types: Mapping[str, Type], backend: str, promote: tuple[int, ...]
    ) -> Entry:
        dialect = "python" if backend == "python" else "numba"
        request = Request(self.function, self.steps, types, dialect, OPTIONS.copies)
        found = None if any_declared() else recall(request)
        if found is not None:
            return _entry(
                found, lambda: deeply(lambda: self._programs(types, dialect)), promote
            )
        programs = self._programs(types, dialect)
        printed = programs.finished
        if dialect == "numba":
            printed = tuple(map(for_loops, printed))
        generated = tuple(
            generate(p, dialect=dialect, copies=OPTIONS.copies) for p in printed
        )
        made = Stored(programs.contract, generated)
        if not uses_rules(programs.contract.called):
            keep(request, made)
        return _entry(made, lambda: programs, promote)

    def _programs(self, types: Mapping[str, Type], dialect: str) -> Programs:
        """The function lowered, and transformed: for vjp into its two halves."""
        lowered = prepared(self.function, types, dialect)
        if self.steps and self.steps[-1].kind == "vjp":
            inner = transformed(lowered.program, self.steps[:-1])
            found: tuple[Program, ...] = vjp_pair(inner, self.steps[-1])
        else:
            found = (transformed(lowered.program, self.steps),)
        if dialect == "numba":
            found = tuple(map(compiled_form, found))
        return Programs(lowered.program, lowered.contract, tuple(map(finished, found)))

    def clear(self) -> None:
        """Forget all compiled functions."""
        with _lock:
            self.entries.clear()
            self.seen.clear()
            self.latest = None


def first_line(function: Any) -> Span | None:
    """Where a function begins, told by its code without reading it."""
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    number, name = code.co_firstlineno, code.co_filename
    text = linecache.getline(name, number).rstrip("\n")
    return Span(name, number, len(text) - len(text.lstrip()), number, len(text), text)


def _rests(entry: Entry, changed: set[int]) -> bool:
    """Whether an entry calls none of the callables whose rules have changed."""
    called = entry.contract.called
    return called is not None and changed.isdisjoint(called)


def _entry(
    stored: Stored, made: Callable[[], Programs], promote: tuple[int, ...]
) -> Entry:
    contract = stored.contract
    return Entry(
        contract,
        stored.generated,
        tuple(load(g, file=file_for(g)) for g in stored.generated),
        guard_expression(contract.guards),
        [key_of(b.read()) for b in contract.hidden],
        made,
        promote,
    )


def guard_expression(guards: Sequence[Guard]) -> Callable[[], bool]:
    """One function that says whether all guards hold, made to be quick."""
    names: dict[str, Any] = {}
    tests = []
    for k, guard in enumerate(guards):
        binding, expected = guard.binding, guard.expected
        names[f"e{k}"], names[f"h{k}"] = expected, binding.holder
        if guard.is_container:
            names[f"g{k}"] = guard.holds
            tests.append(f"g{k}()")
            continue
        if binding.kind == "global":
            read = f"h{k}.get({binding.name!r})"
        elif binding.kind == "class":
            read = f"vars(h{k}).get({binding.name!r})"
        elif binding.kind == "attribute":
            read = f"getattr(h{k}, {binding.name!r}, None)"
        else:
            names[f"g{k}"] = guard.holds
            tests.append(f"g{k}()")
            continue
        plain = isinstance(expected, (str, bytes))
        tests.append(f"{read} {'==' if plain else 'is'} e{k}")
    if not tests:
        return _always
    found: Callable[[], bool] = eval(f"lambda: {' and '.join(tests)}", names)
    return found


def _always() -> bool:
    return True


def refuse_static(
    args: Sequence[Any], names: Sequence[str], wrt: Sequence[int]
) -> None:
    """Refuse to differentiate by an argument that is no number or array.

    Raises
    ------
    SignatureError
        It is a string, a function, True, None, or an array of objects.
    """
    for k in wrt:
        value = args[k]
        static = callable(value) and attributes(value) is None
        if value is None or isinstance(value, (str, bytes, bool)) or static:
            raise SignatureError(
                f"argument {names[k]} is {value!r}: it cannot be differentiated by",
                hint="choose other argnums",
            )
