"""What the receiver takes in, and what it refuses: over real HTTP, a process of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import requests

from tests.projects import ReadyProject, wait_until

from .receivers import (
    CODE,
    SMS,
    RunningReceiver,
    arrivals,
    known_messages,
    running_receiver,
    sms,
    stopped,
)


def test_a_signed_message_is_taken_in_and_answered_with_empty_twiml(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    answer = receiver.post(sms(number))
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/xml")
    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    assert arrivals(project) == [(number, "123456", 0)]


def test_a_signature_by_sha256_is_taken(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    form = sms(number)
    text = f"{receiver.public_url}{SMS}" + "".join(k + form[k] for k in sorted(form))
    digest = hmac.new(receiver.token.encode(), text.encode(), hashlib.sha256).digest()
    headers = {
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "X-Twilio-Webhooks-Signature-Settings": "key=primary,algorithm=HMAC_SHA256",
    }
    assert receiver.post(form, headers=headers).status_code == 200
    assert arrivals(project) == [(number, "123456", 0)]


def test_json_is_taken_when_its_url_names_the_hash_of_its_body(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    body = json.dumps(sms(number))
    path = f"{SMS}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    headers = {"X-Twilio-Signature": receiver.signature({}, path)}
    changes = {"path": path, "headers": {**headers, "Content-Type": "application/json"}}
    other = body.replace("123-456", "654-321")
    assert receiver.post({}, data=other.encode(), **changes).status_code == 403
    assert receiver.post({}, data=body.encode(), **changes).status_code == 200
    assert arrivals(project) == [(number, "123456", 0)]


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"X-Twilio-Signature": None}},
        {"headers": {"X-Twilio-Signature": ""}},
        {"headers": {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}},
        {"headers": {"X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256"}},
        {"headers": {"X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=NONE"}},
        {"headers": {"Content-Type": "application/json"}},
        {"headers": {"Content-Type": "text/plain"}},
        {"data": b""},
        {"data": b"\xff\xfe"},
        {"data": b"&".join(b"a=b" for _ in range(600))},
        {"path": f"{SMS}?extra=1"},
        {"path": f"{SMS}?bodySHA256=0"},
    ],
    ids=str,
)
def test_what_twilio_did_not_sign_is_refused_and_nothing_of_it_is_kept(
    project: ReadyProject, receiver: RunningReceiver, number: str, changes: dict[str, object]
) -> None:
    before = project.everything()
    assert receiver.post(sms(number), **changes).status_code == 403
    assert (arrivals(project), known_messages(project)) == ([], 0)
    assert project.everything() == before
    exit_code, err = stopped(receiver)
    assert exit_code == 0
    assert "refused /twilio/sms from 127.0.0.1: " in err
    assert "Traceback" not in err
    assert "123" not in err.replace("127.0.0.1", "")


def test_the_body_and_the_secrets_are_never_logged(project: ReadyProject, number: str) -> None:
    with running_receiver(project, "--verbose") as receiver:
        form = sms(number)
        assert receiver.post(form).status_code == 200
        assert receiver.post({**form, "Body": "changed"}, headers={}).status_code == 403
        assert receiver.post(form, path=f"{SMS}?secret=hush").status_code == 403
        with receiver.connect() as raw:
            raw.sendall(b"POST /hush HTTP/9.9\r\nX-Twilio-Signature: hush\x00\r\n\r\n")
            raw.recv(1000)
        _, err = stopped(receiver)
    assert "/twilio/sms from Twilio: taken" in err
    for secret in (receiver.token, "123-456", "123456", "hush", receiver.signature(form)):
        assert secret not in err


def test_a_retry_of_twilios_has_no_second_effect_and_a_replay_is_refused(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    form = sms(number)
    assert [receiver.post(form, delivery="first").status_code for _ in range(3)] == [200] * 3
    assert receiver.post(form, delivery="another").status_code == 403
    assert receiver.post(form, headers={"I-Twilio-Idempotency-Token": None}).status_code == 403
    assert arrivals(project) == [(number, "123456", 0)]
    assert "it was delivered before" in stopped(receiver)[1]


def test_many_deliveries_of_one_message_at_once_have_one_effect(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    form = sms(number)
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda _: receiver.post(form, delivery="one"), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert arrivals(project) == [(number, "123456", 0)]


def test_only_codes_are_kept_of_what_comes_in(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    for body in ("See you at 123456?", "WhatsApp codes 123-456 and 654-321", "hello"):
        assert receiver.post(sms(number, body)).status_code == 200
    assert arrivals(project) == []
    assert receiver.post({**sms(number, ""), "ErrorCode": "30038"}).status_code == 200
    assert arrivals(project) == [(number, None, 1)]


def test_a_message_for_somebody_elses_number_is_answered_and_not_kept(
    project: ReadyProject, receiver: RunningReceiver
) -> None:
    assert receiver.post(sms("+14155550199")).status_code == 200
    assert (arrivals(project), known_messages(project)) == ([], 0)
    err = stopped(receiver)[1]
    assert "not the project's" in err
    assert "+14155550199" not in err


@pytest.mark.parametrize("missing", ["MessageSid", "To"])
def test_a_signed_request_that_is_no_sms_is_refused(
    project: ReadyProject, receiver: RunningReceiver, number: str, missing: str
) -> None:
    form = {name: value for name, value in sms(number).items() if name != missing}
    assert receiver.post(form).status_code == 403
    assert (arrivals(project), known_messages(project)) == ([], 0)


def test_a_body_that_is_too_long_is_refused_signed_or_not(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    form = sms(number, CODE + "x" * 70_000)
    assert receiver.post(form).status_code == 413
    parts = iter([urlencode(form).encode()])  # sent in chunks, it does not say how long it is
    assert receiver.post(form, data=parts).status_code == 413
    assert (arrivals(project), known_messages(project)) == ([], 0)
    assert "more than 65536 bytes" in stopped(receiver)[1]


def test_too_many_from_one_source_are_refused_and_others_still_come_in(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    flood = {"X-Forwarded-For": "spoofed, 203.0.113.9", "X-Twilio-Signature": "wrong"}
    with requests.Session() as session, ThreadPoolExecutor(4) as senders:

        def send(_: int) -> int:
            return session.post(
                f"{receiver.url}{SMS}", data=b"a=b", headers=flood, timeout=30
            ).status_code

        codes = list(senders.map(send, range(400)))
    assert set(codes) == {403, 429}
    assert receiver.post(sms(number)).status_code == 200
    assert arrivals(project) == [(number, "123456", 0)]
    assert stopped(receiver)[1].count("too many requests") == 1


def test_healthz_needs_no_signature_and_tells_no_secret(receiver: RunningReceiver) -> None:
    answer = requests.get(f"{receiver.url}/healthz", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/kt/twilio/sms", "/twilio/sms"])
def test_behind_a_proxy_the_public_address_counts_whatever_the_proxy_made_of_it(
    project: ReadyProject, number: str, path: str
) -> None:
    public = "https://Shared.Example.com/kt/"
    with running_receiver(project, public_url=public) as receiver:
        assert receiver.ready["sms_url"] == "https://shared.example.com/kt/twilio/sms"
        signed = RunningReceiver(**{**vars(receiver), "public_url": receiver.ready["public_url"]})
        form = sms(number)
        proxied = {"Host": "10.0.0.7:8080", "X-Forwarded-Proto": "http"}
        assert signed.post(form, path=path, headers=proxied).status_code == 200
        # Signed for the address that the proxy called, which is not the one Twilio called.
        local = RunningReceiver(**{**vars(receiver), "public_url": receiver.url})
        assert local.post(sms(number), path=path).status_code == 403
    assert known_messages(project) == 1


def test_the_log_of_a_quiet_day_is_empty(
    project: ReadyProject, receiver: RunningReceiver, number: str
) -> None:
    receiver.post(sms(number))
    wait_until(lambda: known_messages(project) == 1)
    assert stopped(receiver) == (0, "")
    assert logging.getLogger("kapso_twilio_cli.webhook").level == logging.NOTSET
