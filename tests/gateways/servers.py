"""Servers that speak HTTP as badly as a test needs it, where the sandbox speaks too well."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

Answer = tuple[int, object]
"""Status and body: a text as it is, anything else as JSON."""


@dataclass
class Served:
    """A server while it runs."""

    url: str
    requests: list[str] = field(default_factory=list)
    """`METHOD path?query`, in order."""
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    """Of the POSTs, in order."""


@contextmanager
def serving(
    answer: Callable[[str], Answer], headers: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Served]:
    """Answer each request by `answer`, which is given `METHOD path?query`, and with `headers`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            served.bodies.append(self.rfile.read(length))
            self._answer()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

        def _answer(self) -> None:
            request = f"{self.command} {self.path}"
            served.requests.append(request)
            served.headers.append(dict(self.headers.items()))
            status, body = answer(request)
            content = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Served(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def resetting() -> Iterator[Served]:
    """Read each request, then reset the connection as a broken middlebox does."""
    listener = socket.create_server(("127.0.0.1", 0))
    served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def work() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            head = connection.recv(65536).decode("latin-1")
            served.requests.append(" ".join(head.split(" ", 2)[:2]))
            reset = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield served
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def nobody_there() -> str:
    """Give an address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
