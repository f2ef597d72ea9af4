"""Calls that no description at hand covers, taken from the vendors' pages; each with its reason.

Read on 2026-11-22: reference/meta.md §1 and reference/kapso.md §3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Documented:
    """One call: its path, and the names that may stand in query and body."""

    method: str
    path: str
    query: frozenset[str] = frozenset()
    root: str | None = None
    """Kapso nests its attributes under one key."""
    body: frozenset[str] = frozenset()
    reason: str = ""

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is this call."""
        return method == self.method and re.fullmatch(self.path, path) is not None


_ID = r"[0-9]+"
_V = r"/v[0-9]+\.[0-9]+"

# Beside what the description of v23.0 lists for the same path.
META_EXTRA_QUERY = {
    r"GET /v[\d.]+/\d+/preverified_numbers": frozenset(
        {
            # Meta's page "pre-verified numbers" and its Python SDK filter by these; v23.0 names
            # another `verification_status`, which the SDK does not know.
            "code_verification_status",
            "phone_number",
        }
    )
}
META_EVERYWHERE = frozenset(
    {
        # Every Graph call may carry it ("Secure Graph API calls"); the description leaves it out.
        "appsecret_proof"
    }
)
META_FIELDS = frozenset(
    {
        "id",
        "phone_number",
        "code_verification_status",
        "code_verification_time",
        "verification_expiry_time",
        "owner_business",
    }
)
"""The fields of Meta's Python SDK (v25.0.2); v23.0 has others, so a client asks for these."""

TWILIO_MAY_BE_EMPTY = ("form VoiceApplicationSid", "form TrunkSid")
"""An empty SID takes the application or the trunk away from a number (twilio.com/docs, the resource
IncomingPhoneNumber); the description's pattern knows whole SIDs alone."""

META_CALLS = (
    Documented(
        "DELETE",
        rf"{_V}/{_ID}/share_preverified_numbers",
        body=frozenset({"partner_business_id", "preverified_id"}),
        query=frozenset({"partner_business_id", "preverified_id"}),
        reason="Meta's page has POST and DELETE, v23.0 has POST alone",
    ),
)

_LINK_BODY = frozenset(
    {
        "success_redirect_url",
        "failure_redirect_url",
        "allowed_connection_types",
        "meta_billing_mode",
        "provision_phone_number",
        "phone_number_country_isos",
        "phone_number_area_code",
        "reconnect_phone_number",
        "language",
        "theme_config",
    }
)
_PAGES = frozenset({"page", "per_page"})
_UUID = r"[0-9A-Za-z-]+"
_K = "/platform/v1"
_CUSTOMER = frozenset({"name", "external_customer_id"})
_WHY = "Kapso publishes no description that could be kept here"
_MIRRORED = "mirrors what Kapso documents for the webhooks of one phone number"
_WEBHOOK_BODY = frozenset({"url", "secret_key", "events", "active", "payload_version"})


def _kapso(
    method: str,
    path: str,
    *,
    query: frozenset[str] = frozenset(),
    root: str | None = None,
    body: frozenset[str] = frozenset(),
    reason: str = _WHY,
) -> Documented:
    return Documented(method, _K + path, query, root, body, reason)


KAPSO_CALLS = (
    _kapso("GET", "/customers", query=_PAGES | {"external_customer_id"}),
    _kapso("POST", "/customers", root="customer", body=_CUSTOMER),
    _kapso("GET", f"/customers/{_UUID}"),
    _kapso("PATCH", f"/customers/{_UUID}", root="customer", body=_CUSTOMER),
    _kapso("DELETE", f"/customers/{_UUID}"),
    _kapso("GET", f"/customers/{_UUID}/setup_links", query=_PAGES),
    _kapso("POST", f"/customers/{_UUID}/setup_links", root="setup_link", body=_LINK_BODY),
    _kapso(
        "PATCH",
        f"/customers/{_UUID}/setup_links/{_UUID}",
        root="setup_link",
        body=frozenset({"status"}),
    ),
    _kapso("GET", "/whatsapp/phone_numbers", query=_PAGES | {"customer_id", "phone_number_id"}),
    _kapso("GET", f"/whatsapp/phone_numbers/{_UUID}"),
    _kapso("DELETE", f"/whatsapp/phone_numbers/{_UUID}"),
    _kapso("GET", "/whatsapp/webhooks", query=_PAGES),
    _kapso(
        "POST",
        "/whatsapp/webhooks",
        root="whatsapp_webhook",
        body=_WEBHOOK_BODY,
    ),
    _kapso("GET", f"/whatsapp/webhooks/{_UUID}", reason=_MIRRORED),
    _kapso(
        "PATCH",
        f"/whatsapp/webhooks/{_UUID}",
        root="whatsapp_webhook",
        body=_WEBHOOK_BODY,
        reason=_MIRRORED,
    ),
    _kapso("DELETE", f"/whatsapp/webhooks/{_UUID}", reason=_MIRRORED),
)
