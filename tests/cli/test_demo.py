"""The demo shows real commands with their real output, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli.cli.answer import Output
from kapso_twilio_cli.cli.command import Invocation
from kapso_twilio_cli.cli.demo import environment_for, play
from kapso_twilio_cli.cli.demo_script import Scene, Typed
from kapso_twilio_cli.errors import Interrupted, PartlyDone, Terminated

PROGRAM = [sys.executable, "-m", "kapso_twilio_cli"]
LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class Machine:
    """A user's home and folder for temporary files, to see that nothing is added to them."""

    home: Path
    temporary: Path

    @classmethod
    def new(cls, folder: Path) -> Machine:
        machine = cls(folder / "home", folder / "temporary")
        machine.home.mkdir()
        machine.temporary.mkdir()
        return machine

    def environment(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self.home), "TMPDIR": str(self.temporary)}

    def files(self) -> list[Path]:
        return [*self.home.rglob("*"), *self.temporary.rglob("*")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine.new(tmp_path)


def run_demo(machine: Machine, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, "demo", *words],
        env=machine.environment() | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )


def test_demo_shows_each_command_with_its_output_and_leaves_nothing_behind(
    machine: Machine,
) -> None:
    shown = run_demo(machine)

    assert (shown.returncode, machine.files()) == (0, [])
    assert "\x1b" not in shown.stdout  # plain in pipes
    after = {
        line: shown.stdout.split(line + "\n", 1)[1].split("\n")[0]
        for line in shown.stdout.splitlines()
        if line.startswith("$ ")
    }
    assert after["$ kapso-twilio pool fill --yes"] == (
        "US: 3 of 3 ready; bought 3, verified 3, failed 0"
    )
    connected, gone = re.findall(r"\n(connected|disconnected): (\+\d+)", shown.stdout)
    assert (connected[0], gone[0]) == ("connected", "disconnected")
    assert connected[1] == gone[1]
    assert f"\nverified: {gone[1]}\n" in shown.stdout, "it is ready again, under a new id"
    assert after["$ kapso-twilio disconnect --ref signup-3"].endswith("(mark_unavailable)")
    assert re.match(r"(bought|verified): \+\d+$", after["$ kapso-twilio reconcile --yes"])
    assert "\nUS: 3 of 3 ready, 0 to verify, 1 reserved" in shown.stdout
    assert "\nCL: 2 of 2 ready" in shown.stdout


def test_demo_in_json_is_one_document_and_ignores_what_the_user_has_set_up(
    machine: Machine,
) -> None:
    shown = run_demo(
        machine,
        "--json",
        KAPSO_TWILIO_PROJECT="mine",
        KAPSO_TWILIO_AUTH_TOKEN="mine",
        KAPSO_TWILIO_DATA_DIR=str(machine.home),
        XDG_CONFIG_HOME=str(machine.home),
        XDG_DATA_HOME=str(machine.home),
        http_proxy="http://127.0.0.1:9",
    )

    document = json.loads(shown.stdout)
    assert (shown.returncode, shown.stderr, machine.files()) == (0, "", [])
    assert document["schema"] == "kapso-twilio.demo/1"
    assert {step["exit_code"] for step in document["steps"]} == {0}
    assert all(step["seconds"] > 0 for step in document["steps"])
    verbs = [step["command"].split()[1] for step in document["steps"]]
    assert list(dict.fromkeys(verbs)) == [
        *("configure", "auth", "country", "pool", "resolve", "setup-link", "reconcile", "config"),
        *("connect", "disconnect", "status", "number"),
    ]


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, Interrupted), (signal.SIGTERM, Terminated)]
)
def test_stopped_demo_leaves_nothing_behind(
    machine: Machine, number: signal.Signals, error: type[Interrupted]
) -> None:
    with subprocess.Popen(
        [*PROGRAM, "demo"],
        env=machine.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if line.startswith("$ kapso-twilio auth"):
                break
        assert machine.files() != []
        os.killpg(demo.pid, number)
        demo.communicate(timeout=LONGEST_SECONDS)

    assert (demo.returncode, machine.files()) == (error.exit_code, [])


def test_failed_command_ends_the_demo_and_is_named(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    output = Output(json=True)
    script = [
        Scene("Wrong", (Typed("--version"), Typed("resolve --country CL"), Typed("status"))),
    ]

    with pytest.raises(PartlyDone, match="kapso-twilio resolve --country CL"):
        play(_invocation(output), script, machine.home, "http://127.0.0.1:9")

    steps: Sequence[Mapping[str, Any]] = output.document["steps"]  # type: ignore[assignment]
    assert [step["exit_code"] for step in steps] == [0, 3]
    assert "error: no project is set up" in capfd.readouterr().err


def test_users_projects_are_out_of_reach(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_CONFIG", "/real.toml")
    monkeypatch.setenv("XDG_DATA_HOME", "/real")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    monkeypatch.setenv("LANG", "C.UTF-8")

    found = environment_for(machine.home, "http://127.0.0.1:1")

    assert {"KAPSO_TWILIO_CONFIG", "XDG_DATA_HOME", "HTTPS_PROXY"}.isdisjoint(found)
    assert (found["HOME"], found["LANG"]) == (str(machine.home), "C.UTF-8")


def test_wide_commands_are_broken_as_a_shell_takes_them() -> None:
    wide = Typed("configure acme " + " ".join(f"--option-{n} value" for n in range(9)), "token")

    joined = wide.wrapped().replace("\\\n", "")

    assert joined.split() == str(wide).split()
    assert max(len(line) for line in wide.wrapped().splitlines()) < 90


def _invocation(output: Output) -> Invocation:
    return Invocation(
        output=output, project_name=None, config_path=None, verbose=False, interactive=False
    )
