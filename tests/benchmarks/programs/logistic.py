"""The logistic map: a long loop over one number."""

import numpy as np

WRT = (0, 1)
SIZES = {"steps=1000": (1000,), "steps=1000000": (1_000_000,)}
SLOW = {"autograd": 1000, "torch": 1000}


def arguments(steps):
    return 0.3, 3.2, steps


def plain(x, r, steps):
    for _ in range(steps):
        x = r * x * (1.0 - x)
    return x


loops = plain


def by_hand(x, r, steps):
    saved_x = np.empty(steps)
    for k in range(steps):
        saved_x[k] = x
        x = r * x * (1.0 - x)
    value = x
    x_bar, r_bar = 1.0, 0.0
    for k in range(steps - 1, -1, -1):
        x = saved_x[k]
        r_bar += x_bar * (x * (1.0 - x))
        x_bar *= r * (1.0 - 2.0 * x)
    return value, (x_bar, r_bar)


def jax_form(jax):
    def function(x, r, steps):
        def step(x, _):
            return r * x * (1.0 - x), None

        return jax.lax.scan(step, x, None, length=steps)[0]

    return function
