"""In which order names are assigned at once, so that nothing needed is overwritten."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Sequence


def in_order(
    moves: Sequence[tuple[str, Collection[str]]],
) -> tuple[list[int], list[int]]:
    """The places of assignments one by one, each the first that may come next.

    Parameters
    ----------
    moves : for each assignment its target, and the names that its value reads

    Returns
    -------
    tuple of two lists
        Those in order, and the rest: each overwrites what another of them reads.
    """
    read = [set(names) for _, names in moves]
    readers = Counter(name for names in read for name in names)
    of: dict[str, list[int]] = {}
    for k, (target, _) in enumerate(moves):
        of.setdefault(target, []).append(k)

    def free(k: int) -> bool:
        target = moves[k][0]
        return readers[target] == (target in read[k])

    ready = [k for k in range(len(moves)) if free(k)]
    found: dict[int, None] = {}
    while ready:
        k = heapq.heappop(ready)
        if k in found:
            continue
        found[k] = None
        for name in read[k]:
            readers[name] -= 1
            for other in of.get(name, ()):
                if other not in found and free(other):
                    heapq.heappush(ready, other)
    return list(found), [k for k in range(len(moves)) if k not in found]
