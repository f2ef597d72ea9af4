"""One project's life against one sandbox, and what must be true of it at any moment."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli.domain.label import parse_label
from tests.cli.calls import Called
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

LATE_MS = 150
LOOKS_ON = {"X-Sandbox-Looks-On": "yes"}
"""What the test asks meets none of the faults that wait for the program."""
A_DAY = timedelta(days=1)
SETTINGS: Mapping[str, Any] = {
    "allowed_countries": ["US", "CL"],
    "pools": {"US": {"target_size": 2, "post_disconnect": "return_to_pool"}},
    "limits": {"max_purchases_per_run": 4, "max_purchases_per_day": "none"},
    "meta": {"code_timeout": "1s"},
}
EXIT_CODES = {0, 3, 5, 6, 7, 8, 9, 75}
"""Nothing here is wrong usage (2), rejected credentials (4), a bug (1) or a signal."""


@dataclass
class World:
    """Opened for one example, and closed after it."""

    project: ReadyProject
    sandbox: RunningSandbox
    closing: ExitStack
    shown: dict[str, str] = field(default_factory=dict)
    """Which ref was shown which preverified_id: for good, whatever becomes of its reservation."""
    removed: set[str] = field(default_factory=set)
    """Numbers that left the account behind the program's back."""
    foreign: dict[str, str] = field(default_factory=dict)
    """What else the account holds: name by number."""
    imported: set[str] = field(default_factory=set)
    """Numbers that were bought in the console, and taken in."""
    runs: Counter[str] = field(default_factory=Counter)

    @classmethod
    def open(cls) -> World:
        """Start a sandbox and a project of their own."""
        closing = ExitStack()
        folder = closing.enter_context(tempfile.TemporaryDirectory())
        patch = closing.enter_context(pytest.MonkeyPatch.context())
        sandbox = closing.enter_context(running_sandbox(verification_days=40))
        project = ready_project(Path(folder), patch, sandbox, kapso=True, **SETTINGS)
        return cls(project, sandbox, closing)

    def close(self) -> None:
        """Leave nothing behind."""
        self.closing.close()

    def run(self, *words: str) -> Called:
        """Run one command, as a person or cron would; hold it against the limits."""
        before, by_country = self.spending(), self.by_country()
        bought_before = len(self.project.bought())
        called = self.project.call(*words, "--json")
        self.runs[f"{words[0]} {called.exit_code}"] += 1
        assert called.exit_code in EXIT_CODES, (words, called)
        assert "Traceback" not in called.err, called.err
        if words[:2] != ("number", "import"):  # it takes in what is paid for already
            self.keeps_the_limits(before, by_country)
        if words[:2] == ("pool", "fill") or words[0] == "reconcile":
            assert len(self.project.bought()) - bought_before <= self.setting(
                "max_purchases_per_run"
            )
        return called

    def spending(self) -> tuple[int, Decimal]:
        """What counts against the limits: how many numbers, and their monthly cost."""
        ((count, cost),) = self.project.rows(
            "SELECT count(*), coalesce(sum(price_millionths), 0) FROM ("
            "SELECT price_millionths FROM numbers WHERE state <> 'released' UNION ALL"
            " SELECT price_millionths FROM purchases WHERE state IN ('open', 'unknown'))"
        )
        return count, Decimal(cost) / 1_000_000

    def by_country(self) -> dict[str, int]:
        """How many numbers of each country count against its limit."""
        rows = self.project.rows(
            "SELECT country, count(*) FROM ("
            "SELECT country FROM numbers WHERE state <> 'released' UNION ALL"
            " SELECT country FROM purchases WHERE state IN ('open', 'unknown')) GROUP BY country"
        )
        return dict(rows)

    def unresolved(self) -> list[str]:
        """The purchases whose outcome is not known, by id."""
        rows = self.project.rows("SELECT id FROM purchases WHERE state = 'unknown' ORDER BY id")
        return [purchase for (purchase,) in rows]

    def take_in(self, number: str, *words: str) -> None:
        """Import a number; it is ours from then on."""
        if self.run("number", "import", number, *words).exit_code == 0:
            self.imported.add(number)
        self.foreign = {n: name for n, name in self.foreign.items() if n != number}

    def settle_by_hand(self, purchase: str, *, brought: bool) -> None:
        """Say what the account shows, as an honest person would, or that it shows nothing."""
        rows = self.project.rows(f"SELECT phone_number FROM purchases WHERE id = '{purchase}'")  # noqa: S608
        held = [e["sid"] for e in self.sandbox.ledger() if e["phone_number"] == rows[0][0]]
        if held and brought:
            self.run("purchase", "settle", purchase, "--bought", held[-1])
        elif not held:
            self.run("purchase", "settle", purchase, "--not-bought")

    def setting(self, name: str) -> Any:
        """A limit in effect."""
        shown = self.project.answer("config", "show")["settings"]
        return next(one["value"] for one in shown if one["key"] == f"limits.{name}")

    def keeps_the_limits(
        self, before: tuple[int, Decimal], before_by_country: Mapping[str, int]
    ) -> None:
        """What was bought since `before` did not lead past a limit."""
        count, cost = self.spending()
        if count > before[0]:
            assert count <= self.setting("max_numbers")
            assert cost <= Decimal(str(self.setting("max_monthly_cost")))
        per_country = self.setting("max_numbers_per_country")
        for country, held in self.by_country().items():
            if isinstance(per_country, int) and held > before_by_country.get(country, 0):
                assert held <= per_country, (country, held)

    def numbers(self) -> dict[str, str]:
        """The state of each living number."""
        rows = self.project.rows(
            "SELECT phone_number, state FROM numbers WHERE state <> 'released'"
        )
        assert len(rows) == len({number for number, _ in rows})
        return dict(rows)

    def in_state(self, *states: str) -> list[str]:
        """Numbers in these states, in an order that does not change."""
        return [number for number, state in self.numbers().items() if state in states]

    def holders(self) -> dict[str, str]:
        """The number of each ref that holds one."""
        rows = self.project.rows(
            "SELECT ref, phone_number FROM reservations JOIN numbers ON numbers.id = number_id"
            " WHERE ended_at IS NULL ORDER BY reservations.id"
        )
        assert len({ref for ref, _ in rows}) == len({number for _, number in rows}) == len(rows)
        return dict(rows)

    def held_by_the_account(self) -> list[str]:
        """The numbers bought with our label that are being paid for, by the bill."""
        held: dict[str, str] = {}
        for entry in self.sandbox.ledger():
            label = parse_label(entry["friendly_name"])
            if entry["kind"] == "release":  # it may have another name by then
                held.pop(entry["sid"], None)
            elif label is not None and label.project == "acme":
                held[entry["sid"]] = entry["phone_number"]
        assert len(set(held.values())) == len(held), "a number is paid for twice"
        return list(held.values())

    def at_meta(self) -> dict[str, dict[str, str]]:
        """The objects of the portfolio, by id."""
        known = self.sandbox.credentials
        answer = self.sandbox.session.get(
            f"{self.sandbox.url}/v25.0/{known['meta_business_id']}/preverified_numbers",
            params={"limit": 100},
            headers={"Authorization": f"Bearer {known['meta_token']}", **LOOKS_ON},
            timeout=30,
        )
        return {one["id"]: one for one in answer.json()["data"]}

    def names_in_the_account(self) -> dict[str, str]:
        """The friendly name of each number at Twilio."""
        found = self._in_console("GET", "IncomingPhoneNumbers.json?PageSize=1000")
        listed = found["incoming_phone_numbers"]
        return {one["phone_number"]: one["friendly_name"] for one in listed}

    def rename(self, number: str, name: str) -> None:
        """Give a number another name in the console."""
        (sid,) = [one["sid"] for one in self.sandbox.ledger() if one["phone_number"] == number][-1:]
        self._in_console("POST", f"IncomingPhoneNumbers/{sid}.json", {"FriendlyName": name})

    def _in_console(
        self, method: str, path: str, form: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        account = self.sandbox.credentials["account_sid"]
        answer = self.sandbox.session.request(
            method,
            f"{self.sandbox.url}/2010-04-01/Accounts/{account}/{path}",
            data=form,
            auth=(account, self.sandbox.credentials["auth_token"]),
            headers=LOOKS_ON,
            timeout=30,
        )
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def connected_at_kapso(self) -> list[str]:
        """The numbers that have a WhatsApp config."""
        answer = self.sandbox.session.get(
            f"{self.sandbox.url}/platform/v1/whatsapp/phone_numbers",
            headers={"X-API-Key": self.sandbox.credentials["kapso_api_key"], **LOOKS_ON},
            timeout=30,
        )
        return [_e164(one["display_phone_number"]) for one in answer.json()["data"]]

    def a_day_passes(self) -> None:
        """What the inventory waits for comes a day nearer; what is late has come."""
        time.sleep(LATE_MS / 1000 + 0.05)
        with closing(sqlite3.connect(self.project.inventory)) as connection, connection:
            for table, column, condition in (
                ("reservations", "reserved_until", "ended_at IS NULL"),
                ("purchases", "started_at", "state = 'unknown'"),
            ):
                rows = connection.execute(
                    f"SELECT id, {column} FROM {table} WHERE {condition}"  # noqa: S608
                ).fetchall()
                earlier = [(_a_day_before(text), row_id) for row_id, text in rows]
                connection.executemany(
                    f"UPDATE {table} SET {column} = ? WHERE id = ?",  # noqa: S608
                    earlier,
                )

    def check(self) -> None:
        """Everything that must be true between two commands."""
        self.what_is_paid_for_is_known()
        self.nothing_is_known_that_was_never_bought()
        self.states_are_what_their_events_say()
        self.ready_numbers_can_be_handed_out()
        self.no_customer_can_claim_anothers_number()
        self.foreign_numbers_are_as_they_were()

    def what_is_paid_for_is_known(self) -> None:
        """The bill is the inventory's numbers and its unresolved purchases; each once."""
        unresolved = self.project.rows(
            "SELECT phone_number, state FROM purchases WHERE state IN ('open', 'unknown')"
        )
        assert "open" not in {state for _, state in unresolved}, "a command left it behind"
        waiting = {number for number, _ in unresolved}
        living = self.numbers()
        assert not waiting & set(living)
        for number in self.held_by_the_account():
            assert number in living or number in waiting, f"{number} is paid for, and not known"

    def nothing_is_known_that_was_never_bought(self) -> None:
        """A row stands for a number of the account, but for those that were taken out of it."""
        held = set(self.held_by_the_account())
        for number, state in self.numbers().items():
            known = number in held or number in self.removed or number in self.imported
            assert known, (number, state)
            assert state != "missing" or number not in held, f"{number} is there"

    def states_are_what_their_events_say(self) -> None:
        """The journal tells of every change."""
        wrong = self.project.rows(
            "SELECT phone_number, state, told FROM (SELECT *, (SELECT to_state FROM events"
            " WHERE number_id = numbers.id AND to_state IS NOT NULL ORDER BY id DESC LIMIT 1)"
            " AS told FROM numbers) WHERE told IS NOT state"
        )
        assert wrong == []

    def ready_numbers_can_be_handed_out(self) -> None:
        """Meta has each verified, under the id that the inventory would hand out."""
        objects = self.at_meta()
        now = datetime.now(UTC)
        for number, preverified_id, expiry in self.project.rows(
            "SELECT phone_number, preverified_id, verification_expiry_time FROM numbers"
            " WHERE state = 'ready'"
        ):
            assert datetime.fromisoformat(expiry) > now
            assert objects[preverified_id]["code_verification_status"] == "VERIFIED", number
            assert preverified_id not in self.shown, f"{number} was shown to a customer before"

    def no_customer_can_claim_anothers_number(self) -> None:
        """Of a number that is ready or held, no object is left that another customer was shown."""
        holders = {number: ref for ref, number in self.holders().items()}
        for preverified_id, one in self.at_meta().items():
            number = _e164(one["phone_number"])
            customer = self.shown.get(preverified_id)
            if customer is not None and number in self.in_state("ready", "reserved"):
                assert holders.get(number) == customer

    def foreign_numbers_are_as_they_were(self) -> None:
        """They are not ours to touch."""
        names = self.names_in_the_account()
        assert {number: names.get(number) for number in self.foreign} == self.foreign

    def note_answer(self, ref: str, before: Mapping[str, str], called: Called) -> None:
        """Hold one answer of `resolve` against those that were given before."""
        if called.exit_code != 0:
            return
        given = called.document
        assert given["ref"] == ref
        if ref in before:
            assert given["phone_number"] == before[ref], "the same ref, another number"
        else:
            assert given["phone_number"] not in before.values(), "it was another ref's"
        assert self.holders()[ref] == given["phone_number"]
        for preverified_id in _ids(given["embedded_signup"]):
            assert preverified_id == given["preverified_id"]
            assert self.shown.setdefault(preverified_id, ref) == ref, "it was shown to another"


def _ids(embedded_signup: Mapping[str, Any] | None) -> Sequence[str]:
    if embedded_signup is None:
        return ()
    return list(itertools.chain(embedded_signup["setup"]["preVerifiedPhone"]["ids"]))


def _e164(text: str) -> str:
    return "+" + "".join(filter(str.isdigit, text))


def _a_day_before(text: str) -> str:
    moment = datetime.fromisoformat(text) - A_DAY
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
