"""What Twilio says of the bundle and the address that a purchase would send. Buys nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ...domain.compliance import Bundle, Paperwork
from ...domain.purchase import SidSource
from ...errors import KapsoTwilioError
from ...project import Project

if TYPE_CHECKING:
    from .quote import Choice

_LONGEST_WAIT_SECONDS = 3.0
"""For a question whose answer is a warning at most, once all others are answered."""


class Papers:
    """What Twilio says of bundles and addresses, each asked for once, for many countries at once.

    Made anew for each look: a bundle may be approved, or rejected, at any time.
    """

    def __init__(self, project: Project) -> None:
        self._twilio = project.twilio.compliance
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str], _Answer] = {}

    def bundle(self, sid: str | None) -> Bundle | None:
        """The bundle with its regulation; None for no SID, or if the account has none."""
        if sid is None:
            return None
        found: Bundle | None = self._once("bundle", sid, self._twilio.bundle)
        return found

    def addresses_in(self, bundle_sid: str) -> frozenset[str]:
        """The addresses that a bundle contains, by itself or within its documents."""
        found: frozenset[str] = self._once("addresses", bundle_sid, self._addresses_in)
        return found

    def address_country(self, sid: str | None) -> str | None:
        """Where the address is; None for no SID, or if the account has none."""
        if sid is None:
            return None
        found: str | None = self._once("country", sid, self._twilio.address_country)
        return found

    def _addresses_in(self, bundle_sid: str) -> frozenset[str]:
        items = self._twilio.items(bundle_sid)
        documents = [sid for sid in items if sid.startswith("RD")]
        addresses = {sid for sid in items if sid.startswith("AD")}
        with ThreadPoolExecutor(max(1, len(documents)), thread_name_prefix="document") as workers:
            for named in workers.map(self._twilio.document_addresses, documents):
                addresses.update(named)
        return frozenset(addresses)

    def _once(self, kind: str, sid: str, ask: Callable[[str], Any]) -> Any:
        """The answer. Who asks meanwhile waits for it; after an error the next one asks again."""
        with self._lock:
            answer = self._answers.setdefault((kind, sid), _Answer())
        with answer.lock:
            if not answer.is_known:
                answer.value = ask(sid)
                answer.is_known = True
            return answer.value


class _Answer:
    """What Twilio said to one question, once it did."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_known = False
        self.value: Any = None


def look_at_papers(project: Project, choice: Choice, papers: Papers | None = None) -> Paperwork:
    """Ask all that applies to the choice, side by side. Without bundle and address that is little.

    `domain.compliance` judges the answers.
    """
    known = papers or Papers(project)
    chosen = choice.regulatory
    regulated = _ask_whether_regulated(project, choice)
    workers = ThreadPoolExecutor(3, thread_name_prefix="papers")
    try:
        bundle = workers.submit(known.bundle, chosen.bundle_sid)
        address_country = workers.submit(known.address_country, chosen.address_sid)
        inside: Future[frozenset[str]] | None = None
        if chosen.bundle_sid is not None and chosen.address_sid is not None:
            inside = workers.submit(known.addresses_in, chosen.bundle_sid)
        paperwork = Paperwork(
            country=choice.country,
            number_type=choice.number_type,
            account_sid=project.config.twilio.account_sid,
            chosen=chosen,
            bundle=bundle.result(),
            address_country=address_country.result(),
        )
        if paperwork.sent.bundle_sid is None:
            return replace(paperwork, is_regulated=_in_time(regulated))
        if inside is None:
            return paperwork
        return replace(paperwork, addresses_in_bundle=inside.result())
    finally:
        workers.shutdown(wait=False)  # who presses Ctrl-C does not wait for the answers


def _ask_whether_regulated(project: Project, choice: Choice) -> Future[bool] | None:
    """Asked in a thread that nobody has to wait for; not asked where a bundle is surely sent."""
    chosen = choice.regulatory
    if chosen.bundle_sid is not None and chosen.bundle_sid_from is not SidSource.PROJECT:
        return None
    answer: Future[bool] = Future()
    regulated = project.twilio.compliance.is_regulated

    def ask() -> None:
        try:
            answer.set_result(regulated(choice.country, choice.number_type))
        except KapsoTwilioError:
            answer.set_result(False)  # it is away, or the key may not ask: so there is no warning

    threading.Thread(target=ask, name="regulations", daemon=True).start()
    return answer


def _in_time(regulated: Future[bool] | None) -> bool:
    """The answer; False where it does not come in time."""
    if regulated is None:
        return False
    try:
        return regulated.result(_LONGEST_WAIT_SECONDS)
    except TooLate:
        return False
