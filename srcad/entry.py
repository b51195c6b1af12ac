"""Entries: a compiled function, when it may be used, and how it is run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from srcad.backend.compiled import CannotCompile, of_one_kind, refuse_uncompiled
from srcad.backend.function import load, note_user_line, user_span
from srcad.backend.generate import Generated
from srcad.backend.numba_errors import with_text
from srcad.backend.runtime import NoDerivative
from srcad.backend.uncompiled import explained
from srcad.cache import Stored, file_for
from srcad.errors import SrcadError
from srcad.frontend.context import Contract
from srcad.ir.graph import Program
from srcad.quick import Quick, guard_expression
from srcad.refusals import refuse_shared, refuse_strided
from srcad.signature import key_of, promoted_arguments


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
    fixed : by position, the integers and flags whose values the source was made for.
    quick : serves calls like the last one; None where there is no such.
    quick_after : how many changes of rules and options there were when it was made.
    """

    contract: Contract
    generated: tuple[Generated, ...]
    functions: tuple[Callable[..., Any], ...]
    hidden_key: Any
    made: Callable[[], Programs]
    promote: tuple[int, ...] = ()
    fixed: dict[int, Any] = field(default_factory=dict)
    quick: Quick | None = None
    quick_after: int = -1

    @functools.cached_property
    def programs(self) -> Programs:
        """The graphs that the source was printed from."""
        return self.made()

    @functools.cached_property
    def guards_hold(self) -> Callable[[], bool]:
        """Says whether all guards hold; the first call does not ask."""
        return guard_expression(self.contract.guards)

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

    def run(self, args: Sequence[Any], more: Sequence[Any] = ()) -> Any:
        """Call the compiled function; a run-time error names the user's line.

        more : tangents, which stand after the hidden parameters.
        """
        if self.promote:
            args = promoted_arguments(args, self.promote, self.contract.parameters)
        if self.contract.written:
            refuse_shared(args, self.contract)
        if self.contract.contiguous:
            refuse_strided(args, self.contract)
        hidden = [binding.read() for binding in self.contract.hidden]
        return self.called(0, *args, *hidden, *more)

    def called(self, which: int, *args: Any) -> Any:
        """Call one of the compiled functions; an error names the user's line."""
        if self.generated[which].dialect == "numba":
            args = tuple(of_one_kind(args))
        try:
            return self.functions[which](*args)
        except Exception as error:
            self.explain(error, which)
            raise

    def explain(self, error: Exception, which: int = 0) -> None:
        """Say of an error of a compiled function where the user's code is."""
        if isinstance(error, SrcadError):
            return
        if isinstance(error, NoDerivative):
            span = user_span(error, self.generated[which])
            raise SrcadError(str(error), span) from error
        if self.generated[which].dialect == "numba":
            with_text(error)
            self._refuse_uncompiled(error)
        note_user_line(error, self.generated[which])

    def _refuse_uncompiled(self, error: Exception) -> None:
        """Forward mode is compiled by its first call: say where Numba gave up."""
        try:
            refuse_uncompiled(error)
        except CannotCompile as refusal:
            raise explained(refusal, self.generated) from error


def entry_of(
    stored: Stored, made: Callable[[], Programs], promote: tuple[int, ...]
) -> Entry:
    """The entry of what was made, or recalled from disk."""
    contract = stored.contract
    return Entry(
        contract,
        stored.generated,
        tuple(load(g, file=file_for(g)) for g in stored.generated),
        [key_of(b.read()) for b in contract.hidden],
        made,
        promote,
    )
