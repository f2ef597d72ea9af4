"""A number for one onboarding: from the pool, else live, else Kapso's standard behaviour.

A claim from a pool needs nothing but the settings and the inventory; what a live purchase needs is
loaded when one is made.
"""

from __future__ import annotations

from ...domain.country import Country, country_name
from ...domain.entitlement import why_not_entitled
from ...domain.purchase import Purchase
from ...domain.reservation import NewReservation
from ...domain.resolution import Path, ResolveReason
from ...errors import KapsoTwilioError, PoolEmpty, UsageError
from ...places import is_there
from ...project import Project
from ..buying.allowed import require_allowed
from .onboarding import LivePurchase, Onboarding, Resolution, answer, same_answer


def resolve(project: Project, onboarding: Onboarding, live: LivePurchase | None) -> Resolution:
    """Answer one onboarding, the same for the same ref. Without `live`, nothing is bought.

    Raises ConfigError for a country that is not allowed, PoolEmpty without `live`, and what a
    purchase raises; never `standard` because a purchase failed.
    """
    standard = _why_standard(project)
    if standard is not None:
        country = onboarding.country or project.config.default_country
        return _given_before(project, onboarding) or Resolution(
            country, Path.STANDARD, standard, onboarding.ref
        )
    try:
        country = _country(project, onboarding)
    except KapsoTwilioError:
        held = _given_before(project, onboarding)
        if held is None:
            raise
        return held
    answered = _from_pool(project, onboarding, country, settled=None)
    if isinstance(answered, Resolution):
        return answered
    pending = _pending_purchase(project, onboarding.ref)
    if pending is not None:
        from .live import settle_pending

        recovered = settle_pending(project, pending, onboarding.country)
        if recovered is not None:
            return recovered
        answered = _from_pool(project, onboarding, country, settled=pending)
        if isinstance(answered, Resolution):
            return answered
    if live is None:
        raise PoolEmpty(
            f"there is no ready number for {country_name(country)} ({country})",
            reason=_IN_WORDS[answered],
            hint=_WAYS_ON[answered].format(country=country),
        )
    from .live import resolve_live

    return resolve_live(project, onboarding, country, answered, live, settled=pending)


def _country(project: Project, onboarding: Onboarding) -> Country:
    country = onboarding.country or project.config.default_country
    if country is None:
        raise UsageError(
            "no country was named, and the project has no default",
            reason="a number is of one country",
            hint="add --country CC, or set one: kapso-twilio country default CC",
        )
    require_allowed(project.config, country)
    return country


def _why_standard(project: Project) -> ResolveReason | None:
    config = project.config
    if not config.enabled:
        return ResolveReason.DISABLED
    if why_not_entitled(config.plan, custom_twilio_addon=config.custom_twilio_addon):
        return ResolveReason.PLAN
    return None


def _given_before(project: Project, onboarding: Onboarding) -> Resolution | None:
    """The ref's number, or its purchase's: it keeps it even if the settings have changed since."""
    if not is_there(project.inventory_path):
        return None
    with project.inventory.read() as session:
        held = session.reservations.of_ref(onboarding.ref)
        if held is not None:
            return same_answer(session, held, onboarding.country)
        pending = session.purchases.unresolved_for_ref(onboarding.ref)
    if pending is None:
        return None
    from .live import settle_pending

    return settle_pending(project, pending, onboarding.country)


def _from_pool(
    project: Project, onboarding: Onboarding, country: Country, *, settled: Purchase | None
) -> Resolution | ResolveReason:
    """The ref's number if it has one, else a claim; else the reason why there is none.

    A ref whose purchase is unresolved claims nothing, unless that was just `settled`.
    """
    settings = project.config.onboarding
    why_not = _why_no_pool(project, country)
    now = project.now()
    with project.inventory.write() as tx:
        held = tx.reservations.of_ref(onboarding.ref)
        if held is not None:
            return same_answer(tx, held, onboarding.country)
        if why_not is not None:
            return why_not
        pending = tx.purchases.unresolved_for_ref(onboarding.ref)
        if pending is not None and (settled is None or pending.id != settled.id):
            return ResolveReason.POOL_EMPTY
        tx.standing.require()
        number = tx.numbers.claim(country, project.valid_at(), now)
        if number is None:
            return ResolveReason.POOL_EMPTY
        until = now + settings.reservation_ttl
        why = ResolveReason.POOL_READY
        new = NewReservation(onboarding.ref, Path.POOL, why, country, onboarding.customer, until)
        return answer(number, tx.reservations.add(new, number, now))


def _why_no_pool(project: Project, country: Country) -> ResolveReason | None:
    if project.config.meta.credentials == "custom":
        return ResolveReason.CUSTOM_META
    pool = project.config.pools.get(country)
    if pool is None:
        return ResolveReason.NO_POOL
    return None if pool.enabled else ResolveReason.POOL_DISABLED


def _pending_purchase(project: Project, ref: str) -> Purchase | None:
    with project.inventory.read() as session:
        return session.purchases.unresolved_for_ref(ref)


_IN_WORDS = {
    ResolveReason.NO_POOL: "the country has no pool",
    ResolveReason.POOL_DISABLED: "its pool is disabled",
    ResolveReason.POOL_EMPTY: "its pool has none that can be handed out now",
    ResolveReason.CUSTOM_META: "the project uses its own Meta credentials, so it has no pools",
}

_WAYS_ON = {
    ResolveReason.NO_POOL: "kapso-twilio pool set {country} --target-size 5; or leave"
    " --no-provision out to buy one",
    ResolveReason.POOL_DISABLED: "kapso-twilio pool set {country} --enable; or leave"
    " --no-provision out to buy one",
    ResolveReason.POOL_EMPTY: "kapso-twilio pool fill {country}; or leave --no-provision out to buy"
    " one",
    ResolveReason.CUSTOM_META: "leave --no-provision out to buy one",
}
