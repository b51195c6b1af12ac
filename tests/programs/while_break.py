"""while, break, continue, else."""

import math

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])


@program(2.0)
def newton(a):
    x = a
    while abs(x * x - a) > 1e-9:
        x = 0.5 * (x + a / x)
    return x


@program(0.3)
def counted(x):
    i = 0
    y = x
    while i < 4:
        y = y * x + i
        i += 1
    return y


@program(1.1)
def doubling(x):
    y = x
    while y < 10:
        y = y * y + x
    return y


@program(5.0)
def never_runs(x):
    while x < 1:
        x = x * 2
    return x * x


@program(V)
def break_in_for(x):
    total = 0.0
    for a in x:
        if a > 1:
            break
        total += a * a
    return total * x[2]


@program(V)
def break_and_else(x):
    total = 0.0
    for a in x:
        total += a**3
        if total > 1:
            break
    else:
        total = total * 2
    return total


@program(V)
def else_runs(x):
    total = 0.0
    for a in x:
        total += a**3
        if total > 100:
            break
    else:
        total = total * x[0]
    return total


@program(0.9)
def while_true(x):
    n = 0
    y = 1.0
    while True:
        y = y * x
        n += 1
        if y < 0.5:
            break
    return y * n


@program(0.9)
def while_true_return(x):
    y = 1.0
    while True:
        y = y * x
        if y < 0.5:
            return y * x


@program(0.5)
def while_continue(x):
    i = 0
    total = 0.0
    while i < 6:
        i += 1
        if i % 2 == 0:
            continue
        total += x**i
    return total


@program(0.5)
def while_else(x):
    y = x
    while y < 3:
        y = y * 2 + x
        if y > 100:
            break
    else:
        y = y * y
    return y


@program(V)
def break_in_nested(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            if j > i:
                break
            total += x[i] * x[j] ** 2
    return total


@program(V)
def break_after_write(x):
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = x[i] ** 2
        if y[i] > 1:
            break
    return np.sum(y * y)


@program(V)
def condition_with_and(x):
    i = 0
    total = 0.0
    while i < len(x) and x[i] < 1:
        total += math.exp(x[i])
        i += 1
    return total * x[i]


@program(0.7, 3)
def while_on_argument(x, n):
    y = 1.0
    while n > 0:
        y = y * x + n
        n = n - 1
    return y


@program(0.7)
def walrus_in_while(x):
    total = 0.0
    i = 0
    while (i := i + 1) < 4:
        total += x**i
    return total


@program(V)
def continue_and_break(x):
    total = 1.0
    for i, a in enumerate(x):
        if i == 0:
            continue
        if i == 3:
            break
        total *= a * a + 1
        if a < 0:
            continue
        total += a
    return total


@program(0.2)
def convergence_with_limit(x):
    y = x
    for k in range(100):
        new = math.cos(y) * x + 0.1
        if abs(new - y) < 1e-12:
            break
        y = new
    return y


@program(V)
def list_until(x):
    ys = []
    for a in x:
        if a > 1:
            break
        ys.append(a * a)
    total = 0.0
    for y in ys:
        total += y * y
    return total


# ---- jumps from the `else` of a loop that also returns -----------------------------


@program(1.3, 5)
@program(1.3, 40)
@program(0.5, 2)
def continue_in_else_of_returning_for(x, n):
    s = x
    for _ in range(n):
        for _ in range(2):
            if s > 50.0:
                return s * 0.1
            s = s * 1.1
        else:
            if s > 3.0:
                continue
        s = s + 2.0 * x
    return s


@program(2.1, 5)
@program(7.0, 2)
@program(0.5, 40)
def jumps_in_else_of_returning_while(x, n):
    s = x
    for _ in range(n):
        k = 0
        while k < 2:
            k += 1
            if s > 50.0:
                return s
            s = s * 1.1
        else:
            if s > 3.0:
                s = s - x
                continue
            elif s > 2.5:
                break
        s = s + 2.0 * x
    else:
        s = s * 3.0
    return s


@program(1.3, 2)
@program(1.3, 5)
@program(7.0, 40)
def jumps_in_else_of_unrolled_loop(x, n):
    s = x
    for _ in range(n):
        for k in (1.0, "2"):
            if s > 50.0:
                return s
            s = s * 1.1 * float(k)
        else:
            if s > 3.0:
                s = s - x
                if s > 20.0:
                    return s * 0.5
                continue
            elif s > 2.5:
                break
        s = s + 2.0 * x
    else:
        s = s * 3.0
    return s


@program(V)
def walked_back_in_part(x):
    rows = [x - x[i] for i in range(len(x))]
    total = 0.0
    for row in reversed(rows):
        if total > 0.8:
            break
        total = total + np.sum(np.tanh(row) ** 2)
    return total
