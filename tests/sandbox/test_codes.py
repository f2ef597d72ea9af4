"""How one-time codes come: every variant of SMS and call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from kapso_twilio_cli.domain.one_time_code import read_code
from kapso_twilio_cli.domain.spoken_code import read_spoken_code
from tests.sandbox.clients import Http, meta_http, twilio_http
from tests.vendors import RunningSandbox, running_sandbox

NUMBER = "+14155550101"
TWIML = '<Response><Pause length="7"/><Play digits="ww0"/><Record transcribe="true"/></Response>'


@dataclass(frozen=True)
class Desk:
    """One number of the account, at Twilio and at Meta."""

    sandbox: RunningSandbox
    twilio: Http
    meta: Http
    sid: str
    preverified_id: str

    def answer_with(self, twiml: str, **settings: str) -> None:
        url = f"https://twimlets.com/echo?Twiml={quote(twiml)}"
        form = {"VoiceUrl": url, **settings}
        status, _ = self.twilio.call("POST", f"IncomingPhoneNumbers/{self.sid}.json", data=form)
        assert status == 200

    def ask(self, method: str) -> None:
        self.meta.post(
            f"{self.preverified_id}/request_code", {"code_method": method, "language": "en_US"}
        )

    def takes(self, code: str | None) -> bool:
        path, body = f"{self.preverified_id}/verify_code", {"code": code or "0"}
        return self.meta.call("POST", path, json=body)[0] == 200

    def bodies(self) -> list[str]:
        """The messages, oldest first."""
        return [one["body"] for one in self.twilio.get("Messages.json")["messages"]][::-1]

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.twilio.get("Calls.json")["calls"]
        return found

    def recordings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.twilio.get("Recordings.json")["recordings"]
        return found

    def transcriptions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.twilio.get("Transcriptions.json")["transcriptions"]
        return found


@contextmanager
def desk(code: str) -> Iterator[Desk]:
    with (
        running_sandbox(code=code, code_delay_seconds=0.3) as sandbox,
        twilio_http(sandbox) as twilio,
        meta_http(sandbox) as meta,
    ):
        sid = sandbox.buy_in_console(NUMBER)
        business = sandbox.credentials["meta_business_id"]
        added = meta.post(f"{business}/add_phone_numbers", {"phone_number": NUMBER})
        yield Desk(sandbox, twilio, meta, sid, added["id"])


def test_the_same_message_comes_twice() -> None:
    with desk("twice") as at:
        at.ask("SMS")
        one, other = map(read_code, at.bodies())
        assert one == other
        assert at.takes(one)


def test_two_codes_come_in_one_message() -> None:
    with desk("two-codes") as at:
        at.ask("SMS")
        (body,) = at.bodies()
        assert read_code(body) is None


def test_a_newer_code_comes_after_an_older_one() -> None:
    with desk("newer") as at:
        at.ask("SMS")
        older, newer = map(read_code, at.bodies())
        assert older != newer
        assert not at.takes(older)
        assert at.takes(newer)


@pytest.mark.parametrize("code", ["voice", "words", "keyless", "unheard", "untranscribed", "none"])
def test_no_sms_comes_where_codes_come_by_call_alone(code: str) -> None:
    with desk(code) as at:
        at.ask("SMS")
        assert at.bodies() == []


@pytest.mark.parametrize("code", ["sms", "voice", "filtered", "words"])
def test_a_call_with_the_key_says_the_code(code: str) -> None:
    with desk(code) as at:
        at.answer_with(TWIML)
        at.ask("VOICE")
        (call,), (recording,), (transcription,) = at.calls(), at.recordings(), at.transcriptions()
        assert (call["to"], call["direction"], call["status"]) == (NUMBER, "inbound", "completed")
        assert recording["call_sid"] == call["sid"]
        assert transcription["recording_sid"] == recording["sid"]
        assert transcription["status"] == "completed"
        assert code != "words" or not any(map(str.isdigit, transcription["transcription_text"]))
        assert at.takes(read_spoken_code(transcription["transcription_text"]))


@pytest.mark.parametrize(
    ("code", "twiml"),
    [
        ("voice", TWIML.replace("ww0", "5")),
        ("voice", TWIML.replace('<Play digits="ww0"/>', "")),
        ("keyless", TWIML),
    ],
)
def test_without_the_key_there_is_no_code(code: str, twiml: str) -> None:
    with desk(code) as at:
        at.answer_with(twiml)
        at.ask("VOICE")
        (transcription,) = at.transcriptions()
        assert read_spoken_code(transcription["transcription_text"]) is None


@pytest.mark.parametrize(
    ("code", "status"), [("unheard", "failed"), ("untranscribed", "in-progress")]
)
def test_a_transcription_may_fail_or_not_come(code: str, status: str) -> None:
    with desk(code) as at:
        at.answer_with(TWIML)
        at.ask("VOICE")
        (transcription,) = at.transcriptions()
        assert (transcription["status"], transcription["transcription_text"]) == (status, None)


def test_a_call_is_recorded_and_transcribed_only_where_the_twiml_says_so() -> None:
    with desk("voice") as at:
        at.answer_with("<Response><Dial>+14155550199</Dial></Response>")
        at.ask("VOICE")
        assert (len(at.calls()), at.recordings()) == (1, [])
        at.answer_with(TWIML.replace(' transcribe="true"', ""))
        at.ask("VOICE")
        assert (len(at.calls()), len(at.recordings()), at.transcriptions()) == (2, 1, [])


@pytest.mark.parametrize(
    "setting", [{"VoiceApplicationSid": "AP" + "1" * 32}, {"TrunkSid": "TK" + "1" * 32}]
)
def test_an_application_or_a_trunk_takes_the_call_away(setting: dict[str, str]) -> None:
    with desk("voice") as at:
        at.answer_with(TWIML, **setting)
        at.ask("VOICE")
        assert (len(at.calls()), at.recordings()) == (1, [])


def test_a_late_call_comes_late() -> None:
    with desk("late") as at:
        at.answer_with(TWIML)
        at.ask("VOICE")
        assert (at.calls(), at.recordings(), at.transcriptions()) == ([], [], [])


def test_calls_are_found_by_number_and_status() -> None:
    with desk("voice") as at:
        at.sandbox.call(NUMBER, "Hello")
        assert len(at.twilio.get(f"Calls.json?To={quote(NUMBER)}")["calls"]) == 1
        assert at.twilio.get("Calls.json?To=%2B14155550102")["calls"] == []
        assert at.twilio.get("Calls.json?Status=busy")["calls"] == []
        assert at.twilio.get("Calls.json?StartTime%3E=2999-01-01")["calls"] == []


def test_the_codes_of_one_number_can_come_another_way() -> None:
    with desk("none") as at:
        at.sandbox.codes_come(NUMBER, "sms")
        at.ask("SMS")
        assert read_code(at.bodies()[0]) is not None


def test_a_way_that_is_not_known_is_refused() -> None:
    with desk("sms") as at, pytest.raises(AssertionError, match="codes cannot come by 'pigeon'"):
        at.sandbox.codes_come(NUMBER, "pigeon")
