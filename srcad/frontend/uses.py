"""Iterators are walked once: which were, and which may have been."""

from __future__ import annotations

from srcad.errors import UnsupportedSyntax
from srcad.frontend.refs import Iteration, Ref, Use
from srcad.ir.builder import current


def use_up(ref: Ref) -> None:
    """Note that an iterator is walked: a second time it would be empty."""
    if not isinstance(ref, Iteration):
        return
    if ref.use is not None:
        walk_after(ref)
        ref.use.done = True
    if ref.kind not in ("lazy", "generator"):  # those walk theirs when they are made
        for arg in ref.args:
            use_up(arg)


def walk_after(ref: Iteration) -> int:
    """How many entries were taken from an iterator that can still be walked.

    Raises
    ------
    UnsupportedSyntax
        It may have been walked before.
    """
    use = ref.use
    if use is not None and (use.done or use.block is not current()):
        raise UnsupportedSyntax(
            "this iterator may have been walked before: then it is empty",
            hint="keep its entries in a list: list(...)",
        )
    return 0 if use is None else use.taken


def uses_of(ref: Ref) -> list[Use]:
    """The iterators not walked yet that a walk of this would use up."""
    if not isinstance(ref, Iteration):
        return []
    own = [] if ref.use is None or ref.use.done else [ref.use]
    return own + [use for arg in ref.args for use in uses_of(arg)]
