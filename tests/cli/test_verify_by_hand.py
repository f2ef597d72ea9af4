"""`number verify` with a person's help: a code that is given, a call that rings at a telephone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

from .inbox import first_code
from .voice_settings import FORMER, change_voice, voice_settings

PERSON = "+14155550100"
POOL_OF_ONE = {"US": {"target_size": 1}}
SOON = {"code_timeout": "1s"}


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A project whose pool holds one number that is not verified yet; its calls go elsewhere."""
    ready = ready_project(tmp_path, monkeypatch, sandbox, pools=POOL_OF_ONE, meta=SOON)
    number = ready.answer("provision", "--country", "US", "--yes")["phone_number"]
    ready.answer("number", "add-to-pool", number)
    change_voice(ready, number, **FORMER)
    return ready


def only(project: ReadyProject) -> str:
    ((number,),) = project.rows("SELECT phone_number FROM numbers")
    return str(number)


def missed(project: ReadyProject) -> str:
    """Let an attempt fail whose SMS was not understood; give the code that it brought."""
    number = only(project)
    project.sandbox.codes_come(number, "two-codes")
    take = r"IncomingPhoneNumbers/PN\w+\.json"
    project.sandbox.fault(method="POST", path=take, fault="status", status=400)
    assert project.call("number", "verify", number).exit_code == 5
    project.sandbox.clear_faults()
    return first_code(project)


def test_a_code_that_a_person_gives_verifies_the_number(project: ReadyProject) -> None:
    code = missed(project)
    project.sandbox.forget_requests()
    answer = project.answer("number", "verify", only(project), "--code", code)
    assert answer["state"] == "ready"
    assert not any("request_code" in one for one in project.sandbox.requests())
    assert project.rows("SELECT verification_failures FROM numbers") == [(0,)]
    again = project.answer("number", "verify", only(project), "--code", code)
    assert again["state"] == "ready", "doing it twice is doing it once"


def test_the_code_stands_in_no_file(project: ReadyProject) -> None:
    code = missed(project)
    project.call("number", "verify", only(project), "--code", code, "--verbose")
    for path in project.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert code.encode() not in content, path
            assert code.replace("-", "").encode() not in content, path


def test_a_wrong_code_is_metas_refusal_told_plainly(project: ReadyProject) -> None:
    code = missed(project)
    wrong = "000000" if code != "000-000" else "000001"
    called = project.call("number", "verify", only(project), "--code", wrong)
    assert called.exit_code == 5
    assert f"error: Meta did not take that code for {only(project)}" in called.err
    assert "The verification code is invalid (Meta 100)" in called.err
    assert f"kapso-twilio number verify {only(project)}" in called.err
    assert project.states() == {"provisioned": 1}
    assert project.answer("number", "verify", only(project), "--code", code)["state"] == "ready"


def test_a_code_can_be_given_only_when_one_was_asked_for(project: ReadyProject) -> None:
    before = project.everything()
    called = project.call("number", "verify", only(project), "--code", "123456")
    assert called.exit_code == 3
    assert f"no code was asked for {only(project)}" in called.err
    assert project.everything().keys() == before.keys()
    assert project.everything()["numbers"] == before["numbers"]


@pytest.mark.parametrize("code", ["12345", "1234567", "12a456", "١٢٣٤٥٦", ""])
def test_what_is_no_code_is_wrong_usage(project: ReadyProject, code: str) -> None:
    called = project.call("number", "verify", only(project), "--code", code)
    assert called.exit_code == 2
    assert "six digits" in called.err


def test_code_and_forward_to_are_not_given_together(project: ReadyProject) -> None:
    words = ("--code", "123456", "--forward-to", PERSON)
    assert project.call("number", "verify", only(project), *words).exit_code == 2


def test_the_call_rings_at_a_person_and_what_answered_before_answers_again(
    project: ReadyProject,
) -> None:
    number = only(project)
    called = project.call("number", "verify", number, "--forward-to", PERSON)
    assert called.exit_code == 0, called.err
    assert f"the call with the code for {number} rang at {PERSON}" in called.out
    assert f"kapso-twilio number verify {number} --code 123456" in called.err
    assert project.states() == {"provisioned": 1}
    set_to, put_back = [
        dict(one.form)["VoiceUrl"]
        for one in project.sandbox.requests_detail()
        if one.method == "POST" and "/IncomingPhoneNumbers/PN" in one.path
    ][-2:]
    assert "%3CDial%3E%2B14155550100%3C%2FDial%3E" in set_to
    assert put_back == FORMER["voice_url"]
    assert voice_settings(project)[number] == FORMER
    assert project.rows("SELECT code_method, voice_before FROM numbers") == [("voice", None)]


def test_no_call_in_time_is_told(project: ReadyProject) -> None:
    number = only(project)
    project.sandbox.codes_come(number, "none")
    called = project.call("number", "verify", number, "--forward-to", PERSON)
    assert called.exit_code == 5
    assert f"no call came in for {number}" in called.err
    assert voice_settings(project)[number] == FORMER
    assert project.states() == {"provisioned": 1}


def test_a_call_cannot_be_forwarded_to_the_number_itself(project: ReadyProject) -> None:
    number = only(project)
    called = project.call("number", "verify", number, "--forward-to", number)
    assert called.exit_code == 2


@pytest.mark.parametrize("words", [("--forward-to", PERSON), ("--code", "123456")])
def test_a_rehearsal_asks_nobody(project: ReadyProject, words: tuple[str, str]) -> None:
    missed(project)
    before = project.everything()
    project.sandbox.forget_requests()
    answer = project.answer("number", "verify", only(project), *words, "--force", "--dry-run")
    assert answer["dry_run"] is True
    assert project.everything() == before
    assert project.sandbox.requests() == []
