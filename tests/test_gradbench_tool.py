"""The GradBench tool holds a recorded conversation, on both backends.

The recorded answers are not srcad's: closed forms, and differences of the definitions
(densities with determinants and inverses, the rotation as a matrix).
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks import gradbench_tool as tool

HERE = Path(tool.__file__).parent
RECORD = (HERE / "conversation.jsonl").read_text()
LINES = [json.loads(line) for line in RECORD.splitlines()]
PAIRS = [(a["message"], b["response"]) for a, b in zip(LINES[::2], LINES[1::2])]


def assert_close(found, wanted):
    assert type(found) is type(wanted)
    if isinstance(wanted, dict):
        assert set(found) == set(wanted)
        for key, value in wanted.items():
            assert_close(found[key], value)
    elif isinstance(wanted, list):
        assert len(found) == len(wanted)
        for a, b in zip(found, wanted):
            assert_close(a, b)
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=1e-7, abs=1e-7)
    else:
        assert found == wanted


def held(backend, pairs):
    messages = [json.dumps(message) for message, _ in pairs]
    for (message, wanted), line in zip(pairs, tool.conversation(messages, backend)):
        found = json.loads(line)
        timings = found.pop("timings", None)
        found.pop("config", None)
        if message["kind"] == "evaluate" and found["success"]:
            assert [t["name"] for t in timings] == ["evaluate"] * len(timings)
            assert all(isinstance(t["nanoseconds"], int) for t in timings)
        assert_close(found, wanted)


def test_the_recorded_conversation_in_python():
    held("python", PAIRS)


@pytest.mark.parametrize("module", ["hello", "kmeans", "ba"])
def test_the_recorded_conversation_in_numba(module):
    pytest.importorskip("numba")
    held("numba", [p for p in PAIRS if p[0].get("module") == module])


def evaluate(given, function="square", module="hello"):
    message = {"id": 7, "kind": "evaluate", "module": module, "function": function}
    return tool.response({**message, "input": given}, "python")


def test_an_input_says_how_often_to_run():
    x = np.zeros(3).tolist()
    found = evaluate({"x": x, "min_runs": 5, "min_seconds": 0}, "primal", "lse")
    assert len(found["timings"]) == 5
    found = evaluate({"x": x, "min_runs": 1, "min_seconds": 0.02}, "primal", "lse")
    assert sum(t["nanoseconds"] for t in found["timings"]) >= 0.02e9


def test_what_fails_is_answered_with_the_error():
    found = evaluate("text")
    assert found["success"] is False and "could not convert" in found["error"]
    found = evaluate(1.0, "cube")
    assert found["success"] is False and "cube" in found["error"]


def test_it_speaks_on_standard_input_and_output():
    messages = [m for m, _ in PAIRS if m.get("module") in (None, "hello")][:5]
    done = subprocess.run(
        [sys.executable, HERE / "gradbench_tool.py", "--backend", "python"],
        input="".join(json.dumps(m) + "\n" for m in messages),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["id"] for a in answers] == [m["id"] for m in messages]
    assert answers[0]["tool"] == "srcad"
