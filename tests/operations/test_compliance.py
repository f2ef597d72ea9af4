"""Paperwork is looked at before money is spent, and only what applies is asked for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace

from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.purchase import Purpose, RegulatorySids
from kapso_twilio_cli.errors import CredentialsError, VendorRefused, VendorUnavailable
from kapso_twilio_cli.operations.buying.compliance import Papers, look_at_papers
from kapso_twilio_cli.operations.buying.purchase import Basket, buy_number
from kapso_twilio_cli.operations.buying.quote import Choice, Quote, Wanted, choose_for, quote
from kapso_twilio_cli.operations.buying.shelf import Shelf
from kapso_twilio_cli.operations.stopping import StopRequest
from kapso_twilio_cli.sandbox.catalogue import address_sid, bundle_sid, stray_address_sid
from tests.gateways.clients import count, twilio_error

from .shops import US, Shop

GB, DE, SE = Country("GB"), Country("DE"), Country("SE")
GB_MOBILE = bundle_sid("GB", "mobile")
BUNDLES, REGULATIONS = r"/Bundles", r"/Regulations\?"
ADDRESSES = r"/Addresses/"
PAPERS = r"/RegulatoryCompliance/|/Addresses/"


def choice(shop: Shop, country: Country, **wanted: Any) -> Choice:
    """What the shop's settings and the call choose."""
    return choose_for(shop.project.config, Wanted(country, **wanted))


def gb_mobile(shop: Shop, **wanted: Any) -> Quote:
    """Ask for a quote of GB mobile numbers."""
    return quote(shop.project, choice(shop, GB, number_type=NumberType.MOBILE, **wanted))


def on_sale(shop: Shop, *requirements: str) -> list[str]:
    """Let the next search find US numbers that require this of an address, one each."""
    names = [number.phone_number for number in shop.quote().on_sale][: len(requirements)]
    numbers = [
        {"phone_number": name, "address_requirements": required, "capabilities": {"SMS": True}}
        for name, required in zip(names, requirements, strict=True)
    ]
    body = {"available_phone_numbers": numbers}
    shop.sandbox.fault(fault="status", path=r"US/Local\.json", status=200, body=body)
    return [str(name) for name in names]


def test_without_bundle_and_address_no_paper_is_asked_for(shop: Shop) -> None:
    shop.quote()
    assert count(shop.sandbox, PAPERS) == count(shop.sandbox, REGULATIONS) == 1
    assert len(shop.sandbox.requests()) == 4, "types, prices, a sample, regulations"


def test_with_a_bundle_the_regulations_of_the_country_are_not_asked_for(shop: Shop) -> None:
    quoted = gb_mobile(shop, bundle_sid=GB_MOBILE)
    assert quoted.choice.regulatory.bundle_sid == GB_MOBILE
    assert quoted.warnings == []
    assert count(shop.sandbox, REGULATIONS) == count(shop.sandbox, "ItemAssignments") == 0
    assert count(shop.sandbox, ADDRESSES) == 0


def test_bundle_and_address_together_are_looked_into(shop: Shop) -> None:
    quoted = gb_mobile(shop, bundle_sid=GB_MOBILE, address_sid=address_sid("GB"))
    assert quoted.choice.regulatory.address_sid == address_sid("GB")
    with pytest.raises(VendorRefused, match=stray_address_sid("GB")) as caught:
        gb_mobile(shop, bundle_sid=GB_MOBILE, address_sid=stray_address_sid("GB"))
    assert caught.value.hint == f"kapso-twilio country set GB --address-sid {address_sid('GB')}"


def test_an_address_that_only_a_document_names_is_in_the_bundle(shop: Shop) -> None:
    paper = shop.project.twilio.compliance
    document = next(sid for sid in paper.items(GB_MOBILE) if sid.startswith("RD"))
    body = {"results": [{"object_sid": document}], "meta": {"key": "results"}}
    shop.sandbox.fault(fault="status", path="ItemAssignments", status=200, body=body)
    quoted = gb_mobile(shop, bundle_sid=GB_MOBILE, address_sid=address_sid("GB"))
    assert quoted.paperwork.addresses_in_bundle == {address_sid("GB")}


@pytest.mark.parametrize(
    ("country", "kind", "address"),
    [(DE, NumberType.LOCAL, address_sid("GB")), (SE, NumberType.MOBILE, address_sid("SE"))],
)
def test_an_address_in_the_wrong_country_is_refused(
    shop: Shop, country: Country, kind: NumberType, address: str
) -> None:
    with pytest.raises(VendorRefused, match=f"address {address} cannot be used"):
        quote(shop.project, choice(shop, country, number_type=kind, address_sid=address))


def test_a_missing_address_is_refused(shop: Shop) -> None:
    with pytest.raises(VendorRefused, match=r"local numbers in Germany \(DE\) need an address in"):
        quote(shop.project, choice(shop, DE))


@pytest.mark.parametrize("shop", [{"twilio": {"bundle_sid": GB_MOBILE}}], indirect=True)
def test_the_projects_bundle_is_sent_to_its_own_country_alone(shop: Shop) -> None:
    assert gb_mobile(shop).choice.regulatory.bundle_sid == GB_MOBILE
    assert shop.quote().choice.regulatory == RegulatorySids()
    with pytest.raises(VendorRefused) as caught:
        quote(shop.project, choice(shop, GB, address_sid=address_sid("GB")))
    assert (caught.value.reason or "").startswith("it is for GB mobile numbers, not for GB local")


def test_regulated_numbers_without_a_bundle_only_warn(shop: Shop) -> None:
    (warning,) = gb_mobile(shop).warnings
    assert "may need a regulatory bundle" in warning


@pytest.mark.parametrize("status", [403, 503])
def test_that_regulations_cannot_be_asked_for_stops_nothing(shop: Shop, status: int) -> None:
    body = twilio_error(70051, status)
    shop.sandbox.fault(fault="status", path=REGULATIONS, status=status, body=body, times=None)
    shop.sandbox.fault(fault="status", path=r"/Regulations$", status=status, body=body, times=None)
    assert gb_mobile(shop).warnings == []


def test_an_answer_about_regulations_is_not_waited_for_long(shop: Shop) -> None:
    shop.sandbox.fault(fault="delay", path="/Regulations", delay_ms=8_000)
    began = time.monotonic()
    assert gb_mobile(shop).warnings == []
    assert time.monotonic() - began < 6


def test_a_bundle_that_cannot_be_read_is_not_taken_for_good(shop: Shop) -> None:
    body = twilio_error(70051, 403)
    shop.sandbox.fault(fault="status", path=BUNDLES, status=403, body=body)
    with pytest.raises(CredentialsError):
        gb_mobile(shop, bundle_sid=GB_MOBILE)
    shop.sandbox.fault(fault="status", path=BUNDLES, status=503, times=None)
    with pytest.raises(VendorUnavailable):
        gb_mobile(shop, bundle_sid=GB_MOBILE)


def test_countries_that_share_papers_ask_for_each_once(shop: Shop) -> None:
    papers = Papers(shop.project)
    sids = {"bundle_sid": GB_MOBILE, "address_sid": address_sid("GB")}
    for country in (GB, US, DE):
        look_at_papers(shop.project, choice(shop, country, **sids), papers)
    assert count(shop.sandbox, rf"/Bundles/{GB_MOBILE}$") == 1
    assert count(shop.sandbox, "ItemAssignments") == count(shop.sandbox, ADDRESSES) == 1


def test_papers_that_could_not_be_had_are_asked_for_again(shop: Shop) -> None:
    papers = Papers(shop.project)
    shop.sandbox.fault(fault="status", path=BUNDLES, status=403, body=twilio_error(70051, 403))
    with pytest.raises(CredentialsError):
        papers.bundle(GB_MOBILE)
    assert papers.bundle(GB_MOBILE) == papers.bundle(GB_MOBILE) is not None
    assert count(shop.sandbox, BUNDLES) == 2


def test_who_asks_at_the_same_time_waits_for_the_one_answer(shop: Shop) -> None:
    papers = Papers(shop.project)
    shop.sandbox.fault(fault="delay", path=BUNDLES, delay_ms=300)
    with ThreadPoolExecutor(6) as workers:
        found = list(workers.map(papers.bundle, [GB_MOBILE] * 6))
    assert len(set(found)) == 1
    assert count(shop.sandbox, BUNDLES) == 1


def test_of_mixed_numbers_those_that_can_be_bought_are_kept(shop: Shop) -> None:
    names = on_sale(shop, "local", "none", "any")
    quoted = shop.quote()
    assert [number.phone_number for number in quoted.on_sale] == [names[1]]
    shelf = Shelf(shop.project, quoted)
    bought = buy_number(shop.project, Basket(quoted, Purpose(pool=US), shelf), StopRequest())
    assert bought.phone_number == names[1]


def test_a_later_search_keeps_those_that_can_be_bought_too(shop: Shop) -> None:
    quoted = shop.quote()
    *_, able = on_sale(shop, *["local"] * 20, "none")
    assert next(Shelf(shop.project, replace(quoted, on_sale=()))) == able


def test_if_no_number_can_be_bought_the_country_is_refused(shop: Shop) -> None:
    on_sale(shop, "local", "any")
    with pytest.raises(VendorRefused, match="need an address in United States"):
        shop.quote()


def test_nothing_is_written_by_looking(shop: Shop) -> None:
    before = shop.files.everything()
    gb_mobile(shop, bundle_sid=GB_MOBILE, address_sid=address_sid("GB"))
    assert shop.files.everything() == before


def test_a_quote_costs_no_more_round_trips_than_its_longest_question(shop: Shop) -> None:
    shop.quote()  # connections are made
    shop.sandbox.fault(fault="delay", path=".", delay_ms=400, times=None)
    began = time.monotonic()
    gb_mobile(shop, bundle_sid=GB_MOBILE, address_sid=address_sid("GB"))
    assert time.monotonic() - began < 4 * 0.4, "two, for a bundle and its regulation"
