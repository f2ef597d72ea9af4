"""Kapso's events: answered at once, acted on once, and only after a look at Kapso's API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import RunningSandbox, running_sandbox

from .kapso_side import CREATED, DELETED, EVENTS, moves, reachable, send, state
from .receivers import RunningReceiver, running_receiver, stopped

SECRET = "whsec-of-the-tests"
SOON = {"removal_confirmed_after": "1s"}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A pool of two ready numbers, and a Kapso key; the webhook's secret is not set yet."""
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True, onboarding=SOON)
    monkeypatch.delenv("KAPSO_TWILIO_KAPSO_WEBHOOK_SECRET", raising=False)
    project.answer("pool", "fill")
    return project


@pytest.fixture
def receiver(project: ReadyProject, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningReceiver]:
    """A receiver that knows the secret; nobody sends to it but the test."""
    monkeypatch.setenv("KAPSO_TWILIO_KAPSO_WEBHOOK_SECRET", SECRET)
    with running_receiver(project, "--verbose") as running:
        yield running


def handed_out(project: ReadyProject) -> tuple[str, str]:
    """A number that a customer is about to connect, and its id at Meta."""
    answer = project.answer("resolve", "--ref", "a", "--customer", "c-1")
    return answer["phone_number"], answer["preverified_id"]


def connected(project: ReadyProject) -> tuple[str, str]:
    """A connected number, and its phone_number_id."""
    number, preverified_id = handed_out(project)
    phone_number_id = project.sandbox.claim(preverified_id=preverified_id, customer_id="c-1")
    project.answer("reconcile", "--no-fill")
    assert state(project, number) == "connected"
    return number, phone_number_id


def body(phone_number_id: str) -> dict[str, object]:
    """The newer form of an event's body."""
    return {"phone_number_id": phone_number_id, "project": {"id": "p"}, "customer": {"id": "c-1"}}


def test_connect_and_removal_are_noticed_by_events_alone(project: ReadyProject) -> None:
    with reachable(project):
        number, preverified_id = handed_out(project)
        project.sandbox.claim(preverified_id=preverified_id, customer_id="c-1")
        wait_until(lambda: state(project, number) == "connected")
        project.sandbox.unclaim(number, teardown_ms=500)
        wait_until(lambda: state(project, number) == "provisioned")
    assert moves(project, number, "disconnect_return") == 1


@pytest.mark.parametrize("is_old", [False, True])
def test_both_forms_of_an_event_are_read(
    project: ReadyProject, receiver: RunningReceiver, *, is_old: bool
) -> None:
    number, preverified_id = handed_out(project)
    phone_number_id = project.sandbox.claim(preverified_id=preverified_id, customer_id="c-1")
    sent = {"event": CREATED, "data": body(phone_number_id)} if is_old else body(phone_number_id)
    began = time.monotonic()
    assert send(receiver, SECRET, None if is_old else CREATED, sent).status_code == 200
    assert time.monotonic() - began < 1
    wait_until(lambda: state(project, number) == "connected")


def test_the_same_event_ten_times_has_one_effect(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    number, preverified_id = handed_out(project)
    phone_number_id = project.sandbox.claim(preverified_id=preverified_id, customer_id="c-1")
    project.sandbox.forget_requests()
    key = {"X-Idempotency-Key": "k-1"}
    answers = [send(receiver, SECRET, CREATED, body(phone_number_id), **key) for _ in range(10)]
    assert [one.status_code for one in answers] == [200] * 10
    assert [one.json()["status"] for one in answers] == ["ok"] + ["known"] * 9
    wait_until(lambda: state(project, number) == "connected")
    assert sum("phone_numbers" in one for one in project.sandbox.requests()) == 1
    assert moves(project, number, "seen_connected") == 1


def test_deleted_before_created_ends_where_kapso_is(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    number, preverified_id = handed_out(project)
    phone_number_id = project.sandbox.claim(preverified_id=preverified_id, customer_id="c-1")
    assert send(receiver, SECRET, DELETED, body(phone_number_id)).status_code == 200
    assert send(receiver, SECRET, CREATED, body(phone_number_id)).status_code == 200
    wait_until(lambda: state(project, number) == "connected")
    time.sleep(3)
    assert state(project, number) == "connected", "an event is not believed"


def test_a_wrong_signature_changes_nothing(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    number, preverified_id = handed_out(project)
    phone_number_id = project.sandbox.claim(preverified_id=preverified_id, customer_id="c-1")
    project.sandbox.forget_requests()
    good = body(phone_number_id)
    assert send(receiver, "another", CREATED, good).status_code == 403
    unsigned = {"X-Webhook-Signature": None}
    assert send(receiver, SECRET, CREATED, good, **unsigned).status_code == 403
    odd = {"X-Webhook-Signature": "ü".encode().decode("latin-1")}
    assert send(receiver, SECRET, CREATED, good, **odd).status_code == 403
    _, said = stopped(receiver)
    assert said.count(f"refused {EVENTS} from 127.0.0.1") == 3
    assert phone_number_id not in said
    assert project.sandbox.requests() == []
    assert state(project, number) == "reserved"


def test_without_a_secret_every_event_is_refused_and_the_log_says_how_to_set_one(
    project: ReadyProject,
) -> None:
    with running_receiver(project) as receiver:
        assert send(receiver, SECRET, CREATED, body("1")).status_code == 403
        _, said = stopped(receiver)
    assert "no kapso_webhook_secret is set: kapso-twilio webhook register" in said


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("whatsapp.message.received", {"phone_number_id": "1"}),
        (CREATED, {"phone_number_id": "not digits"}),
        (CREATED, {}),
        (CREATED, []),
        (CREATED, b"\xff"),
        ("a name\twith blanks", {"phone_number_id": "1"}),
        (None, {"phone_number_id": "1"}),
    ],
)
def test_what_is_unknown_is_accepted_and_noted(
    project: ReadyProject, receiver: RunningReceiver, name: str | None, sent: object
) -> None:
    project.sandbox.forget_requests()
    assert send(receiver, SECRET, name, sent).status_code == 200
    _, said = stopped(receiver)
    assert "noted, and nothing done" in said
    assert project.sandbox.requests() == []


def test_a_number_of_another_project_is_ignored_and_noted(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    theirs = project.sandbox.claim(phone_number="+14155550123", customer_id="c-9")
    before = project.everything()
    for name in (CREATED, DELETED):
        assert send(receiver, SECRET, name, body(theirs)).status_code == 200
    time.sleep(1)
    _, said = stopped(receiver)
    assert said.count("it is no number of this project") == 2
    assert project.everything() == before


def test_deleted_for_a_number_that_kapso_still_lists_waits_for_the_teardown(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    number, phone_number_id = connected(project)
    assert send(receiver, SECRET, DELETED, body(phone_number_id)).status_code == 200
    time.sleep(1.5)
    assert state(project, number) == "connected"
    project.sandbox.unclaim(number)
    wait_until(lambda: state(project, number) == "provisioned", seconds=30)


def test_a_status_is_attention_until_it_is_well_again(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    number, phone_number_id = connected(project)
    told = "whatsapp.phone_number.disconnected", "whatsapp.phone_number.reconnected"
    for name, status, count in zip(told, ("DISCONNECTED", "CONNECTED"), (1, 0), strict=True):
        project.sandbox.kapso_status(number, status)
        assert send(receiver, SECRET, name, body(phone_number_id)).status_code == 200
        wait_until(lambda count=count: kapso_statuses(project) == count)  # type: ignore[misc]
    assert state(project, number) == "connected"


def kapso_statuses(project: ReadyProject) -> int:
    """How many numbers are not well at Kapso."""
    found = project.answer("status")["attention"]
    return sum(one["kind"] == "kapso_status" for one in found)


def test_kapso_away_leaves_it_to_reconcile(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    number, preverified_id = handed_out(project)
    phone_number_id = project.sandbox.claim(preverified_id=preverified_id, customer_id="c-1")
    project.sandbox.fault(fault="status", path="whatsapp/phone_numbers", status=402)
    assert send(receiver, SECRET, CREATED, body(phone_number_id)).status_code == 200
    time.sleep(1)
    _, said = stopped(receiver)
    assert "Kapso refused to answer" in said
    project.sandbox.clear_faults()
    project.answer("reconcile", "--no-fill")
    assert state(project, number) == "connected"


def test_register_makes_the_webhook_once_and_stores_its_secret(project: ReadyProject) -> None:
    url = "https://kt.example.com"
    told = project.answer("webhook", "register", "--public-url", url, "--dry-run")
    assert (told["created"], told["webhook_id"]) == (True, None)
    assert project.sandbox.kapso("GET", "whatsapp/webhooks")["data"] == []
    made = project.answer("webhook", "register", "--public-url", url)
    assert (made["created"], made["url"]) == (True, f"{url}{EVENTS}")
    assert made["secret_stored"]
    again = project.answer("webhook", "register", "--public-url", url)
    assert (again["created"], again["webhook_id"]) == (False, made["webhook_id"])
    assert again["secret_stored"] is None
    moved = project.answer("webhook", "register", "--public-url", "https://new.example.com")
    assert moved["webhook_id"] == made["webhook_id"]
    (webhook,) = project.sandbox.kapso("GET", "whatsapp/webhooks")["data"]
    assert webhook["url"] == f"https://new.example.com{EVENTS}"
    assert set(webhook["events"]) >= {CREATED, DELETED}
    secrets = project.answer("auth", "status")["secrets"]
    assert {one["name"]: one["set"] for one in secrets}["kapso_webhook_secret"]


def test_register_beside_webhooks_of_others_leaves_them_alone(project: ReadyProject) -> None:
    theirs = {"url": "https://crm.example.com/in", "events": ["whatsapp.message.received"]}
    project.sandbox.kapso("POST", "whatsapp/webhooks", {"whatsapp_webhook": theirs})
    project.answer("webhook", "register", "--public-url", "https://kt.example.com")
    found = project.sandbox.kapso("GET", "whatsapp/webhooks")["data"]
    assert [one["url"] for one in found] == [theirs["url"], f"https://kt.example.com{EVENTS}"]
    assert found[0]["events"] == theirs["events"]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_lost_answer_to_register_is_mended_by_doing_it_again(
    project: ReadyProject, fault: str
) -> None:
    project.sandbox.fault(fault=fault, method="POST", path="whatsapp/webhooks")
    words = ("webhook", "register", "--public-url", "https://kt.example.com")
    assert project.call(*words).exit_code == 75
    project.answer(*words)
    assert len(project.sandbox.kapso("GET", "whatsapp/webhooks")["data"]) == 1


def test_a_receiver_of_another_host_is_left_alone_by_who_never_registered(
    project: ReadyProject,
) -> None:
    staging = {"url": f"https://staging.example.com{EVENTS}", "events": [CREATED]}
    project.sandbox.kapso("POST", "whatsapp/webhooks", {"whatsapp_webhook": staging})
    called = project.call("webhook", "register", "--public-url", "https://kt.example.com")
    assert called.exit_code == 0
    assert f"Kapso sends them to {staging['url']} as well" in called.err
    assert len(project.sandbox.kapso("GET", "whatsapp/webhooks")["data"]) == 2


def test_the_policy_that_is_set_now_is_applied(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    number, phone_number_id = connected(project)
    project.answer("pool", "set", "US", "--post-disconnect", "mark_unavailable")
    project.sandbox.unclaim(number)
    assert send(receiver, SECRET, DELETED, body(phone_number_id)).status_code == 200
    wait_until(lambda: state(project, number) == "unavailable", seconds=20)


def test_a_project_that_was_switched_off_meanwhile_notices_nothing(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    number, preverified_id = handed_out(project)
    project.answer("disable")
    phone_number_id = project.sandbox.claim(preverified_id=preverified_id, customer_id="c-1")
    assert send(receiver, SECRET, CREATED, body(phone_number_id)).status_code == 200
    time.sleep(1)
    _, said = stopped(receiver)
    assert "custom Twilio is switched off" in said
    assert state(project, number) == "reserved"


def test_events_without_a_key_are_all_looked_at(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    number, preverified_id = handed_out(project)
    phone_number_id = project.sandbox.claim(preverified_id=preverified_id, customer_id="c-1")
    no_key = {"X-Idempotency-Key": None}
    assert send(receiver, SECRET, CREATED, body(phone_number_id), **no_key).status_code == 200
    wait_until(lambda: state(project, number) == "connected")
    project.sandbox.unclaim(number)
    name = "whatsapp.phone_number.offboarded"
    assert send(receiver, SECRET, name, body(phone_number_id), **no_key).json()["status"] == "ok"
    wait_until(lambda: state(project, number) == "provisioned", seconds=20)


def test_an_event_is_answered_at_once_while_kapso_is_slow(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    number, preverified_id = handed_out(project)
    phone_number_id = project.sandbox.claim(preverified_id=preverified_id, customer_id="c-1")
    project.sandbox.fault(fault="delay", delay_ms=3000, path="whatsapp/phone_numbers")
    began = time.monotonic()
    assert send(receiver, SECRET, CREATED, body(phone_number_id)).status_code == 200
    assert time.monotonic() - began < 1
    wait_until(lambda: state(project, number) == "connected", seconds=20)
