"""Reading from Twilio: pages, samples, prices, bundles and the inbox."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from kapso_twilio_cli.domain.compliance import Regulation
from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.money import Money
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.errors import KapsoTwilioError, VendorRefused, VendorUnavailable
from kapso_twilio_cli.gateways.twilio_client import TwilioAccount, TwilioClient
from kapso_twilio_cli.gateways.twilio_compliance import TwilioCompliance
from kapso_twilio_cli.gateways.twilio_inbox import TwilioInbox
from kapso_twilio_cli.gateways.twilio_numbers import TwilioNumbers
from kapso_twilio_cli.gateways.twilio_prices import TwilioPrices
from kapso_twilio_cli.sandbox.catalogue import address_sid, document_sid
from tests.vendors import RunningSandbox, running_sandbox

from .clients import GB, OWNED, US, count, twilio_client, twilio_error, twilio_numbers_at
from .servers import Answer, serving

LONGER, SHORTER = PhoneNumber("+49301234567"), PhoneNumber("+4930123456")
BUNDLE = "BU47420200000000000000000000000001"


def page(first: int, size: int, following: str | None) -> dict[str, object]:
    """Write a page of owned numbers as Twilio does: the next URI is relative."""
    entry = {"friendly_name": "", "capabilities": {"sms": True}, "date_created": None}
    return {
        "incoming_phone_numbers": [
            entry | {"sid": f"PN{n:032d}", "phone_number": f"+1415555{n:04d}"}
            for n in range(first, first + size)
        ],
        "next_page_uri": following,
        "page": 0,
    }


FOLLOWING = "/2010-04-01/Accounts/AC0/IncomingPhoneNumbers.json?PageSize=1000&Page=1&PageToken=PA1"


def second_page(answer: Answer) -> dict[bool, Answer]:
    """Answer the first page well, and the second by `answer`."""
    return {False: (200, page(0, 3, FOLLOWING)), True: answer}


def test_a_listing_goes_over_all_pages() -> None:
    pages = second_page((200, page(3, 2, None)))
    with (
        serving(lambda request: pages["Page=1" in request]) as served,
        twilio_numbers_at(served.url) as numbers,
    ):
        listed = [owned.phone_number for owned in numbers.owned()]
    assert listed == [f"+1415555{n:04d}" for n in range(5)]
    assert served.requests[1] == f"GET {FOLLOWING}"


@pytest.mark.parametrize(
    ("answer", "kind", "sent"),
    [
        ((500, twilio_error(20500, 500)), VendorUnavailable, 4),
        ((200, "<html>"), VendorUnavailable, 4),
        ((400, twilio_error(20007)), VendorRefused, 1),
        ((400, "<html>"), VendorUnavailable, 1),
        ((302, {}), VendorUnavailable, 1),
        ((200, {}), VendorUnavailable, 1),
        ((200, {"incoming_phone_numbers": None}), VendorUnavailable, 1),
        ((200, {"incoming_phone_numbers": [{}]}), VendorUnavailable, 1),
        ((200, {"incoming_phone_numbers": ["one"]}), VendorUnavailable, 1),
    ],
)
def test_a_page_that_cannot_be_had_makes_the_whole_listing_fail(
    answer: Answer, kind: type[KapsoTwilioError], sent: int
) -> None:
    pages = second_page(answer)
    with (
        serving(lambda request: pages["Page=1" in request]) as served,
        twilio_numbers_at(served.url) as numbers,
        pytest.raises(kind),
    ):
        list(numbers.owned())
    assert len(served.requests) == 1 + sent


def test_no_page_is_larger_than_twilio_gives(client: TwilioClient, sandbox: RunningSandbox) -> None:
    numbers = TwilioNumbers(client)
    list(numbers.owned())
    numbers.find(LONGER)
    numbers.check_credentials()
    numbers.search(US, NumberType.LOCAL, sms_only=True, contains=None)
    TwilioInbox(client).since(datetime.now(UTC))
    sizes = [re.search(r"PageSize=(\d+)", request) for request in sandbox.requests()]
    assert len(sizes) == 5
    assert all(size is not None and int(size[1]) <= 1000 for size in sizes)


def test_a_number_is_found_by_its_whole_e164_alone(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    sandbox.buy_in_console(LONGER)
    assert numbers.find(SHORTER) is None
    assert count(sandbox, rf"GET .*{OWNED}\?.*PhoneNumber=") == 1
    found = numbers.find(LONGER)
    assert found is not None
    assert found.phone_number == LONGER
    sandbox.buy_in_console(SHORTER)  # now both match the filter
    shorter = numbers.find(SHORTER)
    assert shorter is not None
    assert shorter.phone_number == SHORTER


def test_one_search_is_one_request_for_at_most_30_numbers(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    found = numbers.search(US, NumberType.LOCAL, sms_only=True, contains=None)
    assert 0 < len(found) <= 30
    assert all(one.capabilities.sms and one.capabilities.voice for one in found)
    assert count(sandbox, r"AvailablePhoneNumbers/US/Local\.json\?.*SmsEnabled=true") == 1
    digits = found[0].phone_number[1:9]
    again = numbers.search(US, NumberType.LOCAL, sms_only=False, contains=digits)
    assert again
    assert all(digits in one.phone_number for one in again)
    assert "SmsEnabled" not in sandbox.requests()[-1]


def test_capabilities_are_the_same_however_their_names_are_spelt(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    on_sale = numbers.search(US, NumberType.LOCAL, sms_only=True, contains=None)[0]
    sandbox.buy_in_console(on_sale.phone_number)
    owned = numbers.find(on_sale.phone_number)
    assert owned is not None
    assert owned.capabilities == on_sale.capabilities
    assert owned.capabilities.sms


def test_the_types_that_are_sold_are_told_by_their_keys(numbers: TwilioNumbers) -> None:
    assert NumberType.TOLL_FREE in numbers.types_on_sale(US)
    assert NumberType.MOBILE in numbers.types_on_sale(GB)


def test_prices_are_exact_and_by_type(client: TwilioClient) -> None:
    prices = TwilioPrices(client).monthly(US)
    assert prices[NumberType.LOCAL] == Money(Decimal("1.15"), "USD")
    assert NumberType.TOLL_FREE in prices  # spelt `toll free` there
    assert NumberType.MOBILE not in prices


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, twilio_error(20404, 404)),
        (401, twilio_error(70051, 401)),
        (200, {"iso_country": "US", "price_unit": "USD", "phone_number_prices": []}),
        (200, {"iso_country": "US"}),
        (200, {"price_unit": "USD", "phone_number_prices": [{"number_type": "local"}]}),
        (
            200,
            {
                "price_unit": "USD",
                "phone_number_prices": [{"number_type": "local", "current_price": "NaN"}],
            },
        ),
        (
            200,
            {
                "price_unit": "USD",
                "phone_number_prices": [{"number_type": "local", "current_price": "free"}],
            },
        ),
    ],
)
def test_a_price_that_is_not_told_is_unknown(
    sandbox: RunningSandbox, client: TwilioClient, status: int, body: object
) -> None:
    sandbox.fault(fault="status", path="PhoneNumbers/Countries", status=status, body=body)
    assert TwilioPrices(client).monthly(US) == {}


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("01", "twilio-approved"),
        ("02", "draft"),
        ("03", "pending-review"),
        ("04", "twilio-rejected"),
    ],
)
def test_a_bundle_tells_its_status(client: TwilioClient, ending: str, status: str) -> None:
    bundle = TwilioCompliance(client).bundle(BUNDLE[:-2] + ending)
    assert bundle is not None
    assert bundle.status == status


def test_a_bundle_tells_until_when_it_is_valid(client: TwilioClient) -> None:
    bundle = TwilioCompliance(client).bundle(BUNDLE[:-2] + "05")
    assert bundle is not None
    assert bundle.valid_until is not None
    assert bundle.valid_until < datetime.now(UTC)


def test_a_bundle_tells_whose_it_is_and_what_it_is_for(
    client: TwilioClient, sandbox: RunningSandbox
) -> None:
    compliance = TwilioCompliance(client)
    mine, others = compliance.bundle(BUNDLE), compliance.bundle(BUNDLE[:-2] + "06")
    assert mine is not None
    assert others is not None
    assert mine.account_sid == sandbox.credentials["account_sid"] != others.account_sid
    assert mine.regulation == Regulation("GB", "mobile", "business")


def test_what_the_account_does_not_have_is_none(client: TwilioClient) -> None:
    compliance = TwilioCompliance(client)
    assert compliance.bundle("BU" + "f" * 32) is None
    assert compliance.items("BU" + "f" * 32) == []
    assert compliance.document_addresses("RD" + "f" * 32) == []
    assert compliance.address_country("AD" + "f" * 32) is None


def test_a_bundle_whose_regulation_is_gone_tells_none(
    sandbox: RunningSandbox, client: TwilioClient
) -> None:
    body = twilio_error(20404, 404)
    sandbox.fault(fault="status", path="/Regulations/RN", status=404, body=body)
    bundle = TwilioCompliance(client).bundle(BUNDLE)
    assert bundle is not None
    assert bundle.regulation is None


def test_what_a_bundle_holds_leads_to_its_addresses(client: TwilioClient) -> None:
    compliance = TwilioCompliance(client)
    items = compliance.items(BUNDLE)
    assert set(items) == {document_sid("GB"), address_sid("GB")}
    assert compliance.document_addresses(document_sid("GB")) == [address_sid("GB")]


@pytest.mark.parametrize("attributes", [None, {}, {"address_sids": None}])
def test_a_document_without_addresses_names_none(
    sandbox: RunningSandbox, client: TwilioClient, attributes: object
) -> None:
    body = {"sid": document_sid("GB"), "attributes": attributes}
    sandbox.fault(fault="status", path="SupportingDocuments", status=200, body=body)
    assert TwilioCompliance(client).document_addresses(document_sid("GB")) == []


def test_an_address_tells_its_country_verified_or_not(client: TwilioClient) -> None:
    assert TwilioCompliance(client).address_country(address_sid("GB")) == "GB"


def test_regulations_are_asked_for_by_country_and_type(
    sandbox: RunningSandbox, client: TwilioClient
) -> None:
    compliance = TwilioCompliance(client)
    assert compliance.is_regulated(GB, NumberType.TOLL_FREE)
    assert not compliance.is_regulated(US, NumberType.LOCAL)
    assert count(sandbox, r"Regulations\?.*NumberType=toll-free") == 1


def test_the_inbox_gives_what_came_in_since_a_moment(
    sandbox: RunningSandbox, client: TwilioClient
) -> None:
    sandbox.buy_in_console(LONGER)
    before = datetime.now(UTC).replace(microsecond=0)
    sids = [
        sandbox.message(LONGER, "WhatsApp", "one"),  # with a date_sent, or without one
        sandbox.message(LONGER, "32665", "two"),
        sandbox.message(LONGER, "+15517868187", "", error_code=30038),
    ]
    inbox = TwilioInbox(client)
    messages = {message.sid: message for message in inbox.since(before)}
    assert set(messages) == set(sids)
    assert {message.to for message in messages.values()} == {LONGER}
    assert [messages[sid].body for sid in sids] == ["one", "two", ""]
    assert [messages[sid].is_filtered for sid in sids] == [False, False, True]
    assert all(message.received_at >= before for message in messages.values())
    assert inbox.since(before + timedelta(minutes=5)) == []


def test_what_was_sent_is_not_in_the_inbox() -> None:
    def message(direction: str, number: str) -> dict[str, object]:
        return {
            "sid": f"SM{number}",
            "direction": direction,
            "to": LONGER,
            "body": "",
            "date_sent": "Sun, 22 Nov 2026 12:00:00 +0000",
            "error_code": None,
        }

    directions = ("inbound", "outbound-api", "outbound-reply", "outbound-call")
    messages = [message(direction, str(n)) for n, direction in enumerate(directions)]
    with serving(lambda _: (200, {"messages": messages, "next_page_uri": None})) as served:
        account = TwilioAccount("AC" + "0" * 32, "AC", "secret")
        client = TwilioClient(account, base_url=served.url, connections=1)
        try:
            found = TwilioInbox(client).since(datetime(2026, 11, 22, 11, 59, tzinfo=UTC))
        finally:
            client.close()
    assert [one.sid for one in found] == ["SM0"]
    assert "DateSent%3E=2026-11-22" in served.requests[0]


@pytest.mark.parametrize(
    ("fault", "status"), [("status", 500), ("status", 503), ("drop_before", 0)]
)
def test_a_look_up_is_repeated_until_it_is_answered(
    sandbox: RunningSandbox, numbers: TwilioNumbers, fault: str, status: int
) -> None:
    sandbox.fault(fault=fault, path=OWNED, status=status, times=2)
    assert numbers.find(LONGER) is None
    assert count(sandbox, OWNED) == 3


@pytest.mark.parametrize("fault", ["truncate", "garble"])
def test_a_look_up_whose_answer_is_cut_is_repeated(
    sandbox: RunningSandbox, numbers: TwilioNumbers, fault: str
) -> None:
    sandbox.buy_in_console(LONGER)
    sandbox.fault(fault=fault, path=OWNED)
    assert numbers.find(LONGER) is not None
    assert count(sandbox, OWNED) == 2


def test_a_look_up_is_sent_four_times_at_most(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    sandbox.fault(fault="status", path=OWNED, status=503, times=None)
    with pytest.raises(VendorUnavailable) as caught:
        numbers.find(LONGER)
    assert caught.value.exit_code == 75
    assert "HTTP 503" in (caught.value.reason or "")
    assert count(sandbox, OWNED) == 4


@pytest.mark.parametrize(
    ("status", "code"), [(400, 20001), (401, 20003), (403, 20008), (404, 20404)]
)
def test_a_definite_answer_to_a_look_up_is_not_asked_for_again(
    sandbox: RunningSandbox, numbers: TwilioNumbers, status: int, code: int
) -> None:
    body = twilio_error(code, status)
    sandbox.fault(fault="status", path=OWNED, status=status, body=body, times=None)
    with pytest.raises(KapsoTwilioError):
        numbers.find(LONGER)
    assert count(sandbox, OWNED) == 1


def test_what_the_account_gained_a_moment_ago_may_be_missing_from_a_listing() -> None:
    """And is then not there, rather than an error."""
    with running_sandbox() as sandbox, twilio_client(sandbox) as client:
        sandbox.buy_in_console(LONGER)
        sandbox.fault(fault="lag", path=OWNED, delay_ms=60_000)
        assert TwilioNumbers(client).find(LONGER) is None
        assert TwilioNumbers(client).find(LONGER) is not None


def test_a_country_is_asked_for_by_its_code(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    numbers.types_on_sale(Country("CL"))
    assert count(sandbox, r"AvailablePhoneNumbers/CL\.json$") == 1
