"""A request that a vendor would not understand is found."""

from __future__ import annotations

import pytest

from tests.contract.checks import Request, check_request
from tests.contract.descriptions import ABSENT, are_present
from tests.sandbox.clients import twilio_http
from tests.vendors import running_sandbox

pytestmark = pytest.mark.skipif(not are_present(), reason=ABSENT)

ACCOUNT = "/2010-04-01/Accounts/AC" + "0" * 32
OWNED = f"{ACCOUNT}/IncomingPhoneNumbers.json"
BUNDLES = "/v2/RegulatoryCompliance/Bundles"
LINKS = "/platform/v1/customers/c-1/setup_links"

GOOD = [
    Request("GET", OWNED, (("PageSize", "1000"), ("PhoneNumber", "+1415"))),
    Request("POST", OWNED, form=(("PhoneNumber", "+14155550123"), ("BundleSid", "BU" + "a" * 32))),
    Request("GET", f"{ACCOUNT}/Messages.json", (("DateSent>", "2026-11-22T00:00:00Z"),)),
    Request("GET", f"{ACCOUNT}/AvailablePhoneNumbers/US/Local.json", (("SmsEnabled", "true"),)),
    Request("DELETE", f"{ACCOUNT}/IncomingPhoneNumbers/PN{'1' * 32}.json"),
    Request("GET", f"{BUNDLES}/BU{'1' * 32}/ItemAssignments"),
    Request("GET", "/v1/PhoneNumbers/Countries/US"),
    Request("POST", "/v25.0/123/add_phone_numbers", form=(("phone_number", "+14155550123"),)),
    Request("POST", "/v25.0/123/request_code", json={"code_method": "SMS", "language": "en_US"}),
    Request("POST", "/v25.0/123/verify_code", json={"code": "123456"}),
    Request(
        "GET",
        "/v25.0/123/preverified_numbers",
        (("fields", "id,phone_number"), ("phone_number", "+1415"), ("appsecret_proof", "f" * 64)),
    ),
    Request("GET", "/v25.0/123", (("fields", "id,verification_expiry_time"),)),
    Request("DELETE", "/v25.0/123"),
    Request("DELETE", "/v25.0/123/share_preverified_numbers", (("preverified_id", "1"),)),
    Request("GET", "/platform/v1/whatsapp/phone_numbers", (("page", "2"),)),
    Request("POST", LINKS, json={"setup_link": {"language": "en"}}),
]

BAD = [
    (Request("PUT", OWNED), "no such call"),
    (Request("GET", f"{ACCOUNT}/Numbers.json"), "no such call"),
    (Request("GET", OWNED.replace("AC0", "XX0")), "path AccountSid"),
    (Request("GET", f"{ACCOUNT}/IncomingPhoneNumbers/PNxyz.json"), "path Sid"),
    (Request("GET", OWNED, (("Limit", "5"),)), "query Limit"),
    (Request("GET", OWNED, (("PageSize", "5000"),)), "not between"),
    (Request("GET", OWNED, (("PageSize", "many"),)), "not a whole number"),
    (Request("GET", OWNED, (("Beta", "True"),)), "neither true nor false"),
    (Request("GET", OWNED, (("Beta", "true"), ("Beta", "true"))), "given twice"),
    (Request("POST", OWNED, form=(("Phone", "+1"),)), "form Phone"),
    (Request("POST", OWNED, form=(("SmsMethod", "PUT"),)), "is not one of"),
    (Request("POST", OWNED, form=(("EmergencyStatus", "On"),)), "is not one of"),
    (Request("POST", OWNED, form=(("BundleSid", "none"),)), "does not match"),
    (Request("POST", OWNED, form=(("VoiceUrl", "twiml"),)), "is not a URL"),
    (Request("POST", OWNED, form=(("FriendlyName", "x" * 65),)), "64 characters"),
    (Request("POST", OWNED, json={"PhoneNumber": "+1"}), "JSON"),
    (Request("POST", f"{ACCOUNT}/Messages.json", form=(("Body", "x"),)), "form To is required"),
    (Request("GET", f"{ACCOUNT}/Messages.json", (("DateSent>", "yesterday"),)), "not a time"),
    (Request("GET", "/v1/PhoneNumbers/Countries/usa"), "not a country code"),
    (Request("GET", BUNDLES, (("Status", "approved"),)), "is not one of"),
    (Request("POST", "/v25.0/123/add_phone_numbers", json={}), "phone_number is required"),
    (Request("POST", "/v25.0/abc/verify_code", json={"code": "123456"}), "does not match"),
    (Request("POST", "/v25.0/123/verify_code", json={"code": "123-456"}), "does not match"),
    (
        Request(
            "POST", "/v25.0/123/request_code", json={"code_method": "sms", "language": "en_US"}
        ),
        "is not one of",
    ),
    (Request("GET", "/v25.0/123/preverified_numbers", (("limit", "500"),)), "not between"),
    (Request("GET", "/v25.0/123/preverified_numbers", (("status", "x"),)), "query status"),
    (Request("GET", "/v25.0/123", (("fields", "id,status"),)), "fields names 'status'"),
    (Request("POST", "/v25.0/123/preverify"), "no such call"),
    (Request("POST", LINKS, json={"language": "en"}), "nested under setup_link"),
    (Request("POST", LINKS, json={"setup_link": {"country": "US"}}), "body country"),
    (Request("GET", "/platform/v1/numbers"), "no documented call"),
    (Request("GET", "/platform/v1/customers", (("limit", "5"),)), "query limit"),
]


@pytest.mark.parametrize("request_", GOOD, ids=str)
def test_a_good_request_passes(request_: Request) -> None:
    assert check_request(request_) == []


@pytest.mark.parametrize(("request_", "problem"), BAD, ids=str)
def test_a_bad_request_is_found(request_: Request, problem: str) -> None:
    assert problem in "; ".join(check_request(request_))


def test_a_bad_request_fails_the_test_that_sent_it() -> None:
    with (
        pytest.raises(AssertionError, match="query Limit"),
        running_sandbox() as sandbox,
        twilio_http(sandbox) as twilio,
    ):
        twilio.get("IncomingPhoneNumbers.json", Limit="5")


def test_a_request_that_is_wrong_on_purpose_can_be_excused() -> None:
    with running_sandbox(excused=["Limit=5"]) as sandbox, twilio_http(sandbox) as twilio:
        twilio.get("IncomingPhoneNumbers.json", Limit="5")
