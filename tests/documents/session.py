"""One bash session, as a reader has it who types a page from top to bottom."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_SECONDS = 60.0
_TERMINATED = 143
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")

Answers = Callable[[str], str]
"""What is typed at a prompt; raises where the page does not show it."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what came out, errors too."""

    exit_code: int
    text: str


class Session:
    """A bash of its own. Nothing is typed by hand but at prompts, on a terminal of the session."""

    def __init__(self, home: Path, environment: Mapping[str, str], scratch: Path) -> None:
        self._scratch = scratch
        self._count = 0
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],  # noqa: S607
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=home,
            env=dict(environment),
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()
        os.close(self._master)
        os.close(self._slave)

    def run(self, command: str) -> Ran:
        """Run a command without a terminal, as in a pipe."""
        out = self._new_file()
        self._type(f"{{ {command}\n}} < /dev/null > {out} 2>&1; echo $?")
        exit_code = int(self._answer(lambda: None))
        return Ran(exit_code, out.read_text(encoding="utf-8"))

    def run_on_terminal(self, command: str, answers: Answers) -> Ran:
        """Run a command on the session's terminal, and answer what it asks."""
        terminal = os.ttyname(self._slave)
        seen: list[str] = [""]
        self._type(f"{{ {command}\n}} < {terminal} > {terminal} 2>&1; echo $?")
        exit_code = int(self._answer(lambda: self._talk(seen, answers)))
        self._talk(seen, answers)
        return Ran(exit_code, seen[0])

    def serve(self, command: str) -> Path:
        """Start a server beside the session; return when it has said that it is ready."""
        out = self._new_file()
        self.run(f"{command} > {out} 2>&1 &")
        deadline = time.monotonic() + _SECONDS
        while not out.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline, f"{command}: it did not say that it is ready"
            time.sleep(0.02)
        return out

    def end_servers(self) -> str:
        """End what runs beside the session; give what is said of those that did not end well."""
        return self.run(
            "for one in $(jobs -p); do kill -TERM $one 2> /dev/null; wait $one; code=$?;"
            f' [ $code = 0 ] || [ $code = {_TERMINATED} ] || echo "a server ended with $code"; done'
        ).text

    def _new_file(self) -> Path:
        self._count += 1
        out = self._scratch / f"{self._count}.out"
        out.touch()
        return out

    def _type(self, line: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{line}\n".encode())
        self._bash.stdin.flush()

    def _answer(self, meanwhile: Callable[[], None]) -> str:
        """The next line that bash itself says."""
        assert self._bash.stdout is not None
        deadline, said = time.monotonic() + _SECONDS, b""
        while not said.endswith(b"\n"):
            assert time.monotonic() < deadline, f"it did not end in {_SECONDS:.0f} s"
            if select.select([self._bash.stdout], [], [], 0.05)[0]:
                more = os.read(self._bash.stdout.fileno(), 4096)
                assert more, "bash ended"
                said += more
            meanwhile()
        return said.decode()

    def _talk(self, seen: list[str], answers: Answers) -> None:
        """Read what came on the terminal, and answer where it stops at a prompt."""
        while select.select([self._master], [], [], 0.05)[0]:
            seen[0] += _CONTROL.sub("", os.read(self._master, 4096).decode(errors="replace"))
        prompt = seen[0].rpartition("\n")[2]
        if prompt.endswith(": "):
            os.write(self._master, f"{answers(prompt)}\n".encode())
