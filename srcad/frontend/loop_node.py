"""A settled loop written as a node, and what its names are afterwards.

A list that only grows by one entry at the end of each iteration is collected by the
node; all else that is carried is a result of it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from srcad.frontend.carried import Loop, Slot, link, varying
from srcad.frontend.frame import Frame
from srcad.frontend.merge import same_static
from srcad.frontend.refs import (
    UNBOUND,
    Cell,
    Closure,
    Conflict,
    Content,
    Derivative,
    Items,
    Number,
    Parts,
    Ref,
    Static,
    Unbound,
    parts_of,
    root_of,
    with_parts,
)
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Literal, Node, Value
from srcad.ir.structure import for_, while_
from srcad.ir.types import INT, List
from srcad.ir.walk import copied
from srcad.ops.containers import list_append, list_concat


def write_loop(
    loop: Loop, body: Builder, tested: Block | None, ends: dict[str, Ref]
) -> None:
    """Write the node of a loop whose last iteration is in `body`, and leave its names.

    tested : the block of a `while`'s test. ends : the names at the iteration's end.
    """
    frame, slots = loop.frame, loop.slots
    end_world_stale = dict(loop.plan.stale)
    collected, slots = _collected(body, slots)
    starts = tuple(s.start for s in slots)
    block_ = body.block(
        (*loop.items, *starts), [*(s.end for s in slots), *collected.values()]
    )
    outputs = [Value(s.start.name, s.start.type) for s in slots]
    lists = [Value("", List(v.type)) for v in collected.values()]
    walked = loop.walk.values if loop.walk is not None else ()
    params = {"walked": len(walked), "stop": bool(loop.stop), "reverse": False}
    blocks: tuple[Block, ...] = (block_,)
    if tested is not None:
        blocks = (copied(Block(starts, tested.nodes, tested.results)), block_)
    current().add(
        Node(
            for_ if tested is None else while_,
            (*walked, *(s.initial for s in slots)),
            (*outputs, *lists, Value("", INT)),
            params,
            blocks,
            frame.span(loop.node),
        )
    )
    after = {s.key: v for s, v in zip(slots, outputs, strict=True)}
    for slot, found in zip(collected, lists, strict=True):
        after[slot.key] = _extended(slot, found)
    _leave_names(loop, after, ends, end_world_stale)


def _collected(
    body: Builder, slots: list[Slot]
) -> tuple[dict[Slot, Value], list[Slot]]:
    """Lists that only grow by one entry at the end of each iteration."""
    found: dict[Slot, Value] = {}
    rest = []
    ends = Counter(slot.end for slot in slots)
    for slot in slots:
        own = isinstance(slot.start.type, List) and ends[slot.end] == 1
        entry = _appended(slot, body) if own else None
        if entry is None:
            rest.append(slot)
        else:
            found[slot] = entry
    return found, rest


def _extended(slot: Slot, found: Value) -> Value:
    """A collected list behind what it held before the loop."""
    initial = slot.initial
    if isinstance(initial.type, List) and initial.type.length == 0:
        return found
    return list_concat(initial, found)


def _appended(slot: Slot, body: Builder) -> Value | None:
    """The entry, where a list's only use is that it grows by it once.

    Nobody reads the list of this iteration, before it grew or afterwards.
    """
    node = body.definitions.get(slot.end)
    if node is None or node.op is not list_append or node.inputs[0] is not slot.start:
        return None
    if node not in body.nodes:
        return None
    others = [n for n in body.nodes if n is not node]
    from_block = Block((), tuple(others), ())
    if not {slot.start, slot.end}.isdisjoint(_reads(from_block)):
        return None
    body.nodes.remove(node)
    return node.inputs[1]


def _reads(block_: Block) -> set[Value]:
    """The values that nodes of a block read, at any depth."""
    found: set[Value] = set()
    for node in block_.nodes:
        found.update(node.inputs)
        for inner in node.blocks:
            found.update(inner.results)
            found |= _reads(inner)
    return found


def _leave_names(
    loop: Loop, after: dict[Any, Value], ends: dict[str, Ref], stale: dict[Any, Any]
) -> None:
    """Let names and objects stand for what they are after the loop."""
    frame = loop.frame
    own = {s.key: s.cell for s in loop.slots} | {h.key: h.cell for h in loop.holders}
    for cell in loop.plan.cells:
        content = frame.world.contents[cell]
        if cell in after:
            frame.world.contents[cell] = after[cell]
        elif isinstance(content, Parts):
            frame.world.contents[cell] = _after_parts(
                loop, cell, content, loop.end_contents[cell], after, own
            )
    for name in loop.plan.names:
        before = frame.names.get(name, UNBOUND)
        end = ends.get(name, UNBOUND)
        ref = frame.names[name] = _after(loop, name, before, end, after, own)
        if isinstance(ref, Cell) and name in stale:
            frame.world.stale[ref] = stale[name]
        for (kind, key), span in loop.plan.marks.items():
            if isinstance(ref, Cell) and key == name:
                frame.world.marks[kind, ref] = span
    for key, span in stale.items():
        if isinstance(key, Cell):
            frame.world.stale[key] = span
    for (kind, key), span in loop.plan.marks.items():
        if isinstance(key, Cell):
            frame.world.marks[kind, key] = span


def _in_doubt(loop: Loop, before: Ref, end: Ref) -> bool:
    """Whether a name may have no value after the loop."""
    if isinstance(end, Unbound) or end in loop.end_doubts:
        return True
    if isinstance(before, Unbound) or before in loop.before.doubts:
        return not loop.sure
    return False


def _outlives(loop: Loop, end: Ref) -> bool:
    """Whether a known object reads nothing that only an iteration has.

    A function made in the loop does, if the frame it was made in was entered there, or
    if it has defaults computed there.
    """
    if not isinstance(end, Closure):
        return isinstance(end, Static)
    if isinstance(end, Derivative) and end.target is not None:
        return _outlives(loop, end.target)
    frame: Frame | None = loop.frame
    while frame is not None and frame is not end.frame:
        frame = frame.lexical
    values = (r for r in end.defaults.values() if not isinstance(r, Static))
    return frame is not None and all(
        isinstance(r, Number) and isinstance(r.value, Literal) for r in values
    )


def _after(
    loop: Loop,
    key: Any,
    before: Ref,
    end: Ref,
    after: dict[Any, Value],
    own: dict[Any, Cell | None],
) -> Ref:
    """What a name is after the loop: as before, or as at an iteration's end."""
    unsure = isinstance(end, Conflict)
    if isinstance(end, Conflict):
        at_break = loop.frame.at_break.get(loop.frame.region + 1, ())
        if end.fallen is None or not loop.forever or key not in at_break:
            return Conflict(end.reason, end.span)
        before, end = UNBOUND, end.fallen
        loop.end_doubts.pop(end, None)
    if key in after:
        ref = loop.frame.object_of(after[key])
        if _in_doubt(loop, before, end) and not unsure:
            loop.frame.world.doubts[ref] = None
        if isinstance(ref, Cell):
            for root in (root_of(before), root_of(end), own.get(key)):
                link(ref, root)
        return ref
    if isinstance(before, Items) and isinstance(end, Items):
        if len(before.items) == len(end.items):
            parts = tuple(
                _after(loop, (key, k), b, e, after, own)
                for k, (b, e) in enumerate(zip(before.items, end.items, strict=True))
            )
            return Items(parts, before.cls)
    if key in loop.holding and key not in loop.plan.conflicts:
        return _after_holder(loop, key, before, end, after, own)
    if before is end or isinstance(end, Unbound) or same_static(before, end):
        return before
    if isinstance(before, Unbound) and _outlives(loop, end):
        return end
    return varying(loop, str(key[1] if isinstance(key, tuple) else key))


def _after_holder(
    loop: Loop,
    key: Any,
    before: Ref,
    end: Ref,
    after: dict[Any, Value],
    own: dict[Any, Cell | None],
) -> Ref:
    """A name on a list, dict or object of known form, after the loop."""
    world = loop.frame.world
    if not isinstance(before, Cell) or not isinstance(end, Cell):
        return varying(loop, str(key))
    content = world.contents[before]
    assert isinstance(content, Parts)
    parts = _after_parts(loop, key, content, loop.end_contents[end], after, own)
    ref = loop.frame.new(parts)
    if _in_doubt(loop, before, end):
        world.doubts[ref] = None
    for root in (before, end, own.get(key)):
        link(ref, root)
    return ref


def _after_parts(
    loop: Loop,
    key: Any,
    before: Parts,
    end: Content,
    after: dict[Any, Value],
    own: dict[Any, Cell | None],
) -> Parts:
    """The parts of a list, dict or object of known form, after the loop."""
    assert isinstance(end, Parts)
    found, ends = dict(parts_of(before)), parts_of(end)
    for owner, k in loop.plan.parts:
        if owner is key or owner == key:
            a, b = found.get(k, UNBOUND), ends.get(k, UNBOUND)
            found[k] = _after(loop, (key, k), a, b, after, own)
    after_all = with_parts(before, found)
    assert isinstance(after_all, Parts)
    return after_all
