"""The operations that hold blocks or call graphs.

`if_`     inputs (condition,); blocks (then, otherwise) without parameters. The outputs
          are what the blocks give: one of the two lists of results.

`with_`   inputs are what the context manager is made from: params["function"] called
          with them, the last ones by the names in params["keywords"]; without a
          function the one input is the manager. One block, whose parameter, if it has
          one, is what the manager gives (`as`); the outputs are its results.
          params["effect"] is set where entering
          and leaving are ordered, params["quiet"] where the manager only decides what
          warns. params["checked"]: it is not known that the manager
          swallows no exception.

`try_`    no inputs; blocks (body, handler). The body runs; if it raises one of
          params["catches"], the handler does, whose parameter, if it has one, is the
          exception. outputs (*merged, failed): what the block that ended gave, and
          whether that was the handler. Several handlers are branches in one, on
          `caught`. Writes of a body that failed are not seen: nothing after it reads
          what it wrote to.

`for_`    inputs (*walked, *initial); one block with parameters (*items, *carried) and
          results (*carried, *collected); outputs (*final, *lists, count).
          params["walked"] is how many inputs are walked, all side by side and all of
          one length (a `Range` or a `List`). params["reverse"]: walked from the end to
          the front. Entry k of a collected list belongs to entry k of what is walked,
          whichever the direction, so the adjoint of a loop is the same loop, reversed.

`while_`  inputs (*initial); blocks (test, body), both with parameters (*carried). test
          has one result, a bool; body gives (*carried, *collected); outputs (*final,
          *lists, count).

With params["stop"], the first carried value of a loop is a boolean that is asked before
each iteration, and before the test: once it is true nothing more runs. `count` is the
number of iterations done; collected lists have that many entries (in a `for_` that
stopped, those of the first `count` entries walked).

`call`    inputs are the arguments, params["callee"] the key of a graph in the program;
          the outputs are that graph's results. params["effect"] is set where the graph
          has effects. params["rule"] is the `Rule` by which it is differentiated, where
          the user gave one; it goes when differentiation is over. So does
          params["recompute"]: what the callee's adjoint needs is not kept, but computed
          again, when it is needed.

Operations that are given a function (`srcad/ops/solvers.py`) name its graph in
params["callee"] as well; they call it as often as they like. params["guides"], pairs of
a keyword and a key, are functions that only steer the computation.

`transform`, `pullback`  derivatives that the user's own code asks for; they are in
          lowered programs only, until `ad/nested.py` has put calls in their place.
          `transform`: inputs (*arguments differentiated by, *tangents); one block, with
          parameters that stand for those arguments and one result, the function's; one
          output, what the transform gives. params: kind, wrt, single, has_aux,
          holomorphic; name of the function; key of the graphs that will be made.
          `pullback`: inputs (residual, cotangent); params["key"] that of the `vjp`; one
          output, the tuple of cotangents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from srcad.ir.graph import Block, Node, Value, fact, nodes_of


@dataclass(frozen=True, eq=False)
class Structural:
    """An operation whose meaning is the layout described above."""

    name: str
    effect: bool = False


if_ = Structural("if_")
with_ = Structural("with_")
try_ = Structural("try_")
for_ = Structural("for_")
while_ = Structural("while_")
LOOPS = (for_, while_)
call = Structural("call")
transform = Structural("transform")
pullback = Structural("pullback")


@dataclass(eq=False, slots=True)  # frozen would take longer: it is made at each look
class Loop:
    """A loop's inputs, outputs and block parameters under their names.

    test_params : the test block's parameters, for a `while_`.
    """

    walked: tuple[Value, ...]
    initial: tuple[Value, ...]
    items: tuple[Value, ...]
    carried: tuple[Value, ...]
    body: Block
    carried_next: tuple[Value, ...]
    collected: tuple[Value, ...]
    final: tuple[Value, ...]
    lists: tuple[Value, ...]
    count: Value
    stop: bool
    reverse: bool


def loop_of(node: Node) -> Loop:
    """Take the layout of a `for_` or `while_` node apart."""
    k = node.params.get("walked", 0)
    body = node.blocks[-1]
    n = len(node.inputs) - k
    return Loop(
        walked=node.inputs[:k],
        initial=node.inputs[k:],
        items=body.params[:k],
        carried=body.params[k:],
        body=body,
        carried_next=body.results[:n],
        collected=body.results[n:],
        final=node.outputs[:n],
        lists=node.outputs[n:-1],
        count=node.outputs[-1],
        stop=bool(node.params.get("stop", False)),
        reverse=bool(node.params.get("reverse", False)),
    )


def carried_params(node: Node) -> list[tuple[Value, ...]]:
    """The parameters that hold what a loop carries, for each of its blocks."""
    count = len(loop_of(node).initial)
    return [block.params[len(block.params) - count :] for block in node.blocks]


def loop_params(
    walked: int = 0, *, stop: bool = False, reverse: bool = False
) -> dict[str, Any]:
    """The parameters of a `for_` node (of a `while_`: with nothing walked)."""
    return {"walked": walked, "stop": stop, "reverse": reverse}


def is_guarded(node: Node) -> bool:
    """Whether an exception in the first block may be caught."""
    return node.op is try_ or "checked" in node.params


# One block of these ends, and gives their outputs.
ARMED = (if_, with_, try_)


def merged_outputs(node: Node) -> tuple[Value, ...]:
    """The outputs of an `if_`, `with_` or `try_` that its blocks give."""
    return node.outputs[:-1] if node.op is try_ else node.outputs


def with_merged(node: Node, outputs: Sequence[Value]) -> tuple[Value, ...]:
    """All outputs of the node, where its blocks give these."""
    return (*outputs, node.outputs[-1]) if node.op is try_ else tuple(outputs)


def arms(node: Node) -> Iterator[tuple[Block, tuple[tuple[Value, Value], ...]]]:
    """The blocks of an `if_`, `with_` or `try_`, with (output, result) pairs."""
    outputs = merged_outputs(node)
    for block in node.blocks:
        yield block, tuple(zip(outputs, block.results, strict=True))


@dataclass(frozen=True, eq=False)
class Rule:
    """How a `call` of one result is differentiated, if not through its callee.

    name : of the user's function. count : how many of the call's inputs, the first
    ones, are its arguments; the others are what the graphs read besides. Each graph has
    all the inputs as its first parameters:

    jvp : takes a tangent for each argument as well; gives (result, tangent); or with
        `terms` (result, *terms), whose sum, in the shape of the result, is the tangent:
        one for each argument, which is None where there is none.
    fwd, bwd : `fwd` gives (result, *kept); `bwd` takes *kept and the cotangent of the
        result as well, and gives a cotangent for each argument.

    They are keys of graphs, None where the user gave no such rule. problems : for those
    that could not be lowered the error, which whoever asks for the graph raises.
    """

    name: str
    count: int
    jvp: Any = None
    fwd: Any = None
    bwd: Any = None
    terms: bool = False
    problems: dict[str, Exception] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[Any, ...]:
        """The keys of its graphs."""
        parts = {"jvp": self.jvp, "fwd": self.fwd, "bwd": self.bwd}
        return tuple(k for n, k in parts.items() if k and n not in self.problems)


def asks(node: Node) -> bool:
    """Whether the user said how a call is differentiated: it stays one till then."""
    return "rule" in node.params or "recompute" in node.params


def run_by(node: Node) -> tuple[Any, ...]:
    """The keys of the graphs that a node calls, or is given to call."""
    if "callee" not in node.params:
        return ()
    guides = (key for _, key in node.params.get("guides", ()))
    return (node.params["callee"], *guides)


def callees(node: Node) -> tuple[Any, ...]:
    """The keys of the graphs that a node calls, is given to call, or has rules of."""
    rule: Rule | None = node.params.get("rule")
    return run_by(node) if rule is None else (*run_by(node), *rule.keys)


def needed(block: Block) -> list[Any]:
    """The keys of the graphs that a block needs, in order."""
    found = (key for node in nodes_of(block) for key in callees(node))
    return list(dict.fromkeys(found))


def has_effect(node: Node) -> bool:
    """Whether the node, or one in its blocks, is ordered."""
    return has_own_effect(node) or any(map(_has_effects, node.blocks))


@fact
def _has_effects(block: Block) -> bool:
    return any(map(has_effect, block.nodes))


def has_own_effect(node: Node) -> bool:
    """Whether the node is ordered, whatever is in its blocks."""
    return node.op.effect or "effect" in node.params
