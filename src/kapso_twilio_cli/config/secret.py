"""A secret, and the names of those there are."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn

_MASK = "••••"


class SecretName(StrEnum):
    """The secrets of a project."""

    AUTH_TOKEN = "auth_token"
    API_KEY_SECRET = "api_key_secret"
    META_TOKEN = "meta_token"
    META_APP_SECRET = "meta_app_secret"
    KAPSO_API_KEY = "kapso_api_key"
    KAPSO_WEBHOOK_SECRET = "kapso_webhook_secret"

    @property
    def variable(self) -> str:
        """The environment variable that may hold it: `KAPSO_TWILIO_AUTH_TOKEN`."""
        return f"KAPSO_TWILIO_{self.value.upper()}"


class Secret:
    """A text that shows itself only to `reveal()`: not in repr, format, JSON or a pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself: for the call that needs it, and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({_MASK})"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, format_spec: str) -> str:
        return _MASK

    def __eq__(self, other: object) -> bool:
        from hmac import compare_digest

        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")
