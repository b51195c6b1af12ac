"""Sets as data known beforehand, and `in` for all containers."""

from .registry import program

NAMES = {"a", "b"}


@program(0.7)
def set_methods(x):
    s = {1, 2, 3}
    s.add(4)
    s.discard(1)
    s |= {7}
    s.update([5, 6], (8,))
    s.remove(8)
    t = s.copy()
    t.clear()
    return x * x * len(s) + len(t)


@program(0.7)
def set_algebra(x):
    s, t = {1, 2, 3}, frozenset((2, 3, 4))
    sizes = len(s | t) + len(s & t) * 10 + len(s - t) * 100 + len(s ^ t) * 1000
    if {2} <= s and s != t and not s.isdisjoint(t) and {2}.issubset(t):
        sizes += len(s.union([9], {8})) + len(s.intersection(t))
    return x * x * sizes


@program(0.7)
def sets_walked_in_order(x):
    s = set("hello") | {*NAMES}
    total = 0.0
    for k, letter in enumerate(sorted(s)):
        total += x**k * len(letter)
    numbers = {3, 1, 2}
    return total * (sum(numbers) + max(numbers) + min(numbers))


@program(0.7)
def membership(x):
    s = set()
    for k in ("a", "b", "c"):
        if k in NAMES and k not in s:
            s.add(k)
    y = x * len(s)
    if 2 in (1, 2) and "k" in {"k": 1} and "b" in "abc" and 3 in range(5):
        y = y * x
    return y


@program(0.75)
@program(0.45)
@program(0.65)
@program(0.95)
def membership_of_numbers(x):
    k = int(x * 10)
    if k in (1, 7, 3):
        return x * x
    if k in [4, 5]:
        return x**3
    if k in {6, 8}:
        return 3 * x
    if k in range(9, 12) and x not in range(1, 9, 2):
        return x**5
    return x if k not in (9, None, "nine") else x**4
