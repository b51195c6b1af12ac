import numpy as np
import scipy


def primal(mean, loading, log_noise, X):
    n, d = X.shape
    transpose_loading = loading.T
    exp_log_noise = np.exp(log_noise)
    eye_d = np.eye(d)
    cov = loading @ transpose_loading + exp_log_noise * eye_d
    L = np.linalg.cholesky(cov)
    white = scipy.linalg.solve_triangular(L, (X - mean).T, lower=True)
    diag_L = np.diag(L)
    logdet = 2.0 * np.sum(np.log(diag_L))
    total = np.sum(white * white) + n * (logdet + d * np.log(2.0 * 3.141592653589793))
    value = 0.5 * total

    # logdet = 2.0 * np.sum(np.log(np.diag(L)))
    L_bar = np.diag(1.0 * n / diag_L)
    # white = solve_triangular(L, (X - mean).T, lower=True)
    t = scipy.linalg.solve_triangular(L, white, trans=1, lower=True)
    L_bar = L_bar - np.tril(t @ white.T)
    mean_bar = -np.sum(t.T, axis=0)
    # L = np.linalg.cholesky(cov)
    transpose_L = L.T
    product = transpose_L @ L_bar
    t = np.linalg.solve(
        transpose_L, 0.5 * (np.tril(product) + np.tril(product, k=-1))
    ).T
    solve_value = np.linalg.solve(transpose_L, t)
    total = solve_value.T + solve_value
    cov_bar = 0.5 * (np.tril(total) + np.tril(total, k=-1))
    # cov = loading @ loading.T + np.exp(log_noise) * np.eye(d)
    log_noise_bar = np.einsum("ij,ij->", cov_bar, eye_d) * exp_log_noise
    loading_bar = cov_bar @ loading
    loading_bar += (transpose_loading @ cov_bar).T
    return value, (mean_bar, loading_bar, log_noise_bar)
