"""How many of a thing there are, as a person says it: `1 number`, `3 numbers`."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """The count and the thing, with an s where it is not one."""
    return f"{count} {thing}" + "s" * (count != 1)
