"""`webhook configure` and `restore`: numbers point at the receiver, and where they did before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.crash.scenarios import run_dying, was_killed
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

URL = "https://kt.example.com"
SMS_URL = f"{URL}/twilio/sms"
ORDERED = "SELECT phone_number FROM numbers ORDER BY id"
FORMER = {"sms_url": "https://u:hush@crm.example.com/in?a=1", "sms_method": "GET"}
APPLICATION = "AP" + "0" * 32


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    """Twilio's description does not know the empty SID that takes an application away."""
    with running_sandbox(excused=[r"POST .*IncomingPhoneNumbers/PN"]) as running:
        yield running


@pytest.fixture
def numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> tuple[ReadyProject, list[str]]:
    """A project, and two numbers of it."""
    project = ready_project(tmp_path, monkeypatch, sandbox)
    project.answer("pool", "fill")
    return project, [number for (number,) in project.rows(ORDERED)]


def at_twilio(project: ReadyProject, number: str, **changes: str) -> dict[str, Any]:
    """Change a number in the console, if so asked, and read it."""
    known = project.sandbox.credentials
    ((sid,),) = project.rows(f"SELECT sid FROM numbers WHERE phone_number = '{number}'")  # noqa: S608
    url = f"/2010-04-01/Accounts/{known['account_sid']}/IncomingPhoneNumbers/{sid}.json"
    names = {name: "".join(word.title() for word in name.split("_")) for name in changes}
    answer = requests.request(
        "POST" if changes else "GET",
        project.sandbox.url + url,
        data={names[name]: value for name, value in changes.items()} or None,
        auth=(known["account_sid"], known["auth_token"]),
        timeout=30,
    )
    found: dict[str, Any] = answer.json()
    return found


def set_at(project: ReadyProject, number: str) -> tuple[str, str, str]:
    """What is set on a number."""
    found = at_twilio(project, number)
    return found["sms_url"], found["sms_method"], found["sms_application_sid"]


def before(project: ReadyProject, number: str) -> Any:
    """What is kept of what was set before."""
    statement = f"SELECT webhook_before FROM numbers WHERE phone_number = '{number}'"  # noqa: S608
    ((kept,),) = project.rows(statement)
    return json.loads(kept) if kept else None


def test_numbers_point_at_the_receiver_and_back(numbers: tuple[ReadyProject, list[str]]) -> None:
    project, (one, other) = numbers
    at_twilio(project, one, **FORMER, sms_application_sid=APPLICATION)
    answer = project.answer("webhook", "configure", "--all", "--public-url", URL + "/")
    assert answer["sms_url"] == SMS_URL
    assert answer["numbers"] == [
        {"phone_number": number, "changed": True, "reason": None} for number in (one, other)
    ]
    for number in (one, other):
        assert set_at(project, number) == (SMS_URL, "POST", "")
    assert before(project, one) == {**FORMER, "sms_application_sid": APPLICATION}
    assert before(project, other) == {
        "sms_url": "",
        "sms_method": "POST",
        "sms_application_sid": "",
    }
    project.answer("webhook", "restore", "--all")
    assert set_at(project, one) == (*FORMER.values(), APPLICATION)
    assert set_at(project, other) == ("", "POST", "")
    assert (before(project, one), before(project, other)) == (None, None)


def test_only_the_numbers_that_are_named_are_changed(
    numbers: tuple[ReadyProject, list[str]],
) -> None:
    project, (one, other) = numbers
    project.answer("webhook", "configure", one, one, "--public-url", URL)
    assert set_at(project, one)[0] == SMS_URL
    assert set_at(project, other)[0] == ""
    project.answer("webhook", "restore", other)
    assert set_at(project, one)[0] == SMS_URL
    project.answer("webhook", "restore", one)
    assert set_at(project, one)[0] == ""


def test_both_can_be_run_again_and_change_nothing_then(
    numbers: tuple[ReadyProject, list[str]],
) -> None:
    project, (one, _) = numbers
    at_twilio(project, one, **FORMER)
    for command in (("configure", "--all", "--public-url", URL), ("restore", "--all")):
        project.answer("webhook", *command)
        state = project.rows("SELECT * FROM numbers")
        posts = [each for each in project.sandbox.requests() if each.startswith("POST")]
        again = project.answer("webhook", *command)
        assert [each["changed"] for each in again["numbers"]] == [False, False]
        assert project.rows("SELECT * FROM numbers") == state
        assert [each for each in project.sandbox.requests() if each.startswith("POST")] == posts


def test_another_public_url_replaces_the_first_and_the_former_one_is_kept(
    numbers: tuple[ReadyProject, list[str]],
) -> None:
    project, (one, _) = numbers
    at_twilio(project, one, **FORMER)
    project.answer("webhook", "configure", "--all", "--public-url", URL)
    project.answer("webhook", "configure", "--all", "--public-url", "https://moved.example.com")
    assert set_at(project, one)[0] == "https://moved.example.com/twilio/sms"
    assert before(project, one)["sms_url"] == FORMER["sms_url"]
    project.answer("webhook", "restore", "--all")
    assert set_at(project, one)[0] == FORMER["sms_url"]


def test_what_somebody_set_since_stays(numbers: tuple[ReadyProject, list[str]]) -> None:
    project, (one, other) = numbers
    project.answer("webhook", "configure", "--all", "--public-url", URL)
    at_twilio(project, one, sms_url="https://new.example.com")
    called = project.call("webhook", "restore", "--all")
    assert f"{one}: somebody has set another address since; it stays" in called.out
    assert f"{other}: as it was before" in called.out
    assert set_at(project, one)[0] == "https://new.example.com"
    assert before(project, one) is None


@pytest.mark.parametrize("command", ["configure", "restore"])
def test_killed_at_any_point_it_is_brought_to_its_end_by_running_it_again(
    numbers: tuple[ReadyProject, list[str]], command: str
) -> None:
    project, (one, other) = numbers
    at_twilio(project, one, **FORMER)
    configure = ("webhook", "configure", "--all", "--public-url", URL)
    words: tuple[str, ...] = configure
    if command == "restore":
        project.answer(*configure)
        words = ("webhook", "restore", "--all")
    point = 1
    while was_killed(run_dying(project, point, *words)):
        point += 1
        if command == "configure":
            kept = before(project, one)
            assert set_at(project, one)[0] == FORMER["sms_url"] or kept is not None
            assert kept is None or kept["sms_url"] == FORMER["sms_url"]
        else:
            assert set_at(project, one)[0] == FORMER["sms_url"] or before(project, one)
        assert point < 100
    assert point > 2
    project.answer(*words)
    wanted = SMS_URL if command == "configure" else FORMER["sms_url"]
    assert set_at(project, one)[0] == wanted
    assert (before(project, other) is None) == (command == "restore")


def test_a_rehearsal_tells_what_would_change_and_changes_nothing(
    numbers: tuple[ReadyProject, list[str]],
) -> None:
    project, (one, _) = numbers
    state = project.everything()
    words = ("webhook", "configure", "--all", "--public-url", URL, "--dry-run")
    called = project.call(*words)
    assert f"{one}: Twilio would send its SMS to {SMS_URL}" in called.out
    assert [each["changed"] for each in project.answer(*words)["numbers"]] == [True, True]
    assert (set_at(project, one)[0], project.everything()) == ("", state)


def test_one_that_fails_keeps_no_other_back(numbers: tuple[ReadyProject, list[str]]) -> None:
    project, (one, other) = numbers
    project.sandbox.remove(one)
    called = project.call("webhook", "configure", "--all", "--public-url", URL, "--json")
    assert (called.exit_code, called.document["error"]["kind"]) == (7, "partial")
    by_number = {each["phone_number"]: each for each in called.document["numbers"]}
    assert by_number[one]["reason"] == f"{one} is not in the account"
    assert by_number[other]["changed"]
    assert (before(project, one), set_at(project, other)[0]) == (None, SMS_URL)


def test_an_answer_that_is_lost_is_made_good_by_running_it_again(
    numbers: tuple[ReadyProject, list[str]],
) -> None:
    project, (one, _) = numbers
    at_twilio(project, one, **FORMER)
    words = ("webhook", "configure", one, "--public-url", URL)
    project.sandbox.fault(method="POST", path="IncomingPhoneNumbers/PN", fault="drop_after")
    assert project.call(*words).exit_code == 75
    project.answer(*words)
    assert before(project, one)["sms_url"] == FORMER["sms_url"]


def test_what_was_set_before_is_never_shown(numbers: tuple[ReadyProject, list[str]]) -> None:
    project, (one, _) = numbers
    at_twilio(project, one, **FORMER)
    for words in (
        ("webhook", "configure", "--all", "--public-url", URL, "-v"),
        ("number", "show", one, "--json"),
        ("webhook", "restore", "--all", "--json"),
    ):
        called = project.call(*words)
        assert "hush" not in called.out + called.err


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (("configure", "--public-url", URL), 2),
        (("configure", "+12025550143", "--all", "--public-url", URL), 2),
        (("configure", "--all"), 2),
        (("configure", "--all", "--public-url", "http://kt.example.com"), 2),
        (("configure", "+12025550143", "--public-url", URL), 3),
        (("restore",), 2),
        (("restore", "+1202"), 2),
        (("restore", "+12025550143"), 3),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(
    numbers: tuple[ReadyProject, list[str]], words: tuple[str, ...], exit_code: int
) -> None:
    project, (one, _) = numbers
    assert project.call("webhook", *words).exit_code == exit_code
    assert set_at(project, one)[0] == ""


def test_without_numbers_it_says_so(project: ReadyProject) -> None:
    called = project.call("webhook", "configure", "--all", "--public-url", URL)
    assert (called.exit_code, called.out) == (0, "")
    assert "no numbers yet" in called.err
