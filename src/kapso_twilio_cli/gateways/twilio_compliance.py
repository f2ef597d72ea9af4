"""Regulatory bundles and addresses, looked at before money is spent.

Source: twilio.com/docs/phone-numbers/regulatory/api and twilio.com/docs/usage/api/address
(read 2026-11-22). An evaluation would be a POST that makes a record: it is not asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..domain.compliance import Bundle, Regulation
from ..domain.country import Country
from ..domain.number_type import NumberType
from .twilio_client import TwilioAnswer, TwilioClient
from .twilio_errors import NOT_FOUND, translated

_PAGE_SIZE = 1000


class TwilioCompliance:
    """The bundles and addresses of one account."""

    def __init__(self, client: TwilioClient) -> None:
        self._compliance = client.sdk.numbers.v2.regulatory_compliance
        self._addresses = client.sdk.api.v2010.account.addresses

    def bundle(self, sid: str) -> Bundle | None:
        """The bundle and its regulation, or None if the account has none with this SID."""
        with translated(f"read bundle {sid}"):
            found = _found(self._compliance.bundles(sid).fetch)
            if found is None:
                return None
            return Bundle(
                sid=found.sid,
                account_sid=found.account_sid,
                status=_text(found.status),
                valid_until=found.valid_until,
                regulation=self._regulation(found.regulation_sid),
            )

    def items(self, bundle_sid: str) -> list[str]:
        """The SIDs of what a bundle holds: documents, end users, addresses."""
        with translated(f"read bundle {bundle_sid}"):
            listed = self._compliance.bundles(bundle_sid).item_assignments
            found = _found(lambda: listed.list(page_size=_PAGE_SIZE))
            return [str(item.object_sid) for item in found or ()]

    def document_addresses(self, sid: str) -> list[str]:
        """The addresses that a supporting document names."""
        with translated(f"read document {sid}"):
            found = _found(self._compliance.supporting_documents(sid).fetch)
            attributes = found.attributes if found is not None else None
            listed = (attributes or {}).get("address_sids") or ()
            return [str(address_sid) for address_sid in listed]

    def address_country(self, sid: str) -> str | None:
        """The country in which an address is, or None if the account has none with this SID."""
        with translated(f"read address {sid}"):
            found = _found(self._addresses(sid).fetch)
            return None if found is None else str(found.iso_country).upper()

    def is_regulated(self, country: Country, number_type: NumberType) -> bool:
        """Whether Twilio lists regulations for such numbers.

        That suggests that a bundle is needed; none listed does not prove the opposite.
        """
        with translated(f"read the regulations of {country}", country):
            listed = self._compliance.regulations.page(
                iso_country=country, number_type=number_type.value, page_size=1
            )
            return next(iter(listed), None) is not None

    def _regulation(self, sid: str | None) -> Regulation | None:
        found = _found(self._compliance.regulations(sid).fetch) if sid else None
        if found is None:
            return None
        return Regulation(
            country=str(found.iso_country).upper(),
            number_type=_text(found.number_type),
            end_user_type=_text(found.end_user_type) or None,
        )


def _found(ask: Callable[[], Any]) -> Any:
    """What was asked for; None where the account has no such thing."""
    try:
        return ask()
    except TwilioAnswer as answer:
        if answer.code != NOT_FOUND:
            raise
        return None


def _text(word: Any) -> str:
    """A word that the SDK gives as an enum's member or as text."""
    return str(getattr(word, "value", word) or "")
