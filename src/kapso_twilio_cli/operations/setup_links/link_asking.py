"""Ask Kapso for a setup link: once, and with a lost answer looked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import VendorRefused, VendorUnavailable
from ...project import Project
from .link_request import LinkRequest, Plan, link_settings

if TYPE_CHECKING:
    from ...gateways.kapso_platform import KapsoLink, KapsoPlatform


def require_kapso(project: Project) -> KapsoPlatform:
    """Kapso, or the error that says that no key is set."""
    if project.kapso is None:
        from ...config.secrets import SecretName

        project.secrets.require(SecretName.KAPSO_API_KEY)
    assert project.kapso is not None
    return project.kapso


def ask_for_link(
    kapso: KapsoPlatform, request: LinkRequest, plan: Plan, active: Sequence[KapsoLink]
) -> KapsoLink:
    """Ask for the link; a lost answer is looked for among the customer's links."""
    from ...gateways.http import AnswerLost

    settings = link_settings(request, plan)
    try:
        return kapso.create_setup_link(request.customer_id, settings)
    except VendorRefused as error:
        raise VendorRefused(
            "Kapso refused to make the setup link",
            reason=error.reason,
            hint="nothing was made or bought; mend what Kapso names, then run it again",
        ) from error
    except AnswerLost as lost:
        known = {link.link_id for link in active}
        found = [link for link in kapso.setup_links(request.customer_id) if link.is_active]
        new = [link for link in found if link.link_id not in known]
        if not new:
            raise _not_known(request, str(lost)) from None
        if new[0].url is not None:
            return new[0]
    try:
        # It was made, and its URL is lost with the answer: another revokes it.
        return kapso.create_setup_link(request.customer_id, settings)
    except AnswerLost as lost:
        raise _not_known(request, str(lost)) from None


def _not_known(request: LinkRequest, reason: str) -> VendorUnavailable:
    return VendorUnavailable(
        f"it is not known whether Kapso made a setup link for customer {request.customer_id}",
        reason=reason,
        hint="nothing was bought, and nobody has its URL: run the command again; if one is shown"
        " to be there, add --replace",
    )
