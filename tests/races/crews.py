"""Processes that begin together: each loads the program, waits for the others, then works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.cli.calls import Called
from tests.projects import ReadyProject

_PATIENCE_SECONDS = 120

Words = Sequence[str]

WORKER = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from kapso_twilio_cli.main import main
calls = json.loads(sys.stdin.readline())
print("here", flush=True)
sys.stdin.readline()
done = []
for words in calls:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        exit_code = main(words)
    done.append((exit_code, out.getvalue(), err.getvalue()))
print(json.dumps(done))
"""


def at_once(project: ReadyProject, *tasks: Sequence[Words]) -> list[list[Called]]:
    """Let a process for each task run its calls, all at the same time; give what each call gave."""
    with crew(project, *tasks) as workers:
        return [finished(worker) for worker in workers]


def each_once(project: ReadyProject, *calls: Words) -> list[Called]:
    """Let a process for each call run it, all at the same time."""
    return [only for (only,) in at_once(project, *([words] for words in calls))]


@contextmanager
def crew(project: ReadyProject, *tasks: Sequence[Words]) -> Iterator[list[subprocess.Popen[str]]]:
    """Start the processes, and send them off together; none outlives the block."""
    workers = [_hired(project) for _ in tasks]
    try:
        for worker, calls in zip(workers, tasks, strict=True):
            _tell(worker, json.dumps([list(words) for words in calls]))
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "here\n"
        for worker in workers:
            _tell(worker, "go")
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def finished(worker: subprocess.Popen[str]) -> list[Called]:
    """Wait for a process; give what its calls gave."""
    out, err = worker.communicate(timeout=_PATIENCE_SECONDS)
    assert worker.returncode == 0, err
    return [Called(*one) for one in json.loads(out)]


def refuse_bugs(answers: Sequence[Called]) -> None:
    """Whatever the answer, it is none that a bug gave."""
    for one in answers:
        assert one.exit_code != 1, one.err
        assert "Traceback" not in one.err


def _hired(project: ReadyProject) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=project.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _tell(worker: subprocess.Popen[str], line: str) -> None:
    assert worker.stdin is not None
    worker.stdin.write(f"{line}\n")
    worker.stdin.flush()
