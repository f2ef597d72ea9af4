"""The known word that a mistyped one is nearest to."""

from __future__ import annotations

from collections.abc import Iterable

_ALIKE = 0.66
"""How alike two words must be, from 0 to 1: one letter of three may be wrong."""


def nearest(word: str, known: Iterable[str], *, alike: float = _ALIKE) -> str | None:
    """The known word that is most like it; None where none is like it."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=alike)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The advice for a mistyped word, where one of the known words is near."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near is not None else None
