"""Calls of functions with rules of the user's.

Takes such a call; writes a `call` node whose `Rule` names graphs: of the function's
value, and of what the rules say of its tangent and cotangents, lowered here from the
rules' own source for the types of this call. Which of them is needed is not known yet,
so an error in a rule waits for whoever asks for that rule.

A rule may call its own function, which is differentiated by the rule again: graphs are
known by key (rules, structure, types) while they are still being lowered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from srcad.errors import SrcadError, UnsupportedSyntax
from srcad.frontend.context import Context
from srcad.frontend.flatten import hashable, rebuilt
from srcad.frontend.frame import Frame, caller
from srcad.frontend.refs import Ref, World
from srcad.frontend.rule_arguments import (
    Given,
    entered,
    has_refs,
    names_of,
    positional,
    written_words,
)
from srcad.frontend.rule_bodies import Wanted, in_terms, parts_of
from srcad.frontend.rule_calls import constant, linked
from srcad.frontend.rules import Ruled, Rules
from srcad.frontend.session import InPlaceOnly
from srcad.frontend.transforms import block_of_call
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Graph, Node, Value, free_values
from srcad.ir.joining import join
from srcad.ir.structure import Rule, call, has_effect
from srcad.ir.types import BOTTOM, Type, is_inexact
from srcad.ir.walk import copied

NESTED = 5  # so deep is a rule lowered inside itself where no key ends the recursion
ROUNDS = 8


@caller(Ruled)
def _call(
    frame: Frame, callee: Ruled, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    rules = callee.rules
    refs = positional(frame, rules, args, kwargs)
    if rules.zero:
        return constant(frame, rules, refs)
    try:
        return _Site(frame, rules, refs, node).called()
    except InPlaceOnly:
        pass
    except SrcadError as error:
        if not error.needs_known:
            raise
    return _Site(frame, rules, refs, node, alone=False).called()


@dataclass(frozen=True)
class RuleKey:
    """Names a graph of a rule: of which call, and which part of the rule."""

    name: str
    part: str
    call: Any = None

    def __str__(self) -> str:
        return f"{self.name} ({self.part})"


@dataclass(eq=False)
class Lowered:
    """What is known of a call with certain types.

    value, keys : the keys of its graphs. depth : how many functions were being lowered
        when this was begun.
    out : the type of the result. shares : whether it may share memory with an argument.
    hidden : what its graphs read from above: bindings, or values, by key.
    dependents : functions lowered meanwhile that call it. reused : whether it was
        called while it was being lowered.
    """

    rule: Rule
    value: RuleKey
    keys: dict[str, RuleKey]
    depth: int
    out: Type = BOTTOM
    effect: bool = False
    shares: bool = False
    hidden: dict[Any, Any] = field(default_factory=dict)
    dependents: dict[Any, Any] = field(default_factory=dict)
    lowering: bool = True
    reused: bool = False

    def state(self) -> Any:
        """What calls rely on."""
        return set(self.hidden), self.out, self.effect, self.shares


@dataclass
class _Part:
    """One graph as lowered: over the leaves, what it reads from above, and more.

    read : the values (or for a graph on its own, bindings) that it reads from above,
        by key, with the value that stands for each inside.
    """

    leaves: tuple[Value, ...]
    more: tuple[Value, ...]
    nodes: tuple[Node, ...]
    results: tuple[Value, ...]
    read: dict[Any, tuple[Any, Value]]


class _Site:
    """One call of a function with rules.

    alone : whether its graphs are lowered on their own, known by key; else in place,
        where they may read whatever is in scope.
    """

    def __init__(
        self,
        frame: Frame,
        rules: Rules,
        refs: Sequence[Ref],
        node: Any,
        alone: bool = True,
    ) -> None:
        self.frame, self.rules, self.node, self.alone = frame, rules, node, alone
        self.flat = Given(frame, known=True)
        self.specs: list[Any] = []
        owner: list[int] = []
        names = names_of(rules, len(refs))
        for k, ref in enumerate(refs):
            self.specs.append(self.flat.spec(ref, names[k]))
            owner += [k] * (len(self.flat.leaves) - len(owner))
        self.values = [frame.read(r) for r in self.flat.leaves]
        moving = [
            k
            for k, v in enumerate(self.values)
            if is_inexact(v.type) and owner[k] not in rules.fixed
        ]
        rest = [k for k in range(len(self.values)) if k not in moving]
        self.moving, self.order = moving, [*moving, *rest]
        if alone and has_refs(self.specs):
            raise InPlaceOnly

    # ---- the call ----------------------------------------------------------------

    def called(self) -> Ref:
        """Write the call; gives the object returned."""
        session, frame = self.frame.session, self.frame
        found = self.found()
        if found.lowering:
            found.reused = True
            above = session.stack[found.depth :]
            found.dependents.update((c.key, c) for c in above)
        if self.alone:
            read = [
                frame.read(frame.hidden(b, b.read())) for b in found.hidden.values()
            ]
        else:
            read = list(found.hidden)
        params: dict[str, Any] = {"callee": found.value, "rule": found.rule}
        if found.effect:
            params["effect"] = True
        inputs = (*(self.values[k] for k in self.order), *read)
        (value,) = current().emit(call, inputs, [found.out], params)
        result = frame.object_of(value)
        for root in self.flat.roots if found.shares else ():
            linked(result, root)
        return result

    # ---- lowering ----------------------------------------------------------------

    def found(self) -> Lowered:
        """The graphs of this call; lowered where they are not known."""
        session, name = self.frame.session, self.rules.name
        if not self.alone:
            session.made += 1
            new = self.new(RuleKey(name, "", session.made))
            self.lowered(new)
            return new
        types = tuple(v.type for v in self.values)
        key = id(self.rules), hashable(tuple(self.specs)), types
        known: Lowered | None = session.ruled.get(key)
        if known is not None:
            return known
        new = session.ruled[key] = self.new(RuleKey(name, "", key))
        try:
            self.settle(new)
        except BaseException:
            session.ruled.pop(key, None)
            raise
        new.lowering = False
        if self.unsettled():  # it is lowered again, and so is what calls it
            session.ruled.pop(key, None)
            for callee in new.dependents.values():
                callee.again = True
        return new

    def unsettled(self) -> bool:
        """Whether types may change yet: a function around this is recursive."""
        return any(callee.recursive for callee in self.frame.session.stack)

    def new(self, key: RuleKey) -> Lowered:
        """What is known before anything is lowered: the names of its graphs."""
        keys = {n: replace(key, part=n) for n in ("value", *parts_of(self.rules))}
        value = keys.pop("value")
        jvp, fwd, bwd = (keys.get(n) for n in ("jvp", "fwd", "bwd"))
        terms = in_terms(self.rules)
        rule = Rule(self.rules.name, len(self.moving), jvp, fwd, bwd, terms)
        return Lowered(rule, value, keys, len(self.frame.session.stack))

    def settle(self, new: Lowered) -> None:
        """Lower the graphs until what calls of them rely on holds still."""
        session = self.frame.session
        for _ in range(ROUNDS):
            before, known = new.state(), set(session.ruled)
            self.lowered(new)
            if new.state() == before or not new.reused:
                break
            for callee in new.dependents.values():
                callee.again = True
            for other in set(session.ruled) - known:
                del session.ruled[other]
        if new.state() != before and new.reused:
            raise UnsupportedSyntax(f"the types of {self.rules.name} do not settle")
        if new.out == BOTTOM and not self.unsettled():
            raise UnsupportedSyntax(f"the recursion of {self.rules.name} never ends")

    def lowered(self, new: Lowered) -> None:
        """Lower the value and the parts of the rule, and enter their graphs."""
        session, me = self.frame.session, id(self.rules)
        depth = session.rule_depth.get(me, 0)
        deep = depth >= NESTED
        wanted = Wanted(self.rules, self.specs, self.moving, self.node)
        wanted.lowers = self.alone or not deep
        session.rule_depth[me] = depth + 1
        try:
            value = self.part(wanted.value, ())
            new.out = wanted.out = join(new.out, value.results[0].type)
            new.effect = any(map(has_effect, value.nodes))
            new.shares |= wanted.shares
            parts: dict[str, Any] = {"value": value}
            for name in new.keys:
                given = self.too_deep() if deep else None
                parts[name] = given or self.tried(wanted, name, parts, new.out)
        finally:
            session.rule_depth[me] = depth
        self.enter(new, parts)

    def too_deep(self) -> SrcadError:
        """The error for a rule that no key ends."""
        return UnsupportedSyntax(
            f"the rule of {self.rules.name} calls its own function with ever new "
            f"types: it has derivatives up to order {NESTED} only"
        )

    def tried(
        self, wanted: Wanted, name: str, parts: dict[str, Any], out: Type
    ) -> _Part | SrcadError:
        """A part of the rule; or the error that lowering it gave."""
        try:
            values = [self.values[k] for k in self.moving]
            if name == "jvp":
                return self.part(wanted.jvp, wanted.tangents(values))
            if name == "fwd":
                return self.part(wanted.fwd, ())
            problem = parts["fwd"]
            if isinstance(problem, SrcadError):
                return problem
            kept = [v.type for v in problem.results[1:]]
            return self.part(wanted.bwd, wanted.seeds(kept, out))
        except SrcadError as error:
            if error.needs_known and self.alone:
                raise
            return error.at(self.frame.span(self.node))

    def part(self, write: Callable[..., Any], more: tuple[Value, ...]) -> _Part:
        """Lower one graph: `write(frame, refs, more)` gives its results."""
        if self.alone:
            return self.part_alone(write, more)
        leaves = tuple(Value(v.name, v.type) for v in self.values)

        def inside() -> tuple[Value, ...]:
            return tuple(write(self.frame, self.entered(self.frame, leaves), more))

        refs = [s[1] for s in self.specs if s[0] == "ref"]
        block = block_of_call(self.frame, refs, (*leaves, *more), inside)
        read = {v: (v, v) for v in free_values(block)}
        return _Part(leaves, more, block.nodes, block.results, read)

    def part_alone(self, write: Callable[..., Any], more: tuple[Value, ...]) -> _Part:
        frame, session = self.frame, self.frame.session
        root, context = Builder(), Context(Builder())
        path = (id(self.rules), write.__name__)
        inner = Frame(session, context, frame.source, None, None, {}, path=path)
        inner.here = self.node
        leaves = tuple(
            Value(n, v.type) for n, v in zip(self.flat.names, self.values, strict=True)
        )
        world, session.world = session.world, World()
        try:
            with root.active(), root.at(current().span):
                results = tuple(write(inner, self.entered(inner, leaves), more))
        finally:
            session.world = world
        read = {key: (b, p) for key, (b, p, _) in context.hidden.items()}
        nodes = (*context.prologue.nodes, *root.nodes)
        return _Part(leaves, more, nodes, results, read)

    def entered(self, frame: Frame, leaves: Sequence[Value]) -> list[Ref]:
        """The arguments inside a graph; they are not to be written to."""
        objects = entered(frame, leaves, written_words(self.rules.name))
        return [rebuilt(frame, spec, objects) for spec in self.specs]

    def enter(self, new: Lowered, parts: dict[str, _Part | SrcadError]) -> None:
        """Enter the graphs, which all take all that one of them reads from above."""
        session = self.frame.session
        fine = {n: p for n, p in parts.items() if isinstance(p, _Part)}
        for part in fine.values():
            for key, (binding, _) in part.read.items():
                new.hidden.setdefault(key, binding)
        types = {key: v.type for p in fine.values() for key, (_, v) in p.read.items()}
        for name, part in fine.items():
            read = [
                part.read[key][1] if key in part.read else Value("", types[key])
                for key in new.hidden
            ]
            leaves = [part.leaves[k] for k in self.order]
            body = Block((*leaves, *read, *part.more), part.nodes, part.results)
            if not self.alone:
                body = copied(body)
            key = new.value if name == "value" else new.keys[name]
            session.graphs[key] = Graph(self.rules.name, body)
        new.rule.problems.clear()
        problems = {n: p for n, p in parts.items() if isinstance(p, SrcadError)}
        new.rule.problems.update(problems)
