"""Point numbers at the receiver, and put back what was there.

What was set before is written down before it is changed, and is never overwritten: broken off at
any point, running the same again brings it to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto

import msgspec
from msgspec.structs import replace

from ...domain.lifecycle import NumberState
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...domain.public_url import PublicUrl, is_receivers
from ...errors import KapsoTwilioError, StateError
from ...gateways.twilio_calls import VoiceSettings
from ...gateways.twilio_webhooks import SmsWebhook
from ...inventory.numbers import require
from ...inventory.store import Session
from ...project import Project
from ..batch import error_of_batch

_AT_ONCE = 8
_NOT_IN_ACCOUNT = (NumberState.MISSING, NumberState.RELEASED)


class Former(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was set before, as `webhook_before` keeps it."""

    sms_url: str
    sms_method: str
    sms_application_sid: str
    voice: VoiceSettings | None = None
    """Who answered its calls; None where that was not changed."""


class _Put(Enum):
    """What became of one address when the former one was to be put back."""

    THERE = auto()
    BACK = auto()
    LEFT = auto()


class Done(msgspec.Struct, frozen=True):
    """One number, and whether anything was, or is to be, changed at Twilio."""

    phone_number: PhoneNumber
    changed: bool
    with_calls: bool = False
    """Its calls go to the receiver, too."""
    left: bool = False
    """Somebody has set another address since: it stays."""
    error: KapsoTwilioError | None = None


class Report(msgspec.Struct, frozen=True):
    """What was done with each number."""

    numbers: Sequence[Done]

    @property
    def error(self) -> KapsoTwilioError | None:
        """The one error of it all."""
        errors = [one.error for one in self.numbers if one.error is not None]
        return error_of_batch(errors, succeeded=len(self.numbers) - len(errors))


def configure(
    project: Project,
    chosen: Sequence[PhoneNumber] | None,
    public_url: PublicUrl,
    *,
    voice: bool = False,
) -> Report:
    """Let Twilio send the SMS on these numbers (None: on all) to the receiver; calls too, if asked.

    The caller holds the lock for mass work: a line must not meet a number that changes.
    """
    return _each(
        project, chosen, lambda number: _configure(project, number, public_url, voice=voice)
    )


def restore(project: Project, chosen: Sequence[PhoneNumber] | None) -> Report:
    """Put back what `configure` found on these numbers (None: on all).

    The caller holds the lock for mass work.
    """
    return _each(project, chosen, lambda number: _restore(project, number))


def _each(
    project: Project, chosen: Sequence[PhoneNumber] | None, work: Callable[[Number], Done]
) -> Report:
    with project.inventory.read() as session:
        numbers = _numbers(session, project, chosen)

    def one(number: Number) -> Done:
        try:
            return work(number)
        except KapsoTwilioError as error:
            return Done(number.phone_number, changed=False, error=error)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhooks") as workers:
        return Report(list(workers.map(one, numbers)))


def _numbers(
    session: Session, project: Project, chosen: Sequence[PhoneNumber] | None
) -> list[Number]:
    if chosen is None:
        return [
            number
            for state in NumberState
            if state not in _NOT_IN_ACCOUNT
            for number in session.numbers.in_state(state)
        ]
    found = dict.fromkeys(chosen)
    return [require(session.numbers.find(one), one, project.name) for one in found]


def _configure(project: Project, number: Number, public_url: PublicUrl, *, voice: bool) -> Done:
    found = _set_at_twilio(project, number)
    former = former_of(number)
    voice = voice or (former is not None and former.voice is not None)  # they move together
    answering = _answering(project, number) if voice else None
    if former is None and (not _is_ours(found) or voice):
        former = Former(found.url, found.method, found.application_sid)
    if former is not None and answering is not None and former.voice is None:
        former = replace(former, voice=answering)
    if former != former_of(number):
        _keep(project, number, former, "webhook_configured")
    sms = SmsWebhook(public_url.sms_url, "POST", "")
    calls = VoiceSettings(public_url.voice_url)
    changes_sms, changes_voice = found != sms, answering is not None and answering != calls
    if not project.is_rehearsal:
        if changes_sms:
            project.twilio.webhooks.set_sms(number.sid, found, sms)
        if answering is not None and changes_voice:
            project.twilio.calls.answer_with(number.sid, calls, instead_of=answering)
    return Done(number.phone_number, changes_sms or changes_voice, with_calls=voice)


def _restore(project: Project, number: Number) -> Done:
    former = former_of(number)
    if former is None:
        return Done(number.phone_number, changed=False)
    sms = _restore_sms(project, number, former)
    voice = _restore_voice(project, number, former.voice)
    _keep(project, number, None, "webhook_restored")
    changed, left = _Put.BACK in (sms, voice), _Put.LEFT in (sms, voice)
    return Done(number.phone_number, changed, left=left)


def _restore_sms(project: Project, number: Number, former: Former) -> _Put:
    back = SmsWebhook(former.sms_url, former.sms_method, former.sms_application_sid)
    found = _set_at_twilio(project, number)
    if found == back:
        return _Put.THERE
    if not _is_ours(found):
        return _Put.LEFT
    if not project.is_rehearsal:
        project.twilio.webhooks.set_sms(number.sid, found, back)
    return _Put.BACK


def _restore_voice(project: Project, number: Number, back: VoiceSettings | None) -> _Put:
    if back is None:
        return _Put.THERE
    found = _answering(project, number)
    if found == back:
        return _Put.THERE
    if not is_receivers(found.url) or found.application_sid or found.trunk_sid:
        return _Put.LEFT
    if not project.is_rehearsal:
        project.twilio.calls.answer_with(number.sid, back, instead_of=found)
    return _Put.BACK


def _is_ours(webhook: SmsWebhook) -> bool:
    return is_receivers(webhook.url) and not webhook.application_sid


def _set_at_twilio(project: Project, number: Number) -> SmsWebhook:
    found = project.twilio.webhooks.sms(number.sid)
    if found is None:
        raise _not_there(number)
    return found


def _answering(project: Project, number: Number) -> VoiceSettings:
    """Who answers the number's calls, but for while a code comes by one."""
    if number.facts.voice_before is not None:
        raise StateError(
            f"the calls of {number.phone_number} are answered for a code",
            reason="what answered them before could not be put back yet",
            hint="kapso-twilio reconcile, then the same again",
        )
    found = project.twilio.calls.answering(number.sid)
    if found is None:
        raise _not_there(number)
    return found.settings


def _not_there(number: Number) -> StateError:
    return StateError(
        f"{number.phone_number} is not in the account",
        reason=f"Twilio knows no number with the SID {number.sid}",
        hint="kapso-twilio reconcile",
    )


def former_of(number: Number) -> Former | None:
    """What was set on the number before `configure`; None where it did nothing."""
    kept = number.facts.webhook_before
    return msgspec.json.decode(kept, type=Former) if kept is not None else None


def _keep(project: Project, number: Number, former: Former | None, kind: str) -> None:
    """Write down what was set, or that it is set again."""
    before = msgspec.json.encode(former).decode() if former is not None else None
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        facts = replace(current.facts, webhook_before=before)
        tx.numbers.save(replace(current, facts=facts), kind, project.now())
