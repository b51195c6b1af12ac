"""Rows of arrays: read element by element, in part, whole, and in callees."""

import math

import numpy as np

from .registry import program

M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])
T = np.sin(np.arange(24.0)).reshape(2, 3, 4)
W = np.array([1.1, 0.4, -0.6])


@program(M, W)
def elements_of_rows(m, w):
    total = 0.0
    for i in range(len(m)):
        row = m[i]
        for j in range(len(w)):
            total += w[j] * row[j] * row[j - 1]
    return total


@program(M)
def elements_and_wholes(m):
    total = 0.0
    for row in m:
        total += row[0] * np.sum(row * row) + row[-1] * row[1]
    return total


@program(T)
def rows_of_rows(a):
    total = 0.0
    for i in range(a.shape[0]):
        plane = a[i]
        for j in range(a.shape[1]):
            row = plane[j]
            for k in range(len(row)):
                total += row[k] ** 2 * plane[0, k]
    return total


@program(T)
def parts_of_rows(a):
    plane = a[-1]
    row = a[0, 1]
    return plane[:, 1] * np.sum(row[1:]) + plane[0, ::-1][:3] * row[..., 2]


@program(M, 1.5)
def rows_on_one_way(m, c):
    total = 0.0
    for i in range(2):
        row = m[i]
        if row[0] > 0.5:
            total += math.sin(row[1]) * row[2]
        else:
            total += c * row[2]
    return total


def weighted(row, w):
    total = 0.0
    for j in range(len(w)):
        total += w[j] * math.cos(row[j]) + row[0] * math.sin(row[j])
    return total


@program(M, W)
def rows_in_a_callee(m, w):
    total = 0.0
    for i in range(len(m)):
        total += weighted(m[i], w) * weighted(w, m[-1 - i])
    return total


@program(M, W)
def rows_read_before_and_after_a_write(m, w):
    y = m * w
    row = y[0]
    total = row[1] * row[2]
    for k in range(2):
        row[k] = total * row[k + 1] + y[1][k]
        total += row[k] ** 2
    y[0, 2] = total
    return row[2] * np.sum(y)


@program(M)
def rows_kept_while_the_array_changes(m):
    y = m * 1.0
    total = 0.0
    for k in range(3):
        row = y[0].copy()
        y[0, k] = row[k - 1] * row[k]
        total += row[k] * row[0] + y[0][k]
    return total
