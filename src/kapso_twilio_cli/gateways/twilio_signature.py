"""Twilio's signature on a webhook: whether a request comes from Twilio, and what it says.

Source: twilio.com/docs/usage/webhooks/webhooks-security and webhook-shared-keys (read 2026-11-22).
The official SDK computes and compares; around it stand guards for what it lets through (9.13,
observed by running it): a form, or nothing, sent to a URL with `bodySHA256` passes without a look
at the body; a body as bytes and a missing signature are exceptions of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlsplit

from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    RequestValidator,
    get_signature_algorithm,
)

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_BODY_HASH = "bodySHA256"
_FIELDS_AT_MOST = 500  # Twilio sends about thirty


class NotFromTwilio(Exception):
    """A request that is not proven to be Twilio's; its words hold nothing of what was sent."""


@dataclass(frozen=True)
class SignedRequest:
    """One POST as it came in, and the address that Twilio called."""

    url: str
    """Public, with path and query letter by letter as they came in."""
    content_type: str
    body: bytes = field(repr=False)
    signature: str | None = field(repr=False)
    """`X-Twilio-Signature`."""
    settings: str | None
    """`X-Twilio-Webhooks-Signature-Settings`, which names the algorithm."""


class TwilioSignature:
    """Checks signatures with one account's auth token."""

    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)

    def fields(self, request: SignedRequest) -> dict[str, str]:
        """What the request says; raises NotFromTwilio unless Twilio signed exactly that."""
        if not request.signature:
            raise NotFromTwilio("it has no X-Twilio-Signature")
        algorithm = get_signature_algorithm(request.settings).upper()
        if algorithm not in (HMAC_SHA1, HMAC_SHA256):
            raise NotFromTwilio("its signature is of an unknown algorithm")
        if not request.url.isascii():
            raise NotFromTwilio("its URL is none that Twilio would call")
        text, content = _text(request.body), request.content_type.casefold()
        if _BODY_HASH in parse_qs(urlsplit(request.url).query, keep_blank_values=True):
            return self._document(request, text, content, algorithm)
        return self._form(request, text, content, algorithm)

    def _form(
        self, request: SignedRequest, text: str, content: str, algorithm: str
    ) -> dict[str, str]:
        """A form: its fields are part of what was signed."""
        if content != _FORM:
            raise NotFromTwilio("its body is not covered by the signature")
        try:
            # A blank field is signed like any other; `+` and `%` are decoded, nothing is trimmed.
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_AT_MOST)
        except ValueError:
            raise NotFromTwilio("its form has too many fields") from None
        form = _Form(pairs)
        self._require(request, form, algorithm)
        return form.last_values()

    def _document(
        self, request: SignedRequest, text: str, content: str, algorithm: str
    ) -> dict[str, str]:
        """JSON: the URL carries the body's hash, and the URL alone is signed."""
        hashes = parse_qs(urlsplit(request.url).query, keep_blank_values=True)[_BODY_HASH]
        if len(hashes) != 1 or not hashes[0]:
            raise NotFromTwilio("its URL does not name one hash of its body")
        if content != _JSON:
            raise NotFromTwilio("its body is not the JSON that its URL names a hash of")
        self._require(request, text, algorithm)
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise NotFromTwilio("its body is no JSON object")
        return {str(name): one for name, one in document.items() if isinstance(one, str)}

    def _require(self, request: SignedRequest, signed: _Form | str, algorithm: str) -> None:
        try:
            good = self._validator.validate(request.url, signed, request.signature, algorithm)
        except UnicodeError:
            good = False  # what cannot be written as UTF-8 was never signed
        if good:
            return
        if request.settings:
            raise NotFromTwilio(
                "its signature does not fit the auth token (it names a key: shared keys, which"
                " Twilio's Webhooks API can set, are not supported)"
            )
        raise NotFromTwilio("its signature fits neither the auth token nor the public URL")


class _Form(dict[str, list[str]]):
    """A form's fields, some of which may stand there twice; the SDK asks for them by `getlist`."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__()
        for name, text in pairs:
            self.setdefault(name, []).append(text)

    def getlist(self, name: str) -> list[str]:
        """Every value of a field."""
        return self[name]

    def last_values(self) -> dict[str, str]:
        """One value of each field."""
        return {name: values[-1] for name, values in self.items()}


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotFromTwilio("its body is not text") from None
