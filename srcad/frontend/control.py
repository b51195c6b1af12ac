"""Blocks of statements, branches, and the ways out of them.

A block reports how it ends: it falls through, always jumps (return, break, continue),
may have jumped (then the flag `$skip` of the region says so and what follows stands
under it), or is dead (it raised). Flags are names like any other, so branches and loops
merge them with the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.classes import call_special, fields
from srcad.frontend.frame import Frame, expression, statement
from srcad.frontend.merge import Merger, Side
from srcad.frontend.refs import UNBOUND, Cell, Conflict, Number, Ref, Static, World
from srcad.frontend.subscripts import structure
from srcad.ir.builder import Builder, current
from srcad.ir.graph import UNDEFINED, Block, Literal, Node, Value, literal
from srcad.ir.joining import join
from srcad.ir.structure import if_
from srcad.ir.types import BOOL, Bottom, Scalar
from srcad.ir.types import Static as StaticType
from srcad.ops.arithmetic import is_none, not_, truth


class Status(Enum):
    """How a block ends."""

    FALL = "falls through"
    MAYBE = "may have jumped"
    JUMP = "always jumps"
    DEAD = "always raises"


# Gives the statements that a `match` stands for; entered by matching.py.
MATCH: list[Callable[[Frame, gast.Match], list[Any]]] = []


# Statements with ways of their own, given the statements that follow: each says how it
# ends, and whether it lowered what follows.
BRANCHING: dict[type, Callable[[Frame, Any, list[Any]], tuple[Status, bool]]] = {}


def block(frame: Frame, nodes: list[Any]) -> Status:
    """Lower statements that may jump; what follows a possible jump is conditional."""
    for k, node in enumerate(nodes):
        rest = nodes[k + 1 :]
        if isinstance(node, gast.Match):
            with current().at(frame.span(node.subject)), frame.place(node):
                spelled = MATCH[0](frame, node)
            return block(frame, [*spelled, *rest])
        if isinstance(node, gast.If):
            with current().at(frame.span(node.test)), frame.place(node.test):
                status, done = _if_statement(frame, node, rest)
            if done:
                return status
        elif type(node) in BRANCHING:
            with current().at(frame.span(node)), frame.place(node):
                status, done = BRANCHING[type(node)](frame, node, rest)
            if done:
                return status
        else:
            found = frame.statement(node)
            status = found if isinstance(found, Status) else Status.FALL
        if status in (Status.JUMP, Status.DEAD):
            return status
        if status is Status.MAYBE and rest:
            return rest_of(frame, rest)
        if status is Status.MAYBE:
            return status
    return Status.FALL


def rest_of(frame: Frame, rest: list[Any]) -> Status:
    """The statements after a possible jump."""
    skipped = frame.flag(f"$skip{frame.region}")
    fork = Fork(frame, not_(skipped))

    def fallen() -> Status:
        fall(frame)
        return block(frame, rest)

    fork.left(fallen)
    fork.right(lambda: Status.FALL)
    after = fork.statuses[0]
    fork.merge()
    return Status.JUMP if after is Status.JUMP else Status.MAYBE


def fall(frame: Frame) -> None:
    """Where no jump was taken, let what is known only there be known."""
    for name, ref in frame.names.items():
        if isinstance(ref, Conflict) and ref.home is frame.home:
            frame.names[name] = ref.fallen or UNBOUND
    for ref, home in list(frame.world.doubts.items()):
        if home is frame.home:
            del frame.world.doubts[ref]
    for cell, reason in list(frame.world.stale.items()):
        if isinstance(reason, Conflict) and reason.home is frame.home:
            del frame.world.stale[cell]


@dataclass(repr=False)
class Arm:
    """One arm of a branch while it is being lowered."""

    builder: Builder
    world: World
    names: dict[str, Ref]
    status: Status = Status.FALL


@dataclass(repr=False)
class Fork:
    """A branch on a condition: two arms lowered from the same point, then merged."""

    frame: Frame
    condition: Value
    arms: list[Arm] = field(default_factory=list)

    @property
    def statuses(self) -> list[Status]:
        """How the arms end."""
        return [arm.status for arm in self.arms]

    def left(self, lower: Callable[[], Any]) -> None:
        """Lower the arm for true."""
        self._arm(lower)

    def right(self, lower: Callable[[], Any]) -> None:
        """Lower the arm for false."""
        self._arm(lower)

    def _arm(self, lower: Callable[[], Any]) -> None:
        frame = self.frame
        arm = Arm(Builder(current()), frame.world.copy(), dict(frame.names))
        self.arms.append(arm)
        self.go_on(arm, lower)

    def go_on(self, arm: Arm, lower: Callable[[], Any]) -> None:
        """Lower more in an arm."""
        frame = self.frame
        before, frame.names = frame.names, arm.names
        with arm.builder.active(), frame.within(arm.world):
            try:
                status = lower()
            finally:
                # Branches and loops in the arm have left the frame in other worlds.
                arm.world = frame.world  # branches and loops leave another one
                arm.names, frame.names = frame.names, before
                arm.world = frame.world
        if isinstance(status, Status):
            arm.status = status

    def merge(self) -> None:
        """Write the `if_` and leave the frame in the merged world."""
        frame = self.frame
        pairs: list[tuple[Value, Value, Value]] = []
        left, right = (self._side(arm) for arm in self.arms)

        def pick(x: Value, y: Value, name: str) -> Value:
            x = literal(UNDEFINED) if left.dead else x
            y = literal(UNDEFINED) if right.dead else y
            return self.known(x, y) or merged_value(pairs, x, y, name)

        world = World()
        with frame.within(world):
            span = current().span
            Merger(frame, left, right, pick, span, self.lost(), self.condition).merge()
        # The merged refs may take containers apart: those nodes follow the `if_`.
        arms = [arm.builder for arm in self.arms]
        blocks = tuple(
            builder.block((), [pair[k] for pair in pairs])
            for k, builder in enumerate(arms)
        )
        outputs = tuple(pair[2] for pair in pairs)
        builder = current()
        if outputs or any(b.nodes for b in blocks):
            _insert(builder, self.node(blocks, outputs), self._mark)
        frame.session.world = world

    def node(self, blocks: tuple[Block, ...], outputs: tuple[Value, ...]) -> Node:
        """The node of the branch."""
        return Node(if_, (self.condition,), outputs, {}, blocks, current().span)

    def known(self, x: Value, y: Value) -> Value | None:
        """What is known to merge two values, if anything is."""
        return None

    def lost(self) -> Collection[str | Cell]:
        """Names and cells that only the left arm knows."""
        return ()

    def __post_init__(self) -> None:
        self._mark = len(current().nodes)

    def _side(self, arm: Arm) -> Side:
        def read(ref: Ref) -> Value:
            with arm.builder.active(), self.frame.within(arm.world):
                return self.frame.read(ref)

        dead = arm.status is Status.DEAD
        home = self.frame.home if arm.status is Status.JUMP else None
        return Side(arm.names, arm.world, read, dead, home)


def _insert(builder: Builder, node: Node, at: int) -> None:
    """Put the branch before the nodes that took its outputs apart."""
    builder.add(node)
    builder.nodes.insert(at, builder.nodes.pop())


def merged_value(
    pairs: list[tuple[Value, Value, Value]], x: Value, y: Value, name: str
) -> Value:
    """One value for two, remembered in `pairs`; literals that agree stay literals."""
    if _same(x, y):
        return x
    for a, b, merged in pairs:
        if _same(a, x) and _same(b, y):
            return merged
    shown = "" if name.startswith("$") else name
    t = join(x.type, y.type)
    if isinstance(t, Scalar) and t.size is not None:
        t = Scalar(t.kind, t.dtype)
    merged = Value(shown or x.name or y.name, t)
    pairs.append((x, y, merged))
    return merged


def _same(x: Value, y: Value) -> bool:
    if not (isinstance(x, Literal) and isinstance(y, Literal)):
        return x is y
    return type(x.value) is type(y.value) and repr(x.value) == repr(y.value)


def _if_statement(frame: Frame, node: gast.If, rest: list[Any]) -> tuple[Status, bool]:
    """Lower an `if`; says how it ends and whether `rest` was lowered with it."""
    condition = test(frame, node.test)
    if isinstance(condition, bool):
        return block(frame, node.body if condition else node.orelse), False
    fork = Fork(frame, condition)
    fork.left(lambda: block(frame, node.body))
    fork.right(lambda: block(frame, node.orelse))
    done = False
    jumps = [arm.status is Status.JUMP for arm in fork.arms]
    falls = [arm for arm in fork.arms if arm.status is Status.FALL]
    if rest and any(jumps) and len(falls) == 1:
        done = True
        fork.go_on(falls[0], lambda: block(frame, rest))
    statuses = fork.statuses
    fork.merge()
    return combined(statuses), done


def combined(statuses: list[Status]) -> Status:
    """How a branch ends whose arms end like this."""
    alive = [s for s in statuses if s is not Status.DEAD]
    if not alive:
        return Status.DEAD
    if all(s is alive[0] for s in alive):
        return alive[0]
    return Status.MAYBE


# ---- conditions ----------------------------------------------------------------------


def test(frame: Frame, node: Any) -> Value | bool:
    """A condition: a boolean value, or a bool where it is known while lowering."""
    return truth_of(frame, frame.lower(node))


def truth_of(frame: Frame, ref: Ref) -> Value | bool:
    """The truth value of an object."""
    if isinstance(ref, Static):
        return bool(ref.value)
    if fields(frame, ref) is not None:
        for name in ("__bool__", "__len__"):
            found = call_special(frame, ref, name)
            if found is not None:
                return truth_of(frame, found)
        return True
    known = structure(frame, ref)
    if known is not None:
        cls = getattr(known, "cls", tuple)
        if cls.__len__ is not tuple.__len__ or hasattr(cls, "__bool__"):
            raise UnsupportedSyntax(f"{cls.__name__} has a truth value of its own")
        return bool(known.items)
    value = frame.read(ref)
    if isinstance(value, Literal) and value.value is not UNDEFINED:
        return bool(value.value)
    if value.type == BOOL:
        return value
    return truth(value)


def as_number(condition: Value | bool) -> Ref:
    """A condition as an object."""
    return Number(literal(condition) if isinstance(condition, bool) else condition)


def choose(
    frame: Frame,
    condition: Value | bool,
    left: Callable[[], Ref],
    right: Callable[[], Ref],
) -> Ref:
    """One of two objects, only the chosen one being computed."""
    if isinstance(condition, bool):
        return left() if condition else right()
    slot = f"$chosen{len(frame.names)}"

    def into(lower: Callable[[], Ref]) -> Callable[[], None]:
        def run() -> None:
            frame.names[slot] = lower()

        return run

    fork = Fork(frame, condition)
    fork.left(into(left))
    fork.right(into(right))
    fork.merge()
    return frame.names.pop(slot)


@expression(gast.IfExp)
def _conditional(frame: Frame, node: gast.IfExp) -> Ref:
    return choose(
        frame,
        test(frame, node.test),
        lambda: frame.lower(node.body),
        lambda: frame.lower(node.orelse),
    )


@expression(gast.BoolOp)
def _and_or(frame: Frame, node: gast.BoolOp) -> Ref:
    return _short_circuit(frame, isinstance(node.op, gast.And), node.values)


def _short_circuit(frame: Frame, is_and: bool, nodes: list[Any]) -> Ref:
    first = frame.lower(nodes[0])
    if len(nodes) == 1:
        return first
    condition = truth_of(frame, first)

    def rest() -> Ref:
        return _short_circuit(frame, is_and, nodes[1:])

    if is_and:
        return choose(frame, condition, rest, lambda: first)
    return choose(frame, condition, lambda: first, rest)


@expression(gast.NamedExpr)
def _walrus(frame: Frame, node: gast.NamedExpr) -> Ref:
    ref = frame.lower(node.value)
    frame.bind(node.target.id, ref)
    return frame.names.get(node.target.id, ref)


# ---- jumps ---------------------------------------------------------------------------


def jump(frame: Frame) -> Status:
    """Skip the rest of the region."""
    frame.set_flag(f"$skip{frame.region}")
    return Status.JUMP


@statement(gast.Break)
def _break(frame: Frame, node: gast.Break) -> Status:
    frame.set_flag(f"$stop{frame.region}")
    doubts = frame.world.doubts
    bound = {n for n, r in frame.names.items() if r is not UNBOUND and r not in doubts}
    bound -= {n for n, r in frame.names.items() if isinstance(r, Conflict)}
    frame.at_break[frame.region] = frame.at_break.get(frame.region, bound) & bound
    return jump(frame)


@statement(gast.Continue)
def _continue(frame: Frame, node: gast.Continue) -> Status:
    return jump(frame)


@statement(gast.Return)
def _return(frame: Frame, node: gast.Return) -> Status:
    frame.names["$value"] = (
        Static(None) if node.value is None else frame.lower(node.value)
    )
    frame.set_flag("$returned")
    for region in frame.loops:
        frame.set_flag(f"$stop{region}")
    return jump(frame)


@statement(gast.Pass, gast.Global, gast.Nonlocal)
def _pass(frame: Frame, node: Any) -> None:
    return None


def is_static_none(ref: Ref) -> bool:
    """Whether an object is None for certain."""
    return isinstance(ref, Static) and ref.value is None


def none_test(frame: Frame, ref: Ref) -> Value | bool:
    """`ref is None`, decided by the type where that tells."""
    if is_static_none(ref):
        return True
    if not isinstance(ref, (Number, Static)) and not hasattr(ref, "linked"):
        return False
    value = frame.read(ref)
    t = value.type
    if isinstance(t, StaticType):
        return t.value is None
    if type(t).__name__ in ("Maybe", "Unknown") and not isinstance(t, Bottom):
        return is_none(value)
    return False
