"""`reconcile` as cron starts it: no terminal, hardly an environment, a log that is collected."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from kapso_twilio_cli.process import program
from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import running_sandbox

from .terminal import type_into
from .test_json_contract import TIME, strict


def run_bare(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program by its full path, from the root folder, with these variables alone."""
    if "PYTHONPATH" in os.environ:  # where the program is not installed
        variables["PYTHONPATH"] = os.environ["PYTHONPATH"]
    given = [f"{name}={value}" for name, value in variables.items()]
    return subprocess.run(
        ["/usr/bin/env", "-i", *given, *program(), *words],
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def only_files(project: ReadyProject) -> dict[str, str]:
    """The places of data and secrets, and the sandbox instead of the vendors."""
    variables = {
        "KAPSO_TWILIO_DATA_DIR": str(project.inventory.parents[1]),
        "KAPSO_TWILIO_SANDBOX_URL": project.sandbox.url,
    }
    for name in ("auth_token", "meta_token"):
        file = project.home / name
        file.write_text(project.sandbox.credentials[name])
        variables[f"KAPSO_TWILIO_{name.upper()}_FILE"] = str(file)
    return variables


def test_it_works_with_nothing_in_the_environment_but_where_things_are(
    project: ReadyProject,
) -> None:
    variables = only_files(project)
    path = str(project.path)
    ran = run_bare("reconcile", "-p", "acme", KAPSO_TWILIO_CONFIG=path, **variables)
    assert (ran.returncode, ran.stderr) == (0, "")
    first, second = project.bought()
    assert sorted(ran.stdout.splitlines()) == sorted(
        f"{done}: {number}" for done in ("bought", "verified") for number in (first, second)
    )
    ran = run_bare("reconcile", "-p", "acme", "--config", path, **variables)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_systemd_credentials_are_all_the_secrets_that_it_needs(project: ReadyProject) -> None:
    variables = only_files(project)
    folder = project.home / "credentials"
    folder.mkdir()
    for name in ("auth_token", "meta_token"):
        Path(variables.pop(f"KAPSO_TWILIO_{name.upper()}_FILE")).rename(folder / f"acme.{name}")
    words = ("reconcile", "--config", str(project.path))
    ran = run_bare(*words, CREDENTIALS_DIRECTORY=str(folder), **variables)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(project.bought()) == 2


def test_each_line_of_a_log_in_json_is_one_object(project: ReadyProject) -> None:
    called = project.call("reconcile", "--log-format", "json")
    assert (called.exit_code, called.err) == (0, "")
    done = [strict(line) for line in called.out.splitlines()]
    assert {line["action"]["kind"] for line in done} == {"bought", "verified"}
    assert all(line["message"].startswith(("bought: +", "verified: +")) for line in done)
    assert all(TIME.fullmatch(line["at"]) and line["level"] == "info" for line in done)
    (run_id,) = {line["run_id"] for line in done}
    assert run_id in {run for (run,) in project.rows("SELECT DISTINCT run_id FROM events")}
    called = project.call("reconcile", "--log-format", "json")
    assert (called.exit_code, called.out, called.err) == (0, "", "")
    called = project.call("reconcile", "--log-format", "json", "-vv")
    lines = [strict(line) for line in called.err.splitlines()]
    (run_id,) = {line["run_id"] for line in lines}
    asked = [line for line in lines if "request_id" in line]
    assert [(line["vendor"], line["method"]) for line in asked] == [
        ("Twilio", "GET"),
        ("Meta", "GET"),
    ]
    assert all(line["status"] == 200 and line["ms"] >= 0 and line["path"] for line in asked)


@pytest.mark.parametrize(
    ("words", "kind"), [(("--nonsense",), "usage"), (("--config", "absent.toml"), "config")]
)
def test_an_error_is_such_a_line_too(
    project: ReadyProject, words: tuple[str, ...], kind: str
) -> None:
    for chosen in (("--log-format", "json"), ("--log-format=json",)):
        called = project.call("reconcile", *chosen, *words)
        assert called.out == ""
        line = strict(called.err)
        assert (line["level"], line["error"]["kind"]) == ("error", kind)
        assert line["error"]["exit_code"] == called.exit_code
        assert line["message"] == line["error"]["message"]


def test_the_document_stays_one_beside_a_log_in_json(project: ReadyProject) -> None:
    called = project.call("reconcile", "--json", "--log-format", "json", "-v")
    assert strict(called.out)["schema"] == "kapso-twilio.reconcile/1"
    assert all(json.loads(line)["message"] for line in called.err.splitlines())


def test_jitter_waits_a_random_time_where_there_is_no_terminal(project: ReadyProject) -> None:
    project.answer("reconcile")
    began = time.monotonic()
    called = project.call("reconcile", "--jitter", "1s", "-v")
    waited = re.search(r"waiting (\d\.\d) s, at random \(--jitter\)", called.err)
    assert waited is not None, called.err
    assert time.monotonic() - began >= float(waited[1]) - 0.1
    assert 0 <= float(waited[1]) <= 1
    assert "waiting" not in project.call("reconcile", "--jitter", "0", "-v").err


def test_jitter_is_none_for_stand_ins_for_a_rehearsal_and_at_a_terminal(
    project: ReadyProject,
) -> None:
    project.answer("reconcile")
    assert "waiting" not in project.call("reconcile", "-v").err
    assert "waiting" not in project.call("reconcile", "--dry-run", "--jitter", "9d", "-v").err
    called = type_into(["reconcile", "--jitter", "9d", "-v"], [])
    assert (called.exit_code, "waiting" in called.err) == (0, False)


def test_jitter_that_is_no_duration_is_wrong_usage(project: ReadyProject) -> None:
    called = project.call("reconcile", "--jitter", "soon")
    assert called.exit_code == 2
    assert project.bought() == []


def test_what_is_said_of_a_signal_is_such_a_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(code="none") as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox)
        process = project.start("reconcile", "--log-format", "json")
        wait_until(lambda: project.states() == {"verifying": 2})
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 143
    lines = [strict(line) for line in (out + err).splitlines()]
    levels = {line["level"]: line["message"] for line in lines}
    assert levels["warning"].startswith("stopping: ")
    assert levels["error"].startswith("stopped before ")


def test_the_words_of_the_unit_ask_nothing_and_fill_the_pools(project: ReadyProject) -> None:
    called = project.call("reconcile", "--no-input", "--jitter", "0")
    assert (called.exit_code, called.err) == (0, "")
    assert len(project.bought()) == 2
