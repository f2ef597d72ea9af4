"""The metrics file of a run, as Prometheus reads it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.projects import ReadyProject
from tests.vendors import RunningSandbox

from .notices import (
    break_credentials,
    gauges,
    with_notify,
)


def test_the_metrics_file_tells_what_the_inventory_knows(project: ReadyProject) -> None:
    path = project.home / "acme.prom"
    called = project.call("reconcile", "--metrics-file", str(path))
    assert (called.exit_code, called.err) == (0, "")
    assert path.stat().st_mode & 0o777 == 0o644
    found = gauges(path)
    us = '{project="acme",country="US"}'
    for name, value in (
        ("ready_numbers", 2),
        ("target_numbers", 2),
        ("reserved_numbers", 0),
        ("connected_numbers", 0),
        ("quarantined_numbers", 0),
        ("missing_numbers", 0),
        ("unknown_purchases", 0),
    ):
        assert found[f"kapso_twilio_{name}{us}"] == value
    assert 80 < found[f"kapso_twilio_next_expiry_days{us}"] < 100
    assert found['kapso_twilio_monthly_cost{project="acme",currency="USD"}'] == 2.30
    assert found['kapso_twilio_last_exit_code{project="acme"}'] == 0
    success = found['kapso_twilio_last_success_timestamp_seconds{project="acme"}']
    assert abs(success - time.time()) < 60
    assert [number for number in project.bought() if number[1:] in path.read_text()] == []
    assert list(project.home.glob(".acme.prom*")) == []


def test_numbers_outside_pools_are_counted_by_their_country(project: ReadyProject) -> None:
    project.answer("resolve", "--country", "CL", "--ref", "a")
    path = project.home / "acme.prom"
    project.answer("reconcile", "--no-fill", "--metrics-file", str(path))
    found = gauges(path)
    assert found['kapso_twilio_reserved_numbers{project="acme",country="CL"}'] == 1
    assert found['kapso_twilio_ready_numbers{project="acme",country="US"}'] == 0


def test_a_failed_run_leaves_the_last_success_and_writes_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    path = tmp_path / "named-in-the-settings.prom"
    project = with_notify(tmp_path, monkeypatch, sandbox, metrics_file=str(path))
    project.answer("reconcile")
    good = gauges(path)
    break_credentials(project, monkeypatch)
    assert project.call("reconcile").exit_code == 4
    bad = gauges(path)
    success = 'kapso_twilio_last_success_timestamp_seconds{project="acme"}'
    assert bad[success] == good[success]
    assert bad['kapso_twilio_last_exit_code{project="acme"}'] == 4
    assert bad['kapso_twilio_target_numbers{project="acme",country="US"}'] == 3


def test_a_metrics_file_that_cannot_be_written_is_a_warning(project: ReadyProject) -> None:
    folder = project.home / "taken"
    folder.mkdir()
    for path in (project.home / "absent" / "acme.prom", folder):
        called = project.call("reconcile", "--metrics-file", str(path))
        assert called.exit_code == 0
        assert f"warning: the metrics file: {path} cannot be written" in called.err
    assert not (project.home / "absent").exists()
    assert folder.is_dir()
