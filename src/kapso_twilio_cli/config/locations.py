"""Where things stand: project files, secrets, inventories, and the vendors' addresses."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from ..domain.loopback import is_loopback
from ..domain.nearest import did_you_mean
from ..domain.project_name import parse_project_name
from ..errors import ConfigError, UsageError
from ..places import is_there, out_of_reach

_PROJECTS = "projects"

TIMEOUT = "KAPSO_TWILIO_HTTP_TIMEOUT"
_TIMEOUT_SECONDS = 20.0
_SHORTEST_TIMEOUT_SECONDS = 1.0
LONGEST_TIMEOUT_SECONDS = 60.0
"""`operations/purchase.py` gives a purchase time for every repeat with it."""

HERE = "kapso-twilio.toml"
"""The project file of a working directory."""


class Endpoints(msgspec.Struct, frozen=True):
    """The vendors' base addresses, without a slash at the end; None is the real vendor.

    And how long they may take.
    """

    twilio_url: str | None
    meta_url: str | None
    kapso_url: str | None
    stand_ins: bool
    """At least one is not the real vendor."""
    timeout_seconds: float = _TIMEOUT_SECONDS
    """How long a vendor's answer is waited for."""


def config_dir() -> Path:
    """The user's configuration directory of this program."""
    import platformdirs

    return Path(platformdirs.user_config_dir("kapso-twilio"))


def data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The directory that holds one directory for each project's inventory."""
    chosen = environ.get("KAPSO_TWILIO_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("kapso-twilio")) / "inventories"


def inventory_path(project: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The inventory of a project, whether it is there or not."""
    return data_dir(environ) / project / "inventory.db"


def removed_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The directory that keeps the inventories of removed projects."""
    folder = data_dir(environ)
    return (folder if environ.get("KAPSO_TWILIO_DATA_DIR") else folder.parent) / "removed"


def named_project_file(name: str) -> Path:
    """The place of a project's file by its name, whether it is there or not."""
    return config_dir() / _PROJECTS / f"{parse_project_name(name)}.toml"


def project_files() -> list[Path]:
    """Every file in the folder of project files, by name; ConfigError where it cannot be read."""
    folder = config_dir() / _PROJECTS
    if not is_there(folder, ConfigError):
        return []
    try:
        return sorted(path for path in folder.iterdir() if path.match("*.toml"))
    except PermissionError:
        raise out_of_reach(folder, ConfigError) from None


def project_file_here(cwd: Path | None = None) -> Path | None:
    """The working directory's project file; None where there is none, or none can be seen."""
    try:
        here = (cwd or Path.cwd()) / HERE
        return here if here.is_file() else None
    except OSError:  # the directory is another user's, or it is gone: its file is not meant
        return None


def name_by_place(path: Path) -> str | None:
    """The name that a file in the folder of project files must hold; elsewhere None."""
    folder = path.absolute().parent
    if folder.name != _PROJECTS:
        return None  # without asking where that folder is, which takes as long as all the rest
    return path.stem if folder == (config_dir() / _PROJECTS).absolute() else None


def find_project_file(
    *,
    name: str | None,
    config_path: Path | None,
    environ: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
) -> Path:
    """The file of the project that is meant, which is there when this returns.

    In this order: the given path, the given name, the working directory's file, the only project
    there is. Raises ConfigError when it is not there, UsageError when several could be meant.
    """
    chosen = config_path or _path(environ.get("KAPSO_TWILIO_CONFIG"))
    if chosen is not None:
        return _existing(chosen)
    name = name or environ.get("KAPSO_TWILIO_PROJECT")
    if name:
        return _existing(named_project_file(name))
    return project_file_here(cwd) or _only_project()


def find_project_by_name(
    name: str,
    *,
    config_path: Path | None,
    environ: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
) -> Path:
    """The file of the project of that name, wherever a project file may stand.

    What the file holds is for the caller to check. Raises ConfigError when there is none.
    """
    chosen = config_path or _path(environ.get("KAPSO_TWILIO_CONFIG"))
    if chosen is not None:
        return _existing(chosen)
    named, here = named_project_file(name), project_file_here(cwd)
    return here if here is not None and not is_there(named, ConfigError) else _existing(named)


def endpoints(environ: Mapping[str, str] = os.environ) -> Endpoints:
    """The vendors' addresses, from the environment or the real ones.

    Raises ConfigError unless each is https, or http on this machine; UsageError for a time-out
    that is none.
    """
    sandbox = _url(environ, "KAPSO_TWILIO_SANDBOX_URL")
    twilio = _url(environ, "KAPSO_TWILIO_TWILIO_URL") or sandbox
    meta = _url(environ, "KAPSO_TWILIO_META_URL") or sandbox
    kapso = _url(environ, "KAPSO_TWILIO_KAPSO_URL") or sandbox
    return Endpoints(
        twilio_url=twilio,
        meta_url=meta,
        kapso_url=kapso,
        stand_ins=any((twilio, meta, kapso)),
        timeout_seconds=_timeout_seconds(environ),
    )


def _existing(path: Path) -> Path:
    if is_there(path, ConfigError) and path.is_file():
        return path
    raise ConfigError(f"there is no project file at {path}", hint=_what_there_is(path.stem))


def _only_project() -> Path:
    found = project_files()
    if len(found) == 1:
        return found[0]
    if found:
        names = [path.stem for path in found]
        raise UsageError(
            "several projects are set up, and none was named",
            reason="they are " + ", ".join(names),
            hint=f"name one: --project {names[0]}",
        )
    raise ConfigError(
        "no project is set up",
        reason=f"there is no {HERE} here and no file in {config_dir() / 'projects'}",
        hint="kapso-twilio configure sets one up",
    )


def _what_there_is(wanted: str) -> str:
    names = [path.stem for path in project_files()]
    if not names:
        return "kapso-twilio configure sets one up"
    near = did_you_mean(wanted, names)
    known = f"projects that are set up: {', '.join(names)}; kapso-twilio configure adds one"
    return f"{near} {known}" if near else known


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _url(environ: Mapping[str, str], variable: str) -> str | None:
    """The address in a variable. It is not repeated in errors: it may hold a password."""
    text = environ.get(variable)
    if not text:
        return None
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _refused_url(variable, "it is not a URL") from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise _refused_url(variable, "it must hold no user, password, query or fragment")
    if not host or parts.scheme not in ("https", "http"):
        raise _refused_url(variable, "it must begin with https://, or http:// on this machine")
    if parts.scheme == "http" and not is_loopback(host):
        raise _refused_url(variable, "http, without encryption, is for this machine only")
    return text.rstrip("/")


def _timeout_seconds(environ: Mapping[str, str]) -> float:
    """A purchase counts as under way until every repeat has had its time: hence no more than 60."""
    text = environ.get(TIMEOUT)
    if not text:
        return _TIMEOUT_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not _SHORTEST_TIMEOUT_SECONDS <= seconds <= LONGEST_TIMEOUT_SECONDS:
        raise UsageError(
            f"{TIMEOUT} is no time-out",
            reason=f"it is {text!r}, and a number of seconds from {_SHORTEST_TIMEOUT_SECONDS:.0f}"
            f" to {LONGEST_TIMEOUT_SECONDS:.0f} is meant",
            hint=f"export {TIMEOUT}=20, or unset it",
        )
    return seconds


def _refused_url(variable: str, reason: str) -> ConfigError:
    return ConfigError(
        f"the address in {variable} cannot be used",
        reason=reason,
        hint=f"set it like https://… or http://127.0.0.1:8080, or unset {variable}",
    )
