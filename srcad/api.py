"""The public transforms: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp."""

from __future__ import annotations

from srcad.gradients import grad, value_and_grad
from srcad.jacobians import Jacobian, hessian, hvp, jacfwd, jacobian, jacrev
from srcad.products import Pulled, jvp, vjp

__all__ = [
    "Jacobian",
    "Pulled",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "value_and_grad",
    "vjp",
]
