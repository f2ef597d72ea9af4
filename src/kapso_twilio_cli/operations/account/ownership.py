"""Whose number it is, by the label that it carries at Twilio."""

from __future__ import annotations

from ...domain.label import parse_label
from ...project import Project


def other_home(project: Project, friendly_name: str) -> str | None:
    """Who else's label that is, in words; None where it is this inventory's, or no label at all."""
    label = parse_label(friendly_name)
    if label is None:
        return None
    if label.project != project.name:
        return f"project {label.project}"
    if label.installation != project.inventory.identity.installation:
        return f"another inventory of project {project.name} ({label.installation})"
    return None
