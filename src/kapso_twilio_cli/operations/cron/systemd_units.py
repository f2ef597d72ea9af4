"""The text of a project's systemd service and timer, and whether a person has edited one since."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from .scheduled_run import ScheduledRun
from .systemd import Scope

_SEAL = re.compile(r"# kapso-twilio cron install, sha256 ([0-9a-f]{64})\n")

_FOR_EVERYBODY = """\
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""
# ProtectProc= and ProcSubset= are left out on purpose: a run looks into /proc whether the process
# that has a purchase under way is alive.
_FOR_THE_SYSTEM = """\
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writable}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
"""
_FOR_A_USER = """\
# ProtectSystem=, ReadWritePaths=, PrivateTmp= and the like need namespaces, which a user's manager
# has only where the kernel grants them to everybody. A system unit has them all.
"""


class Setting(msgspec.Struct, frozen=True):
    """What a service depends on beside the run itself."""

    scope: Scope
    user: str | None
    """Who owns the inventory, where a system service must not run as root."""
    credentials: Mapping[str, Path]
    """Encrypted files, by the names under which the run gets what is in them."""


def service_unit(run: ScheduledRun, setting: Setting) -> str:
    """The service: one run, which ends."""
    lines = [
        "[Unit]",
        f"Description=Reconcile the kapso-twilio project {run.project}",
        *_network(setting.scope),
        "",
        "[Service]",
        "Type=oneshot",
        # The timer spreads the runs already.
        f"ExecStart={_command(run.command('--no-input', '--jitter', '0'))}",
        "# 75: the vendor is away, or another run is at work; the next run goes on.",
        "SuccessExitStatus=75",
        "TimeoutStartSec=1h",
        f"SyslogIdentifier={run.unit}",
        *([f"User={setting.user}"] if setting.user else []),
        *(f'Environment="{name}={_escaped(value)}"' for name, value in run.environment.items()),
        *_credentials(setting.credentials),
    ]
    body = "\n".join(lines) + "\n" + _hardening(run, setting)
    return _sealed(f"{run.unit}.service", setting.scope, body)


def timer_unit(run: ScheduledRun, scope: Scope) -> str:
    """The timer: every 15 minutes, and soon after a time when the host was off."""
    return _sealed(
        f"{run.unit}.timer",
        scope,
        f"""\
[Unit]
Description=Reconcile the kapso-twilio project {run.project} every 15 minutes

[Timer]
OnCalendar=*:0/15
RandomizedDelaySec=60
Persistent=true

[Install]
WantedBy=timers.target
""",
    )


def is_as_written(text: str) -> bool:
    """Whether `cron install` wrote this text, and nobody has changed it since."""
    found = _SEAL.match(text)
    return found is not None and found[1] == _digest(text[found.end() :])


def _sealed(name: str, scope: Scope, body: str) -> str:
    """The text with a first line that tells later whether anybody has edited the rest."""
    edit = "systemctl --user edit" if scope is Scope.USER else "systemctl edit"
    rest = f"# Your own settings belong into a drop-in, which stays: {edit} {name}\n{body}"
    return f"# kapso-twilio cron install, sha256 {_digest(rest)}\n{rest}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _network(scope: Scope) -> Iterable[str]:
    if scope is Scope.SYSTEM:
        yield "Wants=network-online.target"
        yield "After=network-online.target"


def _credentials(files: Mapping[str, Path]) -> Iterable[str]:
    for name, file in files.items():
        yield f"LoadCredentialEncrypted={name}:{str(file).replace('%', '%%')}"


def _hardening(run: ScheduledRun, setting: Setting) -> str:
    if setting.scope is Scope.USER:
        return _FOR_A_USER + _FOR_EVERYBODY
    writable = _quoted(str(run.inventory_folder))
    if run.metrics_file is not None:  # where the folder is missing, a run still goes
        writable += " " + _quoted(f"-{run.metrics_file.parent}")
    # Root keeps what lets it read a program or a project file in somebody's home.
    capabilities = "" if setting.user else "CAP_DAC_READ_SEARCH"
    return (
        _FOR_EVERYBODY
        + _FOR_THE_SYSTEM.format(writable=writable)
        + f"CapabilityBoundingSet={capabilities}\n"
    )


def _command(words: Iterable[str]) -> str:
    """Words for ExecStart=, where a dollar begins a variable; systemd.service(5)."""
    first, *rest = (_quoted(word) for word in words)
    return " ".join([first, *(word.replace("$", "$$") for word in rest)])


def _quoted(word: str) -> str:
    escaped = _escaped(word)
    return escaped if re.fullmatch(r"[\w@%+=:,./$-]+", escaped) else f'"{escaped}"'


def _escaped(text: str) -> str:
    """Text between double quotes; a per cent begins a specifier, systemd.unit(5)."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
