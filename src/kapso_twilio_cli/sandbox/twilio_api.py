"""The stand-in for Twilio: api, numbers and pricing on one host."""

from __future__ import annotations

import re

from . import (
    twilio_account,
    twilio_compliance,
    twilio_inbox,
    twilio_incoming,
    twilio_pricing,
    twilio_search,
)
from .twilio_http import authenticate, failure, request_id
from .world import Vendor

TWILIO = Vendor(
    name="twilio",
    owns=re.compile(r"/(2010-04-01|v2/RegulatoryCompliance|v1/PhoneNumbers)(/|$)"),
    routes=(
        *twilio_account.ROUTES,
        *twilio_search.ROUTES,
        *twilio_incoming.ROUTES,
        *twilio_inbox.ROUTES,
        *twilio_compliance.ROUTES,
        *twilio_pricing.ROUTES,
    ),
    authenticate=authenticate,
    failure=failure,
    request_id=request_id,
)
