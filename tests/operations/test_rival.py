"""Two projects of one account that bought one number: its label decides."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from kapso_twilio_cli.domain.lifecycle import NumberState
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.operations.buying.rival import rivals_on_newest, taken_by

from .shops import Shop, wait_for

RIVAL = "kt:rival:abcdefgh:aaaaaaaaaaaaaaaa"


@dataclass
class Renamer:
    """Another project whose purchase of the same number arrives a moment after ours."""

    shop: Shop
    renamed: list[str]

    def work(self) -> None:
        wait_for(lambda: bool(self.shop.files.bought()))
        (entry,) = self.shop.sandbox.ledger()
        self.shop.project.twilio.numbers.label(entry["sid"], RIVAL)
        self.renamed.append(entry["phone_number"])


@pytest.mark.parametrize(
    "shop", [{"pools": {"US": {"target_size": 1}}, "meta": {"code_timeout": "5s"}}], indirect=True
)
def test_a_pools_number_that_another_project_bought_too_never_becomes_ready(shop: Shop) -> None:
    shop.sandbox.fault(fault="delay", method="POST", path="request_code", delay_ms=500)
    renamer = Renamer(shop, [])
    thread = threading.Thread(target=renamer.work)
    thread.start()
    called = shop.files.call("pool", "fill", "--json")
    thread.join()
    assert called.exit_code == 5
    assert called.document["error"]["reason"] == "another buyer of this account took it"
    (theirs,) = renamer.renamed
    assert shop.files.states() == {"missing": 1}
    lost = shop.number(PhoneNumber(theirs))
    assert lost is not None
    assert lost.reason == "project rival took it in the same moment"
    assert shop.label_of(lost.phone_number) == RIVAL
    shop.files.answer("reconcile", "--no-fill")
    assert shop.files.states() == {"missing": 1}


def test_the_labels_of_all_new_numbers_are_seen_by_one_call(shop: Shop) -> None:
    ours, by_hand, theirs = (shop.buy(shop.on_sale()) for _ in range(3))
    shop.project.twilio.numbers.label(by_hand.sid, "the sales line")
    shop.project.twilio.numbers.label(theirs.sid, RIVAL)
    before = len(shop.sandbox.requests())
    seen = rivals_on_newest(shop.project)
    assert len(shop.sandbox.requests()) == before + 1
    assert seen == {
        ours.phone_number: None,
        by_hand.phone_number: None,
        theirs.phone_number: "rival",
    }
    assert [taken_by(shop.project, one) for one in (ours, by_hand, theirs)] == [None, None, "rival"]


def test_where_the_labels_cannot_be_read_nothing_speaks_against_a_number(shop: Shop) -> None:
    number = shop.buy(shop.on_sale())
    shop.sandbox.fault(fault="status", status=401, method="GET", path="Incoming", times=None)
    assert rivals_on_newest(shop.project) == {}
    assert taken_by(shop.project, number) is None
    assert number.state is NumberState.PROVISIONED
