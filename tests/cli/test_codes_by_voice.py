"""Codes by voice: a call that is answered, recorded and read, and nothing left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.projects import ReadyProject, command_line, ready_project, wait_until
from tests.vendors import RunningSandbox, running_sandbox

from .voice_settings import FORMER, change_voice, voice_settings

Start = Callable[..., AbstractContextManager[ReadyProject]]

SOON = {"code_timeout": "1s"}
ONE = {"US": {"target_size": 1}}


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """A project, and a sandbox whose codes come this way."""

    @contextmanager
    def begin(code: str, **changes: Any) -> Iterator[ReadyProject]:
        with running_sandbox(code=code) as sandbox:
            yield ready_project(tmp_path, monkeypatch, sandbox, **changes)

    return begin


def methods(project: ReadyProject) -> list[str]:
    """How codes were asked for, in order."""
    asked = [one for one in project.sandbox.requests_detail() if "request_code" in one.path]
    return [dict(one.form)["code_method"] for one in asked]


def looks(project: ReadyProject, what: str) -> int:
    """How often a list was asked for."""
    return sum(f"/{what}.json" in one for one in project.sandbox.requests())


def assert_nothing_left(project: ReadyProject, former: dict[str, str] | None = None) -> None:
    """Every number's calls are answered as before, at Twilio and by the inventory."""
    blank = {"voice_url": "", "voice_method": "POST", "voice_application_sid": ""}
    for settings in voice_settings(project).values():
        assert settings == (former or blank)
    assert project.rows("SELECT 1 FROM numbers WHERE voice_before IS NOT NULL") == []


def only(project: ReadyProject) -> str:
    """The one number there is."""
    ((number,),) = project.rows("SELECT phone_number FROM numbers")
    return str(number)


def member(project: ReadyProject) -> str:
    """A number of the pool that was never verified, and whose calls the customer answers."""
    number = str(project.answer("provision", "--country", "US", "--yes")["phone_number"])
    change_voice(project, number, **FORMER)
    project.answer("number", "add-to-pool", number)
    return number


@pytest.mark.parametrize("code", ["filtered", "voice", "words", "two-codes"])
def test_a_pool_is_filled_by_voice_where_sms_brings_no_code(start: Start, code: str) -> None:
    with start(code, meta={"code_timeout": "2s"}) as project:
        (pool,) = project.answer("pool", "fill")["pools"]
        assert (pool["bought"], pool["verified"], pool["failed"], pool["shortfall"]) == (2, 2, 0, 0)
        assert project.owes_what_it_knows()
        assert_nothing_left(project)
        facts = project.rows("SELECT code_method, substr(recording_sid, 1, 2) FROM numbers")
        assert facts == [("voice", "RE"), ("voice", "RE")]


@pytest.mark.parametrize("code", ["sms", "twice", "newer"])
def test_sms_that_bring_the_code_need_no_call(start: Start, code: str) -> None:
    with start(code) as project:
        assert project.answer("pool", "fill")["pools"][0]["verified"] == 2
        assert methods(project) == ["SMS", "SMS"]
        assert looks(project, "Calls") == 0
        assert project.rows("SELECT DISTINCT code_method FROM numbers") == [("sms",)]


def test_a_blanked_sms_ends_the_wait_at_once_and_later_numbers_are_called_at_once(
    start: Start,
) -> None:
    with start("filtered", pools={"US": {"target_size": 8}}) as project:
        began = time.monotonic()
        (pool,) = project.answer("pool", "fill", "--concurrency", "2")["pools"]
        assert time.monotonic() - began < 20, "meta.code_timeout is 60 s"
        assert (pool["verified"], pool["failed"]) == (8, 0)
        asked = methods(project)
        assert asked.count("VOICE") == 8
        assert asked.count("SMS") <= 4, asked


def test_after_a_blanked_code_numbers_are_bought_that_take_calls_too(start: Start) -> None:
    with start("filtered") as project:
        project.answer("pool", "fill")
        first = [one for one in project.sandbox.requests() if "US/Local.json" in one]
        assert all("VoiceEnabled" not in one for one in first)
        project.sandbox.forget_requests()
        project.answer("pool", "set", "US", "--target-size", "3")
        assert project.answer("pool", "fill")["pools"][0]["verified"] == 1
        searches = [one for one in project.sandbox.requests() if "US/Local.json" in one]
        assert searches
        assert all("SmsEnabled=true" in one and "VoiceEnabled=true" in one for one in searches)


def test_a_country_whose_codes_come_by_voice_narrows_no_other(start: Start) -> None:
    with start("sms") as project:
        project.answer("country", "set", "CL", "--code-method", "voice")
        project.answer("pool", "set", "CL", "--target-size", "1")
        project.answer("pool", "fill", "CL")
        project.answer("pool", "fill", "US")
        searches = [one for one in project.sandbox.requests() if "US/Local.json" in one]
        assert searches
        assert all("VoiceEnabled" not in one for one in searches)


def test_with_voice_chosen_no_sms_is_asked_for_and_numbers_without_sms_are_bought(
    start: Start,
) -> None:
    peru = {"PE": {"target_size": 1}}
    allowed = {"allowed_countries": ["PE"], "default_country": "PE", "pools": peru}
    with start("voice", **allowed) as project:
        called = project.call("pool", "fill", "--json")
        assert called.exit_code == 5, "Peru's numbers receive no SMS"
        assert "kapso-twilio country set PE --code-method voice" in called.document["error"]["hint"]
        project.answer("country", "set", "PE", "--code-method", "voice")
        assert project.answer("pool", "fill")["pools"][0]["ready"] == 1
        assert methods(project) == ["VOICE"]
        searches = [one for one in project.sandbox.requests() if "PE/Local.json" in one]
        assert "SmsEnabled=true" in searches[0]
        assert "VoiceEnabled=true" in searches[-1]
        assert "SmsEnabled" not in searches[-1]
        assert looks(project, "Messages") == 0


def test_a_members_number_without_sms_is_verified_by_voice(start: Start) -> None:
    peru = {"PE": {"target_size": 1}}
    allowed = {"allowed_countries": ["PE"], "default_country": "PE", "pools": peru}
    with start("voice", **allowed) as project:
        project.answer("provision", "--country", "PE", "--yes")
        project.answer("number", "add-to-pool", only(project))
        assert project.answer("number", "verify", only(project))["state"] == "ready"
        assert methods(project) == ["VOICE"]


def test_one_look_serves_all_numbers_that_wait_for_their_call(start: Start) -> None:
    pools = {"US": {"target_size": 9}}
    with start("voice", meta={"code_method": "voice"}, pools=pools) as project:
        assert project.answer("pool", "fill", "--concurrency", "9")["pools"][0]["ready"] == 9
        for what in ("Calls", "Recordings", "Transcriptions"):
            assert 1 <= looks(project, what) <= 8, what


@pytest.mark.parametrize("code", ["voice", "keyless", "unheard", "none"])
def test_what_answered_before_answers_again(start: Start, code: str) -> None:
    with start(code, meta={"code_method": "voice", **SOON}) as project:
        number = member(project)
        called = project.call("number", "verify", number)
        assert called.exit_code == (0 if code == "voice" else 5), called.err
        assert_nothing_left(project, FORMER)
        kinds = [kind for (kind,) in project.rows("SELECT kind FROM events ORDER BY id")]
        assert kinds.index("voice_url_set") < kinds.index("code_requested")
        assert kinds.count("voice_url_put_back") == 1


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("unheard", "Twilio could not transcribe it"),
        ("keyless", "its transcription holds no code"),
        ("untranscribed", "Twilio has not transcribed it"),
    ],
)
def test_a_call_that_was_not_understood_names_its_recording_and_the_way_on(
    start: Start, code: str, why: str
) -> None:
    meta = {"code_method": "voice", **SOON}
    with start(code, meta=meta, voice={"call_timeout": "1s"}, pools=ONE) as project:
        called = project.call("pool", "fill", "--json")
        assert called.exit_code == 5
        ((number, recording),) = project.rows("SELECT phone_number, recording_sid FROM numbers")
        error = called.document["error"]
        assert error["reason"] == f"{why}: recording {recording}"
        assert error["hint"].endswith(f"kapso-twilio number verify {number} --code 123456")
        (attention, *_) = project.answer("status")["attention"]
        assert attention["kind"] == "verification_failing"
        assert recording in attention["message"]
        assert_nothing_left(project)


def test_the_wrong_key_gets_no_code(start: Start) -> None:
    meta = {"code_method": "voice", **SOON}
    with start("voice", meta=meta, voice={"key": "5"}, pools=ONE) as project:
        called = project.call("pool", "fill", "--json")
        assert "holds no code" in called.document["error"]["reason"]
        project.answer("config", "set", "voice.key", "0")
        answer = project.answer("number", "verify", only(project), "--force")
        assert answer["state"] == "ready"


def test_a_number_that_takes_its_calls_elsewhere_is_called_all_the_same(start: Start) -> None:
    """An application or a trunk would take the call away from the VoiceUrl."""
    with start("voice", meta={"code_method": "voice", **SOON}) as project:
        number = member(project)
        trunk = {"trunk_sid": "TK" + "1" * 32, "voice_application_sid": ""}
        change_voice(project, number, **trunk)
        assert project.answer("number", "verify", number)["state"] == "ready"
        assert_nothing_left(project, {**FORMER, **trunk})


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_puts_back_what_answered_before(
    start: Start, number: signal.Signals, exit_code: int
) -> None:
    with start("none", meta={"code_method": "voice"}) as project:
        one = member(project)
        process = project.start("number", "verify", one)
        wait_until(lambda: "VOICE" in methods(project))
        process.send_signal(number)
        process.communicate(timeout=30)
        assert process.returncode == exit_code
        assert project.states() == {"provisioned": 1}
        assert_nothing_left(project, FORMER)


def test_a_run_that_is_killed_leaves_it_to_the_next(start: Start) -> None:
    with start("none", meta={"code_method": "voice", **SOON}) as project:
        one = member(project)
        process = project.start("number", "verify", one)
        wait_until(lambda: "VOICE" in methods(project))
        process.kill()
        process.communicate(timeout=30)
        assert "twimlets" in voice_settings(project)[one]["voice_url"]
        assert project.call("number", "verify", one).exit_code == 5
        assert_nothing_left(project, FORMER)


def test_what_somebody_changes_meanwhile_is_not_undone(start: Start) -> None:
    with start("none", meta={"code_method": "voice", "code_timeout": "3s"}) as project:
        number = member(project)
        process = project.start("number", "verify", number)
        wait_until(lambda: "twimlets" in voice_settings(project)[number]["voice_url"])
        theirs = {**FORMER, "voice_url": "https://changed.example/voice"}
        change_voice(project, number, **theirs)
        assert process.wait(30) == 5
        process.communicate()
        project.answer("reconcile", "--no-fill")
        assert_nothing_left(project, theirs)


@pytest.mark.parametrize("code", ["filtered", "voice"])
def test_processes_of_their_own_fill_a_pool_by_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """The sandbox that people start, and a fill beside it."""
    serve = subprocess.Popen(
        command_line("sandbox", "serve", "--code", code), stdout=subprocess.PIPE, text=True
    )
    try:
        assert serve.stdout is not None
        known = json.loads(serve.stdout.readline())
        with requests.Session() as session:
            sandbox = RunningSandbox(known["url"], known, session)
            project = ready_project(tmp_path, monkeypatch, sandbox, meta={"code_timeout": "2s"})
            filling = project.start("pool", "fill", "--json")
            out, err = filling.communicate(timeout=60)
            assert filling.returncode == 0, err
            (pool,) = json.loads(out)["pools"]
            assert (pool["ready"], pool["shortfall"]) == (2, 0)
            assert_nothing_left(project)
    finally:
        serve.terminate()
        serve.communicate()


def test_settings_that_could_not_be_put_back_are_told_and_put_back_later(start: Start) -> None:
    with start("voice", meta={"code_method": "voice"}) as project:
        number = member(project)
        set_it = r"IncomingPhoneNumbers/PN\w+\.json"
        project.sandbox.fault(method="POST", path=set_it, fault="delay", delay_ms=0)
        project.sandbox.fault(method="POST", path=set_it, fault="status", status=503, times=2)
        assert project.answer("number", "verify", number)["state"] == "ready"
        assert "twimlets" in voice_settings(project)[number]["voice_url"]
        kinds = [one["kind"] for one in project.answer("status")["attention"]]
        assert "voice_url_changed" in kinds
        not_there = {"code": 20404, "message": "not found", "status": 404}
        read: dict[str, Any] = {"method": "GET", "path": set_it, "body": not_there}
        project.sandbox.fault(fault="status", status=404, **read)
        assert project.answer("reconcile", "--no-fill")["actions"] == [], "it may come back"
        project.sandbox.clear_faults()
        actions = project.answer("reconcile", "--no-fill")["actions"]
        assert [(one["kind"], one["phone_number"]) for one in actions] == [
            ("voice_url_put_back", number)
        ]
        assert_nothing_left(project, FORMER)
        assert project.answer("reconcile", "--no-fill")["actions"] == []
