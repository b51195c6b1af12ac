"""Names that change places or come to be one object in a loop: right, or refused."""

import numpy as np
import pytest

from srcad import UnsupportedSyntax, check_grads, value_and_grad

X = np.array([0.7, -0.4, 1.1])


def two_buffers(x):
    u = x.copy()
    v = np.zeros_like(u)
    for _ in range(3):
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        v[0] = u[0]
        v[-1] = u[-1]
        u, v = v, u
    return np.sum(u**2) + v[1]


def first_buffer_has_another_name(x):
    u = x * 1.0
    first = u
    v = np.zeros(3)
    for _ in range(3):
        v[1:] = u[:-1] * 2.0  # refuse
        u, v = v, u
    return np.sum(u * v) + first[1]


def second_name_of_an_array_written_later(x):
    a = x * 2.0
    b = np.ones(3)
    s = x[0]
    for _ in range(2):
        s = s + a[0] * b[0]
        a[-1] += a[0] * 0.5  # refuse
        if s > 1.0:
            break
        b = a
    return s + (a * b).sum()


def test_two_buffers_that_change_places():
    value, _ = value_and_grad(two_buffers)(X)
    assert value == two_buffers(X)
    check_grads(two_buffers, (X,))


@pytest.mark.parametrize(
    "f", [first_buffer_has_another_name, second_name_of_an_array_written_later]
)
def test_a_write_that_another_name_sees_is_refused_at_its_line(f):
    with pytest.raises(UnsupportedSyntax) as caught:
        value_and_grad(f)(X)
    assert caught.value.span is not None
    assert "# refuse" in caught.value.span.text
