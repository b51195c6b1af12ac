# %% [markdown]
# # From a graph to a trained network
#
# This notebook is kept as text, so that it can be read and compared. To open it as a
# notebook: `jupytext --to ipynb examples/notebook/tutorial.py`, or, with jupytext
# installed, "open with notebook" in Jupyter. It needs srcad and NumPy, and no network.
#
# Run the cells from top to bottom, then change something and run them again.

# %%
import numpy as np

import srcad
from srcad import check_grads, grad, value_and_grad
from srcad.draw import steps

# %% [markdown]
# ## A graph
#
# A function is a graph: operations are its nodes, and each needs what others gave.


# %%
def g(x, y, z):
    p = x + y
    return p * z


# %% [markdown]
# The forward pass computes a value at each node, from the arguments to the result. The
# backward pass computes the derivative of the result by each value, from the result to
# the arguments: each is the one behind it times a local factor.

# %%
srcad.graph(g, 1, 3, -3)

# %% [markdown]
# Values stand above the lines, derivatives below. The same as a list:

# %%
graph = steps(g, 1, 3, -3)
for step in graph:
    print(f"{step.name}   value {step.value:5g}   derivative {step.derivative:5g}")

# %% [markdown]
# srcad does the same with names instead of numbers, and writes a Python function:

# %%
gradient = grad(g, argnums=(0, 1, 2))
print(gradient(1.0, 3.0, -3.0))
print(gradient.source)

# %% [markdown]
# **Try:** write `p = x * y` in the cell of `g`, run it and the three after it. What is
# the derivative by `x` now, and where does the value come from that it needs?
#
# ## A loop
#
# The graph of a loop is its body, again and again. The backward pass goes through it
# from the last round to the first.


# %%
def orbit(x, rate, rounds):
    for _ in range(rounds):
        x = rate * x * (1.0 - x)
    return x


srcad.graph(orbit, 0.3, 3.2, 5)

# %% [markdown]
# The numbers are those of the last round. The gradient goes back through all of them:

# %%
orbit_gradient = grad(orbit, argnums=(0, 1))
print(orbit_gradient(0.3, 3.2, 5))
print(orbit_gradient.source)

# %% [markdown]
# Differences are a second opinion:

# %%
check_grads(orbit, (0.3, 3.2, 5), argnums=(0, 1))

# %% [markdown]
# ## Training
#
# A network with one hidden layer that learns a curve. The parameters are a dict, and so
# is the gradient.

# %%
rng = np.random.default_rng(0)
x = np.linspace(-1.0, 1.0, 80)[:, None]
y = np.sin(4.0 * x) + 0.05 * rng.normal(size=x.shape)


def network(p, x):
    return np.tanh(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]


def loss(p, x, y):
    return np.mean((network(p, x) - y) ** 2)


def initial(hidden):
    return {
        "W1": 2.0 * rng.normal(size=(1, hidden)),
        "b1": rng.normal(size=hidden),
        "W2": rng.normal(size=(hidden, 1)) / hidden,
        "b2": np.zeros(1),
    }


# %% [markdown]
# Forward pass, backward pass, update; stop when the loss hardly falls any more.

# %%
loss_and_gradient = value_and_grad(loss)
weights = initial(16)
learning_rate, losses = 0.1, []
for epoch in range(5000):
    value, slopes = loss_and_gradient(weights, x, y)
    losses.append(value)
    if epoch % 500 == 0:
        print(f"epoch {epoch:5d}   loss {value:.5f}")
    if epoch > 100 and losses[-100] - value < 1e-4:
        break
    weights = {name: W - learning_rate * slopes[name] for name, W in weights.items()}
print(f"stopped at epoch {epoch}, loss {value:.5f}")

# %% [markdown]
# The curve that it learned, drawn with what a terminal has:

# %%
for row in range(0, 80, 8):
    left = int(30 + 25 * network(weights, x)[row, 0])
    print(" " * left + "*")

# %% [markdown]
# And the function that computed all these gradients:

# %%
print(loss_and_gradient.source)

# %% [markdown]
# **Try:** another learning rate, 0.3 or 1.0. Another curve. Two hidden layers: only
# `network` and `initial` change; the backward pass is written anew by itself.
