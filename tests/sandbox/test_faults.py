"""What goes wrong on purpose, and what is done nevertheless."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from tests.sandbox.clients import Http, meta_http, twilio_http
from tests.vendors import RunningSandbox, running_sandbox

OWNED = "IncomingPhoneNumbers.json"
BUY = {"AreaCode": "415", "FriendlyName": "kt"}


def bought(sandbox: RunningSandbox) -> int:
    return sum(entry["kind"] == "purchase" for entry in sandbox.ledger())


def buy_and_fail(twilio: Http) -> None:
    with pytest.raises(requests.exceptions.RequestException):
        twilio.call("POST", OWNED, data=BUY)


def test_drop_before_does_nothing(sandbox: RunningSandbox, plain_twilio: Http) -> None:
    sandbox.fault(fault="drop_before", path=OWNED, method="POST")
    buy_and_fail(plain_twilio)
    assert bought(sandbox) == 0
    assert plain_twilio.call("POST", OWNED, data=BUY)[0] == 201


def test_drop_after_buys_without_an_answer(sandbox: RunningSandbox, plain_twilio: Http) -> None:
    sandbox.fault(fault="drop_after", path=OWNED, method="POST")
    buy_and_fail(plain_twilio)
    assert bought(sandbox) == 1


def test_late_buys_after_the_caller_has_gone(sandbox: RunningSandbox, plain_twilio: Http) -> None:
    sandbox.fault(fault="late", path=OWNED, method="POST", delay_ms=400)
    buy_and_fail(plain_twilio)
    assert bought(sandbox) == 0
    time.sleep(0.6)
    assert bought(sandbox) == 1


def test_a_truncated_answer_breaks_off(sandbox: RunningSandbox, plain_twilio: Http) -> None:
    sandbox.fault(fault="truncate", path=OWNED, method="POST")
    buy_and_fail(plain_twilio)
    assert bought(sandbox) == 1


def test_an_answer_without_a_body_breaks_off_before_it_begins(
    sandbox: RunningSandbox, plain_twilio: Http
) -> None:
    sid = sandbox.buy_in_console("+14155550123")
    sandbox.fault(fault="truncate", path=OWNED.removesuffix(".json"), method="DELETE")
    with pytest.raises(requests.exceptions.ConnectionError):
        plain_twilio.call("DELETE", f"IncomingPhoneNumbers/{sid}.json")
    assert [entry["kind"] for entry in sandbox.ledger()] == ["purchase", "release"]


def test_a_garbled_answer_is_half_a_document(sandbox: RunningSandbox, plain_twilio: Http) -> None:
    sandbox.fault(fault="garble", path=OWNED, method="POST")
    buy_and_fail(plain_twilio)
    assert bought(sandbox) == 1


def test_delay_buys_before_the_caller_gives_up(sandbox: RunningSandbox) -> None:
    known = sandbox.credentials
    sandbox.fault(fault="delay", path=OWNED, method="POST", delay_ms=400)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(
            f"{sandbox.url}/2010-04-01/Accounts/{known['account_sid']}/{OWNED}",
            data=BUY,
            auth=(known["account_sid"], known["auth_token"]),
            timeout=0.2,
        )
    assert bought(sandbox) == 1


@pytest.mark.parametrize(
    ("details", "status", "words"),
    [
        ({"status": 503}, 503, "20503"),
        ({"status": 429, "headers": {"Retry-After": "1"}}, 429, "20429"),
        ({"status": 400, "body": {"code": 21422, "message": "gone"}}, 400, "21422"),
        ({"status": 502, "body": "<html>Bad gateway</html>"}, 502, "<html>"),
        ({"status": 408, "body": ""}, 408, ""),
    ],
)
def test_status_answers_instead_of_working(
    sandbox: RunningSandbox,
    plain_twilio: Http,
    details: dict[str, Any],
    status: int,
    words: str,
) -> None:
    sandbox.fault(fault="status", path=OWNED, method="POST", **details)
    url = f"{plain_twilio.base}/{OWNED}"
    response = plain_twilio.session.post(url, data=BUY, timeout=5)
    assert response.status_code == status
    assert words in response.text
    assert response.headers.get("Retry-After") == details.get("headers", {}).get("Retry-After")
    assert bought(sandbox) == 0


def test_each_vendor_fails_in_its_own_words(
    sandbox: RunningSandbox, meta: Http, kapso: Http
) -> None:
    sandbox.fault(fault="status", path="/v25", status=401)
    sandbox.fault(fault="status", path="/platform", status=402)
    path = f"{sandbox.credentials['meta_business_id']}/preverified_numbers"
    assert meta.call("GET", path)[1]["error"]["code"] == 190
    assert kapso.call("GET", "customers") == (402, {"error": "Payment required"})


def test_lag_keeps_a_new_number_out_of_listings_but_not_from_its_reader(
    sandbox: RunningSandbox, plain_twilio: Http
) -> None:
    sandbox.fault(fault="lag", path=OWNED, method="POST", delay_ms=500)
    number = plain_twilio.call("POST", OWNED, data=BUY)[1]
    assert plain_twilio.get(OWNED)["incoming_phone_numbers"] == []
    assert plain_twilio.get(f"IncomingPhoneNumbers/{number['sid']}.json")["sid"] == number["sid"]
    time.sleep(0.55)
    assert len(plain_twilio.get(OWNED)["incoming_phone_numbers"]) == 1


def test_lag_on_a_listing_hides_what_is_young(sandbox: RunningSandbox, plain_twilio: Http) -> None:
    sandbox.buy_in_console("+14155550123")
    sandbox.fault(fault="lag", path=OWNED, method="GET", delay_ms=60_000)
    assert plain_twilio.get(OWNED)["incoming_phone_numbers"] == []
    assert len(plain_twilio.get(OWNED)["incoming_phone_numbers"]) == 1


def test_lag_hides_a_new_object_of_meta_too() -> None:
    with running_sandbox() as sandbox, meta_http(sandbox) as meta:
        business = sandbox.credentials["meta_business_id"]
        sandbox.fault(fault="lag", path="add_phone_numbers", delay_ms=60_000)
        meta.post(f"{business}/add_phone_numbers", {"phone_number": "+14155550123"})
        assert meta.get(f"{business}/preverified_numbers")["data"] == []


def test_skip_page_leaves_one_page_out(sandbox: RunningSandbox, plain_twilio: Http) -> None:
    numbers = [f"+1415555010{n}" for n in range(6)]
    for number in numbers:
        sandbox.buy_in_console(number)
    sandbox.fault(fault="skip_page", path=OWNED)
    seen = []
    page = plain_twilio.get(OWNED, PageSize=2)
    while True:
        seen += [one["phone_number"] for one in page["incoming_phone_numbers"]]
        if page["next_page_uri"] is None:
            break
        host = plain_twilio.base.split("/2010")[0]
        page = Http(plain_twilio.session, host).get(page["next_page_uri"][1:])
    assert seen == numbers[3::-1]


def test_a_fault_happens_as_often_as_it_was_told(
    sandbox: RunningSandbox, plain_twilio: Http
) -> None:
    sandbox.fault(fault="status", path="Balance", status=500, times=2)
    assert [plain_twilio.call("GET", "Balance.json")[0] for _ in range(3)] == [500, 500, 200]
    sandbox.fault(fault="status", path="Balance", status=500, times=None)
    assert [plain_twilio.call("GET", "Balance.json")[0] for _ in range(3)] == [500] * 3
    sandbox.clear_faults()
    assert plain_twilio.call("GET", "Balance.json")[0] == 200


def test_a_fault_meets_its_method_and_path_alone(
    sandbox: RunningSandbox, plain_twilio: Http
) -> None:
    sandbox.fault(fault="status", path=r"IncomingPhoneNumbers\.json$", method="POST", status=500)
    assert plain_twilio.call("GET", OWNED)[0] == 200
    assert plain_twilio.call("GET", "Messages.json")[0] == 200
    assert plain_twilio.call("POST", OWNED, data=BUY)[0] == 500


@pytest.mark.parametrize(
    "fault", [{"fault": "explode"}, {"fault": "late", "delay": 5}, {"fault": "status", "path": "("}]
)
def test_a_fault_that_makes_no_sense_is_refused(
    sandbox: RunningSandbox, fault: dict[str, str]
) -> None:
    response = sandbox.session.post(f"{sandbox.url}/_sandbox/faults", json=fault, timeout=5)
    assert response.status_code == 400
    assert response.json()["error"]


def test_latency_delays_every_request() -> None:
    with running_sandbox(latency_ms=120) as sandbox, twilio_http(sandbox) as twilio:
        started = time.perf_counter()
        twilio.get("Balance.json")
        assert time.perf_counter() - started >= 0.12
