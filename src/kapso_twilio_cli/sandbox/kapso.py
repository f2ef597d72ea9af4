"""The stand-in for Kapso's Platform API: customers, setup links, connected numbers, webhooks.

Facts: reference/kapso.md, read on 2026-11-22.
"""

from __future__ import annotations

import re

from . import kapso_customers, kapso_numbers, kapso_webhooks
from .kapso_http import authenticate, failure, request_id
from .world import Vendor

KAPSO = Vendor(
    name="kapso",
    owns=re.compile(r"/platform/v1(/|$)"),
    routes=(*kapso_customers.ROUTES, *kapso_numbers.ROUTES, *kapso_webhooks.ROUTES),
    authenticate=authenticate,
    failure=failure,
    request_id=request_id,
)
