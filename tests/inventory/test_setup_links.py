"""Setup links in the inventory: one in the making a customer, and what a restore keeps of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapso_twilio_cli.domain.purchase import Owner
from kapso_twilio_cli.domain.setup_link import LinkState, SetupLink
from kapso_twilio_cli.errors import Locked
from kapso_twilio_cli.inventory.backup import back_up
from kapso_twilio_cli.inventory.restore import restore
from kapso_twilio_cli.inventory.store import Inventory, Session

from .restores import request
from .stores import CL, DAY, NOW, US, make_inventory, opened

OWNER = Owner("here", "boot", 1, "start")


def ask(tx: Session, customer: str = "c", *, ref: str | None = None) -> SetupLink:
    return tx.setup_links.ask(customer, [US, CL], OWNER, NOW, ref=ref, by_kapso=False)


def test_a_customer_has_one_link_in_the_making(inventory: Inventory) -> None:
    with inventory.write() as tx:
        first = ask(tx)
        ask(tx, "another")
    with pytest.raises(Locked), inventory.write() as tx:
        ask(tx)
    with inventory.write() as tx:
        made = tx.setup_links.made(first, "link-1", NOW + DAY)
    with pytest.raises(Locked), inventory.write() as tx:
        ask(tx)
    with inventory.write() as tx:
        tx.setup_links.become(made, LinkState.ACTIVE, NOW)
        ask(tx)


def test_the_ref_of_a_link_is_its_id_unless_it_was_given_one(inventory: Inventory) -> None:
    with inventory.write() as tx:
        made = tx.setup_links.made(ask(tx), "link-1", NOW + DAY)
        named = tx.setup_links.made(ask(tx, "d", ref="signup-1"), "link-2", None)
    assert (made.ref, made.countries, made.expires_at) == ("link-1", (US, CL), NOW + DAY)
    assert named.ref == "signup-1"


def test_a_link_that_has_ended_says_when_and_why(inventory: Inventory) -> None:
    with inventory.write() as tx:
        link = tx.setup_links.made(ask(tx), "link-1", NOW + DAY)
        ended = tx.setup_links.become(link, LinkState.REVOKED, NOW + DAY, reason="why")
        assert (ended.ended_at, ended.reason) == (NOW + DAY, "why")
        assert tx.setup_links.living() == []
        assert tx.setup_links.of_link("link-1") == ended


def test_a_restore_knows_a_link_as_the_present_does(tmp_path: Path) -> None:
    path, backup = make_inventory(tmp_path / "inventory.db"), tmp_path / "backup.db"
    with opened(path) as inventory:
        with inventory.write() as tx:
            link = tx.setup_links.made(ask(tx), "link-1", NOW + DAY)
            tx.setup_links.become(link, LinkState.ACTIVE, NOW)
        back_up(path, backup)
        with inventory.write() as tx:
            tx.setup_links.become(link, LinkState.REVOKED, NOW)
            later = tx.setup_links.made(ask(tx), "link-2", NOW + DAY)
            tx.setup_links.become(later, LinkState.ACTIVE, NOW)
    restore(request(path, backup))
    with opened(path) as inventory, inventory.read() as session:
        known = {link.link_id: link.state for link in session.setup_links.all()}
    assert known == {"link-1": LinkState.REVOKED, "link-2": LinkState.ACTIVE}
