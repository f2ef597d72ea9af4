"""An onboarding and its answer: the same for the same ref."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from msgspec import field

from ...domain.country import Country, country_name
from ...domain.lifecycle import NumberState
from ...domain.number import Number
from ...domain.number_type import NumberType
from ...domain.purchase import Purchase, RegulatorySids
from ...domain.reservation import Reservation
from ...domain.resolution import Path, ResolveReason
from ...errors import StateError
from ...inventory.store import Session

if TYPE_CHECKING:
    from ..buying.quote import Choice, Quote


class Onboarding(msgspec.Struct, frozen=True):
    """Who needs a number, and where."""

    country: Country | None
    """None: the project's default country."""
    ref: str
    customer: str | None = None
    number_type: NumberType | None = None
    bundle_sid: str | None = None
    address_sid: str | None = None


class LivePurchase(msgspec.Struct, frozen=True):
    """How a live purchase is made, where one is needed."""

    approve: Callable[[Quote, ResolveReason], bool]
    """Asked before it, with the reason why no pool; raises Interrupted to decline.

    Tells whether a person was asked: then the price is asked for again.
    """
    lost_sids: Callable[[Choice], None]
    """Told when SIDs that the call passed are not used."""


class Resolution(msgspec.Struct, frozen=True):
    """The answer to one onboarding."""

    country: Country | None
    path: Path
    reason: ResolveReason
    ref: str
    number: Number | None = None
    reserved_until: datetime | None = None
    regulatory: RegulatorySids = field(default_factory=RegulatorySids)


def answer(
    number: Number, reservation: Reservation, purchase: Purchase | None = None
) -> Resolution:
    """The answer that a reservation is."""
    return Resolution(
        country=reservation.country,
        path=reservation.path,
        reason=reservation.reason,
        ref=reservation.ref,
        number=number,
        reserved_until=reservation.reserved_until,
        regulatory=purchase.regulatory if purchase else RegulatorySids(),
    )


def same_answer(session: Session, held: Reservation, country: Country | None) -> Resolution:
    """The answer that the ref was given before; StateError when the call names another country."""
    if country is not None and held.country != country:
        raise StateError(
            f"ref {held.ref} has a number of {country_name(held.country)} ({held.country})",
            reason=f"one ref names one onboarding, and this one asks for {country}",
            hint="use another --ref for another onboarding",
        )
    number = session.numbers.get(held.number_id)
    if number.state is NumberState.MISSING:
        raise StateError(
            f"the number of ref {held.ref}, {number.phone_number}, is not in the account any more",
            reason=number.reason,
            hint="look for it in the Twilio console; for another number use another --ref",
        )
    purchase = session.purchases.get(number.purchase_id) if number.purchase_id else None
    bought_for_this = purchase is not None and purchase.purpose.ref == held.ref
    return answer(number, held, purchase if bought_for_this else None)
