"""Who answers a number's calls, set and seen as in the Twilio console."""

from __future__ import annotations

from typing import Any

from tests.projects import ReadyProject

KEYS = ("voice_url", "voice_method", "voice_application_sid", "trunk_sid")
FORMER = {
    "voice_url": "https://customer.example/voice?a=1",
    "voice_method": "GET",
    "voice_application_sid": "AP" + "1" * 32,
}


def voice_settings(project: ReadyProject) -> dict[str, dict[str, str]]:
    """The settings of every number, by phone number; a trunk only where there is one."""
    listed = _ask(project, "GET", "IncomingPhoneNumbers.json")["incoming_phone_numbers"]
    return {
        one["phone_number"]: {key: one[key] for key in KEYS if key != "trunk_sid" or one[key]}
        for one in listed
    }


def change_voice(project: ReadyProject, number: str, **settings: str) -> None:
    """Change a number's settings past the program."""
    listed = _ask(project, "GET", "IncomingPhoneNumbers.json")["incoming_phone_numbers"]
    (sid,) = [one["sid"] for one in listed if one["phone_number"] == number]
    names = {key: "".join(word.title() for word in key.split("_")) for key in settings}
    form = {names[key]: value for key, value in settings.items()}
    _ask(project, "POST", f"IncomingPhoneNumbers/{sid}.json", form)


def _ask(
    project: ReadyProject, method: str, path: str, form: dict[str, str] | None = None
) -> dict[str, Any]:
    known = project.sandbox.credentials
    answer = project.sandbox.session.request(
        method,
        f"{project.sandbox.url}/2010-04-01/Accounts/{known['account_sid']}/{path}",
        data=form,
        auth=(known["account_sid"], known["auth_token"]),
        timeout=30,
    )
    assert answer.ok, answer.text
    document: dict[str, Any] = answer.json()
    return document
