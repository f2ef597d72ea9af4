"""Kapso's project webhooks are really sent, on this machine only."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.projects import wait_until
from tests.sandbox.clients import Http
from tests.sandbox.listeners import Listener, Received, listening
from tests.vendors import RunningSandbox, running_sandbox

NUMBER = "+14155550123"
SECRET = "whsec-of-a-test"
CREATED, DELETED = "whatsapp.phone_number.created", "whatsapp.phone_number.deleted"


def register(sandbox: RunningSandbox, url: str, **settings: object) -> str:
    """Register a webhook for what the tests look at; give its id."""
    webhook = {"url": url, "secret_key": SECRET, "events": [CREATED, DELETED], **settings}
    answer = sandbox.kapso("POST", "whatsapp/webhooks", {"whatsapp_webhook": webhook})
    return str(answer["data"]["id"])


def names(listener: Listener) -> list[str]:
    return [one.headers["x-webhook-event"] for one in listener.got]


def keys(listener: Listener) -> list[str]:
    return [one.headers["x-idempotency-key"] for one in listener.got]


def received(listener: Listener, count: int) -> list[Received]:
    """What came, once that many have, and no more come."""
    wait_until(lambda: len(listener.got) >= count)
    time.sleep(0.2)
    assert len(listener.got) == count
    return listener.got


def test_a_connected_number_is_told_signed_over_the_raw_body(sandbox: RunningSandbox) -> None:
    with listening() as listener:
        register(sandbox, listener.url)
        phone_number_id = sandbox.claim(phone_number=NUMBER, customer_id="c1")
        (told,) = received(listener, 1)
    document = json.loads(told.body)
    project = document.pop("project")
    assert document == {"phone_number_id": phone_number_id, "customer": {"id": "c1"}}
    assert list(project) == ["id"]
    assert told.headers["x-webhook-event"] == CREATED
    assert told.headers["x-webhook-payload-version"] == "v2"
    assert told.headers["content-type"] == "application/json"
    expected = hmac.new(SECRET.encode(), told.body, hashlib.sha256).hexdigest()
    assert told.headers["x-webhook-signature"] == expected


def test_a_removal_is_told_by_kapsos_own_call_too(sandbox: RunningSandbox) -> None:
    with listening() as listener:
        register(sandbox, listener.url, events=[DELETED])
        first = sandbox.claim(phone_number=NUMBER, customer_id="c1")
        sandbox.unclaim(NUMBER)
        second = sandbox.claim(phone_number=NUMBER, customer_id="c2")
        sandbox.kapso("DELETE", f"whatsapp/phone_numbers/{second}")
        received(listener, 2)
    told = {json.loads(one.body)["phone_number_id"]: json.loads(one.body) for one in listener.got}
    assert {key: one["customer"]["id"] for key, one in told.items()} == {first: "c1", second: "c2"}
    assert names(listener) == [DELETED, DELETED]
    assert len({one["project"]["id"] for one in told.values()}) == 1


def test_a_removal_is_told_when_the_teardown_begins(sandbox: RunningSandbox, kapso: Http) -> None:
    with listening() as listener:
        register(sandbox, listener.url, events=[DELETED])
        phone_number_id = sandbox.claim(phone_number=NUMBER)
        sandbox.unclaim(NUMBER, teardown_ms=2000)
        wait_until(lambda: bool(listener.got))
        assert kapso.get("whatsapp/phone_numbers")["data"][0]["id"] == phone_number_id
        assert kapso.call("DELETE", f"whatsapp/phone_numbers/{phone_number_id}")[0] == 204
        wait_until(lambda: kapso.get("whatsapp/phone_numbers")["data"] == [])
        assert kapso.call("GET", f"whatsapp/phone_numbers/{phone_number_id}")[0] == 404
        received(listener, 1)
    assert sandbox.claim(phone_number=NUMBER) != phone_number_id


def test_an_event_is_sent_again_with_the_same_key_until_it_is_answered_200(
    sandbox: RunningSandbox,
) -> None:
    with listening(0, 500, 204) as listener:
        register(sandbox, listener.url)
        sandbox.claim(phone_number=NUMBER)
        first, *again = received(listener, 4)
        sandbox.unclaim(NUMBER)
        received(listener, 5)
    assert again == [first] * 3
    assert keys(listener)[3] != keys(listener)[4]


def test_an_event_is_given_up_after_the_third_repetition(sandbox: RunningSandbox) -> None:
    with listening(*[500] * 9) as listener:
        register(sandbox, listener.url)
        sandbox.claim(phone_number=NUMBER)
        wait_until(lambda: len(listener.got) == 4)
        time.sleep(1.2)
        assert len(listener.got) == 4


def test_nothing_waits_for_a_listener_that_is_not_there(sandbox: RunningSandbox) -> None:
    register(sandbox, "http://127.0.0.1:9/in")
    register(sandbox, "http://127.0.0.1:99999/in")
    began = time.monotonic()
    sandbox.claim(phone_number=NUMBER)
    assert time.monotonic() - began < 2


def test_a_webhook_gets_what_it_asked_for_and_only_while_it_is_active(
    sandbox: RunningSandbox,
) -> None:
    with listening() as deletions, listening() as inactive, listening() as forgotten:
        register(sandbox, deletions.url, events=[DELETED])
        register(sandbox, inactive.url, active=False)
        gone = register(sandbox, forgotten.url)
        sandbox.kapso("DELETE", f"whatsapp/webhooks/{gone}")
        sandbox.claim(phone_number=NUMBER)
        sandbox.unclaim(NUMBER)
        received(deletions, 1)
    assert names(deletions) == [DELETED]
    assert (inactive.got, forgotten.got) == ([], [])


@pytest.mark.parametrize(
    "url", ["", "https://example.com/in", "http://10.0.0.7/in", "http://127.0.0.1.example.com/"]
)
def test_nothing_is_sent_anywhere_but_to_this_machine(
    sandbox: RunningSandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a request were tried, it would meet this trap."""
    import aiohttp

    tried: list[object] = []
    monkeypatch.setattr(aiohttp.ClientSession, "post", lambda *a, **k: tried.append((a, k)))
    register(sandbox, url)
    sandbox.claim(phone_number=NUMBER)
    assert sandbox.kapso_event(CREATED, phone_number=NUMBER) == 0
    time.sleep(0.2)
    assert tried == []


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_payload_version_chooses_the_form_of_the_body(
    sandbox: RunningSandbox, version: str
) -> None:
    other = "v1" if version == "v2" else "v2"
    with listening() as listener:
        register(sandbox, listener.url, payload_version=version)
        phone_number_id = sandbox.claim(phone_number=NUMBER)
        received(listener, 1)
        sandbox.kapso_event(CREATED, phone_number=NUMBER, payload_version=other)
        received(listener, 2)
    bodies = {
        one.headers["x-webhook-payload-version"]: json.loads(one.body) for one in listener.got
    }
    assert list(bodies) == [version, other]
    assert bodies["v2"]["phone_number_id"] == phone_number_id
    assert bodies["v1"] == {"event": CREATED, "data": bodies["v2"]}


def test_one_event_can_be_sent_often_with_one_key(sandbox: RunningSandbox) -> None:
    with listening() as listener:
        register(sandbox, listener.url)
        sandbox.claim(phone_number=NUMBER)
        received(listener, 1)
        assert sandbox.kapso_event(CREATED, phone_number=NUMBER, times=10) == 10
        received(listener, 11)
    assert sorted(Counter(keys(listener)).values()) == [1, 10]
    assert len({one.body for one in listener.got}) == 1


def test_an_event_can_tell_what_is_not_so(sandbox: RunningSandbox) -> None:
    with listening() as listener:
        register(sandbox, listener.url)
        sandbox.claim(phone_number=NUMBER, customer_id="c1")
        received(listener, 1)
        sandbox.kapso_event(DELETED, phone_number=NUMBER)
        untrue = received(listener, 2)[-1]
        sandbox.kapso_event(CREATED, phone_number_id="999", customer_id="c2")
        foreign = received(listener, 3)[-1]
        sandbox.kapso_event(CREATED, phone_number_id="999")
        nobodys = received(listener, 4)[-1]
    assert untrue.headers["x-webhook-event"] == DELETED
    assert json.loads(untrue.body)["customer"] == {"id": "c1"}
    assert len(sandbox.kapso("GET", "whatsapp/phone_numbers")["data"]) == 1
    assert json.loads(foreign.body)["phone_number_id"] == "999"
    assert json.loads(foreign.body)["customer"] == {"id": "c2"}
    assert json.loads(nobodys.body)["customer"] == {"id": None}


def test_an_event_that_nobody_can_ask_for_goes_to_every_active_webhook(
    sandbox: RunningSandbox,
) -> None:
    sandbox.claim(phone_number=NUMBER)
    with listening() as listener:
        register(sandbox, listener.url)
        register(sandbox, listener.url, active=False)
        offboarded = "whatsapp.phone_number.offboarded"
        assert sandbox.kapso_event(offboarded, phone_number=NUMBER) == 0
        assert sandbox.kapso_event("whatsapp.phone_number.moved", phone_number=NUMBER) == 1
        received(listener, 1)
    assert names(listener) == ["whatsapp.phone_number.moved"]


def test_a_changed_webhook_is_sent_to_as_it_is_now(sandbox: RunningSandbox) -> None:
    with listening() as before, listening() as after:
        webhook = register(sandbox, before.url, events=[])
        changes = {"url": after.url, "secret_key": "another", "events": [CREATED]}
        sandbox.kapso("PATCH", f"whatsapp/webhooks/{webhook}", {"whatsapp_webhook": changes})
        sandbox.claim(phone_number=NUMBER)
        (told,) = received(after, 1)
    expected = hmac.new(b"another", told.body, hashlib.sha256).hexdigest()
    assert told.headers["x-webhook-signature"] == expected
    assert before.got == []


def test_a_teardown_and_a_status_outlive_the_server(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    with running_sandbox(state_file=path) as first:
        first.claim(phone_number=NUMBER)
        first.kapso_status(NUMBER, "DISCONNECTED")
        first.claim(phone_number="+14155550124")
        first.unclaim("+14155550124", teardown_ms=1)
    time.sleep(0.01)
    with running_sandbox(state_file=path) as second:
        (listed,) = second.kapso("GET", "whatsapp/phone_numbers")["data"]
    assert (listed["display_phone_number"], listed["status"]) == ("+1 415-555-0123", "DISCONNECTED")


def test_what_cannot_be_sent_says_why(sandbox: RunningSandbox) -> None:
    def ask(method: str, path: str, body: object = None) -> int:
        url = f"{sandbox.url}/_sandbox/{path}"
        response = sandbox.session.request(method, url, json=body, timeout=5)
        assert response.json()["error"]
        return response.status_code

    assert ask("POST", "events", {"event": CREATED, "phone_number": NUMBER}) == 404
    sandbox.claim(phone_number=NUMBER)
    about = {"event": CREATED, "phone_number": NUMBER}
    assert ask("POST", "events", {"phone_number": NUMBER}) == 400
    assert ask("POST", "events", {"event": "a\r\nb", "phone_number": NUMBER}) == 400
    assert ask("POST", "events", {"event": CREATED}) == 400
    assert ask("POST", "events", about | {"times": "many"}) == 400
    assert ask("POST", "events", about | {"payload_version": "v9"}) == 400
    assert ask("PATCH", f"claims/{NUMBER}", {}) == 400
    assert ask("PATCH", "claims/+14155550999", {"status": "DISCONNECTED"}) == 404
    assert ask("DELETE", f"claims/{NUMBER}?teardown_ms=soon") == 400
    sandbox.unclaim(NUMBER, teardown_ms=60_000)
    assert ask("DELETE", f"claims/{NUMBER}") == 409
