"""What stands in the account and in the inventory, and changes made in the console."""

from __future__ import annotations

from typing import Any

from tests.gateways.clients import twilio_client
from tests.projects import ReadyProject

OURS = "+14155550123"
STRAY = "kt:acme:zzzzzzzz:aaaaaaaaaaaaaaaa"
LISTING = r"IncomingPhoneNumbers\.json"
ONE = r"IncomingPhoneNumbers/PN"


def kinds(project: ReadyProject) -> set[str]:
    return {one["kind"] for one in project.answer("status")["attention"]}


def number(project: ReadyProject, phone_number: str) -> dict[str, Any]:
    return project.answer("number", "show", phone_number)


def actions(project: ReadyProject, *words: str) -> list[tuple[str, str | None]]:
    document = project.answer("reconcile", *words)
    return [(one["kind"], one["phone_number"]) for one in document["actions"]]


def rename(project: ReadyProject, phone_number: str, name: str) -> None:
    """Give a number another friendly name in the console."""
    with twilio_client(project.sandbox) as client:
        numbers = client.sdk.api.v2010.account.incoming_phone_numbers
        (found,) = numbers.list(phone_number=phone_number)
        found.update(friendly_name=name)


def name_of(project: ReadyProject, phone_number: str) -> str:
    with twilio_client(project.sandbox) as client:
        numbers = client.sdk.api.v2010.account.incoming_phone_numbers
        (found,) = numbers.list(phone_number=phone_number)
        return str(found.friendly_name)
