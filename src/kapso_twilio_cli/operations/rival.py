"""Another project on the same account, which may buy the same number in the same moment.

Twilio answers both purchases with 201, and the second renames the number. The label that is there
decides: whoever reads another project's gives the number up. A name that a person gave decides
nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from ..domain.label import parse_label
from ..domain.lifecycle import NumberEvent, NumberState
from ..domain.number import Number
from ..domain.phone_number import PhoneNumber
from ..errors import Concerns, CredentialsError, VendorRefused, VendorUnavailable
from ..project import Project

_WITH_NOBODY = (NumberState.PROVISIONED, NumberState.VERIFYING, NumberState.READY)


def taken_by(project: Project, number: Number) -> str | None:
    """The other project whose label is on the number now; None where nothing speaks against it."""
    try:
        found = project.twilio.numbers.read(number.sid)
    except (VendorUnavailable, VendorRefused, CredentialsError):
        return None
    label = parse_label(found.friendly_name) if found is not None else None
    return label.project if label is not None and label.project != project.name else None


def give_up_rivals(
    project: Project, bought: Collection[PhoneNumber]
) -> dict[PhoneNumber, VendorRefused]:
    """Look at all numbers that a fill bought by one listing, and give up those of other projects.

    One by one, as `taken_by` does, would cost a call a number. A number that was handed out already
    is left to a person: reconcile shows its label.
    """
    unseen, given_up = set(bought), {}
    for owned in project.twilio.numbers.owned() if unseen else ():
        if owned.phone_number not in unseen:
            continue
        unseen.discard(owned.phone_number)
        label = parse_label(owned.friendly_name)
        if label is not None and label.project != project.name:
            with project.inventory.read() as session:
                number = session.numbers.find(owned.phone_number)
            if number is not None and number.state in _WITH_NOBODY:
                given_up[owned.phone_number] = give_up_to(project, number, label.project)
        if not unseen:
            break
    return given_up


def give_up_to(project: Project, number: Number, rival: str) -> VendorRefused:
    """Leave the number to the other project; gives the refusal that says so."""
    now = project.now()
    with project.inventory.write() as tx:
        tx.reservations.end(number.id, now, "taken by another buyer")
        current = tx.numbers.get(number.id)
        reason = f"project {rival} took it in the same moment"
        tx.numbers.apply(current, NumberEvent.VANISH, now, reason=reason)
    return taken_meanwhile(number.phone_number)


def taken_meanwhile(phone_number: PhoneNumber) -> VendorRefused:
    """The refusal of a number that somebody else of the account has."""
    return VendorRefused(
        f"{phone_number} is in the account already",
        reason="another buyer of this account took it",
        hint="run the command again; it takes another number",
        concerns=Concerns.NUMBER,
    )
