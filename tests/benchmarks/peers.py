"""The peers of the benchmarks: each gives a program's answer as a function.

A maker takes a program and its arguments and returns a call without arguments, whose
result is a list of arrays. A peer that is not installed is left out of `PEERS`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.programs import in_namespace, kind_of

Call = Callable[[], list[Any]]
PEERS: dict[str, Callable[[Any, tuple[Any, ...]], Call]] = {}

try:
    import jax
except ImportError:
    jax = None
try:
    import torch
except ImportError:
    torch = None
try:
    import autograd
except ImportError:
    autograd = None


def flat(value: Any, gradients: Any) -> list[Any]:
    return [value, *gradients]


def by_jax(program: Any, args: tuple[Any, ...]) -> Call:
    """Jitted, with the arguments on the device and a result that is waited for."""
    made = getattr(program, "jax_form", None)
    f = made(jax) if made else in_namespace(program, jax.numpy)
    frozen = [k for k, x in enumerate(args) if isinstance(x, int)]
    given = [x if k in frozen else jax.numpy.asarray(x) for k, x in enumerate(args)]

    def answer(*args: Any) -> Any:
        if kind_of(program) == "gradient":
            return jax.value_and_grad(f, program.WRT)(*args)
        if kind_of(program) == "rows":
            out, pull = jax.vjp(lambda *a: f(*a, args[3]), *args[:3])
            one, none = jax.numpy.ones(out.shape[1]), jax.numpy.zeros(out.shape[1])
            sweeps = [jax.numpy.stack(seed) for seed in ((one, none), (none, one))]
            return out, [bar for seed in sweeps for bar in pull(seed)]
        gradient = jax.grad(lambda c: f(c, *args[1:]))
        return jax.jvp(gradient, args[:1], (jax.numpy.ones_like(args[0]),))

    jitted = jax.jit(answer, static_argnums=frozen)

    def call() -> list[Any]:
        first, rest = jax.block_until_ready(jitted(*given))
        return [first, rest] if kind_of(program) == "diagonal" else flat(first, rest)

    return call


def by_torch(program: Any, args: tuple[Any, ...]) -> Call:
    f = in_namespace(program, torch)
    given = [torch.tensor(x) if isinstance(x, np.ndarray) else x for x in args]
    for k in program.WRT:
        given[k] = torch.tensor(args[k], requires_grad=True, dtype=torch.float64)
    wrt = [given[k] for k in program.WRT]

    def call() -> list[Any]:
        out = f(*given)
        if kind_of(program) == "gradient":
            return flat(out.detach(), torch.autograd.grad(out, wrt))
        if kind_of(program) == "rows":
            found = [out.detach()]
            for k in range(2):
                seed = torch.zeros_like(out)
                seed[k] = 1.0
                found += torch.autograd.grad(out, wrt, seed, retain_graph=k == 0)
            return found
        (slope,) = torch.autograd.grad(out, wrt, create_graph=True)
        (diagonal,) = torch.autograd.grad(slope.sum(), wrt)
        return [slope.detach(), diagonal]

    return call


def by_autograd(program: Any, args: tuple[Any, ...]) -> Call:
    f = in_namespace(program, autograd.numpy)
    if kind_of(program) == "gradient":
        both = autograd.value_and_grad(f, program.WRT)
        return lambda: flat(*both(*args))
    if kind_of(program) == "rows":
        pulled = autograd.make_vjp(lambda wrt: f(*wrt, *args[3:]))

        def rows() -> list[Any]:
            pull, out = pulled(args[:3])
            found = [out]
            for k in range(2):
                seed = np.zeros_like(out)
                seed[k] = 1.0
                found += pull(seed)
            return found

        return rows
    gradient = autograd.grad(f)
    diagonal = autograd.elementwise_grad(gradient)
    return lambda: [gradient(*args), diagonal(*args)]


if jax is not None:
    jax.config.update("jax_enable_x64", True)
    PEERS["jax"] = by_jax
if torch is not None:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    PEERS["torch"] = by_torch
if autograd is not None:
    import autograd.numpy

    PEERS["autograd"] = by_autograd
