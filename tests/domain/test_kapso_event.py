"""Reading Kapso's events, in both forms, and whatever else is sent."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapso_twilio_cli.domain.kapso_event import EventName, KapsoEvent, NotAnEvent, parse_event

DELETED = EventName.DELETED.value


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_the_newer_form_has_its_name_in_a_header() -> None:
    sent = body(phone_number_id="123", project={"id": "p"}, customer={"id": "c"})
    assert parse_event(sent, DELETED) == KapsoEvent(DELETED, "123")


def test_the_older_form_has_its_name_beside_the_data() -> None:
    assert parse_event(body(event=DELETED, data={"phone_number_id": "123"}), None) == KapsoEvent(
        DELETED, "123"
    )


@pytest.mark.parametrize("sent", [b"", b"no", b"[]", b"1", b"\xff", body(phone_number_id="1")])
def test_what_names_no_event_is_none(sent: bytes) -> None:
    with pytest.raises(NotAnEvent):
        parse_event(sent, None)


@pytest.mark.parametrize("given_id", [None, 1, "", "12a", "1" * 33, ["1"], "../1"])
def test_an_id_that_is_none_of_metas_is_left_out(given_id: object) -> None:
    event = parse_event(body(phone_number_id=given_id), DELETED)
    assert event.phone_number_id is None
    assert not event.is_known


def test_only_known_events_of_a_number_are_acted_on() -> None:
    assert all(KapsoEvent(name, "1").is_known for name in EventName)
    assert not KapsoEvent("whatsapp.message.received", "1").is_known


@given(st.binary(max_size=60), st.none() | st.text(max_size=20))
def test_whatever_is_sent_is_read_or_refused(sent: bytes, header: str | None) -> None:
    try:
        event = parse_event(sent, header)
    except NotAnEvent:
        return
    assert event.phone_number_id is None or event.phone_number_id.isdigit()
