"""Another project on the same account, which may buy the same number in the same moment.

Twilio answers both purchases with 201, and the second renames the number. The label that is there
decides: whoever reads another project's gives the number up. A name that a person gave decides
nothing.
"""

from __future__ import annotations

from datetime import timedelta

from ...domain.label import parse_label
from ...domain.lifecycle import NumberEvent, NumberState
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...errors import Concerns, CredentialsError, VendorRefused, VendorUnavailable
from ...project import Project

_LATELY = timedelta(hours=1)


def taken_by(project: Project, number: Number) -> str | None:
    """The other project whose label is on the number now; None where nothing speaks against it."""
    try:
        found = project.twilio.numbers.read(number.sid)
    except (VendorUnavailable, VendorRefused, CredentialsError):
        return None
    return _rival(project, found.friendly_name) if found is not None else None


def rivals_on_newest(project: Project) -> dict[PhoneNumber, str | None]:
    """What `taken_by` says of each of the account's newest numbers, by one call for all of them."""
    try:
        newest = project.twilio.numbers.newest()
    except (VendorUnavailable, VendorRefused, CredentialsError):
        return {}
    return {owned.phone_number: _rival(project, owned.friendly_name) for owned in newest}


def is_new(project: Project, number: Number) -> bool:
    """Whether the number was bought so lately that a rival's purchase may still be under way."""
    return number.purchase_id is not None and project.now() - number.bought_at < _LATELY


def give_up_to(project: Project, number: Number, rival: str) -> VendorRefused:
    """Leave the number to the other project; gives the refusal that says so."""
    now = project.now()
    with project.inventory.write() as tx:
        tx.reservations.end(number.id, now, "taken by another buyer")
        current = tx.numbers.get(number.id)
        reason = f"project {rival} took it in the same moment"
        tx.numbers.apply(current, NumberEvent.VANISH, now, reason=reason)
    return taken_meanwhile(number.phone_number)


def is_with_nobody(number: Number) -> bool:
    """Whether the number may be given up without taking it from somebody."""
    return number.state in _WITH_NOBODY


_WITH_NOBODY = (
    NumberState.PROVISIONED,
    NumberState.VERIFYING,
    NumberState.READY,
    NumberState.QUARANTINED,
    NumberState.UNAVAILABLE,
)


def taken_meanwhile(phone_number: PhoneNumber) -> VendorRefused:
    """The refusal of a number that somebody else of the account has."""
    return VendorRefused(
        f"{phone_number} is in the account already",
        reason="another buyer of this account took it",
        hint="run the command again; it takes another number",
        concerns=Concerns.NUMBER,
    )


def _rival(project: Project, friendly_name: str) -> str | None:
    label = parse_label(friendly_name)
    return label.project if label is not None and label.project != project.name else None
