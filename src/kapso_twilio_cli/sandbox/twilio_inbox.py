"""Twilio's inbox: inbound messages, calls, recordings of calls, and their transcriptions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from .state import Message, PhoneCall, Recording
from .twilio_http import listing, not_found, refuse, rfc2822
from .wire import Answer, Call
from .world import Route, World, route


def messages(world: World, call: Call) -> Answer:
    """List messages by To, From and day; the time of day in a filter is not looked at."""
    to, sender = call.asked("To"), call.asked("From")
    in_days = _days(call, "DateSent")
    found = [
        message
        for message in world.account.messages
        if message.arrived_at <= call.now
        and to in {None, message.to}
        and sender in {None, message.from_}
        and in_days(message.sent_at or message.arrived_at)
    ]
    return listing(call, "messages", found, lambda message: show(world, message))


def message(world: World, call: Call) -> Answer:
    """Show one message."""
    for found in world.account.messages:
        if found.sid == call.params["sid"] and found.arrived_at <= call.now:
            return Answer(200, show(world, found))
    raise not_found(call)


def calls(world: World, call: Call) -> Answer:
    """List calls by To, From, status and day."""
    to, sender, status = call.asked("To"), call.asked("From"), call.asked("Status")
    in_days = _days(call, "StartTime")
    found = [
        one
        for one in world.account.calls
        if one.arrived_at <= call.now
        and to in {None, one.to}
        and sender in {None, one.from_}
        and status in {None, "completed"}
        and in_days(one.arrived_at)
    ]
    return listing(call, "calls", found, lambda one: _show_call(world, one))


def recordings(world: World, call: Call) -> Answer:
    """List recordings by call and day."""
    in_days = _days(call, "DateCreated")
    found = [
        recording
        for recording in _arrived(world, call)
        if call.asked("CallSid") in {None, recording.call_sid} and in_days(recording.arrived_at)
    ]
    return listing(call, "recordings", found, lambda one: _show_recording(world, call, one))


def transcriptions(world: World, call: Call) -> Answer:
    """List transcriptions, of all recordings or of one."""
    wanted = call.params.get("recording")
    found = [
        one
        for one in _arrived(world, call)
        if wanted in {None, one.sid} and one.transcription_status is not None
    ]
    return listing(call, "transcriptions", found, lambda one: _show_transcription(world, one))


def show(world: World, message: Message) -> dict[str, object]:
    """Write a message as Twilio does."""
    sid = world.account.credentials.account_sid
    uri = f"/2010-04-01/Accounts/{sid}/Messages/{message.sid}"
    arrived = rfc2822(message.arrived_at)
    return {
        "account_sid": sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": arrived,
        "date_sent": None if message.sent_at is None else rfc2822(message.sent_at),
        "date_updated": arrived,
        "direction": "inbound",
        "error_code": message.error_code,
        "error_message": message.error_message,
        "from": message.from_,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": "received",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def _arrived(world: World, call: Call) -> list[Recording]:
    return [one for one in world.account.recordings if one.arrived_at <= call.now]


def _days(call: Call, name: str) -> Callable[[datetime], bool]:
    """Read a date filter: `name` one day, `name<` up to that day, `name>` from that day on."""
    on, until, since = (_day(call, f"{name}{suffix}") for suffix in ("", "<", ">"))

    def matches(at: datetime) -> bool:
        day = at.date()
        return (
            (on is None or day == on)
            and (until is None or day <= until)
            and (since is None or day >= since)
        )

    return matches


def _day(call: Call, name: str) -> date | None:
    text = call.asked(name)
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise refuse(20001, f"Invalid date in {name}: {text}") from None


def _show_call(world: World, one: PhoneCall) -> dict[str, object]:
    sid = world.account.credentials.account_sid
    uri = f"/2010-04-01/Accounts/{sid}/Calls/{one.sid}"
    at = rfc2822(one.arrived_at)
    number = world.account.owned_by_number(one.to)
    return {
        "account_sid": sid,
        "answered_by": None,
        "api_version": "2010-04-01",
        "caller_name": "",
        "date_created": at,
        "date_updated": at,
        "direction": "inbound",
        "duration": "22",
        "end_time": at,
        "forwarded_from": None,
        "from": one.from_,
        "from_formatted": one.from_,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": number.sid if number is not None else "",
        "price": "-0.00850",
        "price_unit": "USD",
        "queue_time": "0",
        "sid": one.sid,
        "start_time": at,
        "status": "completed",
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        "to": one.to,
        "to_formatted": one.to,
        "trunk_sid": "",
        "uri": f"{uri}.json",
    }


def _show_recording(world: World, call: Call, one: Recording) -> dict[str, object]:
    sid = world.account.credentials.account_sid
    uri = f"/2010-04-01/Accounts/{sid}/Recordings/{one.sid}"
    arrived = rfc2822(one.arrived_at)
    return {
        "account_sid": sid,
        "api_version": "2010-04-01",
        "call_sid": one.call_sid,
        "channels": 1,
        "conference_sid": None,
        "date_created": arrived,
        "date_updated": arrived,
        "duration": "22",
        "encryption_details": None,
        "error_code": None,
        "media_url": f"{call.base_url}{uri}",
        "price": "-0.0025",
        "price_unit": "USD",
        "sid": one.sid,
        "source": "RecordVerb",
        "start_time": arrived,
        "status": "completed",
        "subresource_uris": {"transcriptions": f"{uri}/Transcriptions.json"},
        "uri": f"{uri}.json",
    }


def _show_transcription(world: World, one: Recording) -> dict[str, object]:
    sid = world.account.credentials.account_sid
    arrived = rfc2822(one.arrived_at)
    return {
        "account_sid": sid,
        "api_version": "2010-04-01",
        "date_created": arrived,
        "date_updated": arrived,
        "duration": "22",
        "price": "-0.05000",
        "price_unit": "USD",
        "recording_sid": one.sid,
        "sid": one.transcription_sid,
        "status": one.transcription_status,
        "transcription_text": one.transcription,
        "type": "fast",
        "uri": f"/2010-04-01/Accounts/{sid}/Transcriptions/{one.transcription_sid}.json",
    }


_PATH = "/2010-04-01/Accounts/{account}"
ROUTES: tuple[Route, ...] = (
    route("GET", f"{_PATH}/Messages.json", messages),
    route("GET", _PATH + "/Messages/{sid}.json", message),
    route("GET", f"{_PATH}/Calls.json", calls),
    route("GET", f"{_PATH}/Recordings.json", recordings),
    route("GET", _PATH + "/Recordings/{recording}/Transcriptions.json", transcriptions),
    route("GET", f"{_PATH}/Transcriptions.json", transcriptions),
)
