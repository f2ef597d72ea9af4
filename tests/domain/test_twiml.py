"""TwiML for a call that brings a code."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.domain.twiml import echo_url, forwarding_twiml, recording_twiml


def test_a_call_waits_presses_the_key_and_is_recorded_and_transcribed() -> None:
    pause, play, record = ET.fromstring(recording_twiml("0", 7))  # noqa: S314 - our own
    assert (pause.tag, pause.attrib) == ("Pause", {"length": "7"})
    assert (play.tag, play.attrib) == ("Play", {"digits": "0"})
    assert record.tag == "Record"
    wanted = {"maxLength": "90", "playBeep": "false", "transcribe": "true"}
    assert wanted.items() <= record.attrib.items()


def test_after_the_recording_the_call_ends() -> None:
    """Without an action Twilio would ask the same URL again, and press the key into the code."""
    *_, record = ET.fromstring(recording_twiml("0", 7))  # noqa: S314 - our own
    assert record.attrib["method"] == "GET"
    assert parse_qs(urlsplit(record.attrib["action"]).query) == {
        "Twiml": ["<Response><Hangup/></Response>"]
    }


def test_a_call_can_ring_at_a_person() -> None:
    (dial,) = ET.fromstring(forwarding_twiml(PhoneNumber("+14155550123")))  # noqa: S314
    assert (dial.tag, dial.text) == ("Dial", "+14155550123")


def test_the_echo_url_holds_all_of_the_twiml() -> None:
    twiml = recording_twiml("w0#", 12)
    parts = urlsplit(echo_url(twiml))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "twimlets.com", "/echo")
    assert parse_qs(parts.query) == {"Twiml": [twiml]}
    assert not set(parts.query) & set("<>\"'+ ")
