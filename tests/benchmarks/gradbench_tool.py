"""srcad as a tool of the GradBench suite: its protocol on standard input and output.

    python -m tests.benchmarks.gradbench_tool [--backend numba|python]

Each line in is a message, each line out its response (JSON). `define` says whether the
module is known; `evaluate` runs a function on an input as often as the input asks
(`min_runs`, `min_seconds`) and gives each run's time; other kinds are acknowledged. The
first run is not timed: it reads, transforms and, with Numba, compiles the function.
(The protocol: CONTRIBUTING.md of github.com/gradbench/gradbench.)
"""

import argparse
import functools
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import timing  # noqa: F401  (first: one BLAS thread)

# isort: split
import numpy as np

import srcad
from benchmarks import ours
from benchmarks.programs import ba, gmm, hello, kmeans, llsq, lse, lstm, ode

BACKEND = {"numba": "loops", "python": "plain"}  # the form that each is given


@dataclass(frozen=True)
class Function:
    """A function of a module: what the input becomes, what runs, what is sent back."""

    prepare: Callable[[Any], tuple[Any, ...]]
    made: Callable[[str, tuple[Any, ...]], Callable[[], Any]]
    send: Callable[[Any], Any]


def primal(module: Any) -> Callable[[str, tuple[Any, ...]], Callable[[], Any]]:
    def made(backend: str, args: tuple[Any, ...]) -> Callable[[], Any]:
        f = ours.primal_of(module, BACKEND[backend], backend)
        return lambda: f(*args)

    return made


def gradient(module: Any) -> Callable[[str, tuple[Any, ...]], Callable[[], Any]]:
    def made(backend: str, args: tuple[Any, ...]) -> Callable[[], Any]:
        transform = transform_of(module, backend)
        return lambda: transform(*args)

    return made


@functools.cache
def transform_of(module: Any, backend: str) -> Any:
    return srcad.grad(getattr(module, BACKEND[backend]), module.WRT, backend=backend)


def listed(x: Any) -> Any:
    return x.tolist() if isinstance(x, (np.ndarray, np.generic)) else x


def first_listed(found: Any) -> Any:
    return listed(found[0])


# ---- inputs and outputs of the modules -----------------------------------------------


def gmm_input(given: Any) -> tuple[Any, ...]:
    arrays = [np.array(given[name], dtype=float) for name in ("alpha", "mu", "q")]
    low = np.array(given["l"], dtype=float).reshape((given["k"], -1))
    x = np.array(given["x"], dtype=float)
    return gmm.prepared(*arrays, low, x, given["m"], float(given["gamma"]))


def gmm_output(found: Any) -> Any:
    return dict(zip(("alpha", "mu", "q", "l"), map(listed, found)))


def lstm_input(given: Any) -> tuple[Any, ...]:
    names = ("main_params", "extra_params", "state", "sequence")
    return tuple(np.array(given[name], dtype=float) for name in names)


def lstm_output(found: Any) -> Any:
    return np.concatenate([part.ravel() for part in found]).tolist()


def kmeans_input(given: Any) -> tuple[Any, ...]:
    return tuple(np.array(given[name]) for name in ("centroids", "points"))


def newton_step(backend: str, args: tuple[Any, ...]) -> Callable[[], Any]:
    """The gradient over the diagonal of the Hessian."""
    make = ours.by_numba if backend == "numba" else ours.by_numpy
    both = make(kmeans, args)

    def call() -> Any:
        slope, diagonal = both()
        return slope / diagonal

    return call


def vector_input(*names: str) -> Callable[[Any], tuple[Any, ...]]:
    return lambda given: (np.array(given["x"], dtype=float), *map(given.get, names))


@dataclass(frozen=True)
class Observations:
    """The input of ba: each observation's camera, point, weight and place."""

    cameras: int
    points: int
    camera: Any
    point: Any
    args: tuple[Any, ...]


def ba_input(given: Any) -> tuple[Any, ...]:
    n, m, p = given["n"], given["m"], given["p"]
    camera, point = np.arange(p) % n, np.arange(p) % m
    args = (
        np.tile(given["cam"], (n, 1))[camera],
        np.tile(given["x"], (m, 1))[point],
        np.full(p, float(given["w"])),
        np.tile(given["feat"], (p, 1)),
    )
    return (Observations(n, m, camera, point, args),)


def ba_errors(backend: str, args: tuple[Any, ...]) -> Callable[[], Any]:
    w = args[0].args[2]
    f = ours.primal_of(ba, "plain", "python")
    return lambda: (f(*args[0].args), 1.0 - w * w)


def ba_errors_output(found: Any) -> Any:
    reprojection, weight = found
    p = len(weight)
    return {
        "reproj_error": {"elements": reprojection[:, 0].tolist(), "repeated": p},
        "w_err": {"element": float(weight[0]), "repeated": p},
    }


def ba_jacobian(backend: str, args: tuple[Any, ...]) -> Callable[[], Any]:
    make = ours.by_numba if backend == "numba" else ours.by_numpy
    (given,) = args
    sweeps = make(ba, given.args)
    return lambda: sparse(given, sweeps()[-6:])


def sparse(given: Observations, sweeps: list[Any]) -> tuple[Any, Any, Any]:
    """The Jacobian by rows: where each row starts, the columns, the values.

    First two rows for each observation, by its camera, point and weight; then one for
    each weight's error, 1 - w^2.
    """
    w = given.args[2]
    p = len(w)
    values = np.empty((p, 2, 15))
    for k in range(2):
        camera_bar, point_bar, w_bar = sweeps[3 * k : 3 * k + 3]
        values[:, k, :11] = camera_bar
        values[:, k, 11:14] = point_bar
        values[:, k, 14] = w_bar
    columns = np.empty((p, 2, 15), dtype=int)
    columns[:, :, :11] = (11 * given.camera[:, None] + np.arange(11))[:, None]
    at_point = 11 * given.cameras + 3 * given.point[:, None] + np.arange(3)
    columns[:, :, 11:14] = at_point[:, None]
    at_weight = 11 * given.cameras + 3 * given.points + np.arange(p)
    columns[:, :, 14] = at_weight[:, None]
    starts = np.concatenate(
        (15 * np.arange(2 * p + 1), 30 * p + 1 + np.arange(p)), dtype=int
    )
    return (
        starts,
        np.concatenate((columns.ravel(), at_weight)),
        np.concatenate((values.ravel(), -2.0 * w)),
    )


def sparse_output(found: Any) -> Any:
    """The suite asks for the first 30 entries and the last one."""
    names = ("rows", "cols", "vals")
    return {k: [*part[:30].tolist(), part[-1].item()] for k, part in zip(names, found)}


def ode_solution(backend: str, args: tuple[Any, ...]) -> Callable[[], Any]:
    name = "solution_by_loops" if backend == "numba" else "solution"
    f = ours.primal_of(ode, name, backend)
    return lambda: f(*args)


X = vector_input()
MODULES: dict[str, dict[str, Function]] = {
    "hello": {
        "square": Function(lambda x: (float(x),), primal(hello), listed),
        "double": Function(lambda x: (float(x),), gradient(hello), first_listed),
    },
    "gmm": {
        "objective": Function(gmm_input, primal(gmm), float),
        "jacobian": Function(gmm_input, gradient(gmm), gmm_output),
    },
    "ba": {
        "objective": Function(ba_input, ba_errors, ba_errors_output),
        "jacobian": Function(ba_input, ba_jacobian, sparse_output),
    },
    "lstm": {
        "objective": Function(lstm_input, primal(lstm), float),
        "jacobian": Function(lstm_input, gradient(lstm), lstm_output),
    },
    "kmeans": {
        "cost": Function(kmeans_input, primal(kmeans), float),
        "dir": Function(kmeans_input, newton_step, listed),
    },
    "lse": {
        "primal": Function(X, primal(lse), float),
        "gradient": Function(X, gradient(lse), first_listed),
    },
    "llsq": {
        "primal": Function(vector_input("n"), primal(llsq), float),
        "gradient": Function(vector_input("n"), gradient(llsq), first_listed),
    },
    "ode": {
        "primal": Function(vector_input("s"), ode_solution, listed),
        "gradient": Function(vector_input("s"), gradient(ode), first_listed),
    },
}


# ---- the protocol --------------------------------------------------------------------


def evaluated(message: Any, backend: str) -> dict[str, Any]:
    """The response to `evaluate`: the output, and the time of each run."""
    function = MODULES[message["module"]][message["function"]]
    given = message["input"]
    runs, seconds = 1, 0.0
    if isinstance(given, dict):
        runs, seconds = given.get("min_runs", 1), given.get("min_seconds", 0.0)
    call = function.made(backend, function.prepare(given))
    output = call()
    times: list[int] = []
    while len(times) < runs or sum(times) < 1e9 * seconds:
        start = time.perf_counter_ns()
        output = call()
        times.append(time.perf_counter_ns() - start)
    timings = [{"name": "evaluate", "nanoseconds": t} for t in times]
    return {"success": True, "output": function.send(output), "timings": timings}


def response(message: Any, backend: str) -> dict[str, Any]:
    """What the tool answers to one message."""
    kind = message["kind"]
    if kind == "start":
        return {"id": message["id"], "tool": "srcad", "config": {"backend": backend}}
    if kind == "define":
        known = message["module"] in MODULES
        error = {} if known else {"error": f"no module {message['module']!r}"}
        return {"id": message["id"], "success": known, **error}
    if kind == "evaluate":
        try:
            return {"id": message["id"], **evaluated(message, backend)}
        except Exception:
            text = traceback.format_exc()
            return {"id": message["id"], "success": False, "error": text}
    return {"id": message["id"]}


def conversation(lines: Iterable[str], backend: str) -> Iterator[str]:
    for line in lines:
        yield json.dumps(response(json.loads(line), backend))


def main() -> int:
    parser = argparse.ArgumentParser(description="srcad as a GradBench tool")
    parser.add_argument("--backend", default="numba", choices=tuple(BACKEND))
    for line in conversation(sys.stdin, parser.parse_args().backend):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
