"""The OS keyring, bounded in time: a backend that hangs, is locked or absent is an answer too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

SECONDS = 3.0
"""How long a keyring may take. One that asks its user for a password is not waited for."""


class KeyringUnavailable(Exception):
    """The keyring did not do it; the text says why."""


class KeyringAbsent(KeyringUnavailable):
    """There is no keyring here, so nothing can be stored in one."""


def backend_name(*, seconds: float = SECONDS) -> str:
    """What the keyring calls itself, once it has answered; nothing is stored."""

    def call() -> str | None:
        import keyring
        from keyring.backends import null

        keyring.get_password("kapso-twilio", "doctor")
        found = keyring.get_keyring()
        return None if isinstance(found, null.Keyring) else str(found.name)

    name = _bounded(call, seconds)
    if name is None:
        raise KeyringAbsent("the keyring is the null one, which keeps nothing")
    return name


def get_password(service: str, name: str, *, seconds: float = SECONDS) -> str | None:
    """The secret under that name, None if there is none."""

    def call() -> str | None:
        import keyring

        return keyring.get_password(service, name)

    return _bounded(call, seconds)


def set_password(service: str, name: str, value: str, *, seconds: float = SECONDS) -> None:
    """Store it, and read it back: the null backend takes everything and keeps nothing."""

    def call() -> bool:
        import keyring

        keyring.set_password(service, name, value)
        return keyring.get_password(service, name) == value

    if not _bounded(call, seconds):
        raise KeyringAbsent("the keyring took the secret and did not keep it")


def delete_password(service: str, name: str, *, seconds: float = SECONDS) -> bool:
    """Remove it; False if it was not there."""

    def call() -> bool:
        import keyring

        if keyring.get_password(service, name) is None:
            return False
        keyring.delete_password(service, name)
        return True

    return _bounded(call, seconds)


def _bounded(call: Callable[[], T], seconds: float) -> T:
    """Run `call` beside the program, and leave it behind when it takes too long.

    A daemon thread, and no executor: interpreters wait for executors' threads before they exit. No
    child process either: a hang is a wait for the bus or a dialogue, which does not hold the
    interpreter, and a child would ask the keychain as another program.
    """
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except Exception as error:  # noqa: BLE001 - backends are plug-ins, and raise what they like
            answer.set_exception(error)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    try:
        return answer.result(timeout=seconds)
    except TimeoutError:
        raise KeyringUnavailable(f"the keyring did not answer in {seconds:g} s") from None
    except Exception as error:  # noqa: BLE001 - see above; its text is not repeated
        raise _translated(error) from None


def _translated(error: Exception) -> KeyringUnavailable:
    if isinstance(error, ImportError):
        return KeyringAbsent("the keyring library cannot be loaded")
    from keyring.errors import KeyringLocked, NoKeyringError

    if isinstance(error, NoKeyringError):
        return KeyringAbsent("this machine has no keyring")
    if isinstance(error, KeyringLocked):
        return KeyringUnavailable("the keyring is locked")
    return KeyringUnavailable(f"the keyring failed ({type(error).__name__})")
