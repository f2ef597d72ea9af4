"""Whether Kapso lists a number: then a WhatsApp config is on it, whatever the inventory says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.phone_number import PhoneNumber
from ...errors import StateError
from ...project import Project

if TYPE_CHECKING:
    from ...gateways.kapso_platform import ConnectedNumber


def listed_at_kapso(project: Project, phone_number: PhoneNumber) -> ConnectedNumber | None:
    """The number as Kapso lists it; None where it does not, or where no key is configured."""
    if project.kapso is None:
        return None
    listed = project.kapso.connected_numbers()
    return next((entry for entry in listed if entry.phone_number == phone_number), None)


def refuse_listed(project: Project, phone_number: PhoneNumber, *, hint: str) -> None:
    """Raise StateError while Kapso, where a key is configured, lists the number."""
    listed = listed_at_kapso(project, phone_number)
    if listed is not None:
        raise StateError(
            f"{phone_number} still has a WhatsApp config at Kapso",
            reason=f"Kapso lists it (phone_number_id {listed.phone_number_id})",
            hint=hint,
        )
