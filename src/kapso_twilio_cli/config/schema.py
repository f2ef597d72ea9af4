"""Every table and key of a project file: what it is for, and the kind of its value.

Defaults stand in `model`; a key that is not named here is an error in a file. What is said here of
a key is said nowhere else: docs/reference/configuration.md and config.example.toml are made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from ..domain.code_method import CodeMethod
from ..domain.entitlement import Plan
from ..domain.limits import Limits
from ..domain.number_type import NumberType
from ..domain.pool import PostDisconnect
from ..domain.project_name import RULE
from ..domain.sid import SidKind
from . import kinds
from .kinds import Kind
from .model import (
    SEND_NOTHING,
    CountrySettings,
    MetaSettings,
    NotifySettings,
    OnboardingSettings,
    PoolSettings,
    TwilioSettings,
    VoiceSettings,
)

Key = tuple[str, ...]
"""A key's path: `("limits", "max_numbers")`, `("pools", "US", "target_size")`."""


class Table(msgspec.Struct, frozen=True):
    """A table's keys, those it must have, what they are for, and the struct it becomes."""

    build: type[msgspec.Struct]
    meaning: str
    keys: Mapping[str, Kind]
    required: frozenset[str] = frozenset()


_SECOND = timedelta(seconds=1)

ROOT: Mapping[str, Kind] = {
    "project": kinds.text(r"[a-z0-9][a-z0-9-]{0,23}", f'a name such as "acme": {RULE}').means(
        "The project's name, which is the name of its file too."
    ),
    "plan": kinds.choice(Plan).means("Your plan at Kapso."),
    "custom_twilio_addon": kinds.switch().means(
        "Whether the custom Twilio add-on is booked: needed on pro, team and platform."
    ),
    "enabled": kinds.switch().means(
        "The switch of custom Twilio; `kapso-twilio enable` and `disable` turn it."
    ),
    "default_country": kinds.country().means(
        "The country that is meant when a command names none."
    ),
    "allowed_countries": kinds.countries().means(
        "Where numbers may be bought, by ISO 3166-1 code. Empty: nowhere."
    ),
}
ROOT_REQUIRED = frozenset({"project", "plan"})

TABLES: Mapping[str, Table] = {
    "twilio": Table(
        TwilioSettings,
        "The account that owns the numbers, and the compliance data of the whole project.",
        {
            "account_sid": kinds.sid(SidKind.ACCOUNT).means(
                "The account that owns and pays the numbers."
            ),
            "api_key_sid": kinds.sid(SidKind.API_KEY).means(
                "An API key; with its secret (`kapso-twilio auth set api_key_secret`) it makes "
                "the API calls in place of the auth token."
            ),
            "bundle_sid": kinds.sid(SidKind.BUNDLE).means(
                "The regulatory bundle for countries that ask for one and name none of their own."
            ),
            "address_sid": kinds.sid(SidKind.ADDRESS).means(
                "The address for countries that ask for one and name none of their own."
            ),
        },
        required=frozenset({"account_sid"}),
    ),
    "meta": Table(
        MetaSettings,
        "How numbers are verified at Meta.",
        {
            "credentials": kinds.choice(("kapso-managed", "custom")).means(
                "Whose Meta credentials onboardings use. With custom there are no pre-verified "
                "pools, and numbers are bought live."
            ),
            "business_id": kinds.text(
                r"\d{5,32}", 'the portfolio\'s number, in quotes: "1234567"'
            ).means("The business portfolio that the `meta_token` belongs to; pools need it."),
            "api_version": kinds.text(r"v\d{1,3}\.\d{1,2}", 'a version such as "v25.0"').means(
                "The version of Meta's Graph API."
            ),
            "code_method": kinds.choice(CodeMethod).means(
                "How one-time codes are asked for first; with voice, Meta calls the number. "
                "Numbers without SMS, and numbers whose SMS did not bring the code, get it by "
                "voice either way."
            ),
            "code_timeout": kinds.duration(least=_SECOND).means(
                "How long to wait for a one-time code, or for the call that brings it."
            ),
            "max_attempts": kinds.count(least=1).means(
                "A number that could not be verified so often in a row is put aside, until a "
                "person decides."
            ),
        },
    ),
    "voice": Table(
        VoiceSettings,
        "How a call that brings a code is answered: wait, press a key, record, transcribe.",
        {
            # Keys, and w for half a second's wait, as Twilio's verb Play takes them.
            "key": kinds.text(r"[0-9#*w]{1,16}", 'the key to press, in quotes: "0"').means(
                "What Meta's caller wants pressed before it says the code; w waits half a second."
            ),
            "delay_seconds": kinds.count(most=60).means(
                "How long to wait, from the answer, before the key is pressed."
            ),
            "language": kinds.text(r"[a-z]{2,3}(_[A-Z]{2})?", 'a language such as "en_US"').means(
                "The language that Meta is asked to speak; transcriptions are read in English."
            ),
            "call_timeout": kinds.duration(least=_SECOND).means(
                "How long a call that has come in may take until it is recorded and transcribed."
            ),
            "url": kinds.text(
                r"https://[!-~]+", 'an address such as "https://example.com/voice"'
            ).means(
                "Where Twilio gets the TwiML for such a call. Where it is not set: one of "
                "Twilio's own twimlets, made of the settings above, so that no server is needed."
            ),
        },
    ),
    "limits": Table(
        Limits,
        "What is refused before money is spent; none lifts a limit, but not the currency and "
        "settle_after.",
        {
            "max_numbers": kinds.liftable(kinds.count()).means(
                "Numbers that are owned, and purchases whose outcome is open."
            ),
            "max_numbers_per_country": kinds.liftable(kinds.count()).means(
                "Of those, in each country."
            ),
            "max_monthly_cost": kinds.liftable(kinds.amount()).means("What those cost in a month."),
            "currency": kinds.text(r"[A-Z]{3}", 'a currency code such as "USD"').means(
                "The currency of that; a price in another one counts as unknown, and is refused."
            ),
            "max_purchases_per_run": kinds.liftable(kinds.count()).means(
                "Purchases of one run of `pool fill` or `reconcile`."
            ),
            "max_purchases_per_day": kinds.liftable(kinds.count()).means(
                "All purchases of the last 24 hours."
            ),
            "settle_after": kinds.duration(least=timedelta(0)).means(
                "How long a purchase stays unknown at least before it can be believed that it did "
                "not happen."
            ),
            "max_quarantined": kinds.liftable(kinds.count()).means(
                "Numbers of a pool that were put aside, and are replaced by purchases; more are "
                "not."
            ),
        },
    ),
    "onboarding": Table(
        OnboardingSettings,
        "What an onboarding is promised.",
        {
            "reservation_ttl": kinds.duration(least=_SECOND).means(
                "How long a number stays reserved for an onboarding."
            ),
            # Meta verifies anew from 45 days before the end: more could never be kept.
            "min_validity": kinds.duration(least=timedelta(0), most=timedelta(days=45)).means(
                "A number is handed out only if its verification lasts at least so long."
            ),
            "removal_confirmed_after": kinds.duration(least=timedelta(0)).means(
                "A connected number must be absent at Kapso at two looks, so far apart at least, "
                "to count as removed."
            ),
        },
    ),
    "notify": Table(
        NotifySettings,
        "Who hears how a run of `reconcile` went. None of it changes what a run does, or its exit "
        "code, and a dry run sends nothing.",
        {
            "metrics_file": kinds.text(r"/[^\x00-\x1f]+", "the full path of a file").means(
                "A Prometheus textfile, written after each run; `--metrics-file` names another. "
                "Its folder must exist."
            ),
            "ping_url": kinds.private(
                # Words are added to its path: nothing may stand behind that.
                kinds.text(
                    r"https?://(?!/)[!\"$->@-~]+", "an http or https address without ? and #"
                )
            ).means(
                "Called with /start before a run, as it is after a success, and with /fail after "
                "a failure, as Healthchecks has it. It is shown without its path, which may be a "
                "secret."
            ),
            "command": kinds.command().means(
                "A program that gets a JSON document on stdin after a run that did something, or "
                "failed. It is run only where the project file belongs to you or to root, and "
                "nobody else may write it."
            ),
            "urls": kinds.private(
                kinds.texts(r"[a-zA-Z][\w+.-]*://[!-~]+", "an address of apprise's")
            ).means(
                "Addresses as apprise has them, told the same in words; they need the extra "
                "`notify`."
            ),
            "full_numbers": kinds.switch().means(
                "Whether all of these are told phone numbers in full; else the middle is hidden."
            ),
        },
    ),
}

BY_COUNTRY: Mapping[str, Table] = {
    "countries": Table(
        CountrySettings,
        "What one country does differently; a table for each such country.",
        {
            "bundle_sid": kinds.sid(SidKind.BUNDLE, SEND_NOTHING).means(
                'Its own bundle, or "none": send no bundle there. Where it is not set: the '
                "project's."
            ),
            "address_sid": kinds.sid(SidKind.ADDRESS).means(
                "Its own address. Where it is not set: the project's."
            ),
            "number_type": kinds.choice(NumberType).means(
                "The type to buy. Where it is not set: local."
            ),
            "code_method": kinds.choice(CodeMethod).means(
                "How its codes are asked for first. Where it is not set: `meta.code_method`."
            ),
        },
    ),
    "pools": Table(
        PoolSettings,
        "A pool of ready numbers; a table for each country that has one.",
        {
            "enabled": kinds.switch().means("Whether it is filled, and handed out from."),
            "target_size": kinds.count().means("How many numbers are kept ready."),
            "post_disconnect": kinds.choice(PostDisconnect).means(
                "What becomes of a number when its WhatsApp config was removed. Reuse cannot be "
                "undone."
            ),
        },
        required=frozenset({"target_size"}),
    ),
}
