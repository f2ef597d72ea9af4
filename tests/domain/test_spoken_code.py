"""WhatsApp's one-time code in the transcription of a call."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapso_twilio_cli.domain.spoken_code import read_spoken_code

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def three_times(said: str) -> str:
    return " ".join([f"Verification code is {said}."] * 3)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Verification code is 123456", "123456"),
        (three_times("123456"), "123456"),
        (three_times("1 2 3 4 5 6"), "123456"),
        (three_times("1-2-3-4-5-6"), "123456"),
        (three_times("1, 2, 3, 4, 5, 6"), "123456"),
        (three_times("123 456"), "123456"),
        (three_times("123-456"), "123456"),
        (three_times("123. 456"), "123456"),
        (three_times("one two three four five six"), "123456"),
        (three_times("One, two, three, four, five, six"), "123456"),
        (three_times("zero zero oh nine eight seven"), "000987"),
        (three_times("one 2 three 456"), "123456"),
        ("Press zero. " + three_times("123456"), "123456"),
        ("To hear your code, press 0. 1 2 3 4 5 6.", "123456"),
        ("Verification coat is 123456. Verification coat is 123456.", "123456"),
        ("123456 123456 123456", "123456"),
        ("one two three four five six one two three four five six", "123456"),
        # One time out of three a digit was not heard.
        ("Verification code is 12345. Verification code is 123456.", "123456"),
        ("Your WhatsApp verification code is: 000001", "000001"),
        ("code is 123. 456. 123. 456", "123456"),
    ],
)
def test_every_known_form_gives_its_code(text: str, code: str) -> None:
    assert read_spoken_code(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "To hear your verification code, press zero.",
        "Hello? Who is there?",
        "123456",  # said once, by whom and for what?
        "Call me back at 415 555 0123 about the code",
        "The code, or call +123456",
        "The code is valid in 2026",
        "My code costs $123456",
        "My code costs 123456 %",
        "The code came at 12:34:56",
        "The code is of 11/22/26",
        "code 1234567",
        "code 12345",
        "code 123.456.789",
        "code A123456 A123456",
        "code 123456th",
        "code twenty one two three four five six",
        "code one two three four five sixty",
        "code one hundred two three four five six",
        "code double one two three four five six",
        "code one to three for five six",  # what sounds like a digit is none
        "code ١٢٣٤٥٦",
    ],
)
def test_what_is_no_code_is_not_taken_for_one(text: str) -> None:
    assert read_spoken_code(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Verification code is 123456. Verification code is 123465.",
        "code 123456 654321",
        "code 123456, not one two three four five seven",
        f"{three_times('123456')} Your other code is 111111",
    ],
)
def test_two_different_codes_are_none(text: str) -> None:
    assert read_spoken_code(text) is None


def pieces() -> st.SearchStrategy[str]:
    known = [*WORDS, "oh", "code", "is", "twenty", "hundred", ".", ",", "-", "$", "+", "/", ":"]
    digits = st.text("0123456789", min_size=1, max_size=7)
    some = st.one_of(st.sampled_from(known), digits, st.text(max_size=3))
    return st.lists(some).map(" ".join)


@given(st.one_of(st.text(), pieces()))
def test_a_code_is_six_digits_that_follow_each_other_in_the_text(text: str) -> None:
    code = read_spoken_code(text)
    if code is None:
        return
    assert re.fullmatch("[0-9]{6}", code)
    words = re.findall(r"[0-9]|[^\W\d_]+", text.casefold())
    values = {**{word: str(digit) for digit, word in enumerate(WORDS)}, "oh": "0", "o": "0"}
    heard = "".join(
        values.get(word, word if word.isascii() and word.isdigit() else "") for word in words
    )
    assert code in heard


@given(
    st.text("0123456789", min_size=6, max_size=6),
    st.sampled_from(["figures", "spaced", "words"]),
    st.integers(1, 3),
)
def test_any_six_digits_are_read_back(code: str, written: str, times: int) -> None:
    words = " ".join(WORDS[int(digit)] for digit in code)
    said = {"figures": code, "spaced": " ".join(code), "words": words}[written]
    assert read_spoken_code(" ".join([f"Verification code is {said}."] * times)) == code
