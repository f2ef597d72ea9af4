"""A web server on this machine that keeps what the sandbox sends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Received:
    """One request, with the names of its headers in lower case."""

    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body as Twilio writes it."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Listener:
    """A web server that keeps what it is sent."""

    url: str = ""
    status: list[int] = field(default_factory=list)
    """How to answer, in turn, then 200; 0 closes the connection without an answer."""
    got: list[Received] = field(default_factory=list)


@contextmanager
def listening(*status: int) -> Iterator[Listener]:
    """Listen while the block runs."""
    listener = Listener(status=list(status))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = listener.status.pop(0) if listener.status else 200
            listener.got.append(Received(headers, body))
            if answer:
                self.send_response(answer)
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{server.server_port}/in?a=1"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
