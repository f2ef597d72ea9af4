"""Point numbers at the receiver, and put back what was there.

What was set before is written down before it is changed, and is never overwritten: broken off at
any point, running the same again brings it to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ..domain.lifecycle import NumberState
from ..domain.number import Number
from ..domain.phone_number import PhoneNumber
from ..domain.public_url import PublicUrl, is_receivers
from ..errors import KapsoTwilioError, StateError
from ..inventory.numbers import require
from ..inventory.store import Session
from ..project import Project
from .batch import error_of_batch

if TYPE_CHECKING:
    from ..gateways.twilio_webhooks import SmsWebhook

_AT_ONCE = 8
_NOT_IN_ACCOUNT = (NumberState.MISSING, NumberState.RELEASED)


class Former(msgspec.Struct, frozen=True):
    """What was set before, as `webhook_before` keeps it."""

    sms_url: str
    sms_method: str
    sms_application_sid: str


class Done(msgspec.Struct, frozen=True):
    """One number, and whether anything was, or is to be, changed at Twilio."""

    phone_number: PhoneNumber
    changed: bool
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
    project: Project, chosen: Sequence[PhoneNumber] | None, public_url: PublicUrl
) -> Report:
    """Let Twilio send what comes in on these numbers (None: on all) to the receiver.

    The caller holds the lock for mass work: a line must not meet a number that changes.
    """
    return _each(project, chosen, lambda number: _configure(project, number, public_url))


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


def _configure(project: Project, number: Number, public_url: PublicUrl) -> Done:
    from ..gateways.twilio_webhooks import SmsWebhook

    found = _set_at_twilio(project, number)
    wanted = SmsWebhook(public_url.sms_url, "POST", "")
    if number.facts.webhook_before is None and not _is_ours(found):
        former = Former(found.url, found.method, found.application_sid)
        before = msgspec.json.encode(former).decode()
        _keep(project, number, before, "webhook_configured")
    if found == wanted:
        return Done(number.phone_number, changed=False)
    if not project.is_rehearsal:
        project.twilio.webhooks.set_sms(number.sid, found, wanted)
    return Done(number.phone_number, changed=True)


def _restore(project: Project, number: Number) -> Done:
    from ..gateways.twilio_webhooks import SmsWebhook

    if number.facts.webhook_before is None:
        return Done(number.phone_number, changed=False)
    former = msgspec.json.decode(number.facts.webhook_before, type=Former)
    back = SmsWebhook(former.sms_url, former.sms_method, former.sms_application_sid)
    found = _set_at_twilio(project, number)
    is_changed = found != back and _is_ours(found)
    if is_changed and not project.is_rehearsal:
        project.twilio.webhooks.set_sms(number.sid, found, back)
    _keep(project, number, None, "webhook_restored")
    return Done(number.phone_number, is_changed, left=found != back and not is_changed)


def _is_ours(webhook: SmsWebhook) -> bool:
    return is_receivers(webhook.url) and not webhook.application_sid


def _set_at_twilio(project: Project, number: Number) -> SmsWebhook:
    found = project.twilio.webhooks.sms(number.sid)
    if found is None:
        raise StateError(
            f"{number.phone_number} is not in the account",
            reason=f"Twilio knows no number with the SID {number.sid}",
            hint="kapso-twilio reconcile",
        )
    return found


def _keep(project: Project, number: Number, before: str | None, kind: str) -> None:
    """Write down what was set, or that it is set again."""
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        facts = replace(current.facts, webhook_before=before)
        tx.numbers.save(replace(current, facts=facts), kind, project.now())
