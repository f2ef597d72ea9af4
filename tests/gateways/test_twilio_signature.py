"""Signatures: Twilio's published example, and every trap around it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from kapso_twilio_cli.gateways.twilio_signature import (
    NotFromTwilio,
    SignedRequest,
    TwilioSignature,
)

# twilio.com/docs/usage/security (read 2026-11-22): the example of its explanation.
TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
PUBLISHED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
JSON_BODY = json.dumps({"MessageSid": "SM1", "Body": "123-456", "n": 1})


def request(form: dict[str, str] | None = None, **changes: Any) -> SignedRequest:
    """Twilio's example, or what is made of it."""
    values: dict[str, Any] = {
        "url": URL,
        "content_type": "application/x-www-form-urlencoded",
        "body": urlencode(FORM if form is None else form).encode(),
        "signature": PUBLISHED,
        "settings": None,
        **changes,
    }
    return SignedRequest(**values)


def sign(url: str, form: dict[str, str], hashed_by: str = "sha1", token: str = TOKEN) -> str:
    """Sign by the description of the algorithm, not by the SDK."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashed_by).digest()).decode()


def document(text: str = JSON_BODY, **changes: Any) -> SignedRequest:
    """A JSON request whose URL names the hash of its body."""
    url = f"https://mycompany.com/sms?bodySHA256={hashlib.sha256(text.encode()).hexdigest()}"
    values = {
        "url": url,
        "content_type": "application/json",
        "body": text.encode(),
        "signature": sign(url, {}),
        **changes,
    }
    return request(**values)


def refused(one: SignedRequest) -> str:
    """Why it is refused."""
    with pytest.raises(NotFromTwilio) as caught:
        TwilioSignature(TOKEN).fields(one)
    return str(caught.value)


def test_twilios_published_example_is_taken() -> None:
    assert sign(URL, FORM) == PUBLISHED
    assert TwilioSignature(TOKEN).fields(request()) == FORM


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace("/myapp.php", "/myapp.php/"),
        URL.replace("foo=1&bar=2", "bar=2&foo=1"),
        URL.replace("mycompany", "MyCompany"),
        URL.replace("?foo=1&bar=2", ""),
        URL + "&baz=",
        URL.replace("mycompany.com", "10.0.0.7:8080"),
    ],
)
def test_the_url_counts_letter_by_letter(url: str) -> None:
    assert "public URL" in refused(request(url=url))


def test_a_default_port_may_stand_there_or_not() -> None:
    """Twilio signs both, so the SDK tries both."""
    signature = sign("https://mycompany.com:443/myapp.php", FORM)
    url = "https://mycompany.com/myapp.php"
    assert TwilioSignature(TOKEN).fields(request(url=url, signature=signature)) == FORM


def test_blank_fields_are_signed_and_kept() -> None:
    form = {**FORM, "FromCity": "", "Body": " spaces stay \n"}
    fields = TwilioSignature(TOKEN).fields(request(form, signature=sign(URL, form)))
    assert fields == form
    assert refused(request({**FORM, "Body": "spaces stay"}, signature=sign(URL, form)))


def test_a_field_that_stands_there_twice_is_signed_twice() -> None:
    body = b"a=2&a=1&b=3"
    text = f"{URL}a1a2b3"
    digest = hmac.new(TOKEN.encode(), text.encode(), "sha1").digest()
    signature = base64.b64encode(digest).decode()
    fields = TwilioSignature(TOKEN).fields(request(body=body, signature=signature))
    assert fields == {"a": "1", "b": "3"}
    assert refused(request(body=b"a=1&b=3", signature=signature))


def test_any_text_comes_out_as_it_was_signed() -> None:
    form = {"Body": "كود واتساب 123456 & = + % é", "From": "WhatsApp"}
    assert TwilioSignature(TOKEN).fields(request(form, signature=sign(URL, form))) == form


@pytest.mark.parametrize("signature", [None, ""])
def test_a_missing_signature_is_refused_and_is_no_crash(signature: str | None) -> None:
    assert "no X-Twilio-Signature" in refused(request(signature=signature))


def test_another_token_or_another_form_is_refused() -> None:
    assert refused(request(signature=sign(URL, FORM, token="54321")))
    assert refused(request({**FORM, "Digits": "1235"}))
    assert refused(request({**FORM, "More": "1"}))
    assert refused(request({}))


def test_sha256_is_taken_when_the_settings_name_it_and_only_then() -> None:
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    newer = sign(URL, FORM, "sha256")
    signature = TwilioSignature(TOKEN)
    assert signature.fields(request(signature=newer, settings=settings)) == FORM
    assert signature.fields(request(settings="key=1,algorithm=HMAC_SHA1")) == FORM
    assert refused(request(signature=newer))
    assert "shared keys" in refused(request(settings=settings))
    assert "unknown algorithm" in refused(request(settings="key=1,algorithm=NONE"))


def test_json_is_taken_when_its_url_names_the_hash_of_its_body() -> None:
    fields = TwilioSignature(TOKEN).fields(document())
    assert fields == {"MessageSid": "SM1", "Body": "123-456"}
    by_sha256 = sign(document().url, {}, "sha256")
    newer = document(signature=by_sha256, settings="key=1,algorithm=HMAC_SHA256")
    assert TwilioSignature(TOKEN).fields(newer) == fields


@pytest.mark.parametrize(
    "changes",
    [
        {"body": JSON_BODY.replace("456", "457").encode()},
        {"body": b""},
        {"body": urlencode(FORM).encode(), "content_type": "application/x-www-form-urlencoded"},
        {"body": b"", "content_type": "application/x-www-form-urlencoded"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "text/plain"},
    ],
    ids=str,
)
def test_a_signed_url_lets_no_other_body_through(changes: dict[str, Any]) -> None:
    """The SDK says yes to a form, and to nothing at all: the URL alone is signed."""
    assert refused(document(**changes))


def test_the_sdk_alone_would_let_another_body_through() -> None:
    """The reason for the guards; when this fails, they can be looked at again."""
    good = document()
    validator = RequestValidator(TOKEN)
    assert validator.validate(good.url, None, good.signature)
    assert validator.validate(good.url, {}, good.signature)
    with pytest.raises((TypeError, IndexError)):
        validator.validate(URL, JSON_BODY.encode(), PUBLISHED)
    with pytest.raises(TypeError):
        validator.validate(URL, FORM, None)


@pytest.mark.parametrize("query", ["bodySHA256=", "bodySHA256=1&bodySHA256=2", "bodySHA256"])
def test_a_hash_that_is_blank_or_there_twice_is_refused(query: str) -> None:
    url = f"https://mycompany.com/sms?{query}"
    assert "one hash" in refused(document(url=url, signature=sign(url, {})))


@pytest.mark.parametrize("body", ["[]", '"text"', "no json", ""])
def test_what_is_signed_and_no_object_is_refused(body: str) -> None:
    assert "JSON object" in refused(document(body))


def test_a_json_body_without_a_hash_is_not_covered_and_refused() -> None:
    signature = sign(URL, {})
    one = request(body=JSON_BODY.encode(), content_type="application/json", signature=signature)
    assert "not covered" in refused(one)


def test_what_twilio_would_never_send_is_refused_and_is_no_crash() -> None:
    assert refused(request(body=b"\xff\xfe"))
    assert refused(request(body="é".encode("latin-1")))
    assert refused(request(body=b"&".join(b"a%d=1" % n for n in range(1000))))
    assert refused(request(url="https://mycompany.com/\udcff"))
    assert refused(request(url="https://mycompany.com/é"))
    assert refused(request(signature="é\udcff"))
    assert refused(request(settings="é,=,algorithm=é"))


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=8), max_size=4),
    st.binary(max_size=30),
    st.text(max_size=30),
)
def test_whatever_comes_in_is_taken_or_refused(
    form: dict[str, str], body: bytes, text: str
) -> None:
    signature = TwilioSignature(TOKEN)
    assert refused(request(body=body, signature=text, settings=text))
    assert refused(document(body=body, signature=text))
    try:
        signed = sign(URL, form)
        body = urlencode(form).encode()
    except UnicodeError:
        return  # what is no text cannot be signed
    assert signature.fields(request(form, signature=signed)) == form


def test_nothing_of_what_came_stands_in_the_refusal_or_in_a_repr() -> None:
    one = request({"Body": "code 123-456"})
    assert "123-456" not in refused(one) + repr(one)
    assert PUBLISHED not in refused(one) + repr(one)
