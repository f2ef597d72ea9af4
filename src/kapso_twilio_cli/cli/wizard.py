"""The questions of `configure`, asked on stderr and asked again until the answer fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import typer

from ..domain.entitlement import Plan, why_not_entitled
from ..errors import CredentialsError, UsageError
from .asking import ask, ask_secret

if TYPE_CHECKING:
    from ..config.secrets import Secret

_TRIES = 3


def ask_settings(given: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Ask for what was not given; `now` are the values that stand in the file, offered again.

    Keys are dotted, values as on the command line; what was left empty is left out.
    """
    answers = dict(given)
    for key, question in _QUESTIONS:
        if key not in answers and _is_asked(key, answers):
            answers[key] = _ask(question, key, now.get(key) or _offer(key, answers))
    return {key: value for key, value in answers.items() if value}


def ask_until_taken(
    name: str, question: str, check: Callable[[Secret], None], *, is_needed: bool
) -> Secret | None:
    """Ask for a secret until the vendor takes it, three times at most; None if left empty."""
    for tries_left in reversed(range(_TRIES)):
        try:
            secret = ask_secret(question, name, may_be_empty=not is_needed)
            if secret is not None:
                check(secret)
        except CredentialsError as error:
            if not tries_left:
                raise
            _say(f"{error.message}: {error.reason}" if error.reason else error.message)
        else:
            return secret
    raise AssertionError  # the loop ends by return or raise


_QUESTIONS = (
    ("twilio.account_sid", "Twilio account SID (AC...)"),
    ("twilio.api_key_sid", "Twilio API key SID (SK..., empty for none)"),
    ("plan", f"Plan at Kapso ({', '.join(Plan)})"),
    ("custom_twilio_addon", "Is the custom Twilio add-on booked? (true, false)"),
    ("allowed_countries", "Countries to buy numbers in (such as US,CL)"),
    ("default_country", "Country that is meant when none is named"),
    ("meta.business_id", "Meta business portfolio ID (empty for none: no pre-verified pools)"),
    ("enabled", "Turn custom Twilio on now? (true, false)"),
)
_REQUIRED = ("twilio.account_sid", "plan", "allowed_countries")


def _is_asked(key: str, answers: Mapping[str, str]) -> bool:
    plan = answers.get("plan", "")
    if key == "custom_twilio_addon":
        return plan in (Plan.PRO, Plan.TEAM, Plan.PLATFORM)
    if key == "enabled":
        addon = answers.get("custom_twilio_addon") == "true"
        return not plan or why_not_entitled(Plan(plan), custom_twilio_addon=addon) is None
    return True


def _offer(key: str, answers: Mapping[str, str]) -> str:
    """What a newcomer most likely wants."""
    match key:
        case "default_country":
            return answers.get("allowed_countries", "").replace(" ", ",").split(",")[0].upper()
        case "custom_twilio_addon" | "enabled":
            return "true"
        case _:
            return ""


def _ask(question: str, key: str, offered: str) -> str:
    from ..config.schema import value_from_text

    while True:
        text = ask(question, offered=offered)
        if key == "allowed_countries":
            text = ",".join(text.replace(",", " ").split())
        if not text and key not in _REQUIRED:
            return ""
        try:
            value_from_text(key, text)
        except UsageError as error:
            _say(error.reason or error.message)
        else:
            return text


def _say(words: str) -> None:
    typer.echo(words, err=True)
