"""How long from a function to its first gradient, and what a warm call costs.

    python tests/benchmarks/latency.py [--repeat N]

Prints, for functions of twenty lines that srcad has not seen, the median and the best
time of the processor to a first gradient, stage by stage and pass by pass, nothing kept
on disk; the same for the first gradient of a process; the time where the source is on
disk, here and as the first thing that another process does; and the overhead of a warm
call over calling the generated function directly (three scalars). With jax installed,
jax.jit(jax.grad(f)) beside it.
"""

import argparse
import functools
import inspect
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
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
IMPROVED = (pipeline, "improved")


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


LOCALS = "hidden scores shifted weights norm probs error loss scale row size penalty"
_numbers = itertools.count()


def another() -> Callable[..., Any]:
    """The same function under new names, so that no line of it was printed before."""
    text, k = inspect.getsource(model), next(_numbers)
    for name in LOCALS.split():
        text = re.sub(rf"\b{name}\b", f"{name}{k}", text)
    return srcad.from_source(text, {"np": np})


def inputs() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    shapes = ((4, 8), (8,), (8, 3), (3,), (10, 4), (10, 3))
    return (*(rng.normal(size=s) for s in shapes), 0.9)


def timed(function: Callable[..., Any], spent: dict[str, float], name: str) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] = spent.get(name, 0.0) + time.process_time() - start

    return wrapper


def improved_by(spent: dict[str, float]) -> Callable[..., Any]:
    """The pipeline's `improved` with each pass timed."""
    improved = pipeline.improved

    def wrapper(program: Any, passes: Any) -> Any:
        names = [getattr(p, "func", p).__name__ for p in passes]
        pairs = zip(passes, names, strict=True)
        return improved(program, [timed(p, spent, f"  {n}") for p, n in pairs])

    return wrapper


def one_run(args: tuple[Any, ...]) -> dict[str, float]:
    """Seconds of each stage for one fresh transform."""
    spent: dict[str, float] = {}
    function = another()
    kept = {place: getattr(*place) for place in (*STAGES.values(), IMPROVED)}
    for name, place in STAGES.items():
        setattr(*place, timed(kept[place], spent, name))
    setattr(*IMPROVED, improved_by(spent))
    os.environ["SRCAD_CACHE"] = "0"
    try:
        start = time.process_time()
        srcad.grad(function, argnums=(0, 1, 2, 3))(*args)
        total = time.process_time() - start
    finally:
        del os.environ["SRCAD_CACHE"]
        for place, original in kept.items():
            setattr(*place, original)
    steps = spent["prepared"] + spent["transformed"] + spent["finished"]
    found = {
        "read": spent["read"],
        "lower": spent["lower"] - spent["read"],
        "ad": spent["ad"],
        "passes": steps - spent["lower"] - spent["ad"],
        **{name: value for name, value in spent.items() if name.startswith(" ")},
        "  memory": spent["finished"],
        "generate": spent["generate"],
        "load": spent["load"],
    }
    known = sum(value for name, value in found.items() if not name.startswith(" "))
    return {"total": total, **found, "run and the rest": total - known}


def from_disk(args: tuple[Any, ...], repeat: int) -> list[float]:
    """Seconds to a first gradient where a process before has kept its source."""
    times = []
    with tempfile.TemporaryDirectory() as place:
        os.environ["SRCAD_CACHE_DIR"] = place
        try:
            for _ in range(repeat + 1):
                gradient = srcad.grad(model, argnums=(0, 1, 2, 3))
                start = time.process_time()
                gradient(*args)
                times.append(time.process_time() - start)
        finally:
            del os.environ["SRCAD_CACHE_DIR"]
    return times[1:]


SECOND = """
import sys, time
sys.path.insert(0, sys.argv[1])
from benchmarks import latency
import srcad
args = latency.inputs()
latency.model(*args)
del latency.os.environ["SRCAD_CACHE"]
start = time.process_time()
srcad.grad(latency.model, argnums=(0, 1, 2, 3))(*args)
print(time.process_time() - start)
"""


def in_another_process(repeat: int) -> list[float]:
    """Seconds to a first gradient in processes that find its source on disk."""
    times = []
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-c", SECOND, str(Path(__file__).parent.parent)]
        env = {**os.environ, "SRCAD_CACHE_DIR": place}
        for _ in range(repeat + 1):
            ran = subprocess.run(command, check=True, env=env, capture_output=True)
            times.append(float(ran.stdout))
    return times[1:]


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
    print(f"new functions, median and best of {options.repeat} (aim 20 ms)")
    print_stages([one_run(args) for _ in range(options.repeat)])
    times = from_disk(args, options.repeat)
    middle, least = show_time(statistics.median(times)), show_time(min(times))
    print(f"from disk {middle}, best {least} (aim 1 ms)")
    times = in_another_process(min(options.repeat, 5))
    middle, least = show_time(statistics.median(times)), show_time(min(times))
    print(f"the same, first in its process {middle}, best {least}")
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
