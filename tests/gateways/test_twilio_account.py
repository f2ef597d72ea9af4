"""What is asked of the account as a whole: what is left on it, and where its numbers point."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kapso_twilio_cli.domain.money import Money
from kapso_twilio_cli.errors import VendorUnavailable
from kapso_twilio_cli.gateways.twilio_balance import TwilioBalance
from kapso_twilio_cli.gateways.twilio_client import TwilioClient
from kapso_twilio_cli.gateways.twilio_webhooks import SmsWebhook, TwilioWebhooks
from tests.vendors import RunningSandbox

from .clients import count


def test_the_balance_is_read_with_its_currency(client: TwilioClient) -> None:
    assert TwilioBalance(client).now() == Money(Decimal("1000.00"), "USD")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_balance_that_may_not_be_read_is_none(
    client: TwilioClient, sandbox: RunningSandbox, status: int
) -> None:
    sandbox.fault(fault="status", path="Balance", status=status)
    assert TwilioBalance(client).now() is None


@pytest.mark.parametrize("text", ["many", "NaN", None])
def test_a_balance_that_is_no_number_is_none(
    client: TwilioClient, sandbox: RunningSandbox, text: str | None
) -> None:
    body = {"balance": text, "currency": "USD"}
    sandbox.fault(fault="status", path="Balance", status=200, body=body)
    assert TwilioBalance(client).now() is None


def test_a_balance_is_unavailable_while_twilio_is(
    client: TwilioClient, sandbox: RunningSandbox
) -> None:
    sandbox.fault(fault="status", path="Balance", status=503, times=None)
    with pytest.raises(VendorUnavailable):
        TwilioBalance(client).now()


def test_where_all_numbers_point_is_one_listing(
    client: TwilioClient, sandbox: RunningSandbox
) -> None:
    sids = [sandbox.buy_in_console(f"+1202555014{digit}") for digit in range(3)]
    webhooks = TwilioWebhooks(client)
    nothing, wanted = SmsWebhook("", "POST", ""), SmsWebhook("https://a.example.com", "GET", "")
    webhooks.set_sms(sids[0], nothing, wanted)
    sandbox.forget_requests()
    found = {one.sid: one.sms for one in webhooks.all()}
    assert found == {sids[0]: wanted, sids[1]: nothing, sids[2]: nothing}
    assert count(sandbox, "") == 1


def test_how_far_a_vendors_clock_is_ahead_is_not_known_before_it_answers(
    client: TwilioClient,
) -> None:
    before = client.clock.ahead
    TwilioBalance(client).now()
    after = client.clock.ahead
    assert before is None
    assert after is not None
    assert abs(after.total_seconds()) < 2
