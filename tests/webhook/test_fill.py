"""A fill beside a receiver: codes are used as they come in, and Twilio's inbox is not asked."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import requests

from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.inventory.arrivals import Arrival, Arrivals
from kapso_twilio_cli.operations.verifying.arrived import claim
from kapso_twilio_cli.project import Project
from tests.operations.shops import dead_process
from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import running_sandbox

from .receivers import (
    CODE,
    arrivals,
    free_port,
    kill,
    known_messages,
    polls,
    running_receiver,
    seconds_to_ready,
    sms,
    to_be_verified,
)

ON_THIS_MACHINE = "http://127.0.0.1"


def test_a_fill_completes_without_one_poll_while_the_receiver_gets_the_codes(
    project: ReadyProject,
) -> None:
    numbers = to_be_verified(project, 2)
    url = f"{ON_THIS_MACHINE}:{free_port()}"
    with running_receiver(project, "--port", url.rpartition(":")[2], public_url=url):
        configured = project.answer("webhook", "configure", "--all", "--public-url", url)
        assert [one["changed"] for one in configured["numbers"]] == [True, True]
        project.sandbox.forget_requests()
        began = time.monotonic()
        report = project.answer("pool", "fill")
        took = time.monotonic() - began
        assert report["pools"][0]["verified"] == 2
        assert polls(project) == 0
        assert project.states() == {"ready": 2}
        assert arrivals(project) == [], "a code that was used is not kept"
        assert known_messages(project) == len(numbers)
    assert took < 5


def test_a_fill_completes_without_one_poll_when_requests_come_that_are_signed_as_the_sdk_signs(
    project: ReadyProject,
) -> None:
    """The numbers are bought by the fill; somebody sends what comes in on them to the receiver."""
    known = project.sandbox.credentials
    inbox = f"{project.sandbox.url}/2010-04-01/Accounts/{known['account_sid']}/Messages.json"
    auth = (known["account_sid"], known["auth_token"])
    looks, sent = 0, set[str]()
    with running_receiver(project) as receiver:
        fill = project.start("pool", "fill", "--json")
        while fill.poll() is None:
            looks += 1
            for one in requests.get(inbox, auth=auth, timeout=30).json()["messages"]:
                if one["sid"] not in sent:
                    sent.add(one["sid"])
                    form = sms(one["to"], one["body"], sid=one["sid"])
                    assert receiver.post(form).status_code == 200
        out, err = fill.communicate()
    assert fill.returncode == 0, err
    assert json.loads(out)["pools"][0]["ready"] == len(sent) == 2
    assert polls(project) == looks


def test_a_number_is_ready_within_a_second_after_its_code(project: ReadyProject) -> None:
    numbers = to_be_verified(project, 3)
    url = f"{ON_THIS_MACHINE}:{free_port()}"
    with running_receiver(project, "--port", url.rpartition(":")[2], public_url=url):
        project.answer("webhook", "configure", "--all", "--public-url", url)
        took = [seconds_to_ready(project, number) for number in numbers]
        assert polls(project) == 0
        assert arrivals(project) == []
    assert sorted(took)[1] < 1, took


def test_a_number_waits_without_the_inbox_as_long_as_the_receiver_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(code="none") as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox)
        (number,) = to_be_verified(project, 1)
        project.answer("webhook", "configure", "--all", "--public-url", ON_THIS_MACHINE)
        with (
            running_receiver(project) as receiver,
            project.start("number", "verify", number, "--json") as verify,
        ):
            wait_until(lambda: _was_asked(project, "request_code"))
            time.sleep(2)
            assert polls(project) == 0
            kill(receiver)
            wait_until(lambda: polls(project) > 0, seconds=5)
            verify.terminate()
            verify.communicate(timeout=30)


def _was_asked(project: ReadyProject, what: str) -> bool:
    return any(what in request for request in project.sandbox.requests())


def test_a_number_that_the_receiver_hears_nothing_of_is_looked_for_in_the_inbox(
    project: ReadyProject,
) -> None:
    """It was bought after `webhook configure`: its SMS do not come to the receiver."""
    with running_receiver(project):
        began = time.monotonic()
        assert project.answer("pool", "fill")["pools"][0]["ready"] == 2
        assert 4 < time.monotonic() - began < 20
        assert polls(project) >= 1


def test_a_receiver_that_was_killed_is_not_waited_for(project: ReadyProject) -> None:
    with running_receiver(project) as receiver:
        kill(receiver)
        began = time.monotonic()
        assert project.answer("pool", "fill")["pools"][0]["ready"] == 2
        assert time.monotonic() - began < 4


def test_a_blank_message_lets_the_inbox_tell_that_twilio_filtered_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(code="filtered") as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox)
        (number,) = to_be_verified(project, 1)
        url = f"{ON_THIS_MACHINE}:{free_port()}"
        with running_receiver(project, "--port", url.rpartition(":")[2], public_url=url):
            project.answer("webhook", "configure", "--all", "--public-url", url)
            began = time.monotonic()
            assert project.answer("number", "verify", number)["state"] == "ready"
            assert time.monotonic() - began < 15, "meta.code_timeout is 60 s"
        assert project.rows("SELECT code_method FROM numbers") == [("voice",)]


@pytest.mark.usefixtures("project")
def test_a_message_is_used_once_whichever_way_it_came() -> None:
    opened = Project.locate(name=None, config_path=None)
    store = Arrivals(opened.inventory_path.parent)
    assert claim(opened, "SM1"), "where no receiver has ever run, a run remembers for itself"
    assert not store.exists
    store.create()
    number = PhoneNumber("+12025550143")
    received = Arrival("SM2", number, "123456", is_filtered=False, received_at=opened.now())
    store.take(received, None, opened.now(), worth_keeping=True)
    assert claim(opened, "SM2")
    assert not claim(opened, "SM2")
    assert store.unused([number], opened.now()) == []
    # Found in the inbox and used; then it is delivered.
    assert claim(opened, "SM3")
    late = Arrival("SM3", number, "123456", is_filtered=False, received_at=opened.now())
    store.take(late, None, opened.now(), worth_keeping=True)
    assert store.unused([number], opened.now()) == []
    assert not claim(opened, "SM3")


@pytest.mark.usefixtures("project")
def test_a_message_that_a_killed_run_used_can_be_used_again() -> None:
    opened = Project.locate(name=None, config_path=None)
    store = Arrivals(opened.inventory_path.parent)
    store.create()
    assert store.claim("SM1", dead_process(opened), opened.now()) is None
    assert claim(opened, "SM1")
    assert not claim(opened, "SM1")


def test_a_fill_goes_on_by_polling_where_what_the_receiver_left_cannot_be_read(
    project: ReadyProject,
) -> None:
    project.inventory.with_name("arrivals.db").write_bytes(b"no database" * 1000)
    assert project.answer("pool", "fill")["pools"][0]["ready"] == 2


def test_a_code_from_before_it_was_asked_for_is_not_used(project: ReadyProject) -> None:
    (number,) = to_be_verified(project, 1)
    with running_receiver(project) as receiver:
        assert receiver.post(sms(number, CODE)).status_code == 200
        assert project.answer("pool", "fill")["pools"][0]["failed"] == 0
        assert arrivals(project)[0] == (number, "123456", 0)
