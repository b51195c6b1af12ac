"""A recurrent network with diagonal weights that predicts the next character's bits.

main: (2 l, 4 b), for each layer a row of weights and one of biases, each in the order
forget, in, out, change; extra: (3, b), weights in and out, bias out; state: (2 l, b),
for each layer hidden and cell; sequence: (c, b).
"""

import numpy as np

WRT = (0, 1)
SIZES = {"l=2 c=1024": (2, 1024), "l=6 c=4096": (6, 4096)}
SLOW = {"torch": 2048, "autograd": 2048}


def arguments(layers, c, b=14):
    rng = np.random.default_rng(6)
    sequence = rng.integers(0, 2, size=(c, b)).astype(float)
    main, extra = rng.uniform(size=(2 * layers, 4 * b)), rng.uniform(size=(3, b))
    return main, extra, rng.uniform(size=(2 * layers, b)), sequence


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def plain(main, extra, state, sequence):
    b = state.shape[1]
    state = state.copy()
    total = 0.0
    for t in range(len(sequence) - 1):
        x = sequence[t] * extra[0]
        for i in range(0, len(state), 2):
            weight, bias = main[i].reshape((4, b)), main[i + 1].reshape((4, b))
            forget = sigmoid(x * weight[0] + bias[0])
            ingate = sigmoid(state[i] * weight[1] + bias[1])
            outgate = sigmoid(x * weight[2] + bias[2])
            change = np.tanh(state[i] * weight[3] + bias[3])
            state[i + 1] = state[i + 1] * forget + ingate * change
            x = outgate * np.tanh(state[i + 1])
            state[i] = x
        predicted = x * extra[1] + extra[2]
        norm = np.log(2.0 + np.sum(np.exp(predicted)))
        total += np.sum(sequence[t + 1] * (predicted - norm))
    return -total / (b * (len(sequence) - 1))


def loops(main, extra, state, sequence):
    c, b = sequence.shape
    state = state.copy()
    x = np.empty(b)
    total = 0.0
    for t in range(c - 1):
        for j in range(b):
            x[j] = sequence[t, j] * extra[0, j]
        for i in range(0, len(state), 2):
            for j in range(b):
                forget = sigmoid(x[j] * main[i, j] + main[i + 1, j])
                ingate = sigmoid(state[i, j] * main[i, b + j] + main[i + 1, b + j])
                outgate = sigmoid(x[j] * main[i, 2 * b + j] + main[i + 1, 2 * b + j])
                change = np.tanh(
                    state[i, j] * main[i, 3 * b + j] + main[i + 1, 3 * b + j]
                )
                state[i + 1, j] = state[i + 1, j] * forget + ingate * change
                state[i, j] = outgate * np.tanh(state[i + 1, j])
                x[j] = state[i, j]
        norm = 2.0
        for j in range(b):
            norm += np.exp(x[j] * extra[1, j] + extra[2, j])
        norm = np.log(norm)
        for j in range(b):
            total += sequence[t + 1, j] * (x[j] * extra[1, j] + extra[2, j] - norm)
    return -total / (b * (c - 1))


def by_hand(main, extra, state, sequence):
    c, b = sequence.shape
    layers = len(state) // 2
    hidden = np.empty((c, layers, b))
    cell = np.empty((c, layers, b))
    for i in range(layers):
        hidden[0, i] = state[2 * i]
        cell[0, i] = state[2 * i + 1]
    gates = np.empty((c, layers, 5, b))  # forget, in, out, change, tanh of the cell
    predicted = np.empty((c, b))
    norms = np.empty(c)
    total = 0.0
    for t in range(c - 1):
        for i in range(layers):
            for j in range(b):
                x = sequence[t, j] * extra[0, j] if i == 0 else hidden[t + 1, i - 1, j]
                h = hidden[t, i, j]
                w, v = main[2 * i], main[2 * i + 1]
                forget = sigmoid(x * w[j] + v[j])
                ingate = sigmoid(h * w[b + j] + v[b + j])
                outgate = sigmoid(x * w[2 * b + j] + v[2 * b + j])
                change = np.tanh(h * w[3 * b + j] + v[3 * b + j])
                new = cell[t, i, j] * forget + ingate * change
                shown = np.tanh(new)
                cell[t + 1, i, j] = new
                hidden[t + 1, i, j] = outgate * shown
                gates[t, i, 0, j] = forget
                gates[t, i, 1, j] = ingate
                gates[t, i, 2, j] = outgate
                gates[t, i, 3, j] = change
                gates[t, i, 4, j] = shown
        norm = 2.0
        for j in range(b):
            score = hidden[t + 1, layers - 1, j] * extra[1, j] + extra[2, j]
            predicted[t, j] = np.exp(score)
            norm += predicted[t, j]
            total += sequence[t + 1, j] * score
        norms[t] = norm
        for j in range(b):
            total -= sequence[t + 1, j] * np.log(norm)
    scale = -1.0 / (b * (c - 1))

    main_bar, extra_bar = np.zeros_like(main), np.zeros_like(extra)
    hidden_bar, cell_bar = np.zeros((layers, b)), np.zeros((layers, b))
    for t in range(c - 2, -1, -1):
        ones = 0.0
        for j in range(b):
            ones += sequence[t + 1, j]
        for j in range(b):
            score_bar = scale * (sequence[t + 1, j] - ones * predicted[t, j] / norms[t])
            h = hidden[t + 1, layers - 1, j]
            extra_bar[1, j] += score_bar * h
            extra_bar[2, j] += score_bar
            hidden_bar[layers - 1, j] += score_bar * extra[1, j]
        for i in range(layers - 1, -1, -1):
            w, w_bar, v_bar = main[2 * i], main_bar[2 * i], main_bar[2 * i + 1]
            for j in range(b):
                forget, ingate = gates[t, i, 0, j], gates[t, i, 1, j]
                outgate, change = gates[t, i, 2, j], gates[t, i, 3, j]
                shown = gates[t, i, 4, j]
                x = sequence[t, j] * extra[0, j] if i == 0 else hidden[t + 1, i - 1, j]
                h = hidden[t, i, j]
                out_bar = hidden_bar[i, j] * shown * outgate * (1.0 - outgate)
                new_bar = cell_bar[i, j]
                new_bar += hidden_bar[i, j] * outgate * (1.0 - shown * shown)
                forget_bar = new_bar * cell[t, i, j] * forget * (1.0 - forget)
                in_bar = new_bar * change * ingate * (1.0 - ingate)
                change_bar = new_bar * ingate * (1.0 - change * change)
                cell_bar[i, j] = new_bar * forget
                w_bar[j] += forget_bar * x
                v_bar[j] += forget_bar
                w_bar[b + j] += in_bar * h
                v_bar[b + j] += in_bar
                w_bar[2 * b + j] += out_bar * x
                v_bar[2 * b + j] += out_bar
                w_bar[3 * b + j] += change_bar * h
                v_bar[3 * b + j] += change_bar
                hidden_bar[i, j] = in_bar * w[b + j] + change_bar * w[3 * b + j]
                x_bar = forget_bar * w[j] + out_bar * w[2 * b + j]
                if i == 0:
                    extra_bar[0, j] += x_bar * sequence[t, j]
                else:
                    hidden_bar[i - 1, j] += x_bar
    return scale * total, (main_bar, extra_bar)


def cells(np, main, extra, hidden, cell, x):
    """One step: the new states and the scores, for a peer's namespace."""
    b = x.shape[0]

    def sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))

    x = x * extra[0]
    new_hidden, new_cell = [], []
    for i in range(len(hidden)):
        weight, bias = main[2 * i].reshape((4, b)), main[2 * i + 1].reshape((4, b))
        forget = sigmoid(x * weight[0] + bias[0])
        ingate = sigmoid(hidden[i] * weight[1] + bias[1])
        outgate = sigmoid(x * weight[2] + bias[2])
        change = np.tanh(hidden[i] * weight[3] + bias[3])
        new_cell.append(cell[i] * forget + ingate * change)
        x = outgate * np.tanh(new_cell[i])
        new_hidden.append(x)
    return new_hidden, new_cell, x * extra[1] + extra[2]


def functional(np):
    def function(main, extra, state, sequence):
        hidden = [state[i] for i in range(0, len(state), 2)]
        cell = [state[i] for i in range(1, len(state), 2)]
        total = 0.0
        for t in range(len(sequence) - 1):
            hidden, cell, scores = cells(np, main, extra, hidden, cell, sequence[t])
            norm = np.log(2.0 + np.sum(np.exp(scores)))
            total = total + np.sum(sequence[t + 1] * (scores - norm))
        return -total / (state.shape[1] * (len(sequence) - 1))

    return function


def jax_form(jax):
    jnp = jax.numpy

    def function(main, extra, state, sequence):
        def step(carry, rows):
            x, wanted = rows
            hidden, cell, scores = cells(jnp, main, extra, *carry, x)
            norm = jnp.log(2.0 + jnp.sum(jnp.exp(scores)))
            return (hidden, cell), jnp.sum(wanted * (scores - norm))

        start = (list(state[::2]), list(state[1::2]))
        totals = jax.lax.scan(step, start, (sequence[:-1], sequence[1:]))[1]
        return -jnp.sum(totals) / (state.shape[1] * (len(sequence) - 1))

    return function
