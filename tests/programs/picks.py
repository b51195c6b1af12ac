"""Loops that only pick: running minima and maxima, and what is noted beside them."""

import numpy as np

from .registry import program

X = np.array([0.7, -0.4, 1.3, 0.2, -0.9])
P = np.array([[0.3, -0.8, 1.1], [0.6, 0.2, -0.5], [-1.2, 0.4, 0.9], [0.1, 1.4, -0.3]])


@program(X)
def index_of_smallest(x):
    best, at = x[0], 0
    for j in range(1, len(x)):
        d = (x[j] - 0.3) ** 2
        if d < best:
            best, at = d, j
    return best * x[at] + at


@program(X, P[:, 0])
def values_at_smallest(x, y):
    best, x_best, y_best = np.inf, 0.0, 0.0
    for j in range(len(y)):
        d = x[j] ** 2 + np.sin(y[j])
        if d < best:
            best, x_best, y_best = d, x[j], np.exp(y[j])
    return best * x_best + y_best


@program(X[:3], P, tol=1e-6)
def nearest_row(x, rows):
    best, row = np.inf, rows[0]
    for j in range(len(rows)):
        d = np.sum((x - rows[j]) ** 2)
        if d < best:
            best, row = d, rows[j]
    return best + np.sum(row**3)


@program(P, P[:3] + 0.1, tol=1e-6)
def distances_to_nearest(points, centroids):
    total = 0.0
    for i in range(len(points)):
        nearest = np.inf
        for j in range(len(centroids)):
            distance = 0.0
            for c in range(3):
                s = np.sin(points[i, c] - centroids[j, c])
                distance += s * s
            nearest = min(nearest, distance)
        total += nearest**2
    return total


@program(X)
def smallest_and_largest(x):
    low, high = 0.5, x[0]
    for v in x:
        low = min(low, v * v)
        high = max(v**3, high)
    return low * high


@program(X)
def elif_picks(x):
    low = high = x[0]
    for j in range(len(x)):
        if x[j] < low:
            low = x[j]
        elif x[j] > high:
            high = x[j] ** 2
    return low * high


@program([0.5, 0.3, -0.2])
def smallest_of_list(xs):
    best = None
    for x in xs:
        d = np.cos(x)
        if best is None or d < best:
            best = d
    return best**2


@program([6.0, 0.3, 0.4], [1.0, 0.5, 0.2, 0.7])
@program([0.6, 0.3, -0.4], [1.0, 0.5])
def two_lists_until(xs, ys):
    low, high = 3.0, 0.1
    for v, w in zip(reversed(xs), ys, strict=False):
        if v > 5:
            break
        low = min(low, v * w)
        high = max(high, v**2)
    return low * high


@program(X)
def reversed_with_continue(x):
    best = 5.0
    for j in range(len(x) - 1, -1, -1):
        if x[j] < 0:
            continue
        d = x[j] ** 2
        if not d < best:
            continue
        best = d
    return best * x[0]


@program(X)
def until_too_large(x):
    best = 10.0
    for j in range(len(x)):
        if x[j] > 1.0:
            break
        best = min(best, x[j] ** 3)
    return best


@program(X)
def window_in_while(x):
    best, part = 5.0, x[:2]
    i = 0
    while i < len(x) - 1:
        d = x[i] ** 2
        part = x[i : i + 2] if d < best else part
        best = d if d < best else best
        i += 1
    return best * np.sum(part**2)


@program(X[:3], P)
def given_up_early(x, rows):
    best = np.inf
    for j in range(len(rows)):
        d = 0.0
        for c in range(len(x)):
            d += (x[c] - rows[j, c]) ** 2
            if d > best:
                break
        else:
            best = d
    return best


@program(X, tol=1e-6)
def cheapest_way(x):
    """A table that is filled from its own entries."""
    cost = np.zeros(len(x))
    cost[0] = x[0]
    for i in range(1, len(x)):
        best = np.inf
        for j in range(i):
            best = min(best, cost[j] * x[j] + np.exp(x[i] - x[j]) ** 2)
        cost[i] = best
    return cost[len(x) - 1]


@program(X, tol=1e-6)
def cheapest_sum(x):
    """The round that is picked has a loop that reads the table."""
    cost = np.zeros(len(x))
    cost[0] = x[0]
    for i in range(1, len(x)):
        best = np.inf
        for j in range(i):
            s = 0.0
            for k in range(j + 1):
                s += cost[k] ** 2 * x[k]
            best = min(best, s + np.exp(x[i] - x[j]) ** 2)
        cost[i] = best
    return cost[len(x) - 1]


@program(X, P[:, 1])
def closest_pair(x, y):
    best = np.inf
    for i in range(len(x)):
        for j in range(len(y)):
            best = min(best, (x[i] - y[j]) ** 2)
    return best * x[0]


@program(X, P[:, 1], [0.3, 1.1])
def closest_of_lists(x, y, factors):
    """Inner loops over lists, one of them made in the round."""
    best, factor = 9.0, 1.0
    for i in range(len(x)):
        if x[i] > 1.0:
            continue
        multiples = [x[i] * c for c in factors]
        for v in multiples:
            for w in y:
                d = (v - w) ** 2
                if d < best:
                    best, factor = d, np.sin(v)
    return best * x[0] + factor


@program(X)
def return_from_nest(x):
    for a in x:
        for j in range(3):
            if a * j > 1.0:
                return a**2 * j
    return x[0]


@program([0.9, 0.4, 1.2])
def candidates_made_of_the_best(xs):
    """What the inner loop walks depends on what is carried: no pick."""
    best = 2.0
    for x in xs:
        for y in [best * x, x * x]:
            if y < best:
                best = y
    return best


@program(X)
def pair_of_value_and_index(x):
    best = (x[0], 0)
    for j in range(len(x)):
        d = x[j] ** 2
        if d < best[0]:
            best = (d, j)
    return best[0] * (1 + best[1])


def ripple(x, a):
    total = 0.0
    for v in x:
        total += np.sin(v * a) ** 2
    return total


def flattest(x, slopes):
    best = np.inf
    for a in slopes:
        best = min(best, ripple(x, a) + ripple(x, a * a))
    return best


@program(X, P[:, 2], tol=1e-6)
def picked_by_a_function(x, slopes):
    return flattest(x, slopes) + flattest(x**2, slopes)


@program(np.array([0.3, 0.9, 1.4]))
def first_above(x):
    i = 0
    while True:
        if x[i] > 0.5:
            return (x[i] - 0.5) ** 2 / (x[i + 1] - x[i])
        i += 1


# ---- what looks like a pick, and is none ---------------------------------------------


@program(X)
def second_smallest(x):
    first = second = 9.0
    for v in x:
        d = (v - 0.1) ** 2
        if d < first:
            first, second = d, first
        elif d < second:
            second = d
    return second * first**2


@program(X)
def highest_partial_sum(x):
    total, highest = 0.0, -9.0
    for v in x:
        total += v * v
        highest = max(highest, np.sin(total))
    return highest


@program(X)
def smaller_each_time(x):
    best = 9.0
    for v in x:
        d = v * v + 0.1 * best
        if d < best:
            best = d
    return best


@program(X)
def either_of_two(x):
    found = x[0]
    for v in x:
        if v > 1.0:
            found = v * v
        elif v < -0.5:
            found = np.exp(v)
    return found
