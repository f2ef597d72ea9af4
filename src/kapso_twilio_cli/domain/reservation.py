"""A reservation: one number held for one onboarding, named by its ref."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .country import Country
from .resolution import Path, ResolveReason


class NewReservation(msgspec.Struct, frozen=True):
    """A number to be held for one onboarding."""

    ref: str
    path: Path
    reason: ResolveReason
    country: Country
    customer: str | None
    reserved_until: datetime


class Reservation(msgspec.Struct, frozen=True):
    """A number held for one onboarding. It lasts while the number is reserved or connected."""

    id: int
    ref: str
    number_id: int
    path: Path
    reason: ResolveReason
    country: Country
    customer: str | None
    reserved_at: datetime
    reserved_until: datetime
    ended_at: datetime | None
    end_reason: str | None
