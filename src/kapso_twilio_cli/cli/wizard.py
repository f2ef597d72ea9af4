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
            answers[key] = _ask(question, key, _offer(key, answers, now), answers)
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
    ("custom_twilio_addon", "Is the custom Twilio add-on booked? (yes, no)"),
    ("allowed_countries", "Countries to buy numbers in (such as US,CL)"),
    ("default_country", "Country that is meant when none is named"),
    ("meta.business_id", "Meta business portfolio ID (empty for none: no pre-verified pools)"),
    ("enabled", "Turn custom Twilio on now? (yes, no)"),
)
_REQUIRED = ("twilio.account_sid", "plan", "allowed_countries")
_LIST_AND_DEFAULT = ("allowed_countries", "default_country")
_SWITCHES = ("custom_twilio_addon", "enabled")


def _is_asked(key: str, answers: Mapping[str, str]) -> bool:
    plan = answers.get("plan", "")
    if key == "custom_twilio_addon":
        return plan in (Plan.PRO, Plan.TEAM, Plan.PLATFORM)
    if key == "enabled":
        addon = answers.get("custom_twilio_addon") == "true"
        return not plan or why_not_entitled(Plan(plan), custom_twilio_addon=addon) is None
    return True


def _offer(key: str, answers: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What stands, else what a newcomer most likely wants."""
    stands = now.get(key, "")
    if key in _SWITCHES:
        return "no" if stands == "false" else "yes"
    if key == "default_country":
        allowed = answers["allowed_countries"].split(",")
        return stands if stands in allowed else allowed[0]
    return stands


def _ask(question: str, key: str, offered: str, answers: Mapping[str, str]) -> str:
    while True:
        text = _tidy(key, ask(question, offered=offered))
        if not text and key not in _REQUIRED:
            return ""
        problem = _problem(key, text, answers)
        if problem is None:
            return text
        _say(problem)


def _tidy(key: str, text: str) -> str:
    """The answer as it would be given on the command line."""
    from ..config.kinds import SWITCH_WORDS

    if key in _SWITCHES:
        known = SWITCH_WORDS.get(text.lower())
        return text if known is None else str(known).lower()
    match key:
        case "plan":
            return text.lower()
        case "default_country":
            return text.upper()
        case "allowed_countries":
            return ",".join(dict.fromkeys(text.upper().replace(",", " ").split()))
        case _:
            return text


def _problem(key: str, text: str, answers: Mapping[str, str]) -> str | None:
    """Why an answer cannot be taken, with those that stand already; None if it can."""
    from ..config.keys import value_from_text

    if key in _SWITCHES and text not in ("true", "false"):
        return "it takes yes or no"
    if not text:
        return "this one is needed"
    try:
        value_from_text(key, text)
    except UsageError as error:
        return error.reason or error.message
    return _why_not_default({**answers, key: text}) if key in _LIST_AND_DEFAULT else None


def _why_not_default(answers: Mapping[str, str]) -> str | None:
    default, allowed = answers.get("default_country"), answers["allowed_countries"]
    if not default or default.upper() in allowed.upper().split(","):
        return None
    return f"the default country {default} is not among {allowed}"


def _say(words: str) -> None:
    typer.echo(words, err=True)
