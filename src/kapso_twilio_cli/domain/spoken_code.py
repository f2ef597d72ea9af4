"""Reading a one-time code out of what was understood of a call.

Source: reference "Meta: pre-verified numbers", 5 (read 2026-11-22): "Verification code is 123456",
three times. A transcription writes digits as figures, spaced figures or English words.
"""

from __future__ import annotations

import re

_DIGITS = {
    word: str(digit)
    for digit, words in enumerate(
        (
            ("zero", "oh", "o"),
            ("one",),
            ("two",),
            ("three",),
            ("four",),
            ("five",),
            ("six",),
            ("seven",),
            ("eight",),
            ("nine",),
        )
    )
    for word in words
}
_GREATER = re.compile(r"(?:\w+teen|\w+ty|ten|eleven|twelve|hundred|thousand|million|double|triple)")
_SPEAKS_OF_A_CODE = re.compile(r"code|verif", re.IGNORECASE)
_PIECE = re.compile(r"[^\W_]+|[.!?;:\n]|[$€£¥%+/@#]")
_LENGTH = 6
# In what is left of a text, a digit stands for itself, `w` for a word, `.` for the end of a
# sentence, and `n` for what makes digits beside it something else than a code.
_IN_HALVES = re.compile(
    r"(?<![0-9n])(?<![0-9]\.)(?:[0-9]{3}\.[0-9]{3}\.)*[0-9]{3}\.[0-9]{3}(?!\.?[0-9]|n)"
)
_RUN = re.compile(r"(?<![0-9n])[0-9]+(?![0-9n])")


def read_spoken_code(text: str) -> str | None:
    """The six digits that were said; None if there is no code, or two different ones.

    Said again, it is the same code. A text that does not speak of a code must say it twice.
    """
    shape = "".join(map(_shape, _PIECE.findall(text)))
    joined = _IN_HALVES.sub(lambda halves: halves[0].replace(".", ""), shape)
    said = [
        run[start : start + _LENGTH]
        for run in _RUN.findall(joined)
        if len(run) % _LENGTH == 0
        for start in range(0, len(run), _LENGTH)
    ]
    if len(set(said)) != 1:
        return None
    return said[0] if len(said) > 1 or _SPEAKS_OF_A_CODE.search(text) else None


def _shape(piece: str) -> str:
    word = piece.casefold()
    if word.isascii() and word.isdigit():
        return word
    if word in _DIGITS:
        return _DIGITS[word]
    if word in ".!?;:\n":
        return "."
    is_mixed = any(character.isdigit() for character in word)
    return "n" if is_mixed or not word.isalpha() or _GREATER.fullmatch(word) else "w"
