"""What every request goes through: read, logged, delayed, met by a fault, worked on, answered.

The work itself is one plain function call between two awaits, so no request ever sees another
one half done.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from .control import CONTROL
from .delivery import answer_call, delivery_of, send
from .faults import Fault
from .kapso import KAPSO
from .kapso_events import post
from .kapso_numbers import finish_teardowns
from .meta import META
from .store import save_account
from .twilio_api import TWILIO
from .twilio_http import error as twilio_error
from .wire import Answer, Call, Refused
from .world import Recorded, Ringing, Vendor, World

_VENDORS = (CONTROL, TWILIO, META, KAPSO)
LOOKS_ON = "x-sandbox-looks-on"
"""A request with this header is a test's own: it meets no fault, and stands in no log."""
_NOWHERE = Answer(404, {"error": "no vendor has such a path"})


@dataclass(slots=True)
class Gate:
    """One sandbox's door. `handle` is what the web server calls."""

    world: World
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    in_flight: int = 0
    tasks: set[asyncio.Task[object]] = field(default_factory=set)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        call = await _read(request, self.now())
        vendor = next((one for one in _VENDORS if one.owns.match(call.path)), None)
        if vendor is None:
            return _respond(_NOWHERE)
        if vendor is CONTROL:
            return _respond(self._work(vendor, call))
        if LOOKS_ON not in call.headers:
            self.world.requests.append(_recorded(call))
        if vendor is not TWILIO:
            return await self._meet(request, vendor, call)
        self.in_flight += 1
        try:
            limit = self.world.options.max_concurrent
            if limit is not None and self.in_flight > limit:
                return _respond(_known(vendor, twilio_error(429, 20429, "Too Many Requests")))
            return await self._meet(request, vendor, call)
        finally:
            self.in_flight -= 1

    async def close(self) -> None:
        """Give up what was to be done later."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _meet(
        self, request: web.BaseRequest, vendor: Vendor, call: Call
    ) -> web.StreamResponse:
        await asyncio.sleep(self.world.options.latency_ms / 1000)
        looks_on = LOOKS_ON in call.headers
        fault = None if looks_on else self.world.faults.take(call.method, call.path)
        if fault is None:
            return _respond(self._work(vendor, call))
        return await self._suffer(request, vendor, call, fault)

    async def _suffer(
        self, request: web.BaseRequest, vendor: Vendor, call: Call, fault: Fault
    ) -> web.StreamResponse:
        if fault.fault == "status":
            return _respond(_faulty(vendor, fault))
        if fault.fault in {"drop_before", "late"}:
            if fault.fault == "late":
                self._later(vendor, call, fault.delay_ms)
            return _drop(request)
        if fault.fault == "lag":
            call = replace(call, lag_ms=fault.delay_ms)
        if fault.fault == "skip_page":
            call = replace(call, skip_page=True)
        answer = self._work(vendor, call)
        if fault.fault == "drop_after" or (fault.fault == "truncate" and answer.status == 204):
            return _drop(request)  # An answer without a body has no middle to break off in.
        if fault.fault == "delay":
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault.fault == "truncate":
            return await _break_off(request, answer)
        if fault.fault == "garble":
            text = json.dumps(answer.body)
            headers = {**answer.headers, "Content-Type": "application/json"}
            answer = replace(answer, body=text[: len(text) // 2], headers=headers)
        return _respond(answer)

    def _later(self, vendor: Vendor, call: Call, delay_ms: int) -> None:
        async def work() -> None:
            await asyncio.sleep(delay_ms / 1000)
            self._work(vendor, call)

        self._beside(work())

    def _beside(self, work: Coroutine[Any, Any, object]) -> None:
        """Let something be done while other requests are answered."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _work(self, vendor: Vendor, call: Call) -> Answer:
        """Do what was asked and keep the state; the time is that of the work."""
        call = replace(call, now=self.now())
        finish_teardowns(self.world, call.now)
        answer = _known(vendor, _dispatch(self.world, vendor, call))
        self._send()
        if call.method != "GET":
            self._save()
        return answer

    def _send(self) -> None:
        """Send what the work left to be told, while other requests are answered."""
        came_in, self.world.came_in = self.world.came_in, []
        for message in came_in:
            delivery = delivery_of(self.world, message)
            if delivery is not None:
                self._beside(send(delivery))
        ringing, self.world.ringing = self.world.ringing, []
        for one in ringing:
            self._beside(self._answer_call(one))
        postings, self.world.postings = self.world.postings, []
        for posting in postings:
            self._beside(post(posting))

    async def _answer_call(self, ringing: Ringing) -> None:
        await answer_call(self.world, ringing)
        self._save()

    def _save(self) -> None:
        path = self.world.options.state_file
        if path is not None:
            save_account(path, self.world.account)


def _dispatch(world: World, vendor: Vendor, call: Call) -> Answer:
    greeting = vendor.authenticate(world, call)
    if greeting.status != 200:
        return greeting
    for one in vendor.routes:
        found = one.pattern.fullmatch(call.path)
        if found is not None and one.method == call.method:
            try:
                return one.handler(world, replace(call, params=found.groupdict()))
            except Refused as refused:
                return refused.answer
    return vendor.failure(404)


def _faulty(vendor: Vendor, fault: Fault) -> Answer:
    answer = vendor.failure(fault.status)
    body = answer.body if fault.body is None else fault.body
    return _known(vendor, Answer(fault.status, body, fault.headers))


def _known(vendor: Vendor, answer: Answer) -> Answer:
    """The answer under an id of the vendor's."""
    return replace(answer, headers={**vendor.request_id(), **answer.headers})


async def _read(request: web.BaseRequest, now: datetime) -> Call:
    text = await request.text()
    form: list[tuple[str, str]] = []
    document: object = None
    if request.content_type == "application/json" or request.path.startswith("/_sandbox"):
        document = _parse(text)
    elif text:
        form = [(key, str(value)) for key, value in (await request.post()).items()]
    return Call(
        method=request.method,
        path=request.path,
        target=request.path_qs,
        query=tuple(request.query.items()),
        form=tuple(form),
        json=document if isinstance(document, dict) else None,
        headers={name.lower(): value for name, value in request.headers.items()},
        base_url=f"http://{request.host}",
        now=now,
    )


def _parse(text: str) -> object:
    try:
        return json.loads(text) if text else None
    except json.JSONDecodeError:
        return None


def _recorded(call: Call) -> Recorded:
    return Recorded(call.method, call.target, call.path, call.query, call.form, call.json, call.now)


def _respond(answer: Answer) -> web.Response:
    """Write an answer; a text is sent as it is, anything else as JSON."""
    headers = dict(answer.headers)
    if answer.status == 204:
        return web.Response(status=204, headers=headers)
    if isinstance(answer.body, str):
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "text/html; charset=utf-8"
        return web.Response(status=answer.status, text=answer.body, headers=headers)
    return web.json_response(answer.body, status=answer.status, headers=headers)


def _drop(request: web.BaseRequest) -> web.Response:
    """Close the connection; the response returned here reaches nobody."""
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=499)


async def _break_off(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """Announce the whole answer, send half of it, and close."""
    body = json.dumps(answer.body).encode()
    response = web.StreamResponse(
        status=answer.status,
        headers={"Content-Type": "application/json", "Content-Length": str(len(body))},
    )
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
