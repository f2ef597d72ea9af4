"""Verify one number at Meta, a step at a time, so that no step waits for an SMS.

Each step writes what it is about to do before it does it: after a crash the number is taken up
where it was left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ..domain.code_method import CodeMethod
from ..domain.lifecycle import NumberEvent, NumberState
from ..domain.number import Number
from ..domain.one_time_code import read_code
from ..domain.phone_number import PhoneNumber
from ..errors import ConfigError, KapsoTwilioError, VendorRefused
from ..project import Project
from .code_ways import BY_SMS, Way
from .rival import give_up_to, taken_by
from .voice import listen, try_to_put_back

if TYPE_CHECKING:
    from ..gateways.meta_preverified import PreverifiedNumber
    from ..gateways.twilio_inbox import InboundMessage

Portfolio = Mapping[PhoneNumber, "PreverifiedNumber"]
"""What Meta listed when the run began."""


class CodeArrived(msgspec.Struct, frozen=True):
    """A code that came in for a number."""

    message_sid: str
    """Of the SMS, or of the recording of a call."""
    code: str


class CodeFiltered(msgspec.Struct, frozen=True):
    """A code came in, and Twilio took its digits out (error 30038)."""

    message_sid: str


def require_pools(project: Project) -> None:
    """Raise ConfigError where pools cannot be: with Meta credentials of one's own."""
    if project.config.meta.credentials == "custom":
        raise ConfigError(
            f"project {project.name} has no pre-verified pools",
            reason='meta.credentials is "custom", and pools need Kapso-managed Meta credentials',
            hint="live provisioning works: kapso-twilio resolve --country CC",
        )


def portfolio(project: Project) -> Portfolio:
    """Every number that Meta lists; raises CredentialsError when the token may not ask."""
    listed = project.meta.all()
    return {entry.phone_number: entry for entry in listed if entry.phone_number is not None}


def begin(project: Project, number: Number, known: Portfolio, way: Way = BY_SMS) -> Number:
    """Add the number at Meta if needed, and ask for a code that comes this way.

    Gives it as `verifying`, or as `ready` where Meta has it verified already.
    """
    number = start_attempt(project, number)
    with _failing(project, number):
        return _ask_for_code(project, number, known.get(number.phone_number), way)


def start_attempt(project: Project, number: Number) -> Number:
    """The number as `verifying`."""
    event = NumberEvent.BEGIN_VERIFICATION
    if number.state is NumberState.QUARANTINED:
        event = NumberEvent.RETRY
    with project.inventory.write() as tx:
        return tx.numbers.apply(number, event, project.now())


def ask_again(project: Project, number: Number, way: Way) -> Number:
    """Ask for the number's code once more, in another way than before."""
    preverified_id = number.facts.preverified_id
    assert preverified_id is not None
    with _failing(project, number):
        return _request_code(project, number, preverified_id, way)


def finish(project: Project, number: Number, code: str) -> Number:
    """Give the code to Meta; gives the number as `ready`, with the expiry that Meta names.

    Its calls are answered as before from then on.
    """
    preverified_id = number.facts.preverified_id
    assert preverified_id is not None
    with _failing(project, number):
        ready = _ready(project, number, project.meta.verify_code(preverified_id, code))
    if ready.facts.voice_before is not None:
        try_to_put_back(project, [ready])
    return ready


@contextmanager
def _failing(project: Project, number: Number) -> Iterator[None]:
    """Within, a failure gives the attempt up, and puts back what answered the number's calls."""
    try:
        yield
    except KapsoTwilioError as error:
        give_up_attempt(project, number, error)
        try_to_put_back(project, [number])
        raise


def give_up_attempt(project: Project, number: Number, error: KapsoTwilioError) -> None:
    """The number is `provisioned` again, with the reason.

    It is a failure of the number's when the vendor refused it, not when the vendor was away or the
    run was stopped.
    """
    why = f"{error.message}: {error.reason}" if error.reason else error.message
    refused = isinstance(error, VendorRefused)
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        if current.state is not NumberState.VERIFYING:
            return
        failures = current.facts.verification_failures + int(refused)
        facts = replace(current.facts, verification_failures=failures)
        event = NumberEvent.ATTEMPT_FAILED if refused else NumberEvent.INTERRUPTED
        tx.numbers.apply(replace(current, facts=facts), event, project.now(), reason=why)


def find_code(
    messages: list[InboundMessage], number: Number, used: set[str]
) -> CodeArrived | CodeFiltered | None:
    """The newest code for `number` among `messages`, since it was asked for."""
    since = number.facts.code_requested_at
    assert since is not None
    mine = [
        message
        for message in messages
        if message.to == number.phone_number
        and message.received_at >= since
        and message.sid not in used
    ]
    for message in sorted(mine, key=lambda m: m.received_at, reverse=True):
        if message.is_filtered:
            return CodeFiltered(message.sid)
        code = read_code(message.body)
        if code is not None:
            return CodeArrived(message.sid, code)
    return None


def _ask_for_code(
    project: Project, number: Number, known: PreverifiedNumber | None, way: Way
) -> Number:
    if known is not None and known.is_verified:
        rival = taken_by(project, number)
        if rival is not None:
            raise give_up_to(project, number, rival)
    if known is not None and not _is_ours_to_use(number, known):
        project.meta.delete(known.preverified_id)
        known = None
    if known is not None and known.is_verified and _lasts(project, known):
        return _ready(project, number, known)
    preverified_id = known.preverified_id if known else _add(project, number)
    return _request_code(project, number, preverified_id, way)


def _request_code(project: Project, number: Number, preverified_id: str, way: Way) -> Number:
    language = "en_US"  # the wording that is read best
    if way.method is CodeMethod.VOICE:
        number = listen(project, number, way)
        language = project.config.voice.language
    asked_at = project.now()
    facts = replace(
        number.facts,
        preverified_id=preverified_id,
        code_requested_at=asked_at,
        code_method=way.method,
        recording_sid=None,
    )
    with project.inventory.write() as tx:
        number = tx.numbers.save(replace(number, facts=facts), "code_requested", asked_at)
    try:
        project.meta.request_code(preverified_id, way.method, language)
    except VendorRefused:
        # Meta refuses (136024) also when the number is verified already: the status decides.
        found = project.meta.read(preverified_id)
        if found is None or not found.is_verified or not _lasts(project, found):
            raise
        return _ready(project, number, found)
    return number


def _is_ours_to_use(number: Number, known: PreverifiedNumber) -> bool:
    """Whether an object at Meta was made for this attempt, or by one that was broken off.

    Any other may have been shown to a customer, who could claim it after the number went to
    another: such an object is deleted, and the number added anew.
    """
    if known.preverified_id == number.facts.preverified_id:
        return True
    return known.was_never_verified


def _add(project: Project, number: Number) -> str:
    try:
        return project.meta.add(number.phone_number)
    except VendorRefused:
        # It may have been added since the listing, by a run that was killed.
        found = project.meta.find(number.phone_number)
        if found is None or not _is_ours_to_use(number, found):
            raise
        return found.preverified_id


def _ready(project: Project, number: Number, verified: PreverifiedNumber) -> Number:
    now = project.now()
    expiry = verified.verification_expiry_time
    if not verified.is_verified or not _lasts(project, verified):
        raise VendorRefused(
            f"the verification of {number.phone_number} does not last long enough",
            reason=f"Meta says {verified.status}, until {expiry}; onboarding.min_validity asks for"
            " more",
            hint="lower it: kapso-twilio config set onboarding.min_validity 24h",
        )
    facts = replace(
        number.facts,
        preverified_id=verified.preverified_id,
        verification_expiry_time=expiry,
        verification_failures=0,
        code_requested_at=None,
    )
    with project.inventory.write() as tx:
        return tx.numbers.apply(replace(number, facts=facts), NumberEvent.VERIFIED, now)


def _lasts(project: Project, known: PreverifiedNumber) -> bool:
    expiry = known.verification_expiry_time
    return expiry is not None and expiry >= project.valid_at()
