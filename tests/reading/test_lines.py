"""The source map leads from each generated line to the user's, and back."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from srcad import grad, jacobian, value_and_grad


def layer(w, x):
    h = np.tanh(w * x)
    return h * h


def net(w, x, n):
    for _ in range(n):
        x = layer(w, x)
    return np.sum(
        x,
    )


def at(function, text: str) -> int:
    """The line of this file where a function says this."""
    lines, first = inspect.getsourcelines(function)
    return first + next(k for k, line in enumerate(lines) if text in line)


@pytest.fixture(params=["python", "numba"])
def gradient(request):
    found = value_and_grad(net, backend=request.param)
    found(np.ones(2), np.ones(2), 3)
    return found


def test_it_has_the_lines_of_the_source(gradient) -> None:
    found = gradient.source_map
    assert "\n".join(line.text for line in found) + "\n" == gradient.source
    assert [line.number for line in found] == list(range(1, len(found) + 1))
    assert found[0] is next(iter(found))


def test_to_the_user(gradient) -> None:
    found = gradient.source_map
    for line in found:
        if "tanh(" in line.text and not line.text.lstrip().startswith("#"):
            assert line.span.line == at(layer, "np.tanh")
            assert line.span.filename == __file__
            assert not line.adjoint
            assert found.user(line.number) is line.span
            break
    else:
        raise AssertionError("no line computes tanh")
    assert found.user(1) is None
    with pytest.raises(IndexError, match="lines 1 to"):
        found.user(0)
    with pytest.raises(IndexError):
        found.user(len(found) + 1)


def test_from_the_user(gradient) -> None:
    found = gradient.source_map
    numbers = found.generated(at(layer, "np.tanh"))
    assert [n for n in numbers if found[n - 1].adjoint]
    assert [n for n in numbers if not found[n - 1].adjoint]
    assert found.generated(at(layer, "np.tanh"), "test_lines.py") == numbers
    assert found.generated(at(layer, "np.tanh"), "elsewhere.py") == []
    # A loop's lines are its own, not those of its body.
    loop = [found[n - 1].text for n in found.generated(at(net, "for _"))]
    assert len([text for text in loop if "for " in text]) == 2
    assert not any("tanh" in text for text in loop)
    assert found.generated(at(net, "        x,\n")) == found.generated(
        at(net, "np.sum")
    )


def test_the_adjoint_part(gradient) -> None:
    lines = list(gradient.source_map)
    first = next(line.number for line in lines if line.adjoint)
    assert all(line.adjoint for line in lines[first - 1 :])
    assert "value = np.sum(x)" in lines[first - 3].text
    assert "return value" in lines[-1].text


def test_the_same_from_the_cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SRCAD_CACHE", "1")
    monkeypatch.setenv("SRCAD_CACHE_DIR", str(tmp_path))
    both = []
    for _ in range(2):
        found = value_and_grad(net)
        found(np.ones(2), np.ones(2), 3)
        both.append(list(found.source_map))
    assert both[0] == both[1]
    assert any(line.adjoint for line in both[1])


def test_two_halves() -> None:
    found = jacobian(layer)
    found(np.ones(2), np.ones(2))
    lines = found.source_map
    assert "\n".join(line.text for line in lines) + "\n" == found.source
    (bar,) = [line for line in lines if "h_bar" in line.text][:1]
    assert lines.user(bar.number).line == at(layer, "return h * h")


def test_as_text_and_table(gradient) -> None:
    found = gradient.source_map
    place = f"test_lines.py:{at(layer, 'np.tanh')}  h = np.tanh(w * x)"
    assert place in str(found)
    assert repr(found).startswith(f"<source map of {len(found)} lines>")
    assert found._repr_html_().count("<tr>") == len(found) + 1


def test_before_a_call() -> None:
    def f(x: float):
        return x * x

    assert grad(f).source_map[0].text == "def f(x):"
