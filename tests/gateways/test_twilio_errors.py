"""Every error of a purchase in this program's words: who must act, and what to do next."""

from __future__ import annotations

import pytest

from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.errors import (
    Concerns,
    CredentialsError,
    OutcomeUnknown,
    VendorRefused,
    VendorUnavailable,
)
from kapso_twilio_cli.gateways.twilio_numbers import TwilioNumbers
from tests.vendors import RunningSandbox

from .clients import GB, OWNED, US, bought, count, order, twilio_error

NUMBER = PhoneNumber("+442071838750")
SET_BUNDLE = "kapso-twilio country set GB --bundle-sid"
SET_ADDRESS = "kapso-twilio country set GB --address-sid"


@pytest.mark.parametrize(
    ("code", "concerns", "reason", "hint"),
    [
        (21404, Concerns.ACCOUNT, "a trial account may own one number only", "upgrade"),
        (21421, Concerns.NUMBER, "the number is not valid", "another number"),
        (21422, Concerns.NUMBER, "not available any more", "another number"),
        (21451, Concerns.COUNTRY, "the area code is not valid", "another area code"),
        (21452, Concerns.COUNTRY, "the area has no numbers", "another area code"),
        (21457, Concerns.COUNTRY, "not supported in United Kingdom", "leave the area code out"),
        (21458, Concerns.COUNTRY, "of another type", "country set GB --number-type TYPE"),
        (21613, Concerns.COUNTRY, "the address must be certified", SET_ADDRESS),
        (21615, Concerns.NUMBER, "an address in its own locality", SET_ADDRESS),
        (21628, Concerns.COUNTRY, "could not validate the address", SET_ADDRESS),
        (21629, Concerns.COUNTRY, "could not validate the address", SET_ADDRESS),
        (21631, Concerns.COUNTRY, "numbers in United Kingdom need an address", SET_ADDRESS),
        (21649, Concerns.COUNTRY, "United Kingdom need an approved regulatory bundle", SET_BUNDLE),
        (21650, Concerns.COUNTRY, "an identity document", SET_BUNDLE),
        (21651, Concerns.COUNTRY, "not part of the regulatory bundle", SET_ADDRESS),
        (22300, Concerns.ACCOUNT, "compliance blocks this purchase", "Regulatory Compliance"),
        (20404, Concerns.COUNTRY, "as Twilio words it", "twilio.com/docs/api/errors/20404"),
        (29999, Concerns.COUNTRY, "as Twilio words it", "twilio.com/docs/api/errors/29999"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(
    sandbox: RunningSandbox,
    numbers: TwilioNumbers,
    code: int,
    concerns: Concerns,
    reason: str,
    hint: str,
) -> None:
    status = 404 if code == 20404 else 400
    body = twilio_error(code, status)
    sandbox.fault(fault="status", method="POST", path=OWNED, status=status, body=body)
    with pytest.raises(VendorRefused) as caught:
        numbers.buy(order(NUMBER, GB))
    error = caught.value
    assert error.exit_code == 5
    assert error.message == f"Twilio refused to sell {NUMBER}"
    assert reason in (error.reason or "")
    assert f"(Twilio {code})" in (error.reason or "")
    assert hint in (error.hint or "")
    assert (error.concerns, error.vendor_code) == (concerns, code)
    assert count(sandbox, f"POST .*{OWNED}") == 1


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, 20003, "of another region, or the account is suspended"),
        (403, 20008, "test credentials"),
        (401, 70051, "lacks a permission"),
    ],
)
def test_rejected_credentials_stop_everything(
    sandbox: RunningSandbox, numbers: TwilioNumbers, status: int, code: int, reason: str
) -> None:
    for method in ("POST", "GET"):
        body = twilio_error(code, status)
        sandbox.fault(fault="status", method=method, path=OWNED, status=status, body=body)
    with pytest.raises(CredentialsError) as caught:
        numbers.buy(order(NUMBER))
    assert caught.value.exit_code == 4
    assert reason in (caught.value.reason or "")
    assert caught.value.hint
    with pytest.raises(CredentialsError):
        numbers.check_credentials()
    assert count(sandbox, OWNED) == 2


@pytest.mark.parametrize(("status", "code"), [(500, 20500), (503, 20503)])
def test_a_server_error_leaves_a_purchase_unknown(
    sandbox: RunningSandbox, numbers: TwilioNumbers, status: int, code: int
) -> None:
    body = twilio_error(code, status)
    sandbox.fault(fault="status", method="POST", path=OWNED, status=status, body=body)
    with pytest.raises(OutcomeUnknown) as caught:
        numbers.buy(order(NUMBER))
    assert caught.value.exit_code == 9
    assert "kapso-twilio reconcile" in (caught.value.hint or "")
    assert count(sandbox, f"POST .*{OWNED}") == 1


def test_a_country_that_is_not_in_the_list_is_refused_by_name(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    path = r"AvailablePhoneNumbers/US\.json"
    sandbox.fault(fault="status", path=path, status=404, body=twilio_error(20404, 404))
    with pytest.raises(VendorRefused) as caught:
        numbers.types_on_sale(US)
    assert caught.value.message == "Twilio sells no numbers in United States (US)"
    assert count(sandbox, path) == 1


def test_a_type_that_is_not_sold_in_the_country_is_refused(numbers: TwilioNumbers) -> None:
    assert NumberType.MOBILE not in numbers.types_on_sale(US)
    with pytest.raises(VendorRefused, match="Twilio refused to search in US"):
        numbers.search(US, NumberType.MOBILE, sms_only=False, contains=None)


def test_too_many_requests_are_for_later(sandbox: RunningSandbox, numbers: TwilioNumbers) -> None:
    sandbox.fault(fault="status", path=OWNED, status=429, times=None)
    with pytest.raises(VendorUnavailable) as caught:
        numbers.find(NUMBER)
    assert caught.value.exit_code == 75
    assert bought(sandbox) == []
