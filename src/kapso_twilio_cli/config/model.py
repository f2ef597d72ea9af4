"""One project's settings, typed: what the rest of the program sees of the project file.

Defaults stand here; what each key is for and takes, in `schema`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec

from ..domain.code_method import CodeMethod
from ..domain.country import Country
from ..domain.entitlement import Plan
from ..domain.limits import Limits
from ..domain.number_type import NumberType
from ..domain.pool import PostDisconnect

SEND_NOTHING = "none"
"""A country's `bundle_sid` that keeps the project's bundle away from that country."""


class TwilioSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The account that owns the numbers, and the compliance data of the whole project."""

    account_sid: str
    api_key_sid: str | None = None
    bundle_sid: str | None = None
    address_sid: str | None = None


class CountrySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What one country does differently; None leaves it to the project."""

    bundle_sid: str | None = None
    """A bundle, or SEND_NOTHING."""
    address_sid: str | None = None
    number_type: NumberType | None = None
    code_method: CodeMethod | None = None


class PoolSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One country's pool."""

    target_size: int
    enabled: bool = True
    post_disconnect: PostDisconnect = PostDisconnect.MARK_UNAVAILABLE


class MetaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How numbers are verified at Meta."""

    credentials: Literal["kapso-managed", "custom"] = "kapso-managed"
    business_id: str | None = None
    api_version: str = "v25.0"
    code_method: CodeMethod = CodeMethod.SMS
    code_timeout: timedelta = timedelta(seconds=60)
    max_attempts: int = 5


class VoiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a call that brings a code is answered."""

    key: str = "0"
    delay_seconds: int = 7
    language: str = "en_US"
    call_timeout: timedelta = timedelta(minutes=3)
    url: str | None = None
    """Where Twilio gets the TwiML; None: an echo twimlet that is made of these settings."""


class OnboardingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an onboarding is promised."""

    reservation_ttl: timedelta = timedelta(hours=24)
    min_validity: timedelta = timedelta(hours=24)
    removal_confirmed_after: timedelta = timedelta(minutes=1)


class NotifySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Who hears how a run of `reconcile` went. Addresses may hold a token: they are never shown."""

    metrics_file: str | None = None
    ping_url: str | None = None
    command: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    full_numbers: bool = False


class ProjectConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A project file that was read and found good."""

    project: str
    plan: Plan
    twilio: TwilioSettings
    custom_twilio_addon: bool = False
    enabled: bool = False
    """The switch alone; whether the plan is entitled is `domain.entitlement`'s to say."""
    default_country: Country | None = None
    allowed_countries: tuple[Country, ...] = ()
    countries: dict[Country, CountrySettings] = msgspec.field(default_factory=dict)
    pools: dict[Country, PoolSettings] = msgspec.field(default_factory=dict)
    meta: MetaSettings = MetaSettings()
    voice: VoiceSettings = VoiceSettings()
    limits: Limits = msgspec.field(default_factory=Limits)
    onboarding: OnboardingSettings = OnboardingSettings()
    notify: NotifySettings = NotifySettings()

    def number_type_in(self, country: Country) -> NumberType:
        """The type that is bought in the country, unless a call asks for another."""
        settings = self.countries.get(country, CountrySettings())
        return settings.number_type or NumberType.LOCAL

    def code_method_in(self, country: Country) -> CodeMethod:
        """How codes for the country's numbers are asked for first."""
        settings = self.countries.get(country, CountrySettings())
        return settings.code_method or self.meta.code_method
