"""Codes that come by a call which the receiver answers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.voice_settings import FORMER, change_voice, voice_settings
from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import running_sandbox

from .receivers import (
    PUBLIC_URL,
    TRANSCRIPTION,
    VOICE,
    RunningReceiver,
    arrivals,
    call,
    free_port,
    known_messages,
    looks_for_calls,
    running_receiver,
    seconds_to_ready,
    stopped,
    to_be_verified,
    transcription,
)

SAID = "Your verification code is one two three four five six."


@contextmanager
def by_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, code: str = "voice", **meta: Any
) -> Iterator[ReadyProject]:
    """A project whose codes come by voice."""
    with running_sandbox(code=code) as sandbox:
        settings = {"code_method": "voice", **meta}
        yield ready_project(tmp_path, monkeypatch, sandbox, meta=settings)


@contextmanager
def reachable(project: ReadyProject) -> Iterator[str]:
    """A receiver that the sandbox reaches."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running_receiver(project, "--port", str(port), public_url=url):
        yield url


def called_by(project: ReadyProject) -> list[str]:
    """Each VoiceUrl that a number was given, in order."""
    forms = [dict(one.form) for one in project.sandbox.requests_detail() if one.method == "POST"]
    return [form["VoiceUrl"] for form in forms if form.get("VoiceUrl")]


def test_a_call_is_answered_with_the_key_and_a_recording_whose_text_comes_here(
    receiver: RunningReceiver, number: str
) -> None:
    answer = receiver.send(VOICE, call(number))
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/xml")
    assert re.search(r'<Pause length="\d+"/><Play digits="[^"]+"/><Record ', answer.text)
    assert f'transcribe="true" transcribeCallback="{PUBLIC_URL}{TRANSCRIPTION}"' in answer.text


def test_a_call_for_a_number_of_somebody_else_is_not_recorded(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    answer = receiver.send(VOICE, call("+12025550199"))
    assert (answer.status_code, "Record" in answer.text) == (200, False)
    assert known_messages(project) == 0


def heard(receiver: RunningReceiver, number: str, text: str) -> dict[str, str]:
    """A call came in, and this was understood of it: the form that tells so."""
    rung = call(number)
    assert receiver.send(VOICE, rung).status_code == 200
    return {**transcription(number, text), "CallSid": rung["CallSid"]}


def test_the_code_of_a_transcription_is_kept_and_the_rest_is_not(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    assert receiver.send(TRANSCRIPTION, heard(receiver, number, SAID)).status_code == 200
    assert arrivals(project) == [(number, "123456", 0)]
    code, said = stopped(receiver)
    assert (code, SAID in said, "123456" in said) == (0, False, False)


def test_a_transcription_that_failed_is_noted_as_one_that_brought_no_code(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    assert receiver.send(TRANSCRIPTION, heard(receiver, number, "")).status_code == 200
    assert arrivals(project) == [(number, None, 0)]


def test_what_was_said_in_a_call_that_the_receiver_knows_nothing_of_is_left_to_twilio(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    assert receiver.send(TRANSCRIPTION, transcription(number, SAID)).status_code == 200
    assert arrivals(project) == []


def test_what_was_said_in_a_call_before_the_request_is_no_answer_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with by_voice(tmp_path, monkeypatch, code="none", code_timeout="4s") as project:
        (number,) = to_be_verified(project, 1)
        with running_receiver(project, public_url="http://127.0.0.1") as receiver:
            late = heard(receiver, number, SAID)
            with project.start("number", "verify", number, "--json") as verify:
                wait_until(lambda: _was_asked(project, "request_code"))
                assert receiver.send(TRANSCRIPTION, late).status_code == 200
                verify.communicate(timeout=60)
        assert not _was_asked(project, "verify_code")


def test_the_key_that_is_set_now_is_pressed(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    project.answer("config", "set", "voice.key", "w5")
    assert '<Play digits="w5"/>' in receiver.send(VOICE, call(number)).text
    project.path.write_text("nonsense")
    assert '<Play digits="' in receiver.send(VOICE, call(number)).text


@pytest.mark.parametrize("path", [VOICE, TRANSCRIPTION])
def test_what_is_not_signed_for_this_path_is_refused(
    project: ReadyProject, receiver: RunningReceiver, number: str, path: str
) -> None:
    form = transcription(number, SAID)
    assert receiver.post(form, path=path).status_code == 403, "it is signed for SMS"
    assert receiver.send(path, form, headers={"X-Twilio-Signature": None}).status_code == 403
    assert receiver.send(path, {"To": number}).status_code == 403, "it says nothing of a call"
    assert known_messages(project) == 0
    _, said = stopped(receiver)
    assert said.count(f"refused {path}") == 3


@pytest.mark.parametrize("path", [VOICE, TRANSCRIPTION])
def test_a_retry_is_answered_alike_and_a_replay_is_refused(
    project: ReadyProject, receiver: RunningReceiver, number: str, path: str
) -> None:
    form = heard(receiver, number, SAID) if path == TRANSCRIPTION else call(number)
    answers = [receiver.send(path, form, delivery="d1") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].text == answers[1].text
    assert receiver.send(path, form, delivery="d2").status_code == 403
    assert len(arrivals(project)) == (1 if path == TRANSCRIPTION else 0)


def test_a_fill_by_voice_completes_without_one_poll_while_the_receiver_answers_the_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with by_voice(tmp_path, monkeypatch) as project, reachable(project) as url:
        before = looks_for_calls(project)
        report = project.answer("pool", "fill")
        assert (report["pools"][0]["verified"], report["pools"][0]["failed"]) == (2, 0)
        assert looks_for_calls(project) == before == 0
        assert set(called_by(project)) == {f"{url}{VOICE}"}
        assert {one["voice_url"] for one in voice_settings(project).values()} == {""}
        assert arrivals(project) == []
        kept = project.rows("SELECT code_method, substr(recording_sid, 1, 2) FROM numbers")
        assert kept == [("voice", "RE")] * 2


def test_a_code_that_was_blanked_comes_by_a_call_that_the_receiver_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meta = {"code": "filtered", "code_method": "sms"}
    with by_voice(tmp_path, monkeypatch, **meta) as project, reachable(project) as url:
        to_be_verified(project, 2)
        project.answer("webhook", "configure", "--all", "--public-url", url)
        began = time.monotonic()
        assert project.answer("pool", "fill")["pools"][0]["verified"] == 2
        assert time.monotonic() - began < 20
        assert looks_for_calls(project) == 0


def test_a_call_that_could_not_be_transcribed_is_looked_up_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meta = {"code": "unheard", "code_timeout": "3s"}
    with by_voice(tmp_path, monkeypatch, **meta) as project, reachable(project):
        (number,) = to_be_verified(project, 1)
        began = time.monotonic()
        called = project.call("number", "verify", number)
        assert time.monotonic() - began < 12
        assert "Twilio could not transcribe it: recording RE" in called.err
        assert looks_for_calls(project) > 0


def test_where_the_receiver_is_not_reached_the_call_is_made_again_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is at work, and Twilio cannot reach it: nothing of the call was recorded."""
    with by_voice(tmp_path, monkeypatch, code_timeout="3s") as project:
        project.answer("config", "set", "voice.call_timeout", "1s")
        (number,) = to_be_verified(project, 1)
        nowhere = f"http://127.0.0.1:{free_port()}"
        with running_receiver(project, public_url=nowhere):
            assert project.answer("number", "verify", number)["state"] == "ready"
        first, second = called_by(project)
        assert (first, "twimlets.com/echo" in second) == (f"{nowhere}{VOICE}", True)
        assert project.rows("SELECT 1 FROM numbers WHERE voice_before IS NOT NULL") == []


def test_a_number_is_ready_within_a_second_after_its_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with by_voice(tmp_path, monkeypatch) as project, reachable(project):
        took = [seconds_to_ready(project, number) for number in to_be_verified(project, 3)]
        assert looks_for_calls(project) == 0
    assert sorted(took)[1] < 1, took


def _was_asked(project: ReadyProject, what: str) -> bool:
    return any(what in request for request in project.sandbox.requests())


def test_a_url_of_ones_own_that_looks_like_a_receivers_is_called_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with by_voice(tmp_path, monkeypatch, code_timeout="1s") as project:
        project.answer("config", "set", "voice.call_timeout", "1s")
        project.answer("config", "set", "voice.url", f"{PUBLIC_URL}{VOICE}")
        (number,) = to_be_verified(project, 1)
        assert project.call("number", "verify", number).exit_code == 5
        assert called_by(project) == [f"{PUBLIC_URL}{VOICE}"]


def test_a_recording_that_nobody_transcribed_is_named_beside_a_receiver_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meta = {"code": "untranscribed", "code_timeout": "2s"}
    with by_voice(tmp_path, monkeypatch, **meta) as project, reachable(project):
        project.answer("config", "set", "voice.call_timeout", "1s")
        (number,) = to_be_verified(project, 1)
        called = project.call("number", "verify", number)
        assert "Twilio has not transcribed it: recording RE" in called.err
        assert project.rows("SELECT substr(recording_sid, 1, 2) FROM numbers") == [("RE",)]


def test_calls_follow_their_receiver_to_another_address(project: ReadyProject, number: str) -> None:
    project.answer("webhook", "configure", "--all", "--voice", "--public-url", PUBLIC_URL)
    elsewhere = "https://new.example.com"
    called = project.call("webhook", "configure", "--all", "--public-url", elsewhere)
    assert f"its calls to {elsewhere}{VOICE}" in called.out
    assert voice_settings(project)[number]["voice_url"] == f"{elsewhere}{VOICE}"


def test_calls_are_given_to_the_receiver_for_good_only_when_asked(
    project: ReadyProject, number: str
) -> None:
    change_voice(project, number, **FORMER)
    project.answer("webhook", "configure", "--all", "--public-url", PUBLIC_URL)
    assert voice_settings(project)[number] == FORMER
    given = project.answer("webhook", "configure", "--all", "--voice", "--public-url", PUBLIC_URL)
    assert given["voice_url"] == f"{PUBLIC_URL}{VOICE}"
    ours = {
        "voice_url": f"{PUBLIC_URL}{VOICE}",
        "voice_method": "POST",
        "voice_application_sid": "",
    }
    assert voice_settings(project)[number] == ours
    again = project.answer("webhook", "configure", "--all", "--voice", "--public-url", PUBLIC_URL)
    assert [one["changed"] for one in again["numbers"]] == [False]
    project.answer("webhook", "restore", "--all")
    assert voice_settings(project)[number] == FORMER


def test_a_voice_url_that_somebody_has_set_since_stays(project: ReadyProject, number: str) -> None:
    project.answer("webhook", "configure", "--all", "--voice", "--public-url", PUBLIC_URL)
    change_voice(project, number, voice_url="https://customer.example/since")
    called = project.call("webhook", "restore", "--all")
    assert (called.exit_code, "it stays" in called.out) == (0, True)
    assert voice_settings(project)[number]["voice_url"] == "https://customer.example/since"


def test_a_verification_by_voice_puts_back_what_webhook_configure_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with by_voice(tmp_path, monkeypatch) as project:
        (number,) = to_be_verified(project, 1)
        project.answer("webhook", "configure", "--all", "--voice", "--public-url", PUBLIC_URL)
        assert project.answer("number", "verify", number)["state"] == "ready"
        assert voice_settings(project)[number]["voice_url"] == f"{PUBLIC_URL}{VOICE}"
