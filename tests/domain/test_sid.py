"""Twilio's identifiers."""

from __future__ import annotations

import pytest

from kapso_twilio_cli.domain.sid import SidKind, is_sid, parse_sid
from kapso_twilio_cli.errors import UsageError

HEX = "0123456789abcdef" * 2


@pytest.mark.parametrize("kind", SidKind)
def test_two_letters_and_32_hexadecimal_digits_are_a_sid(kind: SidKind) -> None:
    assert parse_sid(kind, kind + HEX) == kind + HEX


@pytest.mark.parametrize("text", ["", "AC", HEX, "AC" + HEX[:-1], "AC" + HEX + "\n", "SK" + HEX])
def test_anything_else_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_sid(SidKind.ACCOUNT, text)
    assert not is_sid(SidKind.ACCOUNT, text)
    assert HEX[:-1] not in f"{caught.value.message}{caught.value.reason}"
