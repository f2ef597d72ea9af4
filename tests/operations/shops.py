"""A project at work against a sandbox, and what its purchases need."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.label import Label
from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.domain.number import NewNumber, Number, NumberFacts
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.domain.purchase import Owner, Purchase, PurchaseState, Purpose
from kapso_twilio_cli.ids import random_base32
from kapso_twilio_cli.operations.buying.purchase import Basket, buy_number
from kapso_twilio_cli.operations.buying.quote import Quote, Wanted, choose_for, quote
from kapso_twilio_cli.operations.stopping import StopRequest
from kapso_twilio_cli.process import _started as started
from kapso_twilio_cli.project import Project
from tests.projects import ReadyProject
from tests.vendors import RunningSandbox

US = Country("US")
OWNED = r"IncomingPhoneNumbers\.json"
POST = rf"POST .*{OWNED}"
FOR_THE_POOL = Purpose(pool=US)


@dataclass(frozen=True)
class Shop:
    """A project, the files it stands in, and the sandbox it buys from."""

    project: Project
    files: ReadyProject
    sandbox: RunningSandbox

    def quote(self) -> Quote:
        """Ask for the price of US local numbers."""
        return quote(self.project, choose_for(self.project.config, Wanted(US)))

    def on_sale(self, count: int = 1) -> list[PhoneNumber]:
        """Find numbers that can be bought."""
        found = self.project.twilio.numbers.search(
            US, NumberType.LOCAL, sms_only=True, contains=None
        )
        return [one.phone_number for one in found[:count]]

    def basket(self, candidates: Iterable[PhoneNumber], purpose: Purpose = FOR_THE_POOL) -> Basket:
        """Put numbers into a basket."""
        return Basket(self.quote(), purpose, candidates)

    def buy(self, candidates: Iterable[PhoneNumber], purpose: Purpose = FOR_THE_POOL) -> Number:
        """Buy one of these numbers."""
        return buy_number(self.project, self.basket(candidates, purpose), StopRequest())

    def intent(self, phone_number: PhoneNumber, **changes: Any) -> Purchase:
        """Write an intent as a process that is gone left it."""
        project, now = self.project, self.project.now()
        purchase_id = random_base32(16)
        label = Label(project.name, project.inventory.identity.installation, purchase_id)
        purchase = Purchase(
            id=purchase_id,
            account_sid=project.config.twilio.account_sid,
            phone_number=phone_number,
            country=US,
            number_type=NumberType.LOCAL,
            purpose=FOR_THE_POOL,
            regulatory=self.quote().choice.regulatory,
            price=self.quote().price,
            label=str(label),
            owner=project.owner,
            run_id="gone",
            started_at=now,
            deadline=now + timedelta(seconds=85),
        )
        purchase = replace(purchase, **changes)
        with project.inventory.write() as tx:
            tx.purchases.add(purchase)
        return purchase

    def purchase(self, purchase_id: str) -> Purchase:
        """Read a purchase back."""
        with self.project.inventory.read() as session:
            found = session.purchases.get(purchase_id)
        assert found is not None
        return found

    def only_purchase(self) -> Purchase:
        """Read the one purchase back."""
        ((purchase_id,),) = self.files.rows("SELECT id FROM purchases")
        return self.purchase(purchase_id)

    def number(self, phone_number: PhoneNumber) -> Number | None:
        """Read a number back."""
        with self.project.inventory.read() as session:
            return session.numbers.find(phone_number)

    def member(self, phone_number: PhoneNumber, **facts: Any) -> Number:
        """Let a number of the account enter as a member of the pool."""
        sid = self.sandbox.buy_in_console(phone_number)
        known = NumberFacts("by hand", can_receive_sms=True, pool=US, **facts)
        price = self.quote().price
        new = NewNumber(phone_number, sid, US, NumberType.LOCAL, price, None, known)
        with self.project.inventory.write() as tx:
            return tx.numbers.add(new, NumberEvent.IMPORTED, self.project.now())

    def label_of(self, phone_number: PhoneNumber) -> str:
        """Read what Twilio shows as a number's friendly name."""
        found = self.project.twilio.numbers.find(phone_number)
        assert found is not None
        return found.friendly_name

    def settle_as(self, purchase: Purchase, state: PurchaseState) -> Purchase:
        """Record an outcome."""
        with self.project.inventory.write() as tx:
            tx.purchases.settle(purchase, state, self.project.now())
        return self.purchase(purchase.id)


def dead_process(project: Project) -> Owner:
    """Give the owner that a process which has ended was."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    owner = replace(project.owner, pid=process.pid, pid_started=started(process.pid))
    process.stdin.close()
    process.wait()
    return owner


def wait_for(what: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)
