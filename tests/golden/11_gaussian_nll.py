import numpy as np
import scipy


def primal(mean, loading, log_noise, X):
    n, d = X.shape
    exp_log_noise = np.exp(log_noise)
    cov = loading @ loading.T + exp_log_noise * np.eye(d)
    L = np.linalg.cholesky(cov)
    white = scipy.linalg.solve_triangular(L, (X - mean).T, lower=True)
    diag_L = np.diag(L)
    logdet = 2.0 * np.sum(np.log(diag_L))
    # return 0.5 * (np.sum(white * white) + n * (logdet + d * np.log(2.0 * n ...
    total = np.sum(white * white) + n * (logdet + d * np.log(2.0 * 3.141592653589793))
    value = 0.5 * total

    # logdet = 2.0 * np.sum(np.log(np.diag(L)))
    L_bar = np.diag(n / diag_L)
    # white = solve_triangular(L, (X - mean).T, lower=True)
    solved = scipy.linalg.solve_triangular(L, white, trans=1, lower=True)
    L_bar = L_bar - np.tril(solved @ white.T)
    mean_bar = -np.sum(solved, axis=1)
    # L = np.linalg.cholesky(cov)
    product = L.T @ L_bar
    transposed = np.linalg.solve(
        L.T, 0.5 * (np.tril(product) + np.tril(product, k=-1))
    ).T
    solved = np.linalg.solve(L.T, transposed)
    total = solved.T + solved
    cov_bar = 0.5 * (np.tril(total) + np.tril(total, k=-1))
    # cov = loading @ loading.T + np.exp(log_noise) * np.eye(d)
    log_noise_bar = np.trace(cov_bar) * exp_log_noise
    loading_bar = cov_bar @ loading
    loading_bar += cov_bar.T @ loading
    return value, (mean_bar, loading_bar, log_noise_bar)
