"""The square of a number."""

WRT = (0,)
SIZES = {"one": ()}


def arguments():
    return (3.0,)


def plain(x):
    return x * x


loops = plain


def by_hand(x):
    return x * x, (2.0 * x,)
