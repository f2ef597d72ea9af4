"""The commands that the matrices run, each with what is there before it.

To add a command: one entry in SCENARIOS. Both matrices take it up by themselves.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli.sandbox.catalogue import address_sid, bundle_sid
from tests.cli.calls import Called
from tests.cli.links import at_kapso, new_customer
from tests.config.places import use_home
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

from .ageing import let_age

BUY = r"IncomingPhoneNumbers\.json"
AT_RECEIVER = ("--public-url", "https://kt.example.com")
DONE = frozenset({0})
_DYING = Path(__file__).with_name("dying.py")
_STATE = "sandbox.json"
_KILLED = -9

Words = Callable[[ReadyProject], tuple[str, ...]]


def says(*words: str) -> Words:
    """The same words, whatever there is."""
    return lambda _project: words


def names_a(state: str, *words: str) -> Words:
    """The words, and a number in that state."""
    return lambda project: (*words, number_in(project, state))


def number_in(project: ReadyProject, state: str) -> str:
    """The first number in that state."""
    numbers = project.rows("SELECT phone_number, state FROM numbers ORDER BY id")
    return next(str(number) for number, its in numbers if its == state)


REGISTER = says("webhook", "register", *AT_RECEIVER)


def nothing(_project: ReadyProject) -> None:
    """The project as it was set up."""


@dataclass(frozen=True)
class Scenario:
    """One command, and what it is run on."""

    name: str
    words: Words
    bought: int
    """So many numbers at most are in the bill, after the command and a reconcile."""
    arrange: Callable[[ReadyProject], None] = nothing
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Of the project file."""
    code: str = "sms"
    """How one-time codes come, as the sandbox names it."""
    aged: timedelta = timedelta(0)
    """So long ago the numbers were verified."""
    kapso: bool = False
    asks_nobody: bool = False
    """It needs no vendor, so that no fault can meet it."""
    again: frozenset[int] = DONE
    """How the command may end when it is run again, after it was killed and reconciled."""
    bought_again: int = 0
    """So many more, after it was run again."""
    surplus: Mapping[str, int] = field(default_factory=dict)
    """What the command gives back to pools that `reconcile` has filled meanwhile."""
    mended_by: tuple[str, ...] = ("reconcile",)
    """What a person runs after the accident."""
    is_full: bool = True
    """The pools are at their target in the end."""


def filled(project: ReadyProject) -> None:
    """The pools are full."""
    project.answer("pool", "fill")


def held(project: ReadyProject) -> None:
    """The pools are full, and one number of the US is reserved beside."""
    filled(project)
    project.answer("resolve", "--country", "US", "--ref", "a")
    filled(project)


def connected(project: ReadyProject) -> None:
    """The pools are full, and one number of the US is connected beside."""
    held(project)
    project.answer("connect", "--ref", "a")


def pointing_at_a_receiver(project: ReadyProject) -> None:
    """The pools are full, and Twilio sends what comes in to a receiver."""
    filled(project)
    project.answer("webhook", "configure", "--all", "--voice", *AT_RECEIVER)


def with_customer(project: ReadyProject) -> None:
    """The pools are full, and Kapso knows a customer."""
    filled(project)
    new_customer(project)


def with_link(project: ReadyProject) -> None:
    """The same, and the customer has a link, and a number held for it."""
    with_customer(project)
    customer = customer_in(project)
    project.answer("setup-link", "create", "--customer", customer, "--ref", "linked")
    filled(project)


def customer_in(project: ReadyProject) -> str:
    """The one customer at Kapso."""
    (found,) = at_kapso(project, "GET", "customers")["data"]
    return str(found["id"])


def names_the_customer(*words: str) -> Words:
    """The words, and the customer."""
    return lambda project: (*words, "--customer", customer_in(project))


def registered(project: ReadyProject) -> None:
    """The pools are full, and Kapso sends its events to a receiver."""
    filled(project)
    project.answer("webhook", "register", *AT_RECEIVER)


def unpooled(project: ReadyProject) -> None:
    """A number that belongs to no pool and waits for nobody."""
    project.answer("provision", "--country", "CL", "--yes")


def loose(project: ReadyProject) -> None:
    """A number of the US that is in no pool."""
    project.answer("provision", "--country", "US", "--yes")


def unverified(project: ReadyProject) -> None:
    """A member of the US pool that was never verified."""
    loose(project)
    project.answer("number", "add-to-pool", number_in(project, "provisioned"))


def above_target(project: ReadyProject) -> None:
    """A pool of three, of which two are not wanted any more."""
    filled(project)
    project.answer("pool", "set", "US", "--target-size", "1")


def in_the_console(project: ReadyProject) -> None:
    """A number beside the pools that was bought in the console."""
    filled(project)
    project.sandbox.buy_in_console(CONSOLE, "the sales line")


def anew(project: ReadyProject) -> None:
    """A new inventory beside the project's numbers; the old one is lost."""
    filled(project)
    project.inventory.unlink()
    project.answer("inventory", "create")


def backed_up(project: ReadyProject) -> None:
    """A backup, and a hand-out after it."""
    filled(project)
    project.answer("inventory", "backup", str(project.home / BACKUP))
    project.answer("resolve", "--country", "US", "--ref", "a")


def everything_to_do(project: ReadyProject) -> None:
    """Something for every step of a reconcile: to settle, to take up, to expire, to fill."""
    filled(project)
    project.answer("resolve", "--country", "US", "--ref", "late")
    project.sandbox.fault(method="POST", path=BUY, fault="drop_after")
    project.sandbox.fault(method="GET", path=BUY, fault="delay")
    project.sandbox.fault(method="GET", path=BUY, fault="status", status=400, body="<html>")
    assert project.call("resolve", "--country", "CL", "--ref", "lost").exit_code == 9
    project.sandbox.fault(method="POST", path=BUY, fault="drop_before")
    never = project.call("resolve", "--country", "CL", "--ref", "never")
    assert never.exit_code == 9, never.err
    assert project.purchase_states()["unknown"] == 2
    over_at = time.monotonic() + 1.1
    assert run_dying(project, "request_code", "pool", "fill").exit_code == _KILLED
    assert project.states()["verifying"] == 1
    project.answer("config", "set", "pools.US.target_size", "5")
    time.sleep(max(0.0, over_at - time.monotonic()))  # the reservation, and any lateness


def changed_in_the_account(project: ReadyProject) -> None:
    """What only a look at the account, Kapso and Meta shows: claimed, gone, and forgotten."""
    held(project)
    (reserved,) = project.rows("SELECT preverified_id FROM numbers WHERE state = 'reserved'")
    project.sandbox.claim(preverified_id=str(reserved[0]), customer_id="c")
    project.sandbox.remove(number_in(project, "ready"))
    project.sandbox.buy_in_console(CONSOLE, "kt:acme:zzzzzzzz:aaaaaaaaaaaaaaaa")


def removed_at_kapso(project: ReadyProject) -> None:
    """A number was connected, its config is removed, and that was seen once."""
    held(project)
    ((number, preverified_id),) = project.rows(
        "SELECT phone_number, preverified_id FROM numbers WHERE state = 'reserved'"
    )
    project.sandbox.claim(preverified_id=preverified_id, customer_id="c")
    project.answer("reconcile")
    project.sandbox.unclaim(number)
    project.answer("reconcile")


def no_more_than(count: int) -> Mapping[str, object]:
    """Limits that one purchase too many would break."""
    return {"max_numbers": count, "max_purchases_per_run": count, "max_purchases_per_day": count}


def release_of_a_ready_one(project: ReadyProject) -> tuple[str, ...]:
    """The words that give a ready number back."""
    number = number_in(project, "ready")
    return ("number", "release", number, "--confirm", number)


CONSOLE = "+14155550123"
BACKUP = "backup.db"
BUNDLE, ADDRESS = bundle_sid("DE", "local"), address_sid("DE")
GERMANY = {
    "pools": None,
    "allowed_countries": ["DE", "US"],
    "default_country": "DE",
    "countries": {"DE": {"bundle_sid": BUNDLE, "address_sid": ADDRESS}},
}
POOL = {"US": {"target_size": 2, "post_disconnect": "return_to_pool"}}
POOL_OF_THREE = {"US": {"target_size": 3}}
NO_POOLS: Mapping[str, Any] = {"pools": None}
SOON_OVER = {"pools": POOL, "onboarding": {"reservation_ttl": "1s"}}

SCENARIOS = (
    Scenario(
        "provision",
        says("provision", "--country", "CL", "--yes"),
        1,
        changes=NO_POOLS,
        bought_again=1,
    ),
    Scenario(
        "pool fill",
        says("pool", "fill", "--concurrency", "1"),
        2,
        changes={"pools": POOL, "limits": no_more_than(2)},
    ),
    Scenario(
        "pool fill, 8 at once",
        says("pool", "fill", "--concurrency", "8"),
        3,
        changes={"pools": POOL_OF_THREE, "limits": no_more_than(3)},
    ),
    # An SMS that is blanked first, then calls.
    Scenario(
        "pool fill, by voice",
        says("pool", "fill", "--concurrency", "1"),
        2,
        changes={"pools": POOL, "limits": no_more_than(2)},
        code="filtered",
    ),
    Scenario(
        "resolve, bought live",
        says("resolve", "--country", "CL", "--ref", "a"),
        1,
        changes={**NO_POOLS, "limits": no_more_than(1)},
    ),
    Scenario(
        "resolve, from the pool",
        says("resolve", "--country", "US", "--ref", "a"),
        3,
        filled,
        asks_nobody=True,
    ),
    Scenario(
        "resolve, reused",
        says("resolve", "--country", "CL", "--ref", "a"),
        1,
        unpooled,
        changes=NO_POOLS,
        asks_nobody=True,
    ),
    # Six, and one more where it is killed between Meta's deletion and the record of it: that number
    # stays reserved until a person decides, and the pool gets another.
    Scenario(
        "reconcile",
        says("reconcile"),
        7,
        everything_to_do,
        changes=SOON_OVER,
        surplus={"US": 1},
    ),
    # Three, the console's, and one in the place of the one that is gone.
    Scenario(
        "reconcile, against the account",
        says("reconcile"),
        5,
        changed_in_the_account,
        changes={"pools": POOL},
        kapso=True,
        is_full=False,
    ),
    Scenario(
        "reconcile, after a removal",
        says("reconcile"),
        3,
        removed_at_kapso,
        changes={"onboarding": {"removal_confirmed_after": "0s"}},
        kapso=True,
        surplus={"US": 1},
    ),
    Scenario(
        "reconcile, verifying anew",
        says("reconcile"),
        2,
        filled,
        changes={"pools": POOL},
        aged=timedelta(days=60),
    ),
    Scenario(
        "reservation cancel",
        says("reservation", "cancel", "--ref", "a"),
        3,
        held,
        again=frozenset({0, 3}),
        surplus={"US": 1},
    ),
    Scenario("connect", says("connect", "--ref", "a"), 3, held, asks_nobody=True),
    Scenario(
        "disconnect",
        says("disconnect", "--ref", "a"),
        3,
        connected,
        kapso=True,
        surplus={"US": 1},
    ),
    Scenario(
        "number add-to-pool",
        names_a("provisioned", "number", "add-to-pool"),
        2,
        loose,
        asks_nobody=True,
    ),
    Scenario(
        "number verify",
        names_a("provisioned", "number", "verify"),
        2,
        unverified,
    ),
    Scenario(
        "provision, with bundle and address",
        says("provision", "--country", "DE", "--yes"),
        1,
        changes=GERMANY,
        bought_again=1,
    ),
    # A wish to release that is broken off stands until it is run again; the pool gets another.
    Scenario(
        "number release",
        release_of_a_ready_one,
        3,
        filled,
        changes={"pools": POOL},
        kapso=True,
        surplus={"US": 1},
    ),
    Scenario(
        "pool trim",
        says("pool", "trim", "US", "--confirm", "US:2"),
        3,
        above_target,
        changes={"pools": POOL_OF_THREE},
        again=frozenset({0, 3}),
        surplus={"US": 3},
    ),
    Scenario("number import", says("number", "import", CONSOLE), 3, in_the_console, kapso=True),
    Scenario(
        "reconcile --adopt",
        says("reconcile", "--adopt"),
        2,
        anew,
        mended_by=("reconcile", "--adopt"),
        is_full=False,
    ),
    Scenario(
        "inventory restore",
        lambda project: ("inventory", "restore", str(project.home / BACKUP), "--yes"),
        3,
        backed_up,
        asks_nobody=True,
    ),
    Scenario(
        "setup-link create",
        names_the_customer("setup-link", "create", "--ref", "a", "--country", "US"),
        3,
        with_customer,
        kapso=True,
        again=frozenset({0, 3}),
        surplus={"US": 1},
    ),
    Scenario(
        "setup-link create, live",
        names_the_customer("setup-link", "create", "--ref", "a", "--country", "CL"),
        3,
        with_customer,
        kapso=True,
        again=frozenset({0, 3}),
    ),
    Scenario(
        "setup-link create --replace",
        names_the_customer("setup-link", "create", "--replace"),
        4,
        with_link,
        kapso=True,
        surplus={"US": 2},
    ),
    Scenario(
        "setup-link create --replace, by its ref",
        names_the_customer("setup-link", "create", "--ref", "linked", "--replace"),
        3,
        with_link,
        kapso=True,
        surplus={"US": 1},
    ),
    Scenario(
        "setup-link revoke",
        says("setup-link", "revoke", "--ref", "linked"),
        3,
        with_link,
        kapso=True,
        again=frozenset({0, 3}),
        surplus={"US": 1},
    ),
    Scenario(
        "webhook configure",
        says("webhook", "configure", "--all", "--voice", *AT_RECEIVER),
        2,
        filled,
    ),
    Scenario(
        "doctor",
        says("doctor"),
        2,
        filled,
        changes={"allowed_countries": ["US", "CL"]},
        kapso=True,
    ),
    Scenario("webhook register", REGISTER, 2, filled, kapso=True),
    Scenario("webhook register, again", REGISTER, 2, registered, kapso=True),
    Scenario("webhook restore", says("webhook", "restore", "--all"), 2, pointing_at_a_receiver),
)


@dataclass(frozen=True)
class Prepared:
    """A scenario, arranged once in a folder, to begin from again and again."""

    scenario: Scenario
    folder: Path
    words: tuple[str, ...]

    @contextmanager
    def begin(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadyProject]:
        """A copy of it all, with a sandbox of its own."""
        shutil.copytree(self.folder, folder)
        code = self.scenario.code
        with running_sandbox(state_file=folder / _STATE, code=code) as sandbox:
            yield _project(self.scenario, folder, monkeypatch, sandbox)


def prepare(scenario: Scenario, folder: Path) -> Prepared:
    """Arrange a scenario in that folder."""
    folder.mkdir()
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        running_sandbox(state_file=folder / _STATE, code=scenario.code) as sandbox,
    ):
        changes = {
            **scenario.changes,
            "limits": {**scenario.changes.get("limits", {}), "settle_after": "0s"},
            "meta": {"code_timeout": "5s"},
        }
        project = ready_project(folder, monkeypatch, sandbox, kapso=scenario.kapso, **changes)
        scenario.arrange(project)
        prepared = Prepared(scenario, folder, scenario.words(project))
    if scenario.aged:
        let_age(folder / _STATE, project.inventory, scenario.aged)
    return prepared


def run_dying(project: ReadyProject, point: int | str, *words: str) -> Called:
    """Run a command as a process that dies at this point, if it comes to it."""
    done = subprocess.run(
        [sys.executable, str(_DYING), str(point), *words],
        cwd=project.home,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
    )
    return Called(done.returncode, done.stdout, done.stderr)


def was_killed(called: Called) -> bool:
    """Whether the process came to its point."""
    return called.exit_code == _KILLED


def reconcile_until_quiet(project: ReadyProject, *first: str) -> None:
    """Let reconcile put things right; three times at most, and the last has nothing to do."""
    for words in (first or ("reconcile",), ("reconcile",), ("reconcile",)):
        called = project.call(*words, "--json")
        assert called.exit_code == 0, called.err + called.out
        if not called.document["actions"]:
            return
    raise AssertionError(f"reconcile does not come to rest: {called.out}")


def _project(
    scenario: Scenario, folder: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    home = use_home(folder, monkeypatch)
    for name, value in sandbox.environment().items():
        if scenario.kapso or not name.startswith("KAPSO_TWILIO_KAPSO_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("KAPSO_TWILIO_DATA_DIR", str(home / "inventories"))
    inventory = home / "inventories" / "acme" / "inventory.db"
    return ReadyProject(home, home / "kapso-twilio.toml", inventory, sandbox)
