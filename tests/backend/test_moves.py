"""The order of assignments that are one."""

import random

from srcad.backend.moves import in_order


def by_looking_at_all(moves):
    left, found = list(range(len(moves))), []
    while left:
        for k in left:
            if not any(moves[k][0] in moves[j][1] for j in left if j != k):
                found.append(k)
                left.remove(k)
                break
        else:
            break
    return found, left


def test_as_looking_at_all_the_others():
    choose = random.Random(1)
    cycles = 0
    for _ in range(500):
        names = [f"v{k}" for k in range(choose.randrange(1, 9))]
        moves = [(n, choose.choices([*names, "x"], k=2)) for n in names]
        choose.shuffle(moves)
        assert in_order(moves) == by_looking_at_all(moves)
        cycles += bool(in_order(moves)[1])
    assert 50 < cycles < 450


def test_a_swap_is_at_once_and_a_chain_from_its_end():
    assert in_order([("a", ["b"]), ("b", ["a"])]) == ([], [0, 1])
    assert in_order([("a", ["x"]), ("b", ["a"]), ("c", ["b", "c"])]) == ([2, 1, 0], [])


def test_a_long_chain():
    n = 20_000
    moves = [(f"v{k + 1}", [f"v{k}"]) for k in range(n)]
    assert in_order(moves) == (list(range(n))[::-1], [])
