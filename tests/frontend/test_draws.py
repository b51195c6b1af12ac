"""Draws of random numbers inside: which generator, and what is known of the number."""

from __future__ import annotations

import random

import numpy as np
import pytest

from srcad import UnsupportedSyntax, grad

first, second = np.random.default_rng(0), np.random.default_rng(1)


def both(x):
    return x * first.normal() + x * x * second.normal()


def normal(x):
    """Named as the method that it calls."""
    return x * x * first.normal()


def test_methods_of_one_name_are_of_their_own_generators() -> None:
    """The second generator's draws were taken from the first."""
    global first, second
    first, second = np.random.default_rng(3), np.random.default_rng(4)
    drawn = [np.random.default_rng(k).normal() for k in (3, 4)]
    assert grad(both)(2.0) == drawn[0] + 4.0 * drawn[1]


def test_a_function_named_as_what_it_calls() -> None:
    global first
    first = np.random.default_rng(5)
    assert grad(normal)(2.0) == 4.0 * np.random.default_rng(5).normal()


def test_a_single_draw_is_a_number() -> None:
    """So no helper has to find out at run time."""
    assert "import" not in grad(both).source_for(1.0)


def test_draws_of_arrays() -> None:
    def f(x):
        noise = first.normal(size=x.shape)
        return np.sum(x * noise)

    global first
    first = np.random.default_rng(6)
    expected = np.random.default_rng(6).normal(size=3)
    assert np.array_equal(grad(f)(np.ones(3)), expected)


def seeded(x):
    rng = np.random.default_rng(3)
    return np.sum(x * rng.normal(size=3))


def of_a_class(x):
    return x * random.Random(3).random()


def of_bits(x):
    return x * np.random.Generator(np.random.PCG64(3)).normal()


@pytest.mark.parametrize(
    "f, line",
    [
        (seeded, "rng = np.random.default_rng(3)"),
        (of_a_class, "return x * random.Random(3).random()"),
        (of_bits, "return x * np.random.Generator(np.random.PCG64(3)).normal()"),
    ],
)
def test_a_generator_made_inside_is_refused_with_what_to_write(f, line) -> None:
    with pytest.raises(UnsupportedSyntax, match="making a random generator") as error:
        grad(f)(np.ones(3))
    assert error.value.span is not None and error.value.span.text.strip() == line
    assert "pass it, as in f(x, np.random.default_rng(0))" in error.value.hint


def test_what_that_refusal_says_to_write() -> None:
    def f(x, rng):
        return np.sum(x * rng.normal(size=3))

    for seed in (0, 1):
        expected = np.random.default_rng(seed).normal(size=3)
        found = grad(f)(np.ones(3), np.random.default_rng(seed))
        assert np.array_equal(found, expected)
