"""The answer to an onboarding, as the keys of its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..operations.handing_out.onboarding import Resolution


RESOLUTION_KEYS = (
    "country",
    "path",
    "reason",
    "phone_number",
    "sid",
    "preverified_id",
    "otp_required",
    "ref",
    "reserved_until",
    "monthly_price",
    "currency",
    "bundle_sid_from",
    "address_sid_from",
    "embedded_signup",
)


def resolution_fields(resolution: Resolution) -> dict[str, object]:
    """The promised keys of `resolve`, which `setup-link create` has too."""
    from .documents import amount

    number = resolution.number
    from_pool = resolution.path == "pool"
    preverified_id = number.facts.preverified_id if number and from_pool else None
    return {
        "country": resolution.country,
        "path": resolution.path,
        "reason": resolution.reason,
        "phone_number": number.phone_number if number else None,
        "sid": number.sid if number else None,
        "preverified_id": preverified_id,
        "otp_required": None if number is None else not from_pool,
        "ref": resolution.ref,
        "reserved_until": resolution.reserved_until,
        "monthly_price": amount(number.price.amount) if number else None,
        "currency": number.price.currency if number else None,
        "bundle_sid_from": resolution.regulatory.bundle_sid_from,
        "address_sid_from": resolution.regulatory.address_sid_from,
        # Meta: embedded-signup/pre-verified-numbers (read 2026-11-22); only the first id shows.
        "embedded_signup": {"setup": {"preVerifiedPhone": {"ids": [preverified_id]}}}
        if preverified_id
        else None,
    }
