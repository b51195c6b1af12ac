"""A layered layout: columns by rank, order by barycentre, straight long edges.

After Sugiyama, Tagawa and Toda (1981): rank the nodes, put dummies where an edge passes
a column, order each column by where its neighbours stand, then give coordinates.
The last step moves each column as near to its neighbours as its order and sizes allow,
which is an isotonic regression (pool adjacent violators).

Knows only sizes: whether pixels or characters is the caller's affair.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

SWEEPS = 16
Point = tuple[float, float]


@dataclass(frozen=True)
class Link:
    """An edge: from where on the right of one node to where on the left of another."""

    source: int
    out: float
    target: int
    into: float


@dataclass
class Gaps:
    """Distances: between nodes of a column, around passing edges, between columns."""

    nodes: float = 16.0
    passing: float = 10.0
    columns: float = 34.0
    each: float = 3.0  # more between columns for each edge there
    most: float = 60.0
    whole: bool = False  # coordinates are whole numbers


@dataclass
class Placement:
    """Where nodes stand (left, top), and for each link the points it passes."""

    places: list[Point]
    routes: list[list[Point]]
    width: float
    height: float


@dataclass
class _Vertex:
    width: float
    height: float
    rank: int
    before: list[tuple[int, float, float, float]] = field(default_factory=list)
    after: list[tuple[int, float, float, float]] = field(default_factory=list)
    y: float = 0.0
    dummy: bool = False
    line: list[int] = field(default_factory=list)  # of a dummy: all of its edge's


def layered(
    sizes: Sequence[tuple[float, float]],
    links: Sequence[Link],
    first: Sequence[int] = (),
    last: Sequence[int] = (),
    gaps: Gaps | None = None,
) -> Placement:
    """Places for nodes and routes for links.

    Parameters
    ----------
    sizes : width and height of each node; each stands after those that lead to it.
    links : edges, none of them back.
    first, last : nodes that stand in the first, and in the last column.
    """
    gaps = gaps or Gaps()
    ranks = _ranks(len(sizes), links, set(first), set(last))
    vertices = [_Vertex(w, h, r) for (w, h), r in zip(sizes, ranks, strict=True)]
    chains = [_chain(vertices, link) for link in links]
    columns = _ordered(vertices, chains)
    _coordinates(vertices, columns, gaps)
    return _finished(vertices, columns, links, chains, len(sizes), gaps)


def _ranks(
    count: int, links: Sequence[Link], first: set[int], last: set[int]
) -> list[int]:
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        before[link.target].append(link.source)
        after[link.source].append(link.target)
    ranks = [0] * count
    for v in range(count):
        ranks[v] = max((ranks[u] + 1 for u in before[v]), default=1 if first else 0)
        if v in first:
            ranks[v] = 0
    end = max(ranks, default=0)
    inner = [ranks[v] for v in range(count) if v not in last]
    if last and inner:
        end = max(end, max(inner) + 1)
    for v in reversed(range(count)):
        if v in last:
            ranks[v] = end
        elif v not in first and not before[v] and after[v]:
            ranks[v] = min(ranks[u] for u in after[v]) - 1  # beside what reads it
    low = min(ranks, default=0)
    return [r - low for r in ranks]


def _chain(vertices: list[_Vertex], link: Link) -> list[int]:
    """The vertices a link passes, its ends among them; dummies are added."""
    source, target = vertices[link.source], vertices[link.target]
    chain = [link.source]
    for rank in range(source.rank + 1, target.rank):
        vertices.append(_Vertex(0.0, 0.0, rank, dummy=True))
        chain.append(len(vertices) - 1)
    line = chain[1:]
    for v in line:
        vertices[v].line = line
    chain.append(link.target)
    for a, b in itertools.pairwise(chain):
        out = link.out if a == link.source else 0.0
        into = link.into if b == link.target else 0.0
        dummies = vertices[a].dummy + vertices[b].dummy
        weight = (1.0, 2.0, 8.0)[dummies]
        vertices[a].after.append((b, out, into, weight))
        vertices[b].before.append((a, into, out, weight))
    return chain


# ---- order ---------------------------------------------------------------------------


def _ordered(vertices: list[_Vertex], chains: list[list[int]]) -> list[list[int]]:
    """The vertices of each column from top to bottom, with few crossings."""
    columns: list[list[int]] = [
        [] for _ in range(max((v.rank for v in vertices), default=0) + 1)
    ]
    for v in _walk(vertices):
        columns[vertices[v].rank].append(v)
    best, fewest = [list(c) for c in columns], _crossings(vertices, columns)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        order = columns[1:] if forward else columns[-2::-1]
        place = _positions(vertices, columns)
        for column in order:
            keys = {}
            for v in column:
                near = vertices[v].before if forward else vertices[v].after
                spots = [
                    place[u] + _share(vertices[u], there) for u, _, there, _ in near
                ]
                keys[v] = sum(spots) / len(spots) if spots else place[v] + 0.5
            column.sort(key=lambda v: keys[v])
            for k, v in enumerate(column):
                place[v] = k
        found = _crossings(vertices, columns)
        if found < fewest:
            best, fewest = [list(c) for c in columns], found
        if not fewest:
            break
    return best


def _walk(vertices: list[_Vertex]) -> list[int]:
    """All vertices, those that hang together one after the other."""
    seen: dict[int, None] = {}
    for start in range(len(vertices)):
        stack = [start] if not vertices[start].before else []
        while stack:
            v = stack.pop()
            if v not in seen:
                seen[v] = None
                stack += [u for u, *_ in reversed(vertices[v].after)]
    seen.update(dict.fromkeys(range(len(vertices))))
    return list(seen)


def _positions(vertices: list[_Vertex], columns: list[list[int]]) -> list[float]:
    place = [0.0] * len(vertices)
    for column in columns:
        for k, v in enumerate(column):
            place[v] = k
    return place


def _share(vertex: _Vertex, port: float) -> float:
    """Where on a side a port is, from 0 at the top to nearly 1."""
    return 0.5 if vertex.height <= 0 else 0.98 * port / vertex.height


def _crossings(vertices: list[_Vertex], columns: list[list[int]]) -> int:
    place = _positions(vertices, columns)
    total = 0
    for column in columns[:-1]:
        pairs = sorted(
            (place[v] + _share(vertices[v], out), place[u] + _share(vertices[u], into))
            for v in column
            for u, out, into, _ in vertices[v].after
        )
        ends: list[float] = []
        for _, end in pairs:
            total += len(ends) - bisect_right(ends, end)
            insort(ends, end)
    return total


# ---- coordinates ---------------------------------------------------------------------


def _coordinates(vertices: list[_Vertex], columns: list[list[int]], gaps: Gaps) -> None:
    for column in columns:
        y = 0.0
        for v in column:
            vertices[v].y = y
            y += vertices[v].height + gaps.nodes
    for sweep in range(3 * SWEEPS):
        forward = sweep % 2 == 0
        both = sweep >= 2 * SWEEPS
        for column in columns if forward else reversed(columns):
            wishes, weights = [], []
            for v in column:
                vertex = vertices[v]
                near = vertex.before if forward else vertex.after
                near = [*vertex.before, *vertex.after] if both or not near else near
                spots = [
                    (vertices[u].y + there - here, w) for u, here, there, w in near
                ]
                if vertex.line and sweep >= SWEEPS:  # straight, if there is room
                    spots += [(vertices[u].y, 8.0) for u in vertex.line]
                weight = sum(w for _, w in spots)
                wish = sum(y * w for y, w in spots) / weight if spots else vertex.y
                wishes.append(wish)
                weights.append(weight or 0.1)
            _settle(vertices, column, wishes, weights, gaps)
    top = min((v.y for v in vertices), default=0.0)
    for vertex in vertices:
        vertex.y -= top
    if gaps.whole:
        for column in columns:
            _round(vertices, column, gaps)


def _between(a: _Vertex, b: _Vertex, gaps: Gaps) -> float:
    """The least distance from the top of one to the top of the next."""
    gap = gaps.passing if a.dummy or b.dummy else gaps.nodes
    return a.height + gap


def _settle(
    vertices: list[_Vertex],
    column: list[int],
    wishes: Sequence[float],
    weights: Sequence[float],
    gaps: Gaps,
) -> None:
    """As near to the wishes as the order and the distances allow, least squares."""
    shifts = [0.0][: len(column)]
    for a, b in itertools.pairwise(column):
        shifts.append(shifts[-1] + _between(vertices[a], vertices[b], gaps))
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for wish, shift, weight in zip(wishes, shifts, weights, strict=True):
        pools.append((wish - shift, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (y1, w1, n1), (y2, w2, n2) = pools.pop(), pools.pop()
            pools.append(((y1 * w1 + y2 * w2) / (w1 + w2), w1 + w2, n1 + n2))
    means = [mean for mean, _, n in pools for _ in range(n)]
    for v, mean, shift in zip(column, means, shifts, strict=True):
        vertices[v].y = mean + shift


def _round(vertices: list[_Vertex], column: list[int], gaps: Gaps) -> None:
    low = 0.0
    for k, v in enumerate(column):
        vertices[v].y = max(float(round(vertices[v].y)), low)
        if k + 1 < len(column):
            low = vertices[v].y + _between(vertices[v], vertices[column[k + 1]], gaps)


def _finished(
    vertices: list[_Vertex],
    columns: list[list[int]],
    links: Sequence[Link],
    chains: list[list[int]],
    count: int,
    gaps: Gaps,
) -> Placement:
    lefts: list[float] = []
    rights: list[float] = []
    x = 0.0
    for column in columns:
        leaving = sum(len(vertices[v].after) for v in column)
        lefts.append(x)
        rights.append(x + max((vertices[v].width for v in column), default=0.0))
        x = rights[-1] + gaps.columns + min(gaps.each * leaving, gaps.most)
    places = [(lefts[v.rank], v.y) for v in vertices[:count]]
    routes = []
    for link, chain in zip(links, chains, strict=True):
        (x0, y0), w0 = places[link.source], vertices[link.source].width
        points = [(x0 + w0, y0 + link.out)]
        points.append((rights[vertices[link.source].rank], y0 + link.out))
        for v in chain[1:-1]:
            y = vertices[v].y
            points += [(lefts[vertices[v].rank], y), (rights[vertices[v].rank], y)]
        x1, y1 = places[link.target]
        points.append((x1, y1 + link.into))
        routes.append(points)
    width = max(
        (x + v.width for (x, _), v in zip(places, vertices, strict=False)), default=0.0
    )
    bottoms = [v.y + v.height for v in vertices]
    return Placement(places, routes, width, max(bottoms, default=0.0))
