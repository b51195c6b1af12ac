"""k-means: the sum of squared distances to the nearest centroid.

The answer is the gradient by the centroids and the diagonal of the Hessian, which is
the Hessian times ones: each centroid's coordinate meets only itself.
"""

import numpy as np

WRT = (0,)
SIZES = {
    "k=10 n=1000 d=8": (10, 1000, 8),
    "k=1000 n=10000 d=16": (1000, 10_000, 16),
}
KIND = "diagonal"


def arguments(k, n, d):
    points = np.random.default_rng(5).uniform(size=(n, d))
    return points[-k:].copy(), points


def plain(centroids, points):
    squares = np.sum(centroids**2, axis=1)
    distances = np.amin(squares - 2.0 * points @ centroids.T, axis=1)
    return np.sum(distances) + np.sum(points**2)


def loops(centroids, points):
    k, d = centroids.shape
    total = 0.0
    for i in range(len(points)):
        nearest = np.inf
        for j in range(k):
            distance = 0.0
            for c in range(d):
                distance += (points[i, c] - centroids[j, c]) ** 2
            nearest = min(nearest, distance)
        total += nearest
    return total


def by_hand(centroids, points):
    """The nearest centroid's index is all that the adjoint needs."""
    k, d = centroids.shape
    gradient = np.zeros_like(centroids)
    diagonal = np.zeros_like(centroids)
    total = 0.0
    for i in range(len(points)):
        nearest, at = np.inf, 0
        for j in range(k):
            distance = 0.0
            for c in range(d):
                distance += (points[i, c] - centroids[j, c]) ** 2
            if distance < nearest:
                nearest, at = distance, j
        total += nearest
        for c in range(d):
            gradient[at, c] += 2.0 * (centroids[at, c] - points[i, c])
            diagonal[at, c] += 2.0
    return gradient, diagonal
