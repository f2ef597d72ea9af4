"""`kapso-twilio demo`: the whole life of a pool against a sandbox, with nothing to set up.

Every command is run as a program of its own, in a home that is thrown away: what is shown is what
a person would type, and what it really prints.
"""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import typer

from ..errors import Interrupted, KapsoTwilioError, PartlyDone, Terminated
from .answer import has_colour
from .command import Command, Invocation, invocation
from .demo_script import Happens, Scene, Typed, scenes, secret_files
from .tree import verb

if TYPE_CHECKING:
    from ..sandbox.options import Ready

app = verb()

_START_SECONDS = 10.0
_STOP_SECONDS = 2.0
_NOT_OURS = ("KAPSO_TWILIO_", "XDG_", "CREDENTIALS_DIRECTORY")
"""What would lead the demo's commands to the user's own projects."""


@app.command("demo", cls=Command, epilog="kapso-twilio demo\nkapso-twilio demo --json")
def demo(ctx: typer.Context) -> None:
    """Watch the whole life of a pool, against stand-ins for Twilio, Meta and Kapso.

    It has a home of its own, which it removes: it spends nothing and leaves nothing behind.
    """
    inv = invocation(ctx)
    with _signals_as_errors(), running_sandbox() as ready, TemporaryDirectory() as folder:
        home = Path(folder)
        for name, secret in secret_files(ready).items():
            _write_secret(home / name, secret)
        say(inv, f"Twilio, Meta and Kapso are played by a sandbox on {ready.url}.")
        say(inv, "Nothing here costs money, and nothing is left behind.")
        play(inv, scenes(ready, _new_customer(ready)), home, ready.url)
        say(inv, "\nYour turn: kapso-twilio configure")


def play(inv: Invocation, script: Sequence[Scene], home: Path, sandbox_url: str) -> None:
    """Run the commands one by one; the first that fails ends the demo with an error.

    Answers with what was run so far, whatever happens.
    """
    environment = environment_for(home, sandbox_url)
    steps: list[dict[str, object]] = []
    try:
        for scene in script:
            say(inv, f"\n{_coloured(f'# {scene.heading}', '36')}")
            for command in scene.commands:
                if isinstance(command, Happens):
                    say(inv, _coloured(f"~ {command.words}", "35"))
                    _let_happen(command, home, environment, sandbox_url)
                    continue
                say(inv, _coloured(f"$ {command.wrapped()}", "1"))
                steps.append(_step(inv, command, home, environment))
                _refuse_failure(command, steps[-1])
    finally:
        inv.answer("demo", {"steps": steps})


def environment_for(home: Path, sandbox_url: str) -> dict[str, str]:
    """The user's environment, but for what leads to the user's projects, secrets and proxies."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_OURS) and not name.lower().endswith("_proxy")
    }
    return kept | {
        "HOME": str(home),
        "KAPSO_TWILIO_SANDBOX_URL": sandbox_url,
        "PYTHONUSERBASE": site.getuserbase(),  # the libraries may stand in the real home
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


@contextmanager
def running_sandbox() -> Iterator[Ready]:
    """A sandbox in a thread: however this process ends, it ends too."""
    import asyncio
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    from ..sandbox.options import SandboxOptions
    from ..sandbox.server import run

    ready: Future[Ready] = Future()
    stopped = asyncio.Event()
    with asyncio.Runner() as runner, ThreadPoolExecutor(1, "sandbox") as thread:
        loop = runner.get_loop()
        work = run(SandboxOptions(), on_ready=ready.set_result, stopped=stopped)
        server = thread.submit(runner.run, work)
        either: list[Future[Any]] = [ready, server]
        try:
            wait(either, _START_SECONDS, FIRST_COMPLETED)
            if server.done():
                server.result()  # raises why it could not start
            yield ready.result(timeout=0)
        finally:
            loop.call_soon_threadsafe(stopped.set)


def say(inv: Invocation, text: str) -> None:
    """Print a line of the demo's own, before the output of the command that follows it."""
    if not inv.output.json:
        print(text, flush=True)


def _new_customer(ready: Ready) -> str:
    """Make a customer at Kapso, as its dashboard would; gives its id."""
    made = _ask_sandbox(
        "POST",
        f"{ready.url}/platform/v1/customers",
        {"customer": {"name": "Ada"}},
        {"X-API-Key": ready.kapso_api_key},
    )
    return str(json.loads(made)["data"]["id"])


def _let_happen(
    happens: Happens, home: Path, environment: dict[str, str], sandbox_url: str
) -> None:
    """Let the sandbox play what a customer does with the number that is held for it."""
    words = ["number", "list", "--customer", happens.customer, "--json"]
    program = [sys.executable, "-m", "kapso_twilio_cli", *words]
    listed = subprocess.run(program, cwd=home, env=environment, capture_output=True, check=True)
    number = json.loads(listed.stdout)["numbers"][0]["phone_number"]
    claims = f"{sandbox_url}/_sandbox/claims"
    if happens.connects:
        body = {"phone_number": number, "customer_id": happens.customer}
        _ask_sandbox("POST", claims, body)
    else:
        _ask_sandbox("DELETE", f"{claims}/{number}")


def _ask_sandbox(
    method: str, url: str, body: object = None, headers: Mapping[str, str] | None = None
) -> str:
    """Ask the demo's own sandbox, past any proxy of the user's; gives what it answers."""
    from urllib.request import ProxyHandler, Request, build_opener

    data = None if body is None else json.dumps(body).encode()
    given = {"Content-Type": "application/json", **(headers or {})}
    request = Request(url, data, given, method=method)  # noqa: S310 - it is the sandbox's
    with build_opener(ProxyHandler({})).open(request, timeout=_START_SECONDS) as answer:
        text: str = answer.read().decode()
    return text


def _step(
    inv: Invocation, command: Typed, home: Path, environment: dict[str, str]
) -> dict[str, object]:
    started = time.monotonic()
    exit_code = _run(inv, command, home, environment)
    seconds = round(time.monotonic() - started, 3)
    return {"command": str(command), "exit_code": exit_code, "seconds": seconds}


def _run(inv: Invocation, command: Typed, home: Path, environment: dict[str, str]) -> int:
    """Run one command where its output shows; with `--json`, only an error's shows, on stderr."""
    program = [sys.executable, "-m", "kapso_twilio_cli", *command.arguments()]
    stdin = home / command.stdin if command.stdin else Path(os.devnull)
    streams: dict[str, Any] = {}
    if inv.output.json:
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    elif inv.output.quiet:
        streams = {"stderr": subprocess.PIPE}
    with stdin.open("rb") as words:
        child = subprocess.Popen(program, cwd=home, env=environment, stdin=words, **streams)
        with child, _stopped_with_us(child):
            _, errors = child.communicate()
    if errors and child.returncode:
        sys.stderr.write(errors.decode())
    return child.returncode


@contextmanager
def _stopped_with_us(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let the command end by itself when the demo is stopped, but not for long."""
    try:
        yield
    except BaseException as stop:
        if not isinstance(stop, KeyboardInterrupt):  # Ctrl-C has reached it already
            child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
        raise


def _refuse_failure(command: Typed, step: dict[str, object]) -> None:
    exit_code = step["exit_code"]
    if exit_code == 0:
        return
    kinds: dict[object, type[KapsoTwilioError]] = {130: Interrupted, 143: Terminated}
    raise kinds.get(exit_code, PartlyDone)(
        f"the demo ended early: {command}",
        reason=f"it exited {exit_code}; what it said stands above",
        hint="everything was removed; run kapso-twilio demo again",
    )


@contextmanager
def _signals_as_errors() -> Iterator[None]:
    """Turn what ends a program at once into an error, so that everything is removed first."""

    def on_signal(_number: int, _frame: object) -> None:
        raise Terminated("the demo was stopped", reason="everything it made was removed")

    signals = (signal.SIGTERM, signal.SIGHUP)
    former = {number: signal.signal(number, on_signal) for number in signals}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _write_secret(path: Path, secret: str) -> None:
    path.touch(mode=0o600)
    path.write_text(secret + "\n", encoding="utf-8")


def _coloured(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if has_colour(sys.stdout) else text
