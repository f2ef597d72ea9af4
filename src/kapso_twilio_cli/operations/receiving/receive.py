"""Take in what Twilio sends to the receiver: SMS and calls on the project's numbers.

Nothing here asks anybody: Twilio waits for the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ...domain.lifecycle import NumberState
from ...domain.one_time_code import read_code
from ...domain.phone_number import PhoneNumber
from ...domain.sid import is_call_sid, is_message_sid, is_recording_sid
from ...domain.spoken_code import read_spoken_code
from ...inventory.arrivals import Arrival, Arrivals, Taken
from ...project import Project

_OTP_FILTERED = "30038"


class Reception(StrEnum):
    """What became of a request."""

    TAKEN = "taken"
    AGAIN = "again"
    """Twilio sent it once more; it was taken before."""
    REPLAYED = "replayed"
    """Somebody sends once more what was delivered before."""
    STRANGER = "stranger"
    """It is for a number that is not the project's: nothing is kept of it."""
    UNREADABLE = "unreadable"
    """It lacks what such a request has."""


def receive_sms(project: Project, fields: Mapping[str, str], delivery: str | None) -> Reception:
    """Take in an SMS that Twilio signed; its code is kept, the rest of it is not.

    `delivery` is Twilio's token for it (`I-Twilio-Idempotency-Token`), the same for its retries.
    """
    sid, to, body = (fields.get(name, "") for name in ("MessageSid", "To", "Body"))
    if not is_message_sid(sid) or not to:
        return Reception.UNREADABLE
    if not _is_ours(project, PhoneNumber(to)):
        return Reception.STRANGER
    is_filtered = fields.get("ErrorCode") == _OTP_FILTERED
    code = None if is_filtered else read_code(body)
    arrival = Arrival(sid, PhoneNumber(to), code, is_filtered, project.now())
    # A text that is no code is somebody's letter: it is none of this program's business.
    worth_keeping = code is not None or is_filtered or not body.strip()
    return _take(project, arrival, delivery, worth_keeping=worth_keeping)


def receive_call(project: Project, fields: Mapping[str, str], delivery: str | None) -> Reception:
    """Take note of a call that Twilio asks what to do with."""
    sid, to = fields.get("CallSid", ""), fields.get("To", "")
    if not is_call_sid(sid) or not to:
        return Reception.UNREADABLE
    if not _is_ours(project, PhoneNumber(to)):
        return Reception.STRANGER
    arrival = Arrival(sid, PhoneNumber(to), None, is_filtered=False, received_at=project.now())
    return _take(project, arrival, delivery, worth_keeping=False)


def receive_transcription(
    project: Project, fields: Mapping[str, str], delivery: str | None
) -> Reception:
    """Take in what Twilio understood of a recorded call; its code is kept, the rest is not.

    One without a code is kept as such: whoever waits asks Twilio what became of the call.
    """
    sid, to = fields.get("RecordingSid", ""), fields.get("To", "")
    if not is_recording_sid(sid) or not to:
        return Reception.UNREADABLE
    if not _is_ours(project, PhoneNumber(to)):
        return Reception.STRANGER
    # A call answers what was asked for before it began; its text may come after the next request.
    store = Arrivals(project.inventory_path.parent)
    began_at = store.received_at(fields.get("CallSid", ""))
    code = read_spoken_code(fields.get("TranscriptionText", ""))
    at = began_at or project.now()
    arrival = Arrival(sid, PhoneNumber(to), code, is_filtered=False, received_at=at)
    return _take(project, arrival, delivery, worth_keeping=began_at is not None)


def _take(
    project: Project, arrival: Arrival, delivery: str | None, *, worth_keeping: bool
) -> Reception:
    store = Arrivals(project.inventory_path.parent)
    match store.take(arrival, delivery, project.now(), worth_keeping=worth_keeping):
        case Taken.NEW:
            return Reception.TAKEN
        case Taken.RETRY:
            return Reception.AGAIN
    return Reception.REPLAYED


def _is_ours(project: Project, phone_number: PhoneNumber) -> bool:
    with project.inventory.read() as session:
        number = session.numbers.find(phone_number)
    return number is not None and number.state is not NumberState.RELEASED
