"""The types of a call's arguments by name, for what takes them lowered."""

import inspect

from srcad.frontend.abstract import argument_type


def types_at(function, *args, **more):
    """What `prepared` is to know of a call; names left to their defaults are not in."""
    given = inspect.signature(function).bind(*args, **more).arguments
    return {name: argument_type(value, name) for name, value in given.items()}
