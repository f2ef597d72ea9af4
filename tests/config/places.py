"""A home directory of its own for a test, and project files to put in it."""

from __future__ import annotations

from pathlib import Path

import keyring.core
import pytest

ACCOUNT_SID = "AC" + "0" * 31 + "1"
GOOD = f"""\
# The project of the tests.
project = "acme"
plan = "platform"
custom_twilio_addon = true
enabled = true
default_country = "US"
allowed_countries = ["US", "CL"]

[twilio]
account_sid = "{ACCOUNT_SID}"  # main account

# Home market.
[pools.US]
target_size = 5

# The rest.
[limits]
max_numbers = 20
"""


def use_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make tmp_path the home, without project variables, secrets or a keyring."""
    import os

    for name in list(os.environ):
        if name.startswith(("KAPSO_TWILIO_", "CREDENTIALS_DIRECTORY")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "no-runtime"))  # no manager of its own
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("SYSTEMD_UNIT_PATH", raising=False)
    monkeypatch.chdir(tmp_path)
    use_keyring("keyring.backends.fail.Keyring", monkeypatch)
    return tmp_path


def use_keyring(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose keyring's backend as a user does; a process decides only once, so decide again."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    keyring.core.init_backend()


def projects_dir(home: Path) -> Path:
    """The folder of project files in that home."""
    folder = home / "config" / "kapso-twilio" / "projects"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_project(home: Path, content: str = GOOD, *, name: str = "acme") -> Path:
    """A project file in that home."""
    path = projects_dir(home) / f"{name}.toml"
    path.write_text(content)
    return path
