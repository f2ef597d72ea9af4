"""Start a sandbox, say when it is ready, stop it gracefully."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import asdict

from aiohttp import web

from ..errors import StateError, UsageError
from .countries import COUNTRIES
from .gate import Gate
from .options import CODE_MODES, Ready, SandboxOptions
from .stock import capacity
from .store import open_account, save_account
from .world import World

HOST = "127.0.0.1"
_SHUTDOWN_SECONDS = 1.0


def serve(options: SandboxOptions, *, port: int = 0, on_ready: Callable[[Ready], None]) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` is called once, when requests are answered.

    Port 0 takes any free one. Raises UsageError for options that make no sense and StateError
    when the port is taken or the state file cannot be read.
    """

    async def until_signalled() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        await run(options, port=port, on_ready=on_ready, stopped=stopped)

    asyncio.run(until_signalled())


async def run(
    options: SandboxOptions,
    *,
    port: int = 0,
    on_ready: Callable[[Ready], None],
    stopped: asyncio.Event,
) -> None:
    """Serve until `stopped` is set, in whatever event loop this runs."""
    check_options(options)
    account = open_account(options.state_file, options.seed)
    if options.state_file is not None:
        save_account(options.state_file, account)
    gate = Gate(World(account, options))
    runner = web.ServerRunner(
        web.Server(gate.handle, access_log=None), shutdown_timeout=_SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        address = await _listen(runner, port)
        on_ready(Ready(url=f"http://{HOST}:{address}", **asdict(account.credentials)))
        await stopped.wait()
    finally:
        await gate.close()
        await runner.cleanup()


def check_options(options: SandboxOptions) -> None:
    """Refuse options that could not be kept."""
    if options.code not in CODE_MODES:
        raise UsageError(
            f"codes cannot come by {options.code!r}", hint=f"choose one of {', '.join(CODE_MODES)}"
        )
    for iso, count in options.stock.items():
        country = COUNTRIES.get(iso)
        if country is None:
            raise UsageError(
                f"the sandbox sells nothing in {iso!r}",
                hint=f"it knows {', '.join(sorted(COUNTRIES))}",
            )
        most = max(capacity(offer) for offer in country.offers)
        if count > most:
            raise UsageError(
                f"{iso} cannot have {count} numbers",
                reason=f"the sandbox can make {most} of them",
                hint=f"write {iso}={most} or less",
            )


async def _listen(runner: web.ServerRunner, port: int) -> int:
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        raise StateError(
            f"the sandbox cannot listen on port {port}",
            reason=error.strerror,
            hint="choose another --port, or leave it out",
        ) from error
    return int(runner.addresses[0][1])
