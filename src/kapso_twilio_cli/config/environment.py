"""Every variable of this program's own in the environment, and what each is for.

docs/reference/configuration.md is made of it; a test holds it against the source.
"""

from __future__ import annotations

from collections.abc import Mapping

from .secret import SecretName

_ONE_VENDOR = "Where {}'s API is, in place of the real one: https, or http on this machine."

VARIABLES: Mapping[str, str] = {
    "KAPSO_TWILIO_PROJECT": "The project that is meant where `--project` names none.",
    "KAPSO_TWILIO_CONFIG": "The project file, where `--config` names none.",
    "KAPSO_TWILIO_DATA_DIR": "The folder of inventories, a folder in it for each project.",
    **{
        name.variable: f"The secret `{name}`; before every other place where it may stand."
        for name in SecretName
    },
    **{f"{name.variable}_FILE": f"A file that holds the secret `{name}`." for name in SecretName},
    "KAPSO_TWILIO_HTTP_TIMEOUT": "How many seconds a vendor's answer is waited for, from 1 to 60.",
    "KAPSO_TWILIO_SANDBOX_URL": "Where a sandbox stands in for Twilio, Meta and Kapso.",
    "KAPSO_TWILIO_TWILIO_URL": _ONE_VENDOR.format("Twilio"),
    "KAPSO_TWILIO_META_URL": _ONE_VENDOR.format("Meta"),
    "KAPSO_TWILIO_KAPSO_URL": _ONE_VENDOR.format("Kapso"),
    "_KAPSO_TWILIO_COMPLETE": "Set by the scripts of shell completion.",
    "CREDENTIALS_DIRECTORY": "Set by systemd: a secret stands there as `<project>.<name>`.",
    "NO_COLOR": "Not empty, it switches colours off.",
}
