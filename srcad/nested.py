"""Transforms as ordinary calls: what user code may call inside a function.

Importing this module tells the frontend which objects are transforms, and how the
objects that they return are read.
"""

from __future__ import annotations

from typing import Any

from srcad import api, rules
from srcad.check import check_grads
from srcad.frontend.transform_calls import enter, enter_class
from srcad.frontend.transforms import Request
from srcad.pipeline import Step
from srcad.transform import Transform

PUBLIC = ("grad", "value_and_grad", "vjp", "jvp", "jacrev", "jacfwd", "hessian", "hvp")


def _request(step: Step) -> Request:
    argnums = step.wrt[0] if step.single else step.wrt
    return Request(step.kind, argnums, None, step.has_aux, step.holomorphic)


def _of_transform(value: Transform) -> tuple[Any, list[Request]]:
    return value.primal, [_request(step) for step in value.steps]


def _of_jacobian(value: api.Jacobian) -> tuple[Any, list[Request]]:
    step = value.step
    argnums = step.wrt[0] if step.single else step.wrt
    kind = "jacrev" if value.mode == "vjp" else "jacfwd"
    return value.primal, [Request(kind, argnums)]


def _of_pullback(value: api.Pulled) -> tuple[Any, list[Request]]:
    return value.plain, []


for name in PUBLIC:
    enter(name, getattr(api, name))
enter("check_grads", check_grads)
enter("checkpoint", rules.checkpoint)
for public in (rules.custom_jvp, rules.custom_vjp, rules.declare, rules.undeclare):
    enter(public.__name__, public)
enter_class(Transform, _of_transform)
enter_class(api.Jacobian, _of_jacobian)
enter_class(api.Pulled, _of_pullback)
