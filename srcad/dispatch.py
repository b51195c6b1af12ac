"""Dispatch: from a call's arguments to the compiled function that serves it.

Each transform keeps entries by signature. An entry also remembers what its source
relied on (guards) and the types of the data it reads from outside (hidden parameters);
where those have changed, another entry serves, or a new one is made.
"""

from __future__ import annotations

import linecache
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from srcad.backend.compiled import CannotCompile, compile_for, compile_pullback
from srcad.backend.generate import Generated, generate
from srcad.backend.uncompiled import explained
from srcad.cache import Request, Stored, keep, recall
from srcad.collecting import without_collecting
from srcad.deep import begins_again, deeply
from srcad.entry import Entry, Programs, entry_of
from srcad.errors import Span, SrcadError, UnsupportedSyntax
from srcad.frontend.abstract import argument_type
from srcad.frontend.rules import CHANGES, any_declared, uses_rules
from srcad.ir.graph import Program
from srcad.ir.joining import join
from srcad.ir.types import Static, Type
from srcad.options import OPTIONS, checked_parallel
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
    fixes_shape,
    keys_of,
    needs_promotion,
    promoted_arguments,
    shapeless,
)
from srcad.source import read_function

_lock = threading.RLock()


@dataclass(frozen=True, eq=False)
class Asked:
    """What a call that no entry serves asks for.

    types : of the arguments, by name.
    promote : the positions of those that are made floats first.
    values : the arguments, these among them made floats.
    """

    types: Mapping[str, Type]
    backend: str
    promote: tuple[int, ...]
    values: Sequence[Any]


@dataclass(eq=False)
class Dispatcher:
    """The entries of one transform of one function.

    function : the plain Python function behind it.
    names : its parameters, in order.
    steps : the transforms, the innermost first; empty for the function itself.
    active : positions of the parameters that may be differentiated by some step.
    backend, parallel : None for what the options say when it is called.
    latest : the entry of the latest call.
    turns : called when that becomes another one.
    """

    function: Any
    names: tuple[str, ...]
    steps: tuple[Step, ...]
    active: tuple[int, ...]
    backend: str | None = None
    parallel: bool | None = None
    entries: dict[Any, list[Entry]] = field(default_factory=dict)
    seen: dict[Any, list[Mapping[str, Type]]] = field(default_factory=dict)
    latest: Entry | None = None
    turns: Callable[[], None] = lambda: None
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
        key = (keys_of(args), self.backend or OPTIONS.backend, self.on_threads)
        for entry in self.entries.get(key, ()):
            if entry.fits(args):
                self.served(entry)
                return entry
        return None

    def served(self, entry: Entry) -> None:
        """Note which entry is the latest to serve a call, or to be asked for."""
        if entry is not self.latest:
            self.latest = entry
            self.turns()

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
            checked_parallel(backend, self.parallel)
            return self._made((keys_of(args), backend, self.on_threads), args, backend)

    @property
    def on_threads(self) -> bool:
        """Whether independent loops run on threads, where the backend has them."""
        return OPTIONS.parallel if self.parallel is None else self.parallel

    def _made(self, key: Any, args: Sequence[Any], backend: str) -> Entry:
        given = key[0]
        promote = tuple(k for k in self.active if needs_promotion(given[k]))
        values = (
            promoted_arguments(args, promote, self.names) if promote else list(args)
        )
        pairs = zip(self.names, values, strict=True)
        types = self._widened(
            shapeless(given), {n: argument_type(v, n) for n, v in pairs}
        )
        entry = self._on_backend(Asked(types, backend, promote, values))
        kept = [e for e in self.entries.get(key, ()) if e.guards_hold()]
        self.entries[key] = [*kept[-7:], entry]
        self.served(entry)
        return entry

    def _on_backend(self, asked: Asked) -> Entry:
        """The entry of a backend; "auto" falls back on Python with one warning."""
        if asked.backend != "auto":
            return self._with_known(asked)
        try:
            return self._with_known(replace(asked, backend="numba"))
        except CannotCompile as refusal:
            warnings.warn(
                f"{self.function.__name__} runs in the python backend: "
                f"{refusal.message}",
                stacklevel=4,
            )
        return self._with_known(replace(asked, backend="python"))

    def _with_known(self, asked: Asked) -> Entry:
        """The entry; where that is refused, for these flags or integers only.

        A flag may choose what is returned, or leave out what has no derivative; an
        axis must be known.
        """
        values = asked.values
        passive = [k for k in range(len(values)) if k not in self.active]
        flags = {k: values[k] for k in passive if type(values[k]) is bool}
        integers = {k: values[k] for k in passive if fixes_shape(values[k])}
        try:
            return self._for_these(asked)
        except SrcadError as error:
            refusal = error
        if flags:
            try:
                return self._for_these(asked, flags)
            except SrcadError as error:
                refusal = error
        if not integers or not refusal.needs_known:
            raise refusal
        return self._for_these(asked, {**flags, **integers})

    def _for_these(
        self, asked: Asked, fixed: Mapping[int, Any] = MappingProxyType({})
    ) -> Entry:
        """The entry for certain values of some arguments; compiled, if Numba's."""
        known = {self.names[k]: Static(v) for k, v in fixed.items()}
        types = {**asked.types, **known}
        sources: Sequence[Generated] = ()
        try:
            entry = self.compiled(types, asked.backend, asked.promote)
            sources = entry.generated
            hidden = [binding.read() for binding in entry.contract.hidden]
            with without_collecting():
                if asked.backend == "numba" and not self.tangents:
                    compile_for(entry.functions[0], [*asked.values, *hidden])
                    if len(entry.functions) > 1:
                        compile_pullback(*entry.functions)
        except CannotCompile as refusal:
            error = explained(refusal, sources)
            source_of = read_function(self.function)
            place = source_of.span(source_of.tree)
            raise error.at(place) from refusal.__cause__
        entry.fixed = dict(fixed)
        return entry

    @property
    def tangents(self) -> bool:
        """Whether the compiled function takes tangents too."""
        return any(step.kind == "jvp" for step in self.steps)

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
        threads = dialect == "numba" and self.on_threads
        request = Request(
            self.function, self.steps, types, dialect, OPTIONS.copies, threads
        )
        found = None if any_declared() else recall(request)
        if found is not None:
            return entry_of(
                found, lambda: deeply(lambda: self._programs(types, dialect)), promote
            )
        with without_collecting():
            programs, generated = self._printed(types, dialect, threads)
        made = Stored(programs.contract, generated)
        if not uses_rules(programs.contract.called):
            keep(request, made)
        return entry_of(made, lambda: programs, promote)

    def _printed(
        self, types: Mapping[str, Type], dialect: str, threads: bool
    ) -> tuple[Programs, tuple[Generated, ...]]:
        """The programs, and their source."""
        programs = self._programs(types, dialect)
        printed = programs.finished
        if dialect == "numba":
            printed = tuple(for_loops(p, threads) for p in printed)
        kept: dict[Any, Sequence[str]] = {}  # a pullback names what it reads by it
        found = [
            generate(p, dialect=dialect, copies=OPTIONS.copies, kept=kept)
            for p in printed
        ]
        return programs, tuple(found)

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
