"""Pre-verified numbers at Meta: add, ask for a code, verify, read, delete.

Source: developers.facebook.com/docs/whatsapp/embedded-signup/pre-verified-numbers (read
2026-11-22). There is no idempotency key: after a lost answer this looks at what is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..domain.code_method import CodeMethod
from ..domain.phone_number import PhoneNumber, normalise
from ..errors import VendorRefused, VendorUnavailable
from .http import AnswerLost
from .meta_client import MetaAnswer, MetaClient, translate

_FIELDS = "id,phone_number,code_verification_status,code_verification_time,verification_expiry_time"
_BAD_PARAMETER, _NOT_FOUND = 100, 803
_PAGE_SIZE = "100"


class VerificationStatus(StrEnum):
    """What Meta says of a number's verification."""

    NOT_VERIFIED = "NOT_VERIFIED"
    VERIFIED = "VERIFIED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True)
class PreverifiedNumber:
    """An object in the portfolio's list. It is gone once a customer has claimed it."""

    preverified_id: str
    phone_number: PhoneNumber | None
    status: VerificationStatus
    verification_expiry_time: datetime | None
    verified_at: datetime | None = None

    @property
    def is_verified(self) -> bool:
        """Whether Meta counts it as verified now."""
        return self.status is VerificationStatus.VERIFIED

    @property
    def was_never_verified(self) -> bool:
        """Whether no verification has succeeded, so that nobody can have been shown its id."""
        return self.status is VerificationStatus.NOT_VERIFIED

    def is_verified_beyond(self, moment: datetime | None) -> bool:
        """Whether it is verified, and for longer than until `moment`; None asks for no more."""
        expiry = self.verification_expiry_time
        return self.is_verified and (moment is None or (expiry is not None and expiry > moment))


class MetaPreverified:
    """The pre-verified numbers of one portfolio."""

    def __init__(self, client: MetaClient) -> None:
        self._client = client
        self.clock = client.clock

    def check_portfolio(self) -> None:
        """Raise CredentialsError unless the token may manage this portfolio's numbers."""
        try:
            self._list(limit="1")
        except MetaAnswer as answer:
            raise self._refusal(answer, "list the portfolio's numbers") from answer

    def all(self) -> Iterator[PreverifiedNumber]:
        """Every number in the portfolio's list, over all pages."""
        page: dict[str, str] = {"limit": _PAGE_SIZE}
        while True:
            try:
                body = self._list(**page)
            except MetaAnswer as answer:
                raise self._refusal(answer, "list the portfolio's numbers") from answer
            with _readable():
                listed = [_preverified(entry) for entry in body["data"]]
                after = body.get("paging", {}).get("cursors", {}).get("after")
                is_last = not after or not body.get("paging", {}).get("next")
            yield from listed
            if is_last:
                return
            page["after"] = after

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def find(self, phone_number: PhoneNumber) -> PreverifiedNumber | None:
        """The portfolio's object for exactly this number, or None."""
        try:
            body = self._list(phone_number=phone_number)
        except MetaAnswer as answer:
            raise self._refusal(answer, f"look up {phone_number}") from answer
        with _readable():
            found = [_preverified(entry) for entry in body["data"]]
        return next((entry for entry in found if entry.phone_number == phone_number), None)

    def add(self, phone_number: PhoneNumber) -> str:
        """Add a number that is not in the list; gives its preverified_id."""
        try:
            path = f"{self._client.business_id}/add_phone_numbers"
            return _id(self._client.post(path, phone_number=phone_number))
        except MetaAnswer as answer:
            raise self._refusal(answer, f"add {phone_number}") from answer
        except AnswerLost as lost:
            found = self.find(phone_number)
            if found is None:
                raise _unavailable(f"add {phone_number}", lost) from lost
            return found.preverified_id

    def request_code(
        self, preverified_id: str, method: CodeMethod, language: str = "en_US"
    ) -> None:
        """Ask Meta to send a code. A lost answer is an error: the code may come all the same."""
        try:
            self._client.post(
                f"{preverified_id}/request_code", code_method=method.upper(), language=language
            )
        except MetaAnswer as answer:
            raise self._refusal(answer, "send a code") from answer
        except AnswerLost as lost:
            raise _unavailable("send a code", lost) from lost

    def verify_code(
        self, preverified_id: str, code: str, *, beyond: datetime | None = None
    ) -> PreverifiedNumber:
        """Give the code back to Meta; what counts is the status that is read afterwards.

        `beyond`: when the verification ends that it has already; only a later end is a success.
        """
        try:
            self._client.post(f"{preverified_id}/verify_code", code=code)
        except MetaAnswer as answer:
            # 100 also says "already verified": the status decides.
            found = self.read(preverified_id)
            if found is None or not found.is_verified_beyond(beyond):
                raise self._refusal(answer, "verify the code") from answer
            return found
        except AnswerLost as lost:
            found = self.read(preverified_id)
            if found is None or not found.is_verified_beyond(beyond):
                raise _unavailable("verify the code", lost) from lost
            return found
        found = self.read(preverified_id)
        if found is None:
            raise VendorRefused(
                "Meta took the code, but the number is gone from the portfolio",
                reason=f"{preverified_id} is not there any more",
                hint="kapso-twilio reconcile adds it anew",
            )
        return found

    def read(self, preverified_id: str) -> PreverifiedNumber | None:
        """The object, or None when it is gone: claimed by a customer, or purged."""
        try:
            with _readable():
                return _preverified(self._client.get(preverified_id, fields=_FIELDS))
        except MetaAnswer as answer:
            if answer.code in (_BAD_PARAMETER, _NOT_FOUND):
                return None
            raise self._refusal(answer, "read a number") from answer

    def delete(self, preverified_id: str) -> bool:
        """Delete the object, for good. False when it was gone already.

        Gone may mean claimed by a customer: the caller must not take it for a deletion.
        """
        try:
            self._client.delete(preverified_id)
        except MetaAnswer as answer:
            if answer.code in (_BAD_PARAMETER, _NOT_FOUND):
                return False
            raise self._refusal(answer, "delete a number") from answer
        except AnswerLost as lost:
            raise _unavailable("delete a number", lost) from lost
        return True

    def _list(self, **params: str) -> dict[str, Any]:
        path = f"{self._client.business_id}/preverified_numbers"
        return self._client.get(path, fields=_FIELDS, **params)

    def _refusal(self, answer: MetaAnswer, doing: str) -> Exception:
        return translate(answer, doing=doing)


def _unavailable(doing: str, lost: AnswerLost) -> VendorUnavailable:
    return VendorUnavailable(
        f"it is not known whether Meta did what was asked ({doing})",
        reason=str(lost),
        hint="run kapso-twilio reconcile: it looks and goes on from there",
    )


@contextmanager
def _readable() -> Iterator[None]:
    """Within, a 200 that is JSON, and yet not what the call promises, is Meta being away."""
    try:
        yield
    except (AnswerLost, LookupError, AttributeError, TypeError, ValueError) as error:
        raise VendorUnavailable(
            "Meta's answer cannot be read",
            reason=f"it lacks what it should hold ({type(error).__name__})",
            hint="run the command again later; a proxy on the way may be the cause",
        ) from error


def _id(entry: dict[str, Any]) -> str:
    if not entry.get("id"):
        raise AnswerLost("the answer lacks an id")
    return str(entry["id"])


def _preverified(entry: dict[str, Any]) -> PreverifiedNumber:
    return PreverifiedNumber(
        preverified_id=_id(entry),
        phone_number=normalise(str(entry.get("phone_number", ""))),
        status=_status(entry.get("code_verification_status")),
        verification_expiry_time=_time(entry.get("verification_expiry_time")),
        verified_at=_time(entry.get("code_verification_time")),
    )


def _status(text: object) -> VerificationStatus:
    try:
        return VerificationStatus(str(text))
    except ValueError:
        return VerificationStatus.NOT_VERIFIED


def _time(text: object) -> datetime | None:
    """Meta's times end in `+0000`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z") if isinstance(text, str) else None
