"""srcad: gradients of the Python you already have, as Python you can read.

`grad(f)` reads the source of `f`, lowers it to a computational graph, differentiates
the graph and prints a new Python function that computes value and gradient.
"""

import srcad.nested  # noqa: F401  (user code may call transforms)
from srcad.api import (
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    value_and_grad,
    vjp,
)
from srcad.check import check_grads
from srcad.draw import explain, graph
from srcad.errors import (
    InternalError,
    MissingRule,
    ShapeError,
    SignatureError,
    SourceMismatch,
    SourceUnavailable,
    Span,
    SrcadError,
    UnsupportedSyntax,
)
from srcad.options import set_default_backend
from srcad.reading.diff import diff
from srcad.rules import (
    checkpoint,
    custom_jvp,
    custom_vjp,
    declare,
    stop_gradient,
    undeclare,
)
from srcad.source import from_source
from srcad.syntax_check import check_syntax

__version__ = "0.1.0"

__all__ = [
    "InternalError",
    "MissingRule",
    "ShapeError",
    "SignatureError",
    "SourceMismatch",
    "SourceUnavailable",
    "Span",
    "SrcadError",
    "UnsupportedSyntax",
    "check_grads",
    "check_syntax",
    "checkpoint",
    "custom_jvp",
    "custom_vjp",
    "declare",
    "diff",
    "explain",
    "from_source",
    "grad",
    "graph",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "set_default_backend",
    "stop_gradient",
    "undeclare",
    "value_and_grad",
    "vjp",
]
