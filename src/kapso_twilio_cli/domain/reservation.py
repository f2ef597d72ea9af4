"""A reservation: one number held for one onboarding, named by its ref."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .country import Country
from .resolution import Path, ResolveReason


@dataclass(frozen=True)
class NewReservation:
    """A number to be held for one onboarding."""

    ref: str
    path: Path
    reason: ResolveReason
    country: Country
    customer: str | None
    reserved_until: datetime


@dataclass(frozen=True)
class Reservation:
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
