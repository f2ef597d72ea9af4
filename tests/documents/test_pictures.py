"""The pictures in docs/pictures are what the program writes today."""

from __future__ import annotations

import re

import pytest

from .pictures import FOLDER, PICTURES, words


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_the_program_writes_today(name: str) -> None:
    shown = words((FOLDER / name).read_text(encoding="utf-8"))
    assert shown == words(PICTURES[name]()), "make pictures draws them anew"
    assert len(shown) > 10


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small_and_loads_nothing(name: str) -> None:
    picture = (FOLDER / name).read_text(encoding="utf-8")
    assert len(picture.encode()) < 60_000
    assert (
        re.findall(r"url\(|href|@import|<script|https?://(?!www\.w3\.org|127\.0\.0\.1)", picture)
        == []
    )
