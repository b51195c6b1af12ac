"""Stencils, filters, images, particles: kernels that sweep over grids in place."""

import numpy as np

from .kernels import _matrix
from .registry import program

LINE = np.sin(np.arange(8.0)) + 0.1 * np.arange(8.0)
GRID = _matrix(5, 5)
CUBE = np.cos(np.arange(64.0)).reshape(4, 4, 4)


def _jacobi_step(a, b):
    b[1:-1] = 0.33333 * (a[:-2] + a[1:-1] + a[2:])


@program(LINE, 0.5 * LINE)
def jacobi_1d(a, b):
    for _ in range(3):
        _jacobi_step(a, b)
        _jacobi_step(b, a)
    return np.sum(a**2)


@program(LINE)
def jacobi_by_elements(a):
    b = a.copy()
    for _ in range(2):
        for i in range(1, len(a) - 1):
            b[i] = (a[i - 1] + a[i] * a[i + 1]) / 3.0
        for i in range(1, len(a) - 1):
            a[i] = (b[i - 1] + b[i] * b[i + 1]) / 3.0
    return a


@program(GRID, GRID.copy())
def jacobi_2d(a, b):
    for _ in range(2):
        b[1:-1, 1:-1] = 0.2 * (
            a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1]
        )
        a[1:-1, 1:-1] = 0.2 * (
            b[1:-1, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:] + b[2:, 1:-1] + b[:-2, 1:-1]
        )
    return np.sum(a**2)


@program(LINE)
def buffers_that_swap(u):
    new = np.empty_like(u)
    for _ in range(4):
        new[0], new[-1] = u[0], u[-1]
        new[1:-1] = u[1:-1] + 0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u, new = new, u.copy()
    return np.sum(u**2)


@program(GRID)
def seidel_2d(a):
    n = a.shape[0]
    for _ in range(2):
        for i in range(1, n - 1):
            a[i, 1:-1] += (
                a[i - 1, :-2]
                + a[i - 1, 1:-1]
                + a[i - 1, 2:]
                + a[i, 2:]
                + a[i + 1, :-2]
                + a[i + 1, 1:-1]
                + a[i + 1, 2:]
            )
            for j in range(1, n - 1):
                a[i, j] += a[i, j - 1]
                a[i, j] /= 9.0
    return np.sum(a**2)


@program(CUBE, CUBE + 0.1)
def heat_3d(a, b):
    for _ in range(2):
        b[1:-1, 1:-1, 1:-1] = (
            0.125 * (a[2:, 1:-1, 1:-1] - 2.0 * a[1:-1, 1:-1, 1:-1] + a[:-2, 1:-1, 1:-1])
            + 0.125
            * (a[1:-1, 2:, 1:-1] - 2.0 * a[1:-1, 1:-1, 1:-1] + a[1:-1, :-2, 1:-1])
            + 0.125
            * (a[1:-1, 1:-1, 2:] - 2.0 * a[1:-1, 1:-1, 1:-1] + a[1:-1, 1:-1, :-2])
            + a[1:-1, 1:-1, 1:-1]
        )
        a[1:-1, 1:-1, 1:-1] = b[1:-1, 1:-1, 1:-1]
    return np.sum(a**2)


@program(GRID, GRID + 0.2, GRID - 0.3, np.array([0.5, 0.7]))
def fdtd_2d(ex, ey, hz, source):
    for t in range(len(source)):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return np.sum(hz**2)


@program(GRID, 0.3)
def adi(u, mu):
    n = u.shape[0]
    v, p, q = np.zeros_like(u), np.zeros_like(u), np.zeros_like(u)
    for _ in range(2):
        v[0, 1:-1] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = v[0, 1:-1]
        for j in range(1, n - 1):
            p[1:-1, j] = mu / (-mu * p[1:-1, j - 1] + 1.0 + 2.0 * mu)
            q[1:-1, j] = (
                mu * u[j, :-2]
                + (1.0 - 2.0 * mu) * u[j, 1:-1]
                + mu * u[j, 2:]
                + mu * q[1:-1, j - 1]
            ) / (-mu * p[1:-1, j - 1] + 1.0 + 2.0 * mu)
        v[-1, 1:-1] = 1.0
        for j in range(n - 2, -1, -1):
            v[j, 1:-1] = p[1:-1, j] * v[j + 1, 1:-1] + q[1:-1, j]
        u[1:-1, 1:-1] = v[1:-1, 1:-1]
    return np.sum(u**2)


@program(0.25, _matrix(4, 5))
def deriche(alpha, image):
    k = (1.0 - np.exp(-alpha)) ** 2 / (
        1.0 + alpha * np.exp(-alpha) - np.exp(2.0 * alpha)
    )
    a1, a2 = k, k * np.exp(-alpha) * (alpha - 1.0)
    b1, b2 = 2.0 ** (-alpha), -np.exp(-2.0 * alpha)
    y1 = np.empty_like(image)
    y1[:, 0] = a1 * image[:, 0]
    y1[:, 1] = a1 * image[:, 1] + a2 * image[:, 0] + b1 * y1[:, 0]
    for j in range(2, image.shape[1]):
        y1[:, j] = (
            a1 * image[:, j]
            + a2 * image[:, j - 1]
            + b1 * y1[:, j - 1]
            + b2 * y1[:, j - 2]
        )
    y2 = np.empty_like(image)
    y2[:, -1] = 0.0
    y2[:, -2] = a1 * image[:, -1]
    for j in range(image.shape[1] - 3, -1, -1):
        y2[:, j] = (
            a1 * image[:, j + 1]
            + a2 * image[:, j + 2]
            + b1 * y2[:, j + 1]
            + b2 * y2[:, j + 2]
        )
    return np.sum((y1 + y2) ** 2)


@program(CUBE[:2, :3], _matrix(4, 4))
def doitgen(a, c4):
    total = np.zeros(a.shape[2])
    for r in range(a.shape[0]):
        for q in range(a.shape[1]):
            for p in range(a.shape[2]):
                total[p] = 0.0
                for s in range(a.shape[2]):
                    total[p] += a[r, q, s] * c4[s, p]
            a[r, q, :] = total
    return np.sum(a**2)


@program(_matrix(5, 4), _matrix(2, 2))
def convolution(image, weights):
    k, m = weights.shape
    out = np.empty((image.shape[0] - k + 1, image.shape[1] - m + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + k, j : j + m] * weights)
    return out


@program(CUBE[:2, :4, :, None], np.cos(np.arange(8.0)).reshape(2, 2, 1, 2))
def convolution_of_channels(images, weights):
    size = weights.shape[0]
    n, height, width = images.shape[0], images.shape[1], images.shape[2]
    out = np.empty((n, height - size + 1, width - size + 1, weights.shape[3]))
    for i in range(height - size + 1):
        for j in range(width - size + 1):
            out[:, i, j, :] = np.sum(
                images[:, i : i + size, j : j + size, :, None] * weights[None, :, :, :],
                axis=(1, 2, 3),
            )
    return np.sum(out**2)


@program(_matrix(4, 4))
def pooling(x):
    out = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            out[i, j] = np.max(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
    np.maximum(out, 0.1, out=out)
    return np.sum(out**2)


@program(_matrix(3, 4))
def softmax_rows(x):
    for row in x:
        row -= np.max(row)
        np.exp(row, out=row)
        row /= np.sum(row)
    return np.sum(x**2)


@program(np.array([-0.4, 0.1, 0.3]), np.array([0.2, 0.5, -0.1]))
def escape_counts(re, im):
    c = re[None, :] + 1j * im[:, None]
    z = np.zeros_like(c)
    alive = np.ones(c.shape, dtype=bool)
    for _ in range(4):
        z[alive] = z[alive] ** 2 + c[alive]
        alive[np.abs(z) > 1.0] = False
    return np.sum(z.real**2 + z.imag)


@program(_matrix(4, 3), np.array([1.0, 0.5, 2.0, 0.7]), 0.05)
def bodies(pos, mass, dt):
    vel = np.zeros_like(pos)
    for _ in range(2):
        for i in range(len(mass)):
            for j in range(len(mass)):
                if i == j:
                    continue
                d = pos[j] - pos[i]
                vel[i] += dt * mass[j] * d / (np.sum(d**2) + 0.1) ** 1.5
        pos += dt * vel
    return np.sum(pos**2) + np.sum(vel**2)


@program(_matrix(4, 3), np.array([1.0, 0.5, 2.0, 0.7]), 0.05)
def accelerations(pos, mass, softening):
    dx = pos[:, 0:1].T - pos[:, 0:1]
    dy = pos[:, 1:2].T - pos[:, 1:2]
    inv = dx**2 + dy**2 + softening**2
    inv[inv > 0] = inv[inv > 0] ** (-1.5)
    a = np.empty((len(mass), 2))
    a[:, 0] = (dx * inv) @ mass
    a[:, 1] = (dy * inv) @ mass
    return np.sum(a**2)


def _build_up(b, rho, dt, u, v, dx, dy):
    b[1:-1, 1:-1] = rho * (
        (
            (u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx)
            + (v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * dy)
        )
        / dt
        - ((u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx)) ** 2
    )


def _pressure(p, dx, dy, b):
    pn = np.empty_like(p)
    for _ in range(2):
        pn = p.copy()
        p[1:-1, 1:-1] = (
            (pn[1:-1, 2:] + pn[1:-1, :-2]) * dy**2
            + (pn[2:, 1:-1] + pn[:-2, 1:-1]) * dx**2
        ) / (2 * (dx**2 + dy**2)) - b[1:-1, 1:-1]
        p[:, -1] = p[:, -2]
        p[0, :] = p[1, :]
        p[:, 0] = p[:, 1]
        p[-1, :] = 0


@program(0.1 * GRID, 0.1 * GRID.T.copy(), 0.1 * GRID**2, 0.1)
def cavity_flow(u, v, p, nu):
    dx, dy, dt, rho = 0.5, 0.5, 0.1, 1.0
    un = np.empty_like(u)
    vn = np.empty_like(v)
    b = np.zeros_like(u)
    for _ in range(2):
        un = u.copy()
        vn = v.copy()
        _build_up(b, rho, dt, u, v, dx, dy)
        _pressure(p, dx, dy, b)
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (un[1:-1, 1:-1] - un[1:-1, :-2])
            - dt / (2 * rho * dx) * (p[1:-1, 2:] - p[1:-1, :-2])
            + nu * dt / dx**2 * (un[1:-1, 2:] - 2 * un[1:-1, 1:-1] + un[1:-1, :-2])
        )
        v[1:-1, 1:-1] = vn[1:-1, 1:-1] - dt / dy * vn[1:-1, 1:-1] * (
            vn[1:-1, 1:-1] - vn[:-2, 1:-1]
        )
        u[0, :] = 0
        u[:, 0] = 0
        u[-1, :] = 1
        v[0, :] = 0
    return np.sum(u**2) + np.sum(v**2)


@program(CUBE, CUBE[:, :, 0] + 0.3)
def vertical_advection(w, u):
    nz = w.shape[2]
    c = np.empty((4, 4, nz))
    d = np.empty((4, 4, nz))
    c[:, :, 0] = 0.1 * w[:, :, 0] / (2.0 + w[:, :, 0])
    d[:, :, 0] = u / (2.0 + w[:, :, 0])
    for k in range(1, nz):
        a = 0.1 * w[:, :, k]
        divided = 1.0 / (2.0 - c[:, :, k - 1] * a)
        c[:, :, k] = a * divided
        d[:, :, k] = (u - d[:, :, k - 1] * a) * divided
    out = np.empty_like(d)
    out[:, :, -1] = d[:, :, -1]
    for k in range(nz - 2, -1, -1):
        out[:, :, k] = d[:, :, k] - c[:, :, k] * out[:, :, k + 1]
    return np.sum(out**2)


@program(_matrix(6, 6), 0.3)
def limited_diffusion(f, coefficient):
    lap = 4.0 * f[1:-1, 1:-1] - (
        f[2:, 1:-1] + f[:-2, 1:-1] + f[1:-1, 2:] + f[1:-1, :-2]
    )
    res = lap[1:, :] - lap[:-1, :]
    flux = np.where(res * (f[2:-1, 1:-1] - f[1:-2, 1:-1]) > 0, 0, res)
    out = f[2:-2, 1:-1] - coefficient * (flux[1:, :] - flux[:-1, :])
    return np.sum(out**2)


@program(_matrix(6, 6), np.array([0.2, 0.3]))
def ghost_cells(u, c):
    for k in range(len(c)):
        u[0], u[-1] = u[-2], u[1]
        u[:, 0] = u[:, -2]
        u[:, -1] = u[:, 1]
        new = u.copy()
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                new[i, j] += c[k] * (u[i + 1, j] - u[i, j] * u[i, j - 1])
        u[...] = new
    return np.sum(u**2)


@program(LINE)
def rolled(u):
    for _ in range(3):
        u -= 0.3 * u * (u - np.roll(u, 1))
        u[0] = 0.0
    return np.sum(u**2)


@program(np.array([0.3, 0.1, 0.7, 0.2]))
def butterflies(x):
    z = x * (1.0 + 0j)
    n, size = 4, 2
    z[1], z[2] = z[2], z[1]
    while size <= n:
        half = size // 2
        for start in range(0, n, size):
            for k in range(half):
                w = np.exp(-2j * np.pi * k / size)
                even, odd = z[start + k], w * z[start + k + half]
                z[start + k] = even + odd
                z[start + k + half] = even - odd
        size *= 2
    return np.sum(np.abs(z) ** 2 * np.arange(1.0, 5.0))


@program(np.array([0.3, -0.5, 1.2, 0.8, 0.1]))
def pairwise_energy(x):
    force = np.zeros_like(x)
    energy = 0.0
    for i in range(len(x)):
        for j in range(i):
            r = x[i] - x[j]
            e = np.exp(-r * r)
            energy += e
            force[i] += 2.0 * r * e
            force[j] -= 2.0 * r * e
    return energy + np.sum(force**2)


@program(_matrix(4, 4), np.array([[1, 0, 2, 1], [0, 1, 1, 2]]))
def scattered(field, cells):
    total = np.zeros(3)
    count = np.zeros(3)
    for row, where in zip(field[:2], cells):
        np.add.at(total, where, row**2)
        np.add.at(count, where, 1.0)
    seen = count > 0
    total[seen] /= count[seen]
    return np.sum(total**2)
