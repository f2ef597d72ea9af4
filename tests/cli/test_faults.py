"""Accidents around a purchase: whatever happens, nothing is bought twice and all that is paid
for is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import RunningSandbox

BUY = r"IncomingPhoneNumbers\.json"
ERROR_PAGE = "<html><body><h1>Bad gateway</h1></body></html>"
TOO_MANY = {"code": 20429, "message": "Too Many Requests", "status": 429}

DONE_ALL_THE_SAME: Mapping[str, dict[str, Any]] = {
    "drop_after": {"fault": "drop_after"},
    "truncate": {"fault": "truncate"},
    "garble": {"fault": "garble"},
}
NEVER_DONE: Mapping[str, dict[str, Any]] = {
    "drop_before": {"fault": "drop_before"},
    "500": {"fault": "status", "status": 500},
    "503": {"fault": "status", "status": 503},
    "408": {"fault": "status", "status": 408},
    "429 without Twilio's words": {"fault": "status", "status": 429, "body": ERROR_PAGE},
    "error page 200": {"fault": "status", "status": 200, "body": ERROR_PAGE},
    "error page 400": {"fault": "status", "status": 400, "body": ERROR_PAGE},
    "error page 502": {"fault": "status", "status": 502, "body": ERROR_PAGE},
}
ASKED_TO_WAIT: Mapping[str, dict[str, Any]] = {
    "429": {"fault": "status", "status": 429, "body": TOO_MANY},
    "429 with Retry-After": {
        "fault": "status",
        "status": 429,
        "body": TOO_MANY,
        "headers": {"Retry-After": "1"},
    },
}


def lose_the_look_up_too(sandbox: RunningSandbox) -> None:
    """Let the looks at the account before the purchase pass, and the one after it fail."""
    sandbox.fault(method="GET", path=BUY, fault="delay", times=2)
    sandbox.fault(method="GET", path=BUY, fault="status", status=400, body=ERROR_PAGE)


def faulty(faults: Mapping[str, dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", faults.values(), ids=faults.keys())


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """Believes an absence at once, so that tests need not wait for it."""
    return ready_project(tmp_path, monkeypatch, sandbox, limits={"settle_after": "0s"})


def resolve(project: ReadyProject) -> dict[str, Any]:
    return project.answer("resolve", "--country", "CL", "--ref", "x")


@faulty(DONE_ALL_THE_SAME)
def test_a_purchase_whose_answer_is_lost_is_found_at_once(
    project: ReadyProject, fault: dict[str, Any]
) -> None:
    project.sandbox.fault(method="POST", path=BUY, **fault)
    first = resolve(project)
    assert project.bought() == [first["phone_number"]]
    assert resolve(project) == first
    assert project.owes_what_it_knows()


@faulty(DONE_ALL_THE_SAME)
def test_a_lost_purchase_that_cannot_be_looked_up_is_settled_by_reconcile(
    project: ReadyProject, fault: dict[str, Any]
) -> None:
    project.sandbox.fault(method="POST", path=BUY, **fault)
    lose_the_look_up_too(project.sandbox)
    called = project.call("resolve", "--country", "CL", "--ref", "x", "--json")
    assert called.exit_code == 9
    assert called.document["error"]["kind"] == "outcome_unknown"
    assert "kapso-twilio reconcile" in called.document["error"]["hint"]
    assert project.purchase_states() == {"unknown": 1}
    (action,) = project.answer("reconcile", "--no-fill")["actions"]
    (bought,) = project.bought()
    assert (action["kind"], action["phone_number"]) == ("purchase_settled", bought)
    answered = resolve(project)
    assert (answered["phone_number"], answered["path"]) == (bought, "live")
    assert project.bought() == [bought]
    assert project.owes_what_it_knows()


def test_the_same_ref_settles_its_own_lost_purchase_and_buys_no_second(
    project: ReadyProject,
) -> None:
    project.sandbox.fault(method="POST", path=BUY, fault="drop_after")
    lose_the_look_up_too(project.sandbox)
    assert project.call("resolve", "--country", "CL", "--ref", "x").exit_code == 9
    assert [resolve(project)["phone_number"]] == project.bought()
    assert project.owes_what_it_knows()


@faulty(NEVER_DONE)
def test_an_answer_that_proves_nothing_leaves_the_purchase_unknown_until_it_is_looked_up(
    project: ReadyProject, fault: dict[str, Any]
) -> None:
    project.sandbox.fault(method="POST", path=BUY, **fault)
    called = project.call("resolve", "--country", "CL", "--ref", "x", "--json")
    assert called.exit_code == 9, called.err
    assert called.document["error"]["exit_code"] == 9
    assert project.bought() == []
    settled = project.answer("reconcile", "--no-fill")
    assert [action["detail"] for action in settled["actions"]] == ["it was not bought"]
    assert project.purchase_states() == {"not_bought": 1}
    assert [resolve(project)["phone_number"]] == project.bought()
    assert project.owes_what_it_knows()


@faulty(ASKED_TO_WAIT)
def test_a_purchase_that_was_never_processed_is_sent_again(
    project: ReadyProject, fault: dict[str, Any]
) -> None:
    project.sandbox.fault(method="POST", path=BUY, times=2, **fault)
    assert [resolve(project)["phone_number"]] == project.bought()
    assert project.owes_what_it_knows()


def test_a_purchase_is_sent_five_times_at_most_and_then_put_off(project: ReadyProject) -> None:
    project.sandbox.fault(method="POST", path=BUY, times=None, **ASKED_TO_WAIT["429"])
    called = project.call("resolve", "--country", "CL", "--ref", "x", "--json")
    assert called.exit_code == 75
    assert "--concurrency" in called.document["error"]["hint"]
    sent = [one for one in project.sandbox.requests() if one.startswith("POST")]
    assert len(sent) == 5
    assert project.purchase_states() == {"not_bought": 1}
    assert project.bought() == []


def test_a_connection_that_was_never_made_bought_nothing(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_TWILIO_URL", "http://127.0.0.1:9")
    called = project.call("resolve", "--country", "CL", "--ref", "x", "--json")
    assert called.exit_code == 75
    assert called.document["error"]["message"] == "Twilio is not available"
    assert project.purchase_states() == {}


def test_absence_is_believed_only_after_settle_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={"settle_after": "2s"})
    sandbox.fault(method="POST", path=BUY, fault="late", delay_ms=1000)
    assert project.call("resolve", "--country", "CL", "--ref", "x").exit_code == 9
    assert project.bought() == []
    again = project.call("resolve", "--country", "CL", "--ref", "x", "--json")
    assert again.exit_code == 9
    assert "limits.settle_after" in again.document["error"]["reason"]
    early = project.call("reconcile", "--no-fill", "--json")
    assert early.exit_code == 9
    (unresolved,) = early.document["unresolved"]
    assert "limits.settle_after" in unresolved["reason"]
    (attention,) = project.answer("status")["attention"][:1]
    assert (attention["kind"], attention["severity"]) == ("purchase_unresolved", "critical")
    wait_until(lambda: bool(project.bought()))
    (action,) = project.answer("reconcile", "--no-fill")["actions"]
    assert action["detail"].startswith("it was bought (PN")
    assert [resolve(project)["phone_number"]] == project.bought()
    assert project.owes_what_it_knows()


def test_a_number_in_the_account_without_the_label_stays_a_persons_decision(
    project: ReadyProject,
) -> None:
    project.sandbox.fault(method="POST", path=BUY, fault="drop_before")
    called = project.call("resolve", "--country", "CL", "--ref", "x")
    assert called.exit_code == 9
    ((phone_number,),) = project.rows("SELECT phone_number FROM purchases")
    project.sandbox.buy_in_console(phone_number, "bought by hand")
    called = project.call("reconcile", "--no-fill", "--json")
    assert called.exit_code == 9
    (unresolved,) = called.document["unresolved"]
    assert "without this purchase's label" in unresolved["reason"]
    assert project.call("resolve", "--country", "CL", "--ref", "x").exit_code == 9
    assert project.bought() == [phone_number]


@faulty(DONE_ALL_THE_SAME)
def test_a_fill_takes_a_lost_purchase_as_its_own(
    project: ReadyProject, fault: dict[str, Any]
) -> None:
    project.sandbox.fault(method="POST", path=BUY, **fault)
    (pool,) = project.answer("pool", "fill")["pools"]
    assert (pool["bought"], pool["ready"], len(project.bought())) == (2, 2, 2)
    assert project.owes_what_it_knows()


@faulty(NEVER_DONE)
def test_a_fill_counts_an_unknown_purchase_until_reconcile_settles_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, fault: dict[str, Any]
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={"settle_after": "10m"})
    sandbox.fault(method="POST", path=BUY, **fault)
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 9, called.err
    assert called.document["error"]["kind"] == "outcome_unknown"
    before = len(project.bought())
    assert before <= 1
    again = project.call("pool", "fill", "--json")
    assert len(project.bought()) <= 1, "the unknown purchase is counted as if it had bought"
    assert again.exit_code == 9
    project.call("config", "set", "limits.settle_after", "0s")
    project.answer("reconcile")
    assert len(project.bought()) == 2
    assert project.states() == {"ready": 2}
    assert project.owes_what_it_knows()


GETS = {
    "search": "AvailablePhoneNumbers/US/Local",
    "what is sold": r"AvailablePhoneNumbers/US\.json",
    "price": "PhoneNumbers/Countries",
    "listing": BUY,
    "inbox": r"Messages\.json",
    "portfolio": "preverified_numbers",
}


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (path, fault)
        for path, fault in zip(
            GETS.values(),
            [
                {"fault": "drop_before"},
                {"fault": "truncate"},
                {"fault": "garble"},
                {"fault": "status", "status": 503, "body": ERROR_PAGE},
                {
                    "fault": "status",
                    "status": 429,
                    "body": TOO_MANY,
                    "headers": {"Retry-After": "1"},
                },
                {"fault": "status", "status": 200, "body": ERROR_PAGE},
            ],
            strict=True,
        )
    ],
    ids=GETS.keys(),
)
def test_a_read_that_fails_is_repeated(
    project: ReadyProject, path: str, fault: dict[str, Any]
) -> None:
    project.sandbox.fault(method="GET", path=path, **fault)
    (pool,) = project.answer("pool", "fill")["pools"]
    assert (pool["bought"], pool["ready"], pool["reasons"]) == (2, 2, [])
    assert project.owes_what_it_knows()


def test_an_answer_that_takes_longer_than_the_user_waits_is_a_lost_one(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_HTTP_TIMEOUT", "1")
    slow: dict[str, Any] = {"fault": "delay", "delay_ms": 1500}
    project.sandbox.fault(method="POST", path=BUY, **slow)
    project.sandbox.fault(method="GET", path="AvailablePhoneNumbers/CL/Local", times=None, **slow)
    called = project.call("resolve", "--country", "CL", "--ref", "x", "--json")
    assert called.document["error"]["reason"] == "no answer within 1 s"
    assert called.exit_code == 75
    project.sandbox.clear_faults()
    project.sandbox.fault(method="POST", path=BUY, **slow)
    assert [resolve(project)["phone_number"]] == project.bought()
    assert project.owes_what_it_knows()


def test_a_time_out_that_is_none_is_refused_before_anything_is_asked(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_HTTP_TIMEOUT", "an hour")
    called = project.call("pool", "fill")
    assert called.exit_code == 2
    assert "hint: export KAPSO_TWILIO_HTTP_TIMEOUT=20, or unset it" in called.err
    assert project.sandbox.requests() == []


def test_twilio_down_is_try_later_and_nothing_is_written(project: ReadyProject) -> None:
    project.sandbox.fault(path="2010-04-01|/v1/|/v2/", times=None, fault="status", status=503)
    before = project.everything()
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 75
    error = called.document["error"]
    assert (error["kind"], error["message"]) == ("unavailable", "Twilio is not available")
    assert error["reason"] == "it answered HTTP 503"
    assert project.everything() == before
    assert project.bought() == []


@pytest.mark.parametrize(
    ("status", "code", "exit_code", "told"),
    [
        (400, 21404, 5, "trial account"),
        (400, 22300, 5, "compliance blocks"),
        (401, 20003, 4, "credentials are wrong"),
        (403, 70051, 4, "lacks a permission"),
        (400, 21631, 5, "kapso-twilio country set CL --address-sid"),
        (400, 21649, 5, "kapso-twilio country set CL --bundle-sid"),
    ],
)
def test_a_definite_no_is_told_at_once_and_nothing_stays_open(
    project: ReadyProject, status: int, code: int, exit_code: int, told: str
) -> None:
    body = {"code": code, "message": "no", "status": status}
    project.sandbox.fault(method="POST", path=BUY, fault="status", status=status, body=body)
    called = project.call("provision", "--country", "CL", "--yes")
    assert called.exit_code == exit_code
    assert told in called.err
    assert f"(Twilio {code})" in called.err
    assert project.purchase_states() == {"not_bought": 1}
    assert project.bought() == []


def test_a_number_that_is_gone_is_followed_by_the_next(project: ReadyProject) -> None:
    body = {"code": 21422, "message": "gone", "status": 400}
    project.sandbox.fault(method="POST", path=BUY, fault="status", status=400, body=body, times=3)
    document = project.answer("provision", "--country", "CL", "--yes")
    assert project.bought() == [document["phone_number"]]
    assert project.purchase_states() == {"not_bought": 3, "bought": 1}
    assert project.owes_what_it_knows()


def test_a_ref_whose_purchase_is_unknown_takes_nothing_from_the_pool_meanwhile(
    project: ReadyProject,
) -> None:
    project.sandbox.fault(method="POST", path=BUY, fault="drop_after")
    lose_the_look_up_too(project.sandbox)
    words = ("resolve", "--country", "US", "--ref", "x")
    assert project.call(*words).exit_code == 9
    (bought,) = project.bought()
    project.answer("pool", "fill")
    answered = project.answer(*words)
    assert (answered["path"], answered["phone_number"]) == ("live", bought)
    assert project.states() == {"reserved": 1, "ready": 2}
    assert project.owes_what_it_knows()
