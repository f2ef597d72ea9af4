"""Customers, setup links and connected numbers."""

from __future__ import annotations

from tests.sandbox.clients import Http, kapso_http
from tests.vendors import RunningSandbox, running_sandbox

NUMBER = "+14155550123"


def make_customer(kapso: Http, name: str = "Acme") -> str:
    body = {"customer": {"name": name, "external_customer_id": f"ext-{name}"}}
    return str(kapso.post("customers", body)["data"]["id"])


def test_a_customer_can_be_made_found_changed_and_deleted(kapso: Http) -> None:
    customer = make_customer(kapso)
    assert kapso.get("customers", external_customer_id="ext-Acme")["data"][0]["id"] == customer
    changed = {"customer": {"name": "Acme Inc"}}
    assert (
        kapso.call("PATCH", f"customers/{customer}", json=changed)[1]["data"]["name"] == "Acme Inc"
    )
    assert kapso.call("DELETE", f"customers/{customer}") == (204, None)
    assert kapso.call("GET", f"customers/{customer}") == (404, {"error": "Customer not found"})


def test_lists_say_how_many_pages_there_are(kapso: Http) -> None:
    made = [make_customer(kapso, f"c{n}") for n in range(5)]
    seen = []
    for page in (1, 2, 3):
        document = kapso.get("customers", page=page, per_page=2)
        seen += [one["id"] for one in document["data"]]
        assert document["meta"] == {
            "page": page,
            "per_page": 2,
            "total_pages": 3,
            "total_count": 5,
        }
    assert seen == made


def test_a_new_setup_link_revokes_the_customers_last_one(kapso: Http) -> None:
    path = f"customers/{make_customer(kapso)}/setup_links"
    first = kapso.post(path, {"setup_link": {"provision_phone_number": False}})["data"]
    second = kapso.post(path, {"setup_link": {"phone_number_country_isos": ["CL"]}})["data"]
    states = {one["id"]: one["status"] for one in kapso.get(path)["data"]}
    assert states == {first["id"]: "revoked", second["id"]: "active"}
    assert second["phone_number_country_isos"] == ["CL"]


def test_a_links_token_is_shown_once(kapso: Http) -> None:
    path = f"customers/{make_customer(kapso)}/setup_links"
    made = kapso.post(path, {"setup_link": {"language": "es"}})["data"]
    assert made["token"] in made["url"]
    status, document = kapso.call("GET", path)
    assert status == 200
    assert made["token"] not in str(document)


def test_a_link_can_be_revoked(kapso: Http) -> None:
    path = f"customers/{make_customer(kapso)}/setup_links"
    link = kapso.post(path, {"setup_link": {"language": "en"}})["data"]["id"]
    revoked = {"setup_link": {"status": "revoked"}}
    assert kapso.call("PATCH", f"{path}/{link}", json=revoked)[1]["data"]["status"] == "revoked"


def test_other_countries_need_custom_twilio() -> None:
    with running_sandbox(kapso_custom_twilio=False) as sandbox, kapso_http(sandbox) as kapso:
        path = f"customers/{make_customer(kapso)}/setup_links"
        body = {"setup_link": {"phone_number_country_isos": ["CL"]}}
        status, document = kapso.call("POST", path, json=body)
        assert status == 422
        assert document["error"].startswith("Custom Twilio credentials are required")


def test_a_claim_lists_the_number_and_uses_the_link(sandbox: RunningSandbox, kapso: Http) -> None:
    customer = make_customer(kapso)
    path = f"customers/{customer}/setup_links"
    kapso.post(path, {"setup_link": {"language": "en"}})
    connected = sandbox.claim(phone_number=NUMBER, customer_id=customer)
    (listed,) = kapso.get("whatsapp/phone_numbers", customer_id=customer)["data"]
    assert listed["phone_number_id"] == connected
    assert listed["display_phone_number_normalized"] == "14155550123"
    assert listed["customer_id"] == customer
    assert kapso.get(path)["data"][0]["status"] == "used"
    assert kapso.get(f"whatsapp/phone_numbers/{connected}")["data"] == listed


def test_a_removed_config_is_gone_from_the_list_and_by_its_id(
    sandbox: RunningSandbox, kapso: Http
) -> None:
    first = sandbox.claim(phone_number=NUMBER)
    sandbox.unclaim(NUMBER)
    assert kapso.get("whatsapp/phone_numbers")["data"] == []
    assert kapso.call("GET", f"whatsapp/phone_numbers/{first}")[0] == 404
    second = sandbox.claim(phone_number=NUMBER)
    assert second != first
    assert kapso.call("DELETE", f"whatsapp/phone_numbers/{second}") == (204, None)
    assert kapso.call("GET", f"whatsapp/phone_numbers/{second}")[0] == 404


def test_webhooks_are_kept(kapso: Http) -> None:
    body = {"url": "https://example.com/kapso", "events": ["whatsapp.phone_number.created"]}
    kapso.post("whatsapp/webhooks", {"whatsapp_webhook": body | {"secret_key": "s3cret"}})
    (kept,) = kapso.get("whatsapp/webhooks")["data"]
    assert kept["url"] == body["url"]
    assert "s3cret" not in str(kept)


def test_a_webhook_can_be_changed_in_part_found_and_deleted(kapso: Http) -> None:
    body = {"url": "https://example.com/kapso", "events": ["a", "b"]}
    made = kapso.post("whatsapp/webhooks", {"whatsapp_webhook": body})["data"]
    path = f"whatsapp/webhooks/{made['id']}"
    changes = {"whatsapp_webhook": {"active": False, "events": ["b"]}}
    status, document = kapso.call("PATCH", path, json=changes)
    assert (status, document["data"]) == (200, made | {"active": False, "events": ["b"]})
    older = {"whatsapp_webhook": {"payload_version": "v1"}}
    expected = document["data"] | {"payload_version": "v1"}
    assert kapso.call("PATCH", path, json=older)[1]["data"] == expected
    assert kapso.get(path)["data"] == expected
    assert kapso.call("DELETE", path) == (204, None)
    for method, details in (("GET", None), ("PATCH", changes), ("DELETE", None)):
        assert kapso.call(method, path, json=details) == (404, {"error": "Webhook not found"})


def test_a_webhook_that_makes_no_sense_is_refused_and_not_kept(kapso: Http) -> None:
    good = {"url": "https://example.com/kapso", "events": ["a"]}
    made = kapso.post("whatsapp/webhooks", {"whatsapp_webhook": good})["data"]
    for wrong in ({"events": "a"}, {"url": 5}, {"active": "maybe"}, {"payload_version": "v9"}):
        body = {"whatsapp_webhook": good | wrong}
        assert kapso.call("POST", "whatsapp/webhooks", json=body)[0] == 422
        assert kapso.call("PATCH", f"whatsapp/webhooks/{made['id']}", json=body)[0] == 422
    assert kapso.call("POST", "whatsapp/webhooks", json={"whatsapp_webhook": {}})[0] == 422
    assert kapso.get("whatsapp/webhooks")["data"] == [made]


def test_a_number_has_the_status_that_was_chosen(sandbox: RunningSandbox, kapso: Http) -> None:
    sandbox.claim(phone_number=NUMBER)
    sandbox.claim(phone_number="+14155550124")
    sandbox.kapso_status(NUMBER, "DISCONNECTED")
    statuses = [one["status"] for one in kapso.get("whatsapp/phone_numbers")["data"]]
    assert statuses == ["DISCONNECTED", "CONNECTED"]


def test_a_claim_uses_the_active_link_of_its_customer_alone(
    sandbox: RunningSandbox, kapso: Http
) -> None:
    links = []
    for name in ("Acme", "Other"):
        path = f"customers/{make_customer(kapso, name)}/setup_links"
        kapso.post(path, {"setup_link": {"language": "en"}})
        kapso.post(path, {"setup_link": {"language": "es"}})
        links.append(path)
    sandbox.claim(phone_number="+14155550199")
    customer = links[0].split("/")[1]
    (link,) = [one for one in kapso.get(links[0])["data"] if one["status"] == "active"]
    sandbox.setup_link(link["id"], whatsapp_setup_status="failed", whatsapp_setup_error="no")
    sandbox.claim(phone_number=NUMBER, customer_id=customer)

    def shown(path: str) -> list[tuple[str, str, str | None]]:
        return [
            (one["status"], one["whatsapp_setup_status"], one["whatsapp_setup_error"])
            for one in kapso.get(path)["data"]
        ]

    assert shown(links[0]) == [("revoked", "pending", None), ("used", "completed", None)]
    assert shown(links[1]) == [("revoked", "pending", None), ("active", "pending", None)]


def test_what_kapso_shows_of_a_link_can_be_chosen(sandbox: RunningSandbox, kapso: Http) -> None:
    path = f"customers/{make_customer(kapso)}/setup_links"
    made = kapso.post(path, {"setup_link": {"provision_phone_number": True}})["data"]
    sandbox.setup_link(made["id"], whatsapp_setup_status="processing")
    sandbox.setup_link(made["id"], provisioned_phone_number=NUMBER)
    (link,) = kapso.get(path)["data"]
    assert (link["status"], link["whatsapp_setup_status"]) == ("active", "processing")
    provisioned = link["provisioned_phone_number"]
    assert provisioned.pop("id")
    assert provisioned == {
        "phone_number": NUMBER,
        "status": "active",
        "country_iso": "US",
        "country_dial_code": "1",
        "area_code": "415",
        "display_number": "+1 415-555-0123",
    }
    changed = sandbox.setup_link(made["id"], expires_at="2020-01-01T01:00:00+01:00")
    assert (changed["status"], changed["expires_at"]) == ("expired", "2020-01-01T00:00:00.000Z")
    assert sandbox.setup_link(made["id"], status="used")["status"] == "used"
    assert kapso.get(path)["data"][0]["provisioned_phone_number"]["area_code"] == "415"


def test_a_link_cannot_show_what_kapso_never_does(sandbox: RunningSandbox, kapso: Http) -> None:
    path = f"customers/{make_customer(kapso)}/setup_links"
    made = kapso.post(path, {"setup_link": {"language": "en"}})["data"]["id"]
    before = kapso.get(path)["data"]
    wrong: list[dict[str, object]] = [
        {"whatsapp_setup_status": "done"},
        {"status": "active"},
        {"expires_at": "2020-01-01T00:00:00"},
        {"provisioned_phone_number": "415"},
        {"colour": "green"},
    ]
    for body in wrong:
        url = f"{sandbox.url}/_sandbox/setup_links/{made}"
        assert sandbox.session.patch(url, json=body, timeout=5).status_code == 400
    url = f"{sandbox.url}/_sandbox/setup_links/none"
    assert sandbox.session.patch(url, json={}, timeout=5).status_code == 404
    assert kapso.get(path)["data"] == before


def test_a_wrong_key_is_401(kapso: Http) -> None:
    kapso.session.headers["X-API-Key"] = "wrong"
    assert kapso.call("GET", "customers") == (401, {"error": "Invalid API key"})
