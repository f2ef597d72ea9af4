"""The sandbox answers with the vendors' own field names."""

from __future__ import annotations

from typing import Any

import pytest

from kapso_twilio_cli.sandbox.catalogue import (
    address_sid,
    bundle_sid,
    document_sid,
    regulation_sid,
)
from tests.contract.checks import check_answer
from tests.contract.descriptions import ABSENT, are_present, twilio
from tests.contract.documented import META_FIELDS
from tests.sandbox.clients import Http, meta_http, twilio_http
from tests.vendors import RunningSandbox, running_sandbox

pytestmark = pytest.mark.skipif(not are_present(), reason=ABSENT)

NUMBER = "+14155550123"
ECHO = (
    "https://twimlets.com/echo?Twiml="
    "%3CPlay+digits%3D%220%22%2F%3E%3CRecord+transcribe%3D%22true%22%2F%3E"
)


def prepare(sandbox: RunningSandbox, account: Http, meta: Http) -> dict[str, str]:
    """Fill every listing; give the ids to ask for."""
    number = sandbox.buy_in_console(NUMBER)
    account.call("POST", f"IncomingPhoneNumbers/{number}.json", data={"VoiceUrl": ECHO})
    business = sandbox.credentials["meta_business_id"]
    added = meta.post(f"{business}/add_phone_numbers", {"phone_number": NUMBER})["id"]
    meta.post(f"{added}/request_code", {"code_method": "VOICE", "language": "en_US"})
    message = sandbox.message(NUMBER, "32665", "hello")
    return {"number": number, "message": message, "preverified": added, "business": business}


def test_twilios_answers_have_the_fields_of_its_description() -> None:
    with (
        running_sandbox() as sandbox,
        twilio_http(sandbox) as account,
        meta_http(sandbox) as meta,
    ):
        ids = prepare(sandbox, account, meta)
        host = Http(account.session, sandbox.url)
        base = f"/2010-04-01/Accounts/{sandbox.credentials['account_sid']}"
        compliance = "/v2/RegulatoryCompliance"
        bundle = f"{compliance}/Bundles/{bundle_sid('GB', 'mobile')}"
        for path in (
            f"{base}.json",
            f"{base}/Balance.json",
            f"{base}/Addresses/{address_sid('GB')}.json",
            f"{base}/AvailablePhoneNumbers.json",
            f"{base}/AvailablePhoneNumbers/US.json",
            f"{base}/AvailablePhoneNumbers/US/Local.json",
            f"{base}/AvailablePhoneNumbers/US/TollFree.json",
            f"{base}/AvailablePhoneNumbers/CL/Mobile.json",
            f"{base}/AvailablePhoneNumbers/FR/National.json",
            f"{base}/IncomingPhoneNumbers.json",
            f"{base}/IncomingPhoneNumbers/{ids['number']}.json",
            f"{base}/Messages.json",
            f"{base}/Messages/{ids['message']}.json",
            f"{base}/Recordings.json",
            f"{base}/Transcriptions.json",
            f"{compliance}/Bundles",
            bundle,
            f"{bundle}/ItemAssignments",
            f"{compliance}/Regulations",
            f"{compliance}/Regulations/{regulation_sid('GB', 'mobile')}",
            f"{compliance}/SupportingDocuments/{document_sid('GB')}",
            "/v1/PhoneNumbers/Countries/US",
        ):
            document = host.get(path[1:])
            assert check_answer("GET", path, 200, document) == [], path
            assert not is_empty(document), path


def is_empty(document: dict[str, Any]) -> bool:
    """Tell whether a listing came without the rows that were to be checked."""
    return any(value == [] for key, value in document.items() if key != "errors")


def test_an_owned_number_has_every_field_of_the_description() -> None:
    with running_sandbox() as sandbox, twilio_http(sandbox) as account:
        path = "IncomingPhoneNumbers.json"
        status, document = account.call("POST", path, data={"AreaCode": "415"})
        assert status == 201
        full = f"/2010-04-01/Accounts/{sandbox.credentials['account_sid']}/{path}"
        assert check_answer("POST", full, 201, document) == []
        api = twilio()[0].description
        schema = api.document["components"]["schemas"]["api.v2010.account.incoming_phone_number"]
        assert set(document) == set(schema["properties"])


def test_metas_answers_have_the_fields_of_its_sdk() -> None:
    """Its description (v23.0) names other fields for these numbers; the SDK's are in use."""
    with (
        running_sandbox() as sandbox,
        twilio_http(sandbox) as account,
        meta_http(sandbox) as meta,
    ):
        ids = prepare(sandbox, account, meta)
        fields = ",".join(sorted(META_FIELDS))
        listed = meta.get(f"{ids['business']}/preverified_numbers", fields=fields)
        assert set(listed) == {"data", "paging"}
        assert set(listed["paging"]["cursors"]) == {"before", "after"}
        for shown in (listed["data"][0], meta.get(ids["preverified"], fields=fields)):
            assert set(shown) <= META_FIELDS


def test_metas_small_answers_are_as_described() -> None:
    with running_sandbox() as sandbox, meta_http(sandbox) as meta:
        business = sandbox.credentials["meta_business_id"]
        path = f"/v25.0/{business}/add_phone_numbers"
        added = meta.post(path.removeprefix("/v25.0/"), {"phone_number": NUMBER})
        assert check_answer("POST", path, 200, added) == []
        path = f"/v25.0/{added['id']}/request_code"
        body = {"code_method": "SMS", "language": "en_US"}
        sent = meta.post(path.removeprefix("/v25.0/"), body)
        assert check_answer("POST", path, 200, sent) == []
        path = f"/v25.0/{added['id']}/verify_code"
        status, refused = meta.call("POST", path.removeprefix("/v25.0/"), json={"code": "000000"})
        assert check_answer("POST", path, status, refused) == []
        path = f"/v25.0/{added['id']}"
        deleted = meta.call("DELETE", added["id"])[1]
        assert check_answer("DELETE", path, 200, deleted) == []


def test_a_field_that_the_description_lacks_is_found() -> None:
    path = "/2010-04-01/Accounts/AC" + "0" * 32 + "/Balance.json"
    assert check_answer("GET", path, 200, {"balance": "1", "amount": 1}) == [
        "answer.amount is not in the description"
    ]
