"""What stands at a path: something, nothing, or what this user may not know.

Python's own `exists` answers the last with an error or with a no, by its version. A no would let a
secret fall through to another source, and an inventory be taken for one that was never made.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import KapsoTwilioError, StateError


def is_there(path: Path, refusal: type[KapsoTwilioError] = StateError) -> bool:
    """Whether something stands there; a `refusal` where this user may not look."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        raise out_of_reach(path, refusal) from None
    except OSError as error:
        hint = "check its name"
        raise refusal(f"{path} cannot be looked at", reason=error.strerror, hint=hint) from None
    return True


def out_of_reach(path: Path, refusal: type[KapsoTwilioError] = StateError) -> KapsoTwilioError:
    """The error where this user may not read `path`, or not come so far: what stops it, and why."""
    barrier, user = _barrier(path), _name(os.geteuid())
    try:
        found = barrier.stat()
    except OSError as error:
        return refusal(f"{path} cannot be read", reason=f"{barrier}: {error.strerror}")
    owner, mode = _name(found.st_uid), stat.S_IMODE(found.st_mode)
    return refusal(
        f"{path} cannot be read",
        reason=f"{barrier} belongs to {owner}, with the mode {mode:04o}, and this is {user}",
        hint=f"chmod u+{'rwx' if barrier.is_dir() else 'rw'} {barrier}"
        if owner == user
        else f"run kapso-twilio as {owner}, or have {owner} let {user} in",
    )


def _barrier(path: Path) -> Path:
    """The first folder on the way that may not be entered, else the path itself."""
    absolute = path.absolute()
    for folder in reversed(absolute.parents):
        if not os.access(folder, os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            return folder
    return absolute


def _name(user_id: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user {user_id}"
