"""Paperwork before a purchase."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from kapso_twilio_cli.sandbox.catalogue import (
    address_sid,
    bundle_sid,
    document_sid,
    regulation_sid,
    stray_address_sid,
)
from tests.sandbox.clients import refusal
from tests.vendors import RunningSandbox


def buy(client: Client, country: str, kind: str, **papers: str) -> int | None:
    """Buy the first number on sale; give the code of the refusal, None when it was bought."""
    numbers = getattr(client.available_phone_numbers(country), kind).list(limit=1)
    try:
        client.incoming_phone_numbers.create(phone_number=str(numbers[0].phone_number), **papers)
    except TwilioRestException as error:
        return int(error.code)
    return None


def test_well_known_sids_can_be_written_down() -> None:
    assert bundle_sid("GB", "mobile") == "BU47420200000000000000000000000001"
    assert bundle_sid("DE", "local") == "BU44450100000000000000000000000001"
    assert address_sid("DE") == "AD44450000000000000000000000000001"


def test_gb_mobile_needs_a_bundle_though_it_needs_no_address(
    sandbox: RunningSandbox, twilio: Client
) -> None:
    assert buy(twilio, "GB", "mobile") == 21649
    assert sandbox.ledger() == []
    assert buy(twilio, "GB", "mobile", bundle_sid=bundle_sid("GB", "mobile")) is None


def test_each_error_hides_the_next(twilio: Client) -> None:
    home, bundle = address_sid("DE"), bundle_sid("DE", "local")
    assert buy(twilio, "DE", "local") == 21631
    assert buy(twilio, "DE", "local", address_sid=address_sid("GB")) == 21615
    assert buy(twilio, "DE", "local", address_sid=home) == 21649
    outside = stray_address_sid("DE")
    assert buy(twilio, "DE", "local", address_sid=outside, bundle_sid=bundle) == 21651
    assert buy(twilio, "DE", "local", address_sid=home, bundle_sid=bundle) is None


@pytest.mark.parametrize(
    "sid",
    [
        bundle_sid("GB", "mobile", "draft"),
        bundle_sid("GB", "mobile", "pending-review"),
        bundle_sid("GB", "mobile", "twilio-rejected"),
        bundle_sid("GB", "mobile", "expired"),
        bundle_sid("GB", "mobile", "other-account"),
        bundle_sid("GB", "local"),
        bundle_sid("DE", "mobile"),
        "BU" + "a" * 32,
    ],
)
def test_only_the_right_approved_bundle_counts(twilio: Client, sid: str) -> None:
    assert buy(twilio, "GB", "mobile", bundle_sid=sid) == 21649


def test_a_foreign_address_must_be_foreign(twilio: Client) -> None:
    assert buy(twilio, "SE", "mobile", address_sid=address_sid("SE")) == 21613
    assert buy(twilio, "SE", "mobile", address_sid="AD" + "b" * 32) == 21628
    assert buy(twilio, "SE", "mobile", address_sid=address_sid("US")) is None


def test_a_bundle_leads_to_its_country_type_and_address(
    sandbox: RunningSandbox, twilio: Client
) -> None:
    compliance = twilio.numbers.v2.regulatory_compliance
    bundle = compliance.bundles(bundle_sid("GB", "mobile")).fetch()
    assert (bundle.status, bundle.account_sid) == (
        "twilio-approved",
        sandbox.credentials["account_sid"],
    )
    assert bundle.valid_until is not None
    assert bundle.valid_until > datetime.now(UTC)
    regulation = compliance.regulations(str(bundle.regulation_sid)).fetch()
    assert (regulation.iso_country, regulation.number_type) == ("GB", "mobile")
    items = compliance.bundles(str(bundle.sid)).item_assignments.list()
    assert {one.object_sid for one in items} == {address_sid("GB"), document_sid("GB")}
    document = compliance.supporting_documents(document_sid("GB")).fetch()
    assert document.attributes == {"address_sids": [address_sid("GB")]}
    assert twilio.addresses(address_sid("GB")).fetch().iso_country == "GB"


def test_bundles_show_why_they_are_not_good(sandbox: RunningSandbox, twilio: Client) -> None:
    bundles = twilio.numbers.v2.regulatory_compliance.bundles
    assert bundles(bundle_sid("GB", "mobile", "draft")).fetch().status == "draft"
    expired = bundles(bundle_sid("GB", "mobile", "expired")).fetch()
    assert expired.valid_until is not None
    assert expired.valid_until < datetime.now(UTC)
    other = bundles(bundle_sid("GB", "mobile", "other-account")).fetch()
    assert other.account_sid != sandbox.credentials["account_sid"]
    with pytest.raises(TwilioRestException) as error:
        bundles("BU" + "a" * 32).fetch()
    assert refusal(error.value) == (404, 20404)


def test_regulations_name_what_needs_a_bundle(twilio: Client) -> None:
    regulations = twilio.numbers.v2.regulatory_compliance.regulations
    found = regulations.list(iso_country="GB", number_type="mobile")
    assert [one.sid for one in found] == [regulation_sid("GB", "mobile")]
    assert regulations.list(iso_country="US", number_type="local") == []


def test_lists_of_the_newer_api_page_to_the_end(twilio: Client) -> None:
    bundles = twilio.numbers.v2.regulatory_compliance.bundles
    everything = bundles.list()
    assert len({one.sid for one in everything}) == len(everything) > 60
    approved = bundles.list(status="twilio-approved", iso_country="GB", number_type="mobile")
    assert len(approved) == 2
