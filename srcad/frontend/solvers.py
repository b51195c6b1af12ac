"""Calls of SciPy's functions that take a function: `brentq(f, a, b)`, `quad(f, a, b)`.

The function is lowered in place, in a block whose parameters stand for what SciPy will
call it with; then the block becomes a graph of its own, and what it read from above,
further parameters of that graph and inputs of the solver's node.
"""

from __future__ import annotations

import inspect
from typing import Any

from srcad.errors import MissingRule, ShapeError, UnsupportedSyntax, unknown_yet
from srcad.frontend.call_arguments import as_taken
from srcad.frontend.classes import fields
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_inputs, is_list_of_numbers
from srcad.frontend.known import NOT_KNOWN, known_object
from srcad.frontend.parameters import POSITIONAL, parameters_of
from srcad.frontend.refs import Cell, Entries, Items, Iteration, Number, Ref, Static
from srcad.frontend.rules import as_function
from srcad.frontend.structures import structure
from srcad.frontend.subscripts import subscript_of
from srcad.frontend.transforms import TransformKey, block_of_call, name_of
from srcad.ir.builder import current
from srcad.ir.graph import Block, Graph, Literal, Value, free_values, literal
from srcad.ir.structure import call, has_effect
from srcad.ir.types import FLOAT, Array, Scalar, Type, Unknown, kind_of, unwrapped
from srcad.ir.walk import copied
from srcad.ops.convert import to_float
from srcad.ops.creation import array_of
from srcad.ops.declare import Op, as_array, same_constant
from srcad.ops.effects import shown
from srcad.ops.fit import cast
from srcad.ops.shapes import atleast_1d
from srcad.ops.solvers import END, INSTEAD, SOLVERS, Solver, solver_params, vector_type

LIMITS = "t_span"


def call_solver(
    frame: Frame,
    op: Op,
    target: Any,
    args: list[Ref],
    kwargs: dict[str, Ref],
    node: Any,
) -> Ref:
    """Write the node of a solver.

    Raises
    ------
    MissingRule
        An argument of SciPy's function that has no meaning for the derivative.
    UnsupportedSyntax
        The function does more than compute what it gives.
    """
    solver, name = SOLVERS[op], shown(target)
    given = _bound(frame, name, target, args, kwargs)
    function = as_function(frame, given.pop(solver.function))
    args_given = given.pop("args", None)
    operands = _operands(frame, name, solver, given)
    guides = _guides(frame, name, solver, given)
    options = _options(frame, name, solver, target, given)
    takes = _taken(solver, name, operands, options)
    extra = _extra(frame, name, args_given, function, len(takes))
    given_functions = {"": function, **guides}
    blocks = {
        key: _block(frame, f, solver, name, takes, extra, node, steering=bool(key))
        for key, f in given_functions.items()
    }
    captured = list(dict.fromkeys(v for b in blocks.values() for v in free_values(b)))
    keys = {
        key: _graph(frame, given_functions[key], block, solver, captured)
        for key, block in blocks.items()
    }
    (found,) = blocks[""].results
    t = solver.result([v.type for v in operands], unwrapped(found.type))
    facts = solver_params(
        keys.pop(""), len(operands), tuple(options), tuple(keys.items())
    )
    inputs = [*operands, *options.values(), *captured]
    (out,) = current().emit(op, inputs, [t], facts)
    ref = frame.object_of(out)
    known = fields(frame, ref)
    if known is not None and END in known.items:
        y, end = known.items["y"], known.items[END]
        assert isinstance(y, Cell) and isinstance(end, Cell)
        object.__setattr__(end, "captured", "part of a solution")
        frame.session.ends[y] = end
    return ref


def _block(
    frame: Frame,
    function: Ref,
    solver: Solver,
    name: str,
    takes: list[Type],
    extra: tuple[Ref, ...],
    node: Any,
    steering: bool,
) -> Block:
    """A function lowered in place, for what SciPy will call it with.

    steering : whether it is one that only steers: its result may be anything.
    """
    names = _names(function, len(takes))
    params = [Value(n, t) for n, t in zip(names, takes, strict=True)]

    def inside() -> Value:
        refs = [_handed_over(frame, p, name) for p in params]
        found = frame.call(function, [*refs, *extra], {}, node)
        if steering:
            return _value(frame, found)
        return _given_back(frame, found, solver, name, params)

    frame.session.solving += 1
    try:
        block = block_of_call(frame, [function], params, inside)
    finally:
        frame.session.solving -= 1
    if any(map(has_effect, block.nodes)):
        raise UnsupportedSyntax(
            f"the function given to {name} does more than compute its result: it has "
            "an effect, or calls what srcad does not know",
            hint="let it only compute and return a value: how often, and with what, "
            f"{name} calls it is not known",
        )
    return block


def _handed_over(frame: Frame, param: Value, name: str) -> Ref:
    """The object behind a parameter: SciPy's own array may not be written to."""
    ref = frame.object_of(param)
    if isinstance(ref, Cell):
        object.__setattr__(ref, "captured", f"an array that {name} works with")
    return ref


# ---- the arguments -------------------------------------------------------------------


def _bound(
    frame: Frame, name: str, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> dict[str, Ref]:
    """The arguments by SciPy's names for them."""
    try:
        found = inspect.signature(target).bind(*args, **kwargs)
    except TypeError as error:
        raise UnsupportedSyntax(f"{name}: {error}") from None
    given: dict[str, Ref] = {}
    for key, ref in found.arguments.items():
        kind = found.signature.parameters[key].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            given.update(ref)
        else:
            given[key] = ref
    if LIMITS in given:
        limits = given.pop(LIMITS)
        for k in range(2):
            given[f"t{k}"] = subscript_of(frame, limits, Number(literal(k)))
    return given


def _extra(
    frame: Frame, name: str, ref: Ref | None, function: Ref, own: int
) -> tuple[Ref, ...]:
    """The entries of `args`: what the function is called with besides `own` others."""
    if ref is None or (isinstance(ref, Static) and ref.value is None):
        return ()
    known = structure(frame, ref)
    if isinstance(known, Items):
        return known.items
    if isinstance(ref, Static) and isinstance(ref.value, tuple) and not ref.value:
        return ()
    if isinstance(ref, Iteration) and ref.kind == "tuple":
        return tuple(as_taken(frame, function, ref, own))
    raise UnsupportedSyntax(f"{name}: args must be a tuple, such as args=(k,)")


def _operands(
    frame: Frame, name: str, solver: Solver, given: dict[str, Ref]
) -> list[Value]:
    """The values of the operands; those of vectors as arrays."""
    found = []
    for key in solver.operands:
        ref = given.pop(key, None)
        if ref is None or (isinstance(ref, Static) and ref.value is None):
            if key == "t_eval":
                continue
            raise UnsupportedSyntax(f"{name} misses the argument {key!r}")
        value = _value(frame, ref)
        if isinstance(unwrapped(value.type), Unknown):
            raise unknown_yet(
                f"the shape of {key!r} of {name}",
                "call the function once, or ask for source_for(*args)",
            )
        t = unwrapped(value.type)
        vector = key in (solver.state, "t_eval", "t")
        if not isinstance(t, (Scalar, Array)) or kind_of(t) == "complex":
            raise UnsupportedSyntax(f"{name}: {key!r} must be real, not {t}")
        rank = len(t.dims) if isinstance(t, Array) else 0
        if rank > vector:
            wanted = "a vector" if vector else "a number"
            raise UnsupportedSyntax(f"{name}: {key!r} must be {wanted} here, not {t}")
        found.append(value)
    return found


def _guides(
    frame: Frame, name: str, solver: Solver, given: dict[str, Ref]
) -> dict[str, Ref]:
    """The functions that only steer the computation: jacobians, say."""
    found = {}
    for key in sorted(solver.guides & set(given)):
        known = known_object(given[key])
        if known is NOT_KNOWN or callable(known):
            found[key] = as_function(frame, given.pop(key))
        elif known is True:
            raise MissingRule(
                f"{name}: {key}=True is not supported",
                hint=f"give the function, and its derivative as {key}",
            )
    return found


def _value(frame: Frame, ref: Ref) -> Value:
    """An argument's value; that of a list or tuple of numbers as an array."""
    known = structure(frame, ref)
    if isinstance(known, (Items, Entries)):
        (value,) = array_inputs([as_array([_value(frame, r) for r in known.items])])
        assert isinstance(value, Value)
        return value
    if isinstance(ref, Iteration) and ref.kind == "tuple":
        ref = ref.args[0]
    value = frame.read(ref)
    return array_of(value) if is_list_of_numbers(value) else value


def _options(
    frame: Frame, name: str, solver: Solver, target: Any, given: dict[str, Ref]
) -> dict[str, Value]:
    """What is handed on; of what is left out only the default is no error."""
    parameters = inspect.signature(target).parameters
    found: dict[str, Value] = {}
    for key, ref in given.items():
        default = parameters[key].default if key in parameters else None
        known = known_object(ref)
        if same_constant(known, default) or (
            key in _NEUTRAL and known in _NEUTRAL[key]
        ):
            continue
        differences = key in solver.guides and known in ("2-point", "3-point")
        if key not in solver.options and not differences:
            raise MissingRule(
                f"{name}: the argument {key!r} is not supported",
                hint=INSTEAD.get(key, "leave it out"),
            )
        if key == "method" and solver.methods is not None:
            if str(known).lower() not in solver.methods:
                raise MissingRule(
                    f"{name}: a minimum that this method finds may be at a bound, and "
                    "has no derivative rule",
                    hint=f"use one of {', '.join(sorted(solver.methods))}",
                )
        found[key] = frame.read(ref)
    return found


# Ways to say what is the default anyway.
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "bounds": (None,),
    "jac": (None, False),
    "full_output": (False, 0),
    "dense_output": (False,),
}


# ---- the function --------------------------------------------------------------------


def _taken(
    solver: Solver, name: str, operands: list[Value], options: dict[str, Value]
) -> list[Type]:
    """The types of what SciPy calls the function with."""
    kinds = solver.takes
    if "tfirst" in options:
        first = options["tfirst"]
        if not isinstance(first, Literal):
            raise unknown_yet(f"{name}(tfirst=...)")
        kinds = kinds[::-1] if first.value else kinds
    found: list[Type] = []
    for kind in kinds:
        if kind == "number":
            found.append(FLOAT)
            continue
        like = operands[solver.operands.index(solver.state)].type
        alone = solver.gives == "same" and isinstance(unwrapped(like), Scalar)
        found.append(FLOAT if alone else vector_type(unwrapped(like)))
    return found


def _names(function: Ref, count: int) -> list[str]:
    """The function's own names for what it is called with."""
    known = parameters_of(function).known or ()
    names = [name for name, kind in known if kind == POSITIONAL]
    usual = ("x",) if count == 1 else ("t", "y")
    return names[:count] if len(names) >= count else list(usual)


def _given_back(
    frame: Frame, found: Ref, solver: Solver, name: str, params: list[Value]
) -> Value:
    """What the function gives, as a number or a vector.

    Raises
    ------
    ShapeError
        It is something else.
    """
    value = _value(frame, found)
    t = unwrapped(value.type)
    gives = solver.gives
    if gives == "same":
        gives = "number" if params[0].type == FLOAT else "vector"
    if isinstance(t, Unknown):
        if gives == "number":
            return value
        raise unknown_yet(
            f"the shape of what the function given to {name} gives",
            "call the function once, or ask for source_for(*args)",
        )
    if isinstance(t, (Scalar, Array)) and kind_of(t) in ("bool", "int", "float"):
        if isinstance(t, Scalar) and gives != "vector":
            return value if kind_of(t) == "float" else to_float(value)
        if isinstance(t, Scalar):
            return atleast_1d(value if kind_of(t) == "float" else to_float(value))
        if gives == "either" or (gives == "vector" and len(t.dims) == 1):
            return value if kind_of(t) == "float" else cast(value, dtype="float64")
    wanted = "a number" if gives == "number" else "a vector"
    raise ShapeError(f"the function given to {name} must give {wanted}; it gives {t}")


def _graph(
    frame: Frame, function: Ref, block: Block, solver: Solver, captured: list[Value]
) -> Any:
    """The block as a graph of the program, with what is captured as last parameters.

    A block that only calls a function of the program stands for that function.
    """
    params = (*block.params, *captured)
    if len(block.nodes) == 1 and block.nodes[0].op is call:
        (node,) = block.nodes
        plain = node.params.keys() == {"callee"}  # no rule of the user's, say
        if plain and node.inputs == params and node.outputs == block.results:
            return node.params["callee"]
    session = frame.session
    session.made += 1
    key = TransformKey(_name_of(function, solver), session.made)
    body = copied(Block(params, block.nodes, block.results))
    session.graphs[key] = Graph(key.name, body, frame.source)
    return key


def _name_of(function: Ref, solver: Solver) -> str:
    """What a graph made of a function is named after."""
    name = name_of(function)
    return name if name not in ("lambda", "f") else solver.role
