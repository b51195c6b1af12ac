import numpy as np


def primal(W, b, X, labels):
    scores = X @ W + b
    max_scores = np.max(scores, axis=1, keepdims=True)
    shifted = scores - max_scores
    exp_shifted = np.exp(shifted)
    total = np.sum(exp_shifted, axis=1)
    log_norm = np.log(total)
    rows = np.arange(len(labels))
    picked = shifted[rows, labels]
    value = np.mean(log_norm - picked)

    # return np.mean(log_norm - picked)
    size = max(log_norm.size, 1)
    ratio = -1.0 / size
    # log_norm = np.log(np.sum(np.exp(shifted), axis=1))
    shifted_bar = (1.0 / size / total)[:, None] * exp_shifted
    np.add.at(shifted_bar, (rows, labels), ratio)
    # shifted = scores - np.max(scores, axis=1, keepdims=True)
    total = np.sum(shifted_bar, axis=1, keepdims=True)
    same = scores == max_scores
    masked = np.where(same, -(total / np.sum(same, axis=1, keepdims=True)), 0.0)
    scores_bar = shifted_bar + masked
    # scores = X @ W + b
    b_bar = np.sum(scores_bar, axis=0)
    W_bar = X.T @ scores_bar
    return value, (W_bar, b_bar)
