"""The derivatives of a solution by y0 and by what its equation captured, in reverse.

Takes an initial value problem and the cotangent of y at its times; writes the larger
equation that gives the matrices of sensitivities, and their products with it. By a few
numbers each sensitivity is a tangent; else one jacobian by y and all that is captured
serves all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from srcad.ad.given import Asked, parts_of
from srcad.ad.leaves import at, packed, zero_leaf
from srcad.ad.problems import Problem, as_vector, known, stacked
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import INT, Array, List, Scalar, unwrapped
from srcad.ops.axes import transpose
from srcad.ops.bodies import entry, part
from srcad.ops.creation import array_of, rows
from srcad.ops.filled import zeros
from srcad.ops.grids import eye
from srcad.ops.joins import concatenate
from srcad.ops.lists import list_len, range_
from srcad.ops.ranks import reshape_like
from srcad.ops.shapes import ravel, reshape, size_of
from srcad.ops.sizes import own_length

FEW = 4  # so many numbers have a tangent each


def pulled(
    problem: Problem, wrt: tuple[int, ...], by_start: bool, g: Value
) -> tuple[Value | None, list[Value]]:
    """The cotangents of y0 (if it is wanted) and of what is captured."""
    asked = problem.asked
    n = problem.n
    whole = [asked.captured[k - asked.count] for k in wrt]
    chosen = [leaf for v in whole for leaf in parts_of(v).values()]
    sizes = [_size(v) for v in chosen]
    count = _total(sizes)
    pieces = [problem.start]
    if by_start:
        pieces.append(ravel(eye(n)))
    if wrt:
        pieces.append(zeros(_times(count, n), scalar=True))
    start = concatenate(*pieces)
    few = not by_start and len(wrt) <= FEW and all(map(_is_number, chosen))
    few = few and len(chosen) == len(wrt)
    counted = [] if few or isinstance(n, Literal) else [n]

    def write(inside: Asked, t: Value, z: Value, extra: list[Value]) -> Value:
        if few:
            return _by_tangents(problem, inside, wrt, t, z)
        return _sensitivities(problem, inside, wrt, by_start, t, z, (*extra, n)[0])

    name = ("sensitivities", wrt, by_start)
    key = problem.equation(name, "with_sensitivities", start.type, counted, write)
    solved = problem.larger(key, start, [*asked.captured, *counted])
    columns, g0 = ravel(g), None
    begin = n
    if by_start:
        square = _plus(n, _times(n, n))
        g0 = _product(part(solved, n, square), n, columns)
        begin = square
    parts: list[Value] = []
    if wrt:
        flat = _product(part(solved, begin, None), count, columns)
        found = iter(_split(flat, chosen, sizes))
        parts = [_packed(v, found) for v in whole]
    return g0, parts


def _packed(v: Value, found: Iterator[Value]) -> Value:
    """The cotangent of a value from those of its parts."""
    parts = parts_of(v)
    return packed(v.type, lambda p: next(found) if p in parts else zero_leaf(v, p))


def _product(rows: Value, count: Value, columns: Value) -> Value:
    """Each parameter's sensitivities, at all times, times the cotangents."""
    return reshape(rows, count, literal(-1)) @ columns


def _split(flat: Value, chosen: Sequence[Value], sizes: Sequence[Value]) -> list[Value]:
    """A vector of cotangents taken apart, each in the form of what it belongs to."""
    if len(chosen) == 1 and not isinstance(unwrapped(chosen[0].type), Scalar):
        return [_in_form(flat, chosen[0])]
    found: list[Value] = []
    begin: Value = literal(0)
    for v, size in zip(chosen, sizes, strict=True):
        end = _plus(begin, size)
        if isinstance(unwrapped(v.type), Scalar):
            found.append(entry(flat, begin))
        else:
            start = None if isinstance(begin, Literal) and begin.value == 0 else begin
            found.append(_in_form(part(flat, start, end), v))
        begin = end
    return found


def _in_form(flat: Value, v: Value) -> Value:
    """A vector in the form of an array or a list."""
    listed = isinstance(unwrapped(v.type), List)
    return rows(flat, v) if listed else reshape_like(flat, v)


def _by_tangents(
    problem: Problem, inside: Asked, wrt: tuple[int, ...], t: Value, z: Value
) -> Value:
    """The rate of y, and of its derivative by each of a few numbers, in one vector."""
    vector, names = problem.vector, [inside.captured[k - inside.count] for k in wrt]
    grid = reshape(z, literal(len(wrt) + 1), literal(-1))
    y = known(entry(grid, 0), vector, "y")
    own = problem.own(t, y)
    pieces = [inside.value(own, vector)]
    for j, (k, v) in enumerate(zip(wrt, names, strict=True), 1):
        dot = known(entry(grid, j), vector, f"y_{v.name or j}")
        dots = {problem.y_position: dot, k: literal(1.0)}
        pieces.append(inside.push(own, dots, vector))
    return concatenate(*pieces)


def _sensitivities(
    problem: Problem,
    inside: Asked,
    wrt: tuple[int, ...],
    by_start: bool,
    t: Value,
    z: Value,
    n: Value,
) -> Value:
    """The rate of y, of A transposed and of B transposed, in one vector."""
    vector = problem.vector
    (dim,) = vector.dims
    y = known(part(z, None, n), vector, "y")
    own = problem.own(t, y)
    basis = eye(n)
    i = Value("i", INT)
    with current().inner() as inner:
        seed = known(entry(basis, i), vector)
        bars = inside.pull(own, (problem.y_position, *wrt), seed)
        leaves = [bars[0]]
        for k, bar in zip(wrt, bars[1:], strict=True):
            paths = parts_of(inside.captured[k - inside.count])
            leaves += [at(bar, path) for path in paths]
        row = concatenate(*map(_flat, leaves)) if wrt else bars[0]
    block = inner.block((i,), (row,))
    found, _ = current().for_([range_(literal(0), n, literal(1))], [], block)
    (width,) = _dims(row)
    jacobian = stacked(found, Array("float64", (dim, width)), axis=0, name="jacobian")
    by_state = transpose(part(jacobian, None, n, axis=1) if wrt else jacobian)
    pieces = [inside.value(own, vector)]
    begin = n
    if by_start:
        begin = _plus(n, _times(n, n))
        square = reshape(part(z, n, begin), n, n)
        pieces.append(ravel(square @ by_state))
    if wrt:
        rest = reshape(part(z, begin, None), literal(-1), n)
        pieces.append(
            ravel(rest @ by_state + transpose(part(jacobian, n, None, axis=1)))
        )
    return concatenate(*pieces)


def _dims(v: Value) -> tuple[Any, ...]:
    return v.type.dims if isinstance(v.type, Array) else (own_length(),)


def _flat(v: Value) -> Value:
    """A number or an array as a vector."""
    if isinstance(unwrapped(v.type), Scalar):
        return as_vector(v)
    if isinstance(unwrapped(v.type), List):
        return array_of(v)
    return v if len(_dims(v)) == 1 else ravel(v)


def _size(v: Value) -> Value:
    """How many numbers a value holds."""
    t = unwrapped(v.type)
    if isinstance(t, Scalar):
        return literal(1)
    if isinstance(t, List):
        return list_len(v)
    assert isinstance(t, Array)
    known = [d for d in t.dims if isinstance(d, int)]
    if len(known) == len(t.dims):
        total = 1
        for d in known:
            total *= d
        return literal(total)
    return size_of(v)


def _total(sizes: Sequence[Value]) -> Value:
    total: Value = literal(0)
    for size in sizes:
        total = _plus(total, size)
    return total


def _plus(a: Value, b: Value) -> Value:
    if isinstance(a, Literal) and isinstance(b, Literal):
        return literal(a.value + b.value)
    return b if isinstance(a, Literal) and a.value == 0 else a + b


def _times(a: Value, b: Value) -> Value:
    if isinstance(a, Literal) and isinstance(b, Literal):
        return literal(a.value * b.value)
    return a * b


def _is_number(v: Value) -> bool:
    return isinstance(unwrapped(v.type), Scalar)
