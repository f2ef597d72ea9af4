"""Pools that are full from the start: a claim asks no vendor, so none needs to know the numbers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.domain.money import Money
from kapso_twilio_cli.domain.number import NewNumber, NumberFacts
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.project import Project
from tests.projects import ReadyProject

US = Country("US")


def put_ready_numbers(files: ReadyProject, count: int) -> None:
    """Let numbers stand ready in the US pool, with a verification of a month."""
    project = Project.locate(name=None, config_path=files.path)
    now = project.now()
    expiry = now + timedelta(days=30)
    with project.inventory.write() as tx:
        for index in range(count):
            entering = tx.numbers.add(_new(index), NumberEvent.IMPORTED, now)
            begun = tx.numbers.apply(entering, NumberEvent.BEGIN_VERIFICATION, now)
            facts = replace(
                begun.facts, preverified_id=f"id{index}", verification_expiry_time=expiry
            )
            tx.numbers.apply(replace(begun, facts=facts), NumberEvent.VERIFIED, now)
    project.inventory.close()


def _new(index: int) -> NewNumber:
    facts = NumberFacts("by hand", can_receive_sms=True, pool=US)
    phone_number = PhoneNumber(f"+1415555{index:04d}")
    price = Money(Decimal("1.15"), "USD")
    return NewNumber(phone_number, f"PN{index:032x}", US, NumberType.LOCAL, price, None, facts)
