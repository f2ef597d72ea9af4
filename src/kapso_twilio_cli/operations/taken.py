"""Whether a number is still the project's: another project on the account may have taken it.

Twilio answers the purchase of a number that the account holds with 201, and renames it. Two
projects that buy one number in the same moment are both told that it is theirs: the label that is
on it decides, and whoever reads another's gives the number up.
"""

from __future__ import annotations

from ..domain.label import Label, parse_label
from ..domain.lifecycle import NumberEvent
from ..domain.number import Number
from ..errors import Concerns, VendorRefused
from ..project import Project


def label_of_another(project: Project, number: Number) -> Label | None:
    """The label on the number at Twilio, if it is not ours. A name that a person gave is none."""
    found = project.twilio.numbers.read(number.sid)
    label = parse_label(found.friendly_name) if found is not None else None
    return None if label is None or str(label) == number.facts.label else label


def give_up_number(project: Project, number: Number, label: Label) -> None:
    """Leave the number to the project whose label it bears."""
    now = project.now()
    reason = f"project {label.project} took it in the same moment"
    with project.inventory.write() as tx:
        tx.reservations.end(number.id, now, "taken by another buyer")
        tx.numbers.apply(tx.numbers.get(number.id), NumberEvent.VANISH, now, reason=reason)


def taken(number: Number, label: Label) -> VendorRefused:
    """The refusal that says so."""
    return VendorRefused(
        f"{number.phone_number} is not this project's any more",
        reason=f"project {label.project} bought it in the same moment, and its label is on it",
        hint="run the command again; it takes another number",
        concerns=Concerns.NUMBER,
    )
