"""Verify one number at Meta, a step at a time, so that no step waits for an SMS.

Each step writes what it is about to do before it does it: after a crash the number is taken up
where it was left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ...domain.code_method import CodeMethod
from ...domain.lifecycle import NumberEvent, NumberState
from ...domain.number import Number, NumberFacts
from ...domain.one_time_code import read_code
from ...domain.phone_number import PhoneNumber
from ...domain.reverification import due_from
from ...errors import Concerns, ConfigError, KapsoTwilioError, VendorRefused
from ...project import Project
from ..buying.rival import give_up_to, taken_by
from .code_ways import Way
from .put_off import GAVE_UP, after_failure, in_words, is_own, is_refusal
from .voice import listen, try_to_put_back

if TYPE_CHECKING:
    from datetime import datetime

    from ...gateways.meta_preverified import PreverifiedNumber
    from ...gateways.twilio_inbox import InboundMessage
    from .earlier_codes import EarlierCodes

GiveUp = Callable[[Project, Number, KapsoTwilioError], None]
"""Puts a number down whose attempt failed."""

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


def begin(
    project: Project,
    number: Number,
    known: Portfolio,
    way: Way,
    earlier: EarlierCodes,
) -> Number:
    """Add the number at Meta if needed, and ask for a code that comes this way.

    Gives it as `verifying`, or as `ready` where Meta has it verified already, or where the code had
    come (`earlier`) that a broken-off run asked for.
    """
    number = start_attempt(project, number)
    with failing(project, number, give_up_attempt):
        return _ask_for_code(project, number, known.get(number.phone_number), way, earlier)


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
    with failing(project, number, give_up_attempt):
        return _request_code(project, number, preverified_id, way, number.facts.inbox_mark)


def finish(project: Project, number: Number, code: str) -> Number:
    """Give the code to Meta; gives the number as `ready`, with the expiry that Meta names.

    Its calls are answered as before from then on.
    """
    preverified_id = number.facts.preverified_id
    assert preverified_id is not None
    with failing(project, number, give_up_attempt):
        ready = _verify(project, number, preverified_id, code)
    if ready.facts.voice_before is not None:
        try_to_put_back(project, [ready])
    return ready


@contextmanager
def failing(project: Project, number: Number, give_up: GiveUp) -> Iterator[None]:
    """Within, a failure gives the attempt up, and puts back what answered the number's calls."""
    try:
        yield
    except KapsoTwilioError as error:
        give_up(project, number, error)
        try_to_put_back(project, [number])
        raise


def give_up_attempt(project: Project, number: Number, error: KapsoTwilioError) -> None:
    """The number is `provisioned` again, with the reason and the moment of its next attempt.

    It is a failure of the number's when the vendor refused it, not when the vendor was away, the
    run was stopped, or the whole account meets it. After `meta.max_attempts` of them the number is
    `quarantined`.
    """
    now, why = project.now(), in_words(error)
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        if current.state is not NumberState.VERIFYING:
            return
        facts = after_failure(current.facts, error, now)
        event = NumberEvent.ATTEMPT_FAILED if is_refusal(error) else NumberEvent.INTERRUPTED
        if is_own(error) and facts.verification_failures >= project.config.meta.max_attempts:
            event = NumberEvent.GIVE_UP
            why = f"{GAVE_UP} {_times(facts.verification_failures)}: {why}"
        tx.numbers.apply(replace(current, facts=facts), event, now, reason=why)


def _times(failures: int) -> str:
    return "1 failure" if failures == 1 else f"{failures} failures in a row"


def find_code(
    messages: list[InboundMessage], number: Number, used: set[str]
) -> CodeArrived | CodeFiltered | None:
    """The newest code for `number` among `messages`, since it was asked for.

    Never what stood in the inbox before (`inbox_mark`), nor what was `used`.
    """
    since = number.facts.code_requested_at
    assert since is not None
    mine = [
        message
        for message in messages
        if message.to == number.phone_number
        and message.received_at >= since
        and message.sid not in used
        and message.sid != number.facts.inbox_mark
    ]
    for message in sorted(mine, key=lambda m: m.received_at, reverse=True):
        if message.is_filtered:
            return CodeFiltered(message.sid)
        code = read_code(message.body)
        if code is not None:
            return CodeArrived(message.sid, code)
    return None


def ask(
    project: Project, number: Number, preverified_id: str, way: Way, inbox_mark: str | None
) -> Number:
    """Ask Meta for a code that comes this way.

    Before, it is written down, with what stood in the inbox.
    """
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
        inbox_mark=inbox_mark,
        recording_sid=None,
    )
    with project.inventory.write() as tx:
        number = tx.numbers.save(replace(number, facts=facts), "code_requested", asked_at)
    project.meta.request_code(preverified_id, way.method, language)
    return number


def _ask_for_code(
    project: Project,
    number: Number,
    known: PreverifiedNumber | None,
    way: Way,
    earlier: EarlierCodes,
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
    if known is not None and _is_too_early(project, known):
        raise _too_short(number, known)
    if known is not None:
        ready = _use_earlier(project, number, known, earlier)
        if ready is not None:
            return ready
    preverified_id = known.preverified_id if known else _add(project, number)
    return _request_code(project, number, preverified_id, way, earlier.mark_of(number))


def _request_code(
    project: Project, number: Number, preverified_id: str, way: Way, inbox_mark: str | None
) -> Number:
    try:
        return ask(project, number, preverified_id, way, inbox_mark)
    except VendorRefused:
        # Meta refuses (136024) also when the number is verified already: the status decides.
        found = project.meta.read(preverified_id)
        if found is None or not found.is_verified or not _lasts(project, found):
            raise
        with project.inventory.read() as session:
            asked = session.numbers.get(number.id)
        return _ready(project, asked, found)


def _use_earlier(
    project: Project, number: Number, known: PreverifiedNumber, earlier: EarlierCodes
) -> Number | None:
    """The number as `ready`, if the code has come that a broken-off run asked for; else None."""
    code = earlier.code_of(number)
    if code is None or number.facts.preverified_id != known.preverified_id:
        return None
    rival = taken_by(project, number)
    if rival is not None:
        raise give_up_to(project, number, rival)
    try:
        return _verify(project, number, known.preverified_id, code)
    except VendorRefused:
        return None  # it was too old: another is asked for


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


def _verify(project: Project, number: Number, preverified_id: str, code: str) -> Number:
    """What an earlier verification has left is no success of this one."""
    verified = project.meta.verify_code(preverified_id, code, beyond=project.valid_at())
    return _ready(project, number, verified)


def _ready(project: Project, number: Number, verified: PreverifiedNumber) -> Number:
    now = project.now()
    if not verified.is_verified:
        raise _not_verified(number, verified)
    if not _lasts(project, verified):
        raise _too_short(number, verified)
    facts = verified_facts(number.facts, verified, now)
    with project.inventory.write() as tx:
        return tx.numbers.apply(replace(number, facts=facts), NumberEvent.VERIFIED, now)


def verified_facts(facts: NumberFacts, verified: PreverifiedNumber, now: datetime) -> NumberFacts:
    """The facts of a number that Meta has verified; what was left of attempts is forgotten."""
    return replace(
        facts,
        preverified_id=verified.preverified_id,
        verification_expiry_time=verified.verification_expiry_time,
        verified_at=verified.verified_at or now,
        verification_failures=0,
        next_attempt_at=None,
        code_requested_at=None,
        inbox_mark=None,
        lease_until=None,
    )


def _is_too_early(project: Project, known: PreverifiedNumber) -> bool:
    """Whether Meta would refuse to verify it anew, as it still counts as fresh."""
    expiry = known.verification_expiry_time
    if not known.is_verified or expiry is None or known.verified_at is None:
        return False
    return project.now() < due_from(expiry, known.verified_at)


def _not_verified(number: Number, found: PreverifiedNumber) -> VendorRefused:
    return VendorRefused(
        f"Meta does not count {number.phone_number} as verified",
        reason=f"it took the code, and says {found.status}",
        hint="kapso-twilio reconcile looks again",
        concerns=Concerns.NUMBER,
    )


def _too_short(number: Number, verified: PreverifiedNumber) -> VendorRefused:
    """It is the setting that asks for more, for every number alike: no failure of this one's."""
    return VendorRefused(
        f"the verification of {number.phone_number} does not last long enough",
        reason=f"Meta says {verified.status}, until {verified.verification_expiry_time};"
        " onboarding.min_validity asks for more",
        hint="lower it: kapso-twilio config set onboarding.min_validity 24h",
        concerns=Concerns.ACCOUNT,
    )


def _lasts(project: Project, known: PreverifiedNumber) -> bool:
    expiry = known.verification_expiry_time
    return expiry is not None and expiry >= project.valid_at()
