"""A branch on a condition: two arms lowered from the same point, then merged.

Each arm says how it ends; what always raises has no part in what comes after.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from srcad.errors import SrcadError
from srcad.frontend.frame import Frame
from srcad.frontend.merge import Merger, Side
from srcad.frontend.refs import Cell, Ref, World
from srcad.ir.builder import Builder, current
from srcad.ir.graph import UNDEFINED, Block, Literal, Node, Value, literal
from srcad.ir.joining import join
from srcad.ir.structure import if_
from srcad.ir.types import Scalar, Static
from srcad.ops.effects import raise_


class Status(Enum):
    """How a block ends."""

    FALL = "falls through"
    MAYBE = "may have jumped"
    JUMP = "always jumps"
    DEAD = "always raises"


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
            except SrcadError as error:
                if error.raises is None:
                    raise
                status = _raised(error, error.raises)
            finally:
                # Branches and loops in the arm have left the frame in other worlds.
                arm.world = frame.world
                arm.names, frame.names = frame.names, before
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


def _raised(error: SrcadError, exception: Exception) -> Status:
    """Raise, when the program comes to it, what Python raises there."""
    with current().at(error.span or current().span):
        texts = [Literal("", Static(arg), arg) for arg in exception.args]
        raise_(*texts, exception=type(exception), layout=("value",) * len(texts))
    return Status.DEAD


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
