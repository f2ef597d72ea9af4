"""Ids that are drawn by chance: of a run, a purchase, an installation."""

from __future__ import annotations

import os

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


def random_base32(characters: int) -> str:
    """Random lower-case base32 characters, 5 bits each."""
    return "".join(_BASE32[byte % 32] for byte in os.urandom(characters))
