"""Meta's pre-verified numbers: refusals told apart, and lost answers looked up."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli.domain.code_method import CodeMethod
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.errors import (
    Concerns,
    CredentialsError,
    KapsoTwilioError,
    VendorRefused,
    VendorUnavailable,
)
from kapso_twilio_cli.gateways.http import NotSent
from kapso_twilio_cli.gateways.meta_client import MetaClient, MetaPortfolio
from kapso_twilio_cli.gateways.meta_preverified import MetaPreverified, VerificationStatus
from tests.vendors import RunningSandbox, running_sandbox

from .clients import count, meta_preverified
from .servers import nobody_there, serving

NUMBER = PhoneNumber("+14155550123")
ANOTHER = PhoneNumber("+14155550124")
ADD, ASK, VERIFY = "add_phone_numbers", "request_code", "verify_code"


def meta_error(code: int, message: str = "as Meta words it", **more: object) -> object:
    """Give the body of a refusal of Meta's."""
    return {"error": {"message": message, "type": "OAuthException", "code": code, **more}}


def added(sandbox: RunningSandbox, meta: MetaPreverified) -> str:
    """Add a number whose codes come in."""
    sandbox.buy_in_console(NUMBER)
    return meta.add(NUMBER)


def code_in_the_inbox(sandbox: RunningSandbox) -> str:
    """Read the newest code as Twilio shows it."""
    from kapso_twilio_cli.domain.one_time_code import read_code
    from kapso_twilio_cli.gateways.twilio_inbox import TwilioInbox

    from .clients import twilio_client

    with twilio_client(sandbox) as client:
        messages = TwilioInbox(client).since(datetime.now(UTC) - timedelta(minutes=1))
    codes = [read_code(message.body) for message in messages]
    assert codes[0] is not None
    return codes[0]


def test_a_number_goes_from_added_to_verified(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    waiting = meta.read(preverified_id)
    assert waiting is not None
    assert (waiting.phone_number, waiting.is_verified) == (NUMBER, False)
    assert waiting.verification_expiry_time is None
    meta.request_code(preverified_id, CodeMethod.SMS)
    verified = meta.verify_code(preverified_id, code_in_the_inbox(sandbox))
    assert verified.is_verified
    assert verified.preverified_id == preverified_id
    assert verified.verification_expiry_time is not None
    left = verified.verification_expiry_time - datetime.now(UTC)
    assert timedelta(days=89) < left <= timedelta(days=90)


def test_the_code_is_asked_for_in_american_english(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    meta.request_code(added(sandbox, meta), CodeMethod.SMS)
    form = dict(sandbox.requests_detail()[-1].form)
    assert form == {"code_method": "SMS", "language": "en_US"}


def test_numbers_that_meta_formats_for_display_are_normalised(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    assert [entry.phone_number for entry in meta.all()] == [NUMBER]
    found = meta.find(NUMBER)
    assert found is not None
    assert (found.phone_number, found.preverified_id) == (NUMBER, preverified_id)
    assert meta.find(ANOTHER) is None


def test_the_portfolio_is_listed_over_all_its_pages(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    wanted = [PhoneNumber(f"+1415555{index:04d}") for index in range(205)]
    for phone_number in wanted:
        meta.add(phone_number)
    sandbox.forget_requests()
    assert [entry.phone_number for entry in meta.all()] == wanted
    assert count(sandbox, "preverified_numbers") == 3


def test_an_object_with_fields_that_are_new_or_missing_is_read() -> None:
    entry = {"id": "7", "phone_number": "+1 415-555-0123", "availability_status": "AVAILABLE"}
    strange = {"id": 8, "phone_number": "hidden", "code_verification_status": "BRAND_NEW"}
    with serving(lambda _: (200, {"data": [entry, strange]})) as served:
        client = MetaClient(MetaPortfolio("1", "v25.0", "t"), base_url=served.url, connections=1)
        try:
            listed = list(MetaPreverified(client).all())
        finally:
            client.close()
    assert [(one.preverified_id, one.phone_number) for one in listed] == [
        ("7", NUMBER),
        ("8", None),
    ]
    assert {one.status for one in listed} == {VerificationStatus.NOT_VERIFIED}
    assert {one.verification_expiry_time for one in listed} == {None}


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (190, CredentialsError, "the token is invalid or has expired"),
        (10, CredentialsError, "no solution partner"),
        (200, CredentialsError, "lacks a permission"),
        (4, VendorUnavailable, "too many requests"),
        (17, VendorUnavailable, "too many requests"),
        (613, VendorUnavailable, "too many requests"),
        (80007, VendorUnavailable, "too many requests"),
        (80008, VendorUnavailable, "too many requests"),
        (133004, VendorUnavailable, "not available"),
        (2, VendorUnavailable, "not available"),
        (100, VendorRefused, "as Meta words it (Meta 100)"),
        (803, VendorRefused, "as Meta words it (Meta 803)"),
        (136024, VendorRefused, "as Meta words it (Meta 136024)"),
        (99999, VendorRefused, "as Meta words it (Meta 99999)"),
    ],
)
def test_every_code_of_metas_says_who_must_act(
    sandbox: RunningSandbox,
    meta: MetaPreverified,
    code: int,
    kind: type[KapsoTwilioError],
    reason: str,
) -> None:
    body = meta_error(code)
    sandbox.fault(fault="status", path=ADD, status=400, body=body)
    with pytest.raises(kind) as caught:
        meta.add(NUMBER)
    assert type(caught.value) is kind
    assert reason in (caught.value.reason or "")
    assert caught.value.hint
    assert count(sandbox, ADD) == 1


@pytest.mark.parametrize("subcode", [2388367, 2388091])
def test_a_code_that_was_asked_for_too_often_is_told_with_its_subcode(
    sandbox: RunningSandbox, meta: MetaPreverified, subcode: int
) -> None:
    preverified_id = added(sandbox, meta)
    body = meta_error(136024, error_subcode=subcode, error_user_msg="Wait an hour")
    sandbox.fault(fault="status", path=ASK, status=400, body=body)
    with pytest.raises(KapsoTwilioError) as caught:
        meta.request_code(preverified_id, CodeMethod.SMS)
    assert caught.value.exit_code == 5
    assert f"Wait an hour (Meta 136024/{subcode})" in (caught.value.reason or "")
    assert isinstance(caught.value, VendorRefused)
    assert (caught.value.vendor_code, caught.value.vendor_subcode) == (136024, subcode)
    assert count(sandbox, ASK) == 1


def test_another_portfolio_is_no_business_of_this_token(sandbox: RunningSandbox) -> None:
    with (
        meta_preverified(sandbox, business_id="999") as meta,
        pytest.raises(CredentialsError) as caught,
    ):
        meta.check_portfolio()
    assert caught.value.exit_code == 4
    assert "kapso-twilio auth set meta_token" in (caught.value.hint or "")


def test_a_wrong_token_is_rejected_and_not_told(sandbox: RunningSandbox) -> None:
    token = "a-wrong-token-that-nobody-may-see"
    with meta_preverified(sandbox, token=token) as meta, pytest.raises(CredentialsError) as caught:
        meta.check_portfolio()
    error = caught.value
    assert token not in f"{error!r} {error} {error.reason} {error.hint} {error.__cause__!r}"


def test_the_bearer_token_beats_a_netrc(
    meta: MetaPreverified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    meta.check_portfolio()


def test_with_an_app_secret_every_call_carries_its_proof(sandbox: RunningSandbox) -> None:
    token = sandbox.credentials["meta_token"]
    proof = hmac.new(b"app-secret", token.encode(), hashlib.sha256).hexdigest()
    with meta_preverified(sandbox, app_secret="app-secret") as meta:
        preverified_id = meta.add(NUMBER)
        meta.read(preverified_id)
        meta.delete(preverified_id)
    sent = [dict((*one.query, *one.form)) for one in sandbox.requests_detail()]
    assert [pairs["appsecret_proof"] for pairs in sent] == [proof] * 3


@pytest.mark.parametrize("fault", ["drop_after", "truncate", "garble"])
def test_a_lost_answer_to_an_addition_is_looked_up(
    sandbox: RunningSandbox, meta: MetaPreverified, fault: str
) -> None:
    sandbox.fault(fault=fault, path=ADD)
    preverified_id = meta.add(NUMBER)
    found = meta.find(NUMBER)
    assert found is not None
    assert found.preverified_id == preverified_id
    assert count(sandbox, ADD) == 1


@pytest.mark.parametrize(
    ("status", "body"), [(200, {}), (200, "<html>"), (500, meta_error(1)), (502, "<html>")]
)
def test_an_addition_that_did_not_happen_is_for_later(
    sandbox: RunningSandbox, meta: MetaPreverified, status: int, body: Any
) -> None:
    sandbox.fault(fault="status", path=ADD, status=status, body=body)
    with pytest.raises(VendorUnavailable, match="it is not known whether"):
        meta.add(NUMBER)
    assert count(sandbox, ADD) == 1


def test_an_answer_without_an_id_is_looked_up(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    sandbox.fault(fault="status", path=ADD, status=200, body={"success": True})
    assert meta.add(NUMBER) == preverified_id


@pytest.mark.parametrize("fault", ["drop_after", "truncate", "garble"])
def test_a_lost_answer_to_a_code_is_looked_up(
    sandbox: RunningSandbox, meta: MetaPreverified, fault: str
) -> None:
    preverified_id = added(sandbox, meta)
    meta.request_code(preverified_id, CodeMethod.SMS)
    sandbox.fault(fault=fault, path=VERIFY)
    assert meta.verify_code(preverified_id, code_in_the_inbox(sandbox)).is_verified
    assert count(sandbox, VERIFY) == 1


def test_a_code_that_meta_never_saw_is_for_later(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    meta.request_code(preverified_id, CodeMethod.SMS)
    sandbox.fault(fault="drop_before", path=VERIFY)
    with pytest.raises(VendorUnavailable, match="verify the code"):
        meta.verify_code(preverified_id, code_in_the_inbox(sandbox))
    assert meta.verify_code(preverified_id, code_in_the_inbox(sandbox)).is_verified


def test_a_wrong_code_is_refused(sandbox: RunningSandbox, meta: MetaPreverified) -> None:
    preverified_id = added(sandbox, meta)
    meta.request_code(preverified_id, CodeMethod.SMS)
    wrong = "000000" if code_in_the_inbox(sandbox) != "000000" else "000001"
    with pytest.raises(VendorRefused, match="Meta refused to verify the code"):
        meta.verify_code(preverified_id, wrong)


def test_a_code_for_what_is_verified_already_is_success(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    meta.request_code(preverified_id, CodeMethod.SMS)
    code = code_in_the_inbox(sandbox)
    meta.verify_code(preverified_id, code)
    assert meta.verify_code(preverified_id, code).is_verified  # Meta says 100 now


def test_where_a_later_end_is_asked_for_what_was_verified_before_is_no_success(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    meta.request_code(preverified_id, CodeMethod.SMS)
    code = code_in_the_inbox(sandbox)
    before = meta.verify_code(preverified_id, code)
    assert before.verified_at is not None
    ends_at = before.verification_expiry_time
    assert ends_at is not None
    assert abs(ends_at - before.verified_at - timedelta(days=90)) < timedelta(seconds=2)
    with pytest.raises(VendorRefused, match="verify the code"):
        meta.verify_code(preverified_id, code, beyond=ends_at)
    sandbox.fault(fault="drop_after", path=VERIFY)
    with pytest.raises(VendorUnavailable, match="verify the code"):
        meta.verify_code(preverified_id, code, beyond=ends_at)


@pytest.mark.parametrize(
    ("code", "kind"), [(1, VendorUnavailable), (136024, VendorRefused), (100, VendorRefused)]
)
def test_what_meta_calls_transient_passes_unless_it_is_of_one_number(
    sandbox: RunningSandbox, meta: MetaPreverified, code: int, kind: type[KapsoTwilioError]
) -> None:
    body = meta_error(code, is_transient=True)
    sandbox.fault(fault="status", path=ADD, status=400, body=body)
    with pytest.raises(kind):
        meta.add(NUMBER)


def test_a_full_portfolio_concerns_every_number() -> None:
    with (
        running_sandbox(portfolio_limit=0) as sandbox,
        meta_preverified(sandbox) as meta,
        pytest.raises(VendorRefused, match="takes no more numbers") as caught,
    ):
        meta.add(NUMBER)
    assert caught.value.concerns is Concerns.ACCOUNT


def test_a_number_that_is_claimed_while_it_is_verified_is_told(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    meta.request_code(preverified_id, CodeMethod.SMS)
    code = code_in_the_inbox(sandbox)
    body = meta_error(803)
    sandbox.fault(fault="status", path=rf"/{preverified_id}$", method="GET", status=404, body=body)
    with pytest.raises(VendorRefused, match="gone from the portfolio"):
        meta.verify_code(preverified_id, code)


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "truncate"])
def test_a_lost_answer_to_a_request_for_a_code_is_for_later(
    sandbox: RunningSandbox, meta: MetaPreverified, fault: str
) -> None:
    preverified_id = added(sandbox, meta)
    sandbox.fault(fault=fault, path=ASK)
    with pytest.raises(VendorUnavailable, match="send a code"):
        meta.request_code(preverified_id, CodeMethod.SMS)
    assert count(sandbox, ASK) == 1


def test_a_code_is_not_asked_for_again_while_the_verification_is_young(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    meta.request_code(preverified_id, CodeMethod.SMS)
    meta.verify_code(preverified_id, code_in_the_inbox(sandbox))
    with pytest.raises(VendorRefused, match="Meta refused to send a code") as caught:
        meta.request_code(preverified_id, CodeMethod.SMS)
    assert "(Meta 136024)" in (caught.value.reason or "")


def test_a_verification_that_has_ended_is_expired() -> None:
    second = 1 / 86_400
    with (
        running_sandbox(verification_days=second) as sandbox,
        meta_preverified(sandbox) as meta,
    ):
        preverified_id = added(sandbox, meta)
        meta.request_code(preverified_id, CodeMethod.SMS)
        assert meta.verify_code(preverified_id, code_in_the_inbox(sandbox)).is_verified
        time.sleep(1.1)
        found = meta.find(NUMBER)
    assert found is not None
    assert (found.status, found.is_verified) == (VerificationStatus.EXPIRED, False)


def test_deleting_tells_what_was_gone_already(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    assert meta.delete(preverified_id) is True
    assert meta.delete(preverified_id) is False
    assert meta.read(preverified_id) is None


def test_a_claimed_number_is_gone_from_the_portfolio(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    sandbox.claim(preverified_id=preverified_id)
    assert meta.read(preverified_id) is None
    assert meta.find(NUMBER) is None
    assert meta.delete(preverified_id) is False


def test_a_lost_answer_to_a_deletion_is_for_later(
    sandbox: RunningSandbox, meta: MetaPreverified
) -> None:
    preverified_id = added(sandbox, meta)
    sandbox.fault(fault="drop_after", path=preverified_id, method="DELETE")
    with pytest.raises(VendorUnavailable, match="delete a number"):
        meta.delete(preverified_id)
    assert count(sandbox, "DELETE") == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": None},
        {"data": [{}]},
        {"data": ["one"]},
        {"data": [{"id": "7", "verification_expiry_time": "tomorrow"}]},
    ],
)
def test_an_answer_that_lacks_what_it_should_hold_is_metas_being_away(
    sandbox: RunningSandbox, meta: MetaPreverified, body: object
) -> None:
    sandbox.fault(fault="status", path="preverified_numbers", status=200, body=body, times=2)
    with pytest.raises(VendorUnavailable, match="Meta's answer cannot be read"):
        meta.find(NUMBER)
    with pytest.raises(VendorUnavailable, match="Meta's answer cannot be read"):
        list(meta.all())


@pytest.mark.parametrize(
    ("fault", "status"), [("status", 500), ("status", 429), ("drop_before", 0)]
)
def test_a_read_is_repeated(
    sandbox: RunningSandbox, meta: MetaPreverified, fault: str, status: int
) -> None:
    sandbox.fault(fault=fault, path="preverified_numbers", status=status)
    assert meta.find(NUMBER) is None
    assert count(sandbox, "preverified_numbers") == 2


def test_an_error_page_is_no_word_of_metas(sandbox: RunningSandbox, meta: MetaPreverified) -> None:
    sandbox.fault(fault="status", path="preverified_numbers", status=403, body="<html>")
    with pytest.raises(VendorUnavailable, match="Meta's answer cannot be read"):
        meta.check_portfolio()


def test_what_was_not_sent_was_not_done() -> None:
    portfolio = MetaPortfolio("1", "v25.0", "token")
    client = MetaClient(portfolio, base_url=nobody_there(), connections=1)
    try:
        with pytest.raises(NotSent):
            MetaPreverified(client).add(NUMBER)
    finally:
        client.close()
