"""Functions with rules of the user's, and one without a source."""

import numpy as np

from srcad import custom_jvp, custom_vjp

X = np.array([0.3, 0.8, 1.4])


@custom_jvp
def exponential(x):
    return np.exp(x)


@exponential.defjvp
def exponential_jvp(primals, tangents):
    (x,) = primals
    (x_dot,) = tangents
    y = exponential(x)
    return y, y * x_dot


@custom_jvp
def weighted(x, y):
    return np.sin(x) * y


weighted.defjvp(
    lambda primals, tangents: (
        weighted(*primals),
        np.cos(primals[0]) * primals[1] * tangents[0]
        + np.sin(primals[0]) * tangents[1],
    )
)


@custom_vjp
def product(x, y):
    return np.sin(x) * y


def product_fwd(x, y):
    return product(x, y), (np.cos(x), np.sin(x), y)


def product_bwd(kept, g):
    cos_x, sin_x, y = kept
    return cos_x * g * y, sin_x * g


product.defvjp(product_fwd, product_bwd)


def hidden(function):
    """A callable without a source."""

    class Hidden:
        __name__ = "hidden"

        def __call__(self, *args):
            return function(*args)

    return Hidden()
