"""Look at the whole account once: what is there, and what of the inventory is not.

The listing is read page by page and held against the inventory as it comes, so that an account of
any size takes little memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
from msgspec import field

from ...domain.drift import Home, Recorded, Verdict, judge
from ...domain.label import parse_label
from ...domain.number import Number
from ...domain.purchase import Purchase, PurchaseState
from ...errors import StateError
from ...project import Project

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import OwnedNumber

_AT_ONCE = 500


class Survey(msgspec.Struct):
    """What one complete listing showed; what is as it should be is only counted."""

    expected: int
    """The numbers that the inventory held when the listing began."""
    foreign: int = 0
    found: list[int] = field(default_factory=list)
    """Ids of numbers that were missing, and are back."""
    renamed: list[tuple[int, OwnedNumber]] = field(default_factory=list)
    other_projects: list[tuple[int, OwnedNumber]] = field(default_factory=list)
    taken_over: list[tuple[int, OwnedNumber]] = field(default_factory=list)
    late: list[tuple[Purchase, OwnedNumber]] = field(default_factory=list)
    strays: list[OwnedNumber] = field(default_factory=list)
    absent: list[int] = field(default_factory=list)
    """Ids of numbers that were not listed. That alone does not prove that they are gone."""

    @property
    def unknown(self) -> int:
        """Numbers of the project that the inventory does not hold."""
        return len(self.strays) + len(self.late)


def survey(project: Project) -> Survey:
    """Hold the account against the inventory. Changes nothing.

    A number counts as absent only if it was committed before the listing began. StateError where
    Twilio lists numbers of another account.
    """
    with project.inventory.read() as session:
        expected = session.numbers.ids_in_account()
    seen = bytearray(len(expected))  # a byte for each: a set would take the memory of a page
    identity = project.inventory.identity
    home = Home(identity.project, identity.installation)
    found = Survey(expected=len(expected))
    for page in _pages(project.twilio.numbers.owned()):
        _refuse_other_account(page, identity.account_sid)
        with project.inventory.read() as session:
            recorded = session.numbers.recorded_under([owned.sid for owned in page])
            intents = session.purchases.by_ids(_intents(page, recorded))
        for owned in page:
            known = recorded.get(owned.sid)
            if known is not None:
                _tick(seen, expected, known.id)
            _note(found, owned, known, intents, home)
    found.absent = [id_ for id_, is_seen in zip(expected, seen, strict=True) if not is_seen]
    return found


def _tick(seen: bytearray, expected: Sequence[int], number_id: int) -> None:
    """Note that a number was listed; one that was recorded since it began is not expected."""
    place = bisect_left(expected, number_id)
    if place < len(expected) and expected[place] == number_id:
        seen[place] = True


def _note(
    found: Survey,
    owned: OwnedNumber,
    known: Recorded | None,
    intents: dict[str, Purchase],
    home: Home,
) -> None:
    label = parse_label(owned.friendly_name)
    purchase = intents.get(label.intent) if label is not None else None
    match judge(owned.friendly_name, known, _state_of(purchase, owned), home):
        case Verdict.FOREIGN:
            found.foreign += known is None
        case Verdict.STRAY:
            found.strays.append(owned)
        case Verdict.LATE if purchase is not None:
            found.late.append((purchase, owned))
        case Verdict.FOUND if known is not None:
            found.found.append(known.id)
        case Verdict.RENAMED if known is not None:
            found.renamed.append((known.id, owned))
        case Verdict.OTHER_PROJECTS if known is not None:
            found.other_projects.append((known.id, owned))
        case Verdict.TAKEN_OVER if known is not None:
            found.taken_over.append((known.id, owned))


def _state_of(purchase: Purchase | None, owned: OwnedNumber) -> PurchaseState | None:
    """The state of the purchase that brought the number; None where its label is a mere copy."""
    if purchase is None or purchase.phone_number != owned.phone_number:
        return None
    return purchase.state


def _intents(page: Iterable[OwnedNumber], recorded: dict[str, Recorded]) -> list[str]:
    """The purchases that the labels of unrecorded numbers name."""
    labels = (parse_label(owned.friendly_name) for owned in page if owned.sid not in recorded)
    return [label.intent for label in labels if label is not None]


def _pages(owned: Iterator[OwnedNumber]) -> Iterator[list[OwnedNumber]]:
    while page := list(islice(owned, _AT_ONCE)):
        yield page


def _refuse_other_account(page: Iterable[OwnedNumber], account_sid: str) -> None:
    for owned in page:
        if owned.account_sid != account_sid:
            raise StateError(
                f"Twilio lists numbers of another account: {owned.account_sid}",
                reason=f"the inventory was made for {account_sid}",
                hint="kapso-twilio auth set auth_token, with the token of that account",
            )


def number_of(project: Project, number_id: int) -> Number:
    """The number as it is now."""
    with project.inventory.read() as session:
        return session.numbers.get(number_id)
