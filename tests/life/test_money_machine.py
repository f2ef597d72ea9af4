"""Whatever happens to a project, in whatever order: the books agree after every step.

A rule is one thing that a person, a customer, a vendor or time does. It draws what it needs, runs
commands by `self.world.run`, which holds each against the limits, and says nothing of the outcome:
`World.check` knows what must be true whatever it was. To add a command, add a rule of two lines.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from .world import LATE_MS, World

REFS = st.sampled_from(["r1", "r2", "r3", "r4", "r5", "r6"])
COUNTRIES = st.sampled_from(["US", "US", "CL"])
FOREIGN = st.sampled_from([f"+1415555010{index}" for index in range(4)])
CHOICE = st.integers(0, 9)
"""Which of those that there are; there may be none."""

BUY = r"IncomingPhoneNumbers\.json"
ONE = r"IncomingPhoneNumbers/PN\w+\.json"
META_LIST = "preverified_numbers"
META_POST = "add_phone_numbers|request_code|verify_code"
META_DELETE = r"^/v25\.0/\d+$"
TOO_MANY = {"code": 20429, "message": "Too Many Requests", "status": 429}
FAULTS = st.sampled_from(
    [
        {"method": "POST", "path": BUY, "fault": "drop_before"},
        {"method": "POST", "path": BUY, "fault": "drop_after"},
        {"method": "POST", "path": BUY, "fault": "status", "status": 500},
        {"method": "POST", "path": BUY, "fault": "status", "status": 429, "body": TOO_MANY},
        {"method": "POST", "path": BUY, "fault": "late", "delay_ms": LATE_MS},
        {"method": "POST", "path": BUY, "fault": "garble"},
        {"method": "POST", "path": BUY, "fault": "truncate"},
        {"method": "POST", "path": BUY, "fault": "status", "status": 503},
        {"method": "POST", "path": BUY, "fault": "status", "status": 408},
        {"method": "GET", "path": BUY, "fault": "lag", "delay_ms": LATE_MS},
        {"method": "GET", "path": BUY, "fault": "skip_page"},
        {"method": "GET", "path": BUY, "fault": "status", "status": 400, "body": "<html>"},
        {"method": "GET", "path": BUY, "fault": "status", "status": 503, "times": 9},
        {"method": "DELETE", "path": ONE, "fault": "drop_before"},
        {"method": "DELETE", "path": ONE, "fault": "drop_after"},
        {"method": "GET", "path": META_LIST, "fault": "skip_page"},
        {"method": "POST", "path": META_POST, "fault": "drop_before"},
        {"method": "POST", "path": META_POST, "fault": "drop_after"},
        {"method": "POST", "path": META_POST, "fault": "status", "status": 500},
        {"method": "DELETE", "path": META_DELETE, "fault": "drop_before"},
        {"method": "DELETE", "path": META_DELETE, "fault": "drop_after"},
    ]
)


SETTINGS = st.one_of(
    st.builds("pool set {} --target-size {}".format, COUNTRIES, st.integers(0, 3)),
    st.builds("pool set US {}".format, st.sampled_from(["--enable", "--disable"])),
    st.builds("config set limits.max_numbers {}".format, st.integers(2, 12)),
    st.builds("config set limits.max_numbers_per_country {}".format, st.integers(2, 6)),
    st.builds("config set limits.max_monthly_cost {}".format, st.integers(3, 60)),
)


def nth(of: Sequence[str], choice: int) -> str | None:
    """One of them; None where there is none."""
    return of[choice % len(of)] if of else None


class MoneyMachine(RuleBasedStateMachine):
    """One project, one account, and everybody who does something to them."""

    world: World

    @initialize()
    def set_up(self) -> None:
        self.world = World.open()
        self.world.run("pool", "fill")

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    @invariant()
    def the_books_agree(self) -> None:
        if hasattr(self, "world"):
            self.world.check()

    # What an operator does.

    @rule(country=COUNTRIES)
    def provision(self, country: str) -> None:
        self.world.run("provision", "--country", country, "--yes")

    @rule()
    def fill(self) -> None:
        self.world.run("pool", "fill")

    @rule(words=st.sampled_from([(), ("--no-fill",)]))
    def reconcile(self, words: Sequence[str]) -> None:
        self.world.run("reconcile", *words)

    @rule(words=SETTINGS)
    def change_a_setting(self, words: str) -> None:
        self.world.run(*words.split())

    @rule(choice=CHOICE)
    def add_to_pool(self, choice: int) -> None:
        number = nth(self.world.in_state("provisioned", "unavailable"), choice)
        if number is not None:
            self.world.run("number", "add-to-pool", number, "--force")

    @rule(choice=CHOICE)
    def verify(self, choice: int) -> None:
        number = nth(self.world.in_state("provisioned", "quarantined"), choice)
        if number is not None:
            self.world.run("number", "verify", number, "--force")

    @rule(choice=CHOICE)
    def release(self, choice: int) -> None:
        number = nth(list(self.world.numbers()), choice)
        if number is not None:
            self.world.run("number", "release", number, "--confirm", number)

    @rule(count=st.integers(1, 3))
    def trim(self, count: int) -> None:
        self.world.run("pool", "trim", "US", "--confirm", f"US:{count}")

    @rule(number=FOREIGN, words=st.sampled_from([(), ("--pool",)]))
    def take_in_what_was_bought_in_the_console(self, number: str, words: Sequence[str]) -> None:
        self.world.take_in(number, *words)

    @rule(choice=CHOICE, brought=st.booleans())
    def say_what_came_of_a_purchase(self, choice: int, brought: bool) -> None:
        purchase = nth(self.world.unresolved(), choice)
        if purchase is not None:
            self.world.settle_by_hand(purchase, brought=brought)

    # What happens to onboardings.

    @rule(ref=REFS)
    def resolve(self, ref: str) -> None:
        self.answer(ref, "--country", "US")

    @rule(ref=REFS)
    def resolve_without_a_purchase(self, ref: str) -> None:
        self.answer(ref, "--country", "US", "--no-provision")

    @rule(ref=REFS)
    def resolve_where_there_may_be_no_pool(self, ref: str) -> None:
        self.answer(ref, "--country", "CL")

    @rule(choice=CHOICE)
    def resolve_again(self, choice: int) -> None:
        ref = nth(list(self.world.holders()), choice)
        if ref is not None:
            self.answer(ref)

    def answer(self, ref: str, *words: str) -> None:
        before = self.world.holders()
        called = self.world.run("resolve", "--ref", ref, *words)
        self.world.note_answer(ref, before, called)

    @rule(choice=CHOICE)
    def connect(self, choice: int) -> None:
        number = nth(list(self.world.numbers()), choice)
        if number is not None:
            self.world.run("connect", number)

    @rule(choice=CHOICE, policy=st.sampled_from(["return_to_pool", "mark_unavailable"]))
    def disconnect(self, choice: int, policy: str) -> None:
        number = nth(self.world.in_state("connected"), choice)
        if number is not None:
            self.world.run("disconnect", number, "--policy", policy)

    @rule(choice=CHOICE)
    def cancel(self, choice: int) -> None:
        ref = nth(list(self.world.holders()), choice)
        if ref is not None:
            self.world.run("reservation", "cancel", "--ref", ref)

    # What customers do.

    @rule(choice=CHOICE)
    def a_customer_finishes(self, choice: int) -> None:
        """With the id or the number that was shown; it may be long ago."""
        open_to_claim = [one for one in self.world.shown if one in self.world.at_meta()]
        preverified_id = nth(open_to_claim, choice)
        if preverified_id is not None:
            self.world.sandbox.claim(preverified_id=preverified_id)

    @rule(choice=CHOICE)
    def a_customer_leaves(self, choice: int) -> None:
        number = nth(self.world.connected_at_kapso(), choice)
        if number is not None:
            self.world.sandbox.unclaim(number)

    # What happens in the account, at the vendors, and with time.

    @rule(number=FOREIGN)
    def somebody_buys_in_the_console(self, number: str) -> None:
        if number not in self.world.names_in_the_account():
            self.world.sandbox.buy_in_console(number, "the sales line")
            self.world.foreign[number] = "the sales line"

    @rule(choice=CHOICE)
    def somebody_removes_one_of_ours(self, choice: int) -> None:
        number = nth(self.world.held_by_the_account(), choice)
        if number is not None and number in self.world.numbers():
            self.world.sandbox.remove(number)
            self.world.removed.add(number)

    @rule(choice=CHOICE)
    def somebody_renames_one_of_ours(self, choice: int) -> None:
        number = nth(list(self.world.names_in_the_account()), choice)
        if number is not None and number in self.world.numbers():
            self.world.rename(number, "the sales line")

    @rule(fault=FAULTS)
    def something_is_about_to_go_wrong(self, fault: dict[str, object]) -> None:
        self.world.sandbox.fault(**fault)  # type: ignore[arg-type]

    @rule()
    def nothing_goes_wrong_any_more(self) -> None:
        self.world.sandbox.clear_faults()

    @rule()
    def a_day_passes(self) -> None:
        self.world.a_day_passes()

    @rule()
    def verifications_come_to_their_end(self) -> None:
        """As far as the program can tell: what is left of them is not enough for a while."""
        self.world.run("config", "set", "onboarding.min_validity", "45d")
        self.world.run("reconcile", "--no-fill")
        self.world.run("config", "set", "onboarding.min_validity", "24h")


class LongMoneyMachine(MoneyMachine):
    """The same, for longer."""


ALWAYS = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # shrinking runs a failing life again for minutes: add it by hand
    suppress_health_check=list(HealthCheck),
)
TestMoney = MoneyMachine.TestCase
TestMoney.settings = settings(ALWAYS, max_examples=25, stateful_step_count=20)
TestMoneyForLonger = pytest.mark.whole(LongMoneyMachine.TestCase)
TestMoneyForLonger.settings = settings(ALWAYS, max_examples=200, stateful_step_count=40)
