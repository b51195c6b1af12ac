"""Which of a row of names a value gets."""

import itertools
import random

from srcad.backend.names import Sharing, _Refused, candidate, candidates


def chosen(sharings, places):
    """The place of each value's name: the first one that all its holders allow."""
    holders, found = {}, []
    for mine in sharings:
        for place in places(mine, holders):
            if place % 7 == 3:  # no name for values
                continue
            if place not in holders or holders[place].allows(mine):
                break
        holders[place] = holders[place] | mine if place in holders else mine
        found.append(place)
    return found


def by_row(sharings):
    holders, found, row, asked = {}, [], _Refused(), 0
    for mine in sharings:
        for place in row.places(mine):
            asked += 1
            if place % 7 == 3:
                row.add(place, None)
            elif place not in holders or holders[place].allows(mine):
                break
            else:
                row.add(place, holders[place].members & mine.against)
        row.add(place, mine.members)
        holders[place] = holders[place] | mine if place in holders else mine
        found.append(place)
    return found, asked


def test_the_first_that_is_free_is_found_without_asking_all():
    choose = random.Random(2)
    for n, often in itertools.product((5, 40, 90), (0.1, 0.5, 0.9, 1.0)):
        against = [0] * n
        for a, b in itertools.combinations(range(n), 2):
            if choose.random() < often:
                against[a] |= 1 << b
                if choose.random() < 0.8:  # it may be noted on one side only
                    against[b] |= 1 << a
        sharings = [Sharing(1 << k, against[k]) for k in range(n)]
        assert by_row(sharings)[0] == chosen(sharings, lambda *_: itertools.count())


def test_values_needed_side_by_side_ask_few_names():
    n = 500
    all_ = (1 << n) - 1
    against = [all_ & ~(1 << k) & ~(1 << (k // 2)) for k in range(n)]
    found, asked = by_row([Sharing(1 << k, against[k]) for k in range(n)])
    assert max(found) > n / 2
    assert asked < 4 * n


def test_a_place_has_the_name_that_the_row_has_there():
    for before, mark in itertools.product((False, True), ("_", "")):
        row = list(itertools.islice(candidates("x_2", before=before, mark=mark), 6))
        for k, name in enumerate(row):
            assert candidate("x_2", k, before=before, mark=mark) == name
        assert len(set(row)) == 6


def test_the_first_of_many_is_not_looked_for_one_by_one(monkeypatch):
    looks, opened = [], _Refused._open

    def counted(self, *where):
        looks.append(where)
        return opened(self, *where)

    monkeypatch.setattr(_Refused, "_open", counted)
    n = 256
    row = _Refused()
    for k in range(n):
        row.add(k, 1 << k)
    for k in range(n):
        first = next(row.places(Sharing(1 << n, (1 << k) - 1)))
        assert first == k
    assert len(looks) < 20 * n
