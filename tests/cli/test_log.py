"""`-v` and `-vv`: what is done and what is asked, by run, without numbers, secrets or bodies."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import ReadyProject, command_line, ready_project
from tests.vendors import RunningSandbox

from .calls import Called
from .every_command import IN_THE_CONSOLE, run_every_command
from .links import new_customer

LINE = re.compile(r"(?P<run>[a-z2-7]{8}) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?P<text>.+)")
REQUEST = re.compile(
    r"(?P<vendor>Twilio|Meta|Kapso) (?P<method>[A-Z]+) (?P<path>/\S+): \d{3}, \d+ ms,"
    r" request (RQ[0-9a-f]{32}|[0-9a-f]{11}|[0-9a-f-]{36})"
)


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A project with Kapso's key: every vendor is asked something."""
    return ready_project(tmp_path, monkeypatch, sandbox, kapso=True)


def texts(called: Called) -> list[str]:
    """What each line of the log says; every line of a run begins with the same id."""
    lines = [LINE.fullmatch(line) for line in called.err.splitlines()]
    assert all(lines), called.err
    found = [line for line in lines if line is not None]
    assert len({line["run"] for line in found}) <= 1, called.err
    return [line["text"] for line in found]


def run_of(called: Called) -> str:
    return called.err.split()[0]


def requests_of(called: Called) -> list[re.Match[str]]:
    found = [REQUEST.fullmatch(text) for text in texts(called)]
    return [line for line in found if line is not None]


def runs_of_events(project: ReadyProject) -> set[str]:
    return {run for (run,) in project.rows("SELECT DISTINCT run_id FROM events")}


def hides_every_number(project: ReadyProject, called: Called) -> None:
    numbers = {number for (number,) in project.rows("SELECT phone_number FROM numbers")}
    for number in numbers:
        assert number.removeprefix("+") not in called.err
    assert numbers


def test_a_fill_tells_its_steps_and_what_it_changes_at_the_vendors(project: ReadyProject) -> None:
    called = project.call("pool", "fill", "-v")
    said = [re.sub(r"\+\d{4}•••\d{4}", "N", text) for text in texts(called)]
    assert said[0] == f"project acme: {project.path}"
    for step in (
        "US: 0 ready of 2, 0 to verify, 2 to buy",
        "purchase intended: N at 1.15 USD a month",
        "purchase bought: N",
        "begin verification: N is verifying now",
        "code requested: N",
        "verified: N is ready now",
    ):
        assert step in said
    assert {line["method"] for line in requests_of(called)} == {"POST"}
    assert len(requests_of(called)) == 2 * len(["buy", "add", "request_code", "verify_code"])


def test_twice_tells_every_request(project: ReadyProject) -> None:
    project.sandbox.forget_requests()
    called = project.call("pool", "fill", "-vv")
    asked = [one.partition("?")[0] for one in project.sandbox.requests()]
    told = [f"{line['method']} {line['path']}" for line in requests_of(called)]
    assert sorted(told) == sorted(asked)


@pytest.mark.parametrize(
    "words",
    [
        ("pool", "fill"),
        ("reconcile",),
        ("resolve", "--country", "CL", "--ref", "a"),
        ("provision", "--country", "CL", "--yes"),
        ("search", "--country", "CL"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_every_line_is_of_one_run_and_hides_numbers(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    project.answer("pool", "fill")
    before = runs_of_events(project)
    called = project.call(*words, "-vv")
    assert called.exit_code == 0
    assert texts(called)
    hides_every_number(project, called)
    assert runs_of_events(project) - before <= {run_of(called)}


def test_the_events_of_a_run_have_its_id(project: ReadyProject) -> None:
    called = project.call("pool", "fill", "-v")
    assert runs_of_events(project) == {run_of(called)}
    (number, _) = project.bought()
    history = project.answer("number", "history", number)["events"]
    assert {event["run_id"] for event in history} == {run_of(called)}


def test_a_claim_is_told(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    called = project.call("resolve", "--ref", "a", "-v")
    assert re.fullmatch(r"claim: \+\d{4}•••\d{4} is reserved now", texts(called)[-1])
    assert called.out.startswith("+")
    hides_every_number(project, called)


def test_a_setup_link_is_told_without_its_token(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    customer = new_customer(project)
    called = project.call("setup-link", "create", "--customer", customer, "--json", "-vv")
    assert called.exit_code == 0
    assert called.document["token"] not in called.err
    assert ("Kapso", "POST") in {(one["vendor"], one["method"]) for one in requests_of(called)}
    hides_every_number(project, called)


def test_a_code_is_not_told(project: ReadyProject) -> None:
    live = project.answer("resolve", "--country", "CL", "--ref", "a")["phone_number"]
    project.sandbox.message(live, "WhatsApp", "Your WhatsApp code 123-456")
    called = project.call("number", "code", live, "-vv")
    assert called.out == "123456\n"
    assert requests_of(called)
    hides_every_number(project, called)
    assert not re.search("123.?456", called.err)


def test_no_query_and_no_body_is_told(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    called = project.call("reconcile", "-vv")
    assert "?" not in called.err
    assert not re.search(r"[{}]|=", "\n".join(texts(called)[1:]))


def test_no_command_tells_a_number_and_each_writes_its_events_under_its_id(
    project: ReadyProject,
) -> None:
    runs: set[str] = set()
    for one in run_every_command(project, "-vv"):
        told = one.called.err.partition("error: ")[0]
        runs |= {line["run"] for line in map(LINE.fullmatch, told.splitlines()) if line}
        for number in [*project.bought(), IN_THE_CONSOLE]:
            assert number.removeprefix("+") not in told, one.command
        assert all(map(LINE.fullmatch, told.splitlines())), (one.command, told)
        if project.inventory.exists():  # the last command puts it away
            assert runs_of_events(project) <= runs


@pytest.mark.parametrize(
    "words",
    [("resolve", "--country", "CL", "--ref", "a"), ("reconcile",), ("pool", "fill")],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_rehearsal_tells_no_step_that_did_not_happen(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    called = project.call(*words, "--dry-run", "-vv")
    assert called.exit_code == 0
    untrue = ("purchase intended", "bought", "inventory home")
    assert not [text for text in texts(called) if text.startswith(untrue)]


def test_what_is_rolled_back_is_not_told(project: ReadyProject) -> None:
    """The event is written, and the transaction fails after it."""
    project.answer("pool", "fill")
    project.change(
        "CREATE TRIGGER full BEFORE INSERT ON reservations BEGIN SELECT raise(ABORT, 'full'); END"
    )
    called = project.call("resolve", "--ref", "a", "-v")
    assert called.exit_code != 0
    assert "claim:" not in called.err


def test_a_repeat_and_its_wait_are_told(project: ReadyProject) -> None:
    project.sandbox.fault(fault="status", path="AvailablePhoneNumbers", status=503)
    called = project.call("search", "--country", "CL", "-vv")
    assert called.exit_code == 0
    again = [text for text in texts(called) if "it is asked again in" in text]
    assert re.fullmatch(
        r"Twilio is not available: it answered HTTP 503; it is asked again in \d\.\d s", again[0]
    )


def test_a_request_without_an_answer_is_told(project: ReadyProject) -> None:
    project.sandbox.fault(fault="drop_before", path="AvailablePhoneNumbers")
    called = project.call("search", "--country", "CL", "-vv")
    assert called.exit_code == 0
    lost = [text for text in texts(called) if "the connection broke" in text]
    assert re.search(r"Twilio GET /\S+: the connection broke .*, \d+ ms$", lost[0])


def test_the_error_names_its_run(project: ReadyProject) -> None:
    project.sandbox.fault(fault="status", path="IncomingPhoneNumbers", method="POST", status=404)
    called = project.call("pool", "fill", "-v")
    assert called.exit_code != 0
    head, *_, last = called.err[called.err.index("error: ") :].splitlines()
    assert head.startswith("error: ")
    assert last == f"  run: {run_of(called)}"


def test_the_first_line_is_of_the_run_where_there_is_no_project(project: ReadyProject) -> None:
    project.path.unlink()
    called = project.call("pool", "fill", "-v")
    assert re.search(r"^  run: [a-z2-7]{8}$", called.err, re.MULTILINE)


def test_without_it_nothing_is_told(project: ReadyProject) -> None:
    assert project.call("pool", "fill").err == ""
    assert project.call("reconcile").err == ""


def test_without_it_a_claim_does_not_pay_for_it(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    claim = (
        "import sys; from kapso_twilio_cli.main import main\n"
        "main(['resolve', '--quiet']); print('logging' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", claim], cwd=project.home, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[1] == "False"


def test_a_log_that_nobody_reads_stops_nothing(project: ReadyProject) -> None:
    process = project.start("pool", "fill", "-vv", "--json")
    assert process.stderr is not None
    process.stderr.readline()
    process.stderr.close()
    assert process.stdout is not None
    with process.stdout as out:
        assert '"verified": 2' in out.read()
    assert process.wait(timeout=30) == 0
    assert project.states() == {"ready": 2}


@pytest.mark.parametrize("words", ["", "-v"])
def test_a_run_whose_stderr_was_closed_before_it_began_does_its_work(
    project: ReadyProject, words: str
) -> None:
    command = " ".join([*command_line("pool", "fill", "--json"), words, "2>&-"])
    ran = subprocess.run(
        ["/bin/sh", "-c", command], cwd=project.home, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, '"verified": 2' in ran.stdout) == (0, True)
    assert project.states() == {"ready": 2}


def test_each_run_has_an_id_of_its_own(project: ReadyProject) -> None:
    assert len({run_of(project.call("reconcile", "-v")) for _ in range(3)}) == 3
