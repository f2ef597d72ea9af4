"""The account in a file: loaded at start, written whole after each change."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from ..errors import StateError
from .state import Account, Credentials

if TYPE_CHECKING:
    from pathlib import Path


def open_account(path: Path | None, seed: str | None) -> Account:
    """Load the account of a file, or make a new one where there is none.

    Credentials are new in each run unless they come from the file or from `seed`.
    """
    if path is None or not path.exists():
        return new_account(seed or secrets.token_hex(16))
    try:
        return msgspec.json.decode(path.read_bytes(), type=Account)
    except (OSError, msgspec.DecodeError) as error:
        raise StateError(
            f"the sandbox state {path} cannot be read",
            reason=str(error),
            hint="give another file, or delete this one to start anew",
        ) from error


def new_account(seed: str) -> Account:
    """Make an empty account; each secret is long and distinctive, so that a leak can be found."""
    blank = Credentials("", "", "", "", "", "", "", "")
    account = Account(seed, blank, datetime.now(UTC))
    account.credentials = Credentials(
        account_sid=account.draw_sid("AC"),
        auth_token=account.draw_hex(),
        api_key_sid=account.draw_sid("SK"),
        api_key_secret=f"sandboxKeySecret{account.draw_hex()}",
        meta_business_id=account.draw_digits(15),
        meta_token=f"EAAsandbox{account.draw_hex()}{account.draw_hex()}",
        kapso_api_key=f"kapso_sandbox_{account.draw_hex()}",
        kapso_webhook_secret=f"whsec_sandbox_{account.draw_hex()}",
    )
    return account


def save_account(path: Path, account: Account) -> None:
    """Replace the file in one step; a reader sees the old state or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(account))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
