"""How long from a function to its first gradient, and what a warm call costs.

    python tests/benchmarks/latency.py [--repeat N]

Prints, for a function of twenty lines, the median time to a first gradient with fresh
transform objects, by stage; the same for the first gradient of a process; and the
overhead of a warm call over calling the generated function directly (three scalars).
With jax installed, jax.jit(jax.grad(f)) beside it.
"""

import argparse
import functools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["SRCAD_CACHE"] = "0"  # what is read from disk is not made
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import best_times, show_time

# isort: split
import numpy as np

import srcad
from srcad import dispatch, entry, pipeline
from srcad.frontend import lower

try:
    import jax
except ImportError:
    jax = None

STAGES = {
    "read": (lower, "read_function"),
    "lower": (pipeline, "lower"),
    "ad": (pipeline, "reverse"),
    "prepared": (dispatch, "prepared"),
    "transformed": (dispatch, "transformed"),
    "finished": (dispatch, "finished"),
    "generate": (dispatch, "generate"),
    "load": (entry, "load"),
}


def model(W1, b1, W2, b2, X, y, decay):
    """Twenty lines as a user writes them: a loop, a branch, arrays and scalars."""
    n = len(X)
    hidden = np.tanh(X @ W1 + b1)
    scores = hidden @ W2 + b2
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    weights = np.exp(shifted)
    norm = np.sum(weights, axis=1, keepdims=True)
    probs = weights / norm
    error = probs - y
    loss = 0.0
    scale = 1.0
    for i in range(n):
        row = error[i]
        size = np.sum(row * row)
        if size > 0.5:
            loss += scale * np.sqrt(size)
        else:
            loss += scale * size
        scale = scale * decay
    penalty = 0.01 * (np.sum(W1**2) + np.sum(W2**2))
    return loss / n + penalty


def inputs() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    shapes = ((4, 8), (8,), (8, 3), (3,), (10, 4), (10, 3))
    return (*(rng.normal(size=s) for s in shapes), 0.9)


def timed(function: Callable[..., Any], spent: dict[str, float], name: str) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - start

    return wrapper


def one_run(args: tuple[Any, ...]) -> dict[str, float]:
    """Seconds of each stage for one fresh transform."""
    spent: dict[str, float] = {}
    kept = {name: getattr(*place) for name, place in STAGES.items()}
    for name, (module, attribute) in STAGES.items():
        setattr(module, attribute, timed(kept[name], spent, name))
    try:
        start = time.perf_counter()
        srcad.grad(model, argnums=(0, 1, 2, 3))(*args)
        total = time.perf_counter() - start
    finally:
        for name, (module, attribute) in STAGES.items():
            setattr(module, attribute, kept[name])
    steps = spent["prepared"] + spent["transformed"] + spent["finished"]
    found = {
        "read": spent["read"],
        "lower": spent["lower"] - spent["read"],
        "passes": steps - spent["lower"] - spent["ad"],
        "ad": spent["ad"],
        "generate": spent["generate"],
        "load": spent["load"],
    }
    found["run and the rest"] = total - sum(found.values())
    return {"total": total, **found}


def print_stages(runs: list[dict[str, float]]) -> None:
    for stage in runs[0]:
        times = [run[stage] for run in runs]
        best = f"{show_time(min(times)):>9}" if len(runs) > 1 else ""
        print(f"  {stage:18} {show_time(statistics.median(times)):>9} {best}".rstrip())


def first_in_process() -> None:
    """Print import time and stages for the first gradient of a new process."""
    code = (
        "import time; t = time.perf_counter(); import numpy\n"
        "u = time.perf_counter(); import srcad; v = time.perf_counter()\n"
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent.parent)!r})\n"
        "from benchmarks import latency\n"
        "print(f'import numpy {1e3 * (u - t):.0f} ms, srcad {1e3 * (v - u):.0f} ms')\n"
        "latency.print_stages([latency.one_run(latency.inputs())])\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def three(x, y, z):
    return (x + y) * z


def jax_first(args: tuple[Any, ...]) -> float:
    """Seconds to a first gradient of the same computation with jax."""
    jnp = jax.numpy

    def loss_of(W1, b1, W2, b2, X, y, decay):
        scores = jnp.tanh(X @ W1 + b1) @ W2 + b2
        error = jax.nn.softmax(scores) - y

        def step(carry, row):
            loss, scale = carry
            size = jnp.sum(row * row)
            loss += scale * jnp.where(size > 0.5, jnp.sqrt(size), size)
            return (loss, scale * decay), None

        (loss, _), _ = jax.lax.scan(step, (0.0, 1.0), error)
        penalty = 0.01 * (jnp.sum(W1**2) + jnp.sum(W2**2))
        return loss / len(X) + penalty

    start = time.perf_counter()
    jax.block_until_ready(jax.jit(jax.grad(loss_of, (0, 1, 2, 3)))(*args))
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description="time to a first gradient")
    parser.add_argument("--repeat", default=15, type=int)
    options = parser.parse_args()
    print("first gradient of a process")
    first_in_process()
    args = inputs()
    one_run(args)
    print(f"fresh transforms, median and best of {options.repeat} (aim 20 ms)")
    print_stages([one_run(args) for _ in range(options.repeat)])
    if jax is not None:
        times = [jax_first(args) for _ in range(3)]
        print(f"jax.jit(jax.grad(f))   {show_time(statistics.median(times))}")
    else:
        print("jax is not installed")

    gradient = srcad.grad(three, argnums=(0, 1, 2))
    gradient(1.0, 2.0, 3.0)
    (direct,) = gradient.entry((1.0, 2.0, 3.0)).functions
    calls = [lambda: gradient(1.0, 2.0, 3.0), lambda: direct(1.0, 2.0, 3.0)]
    warm, bare = best_times(calls, 0.3)
    print(
        f"warm call {show_time(warm)}, generated function {show_time(bare)}: "
        f"overhead {show_time(warm - bare)} (aim 0.3 us)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
