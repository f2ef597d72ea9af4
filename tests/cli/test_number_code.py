"""`number code`: the newest code that came in, for a customer who must type it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.projects import ReadyProject

SAID = "Verification code is 9 8 7 6 5 4. Verification code is 9 8 7 6 5 4."


@pytest.fixture
def live(project: ReadyProject) -> str:
    """A number that was provisioned live for an onboarding."""
    return str(project.answer("resolve", "--country", "CL", "--ref", "a")["phone_number"])


@contextmanager
def beside(what: threading.Timer) -> Iterator[None]:
    what.start()
    try:
        yield
    finally:
        what.join()


def text(project: ReadyProject, number: str, code: str) -> str:
    return project.sandbox.message(number, "WhatsApp", f"Your WhatsApp code {code}")


def test_the_code_alone_is_on_standard_output(project: ReadyProject, live: str) -> None:
    text(project, live, "123-456")
    called = project.call("number", "code", live)
    assert (called.exit_code, called.out) == (0, "123456\n")
    assert called.err.startswith("it came by sms, ")
    answer = project.answer("number", "code", live)
    assert answer.keys() == {
        "schema",
        "phone_number",
        "code",
        "source",
        "received_at",
        "age_seconds",
    }
    assert (answer["phone_number"], answer["code"], answer["source"]) == (live, "123456", "sms")
    assert 0 <= answer["age_seconds"] <= 5


def test_a_code_that_was_called_in_counts_as_well(project: ReadyProject, live: str) -> None:
    project.sandbox.call(live, SAID)
    answer = project.answer("number", "code", live)
    assert (answer["code"], answer["source"]) == ("987654", "voice")


def test_the_newest_code_is_shown(project: ReadyProject, live: str) -> None:
    text(project, live, "111-111")
    time.sleep(1.1)
    text(project, live, "222-222")
    project.sandbox.message(live, "Bank", "Your bank's code is 333-333")
    assert project.answer("number", "code", live)["code"] == "222222"
    time.sleep(1.1)
    project.sandbox.call(live, SAID)
    assert project.answer("number", "code", live)["code"] == "987654"


def test_another_numbers_code_is_not_shown(project: ReadyProject, live: str) -> None:
    project.answer("pool", "fill")
    called = project.call("number", "code", live, "--json")
    assert called.exit_code == 75
    assert called.document["error"]["message"] == f"no code has come in for {live}"
    assert called.document["error"]["hint"].endswith(f"number code {live} --wait 120")
    assert called.out.count("code") < 10


def test_with_wait_the_next_code_is_shown_and_never_one_that_was_there(
    project: ReadyProject, live: str
) -> None:
    text(project, live, "111-111")
    project.sandbox.call(live, SAID)
    began = time.monotonic()
    called = project.call("number", "code", live, "--wait", "2", "--json")
    assert called.exit_code == 75
    assert 1.9 < time.monotonic() - began < 8
    assert "in 2 s" in called.document["error"]["reason"]
    new = threading.Timer(1.0, text, (project, live, "222-222"))
    with beside(new):
        assert project.answer("number", "code", live, "--wait", "20")["code"] == "222222"


def test_a_blanked_code_is_told_with_the_way_out(project: ReadyProject, live: str) -> None:
    text(project, live, "111-111")
    time.sleep(1.1)
    project.sandbox.message(live, "WhatsApp", "", error_code=30038)
    called = project.call("number", "code", live)
    assert (called.exit_code, called.out) == (5, "")
    assert f"the code for {live} came in without its digits" in called.err
    assert "Twilio 30038" in called.err
    assert "kapso-twilio pool set CL --target-size 1" in called.err


def test_waiting_ends_at_once_when_the_code_is_blanked(project: ReadyProject, live: str) -> None:
    message = threading.Timer(
        0.5, lambda: project.sandbox.message(live, "WhatsApp", "", error_code=30038)
    )
    began = time.monotonic()
    with beside(message):
        assert project.call("number", "code", live, "--wait", "60").exit_code == 5
    assert time.monotonic() - began < 20


def test_the_code_is_kept_nowhere(project: ReadyProject, live: str) -> None:
    text(project, live, "123-456")
    before = project.everything()
    called = project.call("number", "code", live, "--verbose")
    assert "123456" not in called.err
    assert "123-456" not in called.err
    assert project.everything() == before


def test_a_number_that_is_not_the_projects_has_no_code(project: ReadyProject) -> None:
    called = project.call("number", "code", "+14155550199")
    assert called.exit_code == 3
