"""How an operation is declared: once, with everything srcad knows about it.

    sin = elementwise("sin", calls=(np.sin, math.sin), partials=lambda out, x: [cos(x)])

A declaration gives forward mode, reverse mode, type inference, memory, printing and the
sample points of its own tests. Here are `Op`, the table that `find` reads, and the two
kinds that need nothing else, `zero` and `custom`; `ops/kinds.py` has `elementwise`,
`linear` and `bilinear`.

Rules are functions of values that write nodes through the operations themselves (the
builder in use is a context variable). They write freely; what is not used goes away.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcad.errors import MissingRule, unknown_yet
from srcad.ir.builder import current
from srcad.ir.graph import NO_PARAMS, Node, Value, as_value, static_value
from srcad.ir.types import Scalar, kind_of
from srcad.ops.domain import Sample

# A contribution to the cotangent of an input: a value of (at least) the input's shape,
# or a function from what was gathered so far (None: nothing yet) to the new total,
# which lets `x_bar[i] += v` cost the size of v. None is no contribution.
Contribution = Value | Callable[[Value | None], Value] | None
Jvp = Callable[[Node, Sequence[Value | None]], Sequence[Value | None]]
Vjp = Callable[[Node, Sequence[Value | None]], Sequence[Contribution]]
Infer = Callable[..., Any]
# The inputs of a node and its params, sorted from what the user gave.
Arguments = tuple[list[Any], dict[str, Any]]
Bind = Callable[[Sequence[Any], Mapping[str, Any]], Arguments]


@dataclass(frozen=True, eq=False)
class Op:
    """An operation.

    name : unique; also the name of the module attribute that holds it.
    calls : what users call for it: objects, or dotted names ("scipy.special.erf") that
        are resolved once the user has imported that module; with a colon where what
        follows the module is an object's method ("scipy.stats:norm.logpdf").
    methods : names of ndarray methods (the array comes first among the arguments).
    signature : Python syntax. Parameters without a default are inputs; those with one
        are static, unless named in `inputs`. The order is NumPy's.
    infer : types of the inputs (and the params as keywords) -> type of the output, or a
        tuple of types for several outputs.
    code : a Python expression over the signature's names, for the printer; keywords
        that have their default's value are left out. Or a function of the node that
        gives such a template. In it `np` is NumPy and `math` is math.
    jvp, vjp : the derivative; None for an operation whose derivative is zero.
    memory : "new", "same" (the result is its first input), "view" (it may share
        memory with its first input), "holds" (with any of its inputs: a container) or
        "same holds" (it is its first input, a container, and holds the others); or a
        function of the node that gives one of these. Ask `memory_of`.
    cost : "free" (an index, a constant), "cheap" (rather computed again than kept) or
        "normal"; or a function of the node. Ask `cost_of`.
    numba : the same for the Numba dialect, where it differs; None: as `code`.
    interpreted : why Numba does not compile it or its derivative, where its source does
        not show that (`srcad/backend/compiles.py`); "" for most.
    domain : sample points for the operation's own tests: a function without arguments
        that gives `Sample`s (`srcad/ops/domain.py`), `lambda: [at(x, axis=0), ...]`.
    """

    name: str
    signature: str
    infer: Infer
    code: Any
    calls: tuple[object, ...] = ()
    methods: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    jvp: Jvp | None = None
    vjp: Vjp | None = None
    bind: Bind | None = None
    memory: str | Callable[[Node], str] = "new"
    cost: str | Callable[[Node], str] = "normal"
    effect: bool = False
    outputs: int = 1
    kind: str = "custom"
    numba: Any = None
    interpreted: str = ""
    domain: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *operands: Any, **params: Any) -> Value:
        """Write a node with one output, or find a simpler value; gives that value."""
        inputs = tuple(map(as_value, operands))
        params = self._with_via(inputs, params)
        rewrite = current().rewrite
        if rewrite is not None:
            simpler = rewrite(self, inputs, params)
            if simpler is not None:
                return simpler
        (value,) = self.several(*inputs, **params)
        return value

    def several(self, *operands: Any, **params: Any) -> tuple[Value, ...]:
        """Write a node; gives its outputs."""
        inputs = tuple(map(as_value, operands))
        found = self.infer(*(v.type for v in inputs), **params)
        types = found if isinstance(found, tuple) else (found,)
        return current().emit(self, inputs, types, params or NO_PARAMS)

    def _with_via(
        self, inputs: Sequence[Value], params: dict[str, Any]
    ) -> dict[str, Any]:
        """Rules for `math.sin` go on in `math`, as long as numbers are Python's."""
        if current().via != "math" or "via" in params or "via" not in self.parameters:
            return params
        python = (isinstance(v.type, Scalar) and not v.type.dtype for v in inputs)
        real = all(python) and all(kind_of(v.type) != "complex" for v in inputs)
        return {**params, "via": "math"} if real and self.has_twin else params

    @property
    def has_twin(self) -> bool:
        """Whether the module `math` has this operation too."""
        return any(getattr(c, "__module__", None) == "math" for c in self.calls)

    def samples(self) -> Sequence[Sample]:
        """The points that its own tests are drawn at."""
        found: Sequence[Sample] = self.domain() if self.domain is not None else ()
        return found

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """The parameters of the signature."""
        return signature_of(self.signature).parameters

    def is_input(self, parameter: inspect.Parameter) -> bool:
        """Whether a parameter of the signature is an input rather than static."""
        no_default = parameter.default is inspect.Parameter.empty
        return no_default or parameter.name in self.inputs

    def arguments(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        """Sort a user's call into inputs and static params.

        args and kwargs hold values, literals, and Python tuples, lists and dicts of
        them. Inputs come back as they were given.

        Raises
        ------
        MissingRule
            A keyword that the declaration does not know, or a static argument that is
            not known before the program runs.
        """
        bind = self.bind or self._sorted
        inputs, params = bind(args, kwargs)
        if not self.effect:
            inputs = [as_array(v) for v in inputs]
        return inputs, params

    def _sorted(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        """Inputs and params by the signature."""
        signature = signature_of(self.signature)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            unknown = [k for k in kwargs if k not in signature.parameters]
            what = f"keyword {unknown[0]!r}" if unknown else f"call ({error})"
            raise MissingRule(
                f"{self.name}: this {what} has no derivative rule",
                hint=f"supported: {self.name}({self.signature})",
            ) from None
        inputs: list[Any] = []
        params: dict[str, Any] = {}
        for name, given in bound.arguments.items():
            parameter = signature.parameters[name]
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                inputs.extend(given)
            elif parameter.default is None and is_none(given):
                continue
            elif self.is_input(parameter):
                inputs.append(given)
            else:
                value = static(given, f"{self.name}({name}=...)")
                if not same_constant(value, parameter.default):
                    params[name] = value
        return inputs, params


def memory_of(node: Node) -> str:
    """How the result of an operation's node shares memory with its inputs."""
    memory = node.op.memory if isinstance(node.op, Op) else "holds"
    return memory(node) if callable(memory) else memory


def cost_of(node: Node) -> str:
    """How dear it is to compute an operation's node again."""
    cost = node.op.cost if isinstance(node.op, Op) else "normal"
    return cost(node) if callable(cost) else cost


_signatures: dict[str, inspect.Signature] = {}


def signature_of(text: str) -> inspect.Signature:
    """The signature written in Python syntax, parsed once."""
    if text not in _signatures:
        function = eval(f"lambda {text}: None", {})
        _signatures[text] = inspect.signature(function)
    return _signatures[text]


def same_constant(a: object, b: object) -> bool:
    """Whether two static arguments mean the same (True is not 1, -0.0 not 0.0)."""
    return type(a) is type(b) and repr(a) == repr(b)


def is_none(given: Any) -> bool:
    """Whether an argument is None, as if it were not given."""
    if not isinstance(given, Value):
        return given is None
    try:
        return static_value(given) is None
    except LookupError:
        return False


def static(given: Any, what: str) -> Any:
    """The Python object behind an argument that must be known beforehand."""
    if isinstance(given, (tuple, list)):
        return type(given)(static(entry, what) for entry in given)
    if not isinstance(given, Value):
        return given
    try:
        return static_value(given)
    except LookupError:
        raise unknown_yet(what, "pass a constant there", MissingRule) from None


def as_array(given: Any) -> Any:
    """A list or tuple as the array that NumPy makes of it; else what was given."""
    if not isinstance(given, (tuple, list)):
        return given
    op = OPS["array_of"]
    inputs, params = op.arguments([given], {})
    return op(*inputs, **params)


# ---- the table -----------------------------------------------------------------------

OPS: dict[str, Op] = {}
METHODS: dict[str, Op] = {}
_BY_CALL: dict[Any, tuple[object, Op]] = {}
_BY_PATH: dict[str, list[tuple[str, Op]]] = {}
_BY_UFUNC: dict[tuple[np.ufunc, str], Op] = {}
_VARIANTS: dict[tuple[str, str | int], Op] = {}


def declared(op: Op) -> Op:
    """Enter an operation in the table. Names and callables are unique."""
    if op.name in OPS:
        raise ValueError(f"operation {op.name!r} is declared twice")
    OPS[op.name] = op
    for method in op.methods:
        METHODS[method] = op
    for target in op.calls:
        if isinstance(target, str):
            module, name = path_of(target)
            _BY_PATH.setdefault(module, []).append((name, op))
        elif isinstance(getattr(target, "__self__", None), np.ufunc):
            ufunc_method(target.__self__, target.__name__, op)  # type: ignore[attr-defined]
        else:
            _BY_CALL[_identity(target)] = (target, op)
    return op


def ufunc_method(ufunc: np.ufunc, name: str, op: Op) -> None:
    """Enter the operation that a ufunc's method stands for: `np.add.reduce`."""
    _BY_UFUNC[ufunc, name] = op


def variant(op: Op, given: str | int, other: Op) -> None:
    """Enter the operation that a call of `op` stands for if it has this argument.

    given : a keyword, or the number of positional arguments.
    """
    _VARIANTS[op.name, given] = other


def variant_of(op: Op, positional: int, keywords: Iterable[str]) -> Op:
    """The operation that a call of `op` with these arguments stands for."""
    given: tuple[str | int, ...] = (positional, *keywords)
    found = (_VARIANTS.get((op.name, k)) for k in given)
    return next((other for other in found if other is not None), op)


def path_of(target: str) -> tuple[str, str]:
    """A dotted name as a module's name, and a name inside it."""
    module, _, name = target.rpartition(":" if ":" in target else ".")
    return module, name


def _identity(target: object) -> Any:
    """What a callable is known by: a method is made anew each time it is read."""
    if isinstance(target, types.MethodType):
        return id(target.__self__), target.__name__
    return id(target)


def find(target: object) -> Op | None:
    """The operation a callable object stands for, if it is declared."""
    owner = getattr(target, "__self__", None)
    if isinstance(owner, np.ufunc):  # a method of a ufunc is a new object each time
        return _BY_UFUNC.get((owner, getattr(target, "__name__", "")))
    for module in [m for m in _BY_PATH if m in sys.modules]:
        for name, op in _BY_PATH.pop(module):
            known: Any = sys.modules[module]
            for part in name.split("."):
                known = getattr(known, part, None)
            if known is not None:
                _BY_CALL.setdefault(_identity(known), (known, op))
    entry = _BY_CALL.get(_identity(target))
    return entry[1] if entry is not None else None


def call_params(op: Op, target: object) -> dict[str, Any]:
    """The params that tell by which of its callables an operation is called.

    `math.sin` gives a Python float and raises on an error of domain, `np.sin` does
    neither: {"via": "math"}, {"via": "builtins"}, or nothing for the usual one. For a
    class of NumPy scalars, such as `np.float32`, it is the dtype.
    """
    if isinstance(target, type) and issubclass(target, np.generic):
        return {"dtype": np.dtype(target).name}
    module = (getattr(target, "__module__", None) or "").lstrip("_")
    module = "builtins" if module == "operator" else module
    if "via" not in op.parameters or module not in ("math", "builtins"):
        return {}
    return {"via": module}


# ---- the two plain kinds -----------------------------------------------------------


def zero(name: str, *, infer: Infer, signature: str = "x", **facts: Any) -> Op:
    """A piecewise constant function, or one that gives no numbers: derivative zero."""
    return declared(
        Op(name, signature, infer, **{"code": None, "kind": "zero", **facts})
    )


def custom(
    name: str, *, infer: Infer, signature: str, jvp: Jvp, vjp: Vjp, **facts: Any
) -> Op:
    """An operation whose derivative has a shape of its own.

    `jvp(node, tangents)` gives one tangent per output, `vjp(node, cotangents)` one
    contribution per input. Entries that are None are zero.
    """
    facts = {"code": None, **facts}
    return declared(Op(name, signature, infer, jvp=jvp, vjp=vjp, **facts))


def on_first(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    """The jvp of an operation that is linear in its first input alone."""
    op, t = node.op, tangents[0]
    assert isinstance(op, Op)
    return [None if t is None else op(t, *node.inputs[1:], **node.params)]


def first_only(node: Node, contribution: Contribution) -> list[Contribution]:
    """A contribution to the first input; the others get none."""
    return [contribution, *[None] * (len(node.inputs) - 1)]
