"""Backpropagation through time: a recurrent network learns to count odd and even.

The task is the running parity. The network sees one bit, -1 or 1, at each step, and has
to say whether the number of -1s so far is even (1) or odd (-1). No single bit tells;
the network must keep a memory of one bit in its hidden state h and flip it when asked:

    h = tanh(x W_in + h W_h + b)        the same weights at every step
    answer = h W_out

Unrolled over time this is a deep network with shared weights, so the gradient by each
weight matrix is a sum over all steps, gathered from the last step to the first. srcad
reads the loop in `loss` and writes the loop that does this.

The network learns on sequences of 10 bits, until its loss is small. It is tested on
other sequences of 10 bits that it has not seen, and on sequences ten times as long.

    python examples/02_backprop_through_time.py

Shows a progress bar if tqdm is installed.
"""

import sys

import numpy as np

from srcad import value_and_grad

try:
    from tqdm import tqdm
except ImportError:
    tqdm = None


def loss(W_in, W_h, b, W_out, bits, parity):
    """Mean squared error of the answers; bits and parity are (steps, batch, 1)."""
    h = np.zeros((bits.shape[1], len(b)))
    total = 0.0
    for t in range(len(bits)):
        h = np.tanh(bits[t] @ W_in + h @ W_h + b)
        error = h @ W_out - parity[t]
        total += np.sum(error * error)
    return total / parity.size


loss_and_gradients = value_and_grad(loss, argnums=(0, 1, 2, 3))


def accuracy(W_in, W_h, b, W_out, bits, parity):
    """The share of steps at which the sign of the answer is right."""
    h = np.zeros((bits.shape[1], len(b)))
    right = 0
    for x, y in zip(bits, parity, strict=True):
        h = np.tanh(x @ W_in + h @ W_h + b)
        right += np.sum(np.sign(h @ W_out) == y)
    return right / parity.size


def with_parity(bits):
    """Sequences of shape (steps, batch, 1) and their running parity."""
    return bits, np.cumprod(bits, axis=0)


def all_sequences(steps):
    """Every sequence of -1s and 1s, as (steps, 2**steps, 1)."""
    numbers = np.arange(2**steps)
    return 1.0 - 2.0 * (numbers >> np.arange(steps)[:, None] & 1)[:, :, None]


def initial(hidden, rng):
    """Random weights; the size of the sums does not depend on the number of units."""
    return [
        rng.normal(size=(1, hidden)),
        rng.normal(size=(hidden, hidden)) / np.sqrt(hidden),
        0.5 * rng.normal(size=hidden),
        rng.normal(size=(hidden, 1)) / np.sqrt(hidden),
    ]


def train(weights, bits, parity, *, learning_rate, small, epochs):
    """Gradient descent until the loss is `small`, for at most so many epochs.

    Returns the weights and the loss at each epoch.
    """
    losses = []
    watched = tqdm is not None and sys.stderr.isatty()
    bar = tqdm(total=epochs, unit="epoch", leave=False) if watched else None
    report = tqdm.write if watched else print
    report(" epoch      loss")
    for epoch in range(epochs + 1):
        value, gradients = loss_and_gradients(*weights, bits, parity)
        losses.append(value)
        done = value < small or epoch == epochs
        if done or epoch % 100 == 0:
            report(f"{epoch:6d} {value:9.5f}")
        if bar is not None:
            bar.set_postfix_str(f"loss {value:.5f}", refresh=False)
            bar.update()
        if done:
            break
        weights = [
            W - learning_rate * gradient
            for W, gradient in zip(weights, gradients, strict=True)
        ]
    if bar is not None:
        bar.close()
    return weights, losses


def main(hidden=16, learning_rate=0.1, small=0.001, epochs=2000, steps=10, seed=0):
    rng = np.random.default_rng(seed)
    bits = all_sequences(steps)[:, rng.permutation(2**steps)]
    half = 2**steps // 2
    seen, unseen = with_parity(bits[:, :half]), with_parity(bits[:, half:])
    longer = with_parity(rng.choice([-1.0, 1.0], size=(10 * steps, 200, 1)))

    weights, losses = train(
        initial(hidden, rng),
        *seen,
        learning_rate=learning_rate,
        small=small,
        epochs=epochs,
    )
    print(f"\nStopped at epoch {len(losses) - 1}, with a loss of {losses[-1]:.5f}.")
    found = accuracy(*weights, *unseen), accuracy(*weights, *longer)
    print(f"Right answers on unseen sequences of {steps} bits    {found[0]:.1%}")
    print(f"Right answers on sequences of {10 * steps} bits          {found[1]:.1%}")

    print("\nThe gradient, as srcad wrote it; its second loop runs back in time:\n")
    print(loss_and_gradients.source)
    return losses, found


if __name__ == "__main__":
    main()
