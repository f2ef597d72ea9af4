"""The account held against the inventory: one verdict for each number that Twilio lists.

A recorded number is known by its SID. One that is not recorded is known by its label alone: without
the project's label it is somebody else's.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .label import parse_label
from .lifecycle import NumberState
from .purchase import PurchaseState


class Home(msgspec.Struct, frozen=True):
    """Whose inventory it is."""

    project: str
    installation: str


class Recorded(msgspec.Struct, frozen=True):
    """What the inventory has of a SID."""

    id: int
    label: str
    state: NumberState


class Verdict(StrEnum):
    """What a listed number is to the inventory."""

    AS_RECORDED = "as_recorded"
    FOUND = "found"
    """It was missing, and is back."""
    RENAMED = "renamed"
    """Its label was edited."""
    OTHER_PROJECTS = "other_projects"
    """Another project of the account has put its label on it."""
    TAKEN_OVER = "taken_over"
    """Another inventory of the same project has put its label on it."""
    UNSETTLED = "unsettled"
    """Its purchase is open or unknown: settling is what finds it."""
    LATE = "late"
    """Its purchase was settled as not bought, and did happen."""
    STRAY = "stray"
    """It has the project's label, and the inventory knows nothing of its purchase."""
    FOREIGN = "foreign"
    """It is not the project's."""


def judge(
    friendly_name: str, recorded: Recorded | None, intent: PurchaseState | None, home: Home
) -> Verdict:
    """The verdict on one number; `intent` is the state of the purchase that its label names."""
    label = parse_label(friendly_name)
    ours = label is not None and label.project == home.project
    if recorded is not None:
        if recorded.state is NumberState.MISSING:
            # One that was given up to another project carries that project's label.
            return Verdict.FOUND if ours or label is None else Verdict.FOREIGN
        if friendly_name == recorded.label:
            return Verdict.AS_RECORDED
        if label is not None and not ours:
            return Verdict.OTHER_PROJECTS
        elsewhere = label is not None and label.installation != home.installation
        return Verdict.TAKEN_OVER if elsewhere else Verdict.RENAMED
    if not ours:
        return Verdict.FOREIGN
    return _UNRECORDED.get(intent, Verdict.STRAY)


_UNRECORDED: dict[PurchaseState | None, Verdict] = {
    PurchaseState.OPEN: Verdict.UNSETTLED,
    PurchaseState.UNKNOWN: Verdict.UNSETTLED,
    PurchaseState.NOT_BOUGHT: Verdict.LATE,
}

FEWEST_TOO_MANY, SHARE_TOO_MANY = 5, 0.02


def too_many_absent(absent: int, expected: int) -> bool:
    """Whether so many are absent at once that the listing is doubted, and none believed gone."""
    return absent > max(FEWEST_TOO_MANY, expected * SHARE_TOO_MANY)
