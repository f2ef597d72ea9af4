"""Phone numbers at Twilio: search, purchase, listing, and the label on each.

Source: twilio.com/docs/phone-numbers/api (incomingphonenumber-resource and
availablephonenumber-resource, read 2026-11-22).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..domain.country import Country, country_name
from ..domain.number_type import NumberType
from ..domain.phone_number import PhoneNumber
from ..errors import Concerns, OutcomeUnknown, VendorRefused
from .http import AnswerLost
from .read_ahead import one_ahead
from .request_log import tell_wait
from .twilio_client import TwilioAnswer, TwilioClient
from .twilio_errors import NOT_FOUND, TOO_MANY_CONCURRENT, UNREADABLE, translate, translated

_PAGE_SIZE = 1000  # more is refused (20007)
_SEARCH_SIZE = 30  # the API gives no more, whatever is asked
_SENDS_AT_MOST = 5
_BACK_OFF_SECONDS = 0.5


@dataclass(frozen=True)
class Capabilities:
    """What a number can do."""

    sms: bool
    voice: bool
    mms: bool


@dataclass(frozen=True)
class NumberOnSale:
    """A number that a search found. It may be sold to somebody else a moment later."""

    phone_number: PhoneNumber
    locality: str | None
    region: str | None
    capabilities: Capabilities
    address_requirements: str
    """`none`, `any`, `local` or `foreign`. `none` does not mean that no bundle is needed."""


@dataclass(frozen=True)
class OwnedNumber:
    """A number that the account holds."""

    sid: str
    phone_number: PhoneNumber
    friendly_name: str
    capabilities: Capabilities
    bought_at: datetime | None
    """By this host's clock: the latest that it may have been."""
    account_sid: str
    number_type: NumberType | None
    """None where Twilio does not say."""
    has_emergency_address: bool
    """Twilio releases it only when it is freed of that."""


@dataclass(frozen=True)
class Order:
    """One purchase of one exact number."""

    phone_number: PhoneNumber
    country: Country
    label: str
    bundle_sid: str | None
    address_sid: str | None


class TwilioNumbers:
    """The numbers of one account."""

    def __init__(self, client: TwilioClient) -> None:
        self._clock = client.clock
        self._account = client.sdk.api.v2010.account

    def check_credentials(self) -> None:
        """Raise CredentialsError unless Twilio takes the credentials. Works with an API key."""
        with translated("list numbers"):
            self._account.incoming_phone_numbers.page(page_size=1)

    def types_on_sale(self, country: Country) -> frozenset[NumberType]:
        """The types that Twilio sells in the country; VendorRefused where it sells none."""
        with translated(f"search in {country}", country):
            try:
                found = self._account.available_phone_numbers(country).fetch()
            except TwilioAnswer as answer:
                if answer.code != NOT_FOUND:
                    raise
                raise _no_numbers_in(country) from answer
            keys = set(found.subresource_uris or {})
        return frozenset(kind for kind in NumberType if kind.subresource in keys)

    def search(
        self,
        country: Country,
        number_type: NumberType,
        *,
        sms_only: bool,
        contains: str | None,
        voice_only: bool = False,
    ) -> list[NumberOnSale]:
        """One sample of at most 30 numbers on sale, in no order. For more, search again."""
        filters: dict[str, Any] = {"limit": _SEARCH_SIZE, "page_size": _SEARCH_SIZE}
        if sms_only:
            filters["sms_enabled"] = True
        if voice_only:
            filters["voice_enabled"] = True
        if contains:
            filters["contains"] = contains
        resource = getattr(
            self._account.available_phone_numbers(country), _SDK_RESOURCE[number_type]
        )
        with translated(f"search in {country}", country):
            return [_number_on_sale(found) for found in resource.list(**filters)]

    def buy(self, order: Order, before_again: Callable[[], None] = lambda: None) -> OwnedNumber:
        """Buy exactly the number that is ordered.

        `before_again` is called before it is sent again, and may raise instead.

        A definite no is VendorRefused or CredentialsError, and a connection that was never made is
        NotSent (a VendorUnavailable): nothing was bought. OutcomeUnknown: it may have been.
        Source: the resource's "Create" (read 2026-11-22); there is no idempotency key, so only the
        answer that says "never processed" (20429) is followed by another try.
        """
        for attempt in range(1, _SENDS_AT_MOST + 1):
            try:
                return self._create(order)
            except TwilioAnswer as answer:
                if answer.code != TOO_MANY_CONCURRENT or attempt == _SENDS_AT_MOST:
                    doing = f"sell {order.phone_number}"
                    raise translate(answer, doing=doing, country=order.country) from answer
                wait_seconds = max(_BACK_OFF_SECONDS, answer.retry_after_seconds or 0.0)
            except AnswerLost as lost:
                raise OutcomeUnknown(
                    f"it is not known whether {order.phone_number} was bought",
                    reason=f"Twilio was asked, and {lost}",
                    hint="run kapso-twilio reconcile: it looks the number up and settles this",
                ) from lost
            # Full jitter, so that workers who were refused together do not come back together.
            wait_seconds += random.uniform(0, _BACK_OFF_SECONDS * attempt)
            tell_wait("Twilio", "too many requests at once", wait_seconds)
            time.sleep(wait_seconds)
            before_again()
        raise AssertionError("the last attempt raises")  # pragma: no cover

    def find(self, phone_number: PhoneNumber) -> OwnedNumber | None:
        """The account's own number with exactly this E.164, or None."""
        with translated(f"look up {phone_number}"):
            # The filter matches partially: the whole E.164 is compared here.
            found = self._account.incoming_phone_numbers.list(
                phone_number=phone_number, page_size=_PAGE_SIZE
            )
            return next((self._owned(n) for n in found if n.phone_number == phone_number), None)

    def find_label(self, label: str) -> OwnedNumber | None:
        """The account's own number with exactly this FriendlyName, or None."""
        with translated("look a label up"):
            found = self._account.incoming_phone_numbers.list(
                friendly_name=label, page_size=_PAGE_SIZE
            )
            return next((self._owned(n) for n in found if n.friendly_name == label), None)

    def owned(self) -> Iterator[OwnedNumber]:
        """Every number that the account holds; a page that cannot be had raises."""
        with translated("list numbers"):
            for page in one_ahead(self._pages()):
                for found in page:
                    yield self._owned(found)

    def _pages(self) -> Iterator[Any]:
        page = self._account.incoming_phone_numbers.page(page_size=_PAGE_SIZE)
        while page is not None:
            yield page
            page = page.next_page()

    def newest(self) -> list[OwnedNumber]:
        """The first page of the account's numbers, which begins with the newest."""
        with translated("list numbers"):
            page = self._account.incoming_phone_numbers.page(page_size=_PAGE_SIZE)
            return [self._owned(found) for found in page]

    def read(self, sid: str) -> OwnedNumber | None:
        """The account's number with this SID, or None when Twilio says that there is none."""
        with translated(f"read {sid}"):
            try:
                return self._owned(self._account.incoming_phone_numbers(sid).fetch())
            except TwilioAnswer as answer:
                if answer.code != NOT_FOUND:
                    raise
                return None

    def label(self, sid: str, label: str) -> None:
        """Put `label` on a number as its FriendlyName. Doing it twice is doing it once."""
        with translated(f"name {sid}"):
            self._account.incoming_phone_numbers(sid).update(friendly_name=label)

    def release(self, sid: str) -> bool:
        """Give a number back. False when it was not in the account any more.

        VendorUnavailable when the answer is lost: it may be gone, and `read` tells.
        """
        with translated(f"release {sid}"):
            try:
                self._account.incoming_phone_numbers(sid).delete()
            except TwilioAnswer as answer:
                if answer.code != NOT_FOUND:
                    raise
                return False
            return True

    def _create(self, order: Order) -> OwnedNumber:
        wanted = {
            "phone_number": order.phone_number,
            "friendly_name": order.label,
            "bundle_sid": order.bundle_sid,
            "address_sid": order.address_sid,
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        try:
            bought = self._owned(self._account.incoming_phone_numbers.create(**given))
        except UNREADABLE as error:
            raise AnswerLost("the answer lacks what a new number must have") from error
        if bought.bought_at is None:
            # Its time alone tells a purchase from a number that was owned before.
            raise AnswerLost("the answer does not say when the number was bought")
        return bought

    def _owned(self, found: Any) -> OwnedNumber:
        if not (isinstance(found.sid, str) and isinstance(found.phone_number, str)):
            raise TypeError("a number has a SID and a phone number")
        created = found.date_created
        return OwnedNumber(
            sid=found.sid,
            phone_number=PhoneNumber(found.phone_number),
            friendly_name=found.friendly_name or "",
            capabilities=_capabilities(found.capabilities),
            bought_at=self._clock.by_host(created) if isinstance(created, datetime) else None,
            account_sid=found.account_sid or "",
            number_type=_number_type(found.type),
            has_emergency_address=bool(found.emergency_address_sid)
            and str(found.emergency_status).casefold() != "inactive",
        )


_SDK_RESOURCE = {
    NumberType.LOCAL: "local",
    NumberType.MOBILE: "mobile",
    NumberType.TOLL_FREE: "toll_free",
    NumberType.NATIONAL: "national",
}


_NUMBER_TYPES = {str(number_type): number_type for number_type in NumberType}


def _no_numbers_in(country: Country) -> VendorRefused:
    return VendorRefused(
        f"Twilio sells no numbers in {country_name(country)} ({country})",
        reason=f"the country is not in its list (Twilio {NOT_FOUND})",
        hint="see twilio.com/en-us/phone-numbers for the countries that are",
    )


def out_of_stock(
    country: Country, number_type: NumberType, *, sms_only: bool = False, voice_only: bool = False
) -> VendorRefused:
    """The refusal when a search finds no number that could be bought."""
    others = [other for other in NumberType if other is not number_type]
    others_hint = (
        f"try another type: kapso-twilio search --country {country} --number-type {others[0]}"
        f" (or {', '.join(others[1:])})"
    )
    by_voice = f"; or buy them without SMS: kapso-twilio country set {country} --code-method voice"
    reason = {
        (False, False): "the search found none that could be bought",
        (True, False): 'the search found none that receives SMS (code_method = "sms")',
        (False, True): "the search found none that takes calls",
        (True, True): "the search found none that receives SMS and takes calls, which is needed as"
        " SMS brought no code lately",
    }[sms_only, voice_only]
    return VendorRefused(
        f"Twilio has no {number_type} numbers for {country_name(country)} ({country}) in stock",
        reason=reason,
        hint=others_hint + (by_voice if sms_only and not voice_only else ""),
        concerns=Concerns.COUNTRY,
    )


def _number_type(text: object) -> NumberType | None:
    """The resource's `type`: `local`, `mobile`, `toll-free` and the like, however it is spelt."""
    spelt = (
        str(text).casefold().replace("_", "-").replace(" ", "-").replace("tollfree", "toll-free")
    )
    return _NUMBER_TYPES.get(spelt)


def _number_on_sale(found: Any) -> NumberOnSale:
    return NumberOnSale(
        phone_number=PhoneNumber(found.phone_number),
        locality=found.locality or None,
        region=found.region or None,
        capabilities=_capabilities(found.capabilities),
        address_requirements=found.address_requirements or "none",
    )


def _capabilities(found: Any) -> Capabilities:
    # Search spells the keys `SMS`, listings `sms`; the SDK gives a mapping or an object.
    pairs = found.items() if hasattr(found, "items") else vars(found or object).items()
    able = {str(key).casefold(): bool(value) for key, value in pairs}
    return Capabilities(
        sms=able.get("sms", False), voice=able.get("voice", False), mms=able.get("mms", False)
    )
