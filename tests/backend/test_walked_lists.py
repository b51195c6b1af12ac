"""Lists that loops of the Numba dialect read by index are made before the first round.

What is printed for Numba is run as Python here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lowering import types_at
from trees import close

import srcad
from backend.shuffled import numbers, shuffled
from srcad.backend.generate import generate
from srcad.pipeline import for_loops

X = np.array([0.5, 0.6, 0.7])


def sum_of_a_list(x: Any, a: Any) -> Any:
    """The adjoint walks as many slopes as the sum has terms, and writes to `x_bar`."""
    n = len(x)
    x[n - 1] += 0.3 * sum([x[r] * np.sin(a) for r in range(n)])
    return np.sum(x * x)


def counting_up(x: Any, a: Any) -> Any:
    n = len(x)
    x[0] += 0.3 * sum([x[r] * a for r in range(n)]) / n
    return np.sum(x * x)


@pytest.mark.parametrize("function", [sum_of_a_list, counting_up])
def test_a_list_is_not_made_anew_in_each_round(function: Any) -> None:
    transform = srcad.value_and_grad(function, (0, 1))
    types = types_at(function, X, 0.3)
    (program,) = transform.dispatcher._programs(types, "numba").finished
    made = generate(for_loops(program), dialect="numba")
    found = shuffled(made, 1)(X.copy(), 0.3)
    assert close(numbers(found), numbers(transform(X.copy(), 0.3)), 1e-14)
    assert "walked = [" in made.text
