"""The portfolio of pre-verified numbers, and the codes that reach the Twilio inbox."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.sandbox.clients import Http, meta_http, twilio_http
from tests.vendors import RunningSandbox, running_sandbox

NUMBER = "+14155550123"
FIELDS = "id,phone_number,code_verification_status,code_verification_time,verification_expiry_time"
SMS = {"code_method": "SMS", "language": "en_US"}


def add(sandbox: RunningSandbox, meta: Http, number: str = NUMBER) -> str:
    business = sandbox.credentials["meta_business_id"]
    return str(meta.post(f"{business}/add_phone_numbers", {"phone_number": number})["id"])


def newest_code(twilio: Http, number: str = NUMBER) -> str:
    body = twilio.get("Messages.json", To=number)["messages"][0]["body"]
    found = re.search(r"\d{3}-\d{3}", body)
    assert found is not None, body
    return found[0].replace("-", "")


def verify(meta: Http, twilio: Http, preverified_id: str, number: str = NUMBER) -> None:
    meta.post(f"{preverified_id}/request_code", SMS)
    meta.post(f"{preverified_id}/verify_code", {"code": newest_code(twilio, number)})


def refused(answer: tuple[int, Any]) -> int:
    status, document = answer
    assert status >= 400
    return int(document["error"]["code"])


def test_a_number_is_verified_by_the_code_in_its_inbox(
    sandbox: RunningSandbox, meta: Http, plain_twilio: Http
) -> None:
    sandbox.buy_in_console(NUMBER)
    preverified_id = add(sandbox, meta)
    before = meta.get(preverified_id, fields=FIELDS)
    assert before == {
        "id": preverified_id,
        "phone_number": "+1 415-555-0123",
        "code_verification_status": "NOT_VERIFIED",
    }
    verify(meta, plain_twilio, preverified_id)
    after = meta.get(preverified_id, fields=FIELDS)
    assert after["code_verification_status"] == "VERIFIED"
    assert after["verification_expiry_time"].endswith("+0000")


def test_codes_come_in_every_wording_and_from_many_senders(
    sandbox: RunningSandbox, meta: Http, plain_twilio: Http
) -> None:
    sandbox.buy_in_console(NUMBER)
    preverified_id = add(sandbox, meta)
    for language in ("en_US", "en_US", "en_US", "en_US", "id_ID", "es_ES", "ar_AR"):
        meta.post(f"{preverified_id}/request_code", {"code_method": "SMS", "language": language})
    messages = plain_twilio.get("Messages.json", To=NUMBER)["messages"]
    assert len({one["from"] for one in messages}) == 4
    assert len({re.sub(r"\d", "", one["body"]) for one in messages}) == 7
    assert {one["direction"] for one in messages} == {"inbound"}
    assert {one["date_sent"] is None for one in messages} == {True, False}


def test_only_the_newest_code_counts_and_only_once(
    sandbox: RunningSandbox, meta: Http, plain_twilio: Http
) -> None:
    sandbox.buy_in_console(NUMBER)
    preverified_id = add(sandbox, meta)
    meta.post(f"{preverified_id}/request_code", SMS)
    old = newest_code(plain_twilio)
    meta.post(f"{preverified_id}/request_code", SMS)
    new = newest_code(plain_twilio)
    path = f"{preverified_id}/verify_code"
    assert refused(meta.call("POST", path, json={"code": old})) == 100
    assert meta.post(path, {"code": new}) == {"success": True}
    status, document = meta.call("POST", path, json={"code": new})
    assert (status, document["error"]["code"]) == (422, 100)
    assert "already verified" in document["error"]["message"]


def test_re_verification_is_refused_in_the_first_half_of_the_validity() -> None:
    with (
        running_sandbox(verification_days=2 / 86400) as sandbox,
        meta_http(sandbox) as meta,
        twilio_http(sandbox) as twilio,
    ):
        sandbox.buy_in_console(NUMBER)
        preverified_id = add(sandbox, meta)
        verify(meta, twilio, preverified_id)
        path = f"{preverified_id}/request_code"
        assert refused(meta.call("POST", path, json=SMS)) == 136024
        time.sleep(1.05)
        verify(meta, twilio, preverified_id)
        assert refused(meta.call("POST", path, json=SMS)) == 136024
        time.sleep(2.05)
        expired = meta.get(preverified_id, fields="code_verification_status")
        assert expired["code_verification_status"] == "EXPIRED"
        verify(meta, twilio, preverified_id)


def test_an_expired_code_is_refused() -> None:
    with (
        running_sandbox(code_lifetime_seconds=0.05) as sandbox,
        meta_http(sandbox) as meta,
        twilio_http(sandbox) as twilio,
    ):
        sandbox.buy_in_console(NUMBER)
        preverified_id = add(sandbox, meta)
        meta.post(f"{preverified_id}/request_code", SMS)
        code = newest_code(twilio)
        time.sleep(0.06)
        status, document = meta.call("POST", f"{preverified_id}/verify_code", json={"code": code})
        assert (status, document["error"]["message"]) == (
            422,
            "The verification code has expired",
        )


def test_a_number_of_another_account_gets_no_code_here(
    sandbox: RunningSandbox, meta: Http, plain_twilio: Http
) -> None:
    preverified_id = add(sandbox, meta)
    assert meta.post(f"{preverified_id}/request_code", SMS) == {"success": True}
    assert plain_twilio.get("Messages.json")["messages"] == []


def test_late_codes_come_later() -> None:
    with (
        running_sandbox(code="late", code_delay_seconds=0.7) as sandbox,
        meta_http(sandbox) as meta,
        twilio_http(sandbox) as twilio,
    ):
        sandbox.buy_in_console(NUMBER)
        meta.post(f"{add(sandbox, meta)}/request_code", SMS)
        assert twilio.get("Messages.json", To=NUMBER)["messages"] == []
        time.sleep(0.75)
        assert newest_code(twilio)


def test_filtered_codes_are_there_without_their_digits() -> None:
    with (
        running_sandbox(code="filtered") as sandbox,
        meta_http(sandbox) as meta,
        twilio_http(sandbox) as twilio,
    ):
        sandbox.buy_in_console(NUMBER)
        meta.post(f"{add(sandbox, meta)}/request_code", SMS)
        (message,) = twilio.get("Messages.json", To=NUMBER)["messages"]
        assert (message["error_code"], message["body"]) == (30038, "")


@pytest.mark.parametrize("mode", ["none", "voice"])
def test_no_message_comes_where_none_is_to_come(mode: str) -> None:
    with (
        running_sandbox(code=mode) as sandbox,
        meta_http(sandbox) as meta,
        twilio_http(sandbox) as twilio,
    ):
        sandbox.buy_in_console(NUMBER)
        meta.post(f"{add(sandbox, meta)}/request_code", SMS)
        assert twilio.get("Messages.json", To=NUMBER)["messages"] == []


def test_a_voice_code_needs_twiml_that_presses_a_key_records_and_transcribes() -> None:
    with (
        running_sandbox(code="voice") as sandbox,
        meta_http(sandbox) as meta,
        twilio_http(sandbox) as twilio,
    ):
        sid = sandbox.buy_in_console(NUMBER)
        preverified_id = add(sandbox, meta)
        voice = {"code_method": "VOICE", "language": "en_US"}
        echo = "https://twimlets.com/echo?Twiml="
        texts: list[str] = []
        for twiml in (
            "",
            f"{echo}%3CRecord+transcribe%3D%22true%22%2F%3E",
            f"{echo}%3CPlay+digits%3D%220%22%2F%3E%3CRecord+transcribe%3D%22true%22%2F%3E",
        ):
            twilio.call("POST", f"IncomingPhoneNumbers/{sid}.json", data={"VoiceUrl": twiml})
            meta.post(f"{preverified_id}/request_code", voice)
            found = twilio.get("Transcriptions.json")["transcriptions"]
            texts.append(found[0]["transcription_text"] if found else "no call was recorded")
        assert texts[0] == "no call was recorded"
        assert "press zero" in texts[1]
        recording = twilio.get("Recordings.json")["recordings"][0]
        assert twilio.get("Recordings.json", CallSid=recording["call_sid"])["recordings"]
        code = re.sub(r"\D", "", texts[2])[:6]
        assert meta.post(f"{preverified_id}/verify_code", {"code": code}) == {"success": True}


def test_a_number_is_in_one_portfolio_once(sandbox: RunningSandbox, meta: Http) -> None:
    preverified_id = add(sandbox, meta)
    path = f"{sandbox.credentials['meta_business_id']}/add_phone_numbers"
    body = {"phone_number": "+1 415-555-0123"}
    assert refused(meta.call("POST", path, json=body)) == 100
    sandbox.claim(preverified_id=preverified_id)
    assert refused(meta.call("POST", path, json=body)) == 100
    sandbox.unclaim(NUMBER)
    assert add(sandbox, meta) != preverified_id


def test_a_form_serves_as_well_as_json(sandbox: RunningSandbox, meta: Http) -> None:
    path = f"{sandbox.credentials['meta_business_id']}/add_phone_numbers"
    status, document = meta.call("POST", path, data={"phone_number": NUMBER})
    assert (status, list(document)) == (200, ["id"])


def test_the_list_pages_by_cursor_and_filters(
    sandbox: RunningSandbox, meta: Http, plain_twilio: Http
) -> None:
    numbers = [f"+1415555010{n}" for n in range(5)]
    ids = [add(sandbox, meta, number) for number in numbers]
    sandbox.buy_in_console(numbers[0])
    verify(meta, plain_twilio, ids[0], numbers[0])
    path = f"{sandbox.credentials['meta_business_id']}/preverified_numbers"
    seen: list[str] = []
    page = meta.get(path, limit=2)
    while True:
        seen += [one["id"] for one in page["data"]]
        if "next" not in page["paging"]:
            break
        page = meta.get(path, limit=2, after=page["paging"]["cursors"]["after"])
    assert seen == ids
    verified = meta.get(path, code_verification_status="VERIFIED", fields=FIELDS)["data"]
    assert [one["id"] for one in verified] == ids[:1]
    found = meta.get(path, phone_number=numbers[3])["data"]
    assert [one["id"] for one in found] == [ids[3]]
    assert meta.get(path, phone_number="+14155559999") == {"data": []}


def test_a_deleted_number_is_gone(sandbox: RunningSandbox, meta: Http) -> None:
    preverified_id = add(sandbox, meta)
    assert meta.call("DELETE", preverified_id) == (200, {"success": True})
    for method in ("GET", "DELETE"):
        assert refused(meta.call(method, preverified_id)) == 803


def test_a_full_portfolio_takes_no_more() -> None:
    with running_sandbox(portfolio_limit=1) as sandbox, meta_http(sandbox) as meta:
        add(sandbox, meta)
        path = f"{sandbox.credentials['meta_business_id']}/add_phone_numbers"
        assert refused(meta.call("POST", path, json={"phone_number": "+14155550124"})) == 100


def test_a_wrong_token_is_190_and_another_business_200(sandbox: RunningSandbox, meta: Http) -> None:
    assert refused(meta.call("GET", "123456/preverified_numbers")) == 200
    meta.session.headers["Authorization"] = "Bearer wrong"
    path = f"{sandbox.credentials['meta_business_id']}/preverified_numbers"
    status, document = meta.call("GET", path)
    assert status == 401
    assert document["error"]["code"] == 190
    assert document["error"]["type"] == "OAuthException"


def test_what_is_no_parameter_is_refused_with_100() -> None:
    with running_sandbox(excused=["/v25.0/"]) as sandbox, meta_http(sandbox) as meta:
        preverified_id = add(sandbox, meta)
        business = sandbox.credentials["meta_business_id"]
        for path, body in (
            (f"{business}/add_phone_numbers", {"phone_number": "+1415"}),
            (f"{preverified_id}/request_code", {"code_method": "PIGEON", "language": "en_US"}),
            (f"{preverified_id}/request_code", {"code_method": "SMS", "language": "english"}),
            (f"{preverified_id}/verify_code", {"code": "12-34"}),
        ):
            assert refused(meta.call("POST", path, json=body)) == 100
        assert refused(meta.call("GET", preverified_id, params={"fields": "nonsense"})) == 100
