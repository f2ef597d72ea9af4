"""`cron`: what is written for systemd and others, and that it goes in and out whole."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.projects import ReadyProject

from .managers import Manager, use_manager
from .terminal import type_into

SERVICE, TIMER = "kapso-twilio-acme.service", "kapso-twilio-acme.timer"
ANALYZE = shutil.which("systemd-analyze")
INSTALLED = [
    "--user daemon-reload",
    f"--user enable --now {TIMER}",
]


@pytest.fixture
def systemd(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Manager:
    """A systemd that runs."""
    return use_manager(tmp_path_factory.mktemp("systemd"), monkeypatch)


@pytest.fixture
def no_systemd(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that was not booted with systemd, though its programs are there."""
    use_manager(tmp_path_factory.mktemp("systemd"), monkeypatch, state="offline")


def user_units(project: ReadyProject) -> Path:
    return project.home / "config" / "systemd" / "user"


def files_in(folder: Path) -> dict[str, str]:
    """Every file below a folder, by its name."""
    return {
        path.name: path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()
    }


def settings(unit: str) -> list[tuple[str, str]]:
    """Every setting of a unit, in order."""
    lines = [line for line in unit.splitlines() if "=" in line and not line.startswith("#")]
    return [(key, value) for key, _, value in (line.partition("=") for line in lines)]


def test_install_writes_service_and_timer_and_starts_the_timer(
    project: ReadyProject, systemd: Manager
) -> None:
    called = project.call("cron", "install", "--user")
    assert called.exit_code == 0, called.err
    folder = user_units(project)
    assert called.out.splitlines() == [
        f"created: {folder / SERVICE}",
        f"created: {folder / TIMER}",
        f"started: {TIMER}, every 15 minutes",
    ]
    assert systemd.told() == INSTALLED
    service = settings((folder / SERVICE).read_text())
    run = dict(service)
    words = shlex.split(run["ExecStart"])
    assert Path(words[0]).is_absolute()
    assert shlex.join(words[-6:]) == (f"reconcile --config {project.path} --no-input --jitter 0")
    assert ("Environment", f'"KAPSO_TWILIO_DATA_DIR={project.inventory.parents[1]}"') in service
    assert run["SuccessExitStatus"] == "75"
    assert run["NoNewPrivileges"] == "yes"
    timer = dict(settings((folder / TIMER).read_text()))
    assert (timer["OnCalendar"], timer["Persistent"]) == ("*:0/15", "true")
    assert (timer["RandomizedDelaySec"], timer["WantedBy"]) == ("60", "timers.target")
    for name in (SERVICE, TIMER):
        assert (folder / name).stat().st_mode & 0o777 == 0o644


def test_what_a_user_manager_cannot_do_is_left_to_the_system(
    project: ReadyProject, systemd: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYSTEMD_UNIT_PATH", str(project.home / "system"))
    document = project.answer("cron", "install", "--system")
    assert document["scope"] == "system"
    assert systemd.told() == ["daemon-reload", f"enable --now {TIMER}"]
    service = dict(settings((project.home / "system" / SERVICE).read_text()))
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"] == str(project.inventory.parent)
    assert service["PrivateTmp"] == "yes"
    # A run looks into /proc whether the process that has a purchase under way is alive.
    assert "ProtectProc" not in service
    monkeypatch.delenv("SYSTEMD_UNIT_PATH")
    project.answer("cron", "install", "--user")
    service = dict(settings((user_units(project) / SERVICE).read_text()))
    assert not {"ProtectSystem", "ReadWritePaths", "PrivateTmp"} & service.keys()


@pytest.mark.usefixtures("systemd")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_system_service_runs_as_the_owner_of_the_inventory(project: ReadyProject) -> None:
    """As root it would leave files that the owner cannot use."""
    shown = project.answer("cron", "show", "--system")["systemd"]["service"]
    assert "User" not in dict(settings(shown))
    os.chown(project.inventory.parent, 1, 1)
    shown = project.answer("cron", "show", "--system")["systemd"]["service"]
    assert dict(settings(shown))["User"] == "daemon"


@pytest.mark.usefixtures("systemd")
def test_a_system_service_may_write_the_metrics_file(project: ReadyProject) -> None:
    project.answer("config", "set", "notify.metrics_file", "/var/lib/node exporter/acme.prom")
    shown = project.answer("cron", "show", "--system")["systemd"]["service"]
    writable = f'{project.inventory.parent} "-/var/lib/node exporter"'
    assert dict(settings(shown))["ReadWritePaths"] == writable


def test_installing_again_changes_nothing_or_updates(
    project: ReadyProject, systemd: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.answer("cron", "install", "--user")
    before = files_in(user_units(project))
    document = project.answer("cron", "install", "--user")
    assert [one["change"] for one in document["files"]] == ["unchanged", "unchanged"]
    assert files_in(user_units(project)) == before
    systemd.told()
    monkeypatch.setenv("KAPSO_TWILIO_HTTP_TIMEOUT", "30")
    document = project.answer("cron", "install", "--user")
    assert [one["change"] for one in document["files"]] == ["updated", "unchanged"]
    assert "KAPSO_TWILIO_HTTP_TIMEOUT=30" in files_in(user_units(project))[SERVICE]
    assert systemd.told() == [*INSTALLED, f"--user restart {TIMER}"]


def test_what_a_person_edited_is_neither_overwritten_nor_removed_without_force(
    project: ReadyProject, systemd: Manager
) -> None:
    project.answer("cron", "install", "--user")
    timer = user_units(project) / TIMER
    edited = timer.read_text().replace("*:0/15", "*:0/5")
    timer.write_text(edited)
    systemd.told()
    for verb in ("install", "remove"):
        called = project.call("cron", verb, "--user")
        assert called.exit_code == 3
        assert f"{timer} was edited by hand" in called.err
        assert "--force" in called.err
        assert timer.read_text() == edited
    assert systemd.told() == []
    project.answer("cron", "install", "--user", "--force")
    assert "*:0/15" in timer.read_text()
    timer.write_text(edited)
    project.answer("cron", "remove", "--user", "--force")
    assert files_in(user_units(project)) == {}


@pytest.mark.usefixtures("systemd")
def test_a_masked_unit_is_left_alone(project: ReadyProject) -> None:
    """Its link leads to /dev/null, which must not become a unit."""
    user_units(project).mkdir(parents=True)
    (user_units(project) / TIMER).symlink_to("/dev/null")
    for words in (("install",), ("install", "--force"), ("remove", "--force")):
        called = project.call("cron", *words, "--user")
        assert called.exit_code == 3
        assert f"systemctl unmask {TIMER}" in called.err
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("refused", ["daemon-reload", "enable"])
def test_where_systemd_refuses_nothing_is_left_behind(
    project: ReadyProject, systemd: Manager, refused: str
) -> None:
    systemd.refuses(refused)
    called = project.call("cron", "install", "--user")
    assert called.exit_code == 3
    assert "reason: Failed: access denied" in called.err
    assert files_in(user_units(project)) == {}


def test_an_update_that_fails_puts_back_what_was_there(
    project: ReadyProject, systemd: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.answer("cron", "install", "--user")
    before = files_in(user_units(project))
    monkeypatch.setenv("KAPSO_TWILIO_HTTP_TIMEOUT", "30")
    systemd.refuses("enable")
    systemd.told()
    assert project.call("cron", "install", "--user").exit_code == 3
    assert files_in(user_units(project)) == before
    assert f"--user disable --now {TIMER}" not in systemd.told()


def test_remove_takes_away_exactly_what_was_installed(
    project: ReadyProject, systemd: Manager
) -> None:
    folder = user_units(project)
    (folder / f"{SERVICE}.d").mkdir(parents=True)
    (folder / f"{SERVICE}.d" / "override.conf").write_text("[Service]\nNice=10\n")
    (folder / "other.timer").write_text("[Timer]\n")
    before = files_in(folder)
    project.answer("cron", "install", "--user")
    systemd.told()
    document = project.answer("cron", "remove", "--user")
    assert {one["path"] for one in document["files"]} == {
        str(folder / SERVICE),
        str(folder / TIMER),
    }
    assert systemd.told() == [
        f"--user disable --now {TIMER}",
        "--user daemon-reload",
        f"--user reset-failed {TIMER} {SERVICE}",
    ]
    assert files_in(folder) == before
    called = project.call("cron", "remove", "--user")
    assert (called.exit_code, called.out) == (0, "")
    assert "nothing was installed" in called.err


@pytest.mark.usefixtures("systemd")
def test_a_timer_is_removed_after_its_project_and_the_project_names_it(
    project: ReadyProject,
) -> None:
    project.answer("cron", "install", "--user")
    called = project.call("project", "remove", "acme", "--yes")
    assert "its timer still runs: kapso-twilio cron remove --user --project acme" in called.err
    project.answer("cron", "remove", "--user", "--project", "acme")
    assert files_in(user_units(project)) == {}


def test_a_dry_run_names_the_files_and_the_commands(
    project: ReadyProject, systemd: Manager
) -> None:
    called = project.call("cron", "install", "--user", "--dry-run")
    assert called.out.splitlines() == [
        f"would be created: {user_units(project) / SERVICE}",
        f"would be created: {user_units(project) / TIMER}",
        "would run: systemctl --user daemon-reload",
        f"would run: systemctl --user enable --now {TIMER}",
    ]
    assert files_in(user_units(project)) == {}
    assert systemd.told() == []


@pytest.mark.usefixtures("no_systemd")
def test_without_systemd_files_are_written_only_where_a_scope_is_named(
    project: ReadyProject,
) -> None:
    called = project.call("cron", "install")
    assert called.exit_code == 3
    assert "systemd does not run" in called.err
    assert "kapso-twilio cron show --format crontab" in called.err
    called = project.call("cron", "install", "--user")
    assert called.exit_code == 0
    assert set(files_in(user_units(project))) == {SERVICE, TIMER}
    assert "nothing was started" in called.err
    assert f"systemctl --user enable --now {TIMER}" in called.err
    assert project.answer("cron", "install", "--user")["started"] is False


def test_a_project_without_an_inventory_gets_no_timer(
    project: ReadyProject, systemd: Manager
) -> None:
    project.inventory.unlink()
    called = project.call("cron", "install", "--user")
    assert called.exit_code == 3
    assert "kapso-twilio inventory create" in called.err
    assert systemd.told() == []


def test_both_places_at_once_are_wrong_usage(project: ReadyProject) -> None:
    for verb in ("install", "show", "remove"):
        assert project.call("cron", verb, "--user", "--system").exit_code == 2


@pytest.mark.usefixtures("systemd")
def test_a_person_is_asked_and_may_say_no(project: ReadyProject) -> None:
    called = type_into(["cron", "install", "--user"], [("Install it?", "n")])
    assert called.exit_code == 130
    assert files_in(user_units(project)) == {}
    called = type_into(["cron", "install", "--user"], [("Install it?", "y")])
    assert called.exit_code == 0, called.err
    assert set(files_in(user_units(project))) == {SERVICE, TIMER}
    assert type_into(["cron", "install", "--user", "--yes"], []).exit_code == 0


@pytest.mark.usefixtures("systemd")
def test_encrypted_credentials_are_loaded_and_other_places_are_told(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = project.sandbox.credentials
    called = project.call("cron", "install", "--user")
    assert "auth_token: not found by a scheduled run" in called.err
    assert "KAPSO_TWILIO_AUTH_TOKEN here" in called.err
    assert known["auth_token"] not in called.err + "".join(files_in(project.home).values())
    assert "systemd-creds --user encrypt --name=acme.auth_token - " in called.err

    encrypted = project.home / "config" / "credstore.encrypted" / "acme.auth_token"
    encrypted.parent.mkdir()
    encrypted.write_text("not looked into")
    monkeypatch.delenv("KAPSO_TWILIO_META_TOKEN")
    token_file = project.home / "meta"
    token_file.write_text(known["meta_token"])
    monkeypatch.setenv("KAPSO_TWILIO_META_TOKEN_FILE", "meta")
    project.call("auth", "set", "kapso_api_key", "--stdin", stdin=known["kapso_api_key"])
    document = project.answer("cron", "install", "--user")
    sources = {one["name"]: (one["source"], one["place"]) for one in document["secrets"]}
    stored = project.home / "config" / "kapso-twilio" / "secrets" / "acme.kapso_api_key"
    assert sources == {
        "auth_token": ("systemd", str(encrypted)),
        "meta_token": ("environment_file", str(token_file)),
        "kapso_api_key": ("file", str(stored)),
    }
    service = settings((user_units(project) / SERVICE).read_text())
    assert ("LoadCredentialEncrypted", f"acme.auth_token:{encrypted}") in service
    assert ("Environment", f'"KAPSO_TWILIO_META_TOKEN_FILE={token_file}"') in service


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize("scope", ["user", "system"])
def test_the_units_are_verified_by_systemd(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    """In folders whose names need every kind of quoting."""
    odd = project.home / 'a "b" $HOME 100% c'
    (odd / "acme").mkdir(parents=True)
    project.inventory.rename(odd / "acme" / "inventory.db")
    config = project.path.rename(odd / "acme.toml")
    monkeypatch.setenv("KAPSO_TWILIO_DATA_DIR", str(odd))
    monkeypatch.setenv("SYSTEMD_UNIT_PATH", f"{project.home / 'units'}:")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(project.home))
    written = ("notify.metrics_file", str(odd / "acme.prom"))
    project.answer("config", "set", *written, "--config", str(config))
    project.answer("cron", "install", f"--{scope}", "--config", str(config))
    assert ANALYZE is not None
    units = [str(project.home / "units" / name) for name in (SERVICE, TIMER)]
    verified = subprocess.run(
        [ANALYZE, "verify", f"--{scope}", "--man=no", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    about_ours = [line for line in verified.stderr.splitlines() if "kapso-twilio" in line]
    assert (verified.returncode, about_ours) == (0, []), verified.stderr


@pytest.mark.usefixtures("systemd")
def test_a_path_that_no_unit_can_hold_is_refused(project: ReadyProject) -> None:
    """A line break would begin a setting of its own."""
    config = project.path.rename(project.home / "x\nUser=root")
    called = project.call("cron", "install", "--user", "--config", str(config))
    assert called.exit_code == 2
    assert files_in(user_units(project)) == {}


def test_crontab_line_starts_the_run_from_a_bare_shell(
    project: ReadyProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "100% 'sure'"
    (odd / "acme").mkdir(parents=True)
    project.inventory.rename(odd / "acme" / "inventory.db")
    monkeypatch.setenv("KAPSO_TWILIO_DATA_DIR", str(odd))
    called = project.call("cron", "show", "--format", "crontab")
    (line,) = called.out.splitlines()
    *when, command = line.split(" ", 5)
    assert when == ["*/15", "*", "*", "*", "*"]
    assert "100\\% " in command
    # As cron does it: a per cent sign is a line break unless escaped, then /bin/sh.
    ran = subprocess.run(
        ["/bin/sh", "-c", command.replace("\\%", "%") + " --no-fill --jitter 0 --dry-run --json"],
        env=bare_environment(project),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def bare_environment(project: ReadyProject) -> dict[str, str]:
    """What cron gives, and the secrets of the sandbox."""
    known = project.sandbox.credentials
    environment = {
        "PATH": "/usr/bin:/bin",
        "KAPSO_TWILIO_AUTH_TOKEN": known["auth_token"],
        "KAPSO_TWILIO_META_TOKEN": known["meta_token"],
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return environment


def test_launchd_plist_is_one(project: ReadyProject) -> None:
    called = project.call("cron", "show", "--format", "launchd")
    agent: dict[str, Any] = plistlib.loads(called.out.encode())
    assert agent["Label"] == "kapso-twilio.acme"
    assert agent["StartInterval"] == 900
    assert Path(agent["ProgramArguments"][0]).is_absolute()
    assert agent["ProgramArguments"][-3:] == ["reconcile", "--config", str(project.path)]
    variables = agent["EnvironmentVariables"]
    assert variables["KAPSO_TWILIO_DATA_DIR"] == str(project.inventory.parents[1])


def test_kubernetes_cron_job_is_one(project: ReadyProject) -> None:
    called = project.call("cron", "show", "--format", "kubernetes")
    job = yaml.safe_load(called.out)
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["metadata"]["name"] == "kapso-twilio-acme"
    assert job["spec"]["schedule"] == "*/15 * * * *"
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"] == ["/usr/local/bin/kapso-twilio", "reconcile"]
    assert container["args"][:2] == ["--config", "/etc/kapso-twilio/acme.toml"]
    variables = {one["name"]: one["value"] for one in container["env"]}
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    assert variables["KAPSO_TWILIO_DATA_DIR"] in mounts
    assert variables["CREDENTIALS_DIRECTORY"] in mounts
    assert {one["name"] for one in pod["volumes"]} == set(mounts.values())
    assert "--from-file=acme.auth_token=" in called.out


@pytest.mark.usefixtures("systemd")
def test_show_prints_all_of_them_and_writes_nothing(project: ReadyProject) -> None:
    before = files_in(project.home)
    document = project.answer("cron", "show", "--user")
    called = project.call("cron", "show", "--user")
    for text in (
        *document["systemd"].values(),
        document["crontab"],
        document["launchd"],
        document["kubernetes"],
    ):
        assert text in called.out + "\n"
    project.answer("cron", "install", "--user")
    installed = files_in(user_units(project))
    assert document["systemd"] == {"service": installed[SERVICE], "timer": installed[TIMER]}
    project.answer("cron", "remove", "--user")
    assert files_in(project.home) == before
    assert project.answer("cron", "show", "--format", "crontab")["launchd"] is None
