"""Messages to people, by apprise: the optional extra `notify`.

Apprise is many plug-ins, which log addresses with their tokens and wait as they like. So it has a
process of its own, whose words go nowhere; addresses are given on stdin, never as arguments.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from importlib.util import find_spec

from .programs import run_program

_TIMEOUT_SECONDS = 30.0
_OURS = "KAPSO_TWILIO_"

_NOT_UNDERSTOOD, _NOT_TAKEN = 3, 4
_IN_WORDS = {
    0: None,
    _NOT_UNDERSTOOD: "apprise does not understand at least one address",
    _NOT_TAKEN: "at least one address did not take the message",
}

NOT_INSTALLED = "apprise is not installed; run: pipx inject kapso-twilio apprise"


def push(urls: Iterable[str], title: str, body: str) -> str | None:
    """Send a message to every address; None where all took it, else why not, in words.

    Never raises, and takes half a minute at most.
    """
    if find_spec("apprise") is None:
        return NOT_INSTALLED
    ended = run_program(
        # -P: a file of that name in the working directory is not meant.
        [sys.executable, "-P", "-m", __name__],
        json.dumps({"urls": list(urls), "title": title, "body": body}).encode(),
        environ={name: value for name, value in os.environ.items() if not name.startswith(_OURS)},
        seconds=_TIMEOUT_SECONDS,
    )
    if isinstance(ended, str):
        return f"apprise did not send: {ended}"
    return _IN_WORDS.get(ended, "apprise broke; is it whole? try: apprise --version")


def _send() -> int:
    """What the process of its own does; its exit code."""
    from apprise import Apprise, NotifyFormat

    message, sender = json.load(sys.stdin), Apprise()
    known = [sender.add(url) for url in message["urls"]]
    sent = not any(known) or sender.notify(
        body=message["body"], title=message["title"], body_format=NotifyFormat.TEXT
    )
    if not sent:
        return _NOT_TAKEN
    return 0 if all(known) else _NOT_UNDERSTOOD


if __name__ == "__main__":
    sys.exit(_send())
