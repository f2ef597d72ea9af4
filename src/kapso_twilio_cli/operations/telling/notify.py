"""What others hear of a run: pings, a metrics file, a hook, messages.

None of it changes what a run did or how it ended: what goes wrong here comes back as a warning. No
secret leaves, and no full phone number unless the settings ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from ...domain.phone_number import mask_all
from ...errors import KapsoTwilioError, Locked
from ...project import Project
from ..actions import Action

_PUT_OFF = Locked.exit_code


class Outcome(msgspec.Struct, frozen=True):
    """How a run ended."""

    command: str
    actions: tuple[Action, ...]
    error: KapsoTwilioError | None

    @property
    def exit_code(self) -> int:
        """What the process ends with."""
        return 0 if self.error is None else self.error.exit_code

    @property
    def failed(self) -> bool:
        """Whether somebody has to look: a run that was put off (75) is made up for by the next."""
        return self.exit_code not in (0, _PUT_OFF)


def begun(project: Project) -> list[str]:
    """Tell that a run begins; gives warnings."""
    url = project.config.notify.ping_url
    if url is None:
        return []
    from ...gateways.ping import Moment, ping

    return _warnings("notify.ping_url", ping(url, Moment.START))


def ended(project: Project, outcome: Outcome, metrics_file: Path | None) -> Iterator[str]:
    """Tell how a run ended, one after the other; gives warnings as they come."""
    yield from _write_metrics(project, metrics_file)
    yield from _ping(project, outcome)
    if outcome.actions or outcome.failed:
        yield from _run_hook(project, outcome)
        yield from _push(project, outcome)


def _write_metrics(project: Project, path: Path | None) -> list[str]:
    if path is None:
        return []
    from .metrics import write_metrics

    try:
        write_metrics(project, path)
    except KapsoTwilioError as error:
        why = f"{error.message}: {error.reason}" if error.reason else error.message
        return _warnings("the metrics file", why)
    return []


def _ping(project: Project, outcome: Outcome) -> list[str]:
    url = project.config.notify.ping_url
    if url is None or outcome.exit_code == _PUT_OFF:
        return []  # the monitor's own patience tells whether this goes on for too long
    from ...gateways.ping import Moment, ping

    if not outcome.failed:
        return _warnings("notify.ping_url", ping(url, Moment.SUCCESS))
    words = _words(project)
    body = words(f"exit code {outcome.exit_code}: {_error_line(outcome)}")
    return _warnings("notify.ping_url", ping(url, Moment.FAIL, body))


def _run_hook(project: Project, outcome: Outcome) -> list[str]:
    command = project.config.notify.command
    if not command:
        return []
    from .hook import run_hook, why_not_trusted

    why_not = why_not_trusted(project.path)
    if why_not is None:
        why_not = run_hook(command, msgspec.json.encode(_document(project, outcome)))
    return _warnings("notify.command", why_not)


def _push(project: Project, outcome: Outcome) -> list[str]:
    urls = project.config.notify.urls
    if not urls:
        return []
    from ...gateways.push import push

    words = _words(project)
    how = f"failed with exit code {outcome.exit_code}" if outcome.failed else "did this"
    lines = [_action_line(action) for action in outcome.actions]
    lines += [_error_line(outcome)] if outcome.error is not None else []
    title = f"kapso-twilio {project.name}: {outcome.command} {how}"
    return _warnings("notify.urls", push(urls, title, "\n".join(map(words, lines))))


def _document(project: Project, outcome: Outcome) -> dict[str, object]:
    """What a hook reads on stdin."""
    words = _words(project)
    return {
        "schema": "kapso-twilio.notify/1",
        "kind": outcome.command,
        "project": project.name,
        "run_id": project.run_id,
        "exit_code": outcome.exit_code,
        "actions": [
            {
                "kind": action.kind,
                "phone_number": action.phone_number and words(action.phone_number),
                "detail": action.detail and words(action.detail),
            }
            for action in outcome.actions
        ],
        "attention": _attention_kinds(project),
        "error": _error_fields(outcome.error, words),
    }


def _attention_kinds(project: Project) -> list[str] | None:
    """What a person should look at, each kind once; None where the inventory cannot be read."""
    from ..status import status

    try:
        return sorted({entry.kind.value for entry in status(project).attention})
    except KapsoTwilioError:
        return None


def _error_fields(
    error: KapsoTwilioError | None, words: Callable[[str], str]
) -> dict[str, object] | None:
    if error is None:
        return None
    return {
        "kind": error.kind,
        "message": words(error.message),
        "reason": error.reason and words(error.reason),
        "hint": error.hint and words(error.hint),
        "exit_code": error.exit_code,
    }


def _action_line(action: Action) -> str:
    about = " ".join(text for text in (action.phone_number, action.detail) if text)
    return f"{action.kind.replace('_', ' ')}: {about}"


def _error_line(outcome: Outcome) -> str:
    error = outcome.error
    assert error is not None
    return f"{error.message} ({error.reason})" if error.reason else error.message


def _words(project: Project) -> Callable[[str], str]:
    """How a text leaves: with the middle of phone numbers hidden, unless they are asked for."""
    hide = str if project.config.notify.full_numbers else mask_all
    # A path of this host may hold bytes that are no text.
    return lambda text: hide(text.encode(errors="replace").decode())


def _warnings(what: str, why_not: str | None) -> list[str]:
    return [] if why_not is None else [f"{what}: {why_not}"]
