"""The paths beside the vendors'."""

from __future__ import annotations

from tests.sandbox.clients import Http
from tests.vendors import RunningSandbox

NUMBER = "+14155550123"


def test_every_vendor_request_is_in_the_log_in_order_and_no_other(
    sandbox: RunningSandbox, plain_twilio: Http, meta: Http, kapso: Http
) -> None:
    sid = sandbox.credentials["account_sid"]
    plain_twilio.get("IncomingPhoneNumbers.json", PhoneNumber=NUMBER)
    sandbox.ledger()
    meta.call("GET", "123")
    kapso.get("customers")
    assert sandbox.requests() == [
        f"GET /2010-04-01/Accounts/{sid}/IncomingPhoneNumbers.json?PhoneNumber=%2B14155550123",
        "GET /v25.0/123",
        "GET /platform/v1/customers",
    ]


def test_a_request_can_be_looked_at_in_detail(sandbox: RunningSandbox, plain_twilio: Http) -> None:
    form = {"AreaCode": "415", "FriendlyName": "a b"}
    plain_twilio.call("POST", "IncomingPhoneNumbers.json", data=form)
    (request,) = sandbox.requests_detail()
    assert (request.method, dict(request.form), request.query) == ("POST", form, ())
    sandbox.forget_requests()
    assert sandbox.requests() == []


def test_a_number_can_be_bought_and_lost_in_the_console(
    sandbox: RunningSandbox, plain_twilio: Http
) -> None:
    sid = sandbox.buy_in_console(NUMBER, "by hand")
    (number,) = plain_twilio.get("IncomingPhoneNumbers.json")["incoming_phone_numbers"]
    assert (number["sid"], number["friendly_name"]) == (sid, "by hand")
    sandbox.remove(NUMBER)
    assert plain_twilio.call("GET", f"IncomingPhoneNumbers/{sid}.json")[0] == 404
    assert [entry["kind"] for entry in sandbox.ledger()] == ["purchase", "release"]


def test_a_claim_replaces_metas_object_by_a_new_id(
    sandbox: RunningSandbox, meta: Http, kapso: Http
) -> None:
    path = f"{sandbox.credentials['meta_business_id']}/add_phone_numbers"
    preverified_id = meta.post(path, {"phone_number": NUMBER})["id"]
    phone_number_id = sandbox.claim(preverified_id=preverified_id, customer_id="c1")
    assert phone_number_id != preverified_id
    assert meta.call("GET", preverified_id)[0] == 404
    (listed,) = kapso.get("whatsapp/phone_numbers")["data"]
    assert listed["customer_id"] == "c1"


def test_what_cannot_be_done_says_why(sandbox: RunningSandbox) -> None:
    def ask(method: str, path: str, body: object = None) -> tuple[int, str]:
        url = f"{sandbox.url}/_sandbox/{path}"
        response = sandbox.session.request(method, url, json=body, timeout=5)
        return response.status_code, response.json()["error"]

    sandbox.buy_in_console(NUMBER)
    sandbox.claim(phone_number=NUMBER)
    assert ask("POST", "numbers", {"phone_number": NUMBER})[0] == 409
    assert ask("POST", "numbers", {"phone_number": "+1415"})[0] == 400
    assert ask("DELETE", "numbers/+14155550999")[0] == 404
    assert ask("POST", "claims", {"phone_number": NUMBER})[0] == 409
    assert ask("POST", "claims", {"preverified_id": "1"})[0] == 404
    assert ask("DELETE", "claims/+14155550999")[0] == 404
    assert ask("GET", "nonsense") == (404, "the sandbox has no such path")


def test_a_path_of_no_vendor_is_404(sandbox: RunningSandbox) -> None:
    assert sandbox.session.get(f"{sandbox.url}/elsewhere", timeout=5).status_code == 404
    assert sandbox.requests() == []
