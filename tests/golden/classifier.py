import numpy as np


def classifier(params, X, labels):
    params_W1 = params["W1"]
    params_W2 = params["W2"]
    total = X @ params_W1 + params["b1"]
    hidden = np.maximum(total, 0.0)
    product = hidden @ params_W2
    scores = product + params["b2"]
    max_scores = np.max(scores, axis=1, keepdims=True)
    scores_1 = scores - max_scores
    exp_scores = np.exp(scores_1)
    total_1 = np.sum(exp_scores, axis=1, keepdims=True)
    log_probs = scores_1 - np.log(total_1)
    rows = np.arange(len(labels))
    log_probs_part = log_probs[rows, labels]
    loss = -np.mean(log_probs_part)
    decay = np.sum(params_W1 ** 2) + np.sum(params_W2 ** 2)
    value = loss + 0.001 * decay

    # loss = -np.mean(log_probs[np.arange(len(labels)), labels])
    log_probs_bar = np.zeros_like(product)
    np.add.at(log_probs_bar, (rows, labels), -1.0 / max(log_probs_part.size, 1))
    # log_probs = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=Tr ...
    product = np.sum(log_probs_bar, axis=1, keepdims=True) / total_1 * exp_scores
    scores_bar = log_probs_bar - product
    # scores = scores - np.max(scores, axis=1, keepdims=True)
    total_1 = np.sum(product - log_probs_bar, axis=1, keepdims=True)
    same = scores == max_scores
    scores_bar += np.where(same, total_1 / np.sum(same, axis=1, keepdims=True), 0.0)
    # scores = hidden @ params["W2"] + params["b2"]
    params_b2_bar = np.sum(scores_bar, axis=0)
    hidden_bar = scores_bar @ params_W2.T
    params_W2_bar = 0.002 * params_W2 + hidden.T @ scores_bar
    # hidden = np.maximum(X @ params["W1"] + params["b1"], 0.0)
    product = hidden_bar * (0.5 * np.sign(total) + 0.5)
    params_b1_bar = np.sum(product, axis=0)
    params_W1_bar = 0.002 * params_W1 + X.T @ product
    params_bar = {
        "W1": params_W1_bar,
        "b1": params_b1_bar,
        "W2": params_W2_bar,
        "b2": params_b2_bar,
    }
    return value, (params_bar,)
