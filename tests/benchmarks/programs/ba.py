"""Bundle adjustment: how far each point's projection is from where it was seen.

A camera is a row of 11 (rotation 3, centre 3, focal length, principal point 2, radial
distortion 2); points: (p, 3), w: (p,), seen: (p, 2), one of each per observation. The
answer is the Jacobian of the two errors of an observation by its camera, point and
weight. No observation has a part in another's, so it is the Jacobian of the two sums.
"""

import math

import numpy as np

WRT = (0, 1, 2)
SIZES = {"p=1000": (1000,), "p=31843": (31843,)}
KIND = "rows"


def arguments(p):
    rng = np.random.default_rng(7)
    cameras = rng.normal(size=(49, 11))
    points = rng.normal(size=(p // 4, 3))
    observed = np.arange(p)
    return (
        cameras[observed % len(cameras)],
        points[observed % len(points)],
        rng.uniform(0.5, 1.5, size=p),
        rng.normal(size=(p, 2)),
    )


def plain(cameras, points, w, seen):
    """The errors, (2, p)."""
    axis = cameras[:, :3]
    X = points - cameras[:, 3:6]
    theta = np.sqrt(np.sum(axis * axis, axis=1))
    unit = axis / theta[:, None]
    cosine, sine = np.cos(theta), np.sin(theta)
    along = np.sum(unit * X, axis=1) * (1.0 - cosine)
    turned = X * cosine[:, None] + np.cross(unit, X) * sine[:, None]
    turned = turned + unit * along[:, None]
    u = turned[:, 0] / turned[:, 2]
    v = turned[:, 1] / turned[:, 2]
    r = u * u + v * v
    scale = (1.0 + cameras[:, 9] * r + cameras[:, 10] * r * r) * cameras[:, 6]
    return np.stack(
        (
            w * (u * scale + cameras[:, 7] - seen[:, 0]),
            w * (v * scale + cameras[:, 8] - seen[:, 1]),
        )
    )


def errors(camera, point, w, seen):
    """The two errors of one observation."""
    x = point[0] - camera[3]
    y = point[1] - camera[4]
    z = point[2] - camera[5]
    a, b, c = camera[0], camera[1], camera[2]
    square = a * a + b * b + c * c
    if square != 0.0:
        theta = math.sqrt(square)
        cosine, sine = math.cos(theta), math.sin(theta)
        a, b, c = a / theta, b / theta, c / theta
        along = (a * x + b * y + c * z) * (1.0 - cosine)
        X = x * cosine + (b * z - c * y) * sine + a * along
        Y = y * cosine + (c * x - a * z) * sine + b * along
        Z = z * cosine + (a * y - b * x) * sine + c * along
    else:
        X = x + b * z - c * y
        Y = y + c * x - a * z
        Z = z + a * y - b * x
    u, v = X / Z, Y / Z
    r = u * u + v * v
    scale = (1.0 + camera[9] * r + camera[10] * r * r) * camera[6]
    first = w * (u * scale + camera[7] - seen[0])
    second = w * (v * scale + camera[8] - seen[1])
    return first, second


def loops(cameras, points, w, seen):
    """The sums of the first errors and of the second ones."""
    totals = np.zeros(2)
    for i in range(len(w)):
        first, second = errors(cameras[i], points[i], w[i], seen[i])
        totals[0] += first
        totals[1] += second
    return totals


def by_hand(cameras, points, w, seen):
    """The rows, (2, p, 15): the partials of the projection, then the chain rule."""
    p = len(w)
    rows = np.empty((2, p, 15))
    for i in range(p):
        camera = cameras[i]
        x = points[i, 0] - camera[3]
        y = points[i, 1] - camera[4]
        z = points[i, 2] - camera[5]
        theta = math.sqrt(camera[0] ** 2 + camera[1] ** 2 + camera[2] ** 2)
        cosine, sine = math.cos(theta), math.sin(theta)
        a, b, c = camera[0] / theta, camera[1] / theta, camera[2] / theta
        dot = a * x + b * y + c * z
        flat = 1.0 - cosine
        X = x * cosine + (b * z - c * y) * sine + a * dot * flat
        Y = y * cosine + (c * x - a * z) * sine + b * dot * flat
        Z = z * cosine + (a * y - b * x) * sine + c * dot * flat
        u, v = X / Z, Y / Z
        r = u * u + v * v
        radial = 1.0 + camera[9] * r + camera[10] * r * r
        scale = radial * camera[6]
        for k in range(2):
            own = u if k == 0 else v
            row = rows[k, i]
            row[14] = own * scale + camera[7 + k] - seen[i, k]
            row[6] = w[i] * own * radial
            row[7] = w[i] if k == 0 else 0.0
            row[8] = w[i] if k == 1 else 0.0
            row[9] = w[i] * own * r * camera[6]
            row[10] = row[9] * r
            slope = w[i] * own * camera[6] * (camera[9] + 2.0 * camera[10] * r)
            u_bar = slope * 2.0 * u
            v_bar = slope * 2.0 * v
            if k == 0:
                u_bar += w[i] * scale
            else:
                v_bar += w[i] * scale
            X_bar, Y_bar = u_bar / Z, v_bar / Z
            Z_bar = -(u_bar * u + v_bar * v) / Z
            along = (X_bar * a + Y_bar * b + Z_bar * c) * flat
            x_bar = X_bar * cosine + sine * (Y_bar * c - Z_bar * b) + along * a
            y_bar = Y_bar * cosine + sine * (Z_bar * a - X_bar * c) + along * b
            z_bar = Z_bar * cosine + sine * (X_bar * b - Y_bar * a) + along * c
            row[11], row[12], row[13] = x_bar, y_bar, z_bar
            row[3], row[4], row[5] = -x_bar, -y_bar, -z_bar
            a_bar = X_bar * dot * flat + along * x + sine * (Z_bar * y - Y_bar * z)
            b_bar = Y_bar * dot * flat + along * y + sine * (X_bar * z - Z_bar * x)
            c_bar = Z_bar * dot * flat + along * z + sine * (Y_bar * x - X_bar * y)
            theta_bar = -sine * (X_bar * x + Y_bar * y + Z_bar * z)
            theta_bar += cosine * (
                X_bar * (b * z - c * y)
                + Y_bar * (c * x - a * z)
                + Z_bar * (a * y - b * x)
            )
            theta_bar += sine * dot * (X_bar * a + Y_bar * b + Z_bar * c)
            inner = a_bar * a + b_bar * b + c_bar * c
            row[0] = (a_bar - a * inner) / theta + theta_bar * a
            row[1] = (b_bar - b * inner) / theta + theta_bar * b
            row[2] = (c_bar - c * inner) / theta + theta_bar * c
    return rows
