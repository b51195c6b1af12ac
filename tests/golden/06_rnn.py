import numpy as np


def primal(Wx, Wh, b, Wy, xs, ys):
    h = np.zeros((xs.shape[1], len(b)))
    n = len(xs)
    loss = 0.0
    saved_h = []
    saved_error = []
    for t in range(n):
        saved_h.append(h)
        h = np.tanh(xs[t] @ Wx + h @ Wh + b)
        error = h @ Wy - ys[t]
        saved_error.append(error)
        loss += np.sum(error * error)

    h_bar = np.zeros_like(h)
    Wy_bar = np.zeros_like(Wy)
    b_bar = np.zeros_like(b)
    Wh_bar = np.zeros_like(Wh)
    Wx_bar = np.zeros_like(Wx)
    for h_before, t, error in zip(
        reversed(saved_h), reversed(range(n)), reversed(saved_error)
    ):
        # loss += np.sum(error * error)
        product = 2.0 * error
        # error = h @ Wy - ys[t]
        h_bar += product @ Wy.T
        Wy_bar += h.T @ product
        # h = np.tanh(xs[t] @ Wx + h @ Wh + b)
        product = h_bar * (1.0 - h * h)
        b_bar += np.sum(product, axis=0)
        h_bar = product @ Wh.T
        Wh_bar += h_before.T @ product
        Wx_bar += xs[t].T @ product
        h = h_before
    return loss, (Wx_bar, Wh_bar, b_bar, Wy_bar)
