"""A neural network that reads handwritten digits, in plain NumPy.

The data are the 1797 images of 8 x 8 pixels that ship inside scikit-learn. The network
has two layers. Its training loop is the one of every textbook,

    forward:   loss of a minibatch
    backward:  gradient of the loss by each weight matrix W and each bias
    update:    W = W - learning_rate * gradient

and the backward function is not written here: srcad reads `loss` and writes it.

    python examples/03_train_digits.py

Needs scikit-learn for the data; shows a progress bar with a curve of the loss if tqdm
is installed.
"""

import sys
from contextlib import nullcontext

import numpy as np

from srcad import value_and_grad

try:
    from sklearn.datasets import load_digits
except ImportError:
    load_digits = None
try:
    from tqdm import tqdm
except ImportError:
    tqdm = None


def scores(parameters, images):
    """One score per digit for each image; the highest is the answer."""
    hidden = np.tanh(images @ parameters["W1"] + parameters["b1"])
    return hidden @ parameters["W2"] + parameters["b2"]


def loss(parameters, images, labels):
    """Cross-entropy: minus the mean log probability of the right digit."""
    predicted = scores(parameters, images)
    right = predicted[np.arange(len(labels)), labels]
    return np.mean(np.log(np.sum(np.exp(predicted), axis=1)) - right)


loss_and_gradient = value_and_grad(loss)


def accuracy(parameters, images, labels):
    """The share of images that are read correctly."""
    return np.mean(np.argmax(scores(parameters, images), axis=1) == labels)


def digits(rng):
    """The images, 64 numbers from 0 to 1 each, shuffled and split in three.

    Training images set the weights, validation images say when to stop, and test
    images, seen by neither, give the accuracy that is reported.
    """
    if load_digits is None:
        sys.exit("The digits come with scikit-learn: pip install scikit-learn")
    images, labels = load_digits(return_X_y=True)
    order = rng.permutation(len(images))
    train, validation, test = np.split(order, [1097, 1447])
    return [(images[rows] / 16.0, labels[rows]) for rows in (train, validation, test)]


def initial(inputs, hidden, outputs, rng):
    """Small random weights, so that no unit starts saturated; biases of zero."""
    return {
        "W1": rng.normal(size=(inputs, hidden)) / np.sqrt(inputs),
        "b1": np.zeros(hidden),
        "W2": rng.normal(size=(hidden, outputs)) / np.sqrt(hidden),
        "b2": np.zeros(outputs),
    }


def minibatches(images, labels, size, rng):
    """All the images once, in a new order, a few at a time."""
    order = rng.permutation(len(images))
    for start in range(0, len(images), size):
        rows = order[start : start + size]
        yield images[rows], labels[rows]


def progress(epochs):
    """A progress bar where someone is watching, else something that does nothing."""
    if not sys.stderr.isatty():
        return nullcontext()
    if tqdm is None:
        print("(no progress bar: pip install tqdm)", file=sys.stderr)
        return nullcontext()
    return tqdm(total=epochs, unit="epoch", leave=False)


def curve(values, width=24):
    """A line of blocks that rises and falls as the logarithm of the values does."""
    parts = np.array_split(np.log(values), min(len(values), width))
    logs = np.array([part.mean() for part in parts])
    heights = (logs - logs.min()) / max(np.ptp(logs), 1e-12)
    return "".join("▁▂▃▄▅▆▇█"[round(7.0 * h)] for h in heights)


def train(parameters, training, validation, *, learning_rate, epochs, patience, rng):
    """Gradient descent until validation has not improved for `patience` epochs.

    Returns the parameters of the best epoch and, for each epoch, the training loss,
    the validation loss and the validation accuracy.
    """
    best, best_loss, waited = parameters, np.inf, 0
    history = []
    with progress(epochs) as bar:
        for epoch in range(1, epochs + 1):
            losses = []
            for images, labels in minibatches(*training, size=32, rng=rng):
                value, gradient = loss_and_gradient(parameters, images, labels)
                parameters = {
                    name: W - learning_rate * gradient[name]
                    for name, W in parameters.items()
                }
                losses.append(value)
            seen = np.mean(losses)
            unseen = loss(parameters, *validation)
            correct = accuracy(parameters, *validation)
            history.append((seen, unseen, correct))
            if bar is not None:
                shown = f"loss {unseen:.4f} {curve([row[1] for row in history])}"
                bar.set_postfix_str(shown, refresh=False)
                bar.update()
            if epoch == 1 or epoch % 10 == 0:
                report = tqdm.write if bar is not None else print
                report(f"{epoch:6d} {seen:15.4f} {unseen:17.4f} {correct:21.1%}")
            waited += 1
            if unseen < best_loss:
                best, best_loss, waited = parameters, unseen, 0
            if waited == patience:
                break
    return best, history


def main(hidden=64, learning_rate=0.3, epochs=200, patience=10, seed=0):
    rng = np.random.default_rng(seed)
    training, validation, test = digits(rng)
    parameters = initial(64, hidden, 10, rng)

    print(f"{len(training[0])} images to learn from, {len(test[0])} to test on\n")
    print(" epoch   training loss   validation loss   validation accuracy")
    parameters, history = train(
        parameters,
        training,
        validation,
        learning_rate=learning_rate,
        epochs=epochs,
        patience=patience,
        rng=rng,
    )
    print(f"\nStopped after {len(history)} epochs: validation no longer improves.")
    found = accuracy(parameters, *test)
    print(f"Loss on the test images      {loss(parameters, *test):.4f}")
    print(f"Accuracy on the test images  {found:.1%}")

    print("\nThe gradient, as srcad wrote it:\n")
    print(loss_and_gradient.source)
    return history, found


if __name__ == "__main__":
    main()
