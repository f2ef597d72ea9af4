"""Inbound messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from twilio.rest import Client

from tests.sandbox.clients import Http
from tests.vendors import RunningSandbox

ONE, OTHER = "+14155550101", "+14155550102"


def test_messages_are_found_by_to_and_from(sandbox: RunningSandbox, twilio: Client) -> None:
    sandbox.message(ONE, "+15005550001", "for one")
    sandbox.message(OTHER, "WhatsApp", "for the other")
    assert [one.body for one in twilio.messages.list(to=ONE)] == ["for one"]
    assert [one.body for one in twilio.messages.list(from_="WhatsApp")] == ["for the other"]
    assert [one.body for one in twilio.messages.list()] == ["for the other", "for one"]


def test_the_date_filter_looks_at_the_day_alone(sandbox: RunningSandbox, twilio: Client) -> None:
    sandbox.message(ONE, "32665", "today")
    now = datetime.now(UTC)

    def count(**when: datetime) -> int:
        return len(twilio.messages.list(**when))

    # Midnight may pass between the message and the question.
    assert count(date_sent=now) + count(date_sent=now - timedelta(days=1)) == 1
    assert count(date_sent_after=now - timedelta(days=1)) == 1
    assert count(date_sent_after=now + timedelta(days=2)) == 0
    assert count(date_sent_before=now - timedelta(days=2)) == 0
    assert count(date_sent_before=now + timedelta(minutes=1)) == 1


def test_messages_page_with_their_filters(sandbox: RunningSandbox, twilio: Client) -> None:
    sids = [sandbox.message(ONE, "32665", str(n)) for n in range(5)]
    after = datetime.now(UTC) - timedelta(days=1)
    found = twilio.messages.list(to=ONE, date_sent_after=after, page_size=2)
    assert [one.sid for one in found] == sids[::-1]


def test_a_message_can_be_one_that_twilio_blanked(
    sandbox: RunningSandbox, plain_twilio: Http
) -> None:
    sid = sandbox.message(ONE, "32665", "", error_code=30038)
    message = plain_twilio.get(f"Messages/{sid}.json")
    assert message["error_code"] == 30038
    assert message["direction"] == "inbound"
    assert message["date_created"].endswith(" +0000")
