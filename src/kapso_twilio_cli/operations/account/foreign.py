"""Numbers of the account that are not this project's: shown, never touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.label import parse_label
from ...inventory.listing import Filter
from ...project import Project

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import OwnedNumber


def foreign_numbers(project: Project) -> list[OwnedNumber]:
    """The account's numbers that the inventory does not hold and that lack the project's label."""
    with project.inventory.read() as session:
        ours = {entry.number.sid for entry in session.listed(Filter())}
    return [
        owned
        for owned in project.twilio.numbers.owned()
        if owned.sid not in ours and not _has_our_label(project, owned)
    ]


def _has_our_label(project: Project, owned: OwnedNumber) -> bool:
    label = parse_label(owned.friendly_name)
    return label is not None and label.project == project.name
