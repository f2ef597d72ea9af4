"""The line: many numbers bought and verified at once, without one blocking another.

Workers carry out single steps (buy and ask for a code; give the code back). A number that waits for
its SMS or its call holds no worker: one look at the account serves all that wait. Only the thread
that runs the line changes its counts, so there is nothing to lock.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

import msgspec
from msgspec.structs import replace

from ...domain.code_method import CodeMethod
from ...domain.number import Number
from ...domain.purchase import Purpose
from ...errors import (
    CredentialsError,
    KapsoTwilioError,
    Locked,
    PaceExceeded,
    StateError,
    VendorRefused,
    VendorUnavailable,
)
from ...project import Project
from ..buying.purchase import Basket, buy_number
from ..buying.rival import give_up_to, is_new, taken_by
from ..stopping import StopRequest
from ..verifying import attempt
from ..verifying.arrived import arrived, claim, inbox_is_due
from ..verifying.code_ways import CodeWays
from ..verifying.earlier_codes import NOTHING_CAME, look_for_earlier
from ..verifying.look import CallWithoutCode, Heard, Look, found_for, look, no_call_brought_it
from ..verifying.put_off import stops_asking
from ..verifying.verification import CodeArrived, CodeFiltered, Portfolio
from ..verifying.voice import (
    answered_by,
    is_answered_by_a_receiver,
    keep_recording,
    try_to_put_back,
)
from .country_work import FAILURES_IN_A_ROW, CountryWork

_log = logging.getLogger(__name__)

_STOPS_EVERYTHING = (CredentialsError, VendorUnavailable)
"""What the next number of any country would meet too."""

_FIRST_POLL_SECONDS = 0.15
_POLL_SECONDS = 1.0
_SLOWEST_POLL_SECONDS = 5.0
_LOOK_UP_SECONDS = 0.1  # how often the line looks whether a code arrived, or it was asked to stop


class Progress(msgspec.Struct, frozen=True):
    """How far the line is, over all countries."""

    bought: int
    verified: int
    failed: int


class _NotBought(Exception):
    """A purchase failed, as opposed to the verification that follows it."""

    def __init__(self, error: KapsoTwilioError) -> None:
        super().__init__(str(error))
        self.error = error


class _NotVerified(Exception):
    """A number was bought, and its verification failed."""

    def __init__(self, number: Number, error: KapsoTwilioError) -> None:
        super().__init__(str(error))
        self.number = number
        self.error = error


class _Task(msgspec.Struct, frozen=True):
    work: CountryWork
    buys: bool = False
    came_no_sms: bool = False
    """The number's code was asked for by SMS before, and none came."""


class _Waiting(msgspec.Struct, frozen=True):
    work: CountryWork
    number: Number
    since: float
    came_no_sms: bool = False
    call: CallWithoutCode | None = None
    """A call that came, and has brought no code yet."""

    @property
    def is_called(self) -> bool:
        """Whether the code is to come by voice."""
        return self.number.facts.code_method == CodeMethod.VOICE

    @property
    def was_not_heard_by_receiver(self) -> bool:
        """Whether its call came, and the receiver that was to have it recorded did not."""
        if self.call is None or self.call.recording_sid is not None:
            return False
        return self.is_called and is_answered_by_a_receiver(self.number)


_NOT_LOOKED = Look([], Heard(), {})


class Line:
    """One run of the line."""

    def __init__(
        self,
        project: Project,
        known: Portfolio,
        *,
        concurrency: int,
        stop: StopRequest,
        progress: Callable[[Progress], None],
    ) -> None:
        self._project = project
        self._known = known
        self._concurrency = concurrency
        self._stop = stop
        self._progress = progress
        self._running: dict[Future[Number], _Task] = {}
        self._ways = CodeWays(project)
        self._poll: Future[Look] | None = None
        self._next_poll = 0.0
        self._poll_interval = _POLL_SECONDS
        self._waiting: dict[int, _Waiting] = {}
        self._with_code: deque[tuple[_Waiting, str]] = deque()
        self._to_call: deque[_Waiting] = deque()  # as nothing brought them their code so far
        self._given_up: deque[Number] = deque()  # their calls are to be answered as before
        self._used_messages: set[str] = set()
        self._earlier = NOTHING_CAME
        self._takes_no_more = False
        self._works: Sequence[CountryWork] = ()
        self.fatal: KapsoTwilioError | None = None
        """What made the line stop for every country."""

    def run(self, works: Sequence[CountryWork]) -> None:
        """Do the work. Failures are noted in `works`; what stops everything is in `fatal`."""
        self._works = works
        try:
            self._look_before(works)
            with ThreadPoolExecutor(self._concurrency + 1, thread_name_prefix="line") as workers:
                while self._goes_on(workers, works):
                    self._take_results(works)
                    self._take_arrived()
                    self._give_up_waiting()
        finally:
            self._leave()

    def _look_before(self, works: Sequence[CountryWork]) -> None:
        """A code that was asked for before is looked for, before another is asked for."""
        numbers = [number for work in works for number in work.to_verify]
        try:
            self._earlier = look_for_earlier(self._project, numbers)
        except (CredentialsError, VendorRefused, VendorUnavailable) as error:
            self.fatal = error

    def _goes_on(self, workers: ThreadPoolExecutor, works: Sequence[CountryWork]) -> bool:
        self._start(workers, works)
        self._start_poll(workers)
        if self._running or self._poll is not None:
            return True
        return bool(self._waiting) and not self._halted

    def _leave(self) -> None:
        """Put down what waits for a code; what cannot be written, the next run takes up."""
        why = self._why_left()
        left = [*self._waiting.values(), *self._to_call, *(one for one, _ in self._with_code)]
        for waiting in left:
            with suppress(StateError, Locked):
                attempt.give_up(self._project, waiting.number, why)
        called = [waiting.number for waiting in left if waiting.is_called]
        try_to_put_back(self._project, [*self._given_up, *called])

    def _why_left(self) -> KapsoTwilioError:
        """What ended the run is no answer about the numbers that wait: their codes may yet come."""
        fatal = self.fatal
        if isinstance(fatal, VendorRefused):
            return VendorUnavailable(fatal.message, reason=fatal.reason, hint=fatal.hint)
        return fatal or self._stop.error()

    @property
    def _halted(self) -> bool:
        return self._stop.asked or self.fatal is not None

    def _start(self, workers: ThreadPoolExecutor, works: Sequence[CountryWork]) -> None:
        """Give free workers something to do: what is nearest to its end comes first."""
        while len(self._running) < self._concurrency and not self._halted:
            if self._with_code:
                waiting, code = self._with_code.popleft()
                step = workers.submit(attempt.finish, self._project, waiting.number, code)
                self._running[step] = _Task(waiting.work)
            elif self._to_call:
                waiting, way = self._to_call.popleft(), self._ways.by_voice
                step = workers.submit(attempt.ask_again, self._project, waiting.number, way)
                came_no_sms = waiting.came_no_sms or not waiting.is_called
                self._running[step] = _Task(waiting.work, came_no_sms=came_no_sms)
            elif not self._takes_no_more and (work := _next_work(works)) is not None:
                self._start_number(workers, work)
            else:
                return

    def _start_number(self, workers: ThreadPoolExecutor, work: CountryWork) -> None:
        work.under_way += 1
        if work.to_verify:
            number = work.to_verify.popleft()
            work.began_owned = True
            step = workers.submit(self._begin, number)
            self._running[step] = _Task(work)
        else:
            work.to_buy -= 1
            self._running[workers.submit(self._buy_and_begin, work)] = _Task(work, buys=True)

    def _buy_and_begin(self, work: CountryWork) -> Number:
        assert work.quote is not None
        assert work.shelf is not None
        basket = Basket(work.quote, Purpose(pool=work.country), work.shelf)
        try:
            number = buy_number(self._project, basket, self._stop)
        except KapsoTwilioError as error:
            raise _NotBought(error) from error
        if self._stop.asked:
            return number  # bought and recorded; the next run verifies it
        try:
            return self._begin(number)
        except KapsoTwilioError as error:
            raise _NotVerified(number, error) from error

    def _begin(self, number: Number) -> Number:
        way = self._ways.of(number)
        return attempt.begin(self._project, number, self._known, way, self._earlier)

    def _take_results(self, works: Sequence[CountryWork]) -> None:
        futures: list[Future[Any]] = [*self._running]
        if self._poll is not None:
            futures.append(self._poll)
        if futures:
            wait(futures, timeout=_LOOK_UP_SECONDS, return_when=FIRST_COMPLETED)
        else:
            self._stop.wait(min(_LOOK_UP_SECONDS, max(0.0, self._next_poll - time.monotonic())))
        for task in [task for task in self._running if task.done()]:
            self._take_number(task, self._running.pop(task))
        if self._poll is not None and self._poll.done():
            poll, self._poll = self._poll, None
            self._take_look(poll)
        self._progress(_progress(works))

    def _take_number(self, step: Future[Number], task: _Task) -> None:
        work = task.work
        try:
            number = step.result()
        except _NotBought as failure:
            work.under_way -= 1
            self._take_refused_purchase(work, failure.error)
            return
        except _NotVerified as failure:
            work.bought.append(failure.number.phone_number)
            self._take_failed_verification(work, failure.error)
            return
        except KapsoTwilioError as error:
            self._take_failed_verification(work, error)
            return
        if task.buys:
            work.bought.append(number.phone_number)
        if attempt.is_done(number):
            if number.facts.voice_before is not None:  # it was verified already, as Meta was asked
                self._given_up.append(number)
            work.under_way -= 1
            work.verified.append(number.phone_number)
            work.failures_in_a_row = work.failed_before = 0
            work.proven = True
            return
        if not attempt.waits_for_code(number):
            work.under_way -= 1  # bought as the run was stopped, or handed out meanwhile
            return
        if not self._waiting:
            self._next_poll = max(self._next_poll, time.monotonic() + _FIRST_POLL_SECONDS)
            self._poll_interval = _POLL_SECONDS
        self._waiting[number.id] = _Waiting(work, number, time.monotonic(), task.came_no_sms)

    def _take_refused_purchase(self, work: CountryWork, error: KapsoTwilioError) -> None:
        """Whatever the reason, the country's next purchase would meet it too."""
        work.to_buy = 0
        if error.exit_code >= 128:
            return  # asked to stop: nothing failed
        if isinstance(error, PaceExceeded):
            work.paced = error
            return
        work.note(error)
        if stops_asking(error) or isinstance(error, _STOPS_EVERYTHING):
            self.fatal = error

    def _take_failed_verification(self, work: CountryWork, error: KapsoTwilioError) -> None:
        work.under_way -= 1
        work.failed += 1
        work.failures_in_a_row += 1
        work.note(error)
        if isinstance(error, _STOPS_EVERYTHING):
            self.fatal = error
        elif stops_asking(error) or self._is_no_countrys_own():
            self._takes_no_more = True  # those that wait for their code go on
            for left in self._works:
                if left.to_verify or left.to_buy:
                    left.note(error)

    def _is_no_countrys_own(self) -> bool:
        """Whether two countries were stopped and nothing got through: more attempts are in vain."""
        stopped = [w for w in self._works if w.failures_in_a_row >= FAILURES_IN_A_ROW]
        return len(stopped) > 1 and not any(work.verified for work in self._works)

    def _start_poll(self, workers: ThreadPoolExecutor) -> None:
        due = self._waiting and time.monotonic() >= self._next_poll
        if not due or self._poll is not None or self._halted:
            return
        if not self._must_look():
            self._next_poll = time.monotonic() + _LOOK_UP_SECONDS
            return
        numbers = [waiting.number for waiting in self._waiting.values()]
        _log.debug("looking what came in for those that wait for their code: %d", len(numbers))
        self._poll = workers.submit(look, self._project, numbers)
        self._next_poll = time.monotonic() + self._poll_interval

    def _must_look(self) -> bool:
        """Whether Twilio is to be asked: not for what a receiver is about to bring."""
        now = time.monotonic()
        waited = [(waiting.number, now - waiting.since) for waiting in self._waiting.values()]
        return inbox_is_due(self._project, waited)

    def _take_arrived(self) -> None:
        """Take what came to the receiver, which asks nobody."""
        if not self._waiting or self._halted:
            return
        waiting = [one.number for one in self._waiting.values()]
        for number, found in arrived(self._project, waiting):
            self._take_found(self._waiting[number.id], found, _NOT_LOOKED)

    def _take_look(self, poll: Future[Look]) -> None:
        try:
            seen = poll.result()
        except (CredentialsError, VendorRefused, VendorUnavailable) as error:
            self.fatal = error
            return
        came = False
        for waiting in list(self._waiting.values()):
            found = found_for(seen, waiting.number, self._used_messages)
            if isinstance(found, CallWithoutCode):
                self._waiting[waiting.number.id] = replace(waiting, call=found)
            elif found is not None:
                self._used_messages.add(found.message_sid)
                if claim(self._project, found.message_sid):
                    came = True
                    self._take_found(waiting, found, seen)
        grown = min(self._poll_interval * 1.5, _SLOWEST_POLL_SECONDS)
        self._poll_interval = _POLL_SECONDS if came else grown
        self._next_poll = max(self._next_poll, seen.began + _POLL_SECONDS)

    def _take_found(self, waiting: _Waiting, found: CodeArrived | CodeFiltered, seen: Look) -> None:
        del self._waiting[waiting.number.id]
        self._used_messages.add(found.message_sid)
        if isinstance(found, CodeFiltered):
            self._ways.note_blanked()
            self._to_call.append(waiting)
        else:
            self._take_code(waiting, found, seen)

    def _take_code(self, waiting: _Waiting, found: CodeArrived, seen: Look) -> None:
        """The code goes to Meta, unless another project's label says that the number is theirs."""
        number = waiting.number
        rival = seen.rivals.get(number.phone_number)
        if number.phone_number not in seen.rivals and is_new(self._project, number):
            rival = taken_by(self._project, number)
        if rival is not None:
            self._take_failed_verification(waiting.work, give_up_to(self._project, number, rival))
            return
        if waiting.is_called:
            try:
                number = keep_recording(self._project, number, found.message_sid)
            except (StateError, Locked) as error:
                self._take_failed_verification(waiting.work, error)
                return
        if waiting.came_no_sms:
            self._ways.note_missed(number.country)
        self._with_code.append((replace(waiting, number=number), found.code))

    def _give_up_waiting(self) -> None:
        """Go on without the codes that did not come in time: in another way, or not in this run."""
        settings = self._project.config
        for waiting in list(self._waiting.values()):
            longest = settings.meta.code_timeout
            if waiting.call is not None and waiting.call.may_bring_code:
                longest += settings.voice.call_timeout
            waited = time.monotonic() - waiting.since
            if waited <= longest.total_seconds():
                continue
            del self._waiting[waiting.number.id]
            if waiting.was_not_heard_by_receiver and self._has_another_way(waiting):
                self._to_call.append(waiting)
            elif waiting.is_called:
                self._give_up(waiting, waited)
            else:
                self._to_call.append(waiting)

    def _has_another_way(self, waiting: _Waiting) -> bool:
        """Whether a call would be answered by somebody else than the one that nobody recorded."""
        self._ways.note_receiver_not_reached()
        return self._ways.by_voice.voice_url != answered_by(waiting.number)

    def _give_up(self, waiting: _Waiting, waited: float) -> None:
        number, call = waiting.number, waiting.call
        error: KapsoTwilioError = no_call_brought_it(number, waited, call)
        self._given_up.append(number)
        try:
            if call is not None and call.recording_sid is not None:
                number = keep_recording(self._project, number, call.recording_sid)
            attempt.give_up(self._project, number, error)
        except (StateError, Locked) as failure:
            error = failure  # it stays as it is; the next run takes it up
        self._take_failed_verification(waiting.work, error)


def _next_work(works: Sequence[CountryWork]) -> CountryWork | None:
    """The country that has least under way, of those that can go on."""
    able = [work for work in works if work.may_go_on]
    return min(able, key=lambda work: work.under_way, default=None)


def _progress(works: Sequence[CountryWork]) -> Progress:
    return Progress(
        bought=sum(len(work.bought) for work in works),
        verified=sum(len(work.verified) for work in works),
        failed=sum(work.failed for work in works),
    )
