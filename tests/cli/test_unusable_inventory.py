"""An inventory that cannot be used is refused before money moves, and never replaced."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys

import pytest

from tests.projects import ReadyProject, command_line

NEEDS_INVENTORY = [
    ("pool", "fill"),
    ("pool", "list"),
    ("resolve", "--country", "CL"),
    ("provision", "--country", "CL", "--yes"),
    ("reconcile",),
    ("status",),
    ("number", "list"),
    ("reservation", "list"),
    ("connect", "+56225550123"),
    ("disconnect", "+56225550123"),
    ("number", "import", "+56225550123"),
    ("number", "release", "+56225550123", "--confirm", "+56225550123"),
    ("pool", "trim", "US", "--confirm", "US:1"),
    ("purchase", "list"),
    ("purchase", "settle", "ja5xmvlbk2qe7fho", "--not-bought"),
    ("inventory", "check"),
    ("inventory", "backup"),
]


@pytest.mark.parametrize("words", NEEDS_INVENTORY, ids=" ".join)
def test_no_inventory(project: ReadyProject, words: tuple[str, ...]) -> None:
    project.inventory.unlink()
    called = project.call(*words)
    assert called.exit_code == 3
    assert f"error: there is no inventory at {project.inventory}" in called.err
    assert "hint: kapso-twilio inventory create" in called.err
    assert not project.inventory.exists()
    assert project.sandbox.requests() == []


@pytest.mark.parametrize("words", NEEDS_INVENTORY, ids=" ".join)
@pytest.mark.parametrize("damage", [b"this is no database, and never was" * 40, b"\x00" * 4096])
def test_a_corrupt_inventory(project: ReadyProject, words: tuple[str, ...], damage: bytes) -> None:
    project.inventory.write_bytes(damage)
    called = project.call(*words)
    assert called.exit_code == 3, called.err
    assert "Traceback" not in called.err
    assert str(project.inventory) in called.err
    if words != ("inventory", "check"):
        assert "kapso-twilio inventory check" in called.err
    assert project.inventory.read_bytes() == damage
    assert project.bought() == []


def test_a_damaged_page_is_found_by_inventory_check(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    content = bytearray(project.inventory.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    project.inventory.write_bytes(content)
    called = project.call("inventory", "check", "--json")
    assert called.exit_code == 3
    assert called.document["problems"]
    assert "damaged" in called.document["error"]["message"]


@pytest.mark.parametrize("words", NEEDS_INVENTORY, ids=" ".join)
def test_a_newer_schema(project: ReadyProject, words: tuple[str, ...]) -> None:
    connection = sqlite3.connect(project.inventory)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    before = project.inventory.read_bytes()
    called = project.call(*words)
    assert called.exit_code == 3
    assert "was written by a newer kapso-twilio" in called.err
    assert "hint: upgrade kapso-twilio on this host" in called.err
    assert project.inventory.read_bytes() == before
    assert project.bought() == []


def test_an_inventory_of_another_account(project: ReadyProject) -> None:
    project.answer("config", "set", "twilio.account_sid", "AC" + "0" * 32)
    called = project.call("pool", "fill")
    assert called.exit_code == 3
    assert "belongs to another Twilio account" in called.err
    assert project.sandbox.requests() == []


def test_an_inventory_of_stand_ins_while_the_real_vendors_are_meant(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAPSO_TWILIO_SANDBOX_URL")
    called = project.call("pool", "fill")
    assert called.exit_code == 3
    assert "belongs to other vendors" in called.err
    assert "KAPSO_TWILIO_SANDBOX_URL" in called.err


ASKS_A_VENDOR = [
    "doctor",
    "search --country US",
    "provision --country US --yes",
    "pool fill",
    "reconcile",
    "configure acme --plan platform",
    "auth set auth_token --stdin",
    "auth set meta_token --stdin",
    "auth set kapso_api_key --stdin",
    "webhook register --public-url https://kt.example.com",
    "setup-link create --customer 6f1b0a52-9d0e-4c53-8f6c-3d0c1c1f7a11 --country US",
    "number import +12025550143",
    "number list --foreign",
]


@pytest.mark.parametrize("words", ASKS_A_VENDOR)
def test_a_left_over_variable_sends_no_secret_of_a_real_project_to_a_stand_in(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_KAPSO_API_KEY", project.sandbox.credentials["kapso_api_key"])
    with sqlite3.connect(project.inventory) as connection:
        connection.execute("UPDATE identity SET vendors = 'real'")
    connection.close()
    called = project.call(*words.split(), "--config", str(project.path), stdin="a" * 32)
    assert called.exit_code == 3, called.out + called.err
    assert "belongs to other vendors" in called.out + called.err
    assert project.sandbox.requests() == []


def test_another_projects_file_in_the_place_of_the_inventory(project: ReadyProject) -> None:
    other = project.inventory.parent.parent / "beta"
    project.path.write_text(project.path.read_text().replace('"acme"', '"beta"'))
    other.mkdir()
    shutil.copy(project.inventory, other / "inventory.db")
    called = project.call("status")
    assert called.exit_code == 3
    assert "belongs to another project" in called.err
    assert "it was made for acme; this run is for beta" in called.err


_WITHOUT_ROOTS_RIGHT_TO_WRITE_EVERYWHERE = """
import ctypes, os, sys
if os.geteuid() == 0:
    PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize(
    "words",
    [
        ("provision", "--country", "CL", "--yes"),
        ("resolve", "--country", "CL"),
        ("pool", "fill"),
    ],
    ids=" ".join,
)
def test_an_unwritable_data_directory_is_found_before_a_purchase(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    folder = project.inventory.parent
    project.inventory.chmod(0o400)
    folder.chmod(0o500)
    script = [sys.executable, "-c", _WITHOUT_ROOTS_RIGHT_TO_WRITE_EVERYWHERE]
    try:
        ended = subprocess.run(
            [*script, *command_line(*words)],
            cwd=project.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        folder.chmod(0o700)
    assert ended.returncode == 3, ended.stderr
    assert "cannot be written" in ended.stderr
    assert "hint: check the folder's owner, its permissions" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert project.bought() == []
