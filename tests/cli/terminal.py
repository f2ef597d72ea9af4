"""A terminal of a test's own, with somebody who types."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import subprocess
import sys
import time

from .calls import Called

INTERRUPT = "Ctrl-C"
"""Typed as an answer, it interrupts."""


class Screen(io.StringIO):
    """Takes text like a terminal."""

    def isatty(self) -> bool:
        return True


def type_into(words: list[str], typed: list[tuple[str, str]]) -> Called:
    """Run the program on a terminal of its own and type each answer when it is asked for."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kapso_twilio_cli", *words],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        start_new_session=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    os.close(slave)
    seen = ""
    try:
        for question, answer in typed:
            seen += _read_until(master, question, seen)
            if answer == INTERRUPT:
                _interrupt(process)
            else:
                os.write(master, f"{answer}\n".encode())
        out, _ = process.communicate(timeout=30)
        seen += _rest(master)
    finally:
        process.kill()
        process.wait()
        os.close(master)
    return Called(process.returncode, out.decode(), seen)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Interrupt, again where need be: between asking and reading, Python notices it too late."""
    for _ in range(10):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            continue
        return


def _read_until(master: int, question: str, before: str) -> str:
    """Read up to a question that was not asked before."""
    seen = ""
    deadline = time.monotonic() + 20
    while question not in seen or not seen.endswith(": "):
        if time.monotonic() > deadline:
            raise AssertionError(f"{question!r} was not asked; seen:\n{before}{seen}")
        ready, _, _ = select.select([master], [], [], 0.2)
        if ready:
            try:
                seen += os.read(master, 4096).decode()
            except OSError:
                raise AssertionError(
                    f"it ended before {question!r}; seen:\n{before}{seen}"
                ) from None
    return seen


def _rest(master: int) -> str:
    seen = ""
    while select.select([master], [], [], 0.1)[0]:
        try:
            seen += os.read(master, 4096).decode()
        except OSError:
            break
    return seen
