"""The composition root: one project's settings, secrets, inventory and vendors.

Each is made on first use, so that a command pays only for what it uses: a claim from a pool reads
no secret and loads no network library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import field

from .config import locations
from .config.loading import load
from .config.model import ProjectConfig
from .domain.entitlement import what_entitles, why_not_entitled
from .errors import ConfigError, StateError
from .ids import random_base32
from .inventory.journal import Journal
from .inventory.store import Identity, Inventory, Vendors, create_inventory
from .process import this_process

if TYPE_CHECKING:
    from .config.secrets import Secrets
    from .gateways.kapso_platform import KapsoPlatform
    from .gateways.kapso_signature import KapsoSignature
    from .gateways.meta_preverified import MetaPreverified
    from .gateways.twilio_calls import TwilioCalls
    from .gateways.twilio_compliance import TwilioCompliance
    from .gateways.twilio_inbox import TwilioInbox
    from .gateways.twilio_numbers import TwilioNumbers
    from .gateways.twilio_prices import TwilioPrices
    from .gateways.twilio_signature import TwilioSignature
    from .gateways.twilio_webhooks import TwilioWebhooks

_CONNECTIONS = 34  # the highest sensible --concurrency, and two for the inbox and the listing


class Twilio(msgspec.Struct, frozen=True):
    """What this program uses of Twilio."""

    numbers: TwilioNumbers
    prices: TwilioPrices
    inbox: TwilioInbox
    compliance: TwilioCompliance
    calls: TwilioCalls
    webhooks: TwilioWebhooks
    close: Callable[[], None]
    """Gives the connections back."""


class Run(msgspec.Struct, frozen=True):
    """One run of the program."""

    id: str = field(default_factory=lambda: random_base32(8))
    """It stands in every event that the run writes, and on every line of its log."""
    say: Callable[[str], object] | None = None
    """Told of each event in words; None where nobody listens."""


class Project:
    """One project on this host."""

    def __init__(self, path: Path, config: ProjectConfig, run: Run | None = None) -> None:
        self.path = path
        self.config = config
        self.is_rehearsal = False
        """Nothing is to be changed at the vendors."""
        self.run = run or Run()
        self.owner = this_process()

    @classmethod
    def locate(
        cls, *, name: str | None, config_path: Path | None, run: Run | None = None
    ) -> Project:
        """The project that is meant; ConfigError or UsageError says why it cannot be told."""
        path = locations.find_project_file(name=name, config_path=config_path)
        expected = name or locations.name_by_place(path)
        return cls(path, load(path, name=expected), run)

    @property
    def name(self) -> str:
        """The project's name."""
        return self.config.project

    @property
    def run_id(self) -> str:
        """Which run this is."""
        return self.run.id

    @cached_property
    def endpoints(self) -> locations.Endpoints:
        """The vendors' addresses; StateError where the inventory was made for others."""
        return endpoints_of(self.name)

    @cached_property
    def secrets(self) -> Secrets:
        """The secrets chain."""
        from .config.secrets import Secrets

        return Secrets(self.name)

    @property
    def inventory_path(self) -> Path:
        """Where the project's inventory is, or would be."""
        return locations.inventory_path(self.name)

    @cached_property
    def inventory(self) -> Inventory:
        """The project's inventory; StateError where there is none, or it is another account's."""
        journal = Journal(self.run_id, self.owner.host, self.run.say)
        inventory = Inventory(self.inventory_path, journal)
        try:
            self.check_pinned(inventory.identity, self.inventory_path)
        except StateError:
            inventory.close()
            raise
        return inventory

    @contextmanager
    def rehearsed(self) -> Iterator[Project]:
        """The same project on a copy of its inventory: its operations change nothing that lasts."""
        from tempfile import TemporaryDirectory

        twin = Project(self.path, self.config, self.run)
        twin.is_rehearsal = True
        with TemporaryDirectory(prefix="kapso-twilio-") as folder:
            twin.inventory = self.inventory.copy_into(Path(folder))
            try:
                yield twin
            finally:
                twin.close()

    @contextmanager
    def anew(self) -> Iterator[Project]:
        """The same project with the settings and secrets of now, for a process that lives long."""
        current = Project(self.path, load(self.path, name=self.name), self.run)
        try:
            yield current
        finally:
            current.close()

    def close(self) -> None:
        """Give back the inventory's file and the connections to the vendors, if there are any."""
        for name in ("inventory", "twilio", "meta", "kapso"):
            held = vars(self).pop(name, None)
            if held is not None:
                held.close()

    @cached_property
    def twilio(self) -> Twilio:
        """The project's account at Twilio."""
        from .gateways.twilio_calls import TwilioCalls
        from .gateways.twilio_client import TwilioClient
        from .gateways.twilio_compliance import TwilioCompliance
        from .gateways.twilio_inbox import TwilioInbox
        from .gateways.twilio_numbers import TwilioNumbers
        from .gateways.twilio_prices import TwilioPrices
        from .gateways.twilio_webhooks import TwilioWebhooks

        client = TwilioClient(
            self._twilio_account(),
            base_url=self.endpoints.twilio_url,
            connections=_CONNECTIONS,
            timeout_seconds=self.endpoints.timeout_seconds,
        )
        return Twilio(
            TwilioNumbers(client),
            TwilioPrices(client),
            TwilioInbox(client),
            TwilioCompliance(client),
            TwilioCalls(client),
            TwilioWebhooks(client),
            client.close,
        )

    @cached_property
    def meta(self) -> MetaPreverified:
        """The portfolio of pre-verified numbers at Meta."""
        from .config.secrets import SecretName
        from .gateways.meta_client import MetaClient, MetaPortfolio
        from .gateways.meta_preverified import MetaPreverified

        settings = self.config.meta
        if settings.business_id is None:
            raise ConfigError(
                f"project {self.name} has no meta.business_id",
                reason="pools verify their numbers in a Meta business portfolio",
                hint="kapso-twilio config set meta.business_id ID",
            )
        app_secret = self.secrets.find(SecretName.META_APP_SECRET)
        portfolio = MetaPortfolio(
            business_id=settings.business_id,
            api_version=settings.api_version,
            token=self.secrets.require(SecretName.META_TOKEN).reveal(),
            app_secret=app_secret.secret.reveal() if app_secret else None,
        )
        return MetaPreverified(
            MetaClient(
                portfolio,
                base_url=self.endpoints.meta_url,
                connections=_CONNECTIONS,
                timeout_seconds=self.endpoints.timeout_seconds,
            )
        )

    @cached_property
    def kapso(self) -> KapsoPlatform | None:
        """The project at Kapso, or None where no key is configured."""
        from .config.secrets import SecretName
        from .gateways.kapso_platform import KapsoPlatform

        found = self.secrets.find(SecretName.KAPSO_API_KEY)
        if found is None:
            return None
        return KapsoPlatform(
            found.secret.reveal(),
            base_url=self.endpoints.kapso_url,
            timeout_seconds=self.endpoints.timeout_seconds,
        )

    def twilio_signature(self) -> TwilioSignature:
        """A check of what Twilio signs, with the auth token that is there now."""
        from .config.secrets import SecretName, Secrets
        from .gateways.twilio_signature import TwilioSignature

        # Read anew, a keyring that failed before included: the token may have been changed.
        return TwilioSignature(Secrets(self.name).require(SecretName.AUTH_TOKEN).reveal())

    def kapso_signature(self) -> KapsoSignature | None:
        """A check of what Kapso signs, by the secret of now; None where there is none."""
        from .config.secrets import SecretName, Secrets
        from .gateways.kapso_signature import KapsoSignature

        found = Secrets(self.name).find(SecretName.KAPSO_WEBHOOK_SECRET)
        return KapsoSignature(found.secret.reveal()) if found is not None else None

    def now(self) -> datetime:
        """The present, aware and in UTC."""
        return datetime.now(UTC)

    def valid_at(self) -> datetime:
        """A number is handed out only if its verification lasts until then."""
        return self.now() + self.config.onboarding.min_validity

    def why_not_enabled(self) -> str | None:
        """None when custom Twilio is on and the plan is entitled to it, else why not."""
        config = self.config
        if not config.enabled:
            return "custom Twilio is switched off"
        return why_not_entitled(config.plan, custom_twilio_addon=config.custom_twilio_addon)

    def what_enables(self) -> str:
        """What to do where it is not enabled: switch it on, or first have a plan for it."""
        if not self.config.enabled:
            return "kapso-twilio enable"
        return what_entitles(self.config.plan)

    def require_enabled(self, to: str) -> None:
        """Raise StateError unless custom Twilio is on and the plan is entitled to it."""
        why_not = self.why_not_enabled()
        if why_not is not None:
            raise StateError(
                f"project {self.name} cannot {to}", reason=why_not, hint=self.what_enables()
            )

    def check_pinned(self, identity: Identity, path: Path) -> None:
        """Raise StateError where the inventory at `path` was made for something else."""
        for what, pinned, found, hint in (
            ("another project", identity.project, self.name, "use the right --project"),
            (
                "another Twilio account",
                identity.account_sid,
                self.config.twilio.account_sid,
                "put the account's SID back, or set up another project for the other account",
            ),
            (
                "other vendors",
                identity.vendors,
                _vendors_at(locations.endpoints()),
                _OTHER_VENDORS,
            ),
        ):
            if pinned != found:
                raise _not_ours(path, what, pinned, found, hint)

    def create_inventory(self) -> Path:
        """Make the project's inventory; StateError if there is one already."""
        identity = Identity(
            project=self.name,
            account_sid=self.config.twilio.account_sid,
            installation=random_base32(8),
            vendors=_vendors_at(locations.endpoints()),
            created_at=self.now(),
        )
        create_inventory(self.inventory_path, identity)
        return self.inventory_path

    def _twilio_account(self) -> TwilioAccount:
        from .config.secrets import SecretName
        from .gateways.twilio_client import TwilioAccount

        settings = self.config.twilio
        # Required even beside an API key: Twilio signs its webhooks with it.
        auth_token = self.secrets.require(SecretName.AUTH_TOKEN)
        key_secret = self.secrets.api_key_secret(settings.api_key_sid)
        if settings.api_key_sid is not None and key_secret is not None:
            return TwilioAccount(settings.account_sid, settings.api_key_sid, key_secret.reveal())
        return TwilioAccount(settings.account_sid, settings.account_sid, auth_token.reveal())


def endpoints_of(project_name: str) -> locations.Endpoints:
    """The vendors' addresses, for a project that there is or is to be.

    StateError where its inventory was made for other vendors: with a left-over variable, its real
    secrets would go to a stand-in.
    """
    from .inventory.glance import vendors_in

    path, found = locations.inventory_path(project_name), locations.endpoints()
    pinned = vendors_in(path)
    if pinned is not None and pinned is not _vendors_at(found):
        raise _not_ours(path, "other vendors", pinned, _vendors_at(found), _OTHER_VENDORS)
    return found


def _vendors_at(endpoints: locations.Endpoints) -> Vendors:
    return Vendors.STAND_INS if endpoints.stand_ins else Vendors.REAL


_OTHER_VENDORS = "set or unset KAPSO_TWILIO_SANDBOX_URL as it was when the inventory was made"


def _not_ours(path: Path, what: str, pinned: str, found: str, hint: str) -> StateError:
    return StateError(
        f"the inventory {path} belongs to {what}",
        reason=f"it was made for {pinned}; this run is for {found}",
        hint=hint,
    )


if TYPE_CHECKING:
    from .gateways.twilio_client import TwilioAccount
