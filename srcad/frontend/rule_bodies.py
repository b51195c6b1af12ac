"""What a rule says, written as graphs: value, tangent, forward and backward half.

Takes `Rules` and the structure of a call's arguments; `Wanted` writes the graphs that
`frontend/ruled.py` asks for, by calling the user's functions, and checks what they
return.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcad.errors import (
    MissingRule,
    ShapeError,
    SrcadError,
    UnsupportedSyntax,
)
from srcad.frontend.flatten import rebuilt
from srcad.frontend.form import like
from srcad.frontend.frame import Frame
from srcad.frontend.library import Snapshot
from srcad.frontend.refs import Cell, Items, Number, Ref, Static, root_of
from srcad.frontend.rule_arguments import Given, has_refs, written_words
from srcad.frontend.rule_calls import opaque_call
from srcad.frontend.rule_forms import (
    alike,
    is_new,
    judged,
    leaf_refs,
    leaves_in,
    refuse_nothing,
    unfinished,
    zeroed,
)
from srcad.frontend.rules import Ruled, Rules
from srcad.frontend.structures import structure
from srcad.ir.graph import Value, literal
from srcad.ir.types import (
    UNKNOWN,
    Type,
    Unknown,
    is_number,
)
from srcad.ops.containers import cotangent_type
from srcad.ops.fit import matched
from srcad.ops.kinds import scaled
from srcad.ops.opaque import fitted, in_dtype_of


def parts_of(rules: Rules) -> tuple[str, ...]:
    """The parts of a rule that the user gave, `fwd` before `bwd`."""
    forward = (rules.jvp, rules.partials, rules.linear, rules.transposes)
    backward = (
        rules.fwd,
        rules.vjp,
        rules.partials,
        rules.linear,
        rules.transposes,
    )
    found: tuple[str, ...] = ()
    if any(given is not None for given in forward):
        found += ("jvp",)
    if any(given is not None for given in backward):
        found += ("fwd", "bwd")
    return found


def in_terms(rules: Rules) -> bool:
    """Whether the tangent is a sum of one term for each argument."""
    return rules.partials is not None or rules.transposes is not None


# ---- the graphs ----------------------------------------------------------------------


@dataclass
class Wanted:
    """The graphs of one call.

    specs : the structure of each argument over the leaves. moving : the leaves that
        are differentiated by. lowers : whether the function's own source is lowered.
    out : the type of the result.
    kept : the structure of what the forward half keeps. shares : whether the result may
        share memory with an argument.
    """

    rules: Rules
    specs: Sequence[Any]
    moving: Sequence[int]
    node: Any
    lowers: bool = True
    out: Type = UNKNOWN
    kept: Any = None
    shares: bool = False

    def value(self, frame: Frame, refs: list[Ref], more: Any = ()) -> list[Value]:
        """The result."""
        found = self.called(frame, refs)
        stays = self.rules.body is None and not isinstance(self.rules.target, np.ufunc)
        self.shares = stays or not is_new(found, refs)
        return [frame.read(found)]

    def called(self, frame: Frame, refs: Sequence[Ref]) -> Ref:
        """The call: of the function's own source where it can be lowered."""
        rules = self.rules
        if rules.body is None or not self.lowers:
            return opaque_call(frame, rules, refs, rules.body or rules.target)
        undo = Snapshot(frame)
        try:
            return frame.call(Static(rules.body), list(refs), {}, self.node)
        except SrcadError as error:
            if error.needs_known and not has_refs(list(self.specs)):
                raise
            if written_words(rules.name) in error.message:
                raise
            undo.restore()
            found = opaque_call(frame, rules, refs, rules.body)
            if isinstance(found, Cell):
                found.linked.update(filter(None, map(root_of, refs)))
            return found

    # ---- tangents ----------------------------------------------------------------

    def tangents(self, values: Sequence[Value]) -> tuple[Value, ...]:
        """Parameters for the tangents of the leaves."""
        return tuple(
            Value(f"{v.name or 'x'}_dot", cotangent_type(v.type)) for v in values
        )

    def jvp(self, frame: Frame, refs: list[Ref], dots: Sequence[Value]) -> list[Value]:
        """The result and its tangent."""
        rules = self.rules
        along = self.tangent_refs(frame, dots)
        if rules.jvp is not None:
            return self.by_jvp(frame, refs, along)
        again = Ruled(rules)  # not the bare call: its derivative is asked for later
        out = frame.call(again, list(refs), {}, self.node)
        if rules.partials is not None:
            weights = self.weights(frame, out, refs)
            terms = [
                None if w is None else scaled(frame.read(t), w)
                for w, t in zip(weights, along, strict=True)
            ]
            return [frame.read(out), *self.by_leaf(terms)]
        if rules.linear is not None:
            moved = rules.linear or range(len(refs))
            args = [along[k] if k in moved else r for k, r in enumerate(refs)]
            return [frame.read(out), frame.read(frame.call(again, args, {}, self.node))]
        if len(refs) != 2 or any(s[0] != "leaf" for s in self.specs):
            raise UnsupportedSyntax(
                f"{rules.name} is bilinear: it takes two numbers or arrays"
            )
        (x, y), (dx, dy) = refs, along
        both = ([dx, y], [x, dy])
        terms = [
            frame.read(frame.call(again, list(args), {}, self.node))
            if self.has_leaves(k)
            else None
            for k, args in enumerate(both)
        ]
        return [frame.read(out), *self.by_leaf(terms)]

    def by_leaf(self, terms: Sequence[Value | None]) -> list[Value]:
        """Values by argument, each a leaf, as values by leaf that moves."""
        found = {self.specs[k][1]: t for k, t in enumerate(terms) if t is not None}
        return [found.get(k, literal(None)) for k in self.moving]

    def by_jvp(self, frame: Frame, refs: list[Ref], along: list[Ref]) -> list[Value]:
        rules, fixed = self.rules, self.rules.fixed
        primals = Items(tuple(r for k, r in enumerate(refs) if k not in fixed))
        tangents = Items(tuple(r for k, r in enumerate(along) if k not in fixed))
        args = [*(refs[k] for k in fixed), primals, tangents]
        found = frame.call(Static(rules.jvp), args, {}, self.node)
        if unfinished(frame, found):
            return [frame.read(found)] * 2
        with judged(rules.jvp):
            known = structure(frame, found)
            if known is None or len(known.items) != 2:
                raise ShapeError(
                    f"the rule of {rules.name} must return two things: the result and "
                    "its tangent",
                    hint="return out, tangent",
                )
            out, tangent = known.items
            what = f"the tangent in the rule of {rules.name}"
            refuse_nothing(tangent, what)
            unknown = isinstance(frame.known_type(out), Unknown)
            if unknown and structure(frame, tangent) is not None:
                raise ShapeError(
                    f"{what} is a container, and the form of its result is not known",
                    hint="say it: srcad.declare(f, ..., like=lambda x: ...)",
                )
            dot = like(frame, tangent, out, what, self.node, False)
            value = self.same_form(frame.read(out))
        plain = is_number(dot.type) and is_number(value.type)
        return [value, fitted(dot, value) if plain else dot]

    def weights(
        self, frame: Frame, out: Ref, refs: Sequence[Ref]
    ) -> list[Value | None]:
        """The partial by each argument; None where it is zero, or not asked for."""
        rules = self.rules
        found = frame.call(Static(rules.partials), [out, *refs], {}, self.node)
        if unfinished(frame, found):
            return [frame.read(found)] * len(refs)
        with judged(rules.partials):
            known = structure(frame, found)
            partials = [found] if known is None else list(known.items)
            if len(partials) != len(refs):
                raise ShapeError(
                    f"the partials of {rules.name} are {len(partials)}, and it has "
                    f"{len(refs)} argument{'s' * (len(refs) != 1)}",
                    hint="return a list with one partial derivative for each argument",
                )
            return [
                frame.read(partial) if self.wants(k, partial) else None
                for k, partial in enumerate(partials)
            ]

    def wants(self, k: int, partial: Ref) -> bool:
        """Whether a partial counts: the argument moves, and it is not None."""
        nothing = isinstance(partial, Static) and partial.value is None
        if nothing or not self.has_leaves(k):
            return False
        if self.specs[k][0] != "leaf":
            raise UnsupportedSyntax(
                f"argument {k} of {self.rules.name} is a container, and has a partial",
                hint="declare a jvp or vjp instead",
            )
        return True

    def has_leaves(self, k: int) -> bool:
        """Whether an argument has a leaf that is differentiated by."""
        return any(leaf in self.moving for leaf in leaves_in(self.specs[k]))

    def tangent_refs(self, frame: Frame, dots: Sequence[Value]) -> list[Ref]:
        """The tangents in the structure of the arguments: zero where there is none."""
        given = dict(zip(self.moving, dots, strict=True))
        highest = max((n for s in self.specs for n in leaves_in(s)), default=-1)
        leaves = [
            frame.object_of(given[k]) if k in given else Number(literal(0.0))
            for k in range(highest + 1)
        ]
        return [rebuilt(frame, zeroed(s), leaves) for s in self.specs]

    # ---- cotangents --------------------------------------------------------------

    def fwd(self, frame: Frame, refs: list[Ref], more: Any = ()) -> list[Value]:
        """The result, and what is kept."""
        rules = self.rules
        if rules.linear is not None and rules.transpose is None:
            raise MissingRule(
                f"{rules.name} was declared linear, without its transpose",
                hint=f"srcad.declare({rules.name}, linear=True, transpose=lambda g, x: "
                "...)",
            )
        if rules.fwd is None:
            out = frame.call(Ruled(rules), list(refs), {}, self.node)
            wanted = rules.vjp is not None or rules.partials is not None
            kept = out if wanted else Items(())
            return [frame.read(out), *self.keep(frame, kept)]
        found = frame.call(Static(rules.fwd), list(refs), {}, self.node)
        if unfinished(frame, found):
            self.kept = None
            return [frame.read(found)]
        with judged(rules.fwd):
            known = structure(frame, found)
            if known is None or len(known.items) != 2:
                raise ShapeError(
                    f"the forward rule of {rules.name} must return two things: the "
                    "result and what the backward rule needs",
                    hint="return out, (x, y)",
                )
            out, kept = known.items
            return [self.same_form(frame.read(out)), *self.keep(frame, kept)]

    def same_form(self, value: Value) -> Value:
        """The result that a rule gives, in the dtype of the function's own.

        Raises
        ------
        ShapeError
            It has another structure, or another number of dimensions.
        """
        if not alike(value.type, self.out):
            raise ShapeError(
                f"the result in the rule of {self.rules.name} is {value.type}, and "
                f"{self.rules.name} itself gives {self.out}",
                hint="a rule gives the same result as the function",
            )
        return in_dtype_of(value, self.out)

    def keep(self, frame: Frame, ref: Ref) -> list[Value]:
        """The values in what is kept; its structure is noted."""
        flat = Given(frame, known=True)
        self.kept = flat.spec(ref, "kept")
        if has_refs(self.kept):
            raise UnsupportedSyntax(
                f"the forward rule of {self.rules.name} keeps a function",
                hint="keep numbers, arrays and containers of them",
            )
        return [frame.read(r) for r in flat.leaves]

    def seeds(self, kept: Sequence[Type], out: Type) -> tuple[Value, ...]:
        """Parameters for what is kept, and for the cotangent of the result."""
        values = [Value("kept", t) for t in kept]
        return (*values, Value("g", cotangent_type(out)))

    def bwd(self, frame: Frame, refs: list[Ref], more: Sequence[Value]) -> list[Value]:
        """The cotangents of the leaves."""
        rules = self.rules
        *values, seed = more
        g = frame.object_of(seed)
        if rules.transposes is not None:
            found = [
                frame.call(Static(f), [g, *refs], {}, self.node) if wanted else None
                for k, f in enumerate(rules.transposes)
                for wanted in [self.has_leaves(k)]
            ]
            return self.cotangents(frame, found, refs, rules.transposes)
        if self.kept is None:
            return [frame.read(Number(seed))] * len(self.moving)
        kept = rebuilt(frame, self.kept, [frame.object_of(v) for v in values])
        if rules.partials is not None:
            weights = self.weights(frame, kept, refs)
            bars = [
                None if w is None else matched(scaled(seed, w), frame.read(x))
                for w, x in zip(weights, refs, strict=True)
            ]
            return self.by_leaf(bars)
        if rules.fwd is not None:
            function, args = rules.bwd, [*(refs[k] for k in rules.fixed), kept, g]
        elif rules.vjp is not None:
            function, args = rules.vjp, [g, kept, *refs]
        else:
            function, args = rules.transpose, [g, *refs]
        ref = frame.call(Static(function), args, {}, self.node)
        if unfinished(frame, ref):
            return [frame.read(ref)] * len(self.moving)
        with judged(function):
            parts = self.by_argument(frame, ref, len(refs))
        return self.cotangents(frame, parts, refs, [function] * len(refs))

    def by_argument(self, frame: Frame, ref: Ref, count: int) -> list[Ref | None]:
        """What a backward rule returned for each argument; None: it was not asked."""
        rules = self.rules
        asked = [k for k in range(count) if k not in rules.fixed]
        if rules.transpose is not None and rules.linear:
            asked = [k for k in asked if k in rules.linear]
        known = structure(frame, ref)
        parts = None if known is None else list(known.items)
        single = len(asked) == 1 and not rules.strict
        if single and (not isinstance(known, Items) or len(known.items) != 1):
            parts = [ref]
        if parts is None or len(parts) != len(asked):
            got = "" if parts is None else f", not {len(parts)}"
            raise ShapeError(
                f"the backward rule of {rules.name} must return a tuple of "
                f"{len(asked)} cotangent{'s' * (len(asked) != 1)}{got}",
                hint="return one for each argument: return (x_bar, y_bar), or (x_bar,)",
            )
        found: list[Ref | None] = [None] * count
        for k, part in zip(asked, parts, strict=True):
            found[k] = part
        return found

    def cotangents(
        self,
        frame: Frame,
        parts: Sequence[Ref | None],
        refs: Sequence[Ref],
        functions: Sequence[Any],
    ) -> list[Value]:
        """The cotangents of the leaves, each checked and in the form of its leaf."""
        found: dict[int, Value] = {}
        for k, (part, ref) in enumerate(zip(parts, refs, strict=True)):
            leaves = leaves_in(self.specs[k])
            if part is None or not self.has_leaves(k):
                continue
            what = f"the cotangent of argument {k} of {self.rules.name}"
            with judged(functions[k]):
                refuse_nothing(part, what)
                like(frame, part, ref, what, self.node, False)
            given = list(leaf_refs(frame, part, self.specs[k]))
            own = list(leaf_refs(frame, ref, self.specs[k]))
            for leaf, c, x in zip(leaves, given, own, strict=True):
                bar, value = frame.read(c), frame.read(x)
                plain = is_number(bar.type) and is_number(value.type)
                found[leaf] = fitted(bar, value) if plain else bar
        return [found.get(k, literal(None)) for k in self.moving]
