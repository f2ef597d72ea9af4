"""A disk that fails at any commit: nothing is bought that cannot be written down, and what was
bought is found again.

Each command runs again and again, on a project of its own each time; the disk fails at its first
write transaction, then at its second, until the command ends by itself.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import running_sandbox

from .failing import FILLER, STRUCK

RUNNER = Path(__file__).with_name("failing.py")
BUY = r"IncomingPhoneNumbers\.json"
BOUGHT_AND_NOT_RECORDED = re.compile(
    r"error: (\+\d+) was bought \((PN[0-9a-f]{32})\), but could not be recorded"
)
TMPFS_BYTES = 1_000_000
MORE_THAN_ANY = 60


PROVISION = ("provision", "--country", "CL", "--yes")


class Ended(msgspec.Struct, frozen=True):
    """How a run with a failing disk ended."""

    exit_code: int
    err: str
    struck: bool


class Case(msgspec.Struct, frozen=True):
    """A command, what it finds, and what is asked of it when the disk is well again."""

    words: Sequence[str]
    prepare: Callable[[ReadyProject], None]
    ends_with: dict[str, int]
    """The states of its numbers, when it has run again on a healthy disk."""
    settings: dict[str, Any] = {}


def nothing(_project: ReadyProject) -> None:
    """There is nothing to begin with."""


def a_lost_purchase_and_an_overdue_reservation(project: ReadyProject) -> None:
    """What a reconcile puts right, before it fills the pool."""
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "late")
    project.sandbox.fault(method="POST", path=BUY, fault="drop_after")
    project.sandbox.fault(method="GET", path=BUY, fault="delay")
    project.sandbox.fault(method="GET", path=BUY, fault="status", status=400, body="no")
    assert project.call("resolve", "--country", "CL", "--ref", "lost").exit_code == 9
    project.sandbox.clear_faults()
    project.answer("pool", "set", "US", "--target-size", "2")
    time.sleep(1.0)  # the reservation's time


SETTINGS = {"pools": {}, "limits": {"settle_after": "0s"}}
CASES = {
    "provision": Case(PROVISION, nothing, {"provisioned": 1}),
    "resolve": Case(("resolve", "--country", "CL", "--ref", "one"), nothing, {"reserved": 1}),
    "pool fill": Case(
        ("pool", "fill", "--concurrency", "1"),
        nothing,
        {"ready": 2},
        {"pools": {"US": {"target_size": 2}}},
    ),
    "reconcile": Case(
        ("reconcile", "--concurrency", "1"),
        a_lost_purchase_and_an_overdue_reservation,
        {"ready": 2, "reserved": 1},
        {"pools": {"US": {"target_size": 1}}, "onboarding": {"reservation_ttl": "1s"}},
    ),
}
"""In CL live, in the US by the pool."""


def tmpfs_can_be_mounted() -> bool:
    """Whether this machine, and this user, may."""
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder],  # noqa: S607
            capture_output=True,
            check=False,
        )
        if mounted.returncode:
            return False
        subprocess.run(["umount", folder], check=True)  # noqa: S607
        return True


WAYS = ["limit", "read-only", *(["full"] if tmpfs_can_be_mounted() else [])]
QUICK = {("limit", "resolve"), ("limit", "pool fill"), *((way, "provision") for way in WAYS)}
every_case = pytest.mark.parametrize(
    ("how", "name"),
    [
        pytest.param(how, name, marks=[] if (how, name) in QUICK else pytest.mark.whole)
        for how in WAYS
        for name in CASES
    ],
)


@every_case
def test_at_whatever_commit_the_disk_fails_the_books_agree_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, name: str
) -> None:
    case = CASES[name]
    ends = []
    for fails_at in range(1, MORE_THAN_ANY):
        with (
            running_sandbox() as sandbox,
            a_home(tmp_path / f"{fails_at}", how) as home,
            monkeypatch.context() as patch,
        ):
            project = ready_project(home, patch, sandbox, **{**SETTINGS, **case.settings})
            ended = fails_in_between(project, case, how, fails_at)
        ends.append(ended.exit_code)
        if not ended.struck:
            break
    print(f"{name}, {how}: exit codes by the commit that failed: {ends}")
    assert len(ends) > 2
    assert ends[-1] == 0


def fails_in_between(project: ReadyProject, case: Case, how: str, fails_at: int) -> Ended:
    """Run the command once with a failing disk; hold what it says against what happened."""
    case.prepare(project)
    before = len(project.bought())
    ended = run_with_failing_disk(project, case.words, how, fails_at)
    assert ended.exit_code in ((3, 7, 9) if ended.struck else (0,)), ended.err
    assert "Traceback" not in ended.err
    assert ended.struck == ("error: " in ended.err), ended.err
    what_could_not_be_recorded_is_told(project, ended, project.bought()[before:])
    what_could_not_be_intended_is_not_bought(project, ended)
    heal(project, how)
    all_is_well_again(project, case)
    return ended


def run_with_failing_disk(
    project: ReadyProject, words: Sequence[str], how: str, fails_at: int
) -> Ended:
    done = subprocess.run(
        [sys.executable, str(RUNNER), how, str(fails_at), *words],
        cwd=project.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stderr, STRUCK in done.stderr)


def what_could_not_be_recorded_is_told(
    project: ReadyProject, ended: Ended, bought: Sequence[str]
) -> None:
    """A number in the account that the inventory lacks: exit 9, with the number and its SID."""
    unknown = set(bought) - {
        number for (number,) in project.rows("SELECT phone_number FROM numbers")
    }
    assert (ended.exit_code == 9) == bool(unknown), ended.err
    sids = {entry["phone_number"]: entry["sid"] for entry in project.sandbox.ledger()}
    told = set(BOUGHT_AND_NOT_RECORDED.findall(ended.err))
    assert told == {(number, sids[number]) for number in unknown}


def what_could_not_be_intended_is_not_bought(project: ReadyProject, ended: Ended) -> None:
    """Each number in the account has its intent; a disk that takes none costs nothing."""
    intended = {number for (number,) in project.rows("SELECT phone_number FROM purchases")}
    assert set(project.bought()) <= intended
    if ended.exit_code == 3:
        assert re.search(r"^error: .* cannot be (written|used)$", ended.err, re.MULTILINE)
        assert re.search(r"^  hint: check the folder's owner, its perm", ended.err, re.MULTILINE)


def stays_reserved_and_is_told(project: ReadyProject) -> bool:
    """Its object was deleted at Meta, and the disk did not take that: nothing but a person knows
    now whether the customer had claimed it."""
    attention = project.answer("status")["attention"]
    assert project.states() == {"ready": 2, "reserved": 2}
    return "reservation_overdue" in [one["kind"] for one in attention]


def all_is_well_again(project: ReadyProject, case: Case) -> None:
    """The next runs find what was bought, and bring the command to its end; nothing twice."""
    project.answer("reconcile")
    assert project.owes_what_it_knows()
    if case.words != PROVISION or not project.bought():  # each provision buys one more
        again = project.call(*case.words)
        assert again.exit_code == 0, again.err
    project.answer("reconcile")
    assert project.owes_what_it_knows()
    assert set(project.purchase_states()) <= {"bought", "not_bought"}
    assert project.states() == case.ends_with or stays_reserved_and_is_told(project)
    assert project.answer("inventory", "check")["problems"] == []


@contextmanager
def a_home(folder: Path, how: str) -> Iterator[Path]:
    """A folder for a project; on a small file system of its own where that is to be full."""
    folder.mkdir()
    if how != "full":
        yield folder
        return
    size = f"size={TMPFS_BYTES}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", folder], check=True)  # noqa: S607
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)  # noqa: S607


def heal(project: ReadyProject, how: str) -> None:
    """The disk is well again."""
    folder = project.inventory.parent
    if how == "read-only":
        folder.chmod(0o700)
    if how == "full":
        (folder / FILLER).unlink(missing_ok=True)
