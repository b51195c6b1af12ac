"""Work that recurses deeply: again on a stack of its own, where Python's limit ends it.

Trees nest as deeply as expressions and chains of `elif` do, and what walks them
recurses. Most programs stay far below Python's limit; one that does not is done again
in a thread with a large stack and a high limit.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

STACK = 512 << 20  # bytes of address space; only what is used becomes memory
LIMIT = 50_000  # frames: each takes some kB where C stands between them

_running = threading.local()
_one_at_a_time = threading.Lock()


def deeply(work: Callable[[], T]) -> T:
    """The result of `work`, which is begun again if it recurses too deeply.

    Within `work`, `deeply` just calls: the outermost begins again, so that no lock is
    held by the thread that waits.

    Raises
    ------
    RecursionError
        It recurses too deeply on the large stack too.
    """
    if getattr(_running, "yes", False):
        return work()
    _running.yes = True
    try:
        return work()
    except RecursionError:
        pass
    finally:
        _running.yes = False
    return _on_large_stack(work)


def begins_again() -> bool:
    """Whether what recurses too deeply here will be done again with more room."""
    return getattr(_running, "yes", False) and not getattr(_running, "deep", False)


def _on_large_stack(work: Callable[[], T]) -> T:
    found: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        _running.yes = _running.deep = True
        try:
            found.append(work())
        except BaseException as error:
            raised.append(error)

    context = contextvars.copy_context()
    with _one_at_a_time:
        thread = threading.Thread(target=context.run, args=(run,))
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, LIMIT))  # before the thread asks for it
        try:
            _start_with_stack(thread, STACK)
            thread.join()
        except (ValueError, RuntimeError):  # the system has no such stack to give
            raise RecursionError("nested too deeply") from None
        finally:
            sys.setrecursionlimit(limit)
    if raised:
        raise raised[0]
    return found[0]


def _start_with_stack(thread: threading.Thread, size: int) -> None:
    before = threading.stack_size(size)
    try:
        thread.start()
    finally:
        threading.stack_size(before)
