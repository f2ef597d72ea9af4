"""WhatsApp's one-time code in an SMS."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapso_twilio_cli.domain.one_time_code import read_code

SECRECY = "Don't share this code with others"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("WhatsApp code 123-456", "123456"),
        (f"Your WhatsApp Business code 123-456. {SECRECY}", "123456"),
        (f"<#> Your WhatsApp Business code: 123-456\n{SECRECY}\nrJbA/XP1K+V", "123456"),
        ("<#> WhatsApp code 123456\n4sgLq1p5sV6", "123456"),
        ("Your WhatsApp code: 978-280\nOr tap: v.whatsapp.com/978280", "978280"),
        ("978-280 is your WhatsApp code. You can also tap v.whatsapp.com/978280", "978280"),
        ("Tap to verify WhatsApp: https://v.whatsapp.com/978280", "978280"),
        ("Kode WhatsApp Business: 706-924. Jangan bagikan kode ini", "706924"),
        ("Código de WhatsApp Business 123-456. No lo compartas", "123456"),
        ("كود واتساب للأعمال الخاص بك 123456", "123456"),
        ("كود واتساب للأعمال الخاص بك: 123-456. لا تشارك هذا الرمز", "123456"),
        ("WhatsApp code 123 456", "123456"),
        ("WHATSAPP CODE 000-001", "000001"),
        ("Ваш код WhatsApp Business: 123-456", "123456"),
        ("WhatsApp 代碼123-456，請勿分享", "123456"),
        ("WhatsApp code:123-456", "123456"),
        ("WhatsApp: 123-456, again: 123-456, or 123456", "123456"),
        ("WhatsApp (123-456)", "123456"),
        ("WhatsApp code 123-456 is valid for 10 minutes", "123456"),
        ("WhatsApp code 123-456 123456", "123456"),
        ("123-456 is your WhatsApp code", "123456"),
    ],
)
def test_every_known_form_gives_its_code(body: str, code: str) -> None:
    assert read_code(body) == code


@pytest.mark.parametrize(
    "body",
    [
        "",
        "WhatsApp",
        "Your code is 123-456",  # whose?
        "Your Telegram code is 123-456",
        "Your WhatsApp code: ***-***",
        "WhatsApp code 12345",
        "WhatsApp code 1234567",
        "WhatsApp code 123-4567",
        "WhatsApp code 1234-567",
        "WhatsApp code 123--456",
        "WhatsApp code 123- 456",
        "WhatsApp code 12-34-56",
        "WhatsApp code 123\n456",
        "WhatsApp: call +1 415 555 0123",
        "WhatsApp: call +14155550123",
        "WhatsApp: call +123456",
        "WhatsApp: you owe 123456.78 USD",
        "WhatsApp: you owe 1,123,456",
        "WhatsApp: you owe $123456",
        "WhatsApp: you owe € 123456",
        "WhatsApp: you owe 123456 €",
        "WhatsApp: order #123456 was sent",
        "WhatsApp: 123456% more",
        "WhatsApp ended at 12:34:56",
        "WhatsApp on 2026/11/22",
        "WhatsApp code 123-456-789",
        "WhatsApp code ١٢٣٤٥٦",
        "WhatsApp: order A123456",
        "WhatsApp: order 123456B",
    ],
)
def test_what_is_no_code_is_not_taken_for_one(body: str) -> None:
    assert read_code(body) is None


@pytest.mark.parametrize(
    "body",
    [
        "WhatsApp code 123-456, not 654-321",
        "WhatsApp code 123-456 v.whatsapp.com/654321",
        "Your WhatsApp code 111-111. Your WhatsApp code 222-222",
    ],
)
def test_two_different_codes_are_none(body: str) -> None:
    assert read_code(body) is None


@pytest.mark.parametrize("app_hash", ["rJb654321+V", "654321aBcDe", "654321/XP1K", "aB/654321cd"])
def test_digits_within_the_app_hash_are_no_second_code(app_hash: str) -> None:
    assert read_code(f"<#> Your WhatsApp code: 123-456\n{app_hash}") == "123456"


def fragments() -> st.SearchStrategy[str]:
    pieces = ["WhatsApp ", "واتساب ", "v.whatsapp.com/", "code: ", "-", " ", ".", "+", "/", "\n"]
    digits = st.text("0123456789", min_size=1, max_size=7)
    return st.lists(st.one_of(st.sampled_from(pieces), digits, st.text(max_size=4))).map("".join)


@given(st.one_of(st.text(), fragments()))
def test_a_code_is_six_digits_that_stand_together_in_the_text(body: str) -> None:
    code = read_code(body)
    if code is None:
        return
    assert re.fullmatch("[0-9]{6}", code)
    assert any(f"{code[:3]}{between}{code[3:]}" in body for between in ("", "-", " "))
    assert re.search("whatsapp|واتساب", body, re.IGNORECASE)


@given(
    st.text("0123456789", min_size=6, max_size=6),
    st.sampled_from(["", "-", " "]),
    st.sampled_from(
        ["WhatsApp code {}", "<#> WhatsApp {}\nrJbA/XP1K+V", "{}: WhatsApp", "واتساب {}"]
    ),
)
def test_any_six_digits_are_read_back(code: str, between: str, wording: str) -> None:
    assert read_code(wording.format(code[:3] + between + code[3:])) == code
